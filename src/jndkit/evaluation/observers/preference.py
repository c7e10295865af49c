"""Encoders ranked by what people prefer, and what a measure says of them on average over pictures."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from jndkit.evaluation.codecs.bjontegaard import Curve, rate_difference
from jndkit.evaluation.observers.readings import Readings
from jndkit.evaluation.observers.rows import ScoreRow
from jndkit.evaluation.observers.subjective import Ranking
from jndkit.study.psychometric import Floats, linear_correlation, rank_correlation

TABLE = "encoders"
BITS = "bits per pixel"
CONSTANT = "one Elo for all"
_SPLITS = 20  # random halvings of the pictures
_OURS, _THEIRS = "j", "t"  # jpegli against libjpeg


def scores(answers: Ranking, readings: Readings) -> Iterator[ScoreRow]:
    """Every measure; then bits alone, and nothing at all."""
    for measure, x in readings.grid(answers.method):
        row = score(measure.name, x, answers)
        row.source, row.viewing = readings.source[measure.reading], readings.viewing
        yield row
    yield score(BITS, -np.log(answers.rate)[None, :].repeat(2, axis=0), answers)
    yield ScoreRow(TABLE, CONSTANT, {"residual": float(answers.elo.std())}, stimuli=len(answers.elo))


def score(name: str, x: Floats, answers: Ranking) -> ScoreRow:
    """A measure: a quadratic from its mean over half of the pictures to Elo, scored by its mean over the others.

    x: float64 (pictures, methods), ln(difference).
    Elo predicted less Elo of people: its standard deviation over settings, and its mean over those of each encoder.
    """
    errors = np.array(list(_errors(x, answers.elo)))
    error = errors.mean(axis=0)
    row = ScoreRow(TABLE, name, {}, pictures=len(x), stimuli=x.shape[1])
    row.scores = {
        "residual": math.sqrt(float(errors.var(axis=1).mean())),
        "bias libjpeg": float(error[answers.encoder == _THEIRS].mean()),
        "bias jpegli": float(error[answers.encoder == _OURS].mean()),
    }
    if (rank := rank_correlation(-x.mean(axis=0), answers.elo)) is not None:
        row.scores["rank"] = rank
    if (linear := linear_correlation(answers.elo + error, answers.elo)) is not None:
        row.scores["linear"] = linear
    row.scores["bias"] = row.scores["bias libjpeg"] - row.scores["bias jpegli"]
    for whose, quality in (("measure", -x.mean(axis=0)), ("people", answers.elo)):
        if (bits := _bits(quality, answers)) is not None:
            row.scores[f"bits {whose}"] = bits
    row.predicted = dict(zip(answers.method, (answers.elo + error).tolist(), strict=True))
    return row


def _errors(x: Floats, elo: Floats) -> Iterator[Floats]:
    # The same halves for every measure, so that they differ by the measure alone.
    random = np.random.default_rng(0)
    for _ in range(_SPLITS):
        order = random.permutation(len(x))
        halves = order[: len(x) // 2], order[len(x) // 2 :]
        for known, new in (halves, halves[::-1]):
            mean, seen = x[known].mean(axis=0), x[new].mean(axis=0)
            yield np.polyval(np.polyfit(mean, elo, 2), seen) - elo


def _bits(quality: Floats, answers: Ranking) -> float | None:
    """Per cent of bits more (or less) that jpegli takes at equal quality."""
    ours, theirs = (
        Curve(answers.rate[answers.encoder == encoder].tolist(), quality[answers.encoder == encoder].tolist())
        for encoder in (_OURS, _THEIRS)
    )
    difference = rate_difference(ours, theirs)
    return None if difference is None else 100.0 * math.expm1(difference)
