"""The seam: what a run asks of whoever does its jobs, here or on other machines."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any, Protocol, TypeVar, runtime_checkable

from jndkit.batch.pixels import pixels_of

Row = TypeVar("Row")
RowOut = TypeVar("RowOut", covariant=True)


@dataclass(frozen=True)
class Step:
    """Something on the way to a row, for whoever follows a job. It counts as no row. Picklable."""

    value: Any


class Job(Protocol[RowOut]):
    """The work on one picture. Picklable, and so are its rows.

    path: the picture's file, which says how large the work is, and which is named where the work is lost.
    """

    @property
    def path(self) -> str: ...

    def rows(self) -> Iterator[RowOut]:
        """What comes of it, each row as soon as it is known. It may raise errors of any kind."""
        ...

    def failed(self, error: Exception) -> Iterator[RowOut]:
        """The rows that say why there are none: as many as `rows` gives where nothing fails, in the same order."""
        ...


@runtime_checkable
class Sized(Protocol):
    """A job that says how large its largest picture is, in pixels: of one that is no file of this machine."""

    @property
    def pixels(self) -> int: ...


class Engine(Protocol):
    """Does jobs side by side."""

    def run(self, jobs: Iterable[Job[Row]]) -> Generator[Row, None, None]:
        """Every row of every job, in the order of completion, those of one job in their own order.

        Jobs are taken one by one as there is room for them, so that there may be more of them than memory holds.

        A job that cannot be finished, whatever the reason, gives its missing rows as `failed` has them, and is the end
        of no other. Closing the generator ends all work.
        """
        ...


def size_of(job: Job[Row]) -> int:
    """About how many pixels a job decodes at once."""
    return job.pixels if isinstance(job, Sized) else pixels_of(job.path)


def rows_of(job: Job[Row]) -> Iterator[Row]:
    """All rows of a job, where an error of any kind is the failure of those that were still to come."""
    given = 0
    try:
        for row in job.rows():
            given += not isinstance(row, Step)  # before it is given: whoever takes it may close us there
            yield row
    except Exception as error:
        yield from missing(job, error, given)


def missing(job: Job[Row], error: Exception, given: int) -> Iterator[Row]:
    """The failed rows of a job but for the first ones, which are `given` already."""
    return islice(job.failed(error), given, None)
