"""Differences in JND units, predicted for a source that took no part in the fit: the AIC-4 sample."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from jndkit.evaluation.observers.rows import ScoreRow
from jndkit.evaluation.observers.subjective import AicSample, Names
from jndkit.evaluation.observers.unseen import Z90, Fit, HeldOut, held_out, left_out
from jndkit.observers.objection import factor
from jndkit.observers.ssimulacra2.scale import Curve, scale
from jndkit.study.psychometric import Floats, linear_correlation, rank_correlation

TABLE = "aic"
FIXED = "one JND a level and codec"
CONSTANT = "one JND for all"
# As the table numbers them.
CODECS = {"1": "AVIF", "2": "JPEG", "3": "JPEG 2000", "4": "JPEG XL", "5": "VVC", "6": "JPEG AI"}
LINE, CURVE = "CVVDP, k (10 - Q)", "SSIMULACRA2, the observer's curve"


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


def score_curve(x: Floats, d: Floats) -> Curve:
    """SSIMULACRA2's scale: least squares over a grid of units, refined; the gain follows from the unit."""
    units, best, least = np.arange(2.0, 80.0, 0.5), Curve(0.0, 1.0), math.inf
    for _ in range(3):
        for unit in units:
            term = Curve(1.0, float(unit))(x)
            gain = float(term @ d / (term @ term))
            error = float(((d - gain * term) ** 2).sum())
            if error < least:
                best, least = Curve(gain, float(unit)), error
        units = best.unit + (units[1] - units[0]) * np.linspace(-1.0, 1.0, 21)
    return best


def line(x: Floats, d: Floats) -> PowerCurve:
    """The scale of `cvvdp`: least squares of d = k (10 - x)."""
    away = 10.0 - x
    return PowerCurve(float(d @ away / (away @ away)), 10.0, 1.0)


def scores(answers: AicSample) -> Iterator[ScoreRow]:
    """The observers by their own scales, every metric of the table by a curve of three constants, and guesses."""
    yield from _observers(answers)
    for name, x in answers.metrics.items():
        yield score(name, left_out(_three, x, answers.jnd, answers.source), answers, x)
    yield score(FIXED, _mean_of_others(answers, answers.codec, answers.level), answers)
    yield score(CONSTANT, _mean_of_others(answers), answers)


def _observers(answers: AicSample) -> Iterator[ScoreRow]:
    """Those whose metric is in the table: each scale fitted without the source, and the interval that is stated beside
    it without the source and without the codec."""
    d, source, codec = answers.jnd, answers.source, answers.codec
    names: dict[str, tuple[Fit, str]] = {LINE: (line, "CVVDP"), CURVE: (score_curve, "SSIMULACRA2")}
    reading, held = dict[str, Floats](), dict[str, HeldOut]()
    for name, (fit, metric) in names.items():
        x = answers.metrics[metric]
        reading[name], held[name] = left_out(fit, x, d, source), held_out(fit, x, d, source, codec)
        row = score(name, reading[name], answers, x)
        row.scores |= _holding(held[name].holds(d), answers)
        yield row
    first, second = reading.values()
    both = np.maximum(first, _insisted(second))
    row = score("panel", both, answers, -both)
    first_held, second_held = held.values()
    low, high = first_held.ends()
    objects = _insisted(second_held.reading) > first_held.reading
    high = np.where(objects, np.maximum(high, second_held.ends()[1]), high)
    row.scores |= _holding(((low < d) & (d < high)).astype(np.float64), answers)
    yield row


def _insisted(reading: Floats) -> Floats:
    """What the panel's second insists on, see `observers.objection`, JND."""
    plain = scale().plain
    return reading - factor("ssimulacra2") * Z90 * np.maximum(plain.floor, plain.share * reading)


def _holding(inside: Floats, answers: AicSample) -> dict[str, float]:
    """The share of stimuli whose stated interval holds what people say, in all and of the worst source and codec."""
    worst = [
        min(float(inside[names == name].mean()) for name in set(names)) for names in (answers.source, answers.codec)
    ]
    return {"stated": float(inside.mean()), "stated worst source": worst[0], "stated worst codec": worst[1]}


def score(
    name: str,
    reading: Floats,
    answers: AicSample,
    x: Floats | None = None,
    codecs: Mapping[str, str] = MappingProxyType(CODECS),
) -> ScoreRow:
    """What was predicted, in JND, of every stimulus without its source, against what people said.

    x: the metric, by which stimuli are ranked, the more the better.  codecs: in the answers -> what scores call them.
    Intervals come from the errors on the other sources.
    """
    error = reading - answers.jnd
    row = ScoreRow(TABLE, name, {"rmse": _rms(error)}, pictures=len(set(answers.source)), stimuli=len(error))
    sources = [answers.source == name for name in np.unique(answers.source)]
    spread = np.zeros(len(error))
    for own in sources:
        spread[own] = _rms(error[~own])
    row.scores["coverage"] = float((np.abs(error) < Z90 * spread).mean())
    density = -0.5 * (error / spread) ** 2 - np.log(spread * math.sqrt(2.0 * math.pi))
    row.scores["log_likelihood"] = float(density.sum())
    if (linear := linear_correlation(reading, answers.jnd)) is not None:
        row.scores["linear"] = linear
    if x is not None:
        ranks = [rank_correlation(-x[own], answers.jnd[own]) for own in sources]
        row.scores["rank"] = float(np.mean([rank for rank in ranks if rank is not None]))
    for number, codec in codecs.items():
        row.scores[f"bias {codec}"] = float(error[answers.codec == number].mean())
    return row


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
