"""Start and end of a study's server, and what the experimenter sees meanwhile."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TextIO

from jndkit.server.access import Access
from jndkit.server.listening import run
from jndkit.study.answers import FILE
from jndkit.study.plan import read_plan
from jndkit.study.sittings.app import make_app
from jndkit.study.sittings.desk import Counts, Work

PORT = 8041


def serve(folder: str | Path, access: Access, *, port: int = PORT, show: bool = True) -> None:
    """Serve sittings of a study until SIGTERM or Ctrl-C. port: 0 takes a free one.  show: open the page in a browser.

    Raises UsageError for an address that cannot be listened at, InputError for a folder that has no whole plan or
    answers to another one.
    """
    plan = read_plan(folder)
    line = Line(sys.stderr)

    async def drain() -> None:
        """Nothing is worked on between requests."""

    work = Work(plan, line.put)
    try:
        run(make_app(plan, access, work), access.host, port, show=show, drain=drain)
    finally:
        work.close()
        line.close(Path(folder) / FILE)


class Line:
    """How a study goes, in one line that is written over on a terminal; elsewhere once, at the end."""

    def __init__(self, stream: TextIO) -> None:
        self._stream, self._live = stream, stream.isatty()
        self._counts: Counts | None = None

    def put(self, counts: Counts) -> None:
        if self._live and counts != self._counts:
            print(f"\r{said(counts)}\033[K", end="", file=self._stream, flush=True)
        self._counts = counts

    def close(self, path: Path) -> None:
        if self._counts is not None:
            begin = "\r" if self._live else ""
            end = "\033[K" if self._live else ""
            print(f"{begin}{said(self._counts)}, in {path}{end}", file=self._stream, flush=True)


def said(counts: Counts) -> str:
    """A sentence without a full stop."""
    sittings = f"{counts.sittings} sitting{'' if counts.sittings == 1 else 's'}"
    return f"{sittings}, {counts.finished} of them finished, {counts.answers:,} answers"
