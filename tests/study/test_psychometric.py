"""Curves fitted to counts of people: published values, the truth they were made from, and answers no curve fits."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, strategies as st

from jndkit.errors import UsageError
from jndkit.study.psychometric import Counts, Curve, fitted, log_likelihood, phi, rank_correlation, scattered

# Bliss, "The calculation of the dosage-mortality curve", Annals of Applied Biology 22, 1935: log10 of dose, beetles.
DOSE = np.array([1.6907, 1.7242, 1.7552, 1.7842, 1.8113, 1.8369, 1.8610, 1.8839])
BEETLES = Counts(
    np.array([6.0, 13.0, 18.0, 28.0, 52.0, 53.0, 61.0, 60.0]),
    np.array([59.0, 60.0, 62.0, 56.0, 63.0, 59.0, 62.0, 60.0]),
)


def counts(curve: Curve, x: np.ndarray, viewers: float) -> Counts:
    return Counts(curve(x) * viewers, np.full(len(x), viewers))


def test_the_published_probit_fit() -> None:
    curve = fitted(DOSE, BEETLES)
    # Dobson and Barnett, "An Introduction to Generalized Linear Models", 7.3: -34.94 + 19.73 x.
    assert 1.0 / curve.spread == pytest.approx(19.73, abs=0.005)
    assert -curve.middle / curve.spread == pytest.approx(-34.94, abs=0.01)


def test_no_other_curve_is_likelier() -> None:
    best = fitted(DOSE, BEETLES)
    most = log_likelihood(best(DOSE), BEETLES)
    for middle, spread in ((0.002, 0.0), (-0.002, 0.0), (0.0, 0.002), (0.0, -0.002)):
        other = Curve(best.middle + middle, best.spread + spread)
        assert log_likelihood(other(DOSE), BEETLES) < most


@given(st.floats(-3.0, 4.0), st.floats(0.1, 2.0), st.sampled_from([0.0, 0.05]), st.floats(-50.0, 50.0))
def test_the_truth_is_found_wherever_it_lies(middle: float, spread: float, false: float, away: float) -> None:
    truth = Curve(middle + away, spread, false)
    x = truth.middle + spread * np.linspace(-2.0, 2.0, 9)
    curve = fitted(x, counts(truth, x, 30.0), false)
    assert curve.middle == pytest.approx(truth.middle, abs=1e-4)
    assert curve.spread == pytest.approx(truth.spread, rel=1e-3)


@pytest.mark.parametrize(
    "noticed", [[9.0, 6.0, 3.0, 0.0], [0.0, 0.0, 10.0, 10.0], [5.0, 5.0, 5.0, 5.0], [0.0, 0.0, 0.0, 0.0]]
)
def test_answers_that_no_curve_fits(noticed: list[float]) -> None:
    answers = Counts(np.array(noticed), np.full(4, 10.0))
    with pytest.raises(UsageError, match="no curve fits"):
        fitted(np.arange(4.0), answers)


def test_one_difference_for_all_has_no_curve() -> None:
    with pytest.raises(UsageError):
        fitted(np.zeros(4), Counts(np.array([1.0, 5.0, 5.0, 9.0]), np.full(4, 10.0)))


def test_phi() -> None:
    z = np.array([-1.6448536, 0.0, 0.6744898, 12.0])
    assert phi(z) == pytest.approx([0.05, 0.5, 0.75, 1.0], abs=1e-6)


def test_likelihood_of_chance() -> None:
    answers = Counts(np.array([1.0]), np.array([4.0]))
    assert log_likelihood(np.array([0.25]), answers) == pytest.approx(math.log(0.25) + 3.0 * math.log(0.75))
    assert math.isfinite(log_likelihood(np.array([0.0]), answers))


def drawn(between: float, pictures: int, seed: int) -> list[tuple[np.ndarray, Counts]]:
    """Pictures of ten versions and 30 viewers; all together their curve has a middle of 0 and a spread of 0.5."""
    random = np.random.default_rng(seed)
    within = math.sqrt(0.25 - between**2)
    x = np.linspace(-1.2, 1.2, 10)
    answered = []
    for _ in range(pictures):
        share = phi((x - between * random.normal()) / within)
        answered.append((x, Counts(random.binomial(30, share).astype(float), np.full(10, 30.0))))
    return answered


@pytest.mark.parametrize("between", [0.0, 0.15, 0.3])
def test_the_spread_of_pictures_is_told_from_that_of_viewers(between: float) -> None:
    whole = scattered(Curve(0.0, 0.5), drawn(between, 60, 1))
    assert whole.between == pytest.approx(between, abs=0.06)


def test_intervals_hold_what_they_say() -> None:
    known = scattered(Curve(0.0, 0.5), drawn(0.25, 40, 2))
    held = np.mean([known.holds(x, answers).mean() for x, answers in drawn(0.25, 300, 3)])
    assert 0.90 < held < 0.97  # counts are whole, and some are all but certain
    assert np.mean([known.holds(x, answers, 0.5).mean() for x, answers in drawn(0.25, 300, 3)]) < 0.75


def test_ranks() -> None:
    a = np.array([1.0, 2.0, 3.0, 4.0])
    assert rank_correlation(a, a**3) == pytest.approx(1.0)
    assert rank_correlation(a, -a) == pytest.approx(-1.0)
    # Equal values share their rank: 1 - 6 x 0.5 / 60 would be of different ones.
    assert rank_correlation(a, np.array([1.0, 2.0, 2.0, 3.0])) == pytest.approx(0.9486833)
    assert rank_correlation(a, np.ones(4)) is None
