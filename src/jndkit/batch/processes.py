"""What Linux tells of a process and those it started. Elsewhere nothing is told: no memory, no processes."""

from __future__ import annotations

import os
import signal
from contextlib import suppress
from pathlib import Path

_PROC = Path("/proc")


def below(pid: int) -> list[int]:
    """The processes that it started and that these started, as far as they live."""
    found: list[int] = []
    for task in _tasks(pid):
        with suppress(OSError, ValueError):
            for child in (int(word) for word in (task / "children").read_text().split()):
                found += [child, *below(child)]
    return found


def resident(pid: int) -> int:
    """Bytes of memory that a process and those below it hold, what they share with others left out."""
    return sum(_own(each) for each in (pid, *below(pid)))


def kill(pid: int) -> None:
    """Raises OSError where there is no such process any more."""
    os.kill(pid, signal.SIGKILL if hasattr(signal, "SIGKILL") else signal.SIGTERM)


def _tasks(pid: int) -> list[Path]:
    try:
        return list((_PROC / str(pid) / "task").iterdir())
    except OSError:
        return []


def _own(pid: int) -> int:
    with suppress(OSError, ValueError, IndexError):
        _, held, shared = (_PROC / str(pid) / "statm").read_text().split()[:3]
        return (int(held) - int(shared)) * os.sysconf("SC_PAGE_SIZE")
    return 0
