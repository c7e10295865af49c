"""Processes that work side by side. One that dies loses its own picture and no other."""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection, wait

from jndkit.corpus import worker
from jndkit.corpus.attempts import Outcome, crashed
from jndkit.pipeline import Settings

PIXELS_AT_ONCE = 200_000_000
"""Pictures are held back while those at work have more pixels than this together."""

_PIXELS_PER_BYTE = 8  # of files whose header is not looked at: about what coders need at good quality
_HEADERS = ("JPEG", "PNG", "WEBP", "BMP", "TIFF", "PPM")
_PATIENCE = 2.0  # seconds a process has to end by itself


class _Worker:
    """One process, and the task it works on."""

    def __init__(self) -> None:
        context = multiprocessing.get_context("spawn")
        self.connection: Connection
        self.connection, theirs = context.Pipe()
        self.process = context.Process(target=worker.main, args=(theirs,), name="jnd")
        with _no_interrupts():
            self.process.start()
        theirs.close()
        self.task: tuple[int, str] | None = None
        self.pixels = 0

    def give(self, index: int, path: str, pixels: int, settings: Settings, write: bool) -> None:
        self.task, self.pixels = (index, path), pixels
        try:
            self.connection.send((path, settings, write))
        except OSError:
            pass  # it died idle; the closed connection is noticed when its answer is read

    def take(self) -> tuple[int, Outcome, bool]:
        """(index, outcome, whether the process still lives), once the connection is ready to be read."""
        if self.task is None:
            raise RuntimeError("an idle worker has no answer")
        index, path = self.task
        self.task, self.pixels = None, 0
        try:
            outcome: Outcome = self.connection.recv()
            return index, outcome, True
        except (EOFError, OSError):
            self.process.join(_PATIENCE)
            return index, crashed(path, self.process.exitcode), False

    def stop(self) -> None:
        self.connection.close()
        if self.task is not None:
            self.process.terminate()
        self.process.join(_PATIENCE)
        if self.process.is_alive():
            self.process.kill()
            self.process.join()


def work(tasks: Sequence[tuple[int, str]], settings: Settings, jobs: int, write: bool) -> Iterator[tuple[int, Outcome]]:
    """(index, outcome) of every (index, path), in the order of completion; tasks are given out one at a time."""
    pending = deque(tasks)
    workers: list[_Worker] = []
    try:
        while pending or any(each.task for each in workers):
            _give_out(pending, workers, settings, jobs, write)
            ready = wait([each.connection for each in workers if each.task])
            for each in [each for each in workers if each.task and each.connection in ready]:
                index, outcome, alive = each.take()
                if not alive:
                    workers.remove(each)
                    each.stop()
                if pending:
                    _give_out(pending, workers, settings, jobs, write)
                yield index, outcome
    finally:
        for each in workers:
            if each.task is not None:
                each.process.terminate()
        for each in workers:
            each.stop()


def _give_out(
    pending: deque[tuple[int, str]], workers: list[_Worker], settings: Settings, jobs: int, write: bool
) -> None:
    """Give tasks to idle processes, starting new ones up to `jobs`, while the pixels at work allow it."""
    while pending:
        idle = next((each for each in workers if each.task is None), None)
        if idle is None and len(workers) >= jobs:
            return
        index, path = pending[0]
        pixels = min(pixels_of(path), settings.max_pixels)
        at_work = sum(each.pixels for each in workers)
        if at_work and at_work + pixels > PIXELS_AT_ONCE:
            return
        if idle is None:
            idle = _Worker()
            workers.append(idle)
        pending.popleft()
        idle.give(index, path, pixels, settings, write)


def pixels_of(path: str) -> int:
    """About how many pixels a file holds: what its header says, else a guess from its size. Never an error."""
    from PIL import Image

    from jndkit.picture.decoding import quiet

    try:
        size = os.path.getsize(path)
        try:
            with quiet(), Image.open(path, formats=_HEADERS) as image:
                return image.width * image.height
        except Exception:  # whatever is wrong with the file, the worker will say
            return size * _PIXELS_PER_BYTE
    except OSError:
        return 0


@contextmanager
def _no_interrupts() -> Iterator[None]:
    """Ctrl-C is held back, here and for good in a process started meanwhile, which would else print a traceback."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    resource_tracker.ensure_running()  # it unblocks signals when it starts
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
