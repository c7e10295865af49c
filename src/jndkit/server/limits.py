"""What one server takes on."""

from __future__ import annotations

import os
from dataclasses import dataclass, field

from jndkit.batch import jobs_wanted
from jndkit.errors import UsageError
from jndkit.limits import MAX_BYTES, MAX_PIXELS, check_max_pixels

QUEUE = 64
SECONDS = 300.0
_MEGABYTE = 1_000_000


@dataclass(frozen=True)
class Limits:
    """jobs: worked on at once; the processors where None.  queue: jobs that may wait.

    bytes: of a picture that is sent.  pixels: of a picture.  seconds: of the work on a job.
    memory: of a job, in bytes; by default half of the machine's, shared among the jobs. Where the system does not tell
        how much a process holds, which is everywhere but on Linux, there is no such limit.
    Raises UsageError for what makes no sense.
    """

    jobs: int | None = None
    queue: int = QUEUE
    bytes: int = MAX_BYTES
    pixels: int = MAX_PIXELS
    seconds: float = SECONDS
    memory: int | None = None
    lanes: int = field(init=False)

    def __post_init__(self) -> None:
        lanes = jobs_wanted(self.jobs)
        object.__setattr__(self, "lanes", lanes)
        check_max_pixels(self.pixels)
        if self.queue < 0:
            raise UsageError(f"--queue must be at least 0, not {self.queue}")
        if not 1 <= self.bytes <= MAX_BYTES:
            raise UsageError(f"--max-bytes must lie between 1 and {MAX_BYTES}, not {self.bytes}")
        if not self.seconds > 0:
            raise UsageError(f"--max-seconds must be more than 0, not {self.seconds:g}")
        if self.memory is None:
            object.__setattr__(self, "memory", _half_of_the_machine() // lanes or None)
        elif self.memory < 100 * _MEGABYTE:
            raise UsageError(f"--max-memory must be at least 100 MB, not {self.memory / _MEGABYTE:g}")


def _half_of_the_machine() -> int:
    """Bytes; 0 where the system does not tell."""
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 2
    except (AttributeError, ValueError, OSError):
        return 0
