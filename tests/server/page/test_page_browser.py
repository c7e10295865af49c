"""The page of `jnd serve` in a real browser: every control by mouse and by keyboard."""

from __future__ import annotations

import base64
import io
import json
import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import numpy as np
import pytest
from PIL import Image

from jndkit.viewing import pixels_per_degree
from tests.report.conftest import PATIENCE, PHONE, WIDE
from tests.report.looks import choose, seen, settled, state
from tests.server.page.canned import PAGE, State, coded

pytestmark = pytest.mark.browser

ShownPage = Callable[..., Any]
Service = tuple[State, str]
SCREENS = pytest.mark.parametrize(("size", "scale"), [(WIDE, 1), (PHONE, 3)], ids=["wide", "phone"])
EXAMPLES = ("lake.png", "waves.webp", "chamomile.webp")
WEIGHT = """() => [...performance.getEntriesByType("resource"), ...performance.getEntriesByType("navigation")]
  .reduce((sum, entry) => sum + entry.transferSize, 0)"""


def noise(path: Path, seed: int = 1, size: tuple[int, int] = (207, 331)) -> Path:
    pixels = np.random.default_rng(seed).integers(0, 256, (*size, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(path)
    return path


def pick(page: Any, *paths: Path) -> None:
    page.locator("#files").set_input_files([str(path) for path in paths])


def ready(page: Any) -> None:
    """Wait for the answer and for its pictures."""
    page.wait_for_selector(".look-canvas")
    page.wait_for_selector("#curve svg polyline")
    settled(page)


def until(page: Any, what: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE / 1000
    while not what():
        assert time.monotonic() < end
        page.wait_for_timeout(50)


def tab_to(page: Any, locator: Any, most: int = 60) -> None:
    for _ in range(most):
        if locator.evaluate("(element) => element === document.activeElement"):
            return
        page.keyboard.press("Tab")
    pytest.fail("Tab does not reach it")


# --- pictures come in


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_examples_are_the_repositorys_own(name: str) -> None:
    assert (PAGE / "examples" / name).read_bytes() == (Path(__file__).parents[3] / "examples" / name).read_bytes()


@SCREENS
def test_an_example_is_answered_with_its_evidence(
    shown_page: ShownPage, service: Service, size: tuple[int, int], scale: float
) -> None:
    with shown_page(size, scale=scale) as look:
        page = look.page
        page.get_by_role("button", name="lake").click()
        ready(page)
        said = page.locator("#answer-cards article").inner_text().replace("\xa0", " ")
        assert "76 % of viewers are expected to see no difference" in said
        assert "56 % and 98 %" in said
        assert "cvvdp 1 looked at this very file and reads 0.45 JND" in said
        assert "ssimulacra2, reads 0.50 JND and does not object, given how far it may err" in said
        assert "HDR" not in said
        assert page.locator("#queue").is_hidden()
        assert page.evaluate("document.documentElement.scrollWidth") <= size[0]


def test_an_example_by_keyboard_alone(shown_page: ShownPage) -> None:
    with shown_page() as look:
        page = look.page
        tab_to(page, page.get_by_role("button", name="waves"))
        page.keyboard.press("Enter")
        ready(page)
        assert page.locator("#answers-title").inner_text() == "The answer for waves.webp"


def transfer(page: Any, path: Path, event: str, target: str) -> None:
    """Drop or paste a file, as a browser tells it."""
    page.evaluate(
        """([text, name, event]) => {
          const bytes = Uint8Array.from(atob(text), (each) => each.charCodeAt(0));
          const data = new DataTransfer();
          data.items.add(new File([bytes], name, {type: "image/png"}));
          const made = event === "paste" ? new ClipboardEvent("paste", {clipboardData: data, bubbles: true})
            : new DragEvent("drop", {dataTransfer: data, bubbles: true, cancelable: true});
          document.body.dispatchEvent(made);
        }""",
        [base64.b64encode(path.read_bytes()).decode(), path.name, event],
    )
    page.wait_for_selector("#answers:not([hidden])")
    assert target in page.locator("#answers-title").inner_text()


@pytest.mark.parametrize("event", ["paste", "drop"])
def test_pictures_are_dropped_and_pasted(shown_page: ShownPage, tmp_path: Path, event: str) -> None:
    with shown_page() as look:
        transfer(look.page, noise(tmp_path / "given.png"), event, "given.png")
        ready(look.page)


def test_a_name_is_no_markup(shown_page: ShownPage, tmp_path: Path) -> None:
    name = "<img src=x onerror=alert(1)>&amp;.png"
    with shown_page() as look:
        transfer(look.page, noise(tmp_path / name), "drop", name)
        ready(look.page)
        assert look.page.locator("img").count() == 0


def test_what_is_no_picture_is_said(shown_page: ShownPage, tmp_path: Path) -> None:
    path = tmp_path / "letter.png"
    path.write_text("Dear Sir")
    with shown_page(refused=True) as look:
        pick(look.page, path)
        look.page.wait_for_selector("#answer-cards .bad")
        assert look.page.locator("#answer-cards").inner_text().count("not a picture that we read") == 1
        pick(look.page, noise(tmp_path / "good.png"))  # and the next is as if nothing had been
        ready(look.page)


def test_what_there_is_of_a_damaged_picture_can_be_taken(shown_page: ShownPage, tmp_path: Path) -> None:
    path = noise(tmp_path / "whole.png")
    part = tmp_path / "part.png"
    part.write_bytes(path.read_bytes()[:20_000])
    with shown_page(refused=True) as look:
        pick(look.page, part)
        look.page.wait_for_selector("#answer-cards .bad")
        assert look.page.locator("#answer-cards .bad").inner_text() == "part.png: the file is truncated"
        look.page.get_by_role("button", name="Take what there is of it").click()
        ready(look.page)


# --- the look


@SCREENS
def test_at_100_per_cent_the_screen_shows_what_the_file_decodes_to(
    shown_page: ShownPage, tmp_path: Path, size: tuple[int, int], scale: float
) -> None:
    path = noise(tmp_path / "noise.png")
    original = np.asarray(Image.open(path))
    decoded = np.asarray(Image.open(io.BytesIO(coded(Image.open(path), "jpeg", 86))))
    with shown_page(size, scale=scale) as look:
        page = look.page
        pick(page, path)
        ready(page)
        choose(page, "Flip")
        for picture in (original, decoded):
            shown = seen(page, scale)
            left, top = (shown.shape[1] - picture.shape[1]) // 2, (shown.shape[0] - picture.shape[0]) // 2
            part = picture[: shown.shape[0] - top - 3]
            assert len(part) > 150
            # The canvas may lie between two device pixels of the page, and the browser puts it onto one near by.
            rows = [shown[at : at + len(part), left : left + picture.shape[1]] for at in range(top - 1, top + 3)]
            assert any(np.array_equal(row, part) for row in rows)
            page.locator(".look-flip").click()
        assert page.locator(".look-note").is_hidden()


@SCREENS
def test_overlays_have_legends_with_units(shown_page: ShownPage, size: tuple[int, int], scale: float) -> None:
    with shown_page(size, scale=scale) as look:
        page = look.page
        page.get_by_role("button", name="lake").click()
        ready(page)
        for name, unit in (("seen", "JND"), ("wu2017", "code values")):
            page.select_option("#overlay", name)
            page.wait_for_selector(f".look-legend:has-text('{unit}')")
        page.select_option("#overlay", "")
        page.wait_for_selector(".look-legend", state="hidden")
        tab_to(page, page.locator("#overlay"))
        page.keyboard.press("ArrowDown")
        page.wait_for_selector(".look-legend:has-text('JND')")
        page.get_by_label("Frame the worst place").check()
        page.keyboard.press("Space")
        assert state(page) == "Left: Original. Right: jpeg:420, 86 (0.45 JND)." or state(page).startswith("Shown")


# --- the curve


def handle(page: Any) -> float:
    said = re.search(r"quality (\d+)", page.locator(".curve-said").inner_text())
    assert said is not None
    return float(said[1])


@SCREENS
def test_the_picture_follows_whoever_drags_along_the_curve(
    shown_page: ShownPage, service: Service, size: tuple[int, int], scale: float
) -> None:
    with shown_page(size, scale=scale) as look:
        page = look.page
        page.get_by_role("button", name="lake").click()
        ready(page)
        assert handle(page) == 86
        page.locator("#curve svg").scroll_into_view_if_needed()
        box = page.locator("#curve svg").bounding_box()
        page.mouse.move(box["x"] + 0.7 * box["width"], box["y"] + 60)
        page.mouse.down()
        page.mouse.move(box["x"] + 0.4 * box["width"], box["y"] + 60, steps=5)
        page.mouse.up()
        value = handle(page)
        assert 50 < value < 75
        page.wait_for_selector(f".look-state:has-text(', {value:g} (')")
        slider = page.get_by_label("Setting to look at")
        tab_to(page, slider)
        page.keyboard.press("ArrowRight")
        assert handle(page) == value + 1
        assert "see no difference" in slider.get_attribute("aria-valuetext")
        page.wait_for_selector(f".look-state:has-text(', {value + 1:g} (')")


def test_a_setting_that_was_made_is_there_at_once_and_another_is_said_to_be_made(
    shown_page: ShownPage, service: Service
) -> None:
    service[0].working = 0.3
    with shown_page() as look:
        page = look.page
        page.get_by_role("button", name="lake").click()
        ready(page)
        page.wait_for_selector("#curve[data-ahead=made]")
        assert page.locator(".bytes-dot").count() == 4  # the chosen one, and those for 25, 50 and 90 % of viewers
        slider = page.get_by_label("Setting to look at")
        slider.focus()
        page.keyboard.press("ArrowLeft")
        page.wait_for_selector(".look-waiting:has-text('being made')")
        page.wait_for_selector(".look-state:has-text(', 85 (')")
        page.wait_for_selector(".look-waiting", state="hidden")
        asked = len(service[0].asked)
        page.keyboard.press("ArrowRight")  # how long that takes, benchmarks/page.py measures
        page.wait_for_selector(".look-state:has-text(', 86 (')")
        assert page.locator(".look-waiting").is_hidden()
        assert not [one for one in service[0].asked[asked:] if one.startswith("POST") or one.endswith("/png")]


@pytest.mark.parametrize("answering", [0.0, 1.0])
def test_dragging_on_ends_what_nobody_waits_for(shown_page: ShownPage, service: Service, answering: float) -> None:
    """Also a job of which the page has not heard yet."""
    service[0].answering = answering
    with shown_page() as look:
        page = look.page
        page.get_by_role("button", name="lake").click()
        ready(page)
        page.wait_for_selector(".bytes-dot >> nth=3")
        service[0].working = 600.0
        page.get_by_label("Setting to look at").focus()
        page.keyboard.press("ArrowLeft")
        until(page, lambda: len(service[0].jobs) == 1)
        page.keyboard.press("ArrowRight")  # back to one that is there
        until(page, lambda: len(service[0].cancelled) == 1)
        page.wait_for_selector(".look-waiting", state="hidden")


def test_all_probes_are_in_the_table_and_can_be_looked_at(shown_page: ShownPage) -> None:
    with shown_page() as look:
        page = look.page
        page.select_option("#beside", "webp")
        page.get_by_role("button", name="lake").click()
        ready(page)
        page.wait_for_selector("#probes tr >> nth=1")
        page.get_by_role("button", name="Look at webp:420, 86").click()
        page.wait_for_selector(".look-state:has-text('webp:420, 86')")


def test_a_lossless_file_is_said_to_be_the_picture_itself(shown_page: ShownPage, service: Service) -> None:
    with shown_page() as look:
        page = look.page
        page.get_by_role("button", name="lake").click()
        ready(page)
        service[0].lossless = True
        page.get_by_role("button", name="waves").click()
        page.wait_for_selector("#curve-note:has-text('but one setting')")
        page.wait_for_selector(".look-canvas")
        assert page.locator("#curve").is_hidden()
        assert page.locator("#answer-cards h3").inner_text() == "webp:m4,lossless"
        assert "decodes to the picture itself" in page.locator("#answer-cards").inner_text()
        assert "certainty" not in page.locator("#answer-cards").inner_text()
        assert state(page) == "Left: Original. Right: webp:m4,lossless (0.00 JND)."
        page.get_by_role("button", name="Look at webp:m4,lossless").click()


# --- what is wanted


def test_two_codecs_stand_beside_each_other(shown_page: ShownPage) -> None:
    with shown_page() as look:
        page = look.page
        page.select_option("#beside", "webp")
        page.get_by_role("button", name="lake").click()
        page.wait_for_selector(".headline >> nth=1")
        ready(page)
        choose(page, "webp")
        page.wait_for_selector(".look-state:has-text('webp:420, 86')")
        assert page.locator("#answer-cards h3").all_inner_texts() == ["jpeg:420, quality 86", "webp:420, quality 86"]


def test_something_else_is_wanted_while_the_picture_is_sent(shown_page: ShownPage, service: Service) -> None:
    service[0].working = 1.0
    with shown_page() as look:
        page = look.page
        page.get_by_role("button", name="lake").click()
        page.select_option("#codec", "webp")
        ready(page)
        assert page.locator("#answer-cards h3").all_inner_texts() == ["webp:420, quality 86"]


def asked_for(service: State) -> dict[str, str]:
    last = next(line for line in reversed(service.asked) if "/encode?" in line)
    return {key: values[0] for key, values in parse_qs(urlsplit(last.split()[1]).query).items()}


@SCREENS
def test_every_option_is_asked_for(
    shown_page: ShownPage, service: Service, size: tuple[int, int], scale: float
) -> None:
    with shown_page(size, scale=scale) as look:
        page = look.page
        page.get_by_role("button", name="lake").click()
        ready(page)
        assert asked_for(service[0]) == {"codec": "jpeg", "viewers": "75", "viewing": "desktop", "protocol": "aic"}
        page.locator("#viewers").focus()
        page.keyboard.press("End")
        page.locator("#codec").focus()
        page.keyboard.press("ArrowDown")
        page.locator("#viewing").focus()
        page.keyboard.press("ArrowDown")
        page.select_option("#protocol", "side-by-side")
        page.wait_for_selector("h3:has-text('webp:420')")
        assert page.locator("#viewers").input_value() == "95"
        wanted = {"codec": "webp", "viewers": "95", "viewing": "4k", "protocol": "side-by-side"}
        assert asked_for(service[0]) == wanted


@SCREENS
def test_a_display_is_measured_with_a_bank_card(
    shown_page: ShownPage, service: Service, size: tuple[int, int], scale: float
) -> None:
    with shown_page(size, scale=scale) as look:
        page = look.page
        page.select_option("#viewing", "measured")
        card = page.get_by_label("Make the card as large as a real one")
        card.focus()
        for _ in range(6):
            page.keyboard.press("ArrowRight")
        page.get_by_label("From eye to screen").fill("50")
        width = int(card.input_value()) * scale
        assert page.locator(".card").bounding_box()["width"] == int(card.input_value())
        millimetres = 53.98 if size == PHONE else 85.6
        # A display one pixel high, as wide as so many millimetres.
        expected = pixels_per_degree((round(1000 * width), 0), 1000 * millimetres / 25.4, 0.5)
        said = float(page.locator(".measured").inner_text().split()[0])
        assert abs(said - expected) < 0.06
        page.get_by_role("button", name="lake").click()
        ready(page)
        assert abs(float(asked_for(service[0])["viewing"]) - expected) < 0.006
        assert page.evaluate("document.documentElement.scrollWidth") <= size[0]
        page.get_by_label("From eye to screen").fill("9000")
        assert "outside 5 to 300" in page.locator(".measured").inner_text()


def test_a_link_restores_the_settings_and_the_example(shown_page: ShownPage, service: Service) -> None:
    with shown_page() as look:
        page = look.page
        page.select_option("#codec", "webp")
        page.select_option("#beside", "avif")
        page.select_option("#viewing", "phone")
        page.locator("#viewers").fill("80")
        page.get_by_role("button", name="chamomile").click()
        ready(page)
        link = page.locator("#link").get_attribute("href")
        page.locator("#copy-link").click()
        page.wait_for_selector("#copied:has-text('copied')")
    with shown_page(hash="#" + link.partition("#")[2]) as look:
        ready(look.page)
        assert look.page.locator("#answers-title").inner_text() == "The answer for chamomile.webp"
        assert look.page.locator("#viewers-said").inner_text() == "80\xa0%"
        values = [look.page.locator(f"#{name}").input_value() for name in ("codec", "beside", "viewing")]
        assert values == ["webp", "avif", "phone"]


def test_nonsense_in_a_link_is_passed_over(shown_page: ShownPage) -> None:
    with shown_page(hash="#codec=<b>&viewers=abc&viewing=nowhere&protocol=x") as look:
        assert look.page.locator("#codec").input_value() == "jpeg"
        assert look.page.locator("#viewing").input_value() == "desktop"
        assert look.page.locator("#viewers").input_value() in ("72", "73", "75")  # what the browser makes of no number


def encodes(service: State) -> int:
    return sum("/encode?" in line for line in service.asked)


def test_a_window_of_another_size_asks_for_nothing_again(shown_page: ShownPage, service: Service) -> None:
    with shown_page() as look:
        page = look.page
        page.get_by_role("button", name="lake").click()
        ready(page)
        page.set_viewport_size({"width": 900, "height": 500})
        page.evaluate("() => new Promise((done) => setTimeout(done, 350))")  # what is asked for waits for 300
        settled(page)
        assert encodes(service[0]) == 1


def test_a_link_is_gone_to_without_a_new_start(shown_page: ShownPage, service: Service, tmp_path: Path) -> None:
    with shown_page() as look:
        page = look.page
        pick(page, noise(tmp_path / "a.png"), noise(tmp_path / "b.png", 2))
        page.wait_for_selector("#totals:has-text('2 done')")
        page.locator("#link").click()
        assert "#codec=jpeg" in page.url
        page.evaluate("location.hash = '#codec=webp&viewers=90'")
        page.wait_for_selector("h3:has-text('webp:420')")
        page.wait_for_selector("#totals:has-text('2 done')")
        assert asked_for(service[0])["viewers"] == "90"
        assert encodes(service[0]) == 4
        page.go_back()
        page.wait_for_selector("h3:has-text('jpeg:420')")
        assert page.locator("#viewers-said").inner_text() == "75\xa0%"


# --- what can be taken along


def test_file_and_row_are_downloaded(shown_page: ShownPage) -> None:
    with shown_page() as look:
        page = look.page
        page.get_by_role("button", name="lake").click()
        ready(page)
        with page.expect_download() as file:
            page.get_by_role("link", name="Download lake.jpg").click()
        assert file.value.suggested_filename == "lake.jpg"
        lake = Image.open(PAGE / "examples" / "lake.png").convert("RGB")
        assert Path(file.value.path()).read_bytes() == coded(lake, "jpeg", 86)
        with page.expect_download() as row:
            page.get_by_role("button", name="Download the row (JSON)").click()
        assert json.loads(Path(row.value.path()).read_text())["knob"] == {"name": "quality", "value": 86}


def test_a_witness_that_objects_and_hdr_that_is_lost_are_said(shown_page: ShownPage, service: Service) -> None:
    service[0].agrees, service[0].hdr_lost = False, True
    with shown_page() as look:
        look.page.get_by_role("button", name="lake").click()
        ready(look.page)
        bad = look.page.locator("#answer-cards li.bad").all_inner_texts()
        assert len(bad) == 2
        assert "objects" in bad[0]
        assert "this file lacks" in bad[1]


# --- several pictures


@SCREENS
def test_several_pictures_stand_in_a_queue(
    shown_page: ShownPage, service: Service, tmp_path: Path, size: tuple[int, int], scale: float
) -> None:
    service[0].working = 0.2
    broken = tmp_path / "broken.png"
    broken.write_bytes(b"no picture")
    pictures = [noise(tmp_path / f"{number}.png", number) for number in range(4)]
    with shown_page(size, scale=scale, refused=True) as look:
        page = look.page
        pick(page, *pictures, broken)
        page.wait_for_selector("#totals:has-text('4 done, 1 failed')")
        totals = page.locator("#totals").inner_text()
        assert totals.startswith("5 pictures: 4 done, 1 failed.")
        assert "90.0 % less" in totals
        assert page.evaluate("document.documentElement.scrollWidth") <= size[0]
        page.get_by_role("button", name="Look at 3.png").click()
        page.wait_for_selector("#answers-title:has-text('3.png')")
        ready(page)
        page.get_by_role("button", name="Look at 2.png").focus()
        page.keyboard.press("Enter")
        page.wait_for_selector("#answers-title:has-text('2.png')")
        with page.expect_download() as rows:
            page.get_by_role("button", name="Download all rows").click()
        lines = Path(rows.value.path()).read_text().splitlines()
        assert {json.loads(line)["input"] for line in lines} == {path.name for path in pictures}
        page.get_by_role("button", name="Remove broken.png").click()
        page.wait_for_selector("#totals:has-text('4 pictures: 4 done')")
        assert look.accessible() == []


def test_a_picture_is_cancelled(shown_page: ShownPage, service: Service, tmp_path: Path) -> None:
    service[0].working = 600.0
    with shown_page() as look:
        page = look.page
        pick(page, noise(tmp_path / "a.png"), noise(tmp_path / "b.png", 2))
        page.wait_for_selector("#queue-rows:has-text('is being sent')")
        page.get_by_role("button", name="Cancel b.png").click()
        page.wait_for_selector("#totals:has-text('1 cancelled')")
        until(page, lambda: len(service[0].cancelled) == 1)
        page.get_by_role("button", name="Look at b.png").click()
        assert "Cancelled." in page.locator("#answer-cards").inner_text()
        service[0].working = 0.0
        page.get_by_role("button", name="Try again").click()
        ready(page)
        assert page.locator("#answers-title").inner_text() == "The answer for b.png"


def test_the_look_goes_with_its_picture(shown_page: ShownPage, service: Service, tmp_path: Path) -> None:
    with shown_page() as look:
        page = look.page
        pick(page, *(noise(tmp_path / f"{number}.png", number) for number in range(3)))
        page.wait_for_selector("#totals:has-text('3 done')")
        page.get_by_role("button", name="Look at 1.png").click()
        ready(page)
        for gone, next_one in (("1.png", "2.png"), ("2.png", "0.png")):
            page.get_by_role("button", name=f"Remove {gone}").click()
            page.wait_for_selector(f"#answers-title:has-text('{next_one}')")
            ready(page)
            assert state(page).startswith("Left: Original. Right: jpeg:420, 86")
        until(page, lambda: len(service[0].cancelled) == 2)
        assert all(path.startswith("/v1/pictures?id=") for path in service[0].cancelled)  # the server forgets them, too


def test_a_picture_that_made_room_for_others_is_done_again_when_it_is_looked_at(
    shown_page: ShownPage, service: Service, tmp_path: Path
) -> None:
    with shown_page(refused=True) as look:
        page = look.page
        pick(page, *(noise(tmp_path / f"{number}.png", number) for number in range(3)))
        page.wait_for_selector("#totals:has-text('3 done')")
        service[0].pictures.clear()
        service[0].versions.clear()
        page.get_by_role("button", name="Look at 2.png").click()
        page.wait_for_selector("#answers-title:has-text('2.png')")
        ready(page)
        assert encodes(service[0]) == 4


def test_who_leaves_ends_the_work_and_takes_the_pictures_along(
    shown_page: ShownPage, service: Service, tmp_path: Path
) -> None:
    with shown_page() as look:
        page = look.page
        pick(page, noise(tmp_path / "a.png"), noise(tmp_path / "b.png", 2))
        page.wait_for_selector("#totals:has-text('2 done')")
        service[0].working = 600.0
        page.select_option("#codec", "webp")
        page.wait_for_selector("#totals:has-text('2 working')")
        page.wait_for_timeout(1000)  # until the page has been told the names of both
        page.goto("about:blank")
        until(page, lambda: {f"/v1/jobs/{name}" for name in service[0].jobs} <= set(service[0].cancelled))
        until(page, lambda: any("/v1/pictures?" in path for path in service[0].cancelled))
        (left,) = (path for path in service[0].cancelled if "/v1/pictures?" in path)
        assert set(parse_qs(urlsplit(left).query)["id"]) == set(service[0].pictures)
        service[0].working = 0.0
        service[0].pictures.clear()
        page.go_back()  # as it was, where the browser has kept it, and done anew
        page.wait_for_selector("#intake")
        if page.locator("#answers").is_visible():
            page.wait_for_selector("#totals:has-text('2 done')")
        look.complaints = [said for said in look.complaints if "Failed to load resource" not in said]


# --- the service is not always there


def test_a_full_queue_is_asked_again(shown_page: ShownPage, service: Service) -> None:
    service[0].refusals = 1
    with shown_page(refused=True) as look:
        look.page.get_by_role("button", name="lake").click()
        ready(look.page)


def test_a_token_is_asked_for(shown_page: ShownPage, service: Service) -> None:
    service[0].token = "secret"
    with shown_page(refused=True) as look:
        page = look.page
        page.get_by_label("This server asks for its token").fill("secret")
        page.keyboard.press("Enter")
        page.wait_for_selector("#token", state="hidden")
        page.get_by_role("button", name="lake").click()
        ready(page)


@pytest.mark.parametrize("another", [False, True], ids=["the same", "another"])
def test_a_server_that_is_gone_is_said_and_the_page_goes_on_when_it_is_back(
    shown_page: ShownPage, service: Service, another: bool
) -> None:
    with shown_page(refused=True) as look:
        page = look.page
        page.get_by_role("button", name="lake").click()
        ready(page)
        page.route("**/v1/**", lambda route: route.abort())
        page.select_option("#codec", "avif")
        page.wait_for_selector("#trouble:has-text('cannot be reached')")
        if another:
            service[0].pictures.clear()
            service[0].versions.clear()
        page.unroute("**/v1/**")
        page.wait_for_selector("#trouble", state="hidden")
        page.wait_for_selector("h3:has-text('avif:420')")
        ready(page)
        with page.expect_download() as file:
            page.get_by_role("link", name="Download lake.avif").click()
        assert file.value.failure() is None


# --- for everybody, and at once


@SCREENS
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_axe_finds_nothing_serious(shown_page: ShownPage, size: tuple[int, int], scale: float, dark: bool) -> None:
    with shown_page(size, scale=scale, dark=dark) as look:
        page = look.page
        assert look.accessible() == []
        page.select_option("#beside", "webp")
        page.select_option("#viewing", "measured")
        page.get_by_role("button", name="lake").click()
        ready(page)
        page.select_option("#overlay", "seen")
        page.wait_for_selector(".look-legend:has-text('JND')")
        assert look.accessible() == []


@SCREENS
def test_a_picture_of_the_whole_page_is_as_wide_as_the_screen(
    shown_page: ShownPage, size: tuple[int, int], scale: float
) -> None:
    with shown_page(size, scale=scale) as look:
        look.page.select_option("#beside", "webp")
        look.page.get_by_role("button", name="lake").click()
        look.page.wait_for_selector(".headline >> nth=1")
        ready(look.page)
        width, height = Image.open(io.BytesIO(look.page.screenshot(full_page=True))).size
        assert width == size[0] * scale
        assert 1.5 * size[1] * scale < height < 10 * size[1] * scale


def test_the_page_is_light(shown_page: ShownPage) -> None:
    with shown_page() as look:
        page = look.page
        page.wait_for_load_state("networkidle")
        assert 10_000 < page.evaluate(WEIGHT) < 400_000


def test_nothing_is_asked_from_elsewhere() -> None:
    for path in sorted(PAGE.glob("*.*")):
        text = path.read_text(encoding="utf-8").replace("http://www.w3.org/2000/svg", "")
        assert not re.search(r"https?:|//cdn|innerHTML|outerHTML|insertAdjacent|eval\(|style=|onclick=", text), path
