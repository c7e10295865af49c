"""The server is killed in the middle of a sitting: what was answered is there, and the sitting goes on."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from jndkit.study.answers import read_answers
from jndkit.study.plan import Plan
from jndkit.study.sittings.plates import plates
from sitters import PATIENCE, asked, fine
from tests.study.sittings.test_page_browser import obvious

pytestmark = pytest.mark.skipif(os.name == "nt", reason="processes are killed by signals")
Serving = Callable[..., Any]


class Answering(threading.Thread):
    """A viewer over HTTP, who keeps a list of what the server said that it has."""

    def __init__(self, address: str, plan: Plan, seed: int) -> None:
        super().__init__()
        self._address, self._plan, self._chance = address, plan, np.random.default_rng(seed)
        self.sure: list[tuple[int, int]] = []
        self.code = ""

    def run(self) -> None:
        state = asked(self._address, "/v1/sittings", {"consent": True})
        self.code = state["code"]
        found = fine(plates=[plate.digit for plate in plates(self._plan.seed)])
        state = asked(self._address, f"/v1/sittings/{self.code}/display", found, "PUT")["sitting"]
        trial = state["trial"]
        while trial is not None:
            response = int(self._chance.integers(2))
            body = {"trial": trial["id"], "response": response, "seconds": 1.0}
            following = asked(self._address, f"/v1/sittings/{self.code}/answers", body)["trial"]
            self.sure.append((trial["id"], response))
            trial = following


def killed(server: Any, plan: Plan, trials: int, times: int, viewers: int, seed: int) -> None:
    """Kill a server so often, while viewers answer; nothing that they were told is kept may lack.

    A kill comes at any moment after some more answers, which are drawn by lot and so few that all kills come.
    trials: of each viewer.
    """
    chance = np.random.default_rng(seed)
    people = [Answering(server.address, plan, number) for number in range(viewers)]
    for one in people:
        one.start()
    most = viewers * trials // times
    wanted = 0
    for _ in range(times):
        wanted += int(chance.integers(most))
        while sum(len(one.sure) for one in people) < wanted:
            time.sleep(0.001)
            assert any(one.is_alive() for one in people)
        time.sleep(float(chance.uniform(0.0, 0.02)))
        server.kill()
        server.start()
    for one in people:
        one.join(PATIENCE)
        assert not one.is_alive()
    kept = {session.code: done for session, done in read_answers(plan.folder, plan)}
    for one in people:
        done = [(each.answer.trial, each.answer.response) for each in kept[one.code] if each.answer is not None]
        assert done == one.sure  # each once, in order, with the response that was sent
        assert [trial for trial, _ in done] == list(range(len(done)))


def test_five_kills_lose_nothing(serving: Serving) -> None:
    server, plan = serving("2afc", pictures=4, trials=40)
    killed(server, plan, trials=40, times=5, viewers=3, seed=1)


@pytest.mark.slow
def test_twenty_kills_lose_nothing(serving: Serving) -> None:
    server, plan = serving("2afc", pictures=8, trials=100)
    killed(server, plan, trials=100, times=20, viewers=4, seed=2)


@pytest.mark.browser
def test_the_page_goes_on_by_itself_when_the_server_is_back(serving: Serving, sat_down: Callable[..., Any]) -> None:
    server, plan = serving("2afc", pictures=1, trials=6, training=0)
    forgiven = ("ERR_CONNECTION", "ERR_EMPTY", "Failed to load resource")
    with sat_down(server.address, forgiven=forgiven, plan=plan, seated=True) as look:
        page, sitter = look.page, look.sitter
        sitter.go_through(obvious, most=2)
        assert sitter.to_trial()
        page.wait_for_selector("[data-shown]")
        page.wait_for_timeout(100)
        server.kill()
        page.keyboard.press("ArrowLeft")
        page.wait_for_selector("#pause:has-text('cannot be reached')")
        assert [len(done) for _, done in read_answers(plan.folder, plan)] == [2]
        server.start()
        page.wait_for_selector("#pause", state="hidden")
        sitter.go_through(obvious)
        assert sitter.title == "Thank you"
    ((_, done),) = read_answers(plan.folder, plan)
    assert [one.trial.id for one in done] == list(range(6))
    assert done[2].answer is not None
    assert done[2].answer.response == 0


def test_ctrl_c_ends_it_in_order(serving: Serving) -> None:
    server, plan = serving("2afc")
    asked(server.address, "/v1/sittings", {"consent": True})
    code, said = server.interrupt()
    assert code == 0
    assert "1 sitting, 0 of them finished, 0 answers, in " in said
    assert str(plan.folder) in said


def test_the_second_of_two_signals_does_not_break_it(serving: Serving) -> None:
    server, _ = serving("2afc")
    server.process.send_signal(signal.SIGTERM)
    code, _ = server.interrupt()
    assert code in (0, -signal.SIGINT, 130)


@pytest.fixture
def refused() -> Callable[..., tuple[int, str]]:
    def run(*arguments: str) -> tuple[int, str]:
        command = [sys.executable, "-m", "jndkit", "study", "serve", *arguments, "--no-open", "--port", "0"]
        done = subprocess.run(command, capture_output=True, text=True)
        return done.returncode, done.stderr

    return run


def test_what_is_no_study_is_told_in_a_sentence(refused: Callable[..., tuple[int, str]], tmp_path: Path) -> None:
    code, said = refused(str(tmp_path / "nowhere"))
    assert code != 0
    assert "jnd study make" in said
    assert "Traceback" not in said
    (tmp_path / "plan.toml").write_text("format = 99")
    code, said = refused(str(tmp_path))
    assert "format" in said
    assert "Traceback" not in said


def test_an_address_that_others_reach_needs_a_token(serving: Serving, refused: Callable[..., tuple[int, str]]) -> None:
    _, plan = serving("2afc")
    code, said = refused(str(plan.folder), "--host", "0.0.0.0")
    assert (code, "--token" in said) == (2, True)
