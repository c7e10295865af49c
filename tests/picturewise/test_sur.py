"""Satisfied-user curves: from a prediction alone, sharpened by readings, never surer than the observer."""

from __future__ import annotations

import itertools
import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, strategies as st

from jndkit.errors import UsageError
from jndkit.observers.intervals import reading_interval
from jndkit.picturewise.prediction import Prediction
from jndkit.picturewise.probing import Probe
from jndkit.picturewise.sur import Point, sur_curve
from jndkit.protocols import protocol
from jndkit.visibility import interval, viewers, viewers_between, viewers_interval

AIC = protocol("aic")[0]
STEPS = 60


def predicted(sigma: float = 0.3) -> Prediction:
    curve = np.linspace(math.log(4.0), math.log(0.1), STEPS)
    return Prediction(tuple(map(float, range(STEPS))), tuple(map(float, curve)), (sigma,) * STEPS, "made")


def read(step: int, jnd: float) -> Probe:
    return Probe("made:444", float(step), 1, jnd, interval(jnd))


def width(point: Point) -> float:
    return point.high - point.low


@pytest.mark.parametrize("name", ["aic", "mcl-jci"])
def test_the_curve_is_the_protocols_along_the_expected_jnd(name: str) -> None:
    fit = protocol(name)[0]
    curve = sur_curve(predicted(), fit)
    assert [point.value for point in curve] == list(range(STEPS))
    for point, ln_jnd in zip(curve, predicted().curve, strict=True):
        assert point.viewers == pytest.approx(viewers(math.exp(ln_jnd), fit))
        assert 0.0 <= point.low <= point.viewers <= point.high <= 100.0
    assert all(one.viewers <= other.viewers for one, other in itertools.pairwise(curve))


def test_a_sure_prediction_leaves_the_observers_error() -> None:
    for point, ln_jnd in zip(sur_curve(predicted(0.0), AIC), predicted().curve, strict=True):
        assert (point.low, point.high) == pytest.approx(viewers_interval(math.exp(ln_jnd), AIC))


def test_half_widths_join_as_squares_in_the_log_domain() -> None:
    step, sigma = 20, 0.4
    jnd = math.exp(predicted().curve[step])
    low, high = interval(jnd)
    above = math.hypot(math.log(high / jnd), 1.6449 * sigma)
    below = math.hypot(math.log(jnd / low), 1.6449 * sigma)
    point = sur_curve(predicted(sigma), AIC)[step]
    assert point.low == pytest.approx(viewers(jnd * math.exp(above), AIC), abs=0.01)
    assert point.high == pytest.approx(viewers(jnd * math.exp(-below), AIC), abs=0.01)


@given(
    steps=st.lists(st.integers(0, STEPS - 1), min_size=1, max_size=6, unique=True),
    shift=st.floats(-1.0, 1.0),
    widen=st.floats(1.0, 3.0),
)
def test_a_reading_is_on_the_curve_with_the_observers_own_interval(
    steps: list[int], shift: float, widen: float
) -> None:
    probes = [read(step, math.exp(predicted().curve[step] + shift)) for step in steps]
    curve = sur_curve(predicted(), AIC, probes, widen=widen)
    for step, probe in zip(steps, probes, strict=True):
        own = viewers_between(probe.interval, probe.jnd, AIC, widen=widen)
        assert curve[step] == pytest.approx((step, viewers(probe.jnd, AIC), *own))


def test_readings_move_the_curve_and_sharpen_it_nearby() -> None:
    before = sur_curve(predicted(), AIC)
    after = sur_curve(predicted(), AIC, [read(30, math.exp(predicted().curve[30] + 0.5))])
    # All of it is moved by what was read, so compare with the curve that expects as much.
    raised = Prediction(predicted().grid, tuple(v + 0.5 for v in predicted().curve), predicted().sigma, "made")
    unread = sur_curve(raised, AIC)
    for step in range(STEPS):
        assert after[step].viewers == pytest.approx(unread[step].viewers)
        assert width(after[step]) <= width(unread[step]) + 1e-9
    assert after[31].viewers < before[31].viewers
    gain = [width(unread[step]) - width(after[step]) for step in (31, 40, 59)]
    assert gain[0] > gain[1] > 0.0
    assert gain[2] >= 0.0


def test_between_two_readings_it_is_surer_than_beside_one() -> None:
    one = [read(20, math.exp(predicted().curve[20]))]
    two = [*one, read(30, math.exp(predicted().curve[30]))]
    single, double = (sur_curve(predicted(), AIC, probes) for probes in (one, two))
    for step in range(21, 30):
        assert single[step].viewers == pytest.approx(double[step].viewers)
        assert width(double[step]) < width(single[step])


def test_on_a_plateau_one_reading_says_all() -> None:
    flat = Prediction((0.0, 1.0, 2.0), (-1.0, -1.0, -1.0), (0.5,) * 3, "made")
    ends = [read(0, 0.4), read(2, 0.4)]
    for probes in (ends, ends[:1]):
        middle = sur_curve(flat, AIC, probes)[1]
        assert (middle.low, middle.high) == pytest.approx(viewers_interval(0.4, AIC))


def test_an_unsure_observer_stays_unsure_between_its_readings() -> None:
    jnd = math.exp(predicted().curve[20])
    unsure = sur_curve(predicted(0.0), AIC, [replace(read(20, jnd), interval=reading_interval(jnd, 0.5))])
    sure = sur_curve(predicted(0.0), AIC, [read(20, jnd)])
    for step in (19, 21, 25):
        assert width(unsure[step]) > width(sure[step]) + 1.0


def test_nothing_seen_at_all_is_no_trouble() -> None:
    curve = sur_curve(predicted(), AIC, [read(59, 0.0)])
    assert curve[59].viewers == 100.0
    assert all(0.0 <= point.low <= point.viewers <= point.high <= 100.0 for point in curve)


def test_a_protocol_that_tells_no_shares_is_refused() -> None:
    with pytest.raises(UsageError, match="50 %"):
        sur_curve(predicted(), protocol("konjnd")[0])
    with pytest.raises(UsageError, match="widen"):
        sur_curve(predicted(), AIC, widen=0.5)


def test_a_reading_off_the_grid_is_passed_over_and_their_order_does_not_matter() -> None:
    probes = [read(20, 0.9), read(26, 0.7), replace(read(23, 0.8), value=23.5)]
    curve = sur_curve(predicted(), AIC, probes)
    assert curve == sur_curve(predicted(), AIC, probes[1::-1])
    assert curve != sur_curve(predicted(), AIC)
