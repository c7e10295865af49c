"""The one way to do many jobs: by an engine, each row kept before it is given away."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable
from contextlib import closing

from jndkit.batch.engine import Engine, Job, Row
from jndkit.batch.pool import LocalEngine
from jndkit.picture import MAX_PIXELS


def run(
    jobs: Iterable[Job[Row]],
    processes: int | None = None,
    *,
    keep: Callable[[Row], None] | None = None,
    max_pixels: int = MAX_PIXELS,
    engine: Engine | None = None,
) -> Generator[Row, None, None]:
    """Every row of every job, in the order of completion, whatever happens to a picture or to who works on it.

    processes, max_pixels: as for `LocalEngine`, which does the work unless another engine is given.
    keep: called in this process with each row before it is given away, to put it where it survives: a run that is
        killed has lost no row that anybody saw. An error that it raises, such as of a full disk, ends the run.
    Closing the generator, or an exception such as KeyboardInterrupt, ends all work.
    Raises UsageError for less than one process, when called.
    """
    chosen = engine if engine is not None else LocalEngine(processes, max_pixels=max_pixels)
    return _kept(chosen, jobs, keep)


def _kept(engine: Engine, jobs: Iterable[Job[Row]], keep: Callable[[Row], None] | None) -> Generator[Row, None, None]:
    with closing(engine.run(jobs)) as rows:
        for row in rows:
            if keep is not None:
                keep(row)
            yield row
