"""Jobs that say who does them, and end in every way that a job may."""

from __future__ import annotations

import ctypes
import os
import signal
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Chore:
    """Does one deed a row; the row of a deed is (path, deed, what came of it)."""

    path: str
    deeds: tuple[str, ...] = ("pid",)

    def rows(self) -> Iterator[tuple[str, str, str]]:
        for deed in self.deeds:
            yield self.path, deed, DEEDS[deed]()

    def failed(self, error: Exception) -> Iterator[tuple[str, str, str]]:
        for deed in self.deeds:
            yield self.path, deed, f"failed: {error}"


def _kill() -> str:
    os.kill(os.getpid(), signal.SIGKILL)
    return "alive"


def _leave() -> str:
    os._exit(3)


def _err() -> str:
    raise ValueError("no such deed")


def _wait() -> str:
    time.sleep(0.2)
    return "waited"


def _sleep() -> str:
    time.sleep(60)
    return "slept"


def _born() -> str:
    """The environment that the process was started with, before it ran or loaded anything."""
    return Path("/proc/self/environ").read_bytes().replace(b"\0", b"\n").decode()


def _blas() -> str:
    """How many threads the BLAS that NumPy has loaded takes."""
    import numpy as np

    found = sorted((Path(np.__file__).parents[1] / "numpy.libs").glob("libscipy_openblas64_*"))
    return str(ctypes.CDLL(str(found[0])).scipy_openblas_get_num_threads64_()) if found else ""


def _opencv() -> str:
    import cv2

    return str(cv2.getNumThreads())


def _child() -> str:
    """Start a program that has our end of the connection open and outlives us, and die."""
    pid = os.fork()
    if pid == 0:
        time.sleep(20)
        os._exit(0)
    os.kill(os.getpid(), signal.SIGKILL)
    return "alive"


DEEDS = {
    "pid": lambda: str(os.getpid()),
    "kill": _kill,
    "leave": _leave,
    "err": _err,
    "wait": _wait,
    "sleep": _sleep,
    "born": _born,
    "blas": _blas,
    "opencv": _opencv,
    "child": _child,
}
