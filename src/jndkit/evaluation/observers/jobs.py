"""The work on one picture: its versions made once for all readers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from jndkit.evaluation.jobs import Input, PictureJob, remaining
from jndkit.evaluation.observers import stimuli
from jndkit.evaluation.observers.measures import TEXTURE, reader
from jndkit.evaluation.observers.rows import ReadingRow
from jndkit.evaluation.observers.settings import Part, Settings
from jndkit.picture import Picture
from jndkit.pixelwise import jnd_map
from jndkit.viewing import Viewing


@dataclass(frozen=True)
class Job(PictureJob[ReadingRow, Part, Settings]):
    """One picture of one table. left: its table with each reader."""

    def prepare(self, picture: Picture) -> Callable[[ReadingRow, Part], None]:
        # All parts of a job are of one table.
        table, _ = self.left[0]
        versions = list(stimuli.of(table, self.settings.data).versions(self.settings.data, self.name, picture))
        texture = float(jnd_map(picture.rgb, TEXTURE).mean())
        seen_at = stimuli.of(table, self.settings.data).seen_at
        return lambda row, part: _read(row, picture, versions, texture, seen_at)

    def called(self, part: Part) -> str:
        return f"{self.name}, {part[1]}"


def jobs_left(settings: Settings, known: Iterable[ReadingRow]) -> list[Job]:
    """What is left to do, and what other libraries or weights made before. known: rows of an earlier run.

    Raises InputError for a table that cannot be read, MissingError for encoders that are not installed.
    """
    inputs = [
        Input(path, name, settings.parts_of(table))
        for table in settings.tables
        for name, path in stimuli.of(table, settings.data).pictures(settings.data)
    ]
    return remaining(Job, inputs, settings, known)


def _read(
    row: ReadingRow, picture: Picture, versions: Sequence[tuple[str, Picture]], texture: float, seen_at: Viewing
) -> None:
    """Fill the row."""
    read = reader(row.reader).watch(picture, seen_at)
    row.texture = round(texture, 5)
    row.stimuli = [name for name, _ in versions]
    for _, version in versions:
        said = read(version)
        for name, value in said.values.items():
            row.readings.setdefault(name, []).append(round(value, 5))
        for name, error in said.errors.items():
            row.errors.setdefault(name, []).append(round(error, 4))
