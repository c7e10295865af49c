"""Run tasks, in this process or side by side, and give the rows in the order of the tasks."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing
from itertools import chain
from pathlib import Path

from jndkit.batch import Engine, run
from jndkit.conversion.attempts import Attempt, Outcome
from jndkit.conversion.outputs import Task
from jndkit.evidence import Row
from jndkit.settings import Settings


def run_all(
    tasks: Sequence[Task],
    settings: Settings,
    *,
    jobs: int | None = None,
    write: bool = True,
    store: Callable[[Path, Outcome], None] | None = None,
    done: Callable[[Row], None] | None = None,
    engine: Engine | None = None,
) -> Generator[Row, None, None]:
    """A row for every task, in the order of the tasks, whatever happens to a picture.

    jobs: processes at work at once; by default the processors for several tasks, and none but this one for a single
        task.  write: False for `predict`.
    store: called with the input and its outcome, in this process, to write the file and say so in the row.
    done: called with every row as soon as it is there, in the order of completion.
    engine: who does the work, in place of processes of this machine.
    Closing the iterator, or an exception such as KeyboardInterrupt, stops the processes.
    Raises UsageError for less than one job.
    """

    def keep(outcome: Outcome) -> None:
        if store is not None:
            store(tasks[outcome.place].path, outcome)

    attempts = [
        Attempt(str(task.path), task.own or settings, write, place)
        for place, task in enumerate(tasks)
        if task.ready is None
    ]
    outcomes = run(attempts, jobs, keep=keep, max_pixels=settings.max_pixels, engine=engine)
    return _in_order(tasks, outcomes, done)


def _in_order(
    tasks: Sequence[Task], outcomes: Generator[Outcome, None, None], done: Callable[[Row], None] | None
) -> Generator[Row, None, None]:
    rows: dict[int, Row] = {}
    next_out = 0
    known = ((place, task.ready) for place, task in enumerate(tasks) if task.ready is not None)
    with closing(outcomes):
        fresh: Iterator[tuple[int, Row]] = ((outcome.place, outcome.row) for outcome in outcomes)
        for place, row in chain(known, fresh):
            if done is not None:
                done(row)
            rows[place] = row
            while next_out in rows:
                yield rows.pop(next_out)
                next_out += 1
