"""Simulated viewers at their places: over HTTP, or in front of the page in a browser that Playwright drives.

They know a study's plan, and so tell from the addresses of pictures which they are shown; the page is not told.
"""

from __future__ import annotations

import http.client
import json
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from jndkit.study.plan import ORIGINAL, Plan
from jndkit.study.simulation import Viewer
from jndkit.study.sittings.plates import plates
from jndkit.study.sittings.told import address
from jndkit.study.trials import Trial

PATIENCE = 300.0  # seconds


Respond = Callable[["Seen"], int | None]
"""What a viewer answers to what they see."""


@dataclass(frozen=True)
class Seen:
    """A trial as its pictures tell it. levels: of the stimulus, by place."""

    id: int
    stimulus: str
    levels: tuple[int, ...]
    training: bool
    boosted: bool
    start: int | None


class Reader:
    """Tells a trial from the JSON that the page hears."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self._levels: dict[str, tuple[str, int, bool]] = {}
        for stimulus in plan.stimuli:
            for level in range(len(stimulus.levels) + 1):
                for boosted in (False, True) if stimulus.boosted else (False,):
                    place = address(stimulus.shown(level, boosted=boosted))
                    self._levels[place] = (stimulus.name, level, boosted)

    def __call__(self, told: dict[str, Any]) -> Seen:
        stimulus, level, boosted = self._levels[told["original"]]
        assert level == ORIGINAL
        levels = tuple(self._levels[place][1] for place in told["places"])
        return Seen(told["id"], stimulus, levels, told["training"], boosted, told["start"])


def simulated(viewer: Viewer, plan: Plan) -> Respond:
    """What a simulated viewer answers."""

    def respond(seen: Seen) -> int | None:
        trial = Trial(seen.id, "real", plan.method, seen.stimulus, seen.levels, start=seen.start, boosted=seen.boosted)
        return viewer.answer(trial, plan.stimulus(seen.stimulus)).response

    return respond


def seated(home: str, plan: Plan) -> str:
    """The code of a sitting that is past consent and display check."""
    code = str(asked(home, "/v1/sittings", {"consent": True})["code"])
    digits = [plate.digit for plate in plates(plan.seed)]
    told = asked(home, f"/v1/sittings/{code}/display", fine(ppd=plan.display.ppd, plates=digits), "PUT")
    assert told["refused"] == []
    return code


def fine(**other: Any) -> dict[str, Any]:
    """What the page tells of a display and eyes that are in order; `plates` must be added."""
    told = {
        "ratio": 1,
        "window": [1920, 1000],
        "touch": False,
        "refresh": 59.9,
        "late": 0.01,
        "pixels_per_millimetre": 3.78,
        "distance": 570,
        "ppd": 37.6,
        "dark": 4,
        "light": 5,
        "gamma": 2.2,
    }
    return told | other


def asked(address: str, path: str, body: Any = None, method: str | None = None) -> dict[str, Any]:
    """The JSON of a request that is repeated while there is no server, as the page repeats it."""
    data = None if body is None else json.dumps(body).encode()
    end = time.monotonic() + PATIENCE
    while True:
        request = urllib.request.Request(f"{address}{path}", data, {"Content-Type": "application/json"}, method=method)
        try:
            with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
                told: dict[str, Any] = json.load(answer)
                return told
        except urllib.error.HTTPError:
            raise
        except (OSError, ValueError, http.client.HTTPException):  # killed before, or in the middle of, its answer
            if time.monotonic() > end:
                raise
            time.sleep(0.02)


@dataclass
class Sitter:
    """page: of Playwright.  plan: tells which picture is which.  trial: on screen, as the server told it."""

    page: Any
    plan: Plan
    trial: Seen | None = None
    finished: bool = False
    seen: list[Seen] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._reader = Reader(self.plan)
        self.page.on("response", self._heard)

    def _heard(self, response: Any) -> None:
        path = response.url.partition("/v1/")[2]
        if not path.startswith("sittings") or response.status not in (200, 201):
            return
        told = response.json()
        state = told.get("sitting", told)
        self.finished = bool(state.get("finished")) or (
            "trial" in told and "feedback" in told and told["trial"] is None
        )
        trial = state.get("trial")
        self.trial = None if trial is None else self._reader(trial)

    # --- screens

    @property
    def title(self) -> str:
        return str(self.page.evaluate("document.querySelector('h1')?.innerText ?? ''"))

    def press(self, name: str) -> None:
        self.page.get_by_role("button", name=name).click()

    def agree(self) -> None:
        self.page.locator("#agree").check()
        self.press("I take part")

    def pass_check(self, millimetres: float | None = None, read: list[str] | None = None) -> None:
        """Through all of the display check, as one whose eyes and display are in order. read: in the plates."""
        page = self.page
        page.wait_for_selector("h1:has-text('Your display')")
        page.wait_for_selector("button.go:enabled:has-text('Go on')")
        self.press("Go on")
        page.wait_for_selector("h1:has-text('How large')")
        self.press("It is as large as my card")
        self.sit(millimetres)
        for title in ("Squares on black", "Squares on white"):
            page.wait_for_selector(f"h1:has-text('{title}')")
            page.get_by_role("button", name="5", exact=True).click()
        page.wait_for_selector("h1:has-text('Light and dark')")
        page.get_by_label("How light").fill("188")
        self.press("Both are equal")
        self.read(read or [plate.digit for plate in plates(self.plan.seed)])

    def sit(self, millimetres: float | None) -> None:
        self.page.wait_for_selector("h1:has-text('How far')")
        wanted = self.page.locator("main p").first.inner_text()
        centimetres = wanted.partition("about ")[2].partition(" cm")[0] if millimetres is None else millimetres / 10
        self.page.get_by_label("From your eyes").fill(str(centimetres))
        self.press("I sit so")

    def read(self, digits: list[str]) -> None:
        for number, digit in enumerate(digits, 1):
            self.page.wait_for_selector(f".step:has-text('Plate {number} of')")
            self.page.get_by_role("button", name=digit or "None", exact=True).click()

    # --- trials

    def go_through(self, respond: Respond, most: int = 10_000) -> None:
        """Answer until the sitting is over, or `most` trials were."""
        for _ in range(most):
            if not self.to_trial():
                return
            assert self.trial is not None
            self.seen.append(self.trial)
            self.respond(respond(self.trial))
        self.to_trial()

    def to_trial(self) -> bool:
        """On to the next trial that can be answered; False at the end."""
        while True:
            self.page.wait_for_selector(".controls, h1")
            if self.page.locator(".controls").count():
                self._hear()
                return True
            if self.title == "Thank you":
                return False
            # Whatever is read before the next trial, at once: it may be gone by the time that a mouse is there.
            self.page.evaluate("document.querySelector('main > .actions button.go')?.click()")
            self.page.wait_for_timeout(20)

    def _hear(self) -> None:
        """Until we were told of the trial on screen, which may be after the page was."""
        shown = self.page.locator(".controls").get_attribute("data-trial")
        for _ in range(500):
            if self.trial is not None and str(self.trial.id) == shown:
                return
            self.page.wait_for_timeout(20)

    def respond(self, response: int | None) -> None:
        page, trial = self.page, self.trial
        assert trial is not None
        page.wait_for_selector(f".controls[data-trial='{trial.id}'][data-shown]")
        page.wait_for_timeout(80)  # nobody answers in the first frame
        with page.expect_response(lambda answer: answer.url.endswith("/answers") and answer.status == 200):
            if self.plan.method == "2afc":
                self._choose(response)
            elif self.plan.method == "triplet":
                page.keyboard.press({0: "ArrowLeft", None: "ArrowDown", 1: "ArrowRight"}[response])
            elif response is None:
                page.keyboard.press("n")
            else:
                self._adjust(response, trial)
        page.wait_for_selector(f".controls[data-trial='{trial.id}']", state="detached")

    def _choose(self, place: int | None) -> None:
        if self.plan.arrangement == "single":
            for key in ("ArrowLeft", "ArrowUp", "ArrowRight"):
                self.page.keyboard.press(key)
            self.page.keyboard.press("1" if place == 0 else "2")
        else:
            self.page.keyboard.press("ArrowLeft" if place == 0 else "ArrowRight")

    def _adjust(self, place: int, trial: Seen) -> None:
        slider = self.page.locator("#slider")
        if place == trial.start:  # there and back: where it starts says nothing
            slider.fill(str(place - 1 if place else place + 1))
        slider.fill(str(place))
        self.page.keyboard.press("Enter")
