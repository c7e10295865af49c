from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, strategies as st

import jndkit
from jndkit.codecs import codec, parse
from jndkit.codecs.jpeg import read
from jndkit.codecs.jpeg.codec import Jpeg
from jndkit.codecs.jpeg.steps import factors_of, move_of, told, word_of
from jndkit.codecs.jpeg.tables import GROUPS, tables
from jndkit.errors import UsageError
from jndkit.picture import Picture, load

LAKE = Path(__file__).parents[3] / "examples" / "lake.png"
UNMOVED = "steps-" + "Z" * len(GROUPS)


def without_mark(data: bytes | None) -> bytes:
    """A file without the comment that says what was asked for."""
    assert data is not None
    head, tables = data.index(b"\xff\xfe") if b"\xff\xfe" in data[:64] else 20, data.index(b"\xff\xdb")
    return data[:head] + data[tables:]


def test_the_ends_and_the_middle_of_a_move_have_their_letters() -> None:
    move = np.zeros(len(GROUPS))
    move[:5] = -1.0, -3.0, 1.0, 0.04, 0.019
    assert word_of(move) == "steps-AAyaZ" + "Z" * (len(GROUPS) - 5)
    np.testing.assert_allclose(told(move)[:5], [-1.0, -1.0, 1.0, 0.04, 0.0])


@given(st.lists(st.floats(-1.0, 1.0), min_size=len(GROUPS), max_size=len(GROUPS)))
def test_a_word_tells_a_move_to_a_fiftieth(moves: list[float]) -> None:
    move = np.array(moves)
    assert np.abs(told(move) - move).max() <= 0.02 + 1e-9
    assert word_of(told(move)) == word_of(move)


def test_a_word_moves_the_steps_of_its_groups_alone() -> None:
    number, inside = GROUPS[1]
    move = np.zeros(len(GROUPS))
    move[1] = 1.0
    factors = factors_of(move_of(word_of(move)))
    np.testing.assert_allclose(factors[number][inside], np.e)
    assert all((factor[~inside] == 1.0).all() for factor in factors)


def test_a_spec_with_steps_codes_with_them() -> None:
    picture = Picture(np.ascontiguousarray(load(LAKE).rgb[:96, :128]))
    word = "steps-" + "y" * len(GROUPS)
    made, value = parse(f"jpeg:tuned,444,{word},q80")
    assert isinstance(made, Jpeg)
    assert (made.spec, made.steps, value) == (f"jpeg:tuned,444,{word}", word, 80.0)
    assert codec(made.spec).spec == made.spec
    own = [part.table for part in read(made.encode(picture, 80)).components]
    for table, expected in zip(own, tables(80, "444", factors_of(move_of(word))), strict=True):
        np.testing.assert_array_equal(table, expected)
    unmoved = codec(f"jpeg:tuned,444,{UNMOVED}")
    assert unmoved.encode(picture, 80) == codec("jpeg:tuned,444").encode(picture, 80)


def test_moved_steps_keep_the_spec_that_the_codec_was_found_by() -> None:
    coder = codec("jpeg:tuned,420")
    assert isinstance(coder, Jpeg)
    assert coder.steps == ""
    moved = coder.with_steps(UNMOVED)
    assert (moved.spec, moved.steps, coder.steps) == ("jpeg:tuned,420", UNMOVED, "")


@pytest.mark.parametrize(
    ("spec", "says"),
    [
        (f"jpeg:{UNMOVED}", "jpeg:plain has no steps to move: write jpeg:tuned,420,steps-Z"),
        (f"jpeg:requantised,{UNMOVED}", "jpeg:requantised has no steps to move"),
        (f"jpeg:tuned,{UNMOVED}Z", "unknown option 'steps-Z"),
        ("jpeg:tuned,steps-", "unknown option 'steps-'"),
        (f"jpeg:tuned,{UNMOVED[:-1]}z", "unknown option 'steps-Z"),
        (f"jpeg:tuned,{UNMOVED},{UNMOVED}", "both set the steps"),
    ],
)
def test_steps_that_no_file_has_are_refused(spec: str, says: str) -> None:
    with pytest.raises(UsageError, match=says):
        codec(spec)


def test_what_a_row_says_makes_the_same_file_again() -> None:
    first = jndkit.encode(LAKE, codec="jpeg", force=True)
    assert first.row.knob is not None
    assert first.row.codec is not None
    steps = first.row.knob["steps"]
    assert steps != UNMOVED  # or this would say nothing
    again = jndkit.encode(LAKE, codec=f"{first.row.codec},{steps}", force=True)
    assert again.row.knob == first.row.knob
    assert again.row.encodes <= first.row.encodes
    made, value = parse(f"{first.row.codec},{steps},q{first.row.knob['value']:g}")
    assert value is not None
    coded = made.encode(load(LAKE), value)
    assert without_mark(coded) == without_mark(first.data) == without_mark(again.data)
