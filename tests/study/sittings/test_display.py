from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from jndkit.errors import UsageError
from jndkit.study.sittings.display import found_in, refused
from jndkit.study.sittings.plates import plates
from sitters import fine
from tests.study.made_plan import plan

PLAN = plan("flicker")
PLATES = plates(PLAN.seed)


def told(**other: Any) -> dict[str, Any]:
    return fine(**{"plates": [plate.digit for plate in PLATES], **other})


def test_a_display_that_is_in_order_is_taken() -> None:
    found = found_in(told(), PLATES)
    assert refused(found, PLAN, PLATES) == []
    assert found.window == (1920, 1000)
    assert isinstance(found.ratio, float)


def missed(*places: int) -> list[str]:
    return ["" if place in places else plate.digit for place, plate in enumerate(PLATES)]


@pytest.mark.parametrize(
    ("wrong", "word"),
    [
        ({"ratio": 1.25}, "zoomed"),
        ({"ppd": 29.0}, "sit further away"),
        ({"ppd": 50.0}, "sit nearer"),
        ({"dark": 2}, "Squares on black"),
        ({"light": 0}, "Squares on white"),
        ({"gamma": 1.0}, "equally light"),
        ({"gamma": 4.5}, "equally light"),
        ({"plates": missed(0)}, "of light and dark dots"),
        ({"plates": missed(1, 3)}, "Colours"),
        ({"plates": missed(2, 4, 5)}, "one man in twelve"),
    ],
)
def test_what_will_not_do_is_told_in_a_sentence(wrong: dict[str, Any], word: str) -> None:
    (why,) = refused(found_in(told(**wrong), PLATES), PLAN, PLATES)
    assert word in why
    assert why.endswith(".")


def test_a_plate_that_is_missed_in_a_hurry_is_forgiven() -> None:
    assert refused(found_in(told(plates=missed(3)), PLATES), PLAN, PLATES) == []


def test_a_slow_display_is_refused_where_pictures_flicker() -> None:
    fast = replace(PLAN, display=replace(PLAN.display, refresh=50.0))
    assert "and 50 are needed" in refused(found_in(told(refresh=30.0), PLATES), fast, PLATES)[0]
    assert refused(found_in(told(refresh=30.0), PLATES), PLAN, PLATES) == []


@pytest.mark.parametrize(
    ("wrong", "word"),
    [
        ({"ratio": "1"}, "ratio"),
        ({"ratio": float("nan")}, "ratio"),
        ({"dark": True}, "dark"),
        ({"distance": 1e9}, "distance"),
        ({"gamma": None}, "gamma"),
        ({"window": [1, 2, 3]}, "window"),
        ({"window": [0, 2]}, "window"),
        ({"window": 5}, "window"),
        ({"plates": ["2"]}, "plates"),
        ({"plates": [["2"]] * 6}, "plates"),
        ({"plates": ["<b>"] * 6}, "plates"),
        ({"touch": 0}, "touch"),
    ],
)
def test_nothing_else_is_kept(wrong: dict[str, Any], word: str) -> None:
    with pytest.raises(UsageError, match=word):
        found_in(told(**wrong), PLATES)
