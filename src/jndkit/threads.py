"""Work on a picture strip by strip: the working arrays stay in the cache, and strips run side by side."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor, wait
from functools import cache
from typing import TypeVar

STRIP_PIXELS = 1 << 17  # half a megabyte of float32: a few working arrays fit in a core's second-level cache
_Part = TypeVar("_Part")
_Result = TypeVar("_Result")


def over_strips(work: Callable[[int, int], None], height: int, width: int, multiple: int = 1) -> None:
    """Call `work(top, bottom)` for strips that cover `height` rows, each starting at a multiple of `multiple`.

    Strips run in several threads at once; each must write to rows of its own.
    """
    rows = max(1, STRIP_PIXELS // max(1, width) // multiple) * multiple
    side_by_side(lambda top: work(top, min(height, top + rows)), range(0, height, rows))


def side_by_side(work: Callable[[_Part], _Result], parts: Iterable[_Part]) -> list[_Result]:
    """What `work` makes of each part, in the order of the parts, which are done in several threads at once.

    Called from within `work`, it does its parts one after the other: all threads have something to do already.
    """
    queue = list(parts)
    # A thread of the pool that waited for another could wait for itself.
    if len(queue) < 2 or threads() == 1 or _within.pool:
        return [work(part) for part in queue]
    return list(_pool().map(work, queue))


def together(beside: Callable[[], _Part], here: Callable[[], _Result]) -> tuple[_Part, _Result]:
    """What two pieces of work come to, the first done in another thread where there is one.

    The second may call `side_by_side`, and share the threads that are left.
    """
    if threads() == 1 or _within.pool:
        return beside(), here()
    begun = _pool().submit(beside)
    try:
        found = here()
    finally:
        wait([begun])
    return begun.result(), found


def threads() -> int:
    """Threads that are used: JNDKIT_THREADS, else the processors this process may run on, at most 8."""
    wanted = os.environ.get("JNDKIT_THREADS", "")
    if wanted.isdigit() and int(wanted) > 0:
        return int(wanted)
    return min(8, processors())


def processors() -> int:
    """Processors this process may run on, which can be fewer than the machine has."""
    if hasattr(os, "sched_getaffinity"):  # not on macOS and Windows
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


class _Within(threading.local):
    """Whether this thread is one of the pool."""

    pool = False


_within = _Within()


def _enter() -> None:
    _within.pool = True


@cache
def _pool() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(threads(), thread_name_prefix="jndkit", initializer=_enter)


if hasattr(os, "register_at_fork"):
    # A forked process inherits the pool without its threads, and would wait for them for ever.
    os.register_at_fork(after_in_child=_pool.cache_clear)
