"""The work on one picture: prepared once for all codecs, its rows as soon as they are known."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from jndkit.evaluation.codecs.rows import CodecRow, Settings
from jndkit.evaluation.codecs.sitting import Sitting
from jndkit.opening import load
from jndkit.picture import digest, with_metadata


@dataclass(frozen=True)
class Job:
    """One picture. path: the file.  name: what its rows call it.  codecs: those still to be done. Picklable."""

    path: str
    name: str
    codecs: tuple[str, ...]
    settings: Settings

    def rows(self) -> Iterator[CodecRow]:
        """The row of each codec, as soon as it is known; errors of any kind are failed rows."""
        try:
            picture = with_metadata(load(self.path, max_pixels=self.settings.max_pixels), "none")
            sitting = Sitting(picture, self.settings.fit()[1])
        except Exception as error:
            yield from self.failed(error)
            return
        for spec in self.codecs:
            row = self.settings.row(self.name, spec)
            row.width, row.height = picture.width, picture.height
            row.input_sha256 = picture.source.sha256 if picture.source else None
            started = time.perf_counter()
            try:
                sitting.fill(row)
            except Exception as error:
                row.fail(error, f"{self.name}, {spec}")
            row.seconds = round(time.perf_counter() - started, 3)
            yield row

    def failed(self, error: Exception, but: Sequence[str] = ()) -> Iterator[CodecRow]:
        """A failed row for every codec without those in `but`."""
        for spec in self.codecs:
            if spec not in but:
                yield self.settings.row(self.name, spec).fail(error, self.path)


def jobs(pictures: Sequence[tuple[Path, str]], settings: Settings, known: Sequence[CodecRow]) -> list[Job]:
    """What is left to do, and what other libraries or weights made before.

    pictures: (file, name in the rows).  known: rows of an earlier run at the same display.
    """
    done = {(row.input, row.part, row.input_sha256, row.source, row.maker) for row in known if row.error is None}
    asked = [settings.row("", spec) for spec in settings.codecs]
    left = []
    for path, name in pictures:
        contents = digest(path)
        todo = tuple(row.codec for row in asked if (name, row.part, contents, row.source, row.maker) not in done)
        if todo:
            left.append((str(path), name, todo))
    told = replace(settings, processes=max(1, min(settings.processes, len(left))))
    return [Job(*each, told) for each in left]
