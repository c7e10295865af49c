"""Runs cut off at random: killed drivers, workers and nodes leave the outputs and rows of a run that nobody touched."""

from __future__ import annotations

import json
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

import cut_off

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
needs_ray = pytest.mark.skipif(find_spec("ray") is None, reason="needs jndkit[corpus]")


@pytest.mark.parametrize("engine", ["local", pytest.param("ray", marks=needs_ray)])
@pytest.mark.parametrize(("pictures", "kills", "drivers"), [(8, 1, 1), pytest.param(30, 4, 2, marks=pytest.mark.slow)])
def test_what_is_left_is_what_would_have_been(
    tmp_path: Path, engine: str, pictures: int, kills: int, drivers: int
) -> None:
    row = cut_off.cut_off(tmp_path, engine, pictures, kills, drivers, seed=1)
    assert row["outputs"] == pictures
    assert row["rows"] == pictures + 2
    assert row["outputs_equal"]
    assert row["rows_equal"], row["rows_that_differ"]


def test_the_rows_that_were_measured_say_the_same() -> None:
    path = Path(cut_off.__file__).parent / "rows" / "cut_off.jsonl"
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    assert {row["engine"]: sum(row["killed"].values()) for row in rows} == {"local": 100, "ray": 60}
    assert all(row["outputs_equal"] and row["rows_equal"] and row["rows"] == row["pictures"] for row in rows)
