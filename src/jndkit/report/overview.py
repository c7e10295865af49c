"""The page of many rows."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from jndkit.errors import UsageError
from jndkit.evidence import Row
from jndkit.report import sections
from jndkit.report.entries import Entry, entry, read_entries
from jndkit.report.listing import THUMBNAILS_BYTES, rows_section, worst_section
from jndkit.report.page import LOOK, page
from jndkit.report.pictures import located, side_for, thumbnails, worst_places
from jndkit.report.tally import Tally, tallied

Begin = Callable[[int], Callable[[], None]]
"""Told how many pictures will be opened, gives what is called after each."""


def report(
    paths: Iterable[str | Path],
    to: str | Path,
    *,
    pictures: bool = True,
    jobs: int | None = None,
    begin: Begin | None = None,
) -> bytes:
    """The page of the rows in some files: one HTML file that needs no other.

    paths: files of JSON lines from `jnd encode`, `predict` or `compare`.  to: where the page will lie, for its links.
    pictures: whether the pictures are opened, for small ones and the worst places.
    jobs: processes that open them at once, the processors by default.  begin: for a progress bar.
    Raises InputError for a file of rows, UsageError where there is no row at all.
    """
    paths = list(paths)
    return _report(read_entries(paths), [str(path) for path in paths], to, pictures, jobs, begin)


def report_of(
    rows: Iterable[Row], source: str, to: str | Path, *, jobs: int | None = None, begin: Begin | None = None
) -> bytes:
    """The page of rows of this run. source: what they are of, in words.  Other arguments as of `report`."""
    home = Path.cwd()
    return _report((entry(asdict(row), home) for row in rows), [source], to, True, jobs, begin)


def report_of_ledger(
    rows: Iterable[dict[str, Any]], source: str, to: str | Path, *, jobs: int | None = None, begin: Begin | None = None
) -> bytes:
    """The page of the rows of a ledger, one at a time, so that there may be millions. Arguments as of `report_of`."""
    home = Path.cwd()
    return _report((entry(row, home) for row in rows), [source], to, True, jobs, begin)


def _report(
    entries: Iterable[Entry],
    sources: list[str],
    to: str | Path,
    pictures: bool,
    jobs: int | None,
    begin: Begin | None,
) -> bytes:
    tally = tallied(entries)
    if not tally.rows:
        raise UsageError(f"{', '.join(sources)}: there is no row to report on")
    folder = Path(to).absolute().parent
    small, shown = {}, {}
    if pictures:
        sample = tally.sample
        there = sum(1 for item in sample if located(item.output, item.home) or located(item.input, item.home))
        done = begin(there + len(tally.worst)) if begin is not None else None
        small = thumbnails(sample, side_for(there, THUMBNAILS_BYTES), jobs=jobs, done=done)
        shown = {worst.place: worst for worst in worst_places(tally.worst, jobs=jobs, done=done)}
    body = [
        sections.headline(tally, sources),
        sections.requests(tally),
        worst_section(tally.worst, shown, folder),
        sections.failures(tally),
        sections.kept(tally),
        rows_section(tally, small, folder),
        sections.versions(tally),
    ]
    return _page(tally, body)


def _page(tally: Tally, body: list[str]) -> bytes:
    scripts = (*LOOK, "embedded.js", "words.js", "report.js")
    title = f"jnd report: {tally.rows:,} row{'s' if tally.rows != 1 else ''}"
    return page(title, ["<main>\n", *body, "</main>\n"], scripts=scripts, styles=("page.css", "look.css"))
