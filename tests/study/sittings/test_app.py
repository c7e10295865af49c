"""The interface of a sitting, without a browser and without a network."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from typing import Any

import pytest

from jndkit.study.answers import read_answers
from jndkit.study.plan import METHODS, Method, Plan
from jndkit.study.sittings.plates import KINDS, plates
from sitters import fine

Served = Callable[..., Any]
TOKEN = "a-token-nobody-guesses"


def sat(client: Any, plan: Plan) -> dict[str, Any]:
    """A sitting whose display was checked."""
    begun = client.post("/v1/sittings", json={"consent": True})
    assert begun.status_code == 201
    found = fine(plates=[plate.digit for plate in plates(plan.seed)])
    checked = client.put(f"/v1/sittings/{begun.json()['code']}/display", json=found).json()
    assert checked["refused"] == []
    state: dict[str, Any] = checked["sitting"]
    return state


def answer(client: Any, code: str, trial: dict[str, Any], response: int | None, other: Any = None) -> Any:
    frames = {"count": 90, "mean": 16.7, "worst": 18.0, "late": 0}
    body = {"trial": trial["id"], "response": response, "seconds": 1.5, "revisions": 0, "frames": frames}
    return client.post(f"/v1/sittings/{code}/answers", json=body | (other or {}))


@pytest.mark.parametrize("method", METHODS)
def test_a_whole_sitting(served: Served, method: Method) -> None:
    with served(method) as (client, plan):
        state = sat(client, plan)
        code, trial, asked = state["code"], state["trial"], []
        while trial is not None:
            asked.append(trial)
            told = answer(client, code, trial, 1).json()
            assert (told["feedback"] is not None) == trial["training"]
            trial = told["trial"]
        ended = client.get(f"/v1/sittings/{code}").json()
        assert ended["finished"]
        assert ended["answered"] == ended["total"] == len(asked) - plan.schedule.training
        ((session, kept),) = read_answers(plan.folder, plan)
        assert session.finished is not None
        assert [done.trial.id for done in kept] == [one["id"] for one in asked]
        assert {done.answer.response for done in kept if done.answer is not None} == {1}
        assert session.display is not None
        assert session.display["ppd"] == 37.6
        assert kept[0].answer is not None
        assert (kept[0].answer.frames.count, kept[0].answer.seconds) == (90, 1.5)


def test_nobody_takes_part_without_consent(served: Served) -> None:
    with served() as (client, plan):
        for body in ({}, {"consent": False}, {"consent": "yes"}):
            refused = client.post("/v1/sittings", json=body)
            assert (refused.status_code, refused.json()["title"]) == (400, "UsageError")
        assert read_answers(plan.folder, plan) == []


def test_no_trial_is_told_before_the_display_was_checked(served: Served) -> None:
    with served() as (client, plan):
        code = client.post("/v1/sittings", json={"consent": True}).json()["code"]
        state = client.get(f"/v1/sittings/{code}").json()
        assert (state["checked"], state["trial"]) == (False, None)
        assert answer(client, code, {"id": 0}, 0).status_code == 400
        refused = client.put(
            f"/v1/sittings/{code}/display", json=fine(gamma=1.0, plates=[plate.digit for plate in plates(plan.seed)])
        ).json()
        assert len(refused["refused"]) > 0
        assert not refused["sitting"]["checked"]


def test_the_next_trial_is_the_same_until_it_is_answered(served: Served) -> None:
    with served() as (client, plan):
        state = sat(client, plan)
        for _ in range(2):
            assert client.get(f"/v1/sittings/{state['code']}").json()["trial"] == state["trial"]


def test_an_answer_that_is_sent_twice_is_kept_once_and_the_first_stands(served: Served) -> None:
    with served() as (client, plan):
        state = sat(client, plan)
        first = answer(client, state["code"], state["trial"], 0).json()
        again = answer(client, state["code"], state["trial"], 1).json()
        assert again["trial"] == first["trial"]
        ((_, kept),) = read_answers(plan.folder, plan)
        assert [done.answer.response for done in kept if done.answer is not None] == [0]


def test_a_last_answer_that_is_sent_twice_ends_the_sitting_once(served: Served) -> None:
    with served(pictures=1, trials=1, training=0) as (client, plan):
        state = sat(client, plan)
        for _ in range(2):
            told = answer(client, state["code"], state["trial"], 0)
            assert (told.status_code, told.json()["trial"]) == (200, None)


@pytest.mark.parametrize(
    "wrong",
    [
        {"trial": 7},
        {"trial": -1},
        {"trial": "0"},
        {"response": 2},
        {"response": None},
        {"response": 0.5},
        {"response": True},
        {"seconds": -1},
        {"seconds": "soon"},
        {"seconds": 1e9},
        {"revisions": 0.5},
        {"frames": [1]},
        {"frames": {"count": "many"}},
    ],
)
def test_what_is_no_answer_is_refused_and_not_kept(served: Served, wrong: dict[str, Any]) -> None:
    with served() as (client, plan):
        state = sat(client, plan)
        refused = answer(client, state["code"], state["trial"], 0, wrong)
        assert (refused.status_code, refused.json()["title"]) == (400, "UsageError")
        assert client.get(f"/v1/sittings/{state['code']}").json()["trial"] == state["trial"]


def test_the_page_is_not_told_which_picture_is_which(served: Served) -> None:
    with served("triplet") as (client, plan):
        state = sat(client, plan)
        study = client.get("/v1/study").json()
        told = json.dumps([study, state])
        for stimulus in plan.stimuli:
            for word in (stimulus.name, stimulus.picture, stimulus.codec):
                assert word not in told
        assert "right" not in state["trial"]
        assert "attention" not in told
        assert "digit" not in told


def test_pictures_are_found_under_their_hash_and_kept_for_good(served: Served) -> None:
    with served("triplet") as (client, plan):
        state = sat(client, plan)
        for place in (state["trial"]["original"], *state["trial"]["places"]):
            got = client.get(f"/{place}")
            assert got.headers["content-type"] == "image/png"
            assert "immutable" in got.headers["cache-control"]
            assert hashlib.sha256(got.content).hexdigest() in place
        coded = plan.stimuli[0].levels[0].sha256
        for name in (coded, "0" * 64, "..%2f..%2fplan", "original"):
            assert client.get(f"/v1/pictures/{name}.png").status_code == 404
        for number in range(len(KINDS)):
            assert client.get(f"/v1/plates/{number}.png").headers["content-type"] == "image/png"
        for name in ("-1", str(len(KINDS)), "x"):
            assert client.get(f"/v1/plates/{name}.png").status_code in (400, 404)


@pytest.mark.parametrize("code", ["nobody", "withdrawn-0", "a" * 16, "%27%20OR%201", "..%2f.."])
def test_a_code_that_nobody_was_given_finds_nothing(served: Served, code: str) -> None:
    with served() as (client, plan):
        state = sat(client, plan)
        client.delete(f"/v1/sittings/{state['code']}")
        for ask in (client.get, client.delete):
            assert ask(f"/v1/sittings/{code}").status_code == 404
        assert answer(client, code, {"id": 0}, 0).status_code == 404


def test_who_withdraws_leaves_nothing(served: Served) -> None:
    with served() as (client, plan):
        stays, goes = sat(client, plan), sat(client, plan)
        for state in (stays, goes):
            answer(client, state["code"], state["trial"], 0)
        assert client.delete(f"/v1/sittings/{goes['code']}").status_code == 204
        assert client.get(f"/v1/sittings/{goes['code']}").status_code == 404
        kept = read_answers(plan.folder, plan)
        assert [(session.code, len(answers)) for session, answers in kept] == [(stays["code"], 1)]
        assert client.get("/v1/health").json()["sittings"] == 1


def test_a_study_elsewhere_asks_for_its_token(served: Served) -> None:
    with served(token=TOKEN) as (client, plan):
        for path in ("/v1/study", "/v1/sittings/x", f"/v1/pictures/{plan.stimuli[0].original.sha256}.png"):
            assert client.get(path).status_code == 401
        assert client.post("/v1/sittings", json={"consent": True}).status_code == 401
        assert client.get("/").status_code == client.get("/page/sitting.js").status_code == 200
        assert client.post("/v1/session", json={"token": "wrong"}).status_code == 401
        assert client.post("/v1/session", json={"token": TOKEN}).status_code == 204
        assert client.get("/v1/study").status_code == 200  # by the cookie


def test_no_other_page_and_no_other_name_is_answered(served: Served) -> None:
    with served() as (client, _):
        assert client.get("/", headers={"host": "evil.example"}).status_code == 403
        asked = client.post("/v1/sittings", json={"consent": True}, headers={"origin": "https://evil.example"})
        assert asked.status_code == 403


def test_nothing_inline_may_run(served: Served) -> None:
    with served() as (client, _):
        page = client.get("/")
        assert "script-src 'self'" in page.headers["content-security-policy"]
        assert "unsafe" not in page.headers["content-security-policy"]
        assert "<script>" not in page.text
        assert "style=" not in page.text
        for asset in ("sitting.js", "display.js", "controls.js", "sitting.css", "icon.svg"):
            assert client.get(f"/page/{asset}").status_code == 200
        assert client.get("/page/main.js").status_code == 404  # of the other server


def test_a_long_body_is_refused(served: Served) -> None:
    with served() as (client, _):
        assert client.post("/v1/sittings", content=b"x" * 2_000_000).status_code == 413
        assert client.post("/v1/sittings", content=b"[" * 9000).status_code == 400


def test_the_counts_follow(served: Served) -> None:
    with served(pictures=1, trials=2, training=1) as (client, plan):
        state = sat(client, plan)
        trial = state["trial"]
        while trial is not None:
            trial = answer(client, state["code"], trial, 0).json()["trial"]
        assert client.get("/v1/health").json()["sittings"] == 1
