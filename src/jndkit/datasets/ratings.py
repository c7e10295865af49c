"""What people answered: the setting of a coder at which each of them noticed a difference; and the tables it is in."""

from __future__ import annotations

import csv
import json
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from jndkit.errors import InputError, UsageError

ORDERS = ("first", "second", "third")
"""The JND points that studies ask for, going down from the source."""


@dataclass(frozen=True)
class Ratings:
    """The answers for one source and coder, all of them.

    source: name of the picture or the sequence.  codec: "jpeg", "bpg" or "h264".
    knob: what the settings are: "quality", where more is better, or "level" or "qp", where more is worse.
    order: 1 for the first difference going down from the source, 2 for the next, 3.
    points: for each subject the setting at which it noticed; None where it noticed no such difference.
    anchor: the setting that was looked at beside, None for the source or for each subject's own point before.
    """

    source: str
    codec: str
    knob: str
    order: int
    points: tuple[float | None, ...]
    anchor: float | None = None

    @property
    def answers(self) -> tuple[float, ...]:
        """The points of the subjects who have one."""
        return tuple(point for point in self.points if point is not None)


@dataclass
class Inventory:
    """What a folder holds, and what it lacks of the published set, one sentence each."""

    held: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)


def sur(points: Iterable[float | None], value: float, *, higher_is_better: bool = True) -> float:
    """The satisfied-user ratio as counted: the share, 0 to 1, of subjects who notice nothing at a setting.

    points: for each subject the setting at which it noticed.  A subject notices at its own point and beyond, so those
    are satisfied whose point is worse than `value`: below it for qualities, above it for levels and quantisers
    (higher_is_better=False).  Subjects without a point (None) are missing: the share is of the others.
    Raises UsageError where no subject has a point, or a point or the value is not finite.

    Source: Wang et al., "VideoSet: a large-scale compressed video quality dataset based on JND measurement", JVCIR 46,
    2017: one minus the distribution of the JND point.
    """
    known = [point for point in points if point is not None]
    if not known:
        raise UsageError("a satisfied-user ratio needs one answer at least")
    if not all(map(math.isfinite, (*known, value))):
        raise UsageError("the settings of a satisfied-user ratio are finite numbers")
    satisfied = sum(point < value if higher_is_better else point > value for point in known)
    return satisfied / len(known)


def find(folder: str | Path, name: str) -> Path | None:
    """The file of that name in a folder or any folder below, or None.

    Raises InputError where the folder is none, or holds several of that name.
    """
    home = Path(folder)
    if not home.is_dir():
        raise InputError(home, "there is no such folder")
    paths = sorted(path for path in home.rglob(name) if path.is_file())
    if len(paths) > 1:
        raise InputError(home, f"it holds {name} more than once: {paths[0]} and {paths[1]}")
    return paths[0] if paths else None


def read_rows(path: Path) -> list[list[str]]:
    """The cells of a CSV file without its empty lines. Raises InputError where it cannot be read or holds nothing."""
    try:
        text = path.read_text(encoding="utf-8-sig")  # spreadsheets put a byte order mark first
        rows = [[cell.strip() for cell in row] for row in csv.reader(text.splitlines())]
    except (OSError, ValueError, csv.Error) as error:
        raise InputError(path, f"the table cannot be read ({error})") from None
    rows = [row for row in rows if any(row)]
    if not rows:
        raise InputError(path, "the table is empty")
    return rows


def read_columns(path: Path, columns: Sequence[str]) -> list[tuple[int, dict[str, str]]]:
    """(number of the row, its cells by column) of a table with a header, which may have more columns than those wanted.

    Raises InputError as `read_rows` does, and where a column is missing or a row has another length.
    """
    header, *rows = read_rows(path)
    if lacking := [name for name in columns if name not in header]:
        raise InputError(path, f"the table has no column {lacking[0]!r}")
    for number, row in enumerate(rows, 2):
        if len(row) != len(header):
            raise InputError(path, f"row {number} has {len(row)} cells and the header {len(header)}")
    return [(number, dict(zip(header, row, strict=True))) for number, row in enumerate(rows, 2)]


def read_points(path: Path, number: int, text: str, low: int, high: int) -> tuple[float, ...]:
    """The settings in a cell such as "[33, 35, 31]". Raises InputError for all else, and for settings outside."""
    try:
        answers = json.loads(text)
    except ValueError:
        answers = None
    if not isinstance(answers, list) or not answers:
        raise InputError(path, f"row {number} has no list of answers: {text[:40]!r}")
    return tuple(read_point(path, number, str(answer), low, high) for answer in answers)


def read_point(path: Path, number: int, text: str, low: int, high: int) -> float:
    """One setting. Raises InputError where it is no whole number from low to high."""
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not (low <= value <= high and value == round(value)):
        raise InputError(path, f"row {number} has the answer {text[:20]!r}, no whole number from {low} to {high}")
    return value
