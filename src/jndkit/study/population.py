"""From viewers' answers to the thresholds of a population: how likely each answer is by a viewer's threshold, and the
likeliest distribution of thresholds.

A viewer's threshold of a stimulus is the ln(JND) at which half of the differences are truly seen. Over viewers it is
normal around the stimulus's own middle, ln(d50). The viewer's thresholds are integrated out; viewers are taken as
independent within a stimulus, and the intervals draw whole viewers again, so that whoever sees everything, sees it in
every picture of a draw.

Source: marginal maximum likelihood, as for random effects in probit models, Gibbons and Bock, "Trend in correlated
proportions", Psychometrika 52, 1987; resampling of both factors, Owen, "The pigeonhole bootstrap", Annals of Applied
Statistics 1(2), 2007.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from jndkit.study.psychometric import Floats

GRID: Floats = np.linspace(math.log(0.08), math.log(14.0), 104)
"""ln(JND) of thresholds, 0.05 apart."""
SPREADS: Floats = np.geomspace(0.06, 1.2, 14)
"""Standard deviations of ln(threshold) over viewers that are tried; between them a parabola decides."""
_NOTHING = 1e-300


@dataclass(frozen=True)
class Middles:
    """Likeliest middles of each stimulus, ln(JND), float64 (..., stimuli); the spread over viewers, float64 (...)."""

    middle: Floats
    spread: Floats


@dataclass(frozen=True)
class Profile:
    """Log-likelihood of every viewer's answers to a stimulus by the middle and spread of its population.

    logged: float64 (viewers, spreads, stimuli, grid).  answered: bool (viewers, stimuli).
    """

    logged: Floats
    answered: npt.NDArray[np.bool_]

    def likeliest(self, viewers: Floats | None = None, stimuli: Floats | None = None) -> Middles:
        """Middles of all stimuli and one spread.

        viewers, stimuli: how often each counts, float64 (draws, viewers) and (draws, stimuli); all of them once where
        None, and then without the axis of draws.
        """
        count, spreads, shown, grid = self.logged.shape
        once = viewers is None
        weight = np.ones((1, count)) if viewers is None else viewers
        summed = (weight @ self.logged.reshape(count, -1)).reshape(-1, spreads, shown, grid)
        height, place = _peak(summed)
        picked = height if stimuli is None else height * stimuli[:, None, :]
        at, fraction = _parabola(picked.sum(axis=2))
        spread = np.exp(np.interp(at + fraction, np.arange(spreads), np.log(SPREADS)))
        # The middles at the two spreads around the likeliest, mixed.
        draws = np.arange(len(summed))
        other = np.clip(at + np.sign(fraction).astype(int), 0, spreads - 1)
        share = np.abs(fraction)[:, None]
        mixed = place[draws, at] * (1.0 - share) + place[draws, other] * share
        middle = GRID[0] + (GRID[1] - GRID[0]) * mixed
        return Middles(middle[0], spread[0]) if once else Middles(middle, spread)

    def height(self) -> float:
        """Log-likelihood at the likeliest middles and spread."""
        peaks, _ = _peak(self.logged.sum(axis=0)[None])
        likeliest, _ = _peak(peaks.sum(axis=2))
        return float(likeliest[0])

    def of_viewers(self, fit: Middles) -> Floats:
        """Log-likelihood of each viewer's answers by a fit, float64 (viewers,)."""
        at = int(np.argmin(np.abs(np.log(SPREADS / float(fit.spread)))))
        place = np.clip(np.rint((fit.middle - GRID[0]) / (GRID[1] - GRID[0])).astype(int), 0, len(GRID) - 1)
        stimuli = np.arange(self.logged.shape[2])
        summed: Floats = self.logged[:, at, stimuli, place].sum(axis=1)
        return summed


def profile(logged: Floats, spreads: Floats = SPREADS) -> Profile:
    """logged: float64 (viewers, stimuli, grid), log-likelihood of a viewer's answers to a stimulus by the threshold.

    spreads: all but `height` needs SPREADS.
    """
    top = logged.max(axis=2, keepdims=True)
    likelihood = np.exp(logged - top)
    made = np.empty((len(logged), len(spreads), *logged.shape[1:]))
    for index, spread in enumerate(spreads):
        made[:, index] = np.log(np.maximum(likelihood @ _kernel(float(spread)), _NOTHING)) + top
    return Profile(made, np.any(logged != 0.0, axis=2))


def _kernel(spread: float) -> Floats:
    """Density of thresholds (rows) around middles (columns); each middle's sums to 1 over all, also beyond the grid."""
    step = GRID[1] - GRID[0]
    density: Floats = np.exp(-0.5 * ((GRID[:, None] - GRID[None, :]) / spread) ** 2)
    # What lies beyond the grid's ends is as good as at them.
    scale = max(spread * math.sqrt(2.0 * math.pi) / step, 1.0)
    kernel: Floats = density / scale
    kernel[0] += np.maximum(0.0, 1.0 - kernel.sum(axis=0)) * (np.arange(len(GRID)) < len(GRID) // 2)
    kernel[-1] += np.maximum(0.0, 1.0 - kernel.sum(axis=0)) * (np.arange(len(GRID)) >= len(GRID) // 2)
    return kernel


def _peak(values: Floats) -> tuple[Floats, Floats]:
    """Height and place of the largest value of the last axis, refined between neighbours by a parabola."""
    at = values.argmax(axis=-1)
    inside = np.clip(at, 1, values.shape[-1] - 2)
    left, centre, right = (np.take_along_axis(values, (inside + i)[..., None], -1)[..., 0] for i in (-1, 0, 1))
    bend = left - 2.0 * centre + right
    moved = np.where(bend < 0.0, 0.5 * (left - right) / np.where(bend < 0.0, bend, -1.0), 0.0)
    moved = np.where(at == inside, np.clip(moved, -0.5, 0.5), at - inside)
    height = np.where(at == inside, centre - 0.25 * (left - right) * moved, values.max(axis=-1))
    return height, inside + moved


def _parabola(values: Floats) -> tuple[npt.NDArray[np.intp], Floats]:
    """As `_peak`, of (draws, N): the index of the largest, and how far from it the refined place lies."""
    at = values.argmax(axis=1)
    _, place = _peak(values)
    return at, place - at
