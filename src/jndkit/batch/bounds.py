"""What the work on one picture may take before it is given up."""

from __future__ import annotations

import os
from dataclasses import dataclass

from jndkit.batch import processes
from jndkit.errors import LimitError

BASE = 400_000_000
"""Bytes that a process holds before it has a picture: libraries, networks."""
PER_PIXEL = 16
"""Bytes for a pixel of the largest picture at work; `benchmarks/large.py` reads 9 to 12."""
_USABLE = 0.8  # of the machine's memory


@dataclass(frozen=True)
class Bounds:
    """seconds: on a picture.  memory: bytes of the process. None where there is no limit.

    Where the system does not tell how much a process holds, which is everywhere but on Linux, memory is not watched.
    """

    seconds: float | None = None
    memory: int | None = None

    def broken(self, path: str, pid: int, seconds: float) -> LimitError | None:
        """Why the work is to be ended, or None. pid: who does it.  seconds: how long already."""
        if self.seconds is not None and seconds > self.seconds:
            return LimitError(path, f"the work on it took more than {self.seconds:g} seconds")
        if self.memory is not None and processes.resident(pid) > self.memory:
            return LimitError(path, f"the work on it took more than {self.memory / 1e6:.0f} MB of memory")
        return None


def memory_for(pixels: int) -> int:
    """About how many bytes the work on a picture of so many pixels takes, its process included."""
    return BASE + PER_PIXEL * pixels


def usable_memory() -> int:
    """Bytes of this machine that work may take; 0 where the system does not tell."""
    try:
        return int(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") * _USABLE)
    except (AttributeError, ValueError, OSError):
        return 0
