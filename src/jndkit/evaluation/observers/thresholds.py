"""Thresholds of viewers of a study, predicted for a picture that took no part: two alternatives, or a slider.

A measure's constants are where half of the viewers notice, on its own scale and the same for all pictures, and how far
thresholds lie about that. Both are by marginal likelihood over the other pictures. What it errs by is told on the
ladder of versions that were shown, in JND as the plan's observer read them, so that all measures err in one unit.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from jndkit.evaluation.observers.asked import Asked, guesses
from jndkit.evaluation.observers.readings import Readings
from jndkit.evaluation.observers.rows import ScoreRow
from jndkit.study.likelihood import Counted, counted, fitted
from jndkit.study.population import GRID, SPREADS
from jndkit.study.psychometric import Floats, linear_correlation, rank_correlation

TABLE = "study"
CONSTANT = "one share for all"
_Z90 = 1.6449  # 95th percentile of the normal distribution
_STEP = float(GRID[1] - GRID[0])


class Own(NamedTuple):
    """Each stimulus's own threshold, by its own answers: ln(JND) of the plan's observer, and its standard error."""

    middle: Floats
    error: Floats


def scores(study: Asked, readings: Readings) -> Iterator[ScoreRow]:
    """Every measure, then the setting and the bytes alone, then one share for all."""
    answers = counted(study.stimuli, study.sittings, slider=study.plan.method == "flicker")
    own = _own(answers)
    for measure, values in readings.ln(*study.keys()):
        stated = readings.stated(measure, *study.keys())
        row = score(measure.name, study.rows(values), answers, own, study, stated)
        row.source, row.viewing = readings.source[measure.reading], readings.viewing
        yield row
    for name, told in guesses(study):
        yield score(name, told, answers, own, study)
    yield ScoreRow(
        TABLE,
        CONSTANT,
        {"log_likelihood": _by_chance(answers, study)},
        pictures=len(set(study.pictures)),
        stimuli=len(study.stimuli),
    )


def score(
    name: str, x: list[Floats], answers: Counted, own: Own, study: Asked, stated: Floats | None = None
) -> ScoreRow:
    """A measure. x: ln(difference) of each stimulus's levels.  stated: the error of it that an observer states."""
    ladder, rising = study.ladder(), [np.maximum.accumulate(row + 1e-9 * np.arange(len(row))) for row in x]
    scale, offset = _alignment(rising, ladder)
    aligned = [scale * row + offset for row in rising]
    told = replace(answers, x=_padded(aligned, answers.x.shape[1]))
    likelihood, middle = _left_out(told, study.pictures)
    # The threshold on the ladder where the measure says that half notice; and the measure where half do notice.
    reached = np.array([_at(middle[i], aligned[i], ladder[i]) for i in range(len(ladder))])
    error = np.array([_at(own.middle[i], ladder[i], aligned[i]) - middle[i] for i in range(len(ladder))]) / scale
    row = ScoreRow(TABLE, name, {}, pictures=len(set(study.pictures)), stimuli=len(study.stimuli))
    away = np.exp(own.middle) - np.exp(reached)
    row.scores = {"rmse": _rms(away), "factor": _rms(own.middle - reached), "log_likelihood": likelihood}
    for codec in sorted(set(study.codecs)):
        row.scores[f"bias {codec}"] = float(away[np.array(study.codecs) == codec].mean())
    row.scores |= _correlations(reached, own, study)
    if stated is not None:
        errors = np.array([float(part.mean()) for part in study.rows(stated)])
        wide = _Z90 * np.hypot(errors, own.error / scale)
        row.scores["stated"] = float((np.abs(error) < wide).mean())
    between = [_rms(error[_others(study.pictures, picture)]) for picture in study.pictures]
    row.scores["coverage"] = float((np.abs(error) < _Z90 * np.array(between)).mean())
    row.constants = {"d50": math.exp((float(np.mean(middle)) - offset) / scale)}
    return row


def _own(answers: Counted) -> Own:
    _, likelihood = fitted(answers)
    fit = likelihood.likeliest()
    at = int(np.argmin(np.abs(np.log(SPREADS / float(fit.spread)))))
    summed = likelihood.logged[:, at].sum(axis=0)
    place = np.clip(summed.argmax(axis=1), 1, len(GRID) - 2)
    rows = np.arange(len(summed))
    bend = (2.0 * summed[rows, place] - summed[rows, place - 1] - summed[rows, place + 1]) / _STEP**2
    return Own(fit.middle, 1.0 / np.sqrt(np.maximum(bend, 1e-3)))


def _left_out(answers: Counted, pictures: list[str]) -> tuple[float, Floats]:
    """Log-likelihood of all answers, each picture's by middle and spread of the others; and that middle."""
    _, likelihood = fitted(answers)
    summed = likelihood.logged.sum(axis=0)  # (spreads, stimuli, grid)
    total, middle = 0.0, np.empty(len(pictures))
    for picture in dict.fromkeys(pictures):
        others = _others(pictures, picture)
        spread, place = np.unravel_index(int(summed[:, others].sum(axis=1).argmax()), (len(SPREADS), len(GRID)))
        total += float(summed[spread, ~others, place].sum())
        middle[~others] = GRID[place]
    return total, middle


def _by_chance(answers: Counted, study: Asked) -> float:
    """Log-likelihood where each kind of answer is as frequent as with the other pictures, whatever is shown."""
    each = answers.counts.sum(axis=0)  # (stimuli, kinds, levels or positions)
    # Two alternatives: right or wrong, whatever the level.  A slider: the position, whatever the start.
    each = each.sum(axis=1) if answers.slider else each.sum(axis=2)
    total = 0.0
    for picture in dict.fromkeys(study.pictures):
        others = _others(study.pictures, picture)
        known = each[others].sum(axis=0) + 0.5
        total += float((each[~others].sum(axis=0) * np.log(known / known.sum())).sum())
    return total


def _correlations(reached: Floats, own: Own, study: Asked) -> dict[str, float]:
    """Between the settings where a measure says that half notice and those where half do, mean over codecs."""
    ladder = study.ladder()
    knobs = [np.array([level.knob for level in stimulus.levels]) for stimulus in study.stimuli]
    said, true = (np.array([_at(d[i], ladder[i], knobs[i]) for i in range(len(d))]) for d in (reached, own.middle))
    found: dict[str, list[float]] = {"rank": [], "linear": []}
    for codec in set(study.codecs):
        inside = np.array(study.codecs) == codec
        if int(inside.sum()) < 3:
            continue
        for name, correlation in (("rank", rank_correlation), ("linear", linear_correlation)):
            if (value := correlation(said[inside], true[inside])) is not None:
                found[name].append(value)
    return {name: float(np.mean(values)) for name, values in found.items() if values}


def _alignment(x: list[Floats], ladder: list[Floats]) -> tuple[float, float]:
    """Scale and offset that bring a measure onto ln(JND), where the grid of thresholds lies, at no likelihood."""
    every, told = np.concatenate(x), np.concatenate(ladder)
    scale = float(told.std()) / max(float(every.std()), 1e-9)
    return scale, float(told.mean()) - scale * float(every.mean())


def _at(value: float, x: Floats, y: Floats) -> float:
    """y where x, which rises, is the value; beyond its ends along the line through all of it."""
    if x[0] <= value <= x[-1]:
        return float(np.interp(value, x, y))
    end = 0 if value < x[0] else -1
    slope = float(y[-1] - y[0]) / max(float(x[-1] - x[0]), 1e-9)
    return float(y[end]) + slope * (value - float(x[end]))


def _padded(rows: list[Floats], most: int) -> Floats:
    return np.array([np.pad(row, (0, most - len(row)), mode="edge") for row in rows])


def _others(pictures: list[str], picture: str) -> np.ndarray:
    return np.array([name != picture for name in pictures])


def _rms(error: Floats) -> float:
    return math.sqrt(float(np.mean(error**2)))
