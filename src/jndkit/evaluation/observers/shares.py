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
from jndkit.evaluation.psychometric import Floats, fitted, log_likelihood, rank_correlation, scattered

TABLE = "midd"
FIXED = "one share a setting and codec"
CONSTANT = "one share for all"


def scores(told: Shares, readings: Readings) -> Iterator[ScoreRow]:
    """Every measure, then the guesses that know nothing of a picture."""
    for measure, x in readings.ln(told.picture.tolist(), told.file.tolist()):
        row = judged(measure.name, x, told)
        row.texture = readings.texture
        row.source, row.viewing = readings.source[measure.reading], readings.viewing
        yield row
    for name, share in ((FIXED, fixed(told)), (CONSTANT, _mean_of_others(told, [np.ones(len(told.file), bool)]))):
        row = _row(name, share, told)
        row.predicted = {}  # from means of the others, what each picture was told can be worked out
        yield row


def judged(name: str, x: Floats, told: Shares) -> ScoreRow:
    """A measure, both of its constants fitted without the picture it is judged on.

    x: float64 (N,), ln(difference) of every version. An x that no curve fits gives a failed row.
    """
    try:
        share, inside = left_out(x, told)
        curve = fitted(x, told.told)
        whole = scattered(curve, [(x[own], told.told.of(own)) for own in _of_pictures(told)])
    except UsageError as error:
        found = ScoreRow(TABLE, name, {})
        found.error = {"type": type(error).__name__, "message": f"{name}: {error}"}
        return found
    row = _row(name, share, told)
    row.scores["coverage"] = float(inside.mean())
    ranks = [rank_correlation(x[cell], told.told.share[cell]) for cell in told.cells]
    if known := [rank for rank in ranks if rank is not None]:
        row.scores["rank"] = float(np.mean(known))
    row.constants = {"d50": math.exp(curve.middle), "spread": curve.spread, "between": whole.between}
    row.thresholds = {name: math.exp(middle) for name, middle in _middles(x, told)}
    return row


def left_out(x: Floats, told: Shares) -> tuple[Floats, npt.NDArray[np.bool_]]:
    """The share predicted of every version without its picture, and whether its 90 % interval holds the count."""
    share, inside = np.zeros(len(x)), np.zeros(len(x), bool)
    for own in _of_pictures(told):
        curve = fitted(x[~own], told.told.of(~own))
        others = [(x[each], told.told.of(each)) for each in _of_pictures(told) if not (each & own).any()]
        share[own] = curve(x[own])
        inside[own] = scattered(curve, others).holds(x[own], told.told.of(own))
    return share, inside


def fixed(told: Shares) -> Floats:
    """One share for each setting of each codec, whatever the picture: the mean over the others, float64 (N,)."""
    return _mean_of_others(told, told.cells)


def _mean_of_others(told: Shares, groups: list[npt.NDArray[np.bool_]]) -> Floats:
    share = np.zeros(len(told.file))
    for group in groups:
        for own in _of_pictures(told):
            share[group & own] = told.told.share[group & ~own].mean()
    return share


def _row(name: str, share: Floats, told: Shares) -> ScoreRow:
    error = share - told.told.share
    found = {"rmse": _rms(error), "log_likelihood": log_likelihood(share, told.told)}
    for codec in sorted(set(told.codec.tolist())):
        found[f"rmse {codec}"] = _rms(error[told.codec == codec])
        found[f"bias {codec}"] = float(error[told.codec == codec].mean())
    row = ScoreRow(TABLE, name, found, pictures=len(told.pictures), stimuli=len(error))
    row.predicted = {str(file): float(each) for file, each in zip(told.file, share, strict=True)}
    return row


def _of_pictures(told: Shares) -> list[npt.NDArray[np.bool_]]:
    return [told.picture == name for name in told.pictures]


def _middles(x: Floats, told: Shares) -> Iterator[tuple[str, float]]:
    for name, own in zip(told.pictures, _of_pictures(told), strict=True):
        try:
            yield name, fitted(x[own], told.told.of(own)).middle
        except UsageError:
            continue


def _rms(error: Floats) -> float:
    return math.sqrt(float(np.mean(error**2)))
