"""Which levels are read, and the boundary that follows."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, strategies as st

from jndkit.errors import UsageError
from jndkit.evaluation.picturewise.ground_truth import first_after, measure, observed_ground_truth
from jndkit.evaluation.picturewise.levels import read_along, spread
from jndkit.evaluation.picturewise.rows import KnobRow
from jndkit.evaluation.picturewise.settings import Settings
from jndkit.protocols import PROTOCOLS

AIC = PROTOCOLS["aic"][0]
TARGETS = [0.47, 1.0, 0.19]


def row(levels: dict[str, list[float]]) -> KnobRow:
    observed = Settings(codecs=("jpeg",), methods=("cvvdp",)).row("a.png", ("jpeg:420", "desktop", "cvvdp"))
    observed.levels = levels
    return observed


@pytest.mark.parametrize("count", [1, 2, 9, 10, 11, 48, 64, 100, 101])
def test_the_spread_leaves_no_wide_gap(count: int) -> None:
    steps = spread(count)
    assert steps[0] == 0
    assert steps[-1] == count - 1
    assert max(np.diff(steps), default=0) <= 9


@given(st.integers(1, 120), st.floats(-1.0, 4.0), st.floats(0.001, 0.3))
def test_the_boundary_of_a_falling_curve_is_exact(count: int, start: float, slope: float) -> None:
    curve = np.exp(start - slope * np.arange(count))
    asked: list[int] = []

    def read(step: int) -> float:
        asked.append(step)
        return float(curve[step])

    readings = read_along(read, count, TARGETS)
    assert len(asked) == len(set(asked))
    assert list(readings) == sorted(readings)
    assert len(readings) <= len(spread(count)) + 4 * len(TARGETS)
    for target in TARGETS:
        boundary = first_after(curve > target)
        assert {boundary - 1, boundary} & set(range(count)) <= set(readings)


def test_the_last_level_that_is_seen_decides() -> None:
    assert first_after(np.array([True, True, False, True, False])) == 4
    assert first_after(np.array([False, False])) == 0
    assert first_after(np.array([True, True])) == 2


def test_between_the_levels_the_logarithm_is_a_straight_line() -> None:
    grid = (1.0, 2.0, 3.0, 4.0, 5.0)
    observed = row(
        {"value": [1.0, 3.0, 5.0], "jnd": [4.0, 1.0, 0.25], "bytes": [100, 400, 1600], "psnr": [30.0, 34.0, 50.0]}
    )
    assert measure(observed, "jnd", grid, logarithmic=True) == pytest.approx([4.0, 2.0, 1.0, 0.5, 0.25])
    assert measure(observed, "psnr", grid) == pytest.approx([30.0, 32.0, 34.0, 42.0, 50.0])
    truth = observed_ground_truth(observed, grid, AIC)
    assert truth.bytes == pytest.approx([100, 200, 400, 800, 1600])
    assert truth.boundary == {"75": 4, "50": 2, "90": 5}
    assert truth.satisfied[2] == pytest.approx(0.5)
    assert [truth.value(step) for step in (0, 4, 5)] == [1.0, 5.0, 6.0]
    assert truth.step(None) == 5
    assert truth.step(3.0) == 2


def test_past_the_best_of_a_knob_that_falls_is_below_it() -> None:
    observed = row({"value": [6.0, 0.3], "jnd": [4.0, 0.5], "bytes": [10, 20]})
    truth = observed_ground_truth(observed, (6.0, 3.0, 0.3), AIC)
    assert truth.value(3) == pytest.approx(-0.7)


@pytest.mark.parametrize(
    "levels",
    [
        {},
        {"value": [1.0, 3.0], "bytes": [1, 2]},
        {"value": [1.0, 3.0], "jnd": [1.0]},
        {"value": [1.0, 2.5], "jnd": [1.0, 0.5]},
    ],
)
def test_rows_without_levels_are_refused(levels: dict[str, list[float]]) -> None:
    with pytest.raises(UsageError, match=r"a\.png"):
        measure(row(levels), "jnd", (1.0, 2.0, 3.0))


def test_nothing_is_not_minus_infinity() -> None:
    observed = row({"value": [1.0, 2.0], "jnd": [1.0, 0.0]})
    assert math.isfinite(float(np.log(measure(observed, "jnd", (1.0, 2.0), logarithmic=True)).sum()))
