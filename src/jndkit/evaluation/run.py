"""A run of an evaluation: which rows stay, which are made, and a file that holds every row as soon as it is known."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Generic

from jndkit.batch import ledger, run
from jndkit.evaluation.jobs import PictureJob
from jndkit.evaluation.rows import Row
from jndkit.evaluation.settings import EvaluationSettings, RowT


@dataclass
class Plan(Generic[RowT]):
    """rows: those that are known, and at the end of the run all of them, in their order.  jobs: what is left.

    others: rows that stay in the file, before these, and have no part in the run.
    """

    rows: list[RowT]
    jobs: Sequence[PictureJob[RowT, Any, Any]]
    settings: EvaluationSettings[RowT, Any]
    others: Sequence[Row] = field(default=())

    @property
    def count(self) -> int:
        """How many rows are left to make."""
        return sum(len(job.left) for job in self.jobs)

    def run(self, processes: int, file: str | Path | None = None) -> Generator[RowT, None, None]:
        """Each row that is made, once it is in the file too. Closing the generator ends the work.

        processes: pictures at work at once.  file: of rows; whatever else is in it goes.
        """

        def keep(row: RowT) -> None:
            self.rows.append(row)
            if file is not None:
                ledger.append(file, row.to_json())

        # Rows that are made again leave the file first: a run that is cut off has none twice.
        self._write(file)
        with closing(run(self.jobs, processes, keep=keep, max_pixels=self.settings.max_pixels)) as rows:
            yield from rows
        self.rows.sort(key=self.settings.order)
        self._write(file)

    def _write(self, file: str | Path | None) -> None:
        if file is not None:
            rows: list[Row] = [*self.others, *self.rows]
            ledger.rewrite(file, (row.to_json() for row in rows))


def plan(
    settings: EvaluationSettings[RowT, Any],
    known: Iterable[RowT],
    jobs: Callable[[list[RowT]], Sequence[PictureJob[RowT, Any, Any]]],
    check: Callable[[list[RowT]], None],
    others: Sequence[Row] = (),
) -> Plan[RowT]:
    """What a run keeps of earlier rows, and what it has to do.

    known: rows of earlier runs; those that failed or are of versions no longer in use are made again.  jobs: what is
    left beside given rows.  check: raises UsageError for rows that may not stand in one table, so that nothing is
    added to a file of rows of another kind.  others: as of `Plan`.
    """
    rows = settings.in_use(known)
    check([*rows, *(settings.row("", part) for part in settings.parts[:1])])
    left = jobs(rows)
    names = {part: settings.row("", part).part for part in {part for job in left for part in job.left}}
    again = {(job.name, names[part]) for job in left for part in job.left}
    return Plan([row for row in rows if (row.input, row.part) not in again], left, settings, others)
