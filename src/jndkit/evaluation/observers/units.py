"""Differences in JND units, predicted for a source that took no part in the fit: the AIC-4 sample."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from jndkit.evaluation.observers.rows import ScoreRow
from jndkit.evaluation.observers.subjective import AicSample, Names
from jndkit.evaluation.psychometric import Floats, rank_correlation

TABLE = "aic"
FIXED = "one JND a level and codec"
CONSTANT = "one JND for all"
# As the table numbers them.
CODECS = {"1": "AVIF", "2": "JPEG", "3": "JPEG 2000", "4": "JPEG XL", "5": "VVC", "6": "JPEG AI"}
_Z90 = 1.6449  # 95th percentile of the normal distribution


@dataclass(frozen=True)
class PowerCurve:
    """d = scale max(0, offset - x)^power."""

    scale: float
    offset: float
    power: float

    def __call__(self, x: Floats) -> Floats:
        return np.asarray(self.scale * np.maximum(0.0, self.offset - x) ** self.power, dtype=np.float64)


def power_curve(x: Floats, d: Floats, offsets: Floats, powers: Floats) -> PowerCurve:
    """Least squares over a grid of offsets (one alone stays fixed) and powers, refined three times."""
    best, least = PowerCurve(0.0, 0.0, 1.0), math.inf
    for _ in range(4):
        for offset in offsets:
            term = np.maximum(0.0, offset - x)[None, :] ** powers[:, None]
            # No stimulus lies below some offsets: then the curve is zero, and so must its scale be.
            scale = (term @ d) / np.maximum((term**2).sum(1), 1e-12)
            error = ((d - scale[:, None] * term) ** 2).sum(1)
            i = int(error.argmin())
            if error[i] < least:
                best, least = PowerCurve(float(scale[i]), float(offset), float(powers[i])), float(error[i])
        around = np.linspace(-1.0, 1.0, 9)
        powers = best.power + (powers[1] - powers[0]) * around
        if len(offsets) > 1:
            offsets = best.offset + (offsets[1] - offsets[0]) * around
    return best


def left_out(
    fit: Callable[[Floats, Floats], Callable[[Floats], Floats]], x: Floats, d: Floats, source: Names
) -> Floats:
    """What each stimulus reads when its source takes no part in the fit."""
    reading = np.empty_like(d)
    for name in np.unique(source):
        inside = source == name
        reading[inside] = fit(x[~inside], d[~inside])(x[inside])
    return reading


def scores(answers: AicSample) -> Iterator[ScoreRow]:
    """Every metric of the table by a curve of three constants; CVVDP by the line the scale rests on, too."""
    for name, x in answers.metrics.items():
        yield score(name, left_out(_three, x, answers.jnd, answers.source), answers, x)
    line = left_out(_line, answers.metrics["CVVDP"], answers.jnd, answers.source)
    yield score("CVVDP, k (10 - Q)", line, answers, answers.metrics["CVVDP"])
    yield score(FIXED, _mean_of_others(answers, answers.codec, answers.level), answers)
    yield score(CONSTANT, _mean_of_others(answers), answers)


def score(name: str, reading: Floats, answers: AicSample, x: Floats | None = None) -> ScoreRow:
    """What was predicted, in JND, of every stimulus without its source, against what people said.

    x: the metric, by which stimuli are ranked. Intervals come from the errors on the other sources.
    """
    error = reading - answers.jnd
    row = ScoreRow(TABLE, name, {"rmse": _rms(error)}, pictures=len(set(answers.source)), stimuli=len(error))
    sources = [answers.source == name for name in np.unique(answers.source)]
    spread = np.zeros(len(error))
    for own in sources:
        spread[own] = _rms(error[~own])
    row.scores["coverage"] = float((np.abs(error) < _Z90 * spread).mean())
    density = -0.5 * (error / spread) ** 2 - np.log(spread * math.sqrt(2.0 * math.pi))
    row.scores["log_likelihood"] = float(density.sum())
    if x is not None:
        ranks = [rank_correlation(-x[own], answers.jnd[own]) for own in sources]
        row.scores["rank"] = float(np.mean([rank for rank in ranks if rank is not None]))
    for number, codec in CODECS.items():
        row.scores[f"bias {codec}"] = float(error[answers.codec == number].mean())
    return row


def _line(x: Floats, d: Floats) -> PowerCurve:
    away = 10.0 - x
    return PowerCurve(float(d @ away / (away @ away)), 10.0, 1.0)


def _three(x: Floats, d: Floats) -> PowerCurve:
    best, width = float(x.max()), float(np.ptp(x))
    return power_curve(x, d, best + width * np.linspace(-0.1, 0.5, 31), np.arange(0.3, 3.0, 0.1))


def _mean_of_others(answers: AicSample, *alike: Names) -> Floats:
    means = np.zeros(len(answers.jnd))
    for row in range(len(means)):
        same = answers.source != answers.source[row]
        for names in alike:
            same &= names == names[row]
        means[row] = answers.jnd[same].mean()
    return means


def _rms(error: Floats) -> float:
    return math.sqrt(float(np.mean(error**2)))
