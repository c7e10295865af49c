"""The quality at which viewers are satisfied, as a distribution over pictures: the table of MCL-JCI.

Its pictures are not there, so that photographs of our own stand in their place: populations are compared, not pictures.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from jndkit.evaluation.observers.readings import Readings
from jndkit.evaluation.observers.rows import ScoreRow
from jndkit.evaluation.observers.subjective import QUALITY
from jndkit.study.psychometric import Floats, phi

TABLE = "mcl-jci"
PEOPLE = "people"
FIXED = "one quality for all"
SHARE = 0.75
_PARTS = np.arange(0.5, 50.0) / 50.0  # of the distributions that are compared


def population(log_d: Floats, d50: float, spread: float) -> Floats:
    """Mean over pictures of the log-normal satisfied-user ratio. log_d: float64 (pictures, qualities), ln(JND)."""
    return np.asarray(phi((math.log(d50) - log_d) / spread).mean(0), dtype=np.float64)


def lognormal(log_d: Floats, target: Floats) -> tuple[float, float]:
    """d50 and spread by damped Gauss-Newton least squares of the population curve."""
    middle = int(np.abs(target - 0.5).argmin())
    p = np.array([float(log_d[:, middle].mean()), math.log(0.4)])

    def error(q: Floats) -> Floats:
        return population(log_d, math.exp(q[0]), math.exp(q[1])) - target

    damping, now = 1e-3, error(p)
    for _ in range(60):
        jacobian = np.stack([(error(p + 1e-3 * e) - error(p - 1e-3 * e)) / 2e-3 for e in np.eye(2)], axis=1)
        normal = jacobian.T @ jacobian
        move = -np.linalg.solve(normal + damping * np.diag(np.diag(normal)), jacobian.T @ now)
        trial = error(p + move)
        # Less damping after a step that helps, more after one that does not, as Marquardt has it.
        if trial @ trial < now @ now:
            p, now, damping = p + move, trial, damping / 3
        else:
            damping *= 4
        if float(np.abs(move).max()) < 1e-6:
            break
    return math.exp(p[0]), math.exp(p[1])


def scores(answers: Floats, readings: Readings, qualities: tuple[int, ...]) -> Iterator[ScoreRow]:
    """People first, then every measure, then one quality for all.

    answers: satisfied-user ratios (sources, QUALITY).  qualities: of the readings.
    """
    people = np.array([_crossing(curve) for curve in answers])
    yield ScoreRow(TABLE, PEOPLE, _spread(people), pictures=len(answers), stimuli=answers.size)
    for measure, x in readings.grid([str(quality) for quality in qualities]):
        row = score(measure.name, x, np.array(qualities, np.float64), answers)
        row.source, row.viewing = readings.source[measure.reading], readings.viewing
        yield row
    mean = np.full_like(people, _crossing(answers.mean(axis=0)))
    yield ScoreRow(TABLE, FIXED, _spread(mean) | _against(mean, people), pictures=len(answers))


def score(name: str, x: Floats, qualities: Floats, answers: Floats) -> ScoreRow:
    """A measure, its two constants fitted to the mean curve of people.

    x: float64 (pictures, qualities), ln(difference).  answers: as of `scores`.
    """
    # A reading that rises with the quality says nothing of viewers, whose satisfaction never falls with it.
    log_d = np.array([np.interp(QUALITY, qualities, curve) for curve in np.minimum.accumulate(x, axis=1)])
    d50, spread = lognormal(log_d, answers.mean(axis=0))
    satisfied = phi((math.log(d50) - log_d) / spread)
    quality = np.array([_crossing(curve) for curve in satisfied])
    gap = np.abs(satisfied.mean(axis=0) - answers.mean(axis=0))
    row = ScoreRow(TABLE, name, _spread(quality), pictures=len(x), stimuli=x.size)
    row.scores |= {"curve": float(gap.mean())} | _against(quality, np.array([_crossing(curve) for curve in answers]))
    row.constants = {"d50": d50, "spread": spread}
    return row


def _crossing(curve: Floats) -> float:
    """The quality from which on the share of the satisfied is reached; the last of QUALITY where it never is."""
    below = np.flatnonzero(curve < SHARE)
    if len(below) == 0:
        return float(QUALITY[0])
    last = int(below[-1])
    if last + 1 == len(curve):
        return float(QUALITY[-1])
    rise = (SHARE - curve[last]) / (curve[last + 1] - curve[last])
    return float(QUALITY[last] + rise * (QUALITY[last + 1] - QUALITY[last]))


def _spread(quality: Floats) -> dict[str, float]:
    ends = dict(zip(("10 %", "50 %", "90 %"), np.percentile(quality, [10, 50, 90]).tolist(), strict=True))
    return {"sd": float(quality.std()), "least": float(quality.min()), "most": float(quality.max()), **ends}


def _against(quality: Floats, people: Floats) -> dict[str, float]:
    """Mean difference between the two distributions, rank by rank."""
    return {"distance": float(np.abs(np.quantile(quality, _PARTS) - np.quantile(people, _PARTS)).mean())}
