"""Intervals from draws of a bootstrap."""

from __future__ import annotations

import math
from statistics import NormalDist

import numpy as np

from jndkit.study.psychometric import Floats

LEVEL = 0.9
_NORMAL = NormalDist()
_STEEPEST = 0.1  # of how the deviates are bent; few viewers who differ much would turn them round


def percentiles(draws: Floats, count: int, level: float = LEVEL) -> tuple[Floats, Floats]:
    """Ends of the two-sided interval of each column.

    draws: float64 (draws, ...).  count: of the viewers drawn from, or of the pictures where these are fewer.
    Percentiles lie further out than the level says, by what so few leave out of their own spread.
    Source: expanded percentile interval, Hesterberg, "What teachers should know about the bootstrap", The American
    Statistician 69, 2015; Student's t by Abramowitz and Stegun 1964, 26.7.5.
    """
    tail = _NORMAL.cdf(-_expanded(count, level))
    low, high = np.quantile(draws, [tail, 1.0 - tail], axis=0)
    return low, high


def accelerated(draws: Floats, found: float, without: Floats, level: float = LEVEL) -> tuple[float, float]:
    """Ends of the two-sided interval of a number whose draws lie to one side of it, as standard deviations' do.

    draws: float64 (draws,).  found: of all viewers.  without: of all but one, each in turn, float64 (viewers,).
    Source: bias-corrected and accelerated interval, Efron, "Better bootstrap confidence intervals", Journal of the
    American Statistical Association 82, 1987; acceleration by the jackknife, Efron and Tibshirani, "An Introduction to
    the Bootstrap", 1993, 14.15. Differs: its normal deviates are expanded as those of `percentiles`.
    """
    least = 0.5 / len(draws)
    below = float(np.mean(draws < found) + 0.5 * np.mean(draws == found))
    bias = _NORMAL.inv_cdf(min(max(below, least), 1.0 - least))
    pulls = without.mean() - without
    power = float(np.sum(pulls**2)) ** 1.5
    acceleration = float(np.sum(pulls**3)) / (6.0 * power) if power > 0.0 else 0.0
    end = _expanded(len(without), level)
    moved = [bias + (bias + z) / max(1.0 - acceleration * (bias + z), _STEEPEST) for z in (-end, end)]
    low, high = np.quantile(draws, [_NORMAL.cdf(z) for z in moved])
    return float(low), float(high)


def _expanded(count: int, level: float) -> float:
    """Standard deviations from the middle to an end, of a normal distribution."""
    freedom = max(count, 2) - 1
    z = _NORMAL.inv_cdf(0.5 + level / 2.0)
    t = z + (z**3 + z) / (4 * freedom) + (5 * z**5 + 16 * z**3 + 3 * z) / (96 * freedom**2)
    return t * math.sqrt((freedom + 1) / freedom)


def drawn(count: int, draws: int, chance: np.random.Generator) -> Floats:
    """How often each of `count` is in each draw with replacement: float64 (draws, count)."""
    return chance.multinomial(count, np.full(count, 1.0 / count), size=draws).astype(np.float64)
