"""The work on one picture: opened and prepared once for all its parts, each row told as soon as it is known."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, NamedTuple, TypeVar

from jndkit.batch import Known
from jndkit.evaluation.settings import EvaluationSettings, PartT, RowT
from jndkit.opening import load
from jndkit.picture import Picture, with_metadata

SettingsT = TypeVar("SettingsT", bound=EvaluationSettings[Any, Any])
JobT = TypeVar("JobT", bound="PictureJob[Any, Any, Any]")


class Input(NamedTuple):
    """A picture. path: the file.  name: what rows call it.  parts: what it should have rows of."""

    path: Path
    name: str
    parts: Sequence[Any]


@dataclass(frozen=True)
class PictureJob(ABC, Generic[RowT, PartT, SettingsT]):
    """One picture. path: the file.  name: what its rows call it.  left: the parts still to be done. Picklable."""

    path: str
    name: str
    left: tuple[PartT, ...]
    settings: SettingsT

    def open(self) -> Picture:
        """The picture, without profile, EXIF and XMP, which no row speaks of."""
        return with_metadata(load(self.path, max_pixels=self.settings.max_pixels), "none")

    @abstractmethod
    def prepare(self, picture: Picture) -> Callable[[RowT, PartT], None]:
        """What is done once for the picture; returns what fills the row of a part."""

    def called(self, part: PartT) -> str:
        """What a message calls a part of this picture."""
        return f"{self.name}, {part}"

    def rows(self) -> Iterator[RowT]:
        """The row of each part that is left, as soon as it is known. A part that cannot be done is a failed row.

        Raises errors of any kind where the picture cannot be opened or prepared.
        """
        picture = self.open()
        fill = self.prepare(picture)
        for part in self.left:
            row = self.settings.row(self.name, part)
            row.width, row.height = picture.width, picture.height
            row.input_sha256 = picture.source.sha256 if picture.source else None
            started = time.perf_counter()
            try:
                fill(row, part)
            except Exception as error:  # of any kind: the other parts go on
                row.fail(error, self.called(part))
            row.seconds = round(time.perf_counter() - started, 3)
            yield row

    def failed(self, error: Exception) -> Iterator[RowT]:
        """A failed row for every part that is left."""
        for part in self.left:
            yield self.settings.row(self.name, part).fail(error, self.path)


def remaining(
    kind: type[JobT], inputs: Iterable[Input], settings: EvaluationSettings[RowT, Any], known: Iterable[RowT]
) -> list[JobT]:
    """A job for each picture that lacks rows, or whose rows are of another file or of other versions.

    known: rows of an earlier run of the same settings.
    """
    done = Known[tuple[str, str]]()
    for row in known:
        if row.error is None:
            done.add(row.input, row.input_sha256, (row.part, row.made_with))
    keys = dict[Any, tuple[str, str]]()  # of each part once: to gather all versions takes long
    jobs = []
    for path, name, parts in inputs:
        for part in parts:
            if part not in keys:
                row = settings.row("", part)
                keys[part] = row.part, row.made_with
        still = done.left(path, name, tuple(keys[part] for part in parts))
        left = tuple(part for part in parts if keys[part] in still)
        if left:
            jobs.append(kind(str(path), name, left, settings))
    return jobs
