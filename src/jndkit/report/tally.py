"""Everything a report counts, in one pass and bounded memory, however many rows there are."""

from __future__ import annotations

import heapq
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from random import Random
from typing import NamedTuple

from jndkit.report.entries import Entry

SAMPLE = 10_000
"""Rows that are listed and of which fixed settings are told; of more, so many are drawn by lot."""
WORST = 10
JND_STEP = 0.05
JND_STEPS = 60
"""The histogram of JND ends at 3 JND; what reads more stands in its last bar."""
_GROUPS = 12  # that are told apart
_DISTINCT = 500  # reasons, versions or settings that are told apart
_OTHER = "others"
_DONE = ("written", "skipped", "kept")


class Asked(NamedTuple):
    """What must be the same for rows to be counted together."""

    observer: str | None
    protocol: str | None
    viewing: str | None
    viewers: float | None


@dataclass
class Files:
    """Some pictures by one codec: how many, their bytes before and after, and the settings they were given."""

    knob: str | None
    count: int = 0
    before: int = 0
    after: int = 0
    settings: Counter[float] = field(default_factory=Counter)


@dataclass
class Group:
    """The rows of one request.

    read: rows with a reading, `total` JND together.  beyond: those that read more than was asked for.
    asked_second, objected: rows with a second observer's word, and those that it objects to.
    levels: of the histogram of JND.
    """

    count: int = 0
    read: int = 0
    total: float = 0.0
    beyond: int = 0
    asked_second: int = 0
    objected: int = 0
    levels: list[int] = field(default_factory=lambda: [0] * (JND_STEPS + 1))
    codecs: dict[str, Files] = field(default_factory=dict)


@dataclass
class Reason:
    """Why pictures failed or were kept: how many, and the first of them in full."""

    example: str
    count: int = 0


@dataclass
class Tally:
    """The counts. failures: by type of error and reason.  kept: by reason.  versions: "pillow 12.0" -> rows.

    before, after: bytes of the pictures that were done, those that were kept counted as they are.
    """

    rows: int = 0
    statuses: Counter[str] = field(default_factory=Counter)
    before: int = 0
    after: int = 0
    encodes: int = 0
    seconds: float = 0.0
    groups: dict[Asked, Group] = field(default_factory=dict)
    grouped_away: int = 0
    failures: dict[tuple[str, str], Reason] = field(default_factory=dict)
    kept: dict[tuple[str, str], Reason] = field(default_factory=dict)
    versions: Counter[str] = field(default_factory=Counter)
    _sample: list[tuple[int, Entry]] = field(default_factory=list)
    _worst: list[tuple[float, int, Entry]] = field(default_factory=list)
    _lots: Random = field(default_factory=lambda: Random(0))  # the same rows give the same report

    def add(self, entry: Entry) -> None:
        """Count a row."""
        self._choose(entry)
        self.rows += 1
        _count(self.statuses, entry.status)
        self.encodes += entry.encodes
        self.seconds += entry.seconds
        for version in entry.versions:
            _count(self.versions, version)
        if entry.error is not None:
            kind, message = entry.error
            _reason(self.failures, kind, message, entry.input)
            return
        if entry.status == "kept":
            _reason(self.kept, "", entry.notes[-1] if entry.notes else "no reason given", entry.input)
        self._add_bytes(entry)
        self._add_to_group(entry)

    @property
    def sample(self) -> list[Entry]:
        """Up to SAMPLE rows, in order."""
        return [entry for _, entry in sorted(self._sample, key=lambda item: item[0])]

    @property
    def worst(self) -> list[Entry]:
        """The rows of files that read the most JND, the worst first."""
        return [entry for _, _, entry in sorted(self._worst, key=lambda item: item[:2], reverse=True)]

    def _choose(self, entry: Entry) -> None:
        """Algorithm R of Vitter 1985 for the sample, a heap for the worst."""
        if len(self._sample) < SAMPLE:
            self._sample.append((self.rows, entry))
        elif (place := self._lots.randrange(self.rows + 1)) < SAMPLE:
            self._sample[place] = (self.rows, entry)
        if entry.jnd is not None and entry.output is not None and entry.error is None:
            item = (entry.jnd, -self.rows, entry)
            (heapq.heappush if len(self._worst) < WORST else heapq.heappushpop)(self._worst, item)

    def _add_bytes(self, entry: Entry) -> None:
        if entry.status not in _DONE or entry.input_bytes is None:
            return
        after = entry.input_bytes if entry.status == "kept" else entry.bytes
        if after is not None:
            self.before += entry.input_bytes
            self.after += after

    def _add_to_group(self, entry: Entry) -> None:
        viewers = None if entry.target is None else entry.target.viewers
        asked = Asked(entry.observer, entry.protocol, entry.viewing, viewers)
        if asked not in self.groups and len(self.groups) >= _GROUPS:
            self.grouped_away += 1
            return
        group = self.groups.setdefault(asked, Group())
        group.count += 1
        group.asked_second += entry.objects is not None
        group.objected += entry.objects is True
        if entry.jnd is not None:
            group.read += 1
            group.total += entry.jnd
            group.beyond += entry.target is not None and entry.jnd > entry.target.jnd
            group.levels[min(int(entry.jnd / JND_STEP), JND_STEPS)] += 1
        if entry.codec is None or entry.value is None:
            return
        if entry.codec not in group.codecs and len(group.codecs) >= _GROUPS:
            return
        files = group.codecs.setdefault(entry.codec, Files(entry.knob))
        files.count += 1
        if len(files.settings) < _DISTINCT or entry.value in files.settings:
            files.settings[entry.value] += 1
        if entry.status in ("written", "skipped") and entry.input_bytes is not None and entry.bytes is not None:
            files.before += entry.input_bytes
            files.after += entry.bytes


def tallied(entries: Iterable[Entry]) -> Tally:
    """All rows, counted."""
    tally = Tally()
    for entry in entries:
        tally.add(entry)
    return tally


def _count(counter: Counter[str], name: str) -> None:
    counter[name if name in counter or len(counter) < _DISTINCT else _OTHER] += 1


def _reason(reasons: dict[tuple[str, str], Reason], kind: str, message: str, name: str) -> None:
    """Count a reason. Names and figures in it differ from picture to picture and are left out to compare."""
    general = re.sub(r"\d[\d.]*", "…", message.replace(f"{name}: ", "").replace(name, "…"))
    key = (kind, general)
    if key not in reasons and len(reasons) >= _DISTINCT:
        key = (_OTHER, _OTHER)
    reasons.setdefault(key, Reason(message)).count += 1
