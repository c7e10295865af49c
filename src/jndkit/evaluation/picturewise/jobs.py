"""The work on one picture: coded once for all displays and methods, watched once for all codecs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path

from jndkit.evaluation.jobs import Input, PictureJob, remaining
from jndkit.evaluation.picturewise.levels import CodedLevels
from jndkit.evaluation.picturewise.methods import BY_NAME, WatchedPicture
from jndkit.evaluation.picturewise.rows import KnobRow
from jndkit.evaluation.picturewise.settings import Part, Settings
from jndkit.picture import Picture


@dataclass(frozen=True)
class Job(PictureJob[KnobRow, Part, Settings]):
    """One picture. left: codec, display and method of each row, codec by codec."""

    def prepare(self, picture: Picture) -> Callable[[KnobRow, Part], None]:
        watched = cache(lambda viewing: WatchedPicture(picture, *self.settings.fit(viewing)))
        # All rows of a codec come one after the other: its coded files need not outlive them.
        coded = lru_cache(maxsize=1)(lambda spec: CodedLevels(picture, spec))

        def fill(row: KnobRow, part: Part) -> None:
            spec, viewing, method = part
            BY_NAME[method](row, coded(spec), watched(viewing))

        return fill

    def called(self, part: Part) -> str:
        spec, _, method = part
        return f"{self.name}, {spec}, {method}"


def jobs_left(pictures: Sequence[tuple[Path, str]], settings: Settings, known: Iterable[KnobRow]) -> list[Job]:
    """What is left to do, and what other weights answered before.

    pictures: (file, name in the rows).  known: rows of an earlier run of the same settings.
    """
    return remaining(Job, [Input(*picture, settings.parts) for picture in pictures], settings, known)
