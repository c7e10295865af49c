"""Every table of people that a data folder holds, against what was read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from jndkit.errors import InputError
from jndkit.evaluation.observers import population, preference, shares, subjective as people, units
from jndkit.evaluation.observers.readings import Readings
from jndkit.evaluation.observers.rows import ReadingRow, ScoreRow
from jndkit.evaluation.observers.stimuli import QUALITIES
from jndkit.picture import digest

FILES = {
    shares.TABLE: people.MIDD,
    units.TABLE: people.AIC,
    preference.TABLE: people.ENCODERS,
    population.TABLE: people.MCL_JCI,
}
"""Table -> where the data folder keeps it."""


def present(data: Path) -> list[str]:
    """The tables that a data folder holds. Raises InputError where it holds none."""
    found = [table for table, file in FILES.items() if (data / file).is_file()]
    if not found:
        raise InputError(data, f"it holds none of {', '.join(str(file) for file in FILES.values())}")
    return found


def judge(data: Path, tables: Sequence[str], rows: Sequence[ReadingRow]) -> Iterator[ScoreRow]:
    """The scores of all that was read of these tables. Raises InputError for one that cannot be read."""
    for table in tables:
        known = digest(data / FILES[table]) or ""
        for row in _scores(data, table, Readings(rows, table)):
            row.people = known
            yield row


def _scores(data: Path, table: str, readings: Readings) -> Iterator[ScoreRow]:
    if table == shares.TABLE:
        return shares.scores(people.shares(data), readings)
    if table == units.TABLE:
        return units.scores(people.judged(data))
    if table == preference.TABLE:
        return preference.scores(people.ranking(data), readings)
    return population.scores(people.satisfied(data), readings, QUALITIES)
