"""From triplet comparisons to JND: what each version is from its original, by Thurstone's law, with ties.

What is perceived of a version is normal around its distance d; of two, the larger is named, and "not sure" where they
perceive less than a threshold between them. The unit is that of JPEG AIC-3: at a difference of 1 JND three plain
choices in four name the larger. Boosting stretches d to a d^p, two constants of the whole study, found together with
all distances from plain and boosted answers.

The levels of one picture lie near a power of our observer's readings, ln d = m + b ln r + deviation: each picture has
an m of its own, which answers alone decide; how far slopes and levels deviate is likeliest by the answers of the study.
So a level borrows from its neighbours what its own answers lack, and nothing from what other pictures read.

Source: Thurstone, "A law of comparative judgment", Psychological Review 34, 1927, case V; ties after Glenn and David,
"Ties in paired-comparison experiments using a modified Thurstone-Mosteller model", Biometrics 16, 1960; triplets and
unit, JPEG AIC-3, Testolina et al. 2025; deviations by the marginal likelihood in Laplace's form, MacKay, "Bayesian
interpolation", Neural Computation 4, 1992.
Differs: there "not sure" counts half for each side, boosted scales are brought back to plain ones afterwards, and no
level borrows from others.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations, product

import numpy as np
import numpy.typing as npt
from numpy.random import Generator

from jndkit.study.plan import Stimulus
from jndkit.study.psychometric import Floats, phi
from jndkit.study.trials import UNSURE, Answer, Trial

LAPSE = 0.02
"""Share of answers taken to be given whatever is shown, each of three alike."""
DEVIATIONS = (0.02, 0.05, 0.1, 0.2, 0.4)
"""Standard deviations of ln d that are tried, of levels about their picture's curve."""
SLOPES = (0.02, 0.1, 0.3)
"""The same of a picture's slope."""
_UNIT = 0.6744897501960817  # deviates of 1 JND
_LEAST, _MOST = math.log(0.01), math.log(30.0)  # ln(JND) of a distance
_START = (math.log(2.0), 0.0, math.log(0.3), 1.0)  # ln a, ln p, ln of the threshold of "not sure", b
_SHARED = len(_START)
# Standard deviations of ln p and b around 0 and 1. Boosted answers tell the product of p and b well, and plain ones
# badly which of the two it is: published scales lie near b = 1.
_PRIOR = np.array([0.0, 0.1, 0.0, 0.1])
_EXPECTED = np.array([0.0, 0.0, 0.0, 1.0])
_KNOWN = np.divide(1.0, _PRIOR**2, out=np.zeros(_SHARED), where=_PRIOR > 0.0)
_RIDGE = 1e-4
_STEPS, _FEW = 40, 4
_SLIGHT = 1e-5


@dataclass(frozen=True)
class Compared:
    """Answers, counted. readings: float64 (stimuli, levels), our observer's; NaN where a stimulus has fewer levels.

    counts: float64 (viewers, stimuli, cells, 3): the less visible is further, not sure, the more visible is further.
    """

    readings: Floats
    counts: Floats

    @cached_property
    def cells(self) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.bool_]]:
        """What is compared: the two levels, int (cells, 2), the less visible first, 0 the original; whether boosted."""
        pairs = list(product(combinations(range(self.readings.shape[1] + 1), 2), (False, True)))
        return np.array([pair for pair, _ in pairs], np.intp), np.array([boosted for _, boosted in pairs])

    def of(self, viewers: npt.NDArray[np.intp] | npt.NDArray[np.bool_]) -> Compared:
        """The answers of some viewers."""
        return Compared(self.readings, self.counts[viewers])

    def at_random(self) -> Floats:
        """Log-likelihood of each viewer's answers where these are clicks at random, float64 (viewers,)."""
        summed: Floats = -math.log(3.0) * self.counts.sum(axis=(1, 2, 3))
        return summed


@dataclass(frozen=True)
class Scale:
    """Distances in JND, float64 (..., stimuli, levels), NaN where there is no level; constants, float64 (...).

    factor, power: distances are boosted to factor d^power.  unsure: in JND, plain.  slope: of ln d over ln(reading).
    deviations: standard deviations of levels and of slopes, as they were found.
    """

    distance: Floats
    factor: Floats
    power: Floats
    unsure: Floats
    slope: Floats
    deviations: tuple[float, float]


def compared(stimuli: list[Stimulus], viewers: Iterable[Iterable[tuple[Trial, Answer]]]) -> Compared:
    """Count real answers; a pair shown the other way round is the same pair."""
    sessions = list(viewers)
    rows = {stimulus.name: row for row, stimulus in enumerate(stimuli)}
    most = max(len(stimulus.levels) for stimulus in stimuli)
    readings = np.full((len(stimuli), most), np.nan)
    for row, stimulus in enumerate(stimuli):
        readings[row, : len(stimulus.levels)] = [level.jnd for level in stimulus.levels]
    empty = Compared(readings, np.zeros((len(sessions), len(stimuli), most * (most + 1), 3)))
    pairs, boosted = empty.cells
    places = {
        (int(low), int(high), bool(kind)): cell
        for cell, ((low, high), kind) in enumerate(zip(pairs, boosted, strict=True))
    }
    for viewer, answers in enumerate(sessions):
        for trial, answer in answers:
            row = rows.get(trial.stimulus, -1)
            left, right = trial.levels
            if trial.kind != "real" or row < 0 or left == right:
                continue
            further = 1 if answer.response is UNSURE else 2 * int(trial.levels[answer.response] == max(left, right))
            empty.counts[viewer, row, places[min(left, right), max(left, right), trial.boosted], further] += 1
    return empty


def redrawn(answers: Compared, scale: Scale, weights: Floats, chance: Generator) -> Scale:
    """Scales that other viewers, and other deviations of levels, would have given: what intervals are made of.

    scale: of all viewers.  weights: how often each viewer counts, float64 (draws, viewers).
    Source: deviations drawn and distances made likeliest anew, as in Papandreou and Yuille, "Gaussian sampling by
    local perturbations", NIPS 2010.
    """
    draws, (stimuli, levels) = len(weights), answers.readings.shape
    logged = np.repeat(np.log(np.nan_to_num(scale.distance, nan=1.0))[None], draws, axis=0)
    constants = np.log([float(scale.factor), float(scale.power), float(scale.unsure)])
    shared = np.repeat(np.append(constants, float(scale.slope))[None], draws, axis=0)
    own = scale.deviations[0] * chance.standard_normal((draws, stimuli, levels))
    slopes = (
        scale.deviations[1] * chance.standard_normal((draws, stimuli, 1)) * _precision(answers, scale.deviations)[1]
    )
    drawn = own + slopes, _PRIOR * chance.standard_normal((draws, _SHARED))
    counts = np.tensordot(weights, answers.counts, axes=1)
    return _scale(answers, _solved(answers, counts, (logged, shared), scale.deviations, _FEW, drawn), scale.deviations)


def reconstructed(answers: Compared) -> Scale:
    """The likeliest distances and constants. Source: Fisher scoring, McCullagh and Nelder 1989, 2.5."""
    counts = answers.counts.sum(axis=0)[None]
    first = (np.log(np.where(np.isnan(answers.readings), 1.0, answers.readings))[None], np.array([_START]))
    found: dict[tuple[float, float], tuple[float, tuple[Floats, Floats]]] = {}
    for deviations in product(DEVIATIONS, SLOPES):
        first = _solved(answers, counts, first, deviations, _STEPS)
        found[deviations] = _evidence(answers, counts, first, deviations), first
    likeliest = max(found, key=lambda deviations: found[deviations][0])
    scale = _scale(answers, found[likeliest][1], likeliest)
    return Scale(scale.distance[0], scale.factor[0], scale.power[0], scale.unsure[0], scale.slope[0], scale.deviations)


def of_viewers(answers: Compared, scale: Scale) -> Floats:
    """Log-likelihood of each viewer's answers by a scale, float64 (viewers,)."""
    constants = np.log([float(scale.factor), float(scale.power), float(scale.unsure)])
    shared = np.append(constants, float(scale.slope))[None]
    chances = _chances(answers, np.log(np.nan_to_num(scale.distance, nan=1.0))[None], shared)[0]
    summed: Floats = np.tensordot(answers.counts, np.log(chances[0]), axes=3)
    return summed


def reading_at(readings: Floats, distance: Floats, wanted: float = 1.0) -> float:
    """Our observer's reading of a stimulus where people are `wanted` JND from its original; by straight lines.

    readings, distance: float64 (levels,). Distances that fall from one level to the next are levelled out first.
    Beyond the last level the line from the original goes on.
    """
    there = ~np.isnan(readings)
    x, y = np.append(0.0, readings[there]), np.append(0.0, _rising(distance[there]))
    if wanted >= y[-1]:
        return float(x[-1] * wanted / y[-1])
    return float(np.interp(wanted, y + 1e-9 * np.arange(len(y)), x))


def _rising(values: Floats) -> Floats:
    """The nearest values that do not fall. Source: pool adjacent violators, Ayer et al. 1955."""
    pools: list[tuple[float, int]] = []
    for value in values.tolist():
        pools.append((value, 1))
        while len(pools) > 1 and pools[-2][0] > pools[-1][0]:
            (low, few), (high, many) = pools[-2:]
            pools[-2:] = [((low * few + high * many) / (few + many), few + many)]
    return np.repeat([mean for mean, _ in pools], [count for _, count in pools])


def _scale(answers: Compared, solved: tuple[Floats, Floats], deviations: tuple[float, float]) -> Scale:
    logged, shared = solved
    distance = np.where(np.isnan(answers.readings), np.nan, np.exp(logged))
    factor, power, unsure = np.exp(shared[:, :3]).T
    return Scale(distance, factor, power, unsure, shared[:, 3], deviations)


def _sides(answers: Compared, logged: Floats, shared: Floats) -> tuple[Floats, Floats, Floats]:
    """What is perceived of either side, in deviates (draws, stimuli, cells); the power of a cell (draws, 1, cells)."""
    pairs, boosted = answers.cells
    original = np.full((*logged.shape[:2], 1), -np.inf)
    levels = np.concatenate([original, logged], axis=2)
    power = np.where(boosted, np.exp(shared[:, None, 1:2]), 1.0)
    factor = np.where(boosted, shared[:, None, 0:1], 0.0)
    low, high = (_UNIT * np.exp(factor + power * levels[:, :, pairs[:, side]]) for side in (0, 1))
    return low, high, power


def _chances(answers: Compared, logged: Floats, shared: Floats) -> tuple[Floats, Floats, Floats]:
    """Probabilities (draws, stimuli, cells, 3); their derivatives by the difference of the sides, in deviates; by the
    logarithm of the threshold of doubt."""
    low, high, _ = _sides(answers, logged, shared)
    difference, tau = low - high, _UNIT * np.exp(shared[:, None, 2:3])
    first, last = phi(difference - tau), phi(-difference - tau)
    plain = np.stack([first, np.maximum(1.0 - first - last, 0.0), last], axis=-1)
    one, other = _density(difference - tau), _density(-difference - tau)
    by_difference = np.stack([one, other - one, -other], axis=-1)
    by_tau = np.stack([-one, one + other, -other], axis=-1) * tau[..., None]
    return (1.0 - LAPSE) * plain + LAPSE / 3.0, (1.0 - LAPSE) * by_difference, (1.0 - LAPSE) * by_tau


def _density(z: Floats) -> Floats:
    density: Floats = np.exp(-0.5 * z * z) / math.sqrt(2.0 * math.pi)
    return density


def _precision(answers: Compared, deviations: tuple[float, float]) -> tuple[Floats, Floats]:
    """Of ln d about the curve of its picture, float64 (stimuli, levels, levels); and ln(reading), 0 of no level.

    The height of the curve is free: along it the precision is zero.
    """
    there = ~np.isnan(answers.readings)
    x = np.where(there, np.log(np.where(there, answers.readings, 1.0)), 0.0)
    middle = x.sum(axis=1, keepdims=True) / there.sum(axis=1, keepdims=True)
    centred = np.where(there, x - middle, 0.0)
    eye = np.eye(x.shape[1])
    covariance = deviations[0] ** 2 * eye + deviations[1] ** 2 * centred[:, :, None] * centred[:, None, :]
    inverse = np.linalg.inv(covariance) * (there[:, :, None] & there[:, None, :])
    level = inverse.sum(axis=2)
    free = level[:, :, None] * level[:, None, :] / level.sum(axis=1)[:, None, None]
    return inverse - free, x


def _solved(
    answers: Compared,
    counts: Floats,
    start: tuple[Floats, Floats],
    deviations: tuple[float, float],
    steps: int,
    drawn: tuple[Floats | float, Floats | float] = (0.0, 0.0),
) -> tuple[Floats, Floats]:
    logged, shared = start
    for _ in range(steps):
        blocks, border, corner, slope, own = _information(answers, counts, logged, shared, deviations, drawn)
        # The levels of one picture meet those of another by the shared constants alone.
        by_border = np.linalg.solve(blocks, border)
        by_slope = np.linalg.solve(blocks, slope[..., None])[..., 0]
        complement = corner - np.einsum("bskp,bskq->bpq", border, by_border)
        step = np.linalg.solve(complement, (own - np.einsum("bskp,bsk->bp", border, by_slope))[..., None])[..., 0]
        moved = by_slope - np.einsum("bskp,bp->bsk", by_border, step)
        logged = np.clip(logged + np.clip(moved, -0.5, 0.5), _LEAST, _MOST)
        shared = shared + np.clip(step, -0.5, 0.5)
        shared[:, :3] = np.clip(shared[:, :3], _LEAST, _MOST)
        if max(float(np.abs(moved).max()), float(np.abs(step).max())) < _SLIGHT:
            break
    return logged, shared


def _information(
    answers: Compared,
    counts: Floats,
    logged: Floats,
    shared: Floats,
    deviations: tuple[float, float],
    drawn: tuple[Floats | float, Floats | float] = (0.0, 0.0),
) -> tuple[Floats, Floats, Floats, Floats, Floats]:
    """Expected information in blocks, and the gradient of the logarithm of the posterior density.

    drawn: what is expected of levels about their curve, and of the shared constants, more than usual.
    (draws, stimuli, levels, levels), (draws, stimuli, levels, shared), (draws, shared, shared); gradients (draws,
    stimuli, levels) and (draws, shared).
    """
    (pairs, boosted), levels = answers.cells, answers.readings.shape[1]
    low, high, power = _sides(answers, logged, shared)
    chances, by_difference, by_tau = _chances(answers, logged, shared)
    picks = [np.eye(levels + 1)[pairs[:, side], 1:] for side in (0, 1)]
    jacobian = (power * low)[..., None] * picks[0] - (power * high)[..., None] * picks[1]
    common = np.zeros((*low.shape, _SHARED))
    common[..., 0] = np.where(boosted, low - high, 0.0)
    # d/d ln p of exp(ln a + p ln d) is its value times p ln d, which is its own logarithm less ln a.
    bent = [
        np.where(side > 0.0, side * (np.log(np.maximum(side / _UNIT, 1e-30)) - shared[:, None, 0:1]), 0.0)
        for side in (low, high)
    ]
    common[..., 1] = np.where(boosted, bent[0] - bent[1], 0.0)
    total, residual = counts.sum(axis=-1), counts / chances
    slope = (residual * by_difference).sum(axis=-1)
    weight = total * (by_difference**2 / chances).sum(axis=-1)
    crossed = total * (by_difference * by_tau / chances).sum(axis=-1)
    turned = jacobian.swapaxes(2, 3)
    weighed = weight[..., None] * common
    weighed[..., 2] += crossed
    blocks, border = np.matmul(turned, weight[..., None] * jacobian), np.matmul(turned, weighed)
    corner = np.einsum("bscp,bscq->bpq", common, weighed)
    corner[:, 2, :] = corner[:, :, 2]
    corner[:, 2, 2] = (total * (by_tau**2 / chances).sum(axis=-1)).sum(axis=(1, 2))
    gradient = np.matmul(turned, slope[..., None])[..., 0]
    own = np.einsum("bscp,bsc->bp", common, slope)
    own[:, 2] += (residual * by_tau).sum(axis=(1, 2, 3))
    precision, x = _precision(answers, deviations)
    along = np.einsum("skl,sl->sk", precision, x)
    pulled = np.einsum("skl,bsl->bsk", precision, logged - drawn[0]) - shared[:, None, 3:] * along
    blocks = blocks + precision + _RIDGE * np.eye(levels)
    border[..., 3] -= along
    corner[:, 3, 3] += float((along * x).sum())
    corner += _RIDGE * np.eye(_SHARED)
    own[:, 3] += (pulled * x).sum(axis=(1, 2))
    corner += np.diag(_KNOWN)
    own -= (shared - _EXPECTED - drawn[1]) * _KNOWN
    return blocks, border, corner, gradient - pulled, own


def _evidence(
    answers: Compared, counts: Floats, solved: tuple[Floats, Floats], deviations: tuple[float, float]
) -> float:
    """Logarithm of the marginal likelihood of the deviations, but for what does not depend on them."""
    logged, shared = solved
    blocks, border, corner, _, _ = _information(answers, counts, logged, shared, deviations)
    complement = corner - np.einsum("bskp,bskq->bpq", border, np.linalg.solve(blocks, border))
    determinant = np.linalg.slogdet(blocks)[1].sum() + np.linalg.slogdet(complement)[1].sum()
    precision, x = _precision(answers, deviations)
    away = logged[0] - shared[0, 3] * x
    penalty = float(np.einsum("sk,skl,sl->", away, precision, away)) + float(
        (_KNOWN * (shared[0] - _EXPECTED) ** 2).sum()
    )
    # Of the precision the height is left out, whose eigenvalue is zero.
    values = np.linalg.eigvalsh(precision)
    known = float(np.log(values[values > 1e-6]).sum())
    fit = float((counts * np.log(_chances(answers, logged, shared)[0])).sum())
    return fit - 0.5 * penalty + 0.5 * known - 0.5 * float(determinant)
