"""The row of one picture x codec, and the order in which codecs stand in tables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Self

from jndkit.codecs import CODECS
from jndkit.errors import UsageError
from jndkit.evaluation.rows import Failure, PictureRow
from jndkit.evaluation.search import Answer

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


@dataclass
class CodecRow(PictureRow):
    """One picture x codec.

    codec: as asked for; what it leaves open is left to the search.  spec: what the levels were coded with.
    targets: share of viewers, per cent -> JND at which so many see no difference.
    levels: what came of each setting, worst fidelity first: lists of `value`, the knob, `bytes`, `jnd`, `ssimulacra2`,
        `psnr` (dB over R, G and B), `encode` and `decode`, in seconds of wall clock.
    answers: share of viewers -> the file that `jnd encode` returns: codec, value, bytes, jnd and encodes, or error.
    source: the observer with its version, and what the search started from.
    processes: pictures that were at work at once, and shared the machine.
    """

    subject: ClassVar[str] = "codecs"

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
    error: Failure | None = None

    @property
    def part(self) -> str:
        return self.codec

    @property
    def coded_by(self) -> str:
        """The codec with its settings, and the libraries that decide its bytes."""
        # Not our own version: most releases change no byte of a codec.
        libraries = (f"{name} {version}" for name, version in self.versions.items() if name != "jndkit")
        return ", ".join((self.spec, *libraries))

    @property
    def made_with(self) -> str:
        return f"{self.source}; {self.coded_by}"

    @property
    def megapixels(self) -> float:
        return (self.width or 0) * (self.height or 0) / 1e6

    @classmethod
    def from_json(cls, line: Mapping[str, Any]) -> Self:
        """The row of a line of JSON. Raises UsageError where it is no such row, or its lists are not of one length."""
        row = super().from_json(line)
        lengths = {len(row.levels.get(name, ())) for name in LEVELS}
        if row.error is None and (len(lengths) > 1 or 0 in lengths):
            raise UsageError(f"the row of {row.input}, {row.codec} lacks some of {', '.join(LEVELS)}")
        return row
