"""The satisfied-user ratio as counted, and tables of answers."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
from hypothesis import given, strategies as st

from jndkit.datasets.ratings import find, read_columns, read_points, read_rows, sur
from jndkit.errors import InputError, UsageError

points = st.lists(st.integers(1, 100).map(float), min_size=1, max_size=40)


def test_a_subject_notices_at_its_own_point() -> None:
    answers = (20.0, 30.0, 30.0, 40.0)
    assert [sur(answers, value) for value in (20, 20.5, 30, 31, 40, 41)] == [0.0, 0.25, 0.25, 0.75, 0.75, 1.0]
    levels = [sur(answers, value, higher_is_better=False) for value in (19, 20, 29, 30, 39, 40)]
    assert levels == [1.0, 0.75, 0.75, 0.25, 0.25, 0.0]


def test_missing_answers_are_left_out() -> None:
    assert sur((20.0, None, 40.0, None), 30.0) == 0.5


@given(points, st.integers(1, 100))
def test_a_better_setting_satisfies_no_fewer(answers: list[float], value: int) -> None:
    assert sur(answers, value) <= sur(answers, value + 1)
    assert sur(answers, value, higher_is_better=False) >= sur(answers, value + 1, higher_is_better=False)


@given(points, st.integers(1, 100))
def test_levels_are_qualities_turned_round(answers: list[float], value: int) -> None:
    levels = [101 - answer for answer in answers]
    assert sur(answers, value) == sur(levels, 101 - value, higher_is_better=False)


@pytest.mark.parametrize(("answers", "value"), [((), 5), ((None,), 5), ((math.nan,), 5), ((4.0,), math.inf)])
def test_a_ratio_of_nothing_is_refused(answers: tuple[float | None, ...], value: float) -> None:
    with pytest.raises(UsageError):
        sur(answers, value)


def test_find(tmp_path: Path) -> None:
    assert find(tmp_path, "a.csv") is None
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "a.csv").touch()
    assert find(tmp_path, "a.csv") == tmp_path / "sub" / "a.csv"
    (tmp_path / "a.csv").touch()
    with pytest.raises(InputError, match="more than once"):
        find(tmp_path, "a.csv")
    with pytest.raises(InputError, match="no such folder"):
        find(tmp_path / "none", "a.csv")


def test_tables(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(b'\xef\xbb\xbfx, y\r\n1,"[2, 3]"\r\n\r\n')
    assert read_columns(path, ["y"]) == [(2, {"x": "1", "y": "[2, 3]"})]
    with pytest.raises(InputError, match="no column 'z'"):
        read_columns(path, ["z"])
    for content, said in ((b"", "is empty"), (b"\xff\xfe\x00", "cannot be read"), (b"x,y\n1\n", "row 2 has 1 cells")):
        path.write_bytes(content)
        with pytest.raises(InputError, match=said):
            read_columns(path, ["x"])
    with pytest.raises(InputError, match="cannot be read"):
        read_rows(tmp_path / "none.csv")


@pytest.mark.parametrize(
    "text", ["", "[]", "[1, 2", "7", '{"a": 1}', "[0]", "[101]", "[2.5]", '["x"]', "[NaN]", "[[1]]"]
)
def test_answers_that_are_none(text: str) -> None:
    with pytest.raises(InputError, match=r"a\.csv: row 7 has"):
        read_points(Path("a.csv"), 7, text, 1, 100)


def test_answers() -> None:
    assert read_points(Path("a.csv"), 2, "[1, 37.0, 100]", 1, 100) == (1.0, 37.0, 100.0)
