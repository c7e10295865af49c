"""Processes of this machine that work side by side. One that dies loses its own picture and no other."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import contextmanager, suppress
from itertools import chain, islice
from typing import TYPE_CHECKING, Generic

from jndkit.batch.bounds import Bounds, memory_for, usable_memory
from jndkit.batch.engine import Job, Row, Step, missing, rows_of, size_of
from jndkit.batch.failures import died
from jndkit.batch.processes import below, kill
from jndkit.errors import UsageError
from jndkit.interrupts import no_interrupts
from jndkit.picture import MAX_PIXELS
from jndkit.threads import processors

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

# What starts other processes is imported where one is started: most runs are of one picture.

PIXELS_AT_ONCE = 200_000_000
"""Pictures are held back while those at work have more pixels than this together."""

_PATIENCE = 2.0  # seconds a process has to end by itself
_LOOK = 1.0  # seconds, after which it is looked whether the processes live
_TURN = 0.005  # seconds by which the end of a job follows its last row


def jobs_wanted(jobs: int | None) -> int:
    """Processes at work at once: as asked, else the processors. Raises UsageError for less than one."""
    if jobs is not None and jobs < 1:
        raise UsageError(f"--jobs must be at least 1, not {jobs}")
    return processors() if jobs is None else jobs


class LocalEngine:
    """Up to so many processes side by side, started when there is work for them and used again.

    processes: by default the processors. Where one is asked for, and for a single job, this process does it all itself:
        that saves the start of another, but a picture that takes all memory is then the end of the run.
    max_pixels: the most that a job decodes.  bounds: of the work on a picture; a process that breaks them is ended.
    apart: never in this process, whatever the count.
    The processors are shared out evenly: each process has as many threads as fall to it.
    Raises UsageError for less than one process.
    """

    def __init__(
        self,
        processes: int | None = None,
        *,
        max_pixels: int = MAX_PIXELS,
        bounds: Bounds | None = None,
        apart: bool = False,
    ) -> None:
        self.processes = jobs_wanted(processes)
        self._alone = processes == 1 and not apart
        self._apart = apart
        self._max_pixels = max_pixels
        self._bounds = bounds or Bounds()

    def run(self, jobs: Iterable[Job[Row]]) -> Generator[Row, None, None]:
        """See `Engine`. Jobs are sent one at a time, so that thousands of them cost no memory."""
        pending = iter(jobs)
        first = [] if self._alone else list(islice(pending, max(2, self.processes)))
        if self._alone or (len(first) < 2 and not self._apart):
            for job in chain(first, pending):
                yield from rows_of(job)
            return
        most = max(1, min(self.processes, len(first)))
        pool = _Pool(chain(first, pending), most, self._max_pixels, self._bounds)
        try:
            yield from pool.rows()
        finally:
            pool.stop()


class _Pool(Generic[Row]):
    """The processes of one run, and the jobs that none of them has yet."""

    def __init__(self, jobs: Iterator[Job[Row]], processes: int, max_pixels: int, bounds: Bounds) -> None:
        self._jobs = jobs
        self._next: tuple[Job[Row], int] | None = None  # with its pixels
        self._most = processes
        self._max_pixels = max_pixels
        self._bounds = bounds
        self._memory = usable_memory()
        self._workers: list[Worker[Row]] = []

    def rows(self) -> Generator[Row, None, None]:
        from multiprocessing.connection import wait

        self._give_out()
        while busy := [worker for worker in self._workers if worker.job is not None]:
            # Not for ever: a program that a worker left behind may hold its end of the connection open.
            ready = wait([worker.connection for worker in busy], _LOOK)
            for worker in busy:
                if worker.connection in ready or worker.has_ended():
                    rows = worker.take()
                elif (error := worker.broken(self._bounds)) is not None:
                    rows = worker.kill(error)
                else:
                    continue
                if worker.job is None:  # before its last rows are given away, so that nobody waits for their reader
                    if not worker.alive:
                        self._discard(worker)
                    self._give_out()
                yield from rows

    def stop(self) -> None:
        for worker in self._workers:  # all of them first: the patience with one is then that with all
            worker.terminate()
        for worker in self._workers:
            worker.stop()

    def _give_out(self) -> None:
        """Give jobs to idle processes, starting new ones where all are at work, while there is room for them."""
        while (waiting := self._waiting()) is not None:
            idle = next((worker for worker in self._workers if worker.job is None), None)
            if idle is None and len(self._workers) >= self._most:
                return
            job, pixels = waiting
            if not self._has_room(pixels):
                return
            if idle is None:
                try:
                    idle = Worker(max(1, processors() // self._most))
                except OSError:  # no memory, or no more processes allowed: those that there are do it all
                    if not self._workers:
                        raise
                    self._most = len(self._workers)
                    return
                self._workers.append(idle)
            if idle.give(job, pixels):
                self._next = None
            else:  # it died between two jobs, which is no job's fault
                self._discard(idle)

    def _waiting(self) -> tuple[Job[Row], int] | None:
        """The job that is next, and its pixels."""
        if self._next is None:
            job = next(self._jobs, None)
            self._next = None if job is None else (job, min(size_of(job), self._max_pixels))
        return self._next

    def _has_room(self, pixels: int) -> bool:
        """Whether the machine holds pictures of so many pixels beside those at work; beside none, any."""
        busy = [worker.pixels for worker in self._workers if worker.job is not None]
        held = sum(memory_for(each) for each in [*busy, pixels])
        return not busy or (sum(busy) + pixels <= PIXELS_AT_ONCE and not 0 < self._memory < held)

    def _discard(self, worker: Worker[Row]) -> None:
        self._workers.remove(worker)
        worker.stop()


class Worker(Generic[Row]):
    """One process, and the job it works on. alive: until it is found to have ended."""

    def __init__(self, threads: int, lost: Callable[[str, int | None], Exception] = died) -> None:
        """threads: of its libraries.  lost: the error of a job whose process ended, by its path and the exit code."""
        import multiprocessing

        from jndkit.batch.worker import THREADS, main

        # On every system: a fork would inherit libraries whose threads have started and may hold locks.
        context = multiprocessing.get_context("spawn")
        self.connection: Connection
        self.connection, theirs = context.Pipe()
        self._process = context.Process(target=main, args=(theirs,), name="jnd")
        # The new process has the environment from its first instruction on, before it loads any library.
        try:
            with no_interrupts(), _environment(dict.fromkeys(THREADS, str(threads))):
                self._process.start()
        except OSError:
            self.connection.close()
            raise
        finally:
            theirs.close()  # or its end here would hide that the process has ended
        self.job: Job[Row] | None = None
        self.pixels = 0
        self.alive = True
        self._given = 0
        self._since = 0.0  # when the work on the row that is next began
        self._fresh = True
        self._lost = lost

    @property
    def pid(self) -> int:
        return self._process.pid or 0

    def has_ended(self) -> bool:
        return not self._process.is_alive()

    def give(self, job: Job[Row], pixels: int) -> bool:
        """Whether the job is its own from now on; not where it has ended since its last job."""
        try:
            self.connection.send(job)
        except OSError:
            if not self._fresh:
                return False
            # One that does not even start is the failure of this job, or we should start another for ever.
        self.job, self.pixels = job, pixels
        self._given, self._fresh = 0, False
        self._since = time.monotonic()
        return True

    def broken(self, bounds: Bounds) -> Exception | None:
        """Why it is to be ended, or None."""
        if self.job is None:
            return None
        return bounds.broken(self.job.path, self.pid, time.monotonic() - self._since)

    def take(self) -> list[Row]:
        """What there is, once the connection is ready: a row or two; of a process that has ended, all that are missing.

        `job` is None from the last row on.
        """
        rows = self._receive()
        # The worker waits for its next job while we give away the last row of this one, which may take a while.
        if self.job is not None and self.connection.poll(_TURN):
            rows += self._receive()
        return rows

    def _receive(self) -> list[Row]:
        if self.job is None:
            raise RuntimeError("an idle worker has no rows")
        job = self.job
        try:
            if not self.connection.poll():  # it has ended, and its end of the connection is still open elsewhere
                raise EOFError
            message: tuple[Row] | None = self.connection.recv()
        except (EOFError, OSError):
            self._process.join(_PATIENCE)
            self.job, self.pixels, self.alive = None, 0, False
            return list(missing(job, self._lost(job.path, self._process.exitcode), self._given))
        if message is None:
            self.job, self.pixels = None, 0
            return []
        self._given += not isinstance(message[0], Step)
        self._since = time.monotonic()
        return [message[0]]

    def terminate(self) -> None:
        """End it in the middle of its job; an idle one ends by itself when the connection is closed."""
        if self.job is not None:
            self._process.terminate()

    def kill(self, error: Exception) -> list[Row]:
        """End it at once in the middle of its job: the rows that are missing, which `error` is the reason for."""
        job, self.job, self.pixels, self.alive = self.job, None, 0, False
        helpers = below(self.pid)
        self._process.kill()
        self.stop()
        for pid in helpers:  # decoders and encoders that it had started
            with suppress(OSError):
                kill(pid)
        return [] if job is None else list(missing(job, error, self._given))

    def stop(self) -> None:
        self.connection.close()
        self.terminate()
        self._process.join(_PATIENCE)
        if self._process.is_alive():
            self._process.kill()
            self._process.join()


@contextmanager
def _environment(names: dict[str, str]) -> Iterator[None]:
    """The environment with these names set, for the processes started meanwhile."""
    before = {name: os.environ.get(name) for name in names}
    os.environ.update(names)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
