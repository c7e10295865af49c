"""Distances that triplets tell, predicted for a picture that took no part.

A measure's curve is d = k x^p, both constants by least squares over the other pictures' reconstructed distances. The
log-likelihood is of the answers themselves, by predicted distances.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from jndkit.evaluation.observers.asked import Asked, guesses
from jndkit.evaluation.observers.readings import Readings
from jndkit.evaluation.observers.rows import ScoreRow
from jndkit.evaluation.observers.subjective import AicSample
from jndkit.evaluation.observers.units import CONSTANT, PowerCurve, power_curve, score as unit_score
from jndkit.evaluation.observers.unseen import left_out
from jndkit.study.psychometric import Floats
from jndkit.study.triplets import Compared, Scale, compared, of_viewers, reconstructed

TABLE = "study-triplets"
_Z90 = 1.6449  # 95th percentile of the normal distribution
_POWERS = np.arange(0.4, 2.0, 0.1)


def scores(study: Asked, readings: Readings) -> Iterator[ScoreRow]:
    """Every measure, then the setting and the bytes alone, then one JND for all."""
    answers = compared(study.stimuli, study.sittings)
    people = reconstructed(answers)
    for measure, values in readings.ln(*study.keys()):
        row = score(measure.name, values, answers, people, study, readings.stated(measure, *study.keys()))
        row.source, row.viewing = readings.source[measure.reading], readings.viewing
        yield row
    for name, told in guesses(study):
        yield score(name, np.concatenate(told), answers, people, study)
    yield score(CONSTANT, np.zeros(sum(len(s.levels) for s in study.stimuli)), answers, people, study)


def score(
    name: str, x: Floats, answers: Compared, people: Scale, study: Asked, stated: Floats | None = None
) -> ScoreRow:
    """A measure. x: ln(difference) of every version.  stated: the error of it that an observer states."""
    sample = _sample(people, study)
    away = -np.exp(x)  # a power curve falls with what it is given
    reading = left_out(_power, away, sample.jnd, sample.source)
    codecs = {codec: codec for codec in dict.fromkeys(study.codecs)}
    row = unit_score(name, reading, sample, away if float(np.ptp(x)) > 0.0 else None, codecs)
    row.table = TABLE
    distance = np.full_like(people.distance, np.nan)
    for place, part in enumerate(study.rows(reading)):
        distance[place, : len(part)] = np.maximum(part, 0.01)
    row.scores["log_likelihood"] = float(of_viewers(answers, replace(people, distance=distance)).sum())
    if stated is not None:
        inside = np.abs(np.log(np.maximum(reading, 0.01) / np.maximum(sample.jnd, 0.01))) < _Z90 * stated
        row.scores["stated"] = float(inside.mean())
    return row


def _power(x: Floats, d: Floats) -> PowerCurve:
    return power_curve(x, d, np.array([0.0]), _POWERS)


def _sample(people: Scale, study: Asked) -> AicSample:
    """The reconstructed distances as a table of people."""
    sizes = [len(stimulus.levels) for stimulus in study.stimuli]
    jnd = np.concatenate([people.distance[place, :size] for place, size in enumerate(sizes)])
    source, codec = (np.repeat(np.array(names), sizes) for names in (study.pictures, study.codecs))
    level = np.concatenate([np.array([str(index + 1) for index in range(size)]) for size in sizes])
    return AicSample(source, codec, level, jnd, {})
