"""Means of the published test, the table of them, and which rows and settings are refused."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from jndkit.errors import UsageError
from jndkit.evaluation.hvssd.rows import CHANNELS, HvssdRow
from jndkit.evaluation.hvssd.settings import Settings
from jndkit.evaluation.hvssd.summary import means
from jndkit.evaluation.hvssd.tables import markdown

FAILED = HvssdRow("c", "", 1.0, 0, "code", "reflect", error={"type": "InputError", "message": "c: bad"})


def row(name: str, *decibels: float | None) -> HvssdRow:
    return HvssdRow(name, "", 1.0, 0, "code", "reflect", psnr=dict(zip(CHANNELS, decibels, strict=True)))


def test_means_leave_out_what_says_nothing() -> None:
    rows = [row("a", 30.0, 31.0, None, 32.0), row("b", 34.0, 33.0, None, 30.0), FAILED]
    assert means(rows) == {"red": 32.0, "green": 32.0, "blue": None, "total": 31.0}
    assert markdown(rows).splitlines()[-1] == "| *mean of 2* | 32.00 | 32.00 | no change | 31.00 |"


def test_no_result_no_table() -> None:
    for rows in ([], [FAILED]):
        with pytest.raises(UsageError, match="no row with a result"):
            markdown(rows)


@pytest.mark.parametrize(
    "change",
    [{"strength": 2.0}, {"seed": 1}, {"variant": "paper"}, {"border": "zero"}, {"weights": ["hvssd.other.v1"]}],
)
def test_rows_that_differ_are_not_averaged(change: dict[str, Any]) -> None:
    first = row("a", 30.0, 31.0, 32.0, 31.0)
    with pytest.raises(UsageError, match="cannot stand in one table"):
        markdown([first, replace(first, input="b", **change)])


def test_pictures_that_are_there_twice_are_not_averaged() -> None:
    first = row("a", 30.0, 31.0, 32.0, 31.0)
    with pytest.raises(UsageError, match="a is there 2 times"):
        markdown([first, replace(first, output="elsewhere.png")])


@pytest.mark.parametrize("wrong", [{"strength": float("nan")}, {"strength": 0.0}, {"seed": -1}, {"variant": "book"}])
def test_settings_are_checked(wrong: dict[str, Any]) -> None:
    with pytest.raises(UsageError):
        Settings(**wrong)
