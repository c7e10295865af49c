"""The pictures of docs/serve.md: the page of `jnd serve` as a browser shows it.

    python tools/serve_pages.py        writes docs/serve.webp, docs/serve-curve.webp and docs/serve-phone.webp

Starts a server, and has it code two pictures of examples/ to JPEG and WebP. Needs jndkit[serve,dev] and a Chromium,
installed or named by JNDKIT_CHROMIUM; takes half a minute.
"""

from __future__ import annotations

import argparse
import contextlib
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from report_pages import PHONE, ROOT, WIDE, browser, save, shown

PATIENCE = 900_000  # milliseconds, on a machine that does much else


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=ROOT / "docs")
    arguments = parser.parse_args()
    with server() as address, browser() as started:
        with shown(started, f"{address}/#beside=webp", WIDE) as page:
            answered(page, "lake")
            page.select_option("#overlay", "seen")
            page.wait_for_selector(".look-legend:has-text('JND')", timeout=PATIENCE)
            page.get_by_label("Frame the worst place").check()
            idle(page)
            without(page, "header, #intake, #options, p.actions")
            save(page, arguments.out / "serve.webp", height=end(page, ".look-legend"))
        with shown(started, address, WIDE) as page:
            answered(page, "waves")
            without(page, "main > :not(#curving), header")
            save(page, arguments.out / "serve-curve.webp", height=800)
        with shown(started, address, PHONE, scale=2, dark=True) as page:
            answered(page, "chamomile")
            save(page, arguments.out / "serve-phone.webp", height=1500)


def end(page: Any, part: str) -> int:
    """Where a part of the page ends, in CSS pixels, with a little room below it. part: a selector."""
    box = page.locator(part).bounding_box()
    return int(box["y"] + box["height"] + page.evaluate("scrollY")) + 4


def without(page: Any, parts: str) -> None:
    """parts: a selector of what is left out."""
    page.evaluate("(parts) => document.querySelectorAll(parts).forEach((each) => each.remove())", parts)


@contextlib.contextmanager
def server() -> Iterator[str]:
    """The address of a server of our own."""
    command = [sys.executable, "-m", "jndkit", "serve", "--port", "0", "--no-open"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield process.stdout.readline().split(" ")[0].rstrip("/")
        finally:
            process.terminate()


def answered(page: Any, example: str) -> None:
    """Once an example is answered by every codec, and its curve has the sizes that are made ahead."""
    page.get_by_role("button", name=example).click()
    page.wait_for_selector("#answer-cards:not(:has([aria-busy=true])) .headline", timeout=PATIENCE)
    page.wait_for_selector(".look-canvas", timeout=PATIENCE)
    page.wait_for_selector("#curve[data-ahead=made]", timeout=PATIENCE)
    idle(page)


def idle(page: Any) -> None:
    """Once nothing is asked for any more."""
    page.wait_for_load_state("networkidle", timeout=PATIENCE)


if __name__ == "__main__":
    main()
