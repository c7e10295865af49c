"""The work on one picture: prepared once for all codecs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from jndkit.evaluation.codecs.prepared import PreparedPicture
from jndkit.evaluation.codecs.rows import CodecRow
from jndkit.evaluation.codecs.settings import Settings
from jndkit.evaluation.jobs import Input, PictureJob, remaining
from jndkit.picture import Picture


@dataclass(frozen=True)
class Job(PictureJob[CodecRow, str, Settings]):
    """One picture. left: specs of codecs."""

    def prepare(self, picture: Picture) -> Callable[[CodecRow, str], None]:
        _, viewing = self.settings.fit()
        prepared = PreparedPicture(picture, viewing, self.settings.observer)
        return lambda row, spec: prepared.fill(row)


def jobs_left(pictures: Sequence[tuple[Path, str]], settings: Settings, known: Iterable[CodecRow]) -> list[Job]:
    """What is left to do, and what other libraries or weights made before.

    pictures: (file, name in the rows).  known: rows of an earlier run at the same display.
    """
    left = remaining(Job, [Input(*picture, settings.parts) for picture in pictures], settings, known)
    # Seconds are of a machine that so many share, which are no more than there are pictures.
    at_once = replace(settings, processes=max(1, min(settings.processes, len(left))))
    return [replace(job, settings=at_once) for job in left]
