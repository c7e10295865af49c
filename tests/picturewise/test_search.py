"""The search finds the boundary of any monotone curve, forgives small errors, never returns what it did not read."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, strategies as st

from jndkit.picturewise.search import NEAR, search

TARGET = 0.472
STEPS = 101
TYPICAL = [math.log(8.0) + step * (math.log(0.05) - math.log(8.0)) / (STEPS - 1) for step in range(STEPS)]


@st.composite
def curves(draw: st.DrawFn) -> list[float]:
    """JND falling with every step, steep and flat by turns, far above or below the typical curve."""
    falls = draw(st.lists(st.floats(0.0005, 0.25), min_size=STEPS, max_size=STEPS))
    start = draw(st.floats(0.05, 60.0))
    return [float(value) for value in start * np.exp(-np.cumsum(falls))]


@given(curve=curves(), budget=st.integers(1, 8), offset=st.floats(-2, 2))
def test_what_is_returned_was_read_and_passes(curve: list[float], budget: int, offset: float) -> None:
    tried: list[int] = []

    def read(step: int) -> float:
        tried.append(step)
        return curve[step]

    end = search(read, [value + offset for value in TYPICAL], TARGET, budget=budget)
    assert len(tried) <= budget
    assert len(set(tried)) == len(tried)
    assert list(end.readings) == tried
    if end.index is not None:
        assert end.index in tried
        assert curve[end.index] <= TARGET
    else:
        assert all(curve[step] > TARGET for step in tried)


@given(curve=curves())
def test_with_encodes_to_spare_it_ends_at_the_boundary(curve: list[float]) -> None:
    end = search(lambda step: curve[step], TYPICAL, TARGET, budget=STEPS)
    passing = [step for step in range(STEPS) if curve[step] <= TARGET]
    if not passing:
        assert end.stop == "unreachable"
        assert end.index is None
        return
    assert end.index is not None
    if end.stop == "window":
        assert NEAR * TARGET <= curve[end.index] <= TARGET
    else:
        assert end.index == passing[0]
        assert end.stop == ("floor" if end.index == 0 else "neighbour")


@given(
    shift=st.floats(-0.9, 0.9),
    slope=st.floats(0.7, 1.4),
    seed=st.integers(0, 10_000),
)
def test_five_encodes_do_for_ordinary_pictures(shift: float, slope: float, seed: int) -> None:
    """Curves as photographs have them: moved, steeper or flatter, and uneven by 2 % from step to step."""
    uneven = np.random.default_rng(seed).normal(0, 0.02, STEPS)
    middle = math.log(TARGET)
    curve = [
        math.exp(middle + slope * (value - middle) + shift + bump) for value, bump in zip(TYPICAL, uneven, strict=True)
    ]
    end = search(lambda step: curve[step], TYPICAL, TARGET, budget=5)
    assert end.index is not None
    assert end.stop in ("window", "neighbour") or curve[end.index] >= 0.8 * TARGET


def test_a_bump_does_not_send_it_astray() -> None:
    curve = [math.exp(value) for value in TYPICAL]
    boundary = next(step for step in range(STEPS) if curve[step] <= TARGET)
    curve[boundary + 3] = TARGET * 1.08
    end = search(lambda step: curve[step], TYPICAL, TARGET, budget=8)
    assert end.index is not None
    assert curve[end.index] <= TARGET


def test_an_unreachable_target_is_told_from_one_not_yet_met() -> None:
    high = search(lambda step: 0.9 - 0.001 * step, TYPICAL, TARGET, budget=5)
    assert high.stop == "unreachable"
    assert STEPS - 1 in high.readings
    short = search(lambda step: 30.0 - 0.2999 * step, TYPICAL, TARGET, budget=1)
    assert (short.index, short.stop) == (None, "unmet")


def test_a_picture_without_detail_takes_the_worst_step() -> None:
    end = search(lambda step: 0.0, TYPICAL, TARGET, budget=5)
    assert (end.index, end.stop) == (0, "floor")


@pytest.mark.parametrize("steps", [1, 2, 3])
def test_short_grids(steps: int) -> None:
    end = search(lambda step: 1.0 if step < steps - 1 else 0.3, TYPICAL[:steps], TARGET, budget=5)
    assert end.index == steps - 1
