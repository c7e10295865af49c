"""Sittings through the real page: screens, pictures, keys, and what is kept of them."""

from __future__ import annotations

import base64
import io
import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from PIL import Image

from jndkit.picture import load
from jndkit.study.answers import read_answers
from jndkit.study.layout import largest, window_for
from jndkit.study.plan import ORIGINAL, Arrangement, Method, Plan
from jndkit.study.sittings.plates import plates
from sitters import Seen, Sitter
from tests.report.conftest import PHONE, WIDE

pytestmark = pytest.mark.browser

Beside = Callable[..., Any]
SatDown = Callable[..., Any]
TOKEN = "a-token-nobody-guesses"


def obvious(trial: Seen) -> int | None:
    """What a viewer says who sees everything."""
    if trial.start is not None:
        return next((place for place, level in enumerate(trial.levels) if level != ORIGINAL), None)
    left, right = trial.levels
    return None if left == right and trial.boosted else int(right > left)


def kept(plan: Plan) -> list[tuple[int, int | None]]:
    """(trial, response) of the only sitting."""
    ((_, done),) = read_answers(plan.folder, plan)
    return [(one.answer.trial, one.answer.response) for one in done if one.answer is not None]


@pytest.mark.parametrize(
    ("method", "arrangement"),
    [("2afc", "above"), ("2afc", "row"), ("2afc", "single"), ("flicker", "single"), ("triplet", "pair")],
)
def test_a_whole_sitting(beside: Beside, sat_down: SatDown, method: Method, arrangement: str) -> None:
    server, plan = beside(method, pictures=1, trials=3, arrangement=arrangement, rest=2, refresh=20.0)
    told: list[tuple[int, int | None]] = []

    def respond(trial: Seen) -> int | None:
        response = obvious(trial)
        told.append((trial.id, response))
        return response

    with sat_down(server.address, plan=plan) as look:
        sitter = look.sitter
        sitter.agree()
        sitter.pass_check()
        sitter.go_through(respond)
        assert sitter.title == "Thank you"
        assert sitter.finished
    assert kept(plan) == told
    ((session, done),) = read_answers(plan.folder, plan)
    assert session.finished is not None
    assert session.display is not None
    assert session.display["plates"] == [plate.digit for plate in plates(plan.seed)]
    assert session.display["ppd"] == pytest.approx(37.84, rel=0.02)
    assert session.display["gamma"] == pytest.approx(2.27, abs=0.02)
    assert session.display["refresh"] > 20
    for one in done:
        assert one.answer is not None
        assert 0.05 <= one.answer.seconds < 600
        assert one.answer.frames.count >= 2
        assert 0 < one.answer.frames.mean <= one.answer.frames.worst


@pytest.mark.parametrize(("size", "scale"), [(WIDE, 1), (PHONE, 3)], ids=["wide", "phone"])
@pytest.mark.parametrize(("method", "arrangement"), [("2afc", "above"), ("triplet", "pair")])
def test_the_screen_shows_the_pixels_of_the_file(
    beside: Beside, sat_down: SatDown, method: Method, arrangement: str, size: tuple[int, int], scale: float
) -> None:
    ppd = 37.84 if scale == 1 else 120.0
    server, plan = beside(method, pictures=1, trials=4, training=0, arrangement=arrangement, ppd=ppd)
    with sat_down(server.address, size, scale=scale, plan=plan, seated=True) as look:
        sitter = look.sitter
        while True:
            assert sitter.to_trial()
            assert sitter.trial is not None
            if not sitter.trial.boosted:
                break
            sitter.respond(0)
        look.page.wait_for_selector("[data-shown]")
        stimulus = plan.stimulus(sitter.trial.stimulus)
        wanted = [stimulus.shown(level) for level in sitter.trial.levels]
        if method == "2afc":
            wanted.insert(1, stimulus.original)
        shot = np.asarray(Image.open(io.BytesIO(look.page.screenshot())).convert("RGB"))
        boxes = [canvas.bounding_box() for canvas in look.page.locator("canvas:visible").all()]
        assert len(boxes) == len(wanted)
        for shown, box in zip(wanted, boxes, strict=True):
            pixels = load(plan.folder / shown.file).rgb
            left, top = box["x"] * scale, box["y"] * scale
            assert abs(left - round(left)) < 0.1
            assert abs(top - round(top)) < 0.1
            part = shot[round(top) : round(top) + pixels.shape[0], round(left) : round(left) + pixels.shape[1]]
            assert np.array_equal(part, pixels)
        around = np.delete(shot[60], np.s_[:: shot.shape[1]], axis=0)
        assert (around[-1] == 128).all()  # mid grey up to the edge


def test_boosted_pictures_are_shown_whole(beside: Beside, sat_down: SatDown) -> None:
    server, plan = beside("triplet", pictures=1, trials=1, training=1)
    with sat_down(server.address, plan=plan, seated=True) as look:
        sitter = look.sitter
        assert sitter.to_trial()
        assert sitter.trial is not None
        assert sitter.trial.boosted
        stimulus = plan.stimulus(sitter.trial.stimulus)
        for side, level in zip(("Left", "Right"), sitter.trial.levels, strict=True):
            canvases = look.page.locator(f"canvas[aria-label={side}]").all()
            for canvas, which in zip(canvases, (ORIGINAL, level), strict=True):
                address = canvas.evaluate("(canvas) => canvas.toDataURL()")
                shown = Image.open(io.BytesIO(base64.b64decode(address.partition(",")[2]))).convert("RGB")
                wanted = load(plan.folder / stimulus.shown(which, boosted=True).file).rgb
                assert wanted.shape == (2 * stimulus.height, 2 * stimulus.width, 3)
                assert np.array_equal(np.asarray(shown), wanted)
        lowest = max(canvas.bounding_box()["y"] + canvas.bounding_box()["height"] for canvas in canvases)
        assert lowest <= look.page.locator(".controls").bounding_box()["y"]


FRAMES = """(period) => {
  let [now, waiting] = [0, []];
  window.requestAnimationFrame = (draw) => waiting.push(draw);
  window.cancelAnimationFrame = () => {};
  setInterval(() => {
    const due = waiting;
    [now, waiting] = [now + period, []];
    due.forEach((draw) => draw(now));
  }, 5);
}"""
"""Frames of a display that draws one every so many milliseconds, by a clock that no busy machine holds up."""


def test_pictures_alternate_where_frames_are_slow(beside: Beside, sat_down: SatDown) -> None:
    """By the clock alone, frames that come at whole periods of the flicker would all show the original."""
    server, plan = beside("triplet", pictures=1, trials=1, training=1, seconds=1e6)
    with sat_down(server.address, plan=plan, seated=True) as look:
        look.page.evaluate(FRAMES, 1000)
        assert look.sitter.to_trial()
        for layer in (1, 0):
            seen = f"() => document.querySelectorAll('canvas')[{layer}]?.style.visibility === 'visible'"
            look.page.wait_for_function(seen, polling=3)


@pytest.mark.parametrize(
    ("method", "arrangement"), [("2afc", "above"), ("2afc", "row"), ("flicker", "single"), ("triplet", "pair")]
)
def test_the_window_that_a_plan_asks_for_is_what_the_page_needs(
    beside: Beside, sat_down: SatDown, method: Method, arrangement: Arrangement
) -> None:
    server, plan = beside(method, pictures=1, arrangement=arrangement, size=(300, 200))
    width, height = window_for(arrangement, *largest(plan.stimuli))
    with sat_down(server.address, (width, height - 1), plan=plan) as look:
        look.sitter.agree()
        look.page.wait_for_selector(f".check-bad:has-text('{width} × {height} are needed')")
        look.page.set_viewport_size({"width": width, "height": height})
        look.page.wait_for_selector(".check-ok:has-text('large enough')")


def test_pictures_alternate_as_fast_as_planned(beside: Beside, sat_down: SatDown) -> None:
    server, plan = beside("flicker", pictures=1, trials=1, training=0)
    with sat_down(server.address, plan=plan, seated=True) as look:
        look.page.evaluate(FRAMES, 1000 / 60)
        sitter = look.sitter
        assert sitter.to_trial()
        look.page.wait_for_selector("[data-shown]")
        changes = look.page.evaluate(
            """() => new Promise((done) => {
              const canvas = document.querySelector("canvas");
              let [frames, last, changes] = [0, null, 0];
              const each = () => {
                const now = canvas.style.visibility;
                if (last !== null && now !== last) changes += 1;
                last = now;
                if (frames++ < 180) requestAnimationFrame(each);
                else done(changes);
              };
              requestAnimationFrame(each);
            })"""
        )
        assert plan.display.flicker == 8
        assert abs(changes - 8 * 3) <= 1  # in the three seconds of 180 frames
        both = look.page.evaluate("[...document.querySelectorAll('canvas')].map((canvas) => canvas.style.visibility)")
        assert sorted(both) == ["hidden", "visible"]


def test_boosted_pictures_turn_grey_and_can_still_be_answered(beside: Beside, sat_down: SatDown) -> None:
    server, plan = beside("triplet", pictures=1, trials=1, training=1, seconds=0.5)
    with sat_down(server.address, plan=plan, seated=True) as look:
        sitter = look.sitter
        assert sitter.to_trial()
        assert sitter.trial is not None
        assert sitter.trial.boosted
        look.page.wait_for_function(
            "() => [...document.querySelectorAll('canvas')].every((one) => one.style.visibility === 'hidden')"
        )
        sitter.respond(obvious(sitter.trial))
        look.page.wait_for_selector("h1:has-text('Correct')")


def test_training_says_what_was_right(beside: Beside, sat_down: SatDown) -> None:
    server, plan = beside("2afc", pictures=1, trials=1, training=2)
    with sat_down(server.address, plan=plan, seated=True) as look:
        sitter = look.sitter
        for wrong in (False, True):
            assert sitter.to_trial()
            assert sitter.trial is not None
            assert sitter.trial.training
            right = obvious(sitter.trial)
            assert right is not None
            sitter.respond(1 - right if wrong else right)
            heading = "Not this time" if wrong else "Correct"
            look.page.wait_for_selector(f"h1:has-text('{heading}')")
            side = "The right one" if right else "The left one"
            assert look.page.locator("main p").inner_text() == f"{side} differed from the original."


def test_a_tab_that_was_closed_goes_on_where_it_was(beside: Beside, sat_down: SatDown, browser: Any) -> None:
    server, plan = beside("2afc", pictures=1, trials=4, training=1)
    with sat_down(server.address, plan=plan, seated=True) as look:
        sitter = look.sitter
        sitter.go_through(obvious, most=3)
        address, before = look.page.url, sitter.trial
        again = look.page.context.new_page()  # of the same browser: the address alone, without the code
        other = Sitter(again, plan)
        again.goto(server.address)
        again.wait_for_selector("h1:has-text('Welcome back')")
        assert "2 of 4" in again.locator("main p").inner_text()
        assert other.to_trial()
        assert other.trial == before
    with sat_down(address, plan=plan) as look:  # another browser: the code, and another display
        sitter = look.sitter
        look.page.wait_for_selector("h1:has-text('Welcome back')")
        sitter.press("Go on")
        sitter.pass_check()
        sitter.go_through(obvious)
        assert sitter.title == "Thank you"
    assert [trial for trial, _ in kept(plan)] == list(range(5))


def test_an_address_with_a_code_that_is_none_begins_anew(beside: Beside, sat_down: SatDown) -> None:
    server, _ = beside("2afc")
    with sat_down(f"{server.address}/#nobodyhasthis", forgiven=("404",)) as look:
        look.page.wait_for_selector("#agree")
        assert "#" not in look.page.url


def test_a_link_with_the_token_lets_in_and_does_not_keep_it(beside: Beside, sat_down: SatDown) -> None:
    server, _ = beside("2afc", token=TOKEN)
    with sat_down(f"{server.address}/#token={TOKEN}") as look:
        look.page.wait_for_selector("#agree")
        assert TOKEN not in look.page.url
    with sat_down(server.address, forgiven=("401",)) as look:
        look.page.get_by_label("Token").fill("wrong")
        look.page.keyboard.press("Enter")
        look.page.wait_for_selector(".trouble:has-text('not the token')")
        look.page.get_by_label("Token").fill(TOKEN)
        look.page.keyboard.press("Enter")
        look.page.wait_for_selector("#agree")


@pytest.mark.parametrize(
    ("size", "scale", "word"),
    [((500, 400), 1, "too small"), (WIDE, 1.25, "The page is zoomed"), (WIDE, 1.5, "The page is zoomed")],
)
def test_a_display_that_is_not_one_to_one_or_too_small_is_not_let_through(
    beside: Beside, sat_down: SatDown, size: tuple[int, int], scale: float, word: str
) -> None:
    server, plan = beside("2afc", size=(240, 160))
    with sat_down(server.address, size, scale=scale, plan=plan) as look:
        sitter = look.sitter
        sitter.agree()
        look.page.wait_for_selector(".check-ok:has-text('pictures a second')")
        assert word in look.page.locator(".check-bad").inner_text()
        assert look.page.get_by_role("button", name="Go on").is_disabled()
        if scale == 1:
            look.page.set_viewport_size({"width": WIDE[0], "height": WIDE[1]})
            look.page.wait_for_selector("button.go:enabled")


def test_who_sits_at_another_distance_is_told(beside: Beside, sat_down: SatDown) -> None:
    server, plan = beside("2afc")
    with sat_down(server.address, plan=plan) as look:
        sitter = look.sitter
        sitter.agree()
        look.page.wait_for_selector("button.go:enabled:has-text('Go on')")
        sitter.press("Go on")
        sitter.press("It is as large as my card")
        sitter.sit(2000)
        look.page.wait_for_selector(".trouble:has-text('needs between')")
        sitter.sit(0)
        look.page.wait_for_selector(".trouble:has-text('as a number')")


def test_colours_that_were_not_told_apart_end_the_check(beside: Beside, sat_down: SatDown) -> None:
    server, plan = beside("2afc")
    with sat_down(server.address, plan=plan) as look:
        sitter = look.sitter
        sitter.agree()
        digits = [plate.digit for plate in plates(plan.seed)]
        sitter.pass_check(read=[digits[0], "", "", *digits[3:]])
        look.page.wait_for_selector("h1:has-text('will not do yet')")
        assert "one man in twelve" in look.page.locator("main li").inner_text()
    assert read_answers(plan.folder, plan)[0][0].display is None


@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["wide", "phone"])
def test_every_screen_is_accessible(beside: Beside, sat_down: SatDown, size: tuple[int, int]) -> None:
    """No serious finding of axe, and nothing that is wider than the window."""
    narrow = size == PHONE
    server, plan = beside(
        "2afc", pictures=1, trials=2, training=1, rest=1, arrangement="single", ppd=120 if narrow else 37.84
    )

    def fine() -> None:
        # Contents come one after another; what is measured is a page that stands still.
        assert look.accessible() == []
        assert look.page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")

    with sat_down(server.address, size, scale=3 if narrow else 1, plan=plan) as look:
        sitter: Sitter = look.sitter
        look.page.wait_for_selector("#agree")
        fine()
        sitter.agree()
        look.page.wait_for_selector("button.go:enabled:has-text('Go on')")
        fine()
        sitter.press("Go on")
        for screen, go in (
            ("How large", lambda: sitter.press("It is as large as my card")),
            ("How far", lambda: sitter.sit(None)),
            ("Squares on black", lambda: look.page.get_by_role("button", name="4", exact=True).click()),
            ("Squares on white", lambda: look.page.get_by_role("button", name="4", exact=True).click()),
            ("Light and dark", lambda: look.page.get_by_label("How light").fill("186")),
        ):
            look.page.wait_for_selector(f"h1:has-text('{screen}')")
            fine()
            go()
        sitter.press("Both are equal")
        look.page.wait_for_selector(".step")
        fine()
        sitter.read([plate.digit for plate in plates(plan.seed)])
        look.page.wait_for_selector("h1:has-text('practice')")
        fine()
        sitter.to_trial()
        look.page.wait_for_selector("[data-shown]")
        fine()
        sitter.go_through(obvious)
        assert sitter.title == "Thank you"
        fine()


def test_everything_is_done_by_keyboard(beside: Beside, sat_down: SatDown) -> None:
    server, plan = beside("2afc", pictures=1, trials=1, training=0)
    with sat_down(server.address, plan=plan) as look:
        page = look.page

        def tab_to(name: str) -> None:
            for _ in range(20):
                page.keyboard.press("Tab")
                if page.evaluate("document.activeElement.id || document.activeElement.innerText").startswith(name):
                    return
            pytest.fail(f"Tab does not reach {name}")

        page.wait_for_selector("#agree")
        tab_to("agree")
        page.keyboard.press("Space")
        tab_to("I take part")
        page.keyboard.press("Enter")
        page.wait_for_selector("button.go:enabled:has-text('Go on')")
        tab_to("Go on")
        page.keyboard.press("Enter")
        tab_to("It is as large")
        page.keyboard.press("Enter")
        tab_to("distance")
        page.keyboard.type("57")
        page.keyboard.press("Enter")
        for title in ("black", "white"):
            page.wait_for_selector(f"h1:has-text('{title}')")
            tab_to("4")
            page.keyboard.press("Enter")
        page.get_by_label("How light").focus()
        for _ in range(38):
            page.keyboard.press("ArrowRight")
        tab_to("Both are")
        page.keyboard.press("Enter")
        for number, plate in enumerate(plates(plan.seed), 1):
            page.wait_for_selector(f".step:has-text('Plate {number} of')")
            page.keyboard.press(plate.digit)
        page.wait_for_selector("h1:has-text('Ready')")
        tab_to("Begin")
        page.keyboard.press("Enter")
        sitter = look.sitter
        page.wait_for_selector("[data-shown]")
        page.wait_for_timeout(100)
        page.keyboard.press("ArrowRight")
        page.wait_for_selector("h1:has-text('Thank you')")
        del sitter
    assert [response for _, response in kept(plan)] == [1]


def test_a_trial_that_was_looked_away_from_begins_again(beside: Beside, sat_down: SatDown) -> None:
    server, plan = beside("2afc", pictures=1, trials=1, training=0)
    with sat_down(server.address, plan=plan, seated=True) as look:
        page = look.page
        sitter = look.sitter
        assert sitter.to_trial()
        page.wait_for_selector("[data-shown]")
        page.evaluate(
            """() => {
              Object.defineProperty(document, "hidden", { value: true, configurable: true });
              document.dispatchEvent(new Event("visibilitychange"));
              delete document.hidden;
            }"""
        )
        page.wait_for_selector("h1:has-text('begins again')")
        assert sitter.to_trial()
        sitter.respond(0)
    assert kept(plan) == [(0, 0)]


def test_a_phone_is_touched(beside: Beside, sat_down: SatDown) -> None:
    server, plan = beside("flicker", pictures=1, trials=1, training=0, ppd=120)
    with sat_down(server.address, PHONE, scale=3, plan=plan, seated=True) as look:
        page = look.page
        sitter = look.sitter
        assert sitter.to_trial()
        page.wait_for_selector("[data-shown]")
        page.wait_for_timeout(100)
        way = "One to the left" if sitter.trial is not None and sitter.trial.start else "One to the right"
        page.get_by_role("button", name=way).tap()
        page.get_by_role("button", name="It begins here").tap()
        page.wait_for_selector("h1:has-text('Thank you')")
    ((_, response),) = kept(plan)
    assert response is not None


def test_nothing_of_the_viewer_is_kept(beside: Beside, sat_down: SatDown) -> None:
    server, plan = beside("2afc", pictures=1, trials=1, training=0)
    with sat_down(server.address, plan=plan) as look:
        sitter = look.sitter
        sitter.agree()
        sitter.pass_check()
        sitter.go_through(obvious)
        assert look.page.context.cookies() == []
        assert look.page.evaluate("localStorage.length") == 0
        agent = look.page.evaluate("navigator.userAgent")
    ((session, _),) = read_answers(plan.folder, plan)
    known = json.dumps(dict(session.display or {}))
    assert set(session.display or {}) == {
        *("ratio", "window", "touch", "refresh", "late", "pixels_per_millimetre", "distance", "ppd"),
        *("dark", "light", "gamma", "plates"),
    }
    for word in ("Mozilla", "Chrome", "127.0.0.1", agent):
        assert word not in known
        for path in plan.folder.glob("answers.sqlite*"):
            assert word.encode() not in path.read_bytes()
