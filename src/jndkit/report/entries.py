"""Rows as a report takes them: read one at a time, and believed in nothing.

A file of rows may have been written by another version, cut off, or put together by hand. What is missing or is no
such value as it should be is left out; it ends no report.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from jndkit.batch import ledger
from jndkit.errors import InputError

LONGEST = 1_000  # characters of a name or a note; what is longer is cut
_NOTES = 20  # of one row
_PROBES = 200
# Of a row: what has a place of its own on the page, and what says nothing to who looks at many.
_PLACED = {
    *("input", "output", "status", "codec", "knob", "bytes", "input_bytes", "jnd", "where", "viewers", "interval"),
    *("target", "probes", "sur", "seconds", "encodes", "observer", "protocol", "viewing", "ppd", "prefilter"),
    *("input_sha256", "output_sha256", "notes", "error", "versions", "against"),
}
_LEFT_OUT = {"width", "height", "reading", "jnd_local", "prediction", "stop", "domain"}


class Target(NamedTuple):
    """What was asked for: per cent of viewers, and the JND at which so many see no difference."""

    viewers: float
    jnd: float


class Probe(NamedTuple):
    """One encode that was read."""

    bytes: int
    jnd: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What a report shows of a `Row`; names as there.

    home: the folder of the file of rows, beside which pictures are looked for too.
    probes: setting -> what was read there, of the encodes by `codec`.  sur: setting -> viewers, per cent.
    against: the picture that visibility was judged against, where that was not the input, and its hash.
    objects: whether a second observer sees more than was asked for; None where none was asked.
    also: further fields of the row, as (name, value) in words.
    """

    input: str
    status: str
    home: Path
    output: str | None = None
    codec: str | None = None
    knob: str | None = None
    value: float | None = None
    bytes: int | None = None
    input_bytes: int | None = None
    jnd: float | None = None
    where: tuple[int, int, int, int] | None = None
    viewers: float | None = None
    interval: tuple[float, float] | None = None
    target: Target | None = None
    encodes: int = 0
    seconds: float = 0.0
    observer: str | None = None
    protocol: str | None = None
    viewing: str | None = None
    ppd: float | None = None
    prefilter: str | None = None
    input_sha256: str | None = None
    output_sha256: str | None = None
    notes: tuple[str, ...] = ()
    error: tuple[str, str] | None = None
    versions: tuple[str, ...] = ()
    probes: dict[float, Probe] = field(default_factory=dict)
    sur: dict[float, float] = field(default_factory=dict)
    against: str | None = None
    against_sha256: str | None = None
    objects: bool | None = None
    also: tuple[tuple[str, str], ...] = ()

    @property
    def original(self) -> tuple[str, str | None]:
        """What the result is compared with: name and hash."""
        return (self.input, self.input_sha256) if self.against is None else (self.against, self.against_sha256)


def read_entries(paths: Iterable[str | Path]) -> Iterator[Entry]:
    """The rows of some files, in order; a last line that was cut off is left out.

    Raises InputError for a file that cannot be read, and for a line that is no row of encode, predict or compare.
    """
    for path in map(Path, paths):
        for row in ledger.each(path):
            if not isinstance(row.get("input"), str) or not isinstance(row.get("status"), str):
                raise InputError(path, "its rows are not those of jnd encode, predict or compare: no input and status")
            yield entry(row, path.absolute().parent)


def entry(row: dict[str, Any], home: Path) -> Entry:
    """What a report shows of a row: a JSON object with at least `input` and `status`, both texts."""
    codec, knob, target = _text(row.get("codec")), _object(row.get("knob")), _object(row.get("target"))
    share, jnd = number(target.get("viewers")), number(target.get("jnd"))
    between, error = _numbers(row.get("interval"), 2), _object(row.get("error"))
    where = _numbers(row.get("where"), 4)
    prefilter, versions = _object(row.get("prefilter")), _object(row.get("versions"))
    against, agrees = _object(row.get("against")), _object(row.get("second")).get("agrees")
    return Entry(
        input=_cut(row["input"]),
        status=_cut(row["status"]),
        home=home,
        output=_text(row.get("output")),
        codec=codec,
        knob=_text(knob.get("name")),
        value=number(knob.get("value")),
        bytes=_count(row.get("bytes")),
        input_bytes=_count(row.get("input_bytes")),
        jnd=_positive(row.get("jnd")),
        where=None if where is None else (int(where[0]), int(where[1]), int(where[2]), int(where[3])),
        viewers=number(row.get("viewers")),
        interval=None if between is None else (between[0], between[1]),
        target=None if share is None or jnd is None else Target(share, jnd),
        encodes=_count(row.get("encodes")) or 0,
        seconds=_positive(row.get("seconds")) or 0.0,
        observer=_text(row.get("observer")),
        protocol=_text(row.get("protocol")),
        viewing=_text(row.get("viewing")),
        ppd=number(row.get("ppd")),
        prefilter=_text(prefilter.get("model")),
        input_sha256=_text(row.get("input_sha256")),
        output_sha256=_text(row.get("output_sha256")),
        notes=tuple(_cut(note) for note in _list(row.get("notes"))[:_NOTES] if isinstance(note, str)),
        error=(_cut(str(error.get("type", ""))), _cut(str(error.get("message", "")))) if error else None,
        versions=tuple(f"{_cut(str(name))} {_cut(str(version))}" for name, version in list(versions.items())[:_NOTES]),
        probes=_probes(row.get("probes"), codec),
        sur=_curve(row.get("sur")),
        against=_text(against.get("name")),
        against_sha256=_text(against.get("sha256")),
        objects=not agrees if isinstance(agrees, bool) else None,
        also=_also(row),
    )


def number(value: Any) -> float | None:
    """A finite number, or None."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    # Of JSON, a whole number may have any length.
    return float(value) if abs(value) < 1e18 and math.isfinite(value) else None


def _positive(value: Any) -> float | None:
    found = number(value)
    return found if found is not None and found >= 0.0 else None


def _count(value: Any) -> int | None:
    found = _positive(value)
    return None if found is None else int(found)


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"


def _text(value: Any) -> str | None:
    return _cut(value) if isinstance(value, str) else None


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _object(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _numbers(value: Any, count: int) -> list[float] | None:
    found = [number(item) for item in _list(value)[: count + 1]]
    whole = [item for item in found if item is not None]
    return whole if len(found) == len(whole) == count else None


def _probes(value: Any, codec: str | None) -> dict[float, Probe]:
    probes = {}
    for probe in map(_object, _list(value)[:_PROBES]):
        at, size, jnd = number(probe.get("value")), _count(probe.get("bytes")), _positive(probe.get("jnd"))
        if at is not None and size is not None and jnd is not None and probe.get("codec") == codec:
            probes[at] = Probe(size, jnd)
    return probes


def _curve(value: Any) -> dict[float, float]:
    points = (_numbers(point, 4) for point in _list(value)[: 10 * _PROBES])
    return {point[0]: point[1] for point in points if point is not None}


def _also(row: dict[str, Any]) -> tuple[tuple[str, str], ...]:
    """What stands nowhere else on the page, of this version's rows and of others'."""
    known = _PLACED | _LEFT_OUT
    more = [(name, value) for name, value in row.items() if name not in known and value not in (None, [], {})]
    return tuple((_cut(str(name)), _cut(_words(value))) for name, value in more[:_NOTES])


def _words(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name} {_words(item)}" for name, item in list(value.items())[:_NOTES])
    if isinstance(value, list):
        return ", ".join(map(_words, value[:_NOTES]))
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:g}" if isinstance(value, float) else str(value)
