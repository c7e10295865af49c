"""The work on one picture: its versions made once for all readers, its rows as soon as they are known."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from jndkit.evaluation.observers.measures import TEXTURE, reader
from jndkit.evaluation.observers.rows import ReadingRow, Settings
from jndkit.evaluation.observers.stimuli import STIMULI
from jndkit.opening import load
from jndkit.picture import Picture, digest, with_metadata
from jndkit.pixelwise import jnd_map


@dataclass(frozen=True)
class Job:
    """One picture. data: the folder.  path: the file.  name: what its rows call it.  left: readers. Picklable."""

    data: str
    table: str
    path: str
    name: str
    left: tuple[str, ...]
    settings: Settings

    def rows(self) -> Iterator[ReadingRow]:
        """The row of each reader, as soon as it is known; errors of any kind are failed rows."""
        try:
            picture = with_metadata(load(self.path), "none")
            versions = list(STIMULI[self.table].versions(Path(self.data), self.name, picture))
            texture = float(jnd_map(picture.rgb, TEXTURE).mean())
        except Exception as error:
            yield from self.failed(error)
            return
        for by in self.left:
            row = self.settings.row(self.table, self.name, by)
            row.width, row.height = picture.width, picture.height
            row.input_sha256 = picture.source.sha256 if picture.source else None
            started = time.perf_counter()
            try:
                _fill(row, picture, versions, texture)
            except Exception as error:
                row.fail(error, f"{self.name}, {by}")
            row.seconds = round(time.perf_counter() - started, 3)
            yield row

    def failed(self, error: Exception, but: Sequence[str] = ()) -> Iterator[ReadingRow]:
        """A failed row for every reader whose part is not in `but`."""
        for by in self.left:
            row = self.settings.row(self.table, self.name, by)
            if row.part not in but:
                yield row.fail(error, self.path)


def _fill(row: ReadingRow, picture: Picture, versions: Sequence[tuple[str, Picture]], texture: float) -> None:
    read = reader(row.reader).watch(picture, STIMULI[row.table].seen_at)
    row.texture = round(texture, 5)
    row.stimuli = [name for name, _ in versions]
    for _, version in versions:
        for name, value in read(version).items():
            row.readings.setdefault(name, []).append(round(value, 5))


def jobs(data: Path, settings: Settings, known: Sequence[ReadingRow]) -> list[Job]:
    """What is left to do, and what other libraries or weights made before.

    data: the folder.  known: rows of an earlier run.
    Raises InputError for a table that cannot be read, MissingError for encoders that are not installed.
    """
    done = {(row.input, row.part, row.input_sha256, row.maker) for row in known if row.error is None}
    left = []
    for table in settings.tables:
        asked = {by: settings.row(table, "", by) for by in settings.readers}
        for name, path in STIMULI[table].pictures(data):
            contents = digest(path)
            todo = tuple(by for by, row in asked.items() if (name, row.part, contents, row.maker) not in done)
            if todo:
                left.append(Job(str(data), table, str(path), name, todo, settings))
    return left
