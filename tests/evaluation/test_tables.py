"""What tables share: which rows may stand together, and how means are written."""

from __future__ import annotations

import math

import pytest

from jndkit.errors import UsageError
from jndkit.evaluation.intervals import Mean
from jndkit.evaluation.tables import check_alike, check_once, head, line, ranged, signed


def test_rows_that_differ_are_named_with_what_they_say() -> None:
    check_alike({"observer": {"cvvdp 1"}, "border": set()})
    with pytest.raises(UsageError, match=r"in one table: they differ in seed: 1; 2$"):
        check_alike({"observer": {"cvvdp 1"}, "seed": {"2", "1"}})


def test_rows_that_are_there_twice_are_counted() -> None:
    check_once([])
    check_once(["a", "b"])
    with pytest.raises(UsageError, match="b is there 3 times"):
        check_once(["a", "b", "b", "a", "b"])


def test_means_are_written_with_their_intervals() -> None:
    assert ranged(Mean(6.0, 2.484, 3)) == "6.00 [3.52, 8.48]"
    assert ranged(Mean(6.0, math.inf, 1)) == "6.00 [-inf, inf]"
    assert signed(Mean(-1.0, 0.5, 3)) == "-1.00 [-1.50, -0.50]"
    assert signed(None) == ""


def test_lines() -> None:
    assert line(("a", "", "b")) == "| a |  | b |"
    assert head(("a", "b")) == ["| a | b |", "|---|---|"]
