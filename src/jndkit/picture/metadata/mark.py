"""Our mark: what a file says of its making, in a comment or in XMP.

    jndkit 0.1.0 of 8f14e45fceea167a; viewers=90 viewing=4k; jpeg:420 86 768x512 0.451 76.1 56.2 98.3

The release, the first digits of the input's SHA-256, the settings that are not the defaults, and what came out: the
codec's spec (and a plus sign and the steps, where some were found for the picture), its knob, the size in pixels, JND
(and a stroke and the reading, where the protocol's people see less or more than is read), viewers in per cent and
their interval. Files that were not searched say the release alone. No path is in it. All are of one length, so that no
setting makes a file longer.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

from jndkit.version import VERSION

MARK = f"jndkit {VERSION}"
SETTINGS = 40
"""Characters of settings at most."""

_OUTCOME_ROOM = 90  # characters at least, kept for what is known only when the file is made
_BLANK = "_"
_DIGITS = 16  # of the input's hash: what tells files of one name apart by accident, not against forgers
_WHOLE = re.compile(rf"jndkit (\d[\w.+-]*)(?: of ([0-9a-f]{{{_DIGITS}}}); ([^;]*); ?(.*))?", re.DOTALL)
_SHAVE = re.compile(r"(?<!\S)shave=")  # as files have it that were written before it was called prefilter
_OUTCOME = re.compile(r"(\S+) (\S+) (\d+)x(\d+) ([^\s/]+)(?:/(\S+))? (\S+) (\S+) (\S+) *")


@dataclass(frozen=True)
class Outcome:
    """What came out, as in its row. codec: spec.  value: of its knob.  viewers, interval: per cent, or None."""

    codec: str
    value: float
    width: int
    height: int
    jnd: float
    reading: float
    viewers: float | None
    interval: tuple[float, float] | None

    def __str__(self) -> str:
        shares = (None, None, None) if self.interval is None else (self.viewers, *self.interval)
        people = " ".join("-" if share is None else f"{share:.6f}" for share in shares)
        read = "" if self.reading == self.jnd else f"/{self.reading:.6f}"
        return f"{self.codec} {self.value:g} {self.width}x{self.height} {self.jnd:.6f}{read} {people}"


@dataclass(frozen=True)
class Mark:
    """A mark that was read. source: as `source_of`.  settings: as `provenance.told`.

    source, settings and outcome are None where the file does not say.
    """

    version: str
    source: str | None = None
    settings: str | None = None
    outcome: Outcome | None = None


def source_of(sha256: str) -> str:
    """What a mark says of an input. sha256: in hexadecimal digits."""
    return sha256[:_DIGITS]


def blank_mark(sha256: str, settings: str) -> str:
    """The mark of a file to be made, with room for what comes out. settings: at most `SETTINGS` characters."""
    return f"{MARK} of {source_of(sha256)}; {settings}; " + _BLANK * (SETTINGS + _OUTCOME_ROOM - len(settings))


def filled(blank: str, outcome: Outcome) -> str:
    """The mark with what came out, of the same length; as it is where that does not fit."""
    known, result = blank.rstrip(_BLANK), str(outcome)
    return blank if len(known + result) > len(blank) else (known + result).ljust(len(blank))


def parse(text: str) -> Mark | None:
    """What a mark says; None for a text that is none."""
    match = _WHOLE.match(text)
    if match is None:
        return None
    version, source, settings, outcome = match.groups()
    if settings is not None:
        settings = _SHAVE.sub("prefilter=", settings)
    return Mark(version, source, settings, None if outcome is None else _outcome(outcome))


def _outcome(text: str) -> Outcome | None:
    match = _OUTCOME.match(text)
    if match is None:
        return None
    codec, value, width, height, jnd, read, *shares = match.groups()
    try:
        numbers = [float(number) for number in (value, jnd, read or jnd, *([] if "-" in shares else shares))]
        size = int(width), int(height)
    except ValueError:
        return None
    if not all(map(math.isfinite, numbers)):
        return None
    knob, seen, reading, *between = numbers
    viewers = (between[0], (between[1], between[2])) if between else (None, None)
    return Outcome(codec, knob, *size, seen, reading, *viewers)


def is_mark(text: bytes | str) -> bool:
    """Whether a comment or a Software field names jndkit of any version as the writer."""
    plain = text if isinstance(text, bytes) else text.encode("utf-8", "replace")
    return plain.startswith(b"jndkit ")
