"""Rows are what scripts rely on: their keys, one line each, and no noise in the last digits."""

from __future__ import annotations

import json

import pytest

from jndkit.errors import DamagedError
from jndkit.evidence import Row, failed, worth_writing

PROMISED = {
    *("input", "output", "codec", "knob", "bytes", "input_bytes", "width", "height", "jnd", "viewers", "interval"),
    *("prediction", "sur", "encodes", "seconds", "observer", "protocol", "ppd", "notes", "versions", "error"),
    *("second", "panel"),
}


def test_the_promised_keys_are_there() -> None:
    assert set(json.loads(Row(input="a.png").to_json())) >= PROMISED


def test_a_failure_is_a_row_that_names_error_and_file() -> None:
    row = json.loads(failed("häßlich\n.png", DamagedError("häßlich\n.png", "ends in the middle")).to_json())
    assert row["status"] == "failed"
    assert row["error"] == {"type": "DamagedError", "message": "häßlich\n.png: ends in the middle"}


def test_a_row_is_one_line_with_six_digits() -> None:
    line = Row(input="two\nlines.png", jnd=0.1 + 0.2, interval=[1 / 3, 2 / 3], target={"jnd": 0.47213456789}).to_json()
    assert "\n" not in line
    row = json.loads(line)
    assert (row["jnd"], row["interval"]) == (0.3, [0.333333, 0.666667])
    assert row["target"]["jnd"] == 0.472135


@pytest.mark.parametrize(
    ("size", "min_saving", "worth", "said"),
    [
        (949, 5.0, True, ""),
        (950, 5.0, True, ""),
        (951, 5.0, False, "would save 4.9 %, less than 5 %"),
        (999, 0.0, True, ""),
        (1000, 0.0, False, "the input is already the smallest: 1000 bytes against 1000"),
        (1200, 5.0, False, "the input is already the smallest: 1000 bytes against 1200"),
    ],
)
def test_a_file_takes_the_inputs_place_only_where_it_saves_enough(
    size: int, min_saving: float, worth: bool, said: str
) -> None:
    row = Row(input="a.png", input_bytes=1000, bytes=size)
    assert worth_writing(row, min_saving) is worth
    assert row.notes == ([said] if said else [])


def test_what_comes_from_no_file_has_no_place_to_take() -> None:
    assert worth_writing(Row(input="picture", bytes=10), 5.0)
