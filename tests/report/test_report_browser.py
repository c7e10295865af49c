"""The page of many rows in a real browser: the list, the worst places, and hostile rows that stay text."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from PIL import Image

from jndkit.picture import Pixels
from jndkit.report import report
from tests.cli.conftest import photograph
from tests.report.conftest import PHONE, WIDE
from tests.report.made_rows import failed, row, write
from tests.report.test_page import HOSTILE

pytestmark = pytest.mark.browser

SCREENS = pytest.mark.parametrize(("size", "scale"), [(WIDE, 1), (PHONE, 3)], ids=["wide", "phone"])


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A report of 120 rows, some of pictures that are there, some hostile, some failed."""
    home = tmp_path_factory.mktemp("many")
    rows = []
    for number in range(3):
        pixels = photograph(number, 300, 260)
        (home / f"{number}.png").write_bytes(cv2.imencode(".png", pixels)[1].tobytes())
        (home / f"{number}.jpg").write_bytes(cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, 30])[1].tobytes())
        shown = {"output": f"{number}.jpg", "jnd": 1.0 + number, "where": [0, 0, 300, 260]}
        rows.append(row(f"{number}.png", **shown))
    rows += [row(f"p{number:03}.png", bytes=1_000 * (number + 1), jnd=number / 200) for number in range(90)]
    for text in HOSTILE:
        rows += [row(text, notes=[text], codec=text, status="kept"), failed(text, text, text)]
    rows += [failed(f"f{number}.png", f"f{number}.png: it is truncated") for number in range(9)]
    path = home / "report.html"
    path.write_bytes(report([write(home / "rows.jsonl", rows)], path, jobs=1))
    return path


def names(page: Any) -> list[str]:
    return [text.split(" → ")[0] for text in page.locator("#rows-table tbody th").all_inner_texts()]


def shows(shot: Pixels, own: Pixels) -> bool:
    """Whether a shot is a picture, but for lines of the page around it."""
    lines = len(shot) - len(own)
    assert 0 <= lines <= 3
    return any(np.array_equal(shot[top : top + len(own)], own) for top in range(lines + 1))


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@SCREENS
def test_it_is_accessible_and_as_wide_as_the_screen(
    opened: Callable[..., Any], many: Path, size: tuple[int, int], scale: float, dark: bool
) -> None:
    with opened(many, size, scale=scale, dark=dark) as look:
        look.page.wait_for_selector("#rows-table tbody tr")
        for summary in look.page.locator("summary").all():
            summary.click()
        assert look.accessible() == []
        assert look.page.evaluate("document.documentElement.scrollWidth") <= size[0]


@SCREENS
def test_the_list_is_turned_searched_and_sorted(
    opened: Callable[..., Any], many: Path, size: tuple[int, int], scale: float
) -> None:
    """By mouse and by keyboard."""
    with opened(many, size, scale=scale) as look:
        page = look.page
        page.wait_for_selector("#rows-table tbody tr")
        assert len(names(page)) == 50
        assert page.locator("#rows-said").inner_text() == "Rows 1 to 50 of 120."
        assert page.get_by_role("button", name="Previous").is_disabled()
        page.get_by_role("button", name="Next").click()
        assert page.locator("#rows-said").inner_text() == "Rows 51 to 100 of 120."
        page.get_by_role("button", name="Previous").focus()
        page.keyboard.press("Enter")
        assert names(page)[0] == "0.png"
        after = page.locator("#rows-table thead").get_by_role("button", name="after")
        after.click()
        assert names(page)[0] == "p000.png"
        after.focus()
        page.keyboard.press("Space")
        assert names(page)[0] == "p089.png"
        assert page.locator("th[aria-sort=descending]").inner_text().startswith("after")
        page.get_by_label("Search").fill("P01")
        assert len(names(page)) == 10
        page.get_by_label("Search").fill("")
        page.get_by_label("Outcome").select_option("failed")
        assert page.locator("#rows-said").inner_text() == f"Rows 1 to {9 + len(HOSTILE)} of {9 + len(HOSTILE)}."
        page.get_by_label("Search").fill("nothing is called so")
        assert page.locator("#rows-said").inner_text() == "No row is like that."


def test_hostile_rows_stay_text(opened: Callable[..., Any], many: Path) -> None:
    with opened(many) as look:
        page = look.page
        page.on("dialog", lambda dialog: look.complaints.append("a row opened a dialog"))
        page.get_by_label("Outcome").select_option("kept")
        assert HOSTILE[0] in names(page)
        data = "script:not([type='application/json']):not([type='text/plain'])"
        assert page.locator(f"main {data}, main iframe, main object, main #rows-table b").count() == 0
        assert page.locator("main a").evaluate_all("all => all.every((a) => a.protocol === 'file:')")


@SCREENS
def test_worst_places_flip_pixel_for_pixel(
    opened: Callable[..., Any], many: Path, size: tuple[int, int], scale: float
) -> None:
    with opened(many, size, scale=scale) as look:
        page = look.page
        place = page.locator(".worst-place").first
        button = place.get_by_role("button", name="Show coded")
        shots = {}
        for coded in (False, True, False):
            assert button.get_attribute("aria-pressed") == str(coded).lower()
            shot = place.locator(".worst-pair").screenshot()
            shots[coded] = np.asarray(Image.open(io.BytesIO(shot)).convert("RGB"))
            button.focus()
            page.keyboard.press("Enter")
        zoom = round(scale)
        for coded, name in ((False, "2.png"), (True, "2.jpg")):
            whole = np.asarray(Image.open(many.parent / name).convert("RGB"))
            words = place.locator("p", has_text="pixels at x").inner_text().replace(",", "").replace(";", "").split()
            x, y = int(words[words.index("x") + 1]), int(words[words.index("y") + 1])
            own = whole[y : y + 224, x : x + 224].repeat(zoom, axis=0).repeat(zoom, axis=1)
            assert shows(shots[coded], own)


def test_all_flip_at_once_when_asked(opened: Callable[..., Any], many: Path) -> None:
    with opened(many) as look:
        page = look.page
        page.get_by_label("Flip all of them in place").check()
        seen = set()
        for _ in range(40):
            page.wait_for_timeout(50)
            seen |= set(page.locator(".worst-shown").first.all_inner_texts())
            if len(seen) == 2:
                break
        assert seen == {"Shown: original", "Shown: coded"}
        page.get_by_label("Flip all of them in place").uncheck()


@SCREENS
def test_looking_closer_opens_the_look_and_closes_it(
    opened: Callable[..., Any], many: Path, size: tuple[int, int], scale: float
) -> None:
    with opened(many, size, scale=scale) as look:
        page = look.page
        for _ in range(2):  # twice: what was embedded is still there
            page.locator(".worst-look").first.focus()
            page.keyboard.press("Enter")
            page.wait_for_selector("dialog[open] .look-canvas")
            assert page.locator("#closer-title").inner_text() == "2.png"
            page.get_by_label("Where a difference is seen").check()
            assert "JND" in page.locator(".look-legend").inner_text()
            page.locator(".look-view").focus()
            page.keyboard.press("Space")
            assert page.locator(".look-state").inner_text() == "Shown: Coded."
            assert look.accessible() == []
            page.keyboard.press("Escape")
            page.wait_for_selector("dialog:not([open])", state="attached")
            assert page.locator(".look-canvas").count() == 0
        page.locator(".worst-look").first.click()
        page.wait_for_selector("dialog[open] .look-canvas")
        page.get_by_role("button", name="Close", exact=True).click()
        assert page.locator("dialog[open]").count() == 0


def test_what_is_not_there_is_said(opened: Callable[..., Any], many: Path) -> None:
    with opened(many) as look:
        assert "it is not there any more" in look.page.locator(".worst").inner_text()


def test_without_scripts_it_has_its_figures_and_both_pictures(browser: Any, many: Path) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(many.as_uri())
    assert "needs a browser that runs scripts" in page.inner_text("body")
    assert page.locator(".worst-pair img").first.is_visible()
    assert page.locator(".worst-pair img").nth(1).is_visible()
    assert page.locator(".chart svg").count() >= 2
    context.close()
