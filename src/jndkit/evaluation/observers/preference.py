"""Encoders ranked by what people prefer, and what a measure says of them on average over pictures."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from jndkit.evaluation.codecs.bjontegaard import Curve, rate_difference
from jndkit.evaluation.observers.readings import Readings
from jndkit.evaluation.observers.rows import ScoreRow
from jndkit.evaluation.observers.subjective import Ranking
from jndkit.evaluation.psychometric import Floats, rank_correlation

TABLE = "encoders"
BITS = "bits per pixel"
CONSTANT = "one Elo for all"
_SPLITS = 20
_OURS, _THEIRS = "j", "t"  # jpegli against libjpeg


def scores(told: Ranking, readings: Readings) -> Iterator[ScoreRow]:
    """Every measure; then bits alone, and nothing at all."""
    for measure, x in readings.grid(told.method):
        row = judged(measure.name, x, told)
        row.source, row.viewing = readings.source[measure.reading], readings.viewing
        yield row
    yield judged(BITS, -np.log(told.rate)[None, :].repeat(2, axis=0), told)
    yield ScoreRow(TABLE, CONSTANT, {"residual": float(told.elo.std())}, stimuli=len(told.elo))


def judged(name: str, x: Floats, told: Ranking) -> ScoreRow:
    """A measure: a quadratic from its mean over half of the pictures to Elo, judged by its mean over the others.

    x: float64 (pictures, methods), ln(difference).
    Elo predicted less Elo of people: its standard deviation over settings, and its mean over those of each encoder.
    """
    errors = np.array(list(_errors(x, told.elo)))
    error = errors.mean(axis=0)
    row = ScoreRow(TABLE, name, {}, pictures=len(x), stimuli=x.shape[1])
    row.scores = {
        "residual": math.sqrt(float(errors.var(axis=1).mean())),
        "bias libjpeg": float(error[told.encoder == _THEIRS].mean()),
        "bias jpegli": float(error[told.encoder == _OURS].mean()),
    }
    if (rank := rank_correlation(-x.mean(axis=0), told.elo)) is not None:
        row.scores["rank"] = rank
    row.scores["bias"] = row.scores["bias libjpeg"] - row.scores["bias jpegli"]
    for whose, quality in (("measure", -x.mean(axis=0)), ("people", told.elo)):
        if (bits := _bits(quality, told)) is not None:
            row.scores[f"bits {whose}"] = bits
    row.predicted = dict(zip(told.method, (told.elo + error).tolist(), strict=True))
    return row


def _errors(x: Floats, elo: Floats) -> Iterator[Floats]:
    random = np.random.default_rng(0)
    for _ in range(_SPLITS):
        order = random.permutation(len(x))
        halves = order[: len(x) // 2], order[len(x) // 2 :]
        for known, new in (halves, halves[::-1]):
            mean, seen = x[known].mean(axis=0), x[new].mean(axis=0)
            yield np.polyval(np.polyfit(mean, elo, 2), seen) - elo


def _bits(quality: Floats, told: Ranking) -> float | None:
    """Per cent of bits more (or less) that jpegli takes at equal quality."""
    curves = [
        Curve(told.rate[told.encoder == encoder].tolist(), quality[told.encoder == encoder].tolist())
        for encoder in (_OURS, _THEIRS)
    ]
    found = rate_difference(*curves)
    return None if found is None else 100.0 * math.expm1(found)
