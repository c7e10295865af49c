"""Run tasks, in this process or side by side, and give the rows in the order of the tasks."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from contextlib import closing
from functools import partial

from jndkit.batch import Pool, jobs_wanted
from jndkit.conversion.attempts import Outcome, attempt, crashed
from jndkit.conversion.outputs import Task
from jndkit.evidence import Row
from jndkit.settings import Settings
from jndkit.threads import processors


def run_all(
    tasks: Sequence[Task],
    settings: Settings,
    *,
    jobs: int | None = None,
    write: bool = True,
    store: Callable[[str, Outcome], Row] | None = None,
    done: Callable[[Row], None] | None = None,
) -> Generator[Row, None, None]:
    """A row for every task, in the order of the tasks, whatever happens to a picture.

    jobs: processes at work at once; by default the processors for several tasks, and none but this one for a single
        task.  write: False for `predict`.
    store: called with the input and its outcome, in this process, to write the file.  done: called with every row as
        soon as it is there, in the order of completion.
    Closing the iterator, or an exception such as KeyboardInterrupt, stops the processes.
    Raises UsageError for less than one job.
    """
    open_tasks = [index for index, task in enumerate(tasks) if task.ready is None]
    wanted = min(jobs_wanted(jobs), len(open_tasks))
    rows: dict[int, Row] = {}
    next_out = 0
    with closing(_outcomes(tasks, open_tasks, settings, wanted, write)) as outcomes:
        for index, outcome in outcomes:
            row = outcome.row if store is None or tasks[index].ready else store(str(tasks[index].path), outcome)
            if done is not None:
                done(row)
            rows[index] = row
            while next_out in rows:
                yield rows.pop(next_out)
                next_out += 1


def _outcomes(
    tasks: Sequence[Task], open_tasks: list[int], settings: Settings, jobs: int, write: bool
) -> Generator[tuple[int, Outcome], None, None]:
    work = partial(attempt, settings=settings, write=write)
    for index, task in enumerate(tasks):
        if task.ready is not None:
            yield index, Outcome(task.ready)
        elif jobs <= 1:
            yield index, work(str(task.path))
    if jobs > 1:
        pool = Pool(crashed, jobs=jobs, threads=max(1, processors() // jobs), max_pixels=settings.max_pixels)
        yield from pool.work([(index, str(tasks[index].path), work) for index in open_tasks])
