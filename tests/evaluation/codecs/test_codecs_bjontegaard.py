"""Bytes at equal quality: exact on curves whose answer is known, and as SciPy's monotone cubics integrate."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, strategies as st

from jndkit.evaluation.codecs.bjontegaard import Curve, front, integral, rate_difference, slopes

# scipy.interpolate.PchipInterpolator, SciPy 1.16: points, slopes at them, and the integral from low to high.
REFERENCE = [
    (
        ([30.0, 33.0, 34.0, 38.0, 41.0], [9.0, 9.8, 10.1, 10.9, 12.0]),
        [0.24166667, 0.28514851, 0.25, 0.2625, 0.43809524],
        (31.0, 40.0, 93.41163955681282),
    ),
    (([0.0, 1.0, 3.0, 4.0], [2.0, 1.0, 5.0, 5.0]), [-2.0, 0.0, 0.0, 0.0], (0.5, 3.75, 10.291666666666668)),
    (([0.0, 1.0, 3.0], [0.0, 1.0, -9.0]), [3.0, 0.0, -9.0], (0.0, 3.0, -4.25)),
]

qualities = st.lists(st.floats(0.5, 5.0), min_size=4, max_size=9).map(lambda steps: np.cumsum(steps).tolist())


@pytest.mark.parametrize(("points", "gradient", "area"), REFERENCE)
def test_the_cubics_are_scipys(
    points: tuple[list[float], list[float]], gradient: list[float], area: tuple[float, float, float]
) -> None:
    x, y = (np.array(axis) for axis in points)
    assert slopes(x, y) == pytest.approx(gradient, abs=1e-7)
    assert integral(x, y, *area[:2]) == pytest.approx(area[2], abs=1e-11)


@given(qualities, st.floats(0.2, 5.0))
def test_a_factor_on_the_bytes_is_found(quality: list[float], factor: float) -> None:
    size = [1000.0 * 1.5**step for step in range(len(quality))]
    difference = rate_difference(Curve([factor * count for count in size], quality), Curve(size, quality))
    assert difference == pytest.approx(math.log(factor), abs=1e-9)


@given(qualities, qualities)
def test_either_way_round_it_is_the_same(quality: list[float], other: list[float]) -> None:
    one = Curve([1000.0 * 1.5**step for step in range(len(quality))], quality)
    two = Curve([1300.0 * 1.4**step for step in range(len(other))], other)
    there, back = rate_difference(one, two), rate_difference(two, one)
    if there is None:
        assert back is None
    else:
        assert back is not None
        assert there == pytest.approx(-back, abs=1e-9)


def test_straight_lines_of_other_settings_and_ranges() -> None:
    """ln(bytes) = quality and quality / 2 + 1 differ by quality / 2 - 1; over 2 to 6 that is 1 on average."""
    one = Curve([math.exp(q) for q in (2.0, 3.0, 5.0, 8.0)], (2.0, 3.0, 5.0, 8.0))
    two = Curve([math.exp(q / 2 + 1) for q in (0.0, 1.0, 4.0, 5.5, 6.0)], (0.0, 1.0, 4.0, 5.5, 6.0))
    assert rate_difference(one, two) == pytest.approx(1.0, abs=1e-12)


def test_a_setting_that_costs_more_and_is_no_better_does_not_count() -> None:
    good = Curve((100, 200, 400, 800), (1.0, 2.0, 3.0, 4.0))
    odd = Curve((100, 200, 300, 400, 400, 800), (1.0, 2.0, 1.5, 2.5, 3.0, 4.0))
    assert front(odd)[0].tolist() == [1.0, 2.0, 3.0, 4.0]
    assert rate_difference(odd, good) == pytest.approx(0.0, abs=1e-12)


def test_ranges_that_hardly_meet_say_nothing() -> None:
    size = (100, 200, 400, 800)
    low = Curve(size, (0.0, 1.0, 2.0, 3.0))
    assert rate_difference(low, Curve(size, (2.1, 3.0, 4.0, 5.1))) is None
    assert rate_difference(low, Curve(size, (4.0, 5.0, 6.0, 7.0))) is None
    assert rate_difference(low, Curve(size, (1.9, 3.0, 4.0, 4.9))) is not None
    assert rate_difference(low, Curve((100, 200, 300), (0.0, 3.0, 2.0))) is None
    assert rate_difference(low, Curve((), ())) is None


def test_a_range_of_quality_may_be_asked_for() -> None:
    quality = [20.0, 30.0, 40.0, 50.0, 60.0, 70.0, 80.0, 90.0]
    size = [100.0 * 2.0**step for step in range(8)]
    dear = Curve([190.0, 380.0, 760.0, *size[3:]], quality)  # nearly twice the bytes up to 40, as many from 50 on
    plain = Curve(size, quality)
    assert rate_difference(dear, plain, (60.0, 95.0)) == pytest.approx(0.0, abs=1e-12)
    low = rate_difference(dear, plain, (20.0, 40.0))
    assert low is not None
    assert low > 0.5
    assert rate_difference(dear, plain, (89.0, 99.0)) is None  # a tenth of what was asked
