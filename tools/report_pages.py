"""The pictures of docs/report.md: the pages of `jnd report` and `jnd compare --html` as a browser shows them.

    python tools/report_pages.py       writes docs/report.webp, docs/report-phone.webp and docs/look.webp

Codes the pictures of examples/ by three codecs, and one of them to JPEG of quality 60. Needs jndkit[dev] and a
Chromium, installed or named by JNDKIT_CHROMIUM; takes half a minute.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from PIL import Image

from jndkit.cli import main as jnd

ROOT = Path(__file__).parents[1]
EXAMPLES = ROOT / "examples"
CODECS = ("jpeg", "webp", "avif")
WIDE, PHONE = (1280, 800), (390, 844)
FLAGS = ("--no-sandbox", "--disable-quic", "--no-first-run", "--disable-background-networking")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=ROOT / "docs")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder), browser() as started:
        report, look = pages()
        with shown(started, report.as_uri(), WIDE) as page:
            save(page, arguments.out / "report.webp", height=1750)
        with shown(started, report.as_uri(), PHONE, scale=2, dark=True) as page:
            save(page, arguments.out / "report-phone.webp", height=844)
        with shown(started, look.as_uri(), WIDE) as page:
            page.wait_for_selector(".look-canvas")
            page.get_by_label("Where a difference is seen").check()
            page.get_by_label("Frame the worst place").check()
            save(page, arguments.out / "look.webp", height=800)


def pages() -> tuple[Path, Path]:
    """The two pages, in this folder."""
    for name in ("lake.png", "waves.webp", "chamomile.webp"):
        shutil.copy(EXAMPLES / name, name)
    rows = []
    for codec in CODECS:
        rows.append(f"{codec}.jsonl")
        with open(rows[-1], "w", encoding="utf-8") as file, contextlib.redirect_stdout(file):
            jnd(["encode", "lake.png", "waves.webp", "chamomile.webp", "--codec", codec, "-o", codec, "--json"])
    jnd(["report", *rows, "-o", "report.html"])
    Image.open("lake.png").convert("RGB").save("lake-60.jpg", quality=60)
    jnd(["compare", "lake.png", "lake-60.jpg", "--html", "look.html"])
    return Path("report.html").resolve(), Path("look.html").resolve()


@contextlib.contextmanager
def browser() -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    program = os.environ.get("JNDKIT_CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=program, args=list(FLAGS))
        yield started
        started.close()


@contextlib.contextmanager
def shown(
    started: Any, address: str, size: tuple[int, int], *, scale: int = 1, dark: bool = False, touch: bool = False
) -> Iterator[Any]:
    """A page at an address, of a server or of the disk. touch: on a device that is held in the hand."""
    context = started.new_context(
        viewport={"width": size[0], "height": size[1]},
        device_scale_factor=scale,
        color_scheme="dark" if dark else "light",
        has_touch=touch,
        is_mobile=touch,
    )
    page = context.new_page()
    page.goto(address)
    page.wait_for_load_state()
    yield page
    context.close()


def save(page: Any, path: Path, *, height: int) -> None:
    """The upper part of a page. height: in CSS pixels."""
    painted = "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"
    page.evaluate(painted)
    shot = Image.open(io.BytesIO(page.screenshot(full_page=True)))
    scale = page.evaluate("devicePixelRatio")
    shot.crop((0, 0, shot.width, min(shot.height, height * scale))).convert("RGB").save(path, quality=80, method=6)
    print(f"{path}: {path.stat().st_size} bytes")


if __name__ == "__main__":
    main()
