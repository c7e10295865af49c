"""When a second observer objects: what it insists on, and how often that meets ordinary encodes."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, strategies as st

from jndkit.observers import OBSERVERS, Reading, observer, second_to
from jndkit.observers.contract import Box
from jndkit.observers.objection import factor, insisted, version, witness
from jndkit.observers.ssimulacra2.scale import scale
from jndkit.protocols import AIC, Error
from objection import MOST, VERSION, fitted, of, summary

ROWS = Path(__file__).parents[2] / "benchmarks" / "rows" / "objection.jsonl"
PLACE = Box(0, 0, 8, 8)
ERRORS = {"cvvdp": AIC.error, "ssimulacra2": scale().plain}
JND = st.floats(0.0, 10.0)


def read(jnd: float, error: Error) -> Reading:
    return Reading(jnd, jnd, PLACE, error.around(jnd, 1.645))


def rows() -> list[dict[str, Any]]:
    return [json.loads(line) for line in ROWS.read_text(encoding="utf-8").splitlines()]


@pytest.mark.parametrize("name", ["cvvdp", "ssimulacra2"])
@given(less=JND, more=JND)
def test_whoever_reads_more_insists_on_no_less(name: str, less: float, more: float) -> None:
    """So that a panel falls and rises with its members, and can be searched."""
    less, more = sorted((less, more))
    low, high = (insisted(read(jnd, ERRORS[name]), factor(name)) for jnd in (less, more))
    assert 0.0 <= low <= high <= more


def test_it_insists_on_what_its_error_cannot_explain() -> None:
    reading = Reading(1.0, 1.0, PLACE, (0.4, 1.6))
    assert insisted(reading, 0.0) == 1.0
    assert insisted(reading, 1.0) == pytest.approx(0.4)
    assert insisted(reading, 1.5) == pytest.approx(0.1)
    assert insisted(reading, 3.0) == 0.0
    assert insisted(replace(reading, doubt=0.2), 1.5) == pytest.approx(0.7)


def test_an_observer_that_nobody_fitted_is_taken_at_its_word() -> None:
    chou = observer("chou1995")
    said = witness(chou, Reading(1.0, 1.0, PLACE, (0.4, 1.6)))
    assert (said.observer, said.jnd) == (f"chou1995 {chou.version}", 1.0)
    assert said.least == pytest.approx(0.4)


def test_everyone_has_a_second_witness_that_did_not_teach_it() -> None:
    seconds = {name: second_to(name) for name in OBSERVERS}
    assert seconds.pop("panel") is None
    assert {name: second.name for name, second in seconds.items() if second} == {
        **dict.fromkeys(seconds, "ssimulacra2"),
        "ssimulacra2": "cvvdp",
    }


def test_the_factors_are_those_of_the_rows_and_few_ordinary_encodes_meet_an_objection() -> None:
    (told,) = (row for row in rows() if "fit" in row)
    read_rows = [row for row in rows() if "picture" in row]
    assert summary(read_rows) == told
    assert told["fit"] == "ssimulacra2"
    assert fitted(of(read_rows, "train")) == told["factor"] == factor("ssimulacra2") >= 1.0
    assert told["train_pictures"] >= 90
    # A judge that no file could ever trip would be none.
    assert 0 < told["train_objections"] < MOST * told["train_encodes"]
    assert version() == VERSION
