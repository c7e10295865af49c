"""A process that stays for jobs that come one after the other, each of which may be ended in the middle."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Generic

from jndkit.batch import processes
from jndkit.batch.engine import Job, Row
from jndkit.batch.failures import died
from jndkit.batch.pool import Worker

_LOOK = 0.05  # seconds between two looks at a job that works


class Standing(Generic[Row]):
    """One worker of the pool, started with the first job and again after one that ended it. For one thread at a time.

    threads: of its libraries.  lost: the error of a job whose process ended, by its path and the exit code.
    """

    def __init__(self, threads: int, lost: Callable[[str, int | None], Exception] = died) -> None:
        self._threads, self._lost = threads, lost
        self._worker: Worker[Row] | None = None

    def rows(self, job: Job[Row], look: Callable[[int], Exception | None]) -> Iterator[Row]:
        """The rows of a job, whatever happens to it.

        look: called again and again with the id of the process while it works. What it returns ends the job, process
            and all, and is why the rest of the rows are missing. Closing the iterator ends the job as well.
        """
        worker = self._given(job)
        try:
            while worker.job is not None:
                error = look(worker.pid)
                if error is not None:
                    yield from self._killed(error)
                elif worker.connection.poll(_LOOK) or worker.has_ended():
                    yield from worker.take()
        finally:
            if worker.job is not None or not worker.alive:
                self.stop()

    @property
    def resident(self) -> int:
        """Bytes of memory that the process holds, and those that it started; 0 where the system does not tell."""
        return 0 if self._worker is None else processes.resident(self._worker.pid)

    def stop(self) -> None:
        """End the process, in the middle of a job too."""
        if self._worker is not None:
            self._killed(InterruptedError())

    def _given(self, job: Job[Row]) -> Worker[Row]:
        while True:
            if self._worker is not None and self._worker.has_ended():  # between two jobs, which is no job's fault
                self.stop()
            if self._worker is None:
                self._worker = Worker(self._threads, self._lost)
            if self._worker.give(job, 0):
                return self._worker
            self.stop()

    def _killed(self, error: Exception) -> list[Row]:
        worker, self._worker = self._worker, None
        return [] if worker is None else worker.kill(error)
