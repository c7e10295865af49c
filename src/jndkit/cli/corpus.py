"""Many pictures with a ledger: what is printed while they are done, and what is left at the end."""

from __future__ import annotations

import json as json_text
import os
import shutil
import sys
import time
from contextlib import AbstractContextManager, closing
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jndkit.cli import printing
from jndkit.cli.engines import engine_for
from jndkit.errors import InputError, UsageError
from jndkit.limits import MAX_PIXELS
from jndkit.wording import size

if TYPE_CHECKING:
    from collections.abc import Callable

    from jndkit.batch import Engine
    from jndkit.batch.corpus import Corpus
    from jndkit.batch.counts import Counts
    from jndkit.batch.places import Place
    from jndkit.evidence import Row
    from jndkit.settings import Settings

REPORT = "report.html"
_MINUTE = 60.0  # seconds between two lines where there is no terminal
_REDRAW = 0.2
_BAR = 24  # characters


@dataclass(frozen=True)
class How:
    """The options of a run with a ledger, as the command line has them; None where they are not given."""

    engine: str | None = None
    address: str | None = None
    jobs: int | None = None
    resume: str | None = None
    max_failures: int | None = None
    max_seconds: float | None = None
    variants: str | None = None
    widths: str | None = None
    sizes: str | None = None

    def kept(self, to: Place) -> dict[str, Any]:
        """Keywords of a `Corpus` at that destination."""
        return {
            "resume": self.resume or "yes",
            "parquet": self.engine == "ray" or to.local(REPORT) is None,
            "max_failures": self.max_failures,
        }

    def engine_for(self, pixels: int) -> AbstractContextManager[Engine]:
        """The engine of a run over more than this machine's files. pixels: the most of a picture."""
        return engine_for(self.engine or "local", self.address, self.jobs, max_pixels=pixels, seconds=self.max_seconds)

    def check_unkept(self) -> None:
        """Raises UsageError for what makes sense with a ledger alone."""
        for option, value in (("--resume", self.resume), ("--max-failures", self.max_failures)):
            if value is not None:
                raise UsageError(f"{option} is of a run with a ledger: -o DIR says where that is")

    @property
    def asked(self) -> bool:
        """Whether one of them asks for a ledger."""
        return any(
            getattr(self, each.name) is not None for each in fields(self) if each.name not in ("address", "jobs")
        )


def wanted(pictures: list[str], output: str | None) -> bool:
    """Whether one of the places is more than a file or folder of this machine."""
    from jndkit.batch.places import is_corpus

    return any(is_corpus(place) for place in [*pictures, *([] if output in (None, "-") else [str(output)])])


def places(
    pictures: list[str], output: str | None, *, recursive: bool, column: str | None, pack: str | None
) -> tuple[Place, Place]:
    """Where the pictures come from and where results go. Raises UsageError where that is not one place each."""
    from jndkit.batch.inputs import identity
    from jndkit.batch.places import destination_at, is_corpus, source_at

    if len(pictures) != 1:
        raise UsageError(f"a run with a ledger is over one place, and there are {len(pictures)}")
    (source,) = pictures
    if not output or output == "-":
        raise UsageError("a run with a ledger needs a place for its results: -o DIR")
    if source == output or (not is_corpus(source) and identity(Path(source)) == identity(Path(output))):
        raise UsageError(f"{output}: the results would go among the pictures: choose another place")
    if not is_corpus(source) and not os.path.isdir(source):
        raise InputError(source, "a run with a ledger is over a folder, a store, shards, a table or a list")
    # Of a store all that lies below is meant, whether or not that is asked for.
    found = source_at(source, recursive=recursive or is_corpus(source), column=column, without=output)
    return found, destination_at(output, pack)


def check_made(to: Place, name: str) -> None:
    """Raises UsageError where a table that a run with a ledger makes was made without one."""
    from jndkit.batch.corpus import BEGUN

    if to.exists(name) and not to.exists(BEGUN):
        raise UsageError(f"{to.address(name)}: it was made without a ledger: choose another place for this run")


def encode(source: Place, to: Place, settings: Settings, how: How, *, json: bool, report_to: str | None) -> int:
    """Encode the pictures of a place into another; the exit code.

    report_to: the page; `report.html` at the destination where None.
    """
    from jndkit.conversion.corpus import encoded
    from jndkit.conversion.responsive import parsed
    from jndkit.report import check_page

    variants = parsed(how.variants, how.widths, how.sizes)
    page = to.local(REPORT)
    if report_to is None and page is not None and page.exists():
        check_page(page)
    run = encoded(source, to, settings, variants=variants, **how.kept(to))

    def end() -> None:
        _write_report(run, report_to, how.jobs)

    return follow(run, how, json=json, lines=lambda row: [printing.result(row)], pixels=settings.max_pixels, end=end)


def follow(
    run: Corpus,
    how: How,
    *,
    json: bool,
    lines: Callable[[Row], list[str]],
    pixels: int = MAX_PIXELS,
    end: Callable[[], None] | None = None,
) -> int:
    """Do a run and print its rows; the exit code.

    lines: what stdout gets of a row that did not fail.  pixels: the most of a picture.
    end: what is left to write once all are done.
    """
    with run, how.engine_for(pixels) as by:
        for sentence in run.begin():
            printing.complain(sentence)
        progress = Progress(run.counts)
        progress.tell()  # the first picture may take minutes, and so may the start of a cluster
        with closing(run.run(by)) as rows:
            try:
                for row in rows:
                    progress.clear()
                    _print(row, json, lines)
                    progress.tell()
            finally:
                progress.clear()
        if end is not None:
            end()
        return _end(run.counts, json)


def _print(row: Row, json: bool, lines: Callable[[Row], list[str]]) -> None:
    if json:
        print(row.to_json(), flush=True)
    elif row.error is None:
        for line in lines(row):
            printing.say(line)
        sys.stdout.flush()
    for note in printing.notes(row):
        printing.complain(note)


def _end(counts: Counts, json: bool) -> int:
    """The summary, and the exit code."""
    if json:
        print(json_text.dumps({"summary": counts.told()}), flush=True)
    known = f" ({counts.known} known before)" if counts.known else ""
    printing.say(f"{printing.totals(counts.statuses, counts.before, counts.after)}{known}", file=sys.stderr)
    if counts.state == "stopped":
        printing.complain(f"stopped: {counts.why}")
        return 1
    return 1 if counts.failures else 0


def _write_report(corpus: Corpus, report_to: str | None, jobs: int | None) -> None:
    """The page of all rows, whichever run made them."""
    from jndkit.report import report_of_ledger, write_page

    path = report_to or corpus.to.local(REPORT)
    progress = printing.Progress()
    source = f"jnd encode {corpus.source.address('')}"
    try:
        page = report_of_ledger(corpus.rows(), source, path or REPORT, jobs=jobs, begin=progress.counted)
    finally:
        progress.clear()
    if path is None:
        corpus.to.write(REPORT, page)
    else:
        write_page(path, page)
    printing.complain(f"report: {path or corpus.to.address(REPORT)}, {size(len(page))}")


class Progress:
    """How far a run is: a bar on stderr where that is a terminal, else a line a minute."""

    def __init__(self, counts: Counts) -> None:
        self._counts = counts
        self._terminal = sys.stderr.isatty()
        self._told = time.monotonic() if not self._terminal else 0.0

    def tell(self) -> None:
        """Where it is time, say how far it is."""
        now = time.monotonic()
        if now - self._told < (_REDRAW if self._terminal else _MINUTE):
            return
        self._told = now
        text = said(self._counts)
        if not self._terminal:
            printing.complain(text)
            return
        filled = _BAR * (self._counts.known + self._counts.fresh) // self._counts.total
        width = shutil.get_terminal_size().columns - 1  # a full line may go on in the next
        line = f"[{'#' * filled}{'.' * (_BAR - filled)}] {text}"
        print(f"\r\x1b[K{line[:width]}", end="", file=sys.stderr, flush=True)

    def clear(self) -> None:
        """Take the bar away, so that lines can be printed."""
        if self._terminal:
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)
            self._told = 0.0


def said(counts: Counts) -> str:
    """120 of 1,000: 2.5 a second, 6 min left, 12.3 MB saved, 3 failed (2 FormatError, 1 LimitError)"""
    eta = counts.eta
    parts = [f"{counts.rate:.1f} a second"]
    if eta is not None:
        parts.append(f"{_duration(eta)} left")
    if counts.before > counts.after:
        parts.append(f"{size(counts.before - counts.after)} saved")
    if counts.failures:
        reasons = ", ".join(f"{count} {kind}" for kind, count in counts.failures.most_common())
        parts.append(f"{counts.failures.total()} failed ({reasons})")
    return f"{counts.known + counts.fresh:,} of {counts.total:,}: {', '.join(parts)}"


def _duration(seconds: float) -> str:
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"
