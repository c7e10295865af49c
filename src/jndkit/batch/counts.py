"""What became of a run so far, in numbers that do not grow with it."""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Counts:
    """total: pictures of the source.  known: of which earlier runs had the row.  fresh: done by this run.

    statuses, failures: of both, by status and by type of error.  before, after: bytes of the pictures that were written
    or kept, those that were kept counted as they are.  failed: of this run.  state: "running", "done", "stopped" (too
    many failures), "interrupted" or "failed", with `why` then.
    """

    total: int = 0
    known: int = 0
    fresh: int = 0
    failed: int = 0
    before: int = 0
    after: int = 0
    statuses: Counter[str] = field(default_factory=Counter)
    failures: Counter[str] = field(default_factory=Counter)
    state: str = "running"
    why: str | None = None
    started: float = field(default_factory=time.time)
    _clock: float = field(default_factory=time.monotonic)

    def add(
        self, status: str, size: int | None, input_size: int | None, error: str | None, *, known: bool = False
    ) -> None:
        """Count a picture. size, input_size: bytes.  error: the type, of one that failed."""
        self.known += known
        self.fresh += not known
        self.statuses[status] += 1
        if error is not None:
            self.failures[error] += 1
            self.failed += not known
        elif status in ("written", "skipped", "kept") and input_size is not None:
            self.before += input_size
            self.after += size if status != "kept" and size is not None else input_size

    @property
    def rate(self) -> float:
        """Pictures a second of this run."""
        return self.fresh / max(1e-9, time.monotonic() - self._clock)

    @property
    def eta(self) -> float | None:
        """Seconds that are left at this rate; None where nothing tells."""
        return (self.total - self.known - self.fresh) / self.rate if self.fresh else None

    def told(self) -> dict[str, Any]:
        """A JSON object."""
        eta = self.eta if self.state == "running" else None
        return {
            "state": self.state,
            "why": self.why,
            "total": self.total,
            "done": self.known + self.fresh,
            "known": self.known,
            "statuses": dict(self.statuses),
            "failures": dict(self.failures),
            "input_bytes": self.before,
            "bytes": self.after,
            "saved_bytes": self.before - self.after,
            "pictures_per_second": round(self.rate, 3),
            "seconds": round(time.monotonic() - self._clock, 3),
            "eta_seconds": None if eta is None else round(eta),
            "started": round(self.started, 3),
            "updated": round(time.time(), 3),
        }
