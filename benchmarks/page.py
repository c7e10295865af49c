"""The page of `jnd serve` in a browser: its weight, its first paint, and whether it freezes.

    python benchmarks/page.py >> benchmarks/rows/page.jsonl        # some minutes
    python benchmarks/page.py --table

first paint   of the page, and of the smallest thing that this server sends as a page, its icon: what a browser takes
              to show anything at all.
look          a picture of 0.4 and one of 12 megapixels, from its choice through every way of looking, moving and
              zooming: the longest task in which the page answers nobody, as long as it lasted and as long as the
              processor was at it, which is less on a machine that does much else; and how long it takes until a
              setting that was made before is seen, median and longest of ten. Beside it, the same of a bare page that
              decodes and draws that very picture in the usual way, at once.

Needs jndkit[serve,dev] and a Chromium, installed or named by JNDKIT_CHROMIUM. The pictures are examples/lake.png, and
its tiles beside each other.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from jndkit.version import VERSION

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tools"))
from report_pages import WIDE, browser, shown  # noqa: E402, as its neighbours in tools/ find it
from serve_pages import server  # noqa: E402

ROWS = Path(__file__).with_name("rows") / "page.jsonl"
PATIENCE = 600_000  # milliseconds
LAKE = ROOT / "examples" / "lake.png"

_WEIGHT = """() => [...performance.getEntriesByType("resource"), ...performance.getEntriesByType("navigation")]
  .reduce((sum, entry) => sum + entry.transferSize, 0)"""
_PAINT = """() => performance.getEntriesByName("first-contentful-paint")[0]?.startTime ?? null"""
_DRAW = """async (data) => {
  const image = new Image();
  const ready = new Promise((resolve) => image.addEventListener("load", resolve));
  image.src = data;
  await ready;
  const canvas = Object.assign(document.createElement("canvas"), {width: image.width, height: image.height});
  const context = canvas.getContext("2d");
  context.drawImage(image, 0, 0);
  context.getImageData(0, 0, 1, 1);
  await new Promise((resolve) => setTimeout(resolve, 200));
}"""
_FOLLOW = """async ([from, to]) => {
  const slider = document.querySelector("#curve input");
  const state = document.querySelector(".look-state");
  const said = `${to} (`;
  const started = performance.now();
  slider.value = String(Number(slider.value) + (to - from));
  slider.dispatchEvent(new Event("input"));
  while (!state.textContent.includes(`, ${said}`)) await new Promise(requestAnimationFrame);
  await new Promise(requestAnimationFrame);
  return performance.now() - started;
}"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--table", action="store_true", help="print the table of the committed rows, and measure nothing"
    )
    parser.add_argument("--tries", type=int, default=3)
    given = parser.parse_args()
    if given.table:
        print(table(json.loads(line) for line in ROWS.read_text().splitlines()))
        return
    with tempfile.TemporaryDirectory() as folder, server() as address, browser() as started:
        for turn in range(1, given.tries + 1):
            say("first paint", turn=turn, **first_paint(started, address))
        for megapixels, path in pictures(Path(folder)).items():
            for turn in range(1, given.tries + 1):
                say("look", turn=turn, megapixels=megapixels, **looked(started, address, path))


def say(part: str, **values: Any) -> None:
    rounded = {name: round(value, 1) if isinstance(value, float) else value for name, value in values.items()}
    row = {"part": part, "version": VERSION, **rounded, "busy": [round(load, 1) for load in os.getloadavg()]}
    print(json.dumps(row), flush=True)


def pictures(folder: Path) -> dict[float, Path]:
    """Megapixels -> a PNG file."""
    lake = np.asarray(Image.open(LAKE).convert("RGB"))
    large = folder / "large.png"
    Image.fromarray(np.tile(lake, (6, 6, 1))[:3000, :4000]).save(large, compress_level=1)
    return {0.4: LAKE, 12.0: large}


def first_paint(started: Any, address: str) -> dict[str, Any]:
    """Milliseconds from asking to the first paint, of the page and of the icon; the bytes of the page."""
    with shown(started, f"{address}/page/icon.svg", WIDE) as page:
        page.wait_for_timeout(500)
        least = page.evaluate(_PAINT)
    with shown(started, address, WIDE) as page:
        page.wait_for_load_state("networkidle")
        return {"milliseconds": page.evaluate(_PAINT), "icon": least, "bytes": page.evaluate(_WEIGHT)}


def looked(started: Any, address: str, path: Path) -> dict[str, Any]:
    with shown(started, address, WIDE) as page:
        started.start_tracing(page=page, categories=["toplevel"])
        page.evaluate(_DRAW, f"data:image/png;base64,{_base64(path)}")
        bare, bare_processor = longest(started.stop_tracing())
    with shown(started, address, WIDE) as page:
        page.set_default_timeout(PATIENCE)
        page.locator("h1").click()  # with which the driver's own script, 330 kB, comes into the page: no task of ours
        settled(page)
        started.start_tracing(page=page, categories=["toplevel"])
        page.locator("#files").set_input_files(str(path))
        page.wait_for_selector(".look-canvas")
        page.wait_for_selector("#curve[data-ahead=made]")
        for mode in ("Flip", "Side by side", "Difference"):
            page.locator(".look-choice label", has_text=mode).first.click()
            settled(page)
        page.locator(".look-view").focus()
        for key in ("ArrowRight", "ArrowDown", "2", "4", "1", "Space", "Space"):
            page.keyboard.press(key)
            settled(page)
        page.locator(".look-choice label", has_text="Split").first.click()  # which names both versions
        chosen = int(page.locator("#curve input").get_attribute("aria-valuetext").split()[1].rstrip(":"))
        page.locator("#curve input").focus()
        page.keyboard.press("ArrowLeft")
        page.wait_for_selector(f".look-state:has-text(', {chosen - 1} (')")
        steps = [(chosen - 1, chosen) if turn % 2 == 0 else (chosen, chosen - 1) for turn in range(10)]
        made = [float(page.evaluate(_FOLLOW, step)) for step in steps]
        task, processor = longest(started.stop_tracing())
    tasks = {"task": task, "task_processor": processor, "bare": bare, "bare_processor": bare_processor}
    return tasks | {"made": statistics.median(made), "made_longest": max(made)}


def longest(trace: bytes) -> tuple[float, float]:
    """Milliseconds of the longest task of any page's main thread, and of the one the processor was at the longest."""
    events = json.loads(trace)["traceEvents"]
    named = [event for event in events if event["name"] == "thread_name"]
    main = {(event["pid"], event["tid"]) for event in named if event["args"]["name"] == "CrRendererMain"}
    tasks = [event for event in events if event["name"].endswith("RunTask") and (event["pid"], event["tid"]) in main]
    both = [max(event.get(name, 0) for event in tasks) / 1000 for name in ("dur", "tdur")]
    return both[0], both[1]


def settled(page: Any) -> None:
    page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")


def _base64(path: Path) -> str:
    import base64

    return base64.b64encode(path.read_bytes()).decode()


def table(rows: Iterable[dict[str, Any]]) -> str:
    """The best try of each, for what else the machine does is not the page's; and how many tries there were."""
    known = list(rows)
    paints = [row for row in known if row["part"] == "first paint"]
    best = min(paints, key=lambda row: row["milliseconds"])
    lines = ["| | best of the tries | beside it |", "|---|---|---|"]
    lines.append(f"| first paint | {best['milliseconds']:.0f} ms | the icon alone {best['icon']:.0f} ms |")
    lines.append(f"| weight without pictures | {max(row['bytes'] for row in paints) / 1000:.0f} kB | |")
    for size in sorted({row["megapixels"] for row in known if row["part"] == "look"}):
        tries = [row for row in known if row["part"] == "look" and row["megapixels"] == size]
        for name, words in (("task", "lasts"), ("task_processor", "takes the processor")):
            most, bare = (min(row[each] for row in tries) for each in (name, name.replace("task", "bare")))
            said = (
                f"| longest task, {size:g} megapixels, {words} | {most:.0f} ms | drawn by a bare page {bare:.0f} ms |"
            )
            lines.append(said)
        made = min(row["made"] for row in tries)
        lines.append(f"| a setting that was made, {size:g} megapixels | {made:.0f} ms | |")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
