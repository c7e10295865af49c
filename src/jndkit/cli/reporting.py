"""Rows as they come: lines or JSON, notes, a progress bar, and the exit code."""

from __future__ import annotations

import sys
from contextlib import closing
from typing import TYPE_CHECKING

from jndkit import errors
from jndkit.cli import printing

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from jndkit.evidence import Row


class Report:
    """Prints every row of a run. lines: what stdout gets of a row that did not fail."""

    def __init__(self, total: int, *, json: bool, lines: Callable[[Row], list[str]]) -> None:
        self._json = json
        self._lines = lines
        self._rows: list[Row] = []
        self._progress = printing.Progress(total)
        self._total = total

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
        if self._total > 1:
            printing.say(printing.summary(self._rows), file=sys.stderr)
        return exit_code(self._rows)

    def _print(self, row: Row) -> None:
        self._rows.append(row)
        if self._json:
            print(row.to_json(), flush=True)
        elif row.error is None:
            for line in self._lines(row):
                printing.say(line)
            sys.stdout.flush()  # line by line, also into a pipe
        for note in printing.notes(row):
            printing.complain(note)


def exit_code(rows: list[Row]) -> int:
    """0; of a single picture its own error's code; 1 where some of several failed."""
    failures = [row.error for row in rows if row.error is not None]
    if len(rows) != 1:
        return 1 if failures else 0
    return int(getattr(getattr(errors, failures[0]["type"], None), "exit_code", 1)) if failures else 0
