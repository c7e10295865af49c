"""The row of a picture and a reader, and the row of a measure against a table of people."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from jndkit.evaluation.rows import Failure, PictureRow, Row


@dataclass
class ReadingRow(PictureRow):
    """One picture x reader.

    table: whose stimuli.  stimuli: names of the versions.  readings: what was read -> a value for each version.
    errors: what was read -> the standard deviation of ln(JND) that the observer states of each; of observers alone.
    texture: mean wu2017 map of the reference, code values.
    source: who read; rows of another source, or of versions that others made, are stale.
    """

    subject: ClassVar[str] = "observers"

    table: str
    input: str
    reader: str
    viewing: str
    ppd: float
    width: int | None = None
    height: int | None = None
    input_sha256: str | None = None
    stimuli: list[str] = field(default_factory=list)
    readings: dict[str, list[float]] = field(default_factory=dict)
    errors: dict[str, list[float]] = field(default_factory=dict)
    texture: float | None = None
    source: str = ""
    seconds: float | None = None
    versions: dict[str, str] = field(default_factory=dict)
    error: Failure | None = None

    @property
    def part(self) -> str:
        return f"{self.table} {self.reader}"

    @property
    def made_with(self) -> str:
        # Not our own version: most releases change no reading.
        coders = (f"{name} {version}" for name, version in self.versions.items() if name != "jndkit")
        return "; ".join((self.source, *coders))


@dataclass
class ScoreRow(Row):
    """One measure against one table of people. No answer of theirs is in it: what was predicted, and how far off.

    scores: name of the score -> value; see `tables`.  predicted: stimulus -> share or value predicted without its
        picture.  thresholds: picture -> the measure where half notice.  constants: fitted on all pictures.
    pictures, stimuli: how many; of a study also viewers and answers.  people: SHA-256 of the table.
    source: of the readings.
    """

    subject: ClassVar[str] = "observers"

    table: str
    measure: str
    scores: dict[str, float]
    predicted: dict[str, float] = field(default_factory=dict)
    thresholds: dict[str, float] = field(default_factory=dict)
    texture: dict[str, float] = field(default_factory=dict)
    constants: dict[str, float] = field(default_factory=dict)
    pictures: int = 0
    stimuli: int = 0
    viewers: int = 0
    answers: int = 0
    viewing: str = ""
    people: str = ""
    source: str = ""
    error: Failure | None = None

    def to_json(self) -> str:
        """One line of JSON, of four digits after the point."""
        return json.dumps(_rounded(vars(self)), ensure_ascii=False)


def from_json(line: Mapping[str, Any]) -> ReadingRow | ScoreRow:
    """The row of a line of JSON. Raises UsageError where it is of neither kind."""
    return ReadingRow.from_json(line) if "reader" in line else ScoreRow.from_json(line)


def by_kind(rows: Iterable[ReadingRow | ScoreRow]) -> tuple[list[ReadingRow], list[ScoreRow]]:
    """The rows of a file, apart."""
    readings: list[ReadingRow] = []
    scores: list[ScoreRow] = []
    for row in rows:
        if isinstance(row, ReadingRow):
            readings.append(row)
        else:
            scores.append(row)
    return readings, scores


def _rounded(value: Any) -> Any:
    if isinstance(value, float):
        return round(value, 4)
    if isinstance(value, dict):
        return {key: _rounded(inner) for key, inner in value.items()}
    return value
