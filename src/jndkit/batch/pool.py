"""Processes that work side by side. One that dies loses its own picture and no other."""

from __future__ import annotations

import multiprocessing
import os
import stat
from collections import deque
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager, suppress
from multiprocessing.connection import Connection, wait
from typing import Generic, TypeVar

from jndkit.batch import worker
from jndkit.errors import CodecError, UsageError
from jndkit.interrupts import no_interrupts
from jndkit.picture import MAX_PIXELS
from jndkit.picture.silence import quiet_pillow
from jndkit.threads import processors

Answer = TypeVar("Answer")

PIXELS_AT_ONCE = 200_000_000
"""Pictures are held back while those at work have more pixels than this together."""

_PIXELS_PER_BYTE = 8  # of files whose header is not looked at: about what coders need at good quality
_HEADERS = ("JPEG", "PNG", "WEBP", "BMP", "TIFF", "PPM")
_PATIENCE = 2.0  # seconds a process has to end by itself


def jobs_wanted(jobs: int | None) -> int:
    """Processes at work at once: as asked, else the processors. Raises UsageError for less than one."""
    if jobs is not None and jobs < 1:
        raise UsageError(f"--jobs must be at least 1, not {jobs}")
    return processors() if jobs is None else jobs


def died(path: str, code: int | None) -> CodecError:
    """What is said of a process that ended in the middle of its work. code: its exit code."""
    how = f"was killed by signal {-code}" if code is not None and code < 0 else f"ended with code {code}"
    return CodecError(f"{path}: the process working on it {how}, perhaps for want of memory")


class _Worker(Generic[Answer]):
    """One process, and the task it works on."""

    def __init__(self, threads: int, lost: Callable[[str, int | None], Answer]) -> None:
        context = multiprocessing.get_context("spawn")
        self.connection: Connection
        self.connection, theirs = context.Pipe()
        self.process = context.Process(target=worker.main, args=(theirs,), name="jnd")
        with no_interrupts(), _environment(dict.fromkeys(worker.THREADS, str(threads))):
            self.process.start()
        theirs.close()
        self.task: tuple[int, str] | None = None
        self.pixels = 0
        self._lost = lost

    def give(self, index: int, path: str, work: Callable[[str], Answer], pixels: int) -> None:
        self.task, self.pixels = (index, path), pixels
        with suppress(OSError):  # it died idle; that is noticed when its answer is read
            self.connection.send((work, path))

    def take(self) -> tuple[int, Answer, bool]:
        """(index, answer, whether the process still lives), once the connection is ready to be read."""
        if self.task is None:
            raise RuntimeError("an idle worker has no answer")
        index, path = self.task
        self.task, self.pixels = None, 0
        try:
            answer: Answer = self.connection.recv()
            return index, answer, True
        except (EOFError, OSError):
            self.process.join(_PATIENCE)
            return index, self._lost(path, self.process.exitcode), False

    def stop(self) -> None:
        self.connection.close()
        if self.task is not None:
            self.process.terminate()
        self.process.join(_PATIENCE)
        if self.process.is_alive():
            self.process.kill()
            self.process.join()


class Pool(Generic[Answer]):
    """Up to `jobs` processes of `threads` threads each.

    lost: the answer for a file whose process ended, of its name and that process's exit code.
    max_pixels: the most a task decodes.
    """

    def __init__(
        self, lost: Callable[[str, int | None], Answer], *, jobs: int, threads: int, max_pixels: int = MAX_PIXELS
    ) -> None:
        self._lost = lost
        self._jobs = jobs
        self._threads = threads
        self._max_pixels = max_pixels
        self._workers: list[_Worker[Answer]] = []

    def work(
        self, tasks: Sequence[tuple[int, str, Callable[[str], Answer]]]
    ) -> Generator[tuple[int, Answer], None, None]:
        """(index, work(path)) of every (index, path, work), in the order of completion. Closing it stops the processes.

        work: picklable.  Tasks are given out one at a time: thousands of them cost no memory.
        """
        pending = deque(tasks)
        try:
            self._give_out(pending)
            while busy := [each for each in self._workers if each.task]:
                ready = wait([each.connection for each in busy])
                for each in busy:
                    if each.connection not in ready:
                        continue
                    index, answer, alive = each.take()
                    if not alive:
                        self._workers.remove(each)
                        each.stop()
                    self._give_out(pending)
                    yield index, answer
        finally:
            for each in self._workers:
                if each.task is not None:
                    each.process.terminate()
            for each in self._workers:
                each.stop()

    def _give_out(self, pending: deque[tuple[int, str, Callable[[str], Answer]]]) -> None:
        """Give tasks to idle processes, starting new ones where all are at work, while the pixels at work allow it."""
        while pending:
            idle = next((each for each in self._workers if each.task is None), None)
            if idle is None and len(self._workers) >= self._jobs:
                return
            index, path, work = pending[0]
            pixels = min(pixels_of(path), self._max_pixels)
            at_work = sum(each.pixels for each in self._workers)
            if at_work and at_work + pixels > PIXELS_AT_ONCE:
                return
            if idle is None:
                idle = _Worker(self._threads, self._lost)
                self._workers.append(idle)
            pending.popleft()
            idle.give(index, path, work, pixels)


def pixels_of(path: str) -> int:
    """About how many pixels a file holds: what its header says, else a guess from its size. Never an error."""
    told = header_pixels(path)
    if told is not None:
        return told
    try:
        found = os.stat(path)
    except OSError:
        return 0
    return found.st_size * _PIXELS_PER_BYTE if stat.S_ISREG(found.st_mode) else 0


def header_pixels(path: str) -> int | None:
    """How many pixels the header of a file says; None where it is not read. Never an error."""
    from PIL import Image

    if not os.path.isfile(path):  # opening a pipe would wait for its other end
        return None
    try:
        with quiet_pillow(), Image.open(path, formats=_HEADERS) as image:
            return image.width * image.height
    except Exception:  # whatever is wrong with the file, the worker will say
        return None


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
