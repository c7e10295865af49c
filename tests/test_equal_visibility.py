"""Bytes at one reading, interpolated between settings."""

from __future__ import annotations

import math

import pytest

from equal_visibility import best, bytes_at, interval, objection_level, panel_bytes, reading_at

ROW = {"bytes": [1000, 2000, 4000], "cvvdp": [1.2, 0.6, 0.2], "ssimulacra2": [2.0, 1.0, 0.5]}


def test_ln_bytes_is_straight_over_jnd() -> None:
    assert bytes_at(ROW, "cvvdp", 0.6) == pytest.approx(2000)
    assert bytes_at(ROW, "cvvdp", 0.4) == pytest.approx(math.sqrt(2000 * 4000))
    assert reading_at(ROW, "cvvdp", math.sqrt(2000 * 4000)) == pytest.approx(0.4)


def test_what_no_setting_reads_takes_no_number_of_bytes() -> None:
    assert bytes_at(ROW, "cvvdp", 0.1) == math.inf
    assert bytes_at(ROW, "cvvdp", 3.0) == 1000
    assert math.isnan(reading_at(ROW, "cvvdp", 900.0))


def test_a_setting_that_reads_less_for_fewer_bytes_is_taken() -> None:
    bumpy = {"bytes": [1000, 2000, 3000, 4000], "cvvdp": [1.0, 0.3, 0.5, 0.2]}
    assert bytes_at(bumpy, "cvvdp", 0.3) == pytest.approx(2000)


def test_a_panel_asks_for_the_more_of_both() -> None:
    assert panel_bytes(ROW, 0.6, 1.0) == pytest.approx(2000)
    assert panel_bytes(ROW, 0.6, 0.5) == pytest.approx(4000)
    assert panel_bytes(ROW, 0.2, 1.0) == pytest.approx(4000)


def test_the_best_of_some_rows() -> None:
    smaller = {**ROW, "bytes": [500, 1500, 4500]}
    size, row = best([ROW, smaller], lambda row: bytes_at(row, "cvvdp", 0.6))
    assert size == pytest.approx(1500)
    assert row is smaller


def test_an_objection_lies_its_own_error_above_the_target() -> None:
    assert objection_level(0.4721) == pytest.approx(0.4721 + 1.6449 * 0.3603, abs=0.001)


def test_the_interval_of_equal_numbers_is_none() -> None:
    assert interval([2.0, 2.0, 2.0]) == (2.0, 2.0, 2.0)
