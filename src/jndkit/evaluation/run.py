"""Pictures side by side, a process each: one that dies loses its own picture and no other."""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections import deque
from collections.abc import Generator, Iterator, Sequence
from multiprocessing.connection import Connection, wait
from typing import Generic, Protocol, TypeVar

from jndkit.batch import died
from jndkit.interrupts import no_interrupts

_PATIENCE = 2.0  # seconds a process has to end by itself


class Part(Protocol):
    """A row. part: which of its job's rows it is."""

    @property
    def part(self) -> str: ...


Row = TypeVar("Row", bound=Part)
RowOut = TypeVar("RowOut", bound=Part, covariant=True)


class Job(Protocol[RowOut]):
    """One picture. `rows` makes its rows, `failed` those that say why there are none, but for some parts. Picklable."""

    @property
    def path(self) -> str: ...

    def rows(self) -> Iterator[RowOut]: ...

    def failed(self, error: Exception, but: Sequence[str] = ()) -> Iterator[RowOut]: ...


def run(jobs: Sequence[Job[Row]], processes: int) -> Generator[Row, None, None]:
    """Every row, in the order of completion. Closing the generator ends the work.

    processes: how many pictures are at work at once; of one, this process does it all.
    """
    if processes <= 1 or len(jobs) <= 1:
        for job in jobs:
            yield from job.rows()
        return
    pending, running = deque(jobs), list[_Running[Row]]()
    try:
        while pending or running:
            while pending and len(running) < processes:
                running.append(_Running(pending.popleft()))
            ready = wait([each.connection for each in running])
            for each in [each for each in running if each.connection in ready]:
                row = each.take()
                if row is not None:
                    yield row
                    continue
                running.remove(each)
                each.stop()
                yield from each.missing()
    finally:
        for each in running:
            each.stop()


class _Running(Generic[Row]):
    """One job in a process of its own."""

    def __init__(self, job: Job[Row]) -> None:
        context = multiprocessing.get_context("spawn")
        self._job = job
        self._got: list[str] = []
        self.connection, theirs = context.Pipe(duplex=False)
        self._process = context.Process(target=_work, args=(theirs, job), name="jnd")
        with no_interrupts():
            self._process.start()
        theirs.close()

    def take(self) -> Row | None:
        """The next row, once the connection is ready to be read; None at the end."""
        try:
            row: Row = self.connection.recv()
        except (EOFError, OSError):
            self._process.join(_PATIENCE)
            return None
        self._got.append(row.part)
        return row

    def missing(self) -> Iterator[Row]:
        """Failed rows of all that a process which has ended did not send."""
        return self._job.failed(died(self._job.path, self._process.exitcode), but=self._got)

    def stop(self) -> None:
        self.connection.close()
        self._process.terminate()
        self._process.join(_PATIENCE)
        if self._process.is_alive():
            self._process.kill()
            self._process.join()


def _work(connection: Connection, job: Job[Row]) -> None:
    """The process: send each row as soon as it is known. Several run side by side, so each takes one thread."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C goes to the whole group; the parent ends us
    os.environ["JNDKIT_THREADS"] = "1"
    import cv2

    cv2.setNumThreads(1)
    for row in job.rows():
        connection.send(row)
