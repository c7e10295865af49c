"""Intervals from draws: what a normal distribution's are known to be, where it is shifted, and where it is bent."""

from __future__ import annotations

from statistics import NormalDist

import numpy as np
import pytest
from hypothesis import given, strategies as st

from jndkit.study.intervals import accelerated, percentiles

COUNT = 20_001
DRAWS = np.array([NormalDist().inv_cdf((place + 0.5) / COUNT) for place in range(COUNT)])
EVEN = np.array([1.0, -1.0] * 12)  # of 24 viewers, none pulls more than the others


def test_draws_around_what_was_found_have_the_interval_of_percentiles() -> None:
    low, high = accelerated(DRAWS, 0.0, EVEN)
    assert (low, high) == pytest.approx([float(end) for end in percentiles(DRAWS, len(EVEN))], abs=1e-3)
    assert high == pytest.approx(1.714 * (24 / 23) ** 0.5, abs=0.001)  # Student's at 23 degrees of freedom


@pytest.mark.parametrize("bias", [-0.4, 0.25])
def test_draws_that_lie_to_one_side_move_the_interval_to_the_other(bias: float) -> None:
    _, end = accelerated(DRAWS, 0.0, EVEN)
    low, high = accelerated(DRAWS + bias, 0.0, EVEN)
    assert (low, high) == pytest.approx((-bias - end, -bias + end), abs=2e-3)


def test_a_viewer_who_pulls_bends_the_interval() -> None:
    without = np.array([0.0] + [12.0] * 11)  # pulls of 11 and -1: their cubes over six times their squares^1.5
    acceleration = 1320.0 / (6.0 * 132.0**1.5)
    end = float(percentiles(DRAWS, 12)[1])
    low, high = accelerated(DRAWS, 0.0, without)
    expected = (-end / (1.0 + acceleration * end), end / (1.0 - acceleration * end))
    assert (low, high) == pytest.approx(expected, abs=0.02)
    assert high > -low


@given(
    draws=st.lists(st.floats(0.01, 2.0), min_size=1, max_size=40),
    without=st.lists(st.floats(0.01, 2.0), min_size=2, max_size=12),
    found=st.floats(0.01, 2.0),
)
def test_every_interval_lies_in_the_draws(draws: list[float], without: list[float], found: float) -> None:
    low, high = accelerated(np.array(draws), found, np.array(without))
    assert min(draws) <= low <= high <= max(draws)
