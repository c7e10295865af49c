from __future__ import annotations

import math

import numpy as np
import pytest

from jndkit.study.population import GRID, SPREADS, profile


def known(middles: list[float], spread: float, viewers: int, blur: float, seed: int = 0) -> np.ndarray:
    """Log-likelihoods of viewers whose thresholds were measured with normal errors."""
    chance = np.random.default_rng(seed)
    own = np.array(middles) + spread * chance.standard_normal((viewers, len(middles)))
    told = own + blur * chance.standard_normal(own.shape)
    return -0.5 * ((GRID[None, None, :] - told[:, :, None]) / blur) ** 2


def test_middles_and_spread_of_normal_thresholds_are_their_mean_and_deviation() -> None:
    logged = known([-0.3, 0.2, 0.5], 0.3, 4000, 0.1)
    fit = profile(logged).likeliest()
    np.testing.assert_allclose(fit.middle, [-0.3, 0.2, 0.5], atol=0.02)
    assert float(fit.spread) == pytest.approx(0.3, abs=0.015)


def test_whoever_counts_twice_is_as_two() -> None:
    logged = known([0.0, 0.4], 0.25, 12, 0.15)
    weights = np.ones((1, 12))
    weights[0, 3] = 2.0
    twice = profile(np.concatenate([logged, logged[3:4]])).likeliest()
    drawn = profile(logged).likeliest(weights, np.ones((1, 2)))
    np.testing.assert_allclose(drawn.middle[0], twice.middle, atol=1e-9)
    assert drawn.spread[0] == pytest.approx(float(twice.spread))


def test_a_viewer_without_answers_says_nothing() -> None:
    logged = known([0.1, 0.3], 0.25, 30, 0.15)
    silent = np.concatenate([logged, np.zeros((5, 2, len(GRID)))])
    made = profile(silent)
    np.testing.assert_allclose(made.likeliest().middle, profile(logged).likeliest().middle, atol=0.02)
    assert made.answered.sum() == 60


def test_spreads_reach_as_far_as_people_differ() -> None:
    assert SPREADS[0] < 0.1 < 1.0 < SPREADS[-1]
    assert math.exp(GRID[0]) < 0.1 < 10.0 < math.exp(GRID[-1])
