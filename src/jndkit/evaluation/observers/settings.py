"""What is read of the pictures that people judged."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from jndkit.errors import check_choice
from jndkit.evaluation.observers import stimuli
from jndkit.evaluation.observers.measures import reader, readers
from jndkit.evaluation.observers.rows import ReadingRow
from jndkit.evaluation.observers.stimuli import STIMULI, STUDY
from jndkit.evaluation.settings import EvaluationSettings
from jndkit.picture import MAX_PIXELS
from jndkit.version import VERSION

Part = tuple[str, str]
"""Table and reader."""


@dataclass(frozen=True)
class Settings(EvaluationSettings[ReadingRow, Part]):
    """data: the folder with tables and pictures, or that of a study.  tables: with pictures.  readers: who reads."""

    data: Path
    tables: tuple[str, ...] = tuple(STIMULI)
    readers: tuple[str, ...] = field(default_factory=readers)
    max_pixels: int = MAX_PIXELS

    def __post_init__(self) -> None:
        for name in self.tables:
            check_choice("table with pictures", name, (*STIMULI, STUDY))
        for name in self.readers:
            check_choice("observer or metric", name, readers())

    def parts_of(self, table: str) -> Sequence[Part]:
        """What a picture of one table has rows of: of all who read at its display."""
        seen_at = stimuli.of(table, self.data).seen_at
        return [(table, name) for name in self.readers if reader(name).holds_at(seen_at)]

    @property
    def parts(self) -> Sequence[Part]:
        return [part for table in self.tables for part in self.parts_of(table)]

    def row(self, name: str, part: Part) -> ReadingRow:
        """The row of a picture and a reader before anything is known of it."""
        table, by = part
        shown = stimuli.of(table, self.data)
        row = ReadingRow(table, name, by, shown.seen_at.name, round(shown.seen_at.ppd, 6))
        row.source = reader(by).source
        row.versions = {"jndkit": VERSION, **shown.source()}
        return row

    def order(self, row: ReadingRow) -> tuple[Any, ...]:
        table = list(STIMULI).index(row.table) if row.table in STIMULI else len(STIMULI)
        return table, row.input, row.reader
