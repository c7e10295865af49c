"""Trying again what may pass by itself: a store that is busy, a connection that broke."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from typing import TypeVar

Result = TypeVar("Result")

TRIES = 6
FIRST_WAIT = 0.5
"""Seconds, about: each wait is twice the one before, so that all of them take a quarter of a minute."""
LONGEST_WAIT = 60.0


class Passing(Exception):
    """What may pass by itself, with one sentence about it. after: seconds that the other side asks to wait."""

    def __init__(self, reason: str, after: float = 0.0) -> None:
        self.reason, self.after = reason, after
        super().__init__(reason)


def patiently(work: Callable[[], Result], *, first_wait: float = FIRST_WAIT) -> Result:
    """What `work` gives, which is called again, later and later, while it raises Passing; after six times so does this.

    Waits are of random length, so that many workers do not come back at once.
    """
    for tried in range(TRIES):
        try:
            return work()
        except Passing as passing:
            if tried == TRIES - 1:
                raise
            wait = first_wait * 2**tried * random.uniform(0.5, 1.5)
            time.sleep(min(max(wait, passing.after), LONGEST_WAIT))
    raise AssertionError("the last try raised or returned")
