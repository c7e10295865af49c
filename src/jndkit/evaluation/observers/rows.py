"""What is asked of every picture and reader, its row, and the row of a measure against a table of people."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from jndkit.batch import explained
from jndkit.errors import UsageError
from jndkit.evaluation.observers.measures import reader, readers
from jndkit.evaluation.observers.stimuli import STIMULI
from jndkit.version import VERSION


@dataclass(frozen=True)
class Settings:
    """What is read. Picklable. tables: with pictures.  readers: who reads.

    Raises UsageError for what does not exist, MissingError for weights or encoders that are not installed.
    """

    tables: tuple[str, ...] = tuple(STIMULI)
    readers: tuple[str, ...] = field(default_factory=readers)

    def __post_init__(self) -> None:
        for name in self.tables:
            if name not in STIMULI:
                raise UsageError(f"no table {name!r} comes with pictures: choose {', '.join(STIMULI)}")
        for name in self.readers:
            if name not in readers():
                raise UsageError(f"nobody reads as {name!r}: choose {', '.join(readers())}")

    def row(self, table: str, name: str, by: str) -> ReadingRow:
        """The row of a picture and a reader before anything is known of it."""
        stimuli = STIMULI[table]
        row = ReadingRow(table, name, by, stimuli.seen_at.name, round(stimuli.seen_at.ppd, 6))
        row.source = reader(by).source
        row.versions = {"jndkit": VERSION, **stimuli.source()}
        return row


@dataclass
class ReadingRow:
    """One picture x reader.

    table: whose stimuli.  stimuli: names of the versions.  readings: what was read -> a value for each version.
    texture: mean wu2017 map of the reference, code values.
    source: who read; rows of another source or maker are stale.
    """

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
    texture: float | None = None
    source: str = ""
    seconds: float | None = None
    versions: dict[str, str] = field(default_factory=dict)
    error: dict[str, str] | None = None

    @property
    def part(self) -> str:
        """Which of a picture's rows it is."""
        return f"{self.table} {self.reader}"

    @property
    def maker(self) -> tuple[str, ...]:
        """What decides its numbers, but for our own version."""
        return (self.source, *(f"{name} {version}" for name, version in self.versions.items() if name != "jndkit"))

    def to_json(self) -> str:
        """One line of JSON."""
        return json.dumps(asdict(self), ensure_ascii=False)

    def fail(self, error: Exception, name: str) -> ReadingRow:
        """This row, failed."""
        self.error = explained(error, name)
        return self


@dataclass
class ScoreRow:
    """One measure against one table of people. No answer of theirs is in it: what was predicted, and how far off.

    scores: name of the score -> value; see `tables`.  predicted: stimulus -> share or value predicted without its
        picture.  thresholds: picture -> the measure where half notice.  constants: fitted on all pictures.
    pictures, stimuli: how many.  people: SHA-256 of the table.  source: of the readings.
    """

    table: str
    measure: str
    scores: dict[str, float]
    predicted: dict[str, float] = field(default_factory=dict)
    thresholds: dict[str, float] = field(default_factory=dict)
    texture: dict[str, float] = field(default_factory=dict)
    constants: dict[str, float] = field(default_factory=dict)
    pictures: int = 0
    stimuli: int = 0
    viewing: str = ""
    people: str = ""
    source: str = ""
    error: dict[str, str] | None = None

    def to_json(self) -> str:
        """One line of JSON, of four digits after the point."""
        return json.dumps(_rounded(asdict(self)), ensure_ascii=False)


def from_json(found: Sequence[Mapping[str, Any]]) -> tuple[list[ReadingRow], list[ScoreRow]]:
    """The rows of lines of JSON, by kind. Raises UsageError where one is neither."""
    readings: list[ReadingRow] = []
    scores: list[ScoreRow] = []
    for each in found:
        try:
            if "reader" in each:
                readings.append(ReadingRow(**each))
            else:
                scores.append(ScoreRow(**each))
        except TypeError:
            raise UsageError("a row of another kind than jnd evaluate observers writes") from None
    return readings, scores


def _rounded(value: Any) -> Any:
    if isinstance(value, float):
        return round(value, 4)
    if isinstance(value, dict):
        return {key: _rounded(each) for key, each in value.items()}
    return value
