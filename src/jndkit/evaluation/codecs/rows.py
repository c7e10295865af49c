"""What is asked of every picture and codec, and the row of one picture x codec."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from typing import Any

from jndkit.batch import explained
from jndkit.codecs import CODECS, available, codec as named_codec, versions
from jndkit.errors import UsageError
from jndkit.evaluation.picturewise.rows import Answer, source
from jndkit.picture import MAX_PIXELS
from jndkit.protocols import Protocol, protocol as named_protocol
from jndkit.version import VERSION
from jndkit.viewing import Viewing
from jndkit.visibility import jnd_for

VIEWERS = (75.0, 50.0)
PROTOCOL = "aic"
MEASURES = ("jnd", "ssimulacra2", "psnr")
LEVELS = ("value", "bytes", *MEASURES, "encode", "decode")


def order() -> tuple[str, ...]:
    """The codecs that take part where none is named, as they stand in tables: learned ones first, then as listed."""
    cards = [card for card in CODECS.values() if card.sweep]
    return tuple(card.name for card in sorted(cards, key=lambda card: not card.learned))


def place(spec: str) -> tuple[int, str]:
    """Where a codec stands in tables: those of `order` first."""
    names = order()
    name = spec.partition(":")[0]
    return names.index(name) if name in names else len(names), spec


def present() -> tuple[str, ...]:
    """Those of the codecs that are installed."""
    missing = available()
    return tuple(name for name in order() if not missing[name])


@dataclass(frozen=True)
class Settings:
    """What the codecs are put through. Picklable.

    codecs: specs, as `jnd encode --codec` takes them.  processes: pictures at work at once, which rows tell.
    Raises UsageError for what does not exist or has no settings to choose from, MissingError for what is not installed.
    """

    codecs: tuple[str, ...] = field(default_factory=present)
    viewing: str = "desktop"
    max_pixels: int = MAX_PIXELS
    processes: int = 1

    def __post_init__(self) -> None:
        for spec in self.codecs:
            if len(named_codec(spec).knob.grid) == 1:
                raise UsageError(f"{spec} has one setting only: there is no knob to turn")
        self.fit()

    def fit(self) -> tuple[Protocol, Viewing]:
        """The protocol at the display, and the display."""
        return named_protocol(PROTOCOL, self.viewing)

    def row(self, name: str, spec: str) -> CodecRow:
        """The row of a picture and a codec before anything is known of it."""
        fit, seen_at = self.fit()
        targets = {f"{share:g}": round(jnd_for(share, fit), 6) for share in VIEWERS}
        row = CodecRow(name, spec, named_codec(spec).spec, seen_at.name, round(seen_at.ppd, 6), fit.name, targets)
        row.source = source("search")
        row.processes = self.processes
        row.versions = {"jndkit": VERSION, **versions(spec.partition(":")[0])}
        return row


@dataclass
class CodecRow:
    """One picture x codec.

    codec: as asked for; what it leaves open is left to the search.  spec: what the levels were coded with.
    targets: share of viewers, per cent -> JND at which so many see no difference.
    levels: what came of each setting, worst fidelity first: lists of `value`, the knob, `bytes`, `jnd`, `ssimulacra2`,
        `psnr` (dB over R, G and B), `encode` and `decode`, in seconds of wall clock.
    answers: share of viewers -> the file that `jnd encode` returns: codec, value, bytes, jnd and encodes, or error.
    source: the observer with its version, and what the search started from.
    processes: pictures that were at work at once, and shared the machine.  seconds: in all.
    """

    input: str
    codec: str
    spec: str
    viewing: str
    ppd: float
    protocol: str
    targets: dict[str, float]
    width: int | None = None
    height: int | None = None
    input_sha256: str | None = None
    levels: dict[str, list[float]] = field(default_factory=dict)
    answers: dict[str, Answer] = field(default_factory=dict)
    source: str = ""
    processes: int = 1
    seconds: float | None = None
    versions: dict[str, str] = field(default_factory=dict)
    error: dict[str, str] | None = None

    @property
    def part(self) -> str:
        """Which of a picture's rows it is."""
        return self.codec

    @property
    def maker(self) -> str:
        """What decides its bytes; rows of another maker or source are stale."""
        libraries = (f"{name} {version}" for name, version in self.versions.items() if name != "jndkit")
        return ", ".join((self.spec, *libraries))

    @property
    def megapixels(self) -> float:
        return (self.width or 0) * (self.height or 0) / 1e6

    def to_json(self) -> str:
        """One line of JSON."""
        return json.dumps(asdict(self), ensure_ascii=False)

    @classmethod
    def from_json(cls, found: dict[str, Any]) -> CodecRow:
        """The row of a line of JSON. Raises UsageError where it is no such row."""
        try:
            row = cls(**found)
        except TypeError:
            raise UsageError("a row of another kind than jnd evaluate codecs writes") from None
        counts = {len(row.levels.get(name, ())) for name in LEVELS}
        if row.error is None and (len(counts) > 1 or 0 in counts):
            raise UsageError(f"the row of {row.input}, {row.codec} lacks some of {', '.join(LEVELS)}")
        return row

    def fail(self, error: Exception, name: str) -> CodecRow:
        """This row, failed."""
        self.error = explained(error, name)
        return self
