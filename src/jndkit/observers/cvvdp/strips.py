"""Work on a plane strip by strip: the working arrays stay in the cache, and strips run side by side."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache

_STRIP_PIXELS = 1 << 17


def over_strips(work: Callable[[int, int], None], height: int, width: int, multiple: int = 1) -> None:
    """Call `work(top, bottom)` for strips that cover `height` rows, each starting at a multiple of `multiple`.

    Strips run in several threads at once; each must write to rows of its own.
    """
    rows = max(1, _STRIP_PIXELS // max(1, width) // multiple) * multiple
    tops = range(0, height, rows)
    if len(tops) == 1:
        work(0, height)
    elif threads() == 1:
        for top in tops:
            work(top, min(height, top + rows))
    else:
        list(_pool().map(lambda top: work(top, min(height, top + rows)), tops))


def threads() -> int:
    """Threads a reading uses: JNDKIT_THREADS, else the processors this process may run on, at most 8."""
    named = os.environ.get("JNDKIT_THREADS", "")
    if named.isdigit() and int(named) > 0:
        return int(named)
    available = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(8, available)


@cache
def _pool() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(threads(), thread_name_prefix="cvvdp")


if hasattr(os, "register_at_fork"):
    # A forked process inherits the pool without its threads, and would wait for them for ever.
    os.register_at_fork(after_in_child=_pool.cache_clear)
