"""What one fixed setting would have done to pictures that were each given their own.

Nothing is encoded for it: what was read while the right setting was searched for is used again, and what was not read
is estimated from it, as the search itself does.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from typing import Literal, NamedTuple

from jndkit.codecs import codec as named_codec
from jndkit.errors import JndError
from jndkit.picturewise.curves import is_known, typical_curve
from jndkit.picturewise.search import NEAR, expect
from jndkit.report.entries import Entry
from jndkit.viewing import DISPLAYS, viewing as named_viewing

QUALITY = 90.0
"""The fixed setting that is asked about wherever the knob is a quality."""


class Told(NamedTuple):
    """How a picture fares at a setting. how: "read" by the observer there, or "estimated" from other settings.

    verdict: "visible", more than was asked for; "wasteful", less than the search would stop at; "fits".
    bytes: of the file, where they are known, else None.
    """

    verdict: Literal["visible", "wasteful", "fits"]
    how: Literal["read", "estimated"]
    bytes: float | None


@dataclass
class Fixed:
    """One setting for all. pictures: of which something can be told.  read: of which it was read.

    unknown: pictures of which nothing can be told.  sized: wasteful ones of which bytes are known, and `wasted` their
    bytes beyond the file that was chosen.
    """

    value: float
    name: str
    pictures: int = 0
    read: int = 0
    visible: int = 0
    wasteful: int = 0
    unknown: int = 0
    sized: int = 0
    wasted: float = 0.0

    def add(self, entry: Entry) -> None:
        told = at(entry, self.value)
        if told is None:
            self.unknown += 1
            return
        self.pictures += 1
        self.read += told.how == "read"
        self.visible += told.verdict == "visible"
        self.wasteful += told.verdict == "wasteful"
        if told.verdict == "wasteful" and told.bytes is not None and entry.bytes is not None:
            self.sized += 1
            self.wasted += told.bytes - entry.bytes


def is_fixable(spec: str) -> bool:
    """Whether a codec is here and has settings to choose from: what is lossless has none."""
    return _grid(spec) is not None


def step_of(spec: str) -> float | None:
    """The least distance of two settings of a codec; None where it is not here, or has one setting."""
    grid = _grid(spec)
    return None if grid is None else min(abs(after - before) for before, after in pairwise(grid))


def fixed_settings(entries: Iterable[Entry], values: dict[float, str]) -> list[Fixed]:
    """What each fixed setting would have done. entries: of one codec and request.  values: setting -> its name."""
    settings = [Fixed(value, name) for value, name in sorted(values.items())]
    for entry in entries:
        for setting in settings:
            setting.add(entry)
    return settings


def at(entry: Entry, value: float) -> Told | None:
    """How a picture fares at a setting of the codec it was given; None where that cannot be told.

    Read there, or from the predicted satisfied-user curve of the row, or estimated: the typical curve of the codec
    moved through what was read, as the search expects it.
    """
    if entry.target is None or entry.value is None or entry.prefilter is not None:
        return None  # what was prefiltered has other files at the same settings
    if value == entry.value and entry.jnd is not None:
        return Told("visible" if entry.jnd > entry.target.jnd else "fits", "read", entry.bytes)
    if value in entry.probes:
        probe = entry.probes[value]
        return Told(_verdict(probe.jnd / entry.target.jnd, entry, value), "read", probe.bytes)
    if value in entry.sur:
        return _predicted(entry, value)
    jnd = _expected(entry, value)
    if jnd is None:
        return None
    return Told(_verdict(jnd / entry.target.jnd, entry, value), "estimated", _bytes(entry, value))


def _verdict(share: float, entry: Entry, value: float) -> Literal["visible", "wasteful", "fits"]:
    """share: the JND there, of what was asked for."""
    if share > 1.0:
        return "visible"
    return "wasteful" if share < NEAR and _finer(entry, value) else "fits"


def _predicted(entry: Entry, value: float) -> Told:
    assert entry.target is not None
    if entry.sur[value] < entry.target.viewers:
        return Told("visible", "estimated", None)
    return Told("wasteful" if _finer(entry, value) else "fits", "estimated", None)


def _finer(entry: Entry, value: float) -> bool:
    """Whether a setting is of better fidelity than the one that was chosen."""
    grid = _grid(entry.codec or "")
    if grid is None or value not in grid or entry.value not in grid:
        return False
    return grid[value] > grid[entry.value]


def _expected(entry: Entry, value: float) -> float | None:
    """JND expected at a setting that was not read."""
    grid = _grid(entry.codec or "")
    if not entry.probes or grid is None or value not in grid:
        return None
    curve = _curve(entry.codec or "", entry.viewing, entry.ppd)
    if curve is None:
        return None
    readings = {grid[setting]: probe.jnd for setting, probe in entry.probes.items() if setting in grid}
    return math.exp(expect(curve, readings, grid[value])) if readings else None


def _bytes(entry: Entry, value: float) -> float | None:
    """Bytes between two settings that were made: straight in their logarithm."""
    below = max((setting for setting in entry.probes if setting < value), default=None)
    above = min((setting for setting in entry.probes if setting > value), default=None)
    if below is None or above is None or not (entry.probes[below].bytes and entry.probes[above].bytes):
        return None
    part = (value - below) / (above - below)
    ends = math.log(entry.probes[below].bytes), math.log(entry.probes[above].bytes)
    return math.exp((1.0 - part) * ends[0] + part * ends[1])


@cache
def _grid(spec: str) -> dict[float, int] | None:
    """Setting -> step, worst fidelity first; None for a codec that is not here, or has one setting."""
    try:
        grid = named_codec(spec).knob.grid
    except JndError:
        return None
    return {value: step for step, value in enumerate(grid)} if len(grid) > 1 else None


@cache
def _curve(spec: str, display: str | None, ppd: float | None) -> list[float] | None:
    """The typical curve of a codec, which is here, at a display; None where it is not known."""
    try:
        # Named displays have a brightness of their own; others are known by their pixels per degree alone.
        seen = named_viewing(display if display in DISPLAYS else ppd or 0.0)
    except JndError:
        return None
    codec = named_codec(spec)
    return typical_curve(codec, seen) if is_known(codec) else None
