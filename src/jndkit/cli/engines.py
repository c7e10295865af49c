"""Who does the work: --engine, --address, --jobs."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from typing import TYPE_CHECKING, Any, TextIO, cast

from jndkit.errors import UsageError, check_choice
from jndkit.limits import MAX_PIXELS

if TYPE_CHECKING:
    from jndkit.batch import Engine

ENGINES = ("local", "ray")
SECONDS = 1800.0
"""A picture is given up after this time, where nothing else is asked for."""


def check_engine(name: str | None, address: str | None) -> None:
    """Raises UsageError for an engine that there is none of, and for an address of none."""
    if name is not None:
        check_choice("engine", name, ENGINES)
    if address is not None and name != "ray":
        raise UsageError("--address is of a Ray cluster: add --engine ray")


@contextmanager
def engine_for(
    name: str | None,
    address: str | None,
    jobs: int | None,
    *,
    max_pixels: int = MAX_PIXELS,
    seconds: float | None = None,
) -> Iterator[Engine]:
    """The engine that is asked for, for as long as it is needed; without a name that of every verb.

    Raises UsageError as `check_engine` does, for less than one job, and where no cluster answers; MissingError.
    """
    check_engine(name, address)
    from jndkit.batch import LocalEngine, jobs_wanted
    from jndkit.batch.bounds import Bounds, memory_for

    if name is None:
        yield LocalEngine(jobs, max_pixels=max_pixels)
        return
    if seconds is not None and not seconds > 0:
        raise UsageError(f"--max-seconds must be more than 0, not {seconds:g}")
    bounds = Bounds(seconds or SECONDS, 2 * memory_for(max_pixels))
    if name == "local":
        yield LocalEngine(jobs, max_pixels=max_pixels, bounds=bounds, apart=True)
        return
    from jndkit.batch.cluster import RayEngine

    jobs_wanted(jobs)
    engine = RayEngine(address, processes=jobs, max_pixels=max_pixels, bounds=bounds)
    with redirect_stdout(cast(TextIO, Parted(sys.stdout))):
        try:
            yield engine
        finally:
            engine.close()


class Parted:
    """A standard output that is one for the thread that makes it; what others print there goes to stderr.

    Ray tells of lost nodes on stdout, by a thread of its own, and stdout is for rows.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream, self._owner = stream, threading.get_ident()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream if threading.get_ident() == self._owner else sys.stderr, name)
