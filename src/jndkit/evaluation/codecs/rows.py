"""The row of one picture x codec, and what codecs are swept through."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Self

from jndkit.errors import UsageError
from jndkit.evaluation.rows import Failure, PictureRow
from jndkit.evaluation.search import Answer

SWEEPS: Mapping[str, tuple[float, ...]] = {
    "jndlic": (14, 19, 24, 29, 34, 39, 44),
    "jpeg": (20, 35, 50, 65, 80, 90, 95),
    "webp": (10, 30, 55, 75, 86, 93, 97),
    "avif": (24, 34, 44, 54, 64, 76, 88),
    "heic": (21, 27, 33, 39, 45, 51, 61),
    "jxl": (7.5, 5, 3.6, 2.6, 1.8, 1.2, 0.8),
    "vvc": (37, 32, 27, 22),
}
"""Settings of each codec that read about 4 to 0.3 JND on photographs at the desktop display, worst fidelity first."""
MEASURES = ("jnd", "ssimulacra2", "psnr")
LEVELS = ("value", "bytes", *MEASURES, "encode", "decode")


def place(spec: str) -> tuple[int, str]:
    """Where a codec stands in tables: the known names first."""
    order = list(SWEEPS)
    name = spec.partition(":")[0]
    return order.index(name) if name in order else len(order), spec


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
