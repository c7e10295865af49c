"""How many notice how much: a curve fitted to counts of people, and how far whole pictures lie from it.

Source: probit analysis, Finney 1947; its likelihood raised by Fisher scoring, McCullagh and Nelder 1989, 2.5.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from jndkit.errors import UsageError

Floats = npt.NDArray[np.float64]

# A table of the normal distribution function: NumPy has none, and math.erfc takes one number at a time.
_Z = np.linspace(-9.0, 9.0, 18001)
_PHI = np.array([0.5 * math.erfc(-z / math.sqrt(2.0)) for z in _Z])
_LEAST = 1e-4  # no share is predicted nearer to none or all
_STEPS = 200
_SINGULAR = 1e10  # condition from which the answers do not decide both constants
_FLAT = 1e-6  # deviates per standard deviation of x
_DEVIATES = np.linspace(-4.0, 4.0, 81)  # of pictures: no coarser than what ten versions of one leave open
_WEIGHTS = np.exp(-0.5 * _DEVIATES**2) / np.exp(-0.5 * _DEVIATES**2).sum()
_BETWEEN = np.linspace(0.0, 0.96, 25)  # shares of the variance


class Counts(NamedTuple):
    """noticed of viewers, float64 (N,) each."""

    noticed: Floats
    viewers: Floats

    @property
    def share(self) -> Floats:
        return self.noticed / self.viewers

    def of(self, rows: npt.NDArray[np.bool_] | npt.NDArray[np.int_]) -> Counts:
        return Counts(self.noticed[rows], self.viewers[rows])


class Curve(NamedTuple):
    """Share who notice: false + (1 - false) Phi((x - middle) / spread), x the logarithm of a difference.

    false: share who say so whatever they are shown.
    """

    middle: float
    spread: float
    false: float = 0.0

    def __call__(self, x: Floats) -> Floats:
        return self.false + (1.0 - self.false) * phi((x - self.middle) / self.spread)


def phi(z: Floats) -> Floats:
    """The normal distribution function, to 1e-7."""
    share: Floats = np.interp(z, _Z, _PHI)
    return share


def log_likelihood(share: Floats, counts: Counts) -> float:
    """Of counts where `share` is predicted, binomial, without the coefficients; shares within 0.0001 of 0 or 1 count as
    these."""
    share = np.clip(share, _LEAST, 1.0 - _LEAST)
    return float((counts.noticed * np.log(share) + (counts.viewers - counts.noticed) * np.log1p(-share)).sum())


def fitted(x: Floats, counts: Counts, false: float = 0.0) -> Curve:
    """The likeliest curve that rises with x.

    x: float64 (N,).  false: kept as it is.
    Raises UsageError where none is likeliest: answers that fall with x, or that one value of x divides into none and
    all.
    """
    centre, scale = float(x.mean()), float(x.std()) or 1.0
    design = np.column_stack([(x - centre) / scale, np.ones_like(x)])
    line = np.array([1.0, 0.0])  # slope and height of the deviate over x
    for _ in range(_STEPS):
        z = design @ line
        share = np.clip(false + (1.0 - false) * phi(z), 1e-9, 1.0 - 1e-9)
        # Far out the density would round to nothing, and with it the weight that leads back.
        slope = (1.0 - false) * np.exp(-0.5 * np.minimum(z**2, 60.0)) / math.sqrt(2.0 * math.pi)
        weight = counts.viewers * slope / (share * (1.0 - share))
        information = design.T @ (design * (weight * slope)[:, None])
        if not np.linalg.cond(information) < _SINGULAR:
            break
        step = np.linalg.solve(information, design.T @ (weight * (counts.share - share)))
        # No step over one deviate: a full one overshoots where nearly none or all noticed.
        line = line + step / max(1.0, float(np.abs(step).max()))
        if float(np.abs(step).max()) < 1e-9 * (1.0 + float(np.abs(line).max())):
            if line[0] < _FLAT:
                break
            return Curve(centre - scale * float(line[1] / line[0]), scale / float(line[0]), false)
    raise UsageError("no curve fits these answers best: they do not rise with the difference, or do so all at once")


class Scattered(NamedTuple):
    """A curve whose spread is in part one of pictures, each moved as a whole.

    curve: of all pictures together.  between: standard deviation over pictures, in ln(difference).
    """

    curve: Curve
    between: float

    def at_deviates(self, x: Floats) -> Floats:
        """Shares where the picture lies at each deviate: float64 (deviates, N)."""
        within = math.sqrt(max(self.curve.spread**2 - self.between**2, 1e-12))
        moved = x[None, :] - self.between * _DEVIATES[:, None]
        return Curve(self.curve.middle, within, self.curve.false)(moved)

    def holds(self, x: Floats, counts: Counts, level: float = 0.9) -> npt.NDArray[np.bool_]:
        """Whether each count lies in its two-sided interval, chance among so many viewers included.

        Counts are whole: the interval holds a share `level` of what may come, or a little more.
        """
        tail = (1.0 - level) / 2.0
        inside = []
        for share, noticed, viewers in zip(self.at_deviates(x).T, counts.noticed, counts.viewers, strict=True):
            chances = _WEIGHTS @ _binomial(share, int(viewers))
            upto = float(chances[: int(noticed) + 1].sum())
            inside.append(upto > tail and upto - float(chances[int(noticed)]) < 1.0 - tail)
        return np.array(inside)


def scattered(curve: Curve, pictures: Sequence[tuple[Floats, Counts]]) -> Scattered:
    """The likeliest part of the curve's spread that is one of pictures. pictures: x and counts of each."""

    def likelihood(trial: Scattered) -> float:
        total = 0.0
        for x, counts in pictures:
            share = np.clip(trial.at_deviates(x), _LEAST, 1.0 - _LEAST)
            logs = np.log(share) @ counts.noticed + np.log1p(-share) @ (counts.viewers - counts.noticed)
            top = float(logs.max())
            total += top + math.log(float(_WEIGHTS @ np.exp(logs - top)))
        return total

    return max((Scattered(curve, curve.spread * math.sqrt(part)) for part in _BETWEEN), key=likelihood)


def _binomial(share: Floats, count: int) -> Floats:
    """Chances of 0 .. count of them, float64 (shares, count + 1)."""
    k = np.arange(count + 1)
    ways = np.array([math.lgamma(count + 1) - math.lgamma(i + 1) - math.lgamma(count - i + 1) for i in k])
    share = np.clip(share, 1e-12, 1.0 - 1e-12)[:, None]
    chances: Floats = np.exp(ways + k * np.log(share) + (count - k) * np.log1p(-share))
    return chances


def rank_correlation(a: Floats, b: Floats) -> float | None:
    """Spearman's, equal values sharing their rank; None where either has one value only."""
    return linear_correlation(_ranks(a), _ranks(b))


def linear_correlation(a: Floats, b: Floats) -> float | None:
    """Pearson's; None where either has one value only."""
    if any(float(values.std()) == 0.0 for values in (a, b)):
        return None
    return float(np.corrcoef(a, b)[0, 1])


def _ranks(values: Floats) -> Floats:
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    ranks: Floats = (np.cumsum(counts) - (counts - 1) / 2.0)[inverse]
    return ranks
