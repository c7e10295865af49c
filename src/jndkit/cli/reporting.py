"""Rows as they come: lines or JSON, notes, a progress bar, and the exit code."""

from __future__ import annotations

import sys
from collections import Counter
from contextlib import closing
from typing import TYPE_CHECKING

from jndkit import errors
from jndkit.cli import printing

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from jndkit.evidence import Row


class Report:
    """Prints every row of a run. lines: what stdout gets of a row that did not fail.

    total: of rows; 0 where nobody knows it before.  keep: whether `rows` has them afterwards.
    """

    def __init__(self, total: int, *, json: bool, lines: Callable[[Row], list[str]], keep: bool = False) -> None:
        self._json = json
        self._lines = lines
        self._kept: list[Row] | None = [] if keep else None
        self._counts = Counter[str]()
        self._before = self._after = 0
        self._failure: str | None = None
        self._progress = printing.Progress(total)
        self._total = total

    @property
    def rows(self) -> list[Row]:
        """Those that were printed, in order, where they are kept."""
        return self._kept or []

    def advance(self, _: Row) -> None:
        """A picture is done, though its row may have to wait for its turn."""
        self._progress.advance()

    def follow(self, rows: Generator[Row, None, None]) -> int:
        """Print all rows; the exit code. Leaving early, by Ctrl-C or a closed pipe, ends the work."""
        with closing(rows):
            try:
                self._progress.draw()
                for row in rows:
                    self._progress.clear()
                    self._print(row)
                    self._progress.draw()
            finally:
                self._progress.clear()
        count = self._counts.total()
        if self._total > 1 or (self._total == 0 and count > 1):
            printing.say(printing.totals(self._counts, self._before, self._after), file=sys.stderr)
        return code_of(self._failure) if count == 1 else int(self._failure is not None)

    def _print(self, row: Row) -> None:
        if self._kept is not None:
            self._kept.append(row)
        self._counts[row.status] += 1
        if row.status == "written" and row.bytes and row.input_bytes:
            self._before, self._after = self._before + row.input_bytes, self._after + row.bytes
        if row.error is not None:
            self._failure = row.error["type"]
        if self._json:
            print(row.to_json(), flush=True)
        elif row.error is None:
            for line in self._lines(row):
                printing.say(line)
            sys.stdout.flush()  # line by line, also into a pipe
        for note in printing.notes(row):
            printing.complain(note)


def code_of(failure: str | None) -> int:
    """The exit code of a single picture. failure: the type of its error, or None."""
    return 0 if failure is None else int(getattr(getattr(errors, failure, None), "exit_code", 1))
