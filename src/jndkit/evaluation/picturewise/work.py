"""The work on one picture: coded once for all displays and methods, its rows as soon as they are known."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import groupby
from operator import itemgetter
from pathlib import Path

from jndkit.evaluation.picturewise.answers import METHODS, Look
from jndkit.evaluation.picturewise.coding import Coding
from jndkit.evaluation.picturewise.rows import KnobRow, Settings
from jndkit.opening import load
from jndkit.picture import digest, with_metadata

Part = tuple[str, str | None, str]


@dataclass(frozen=True)
class Job:
    """One picture. path: the file.  name: what its rows call it.  left: the parts still to be done. Picklable."""

    path: str
    name: str
    left: tuple[Part, ...]
    settings: Settings

    def rows(self) -> Iterator[KnobRow]:
        """The row of each part, as soon as it is known; errors of any kind are failed rows."""
        try:
            picture = with_metadata(load(self.path, max_pixels=self.settings.max_pixels), "none")
        except Exception as error:
            yield from self.failed(error)
            return
        look = cache(lambda viewing: Look(picture, *self.settings.fit(viewing)))
        for spec, parts in groupby(self.left, key=itemgetter(0)):
            coding = Coding(picture, spec)
            for _, viewing, method in parts:
                row = self._row(spec, viewing, method)
                row.width, row.height = picture.width, picture.height
                row.input_sha256 = picture.source.sha256 if picture.source else None
                started = time.perf_counter()
                try:
                    METHODS[method](row, coding, look(viewing))
                except Exception as error:
                    row.fail(error, f"{self.name}, {spec}, {method}")
                row.seconds = round(time.perf_counter() - started, 3)
                yield row

    def failed(self, error: Exception, but: Sequence[str] = ()) -> Iterator[KnobRow]:
        """A failed row for every part without those in `but`."""
        for part in self.left:
            row = self._row(*part)
            if row.part not in but:
                yield row.fail(error, self.path)

    def _row(self, spec: str, viewing: str | None, method: str) -> KnobRow:
        return self.settings.row(self.name, spec, viewing, method)


def jobs(pictures: Sequence[tuple[Path, str]], settings: Settings, known: Sequence[KnobRow]) -> list[Job]:
    """What is left to do, and what other weights answered before.

    pictures: (file, name in the rows).  known: rows of an earlier run of the same settings.
    """
    done = {(row.input, row.part, row.input_sha256, row.source) for row in known if row.error is None}
    parts = [(part, settings.row("", *part)) for part in settings.parts]
    left = []
    for path, name in pictures:
        contents = digest(path)
        todo = tuple(part for part, row in parts if (name, row.part, contents, row.source) not in done)
        if todo:
            left.append(Job(str(path), name, todo, settings))
    return left
