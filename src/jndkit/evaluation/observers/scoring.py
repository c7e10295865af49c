"""Every table of people that a data folder holds, against what was read."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path

from jndkit.errors import InputError
from jndkit.evaluation.observers import differences, population, preference, shares, subjective, thresholds, units
from jndkit.evaluation.observers.asked import Asked
from jndkit.evaluation.observers.readings import Readings
from jndkit.evaluation.observers.rows import ReadingRow, ScoreRow
from jndkit.evaluation.observers.stimuli import QUALITIES, STUDY
from jndkit.picture import digest

FILES = {
    shares.TABLE: subjective.MIDD,
    units.TABLE: subjective.AIC,
    preference.TABLE: subjective.ENCODERS,
    population.TABLE: subjective.MCL_JCI,
}
"""Table -> where the data folder keeps it."""


def present(data: Path) -> list[str]:
    """The tables that a data folder holds. Raises InputError where it holds none."""
    tables = [table for table, file in FILES.items() if (data / file).is_file()]
    if not tables:
        raise InputError(data, f"it holds none of {', '.join(str(file) for file in FILES.values())}")
    return tables


def score_study(study: Asked, rows: Sequence[ReadingRow]) -> Iterator[ScoreRow]:
    """The scores of all that was read of a study's versions."""
    readings = Readings(rows, STUDY)
    told = differences.scores if study.plan.method == "triplet" else thresholds.scores
    for row in told(study, readings):
        row.people = study.plan.digest
        row.answers = sum(map(len, study.sittings))
        row.viewers = len(study.sittings)
        yield ScoreRow.from_json(json.loads(row.to_json()))  # as rows keep it, so that tables are alike


def score_tables(data: Path, tables: Sequence[str], rows: Sequence[ReadingRow]) -> Iterator[ScoreRow]:
    """The scores of all that was read of these tables. Raises InputError for one that cannot be read."""
    for table in tables:
        sha256 = digest(data / FILES[table]) or ""
        for row in _scores(data, table, Readings(rows, table)):
            row.people = sha256
            yield row


def _scores(data: Path, table: str, readings: Readings) -> Iterator[ScoreRow]:
    if table == shares.TABLE:
        return shares.scores(subjective.shares(data), readings)
    if table == units.TABLE:
        return units.scores(subjective.aic_sample(data))
    if table == preference.TABLE:
        return preference.scores(subjective.ranking(data), readings)
    return population.scores(subjective.satisfied(data), readings, QUALITIES)
