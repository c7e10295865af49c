"""The pictures of docs/sitting.md: the page of `jnd study serve` as a viewer sees it.

    python tools/study_pages.py        writes docs/study-check.webp, -2afc, -flicker, -triplet and -phone

Makes studies of the pictures of examples/, serves them, and goes through the display check. Needs jndkit[study,dev] and
a Chromium, installed or named by JNDKIT_CHROMIUM; takes some minutes.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from PIL import Image

from jndkit.cli import main as jnd
from jndkit.study.plan import FILE, METHODS, Arrangement, Method, read_plan, text
from jndkit.study.sittings.plates import plates
from report_pages import EXAMPLES, PHONE, ROOT, browser, save, shown

WIDE = (1320, 940)  # as large as the largest method asks for
CHECK = (760, 620)  # of one screen of the display check
PATIENCE = 60_000  # milliseconds
TRIES = 40  # at the rate of the display


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=ROOT / "docs")
    parser.add_argument("--only", choices=[*METHODS, "phone"], help="only this one")
    given = parser.parse_args()
    out, wanted = given.out, (given.only,) if given.only else (*METHODS, "phone")
    with tempfile.TemporaryDirectory() as home, browser() as started:
        for method in (method for method in METHODS if method in wanted):
            with study(Path(home) / method, method) as (folder, address), shown(started, address, WIDE) as page:
                screens = checked(page, folder)
                if method == "2afc":
                    save_grid(screens, out / "study-check.webp")
                to_trial(page)
                if method == "triplet":
                    page.wait_for_selector("canvas[aria-label=Left] >> nth=1", state="visible")
                save(page, out / f"study-{method}.webp", height=WIDE[1])
        if "phone" in wanted:
            phone = study(Path(home) / "phone", "2afc", "single", "phone")
            with phone as (folder, address), shown(started, address, PHONE, scale=3, touch=True) as page:
                checked(page, folder)
                to_trial(page)
                save(page, out / "study-phone.webp", height=PHONE[1])


@contextlib.contextmanager
def study(
    folder: Path, method: Method, arrangement: Arrangement | None = None, viewing: str = "desktop"
) -> Iterator[tuple[Path, str]]:
    """A study of the examples, and the address of its page."""
    jnd(
        ["study", "make", str(EXAMPLES), "-o", str(folder), "--method", method, "--pictures", "3", "--viewing", viewing]
    )
    plan = read_plan(folder)
    display = replace(plan.display, seconds=3600.0)  # however long a busy machine takes, pictures are still there
    if arrangement is not None:
        display = replace(display, arrangement=arrangement, width=0, height=0)
    (folder / FILE).write_text(text(replace(plan, display=display)), encoding="utf-8")
    command = [sys.executable, "-m", "jndkit", "study", "serve", str(folder), "--port", "0", "--no-open"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield folder, process.stdout.readline().split(" ")[0].rstrip("/")
        finally:
            process.terminate()


def checked(page: Any, folder: Path) -> list[Image.Image]:
    """Go through consent and display check; the check's screens."""
    page.set_default_timeout(PATIENCE)
    screens = []

    def seen(title: str, go: Callable[[], Any]) -> None:
        page.wait_for_selector(f"h1:has-text('{title}')")
        size = page.viewport_size
        page.set_viewport_size({"width": CHECK[0], "height": CHECK[1]} if size["width"] > CHECK[0] else size)
        page.wait_for_timeout(200)
        screens.append(Image.open(io.BytesIO(page.screenshot())).convert("RGB"))
        page.set_viewport_size(size)
        go()

    def press(name: str) -> None:
        page.get_by_role("button", name=name, exact=True).click()

    def sit() -> None:
        words = page.locator("main p").first.inner_text()
        page.get_by_label("From your eyes").fill(words.partition("about ")[2].partition(" cm")[0])
        press("I sit so")

    def equal() -> None:
        page.get_by_label("How light").fill("188")
        press("Both are equal")

    page.locator("#agree").check()
    press("I take part")
    page.wait_for_selector("li:has-text('pictures a second')")
    for _ in range(TRIES):
        wrong = page.locator(".check-bad").all_inner_texts()
        if not all("pictures a second" in text for text in wrong):
            raise SystemExit(f"{folder}: {' '.join(wrong)}")
        if not wrong:
            break
        press("Measure again")  # a busy machine draws too few
        page.wait_for_selector("li:has-text('pictures a second')")
    press("Go on")
    seen("How large", lambda: press("It is as large as my card"))
    seen("How far", sit)
    seen("Squares on black", lambda: press("5"))
    seen("Squares on white", lambda: press("5"))
    seen("Light and dark", equal)
    drawn = plates(read_plan(folder, verify=False).seed)
    for number, plate in enumerate(drawn, 1):
        page.wait_for_selector(f".step:has-text('Plate {number} of')")
        if number == 2:
            seen("Which digit", lambda: None)
        press(plate.digit)
    return screens


def to_trial(page: Any) -> None:
    page.wait_for_selector("h1:has-text('practice')")
    page.get_by_role("button", name="Begin").click()
    page.wait_for_selector("[data-shown]")


def save_grid(screens: list[Image.Image], path: Path, columns: int = 2) -> None:
    width, height = screens[0].size
    grid = Image.new("RGB", (columns * width, -(-len(screens) // columns) * height), (128, 128, 128))
    for place, screen in enumerate(screens):
        grid.paste(screen, (place % columns * width, place // columns * height))
    grid.save(path, quality=80, method=6)
    print(f"{path}: {path.stat().st_size} bytes")


if __name__ == "__main__":
    main()
