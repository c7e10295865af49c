"""Shares of viewers who notice, predicted for a picture that took no part in the fit: the table of MIDD-GAR."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from jndkit.errors import UsageError
from jndkit.evaluation.observers.readings import Readings
from jndkit.evaluation.observers.rows import ScoreRow
from jndkit.evaluation.observers.subjective import Shares
from jndkit.study.psychometric import (
    Floats,
    Scattered,
    fitted,
    linear_correlation,
    log_likelihood,
    rank_correlation,
    scattered,
)

TABLE = "midd"
FIXED = "one share a setting and codec"
CONSTANT = "one share for all"


def scores(answers: Shares, readings: Readings) -> Iterator[ScoreRow]:
    """Every measure, then the guesses that know nothing of a picture."""
    for measure, x in readings.ln(answers.picture.tolist(), answers.file.tolist()):
        stated = readings.stated(measure, answers.picture.tolist(), answers.file.tolist())
        row = score(measure.name, x, answers, stated)
        row.texture = readings.texture
        row.source, row.viewing = readings.source[measure.reading], readings.viewing
        yield row
    for name, share in (
        (FIXED, fixed(answers)),
        (CONSTANT, _mean_of_others(answers, [np.ones(len(answers.file), bool)])),
    ):
        row = _row(name, share, answers)
        row.predicted = {}  # from means of the others, what was answered of each picture can be worked out
        yield row


def score(name: str, x: Floats, answers: Shares, stated: Floats | None = None) -> ScoreRow:
    """A measure, both of its constants fitted without the picture it is scored on.

    x: float64 (N,), ln(difference) of every version. An x that no curve fits gives a failed row.
    stated: the standard deviation of x that an observer states, float64 (N,).
    """
    try:
        share, inside = left_out(x, answers)
        curve = fitted(x, answers.counts)
        whole = scattered(curve, [(x[own], answers.counts.of(own)) for own in _of_pictures(answers)])
    except UsageError as error:
        return ScoreRow(TABLE, name, {}).fail(error, name)
    row = _row(name, share, answers)
    row.scores["coverage"] = float(inside.mean())
    if stated is not None:
        row.scores["stated"] = float(held(x, stated, answers).mean())
    ranks = [rank_correlation(x[cell], answers.counts.share[cell]) for cell in answers.cells]
    if known := [rank for rank in ranks if rank is not None]:
        row.scores["rank"] = float(np.mean(known))
    row.constants = {"d50": math.exp(curve.middle), "spread": curve.spread, "between": whole.between}
    row.thresholds = {name: math.exp(middle) for name, middle in _middles(x, answers)}
    return row


def left_out(x: Floats, answers: Shares) -> tuple[Floats, npt.NDArray[np.bool_]]:
    """The share predicted of every version without its picture, and whether its 90 % interval holds the count."""
    share, inside = np.zeros(len(x)), np.zeros(len(x), bool)
    for own in _of_pictures(answers):
        curve = fitted(x[~own], answers.counts.of(~own))
        # The spread between pictures, too, is fitted without the picture.
        others = [(x[rows], answers.counts.of(rows)) for rows in _of_pictures(answers) if not (rows & own).any()]
        share[own] = curve(x[own])
        inside[own] = scattered(curve, others).holds(x[own], answers.counts.of(own))
    return share, inside


def held(x: Floats, stated: Floats, answers: Shares) -> npt.NDArray[np.bool_]:
    """Whether the interval that an observer states holds each count, chance among the viewers included.

    stated: standard deviation of x, float64 (N,), as one that all versions of a picture share.  The curve is fitted
    without the picture.
    """
    inside = np.zeros(len(x), bool)
    for own in _of_pictures(answers):
        curve = fitted(x[~own], answers.counts.of(~own))
        for row in np.flatnonzero(own):
            at = np.array([row])
            inside[at] = Scattered(curve, float(stated[row])).holds(x[at], answers.counts.of(at))
    return inside


def fixed(answers: Shares) -> Floats:
    """One share for each setting of each codec, whatever the picture: the mean over the others, float64 (N,)."""
    return _mean_of_others(answers, answers.cells)


def _mean_of_others(answers: Shares, groups: list[npt.NDArray[np.bool_]]) -> Floats:
    share = np.zeros(len(answers.file))
    for group in groups:
        for own in _of_pictures(answers):
            share[group & own] = answers.counts.share[group & ~own].mean()
    return share


def _row(name: str, share: Floats, answers: Shares) -> ScoreRow:
    error = share - answers.counts.share
    scores = {"rmse": _rms(error), "log_likelihood": log_likelihood(share, answers.counts)}
    for codec in sorted(set(answers.codec.tolist())):
        scores[f"rmse {codec}"] = _rms(error[answers.codec == codec])
        scores[f"bias {codec}"] = float(error[answers.codec == codec].mean())
    if (linear := linear_correlation(share, answers.counts.share)) is not None:
        scores["linear"] = linear
    row = ScoreRow(TABLE, name, scores, pictures=len(answers.pictures), stimuli=len(error))
    row.predicted = {str(file): float(predicted) for file, predicted in zip(answers.file, share, strict=True)}
    return row


def _of_pictures(answers: Shares) -> list[npt.NDArray[np.bool_]]:
    return [answers.picture == name for name in answers.pictures]


def _middles(x: Floats, answers: Shares) -> Iterator[tuple[str, float]]:
    for name, own in zip(answers.pictures, _of_pictures(answers), strict=True):
        try:
            yield name, fitted(x[own], answers.counts.of(own)).middle
        except UsageError:
            continue


def _rms(error: Floats) -> float:
    return math.sqrt(float(np.mean(error**2)))
