"""The row of one picture x codec x display x method."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

from jndkit.evaluation.rows import Failure, PictureRow
from jndkit.evaluation.search import OBSERVER, Answer

GROUND_TRUTH = OBSERVER
"""The method whose readings the others are held against: the observer."""
METHODS = (GROUND_TRUTH, "vpjnd", "knob", "search")
"""What looks at a picture. The other methods, such as a constant, follow from the rows of these."""


@dataclass
class KnobRow(PictureRow):
    """One picture x codec x display x method.

    targets: share of viewers, per cent -> JND at which so many see no difference.
    levels: what was read or predicted along the knob, worst fidelity first: lists of `value`, the knob, and `jnd`; of a
        coded picture `bytes`, `psnr` (dB) and `ssim` too; of a prediction `sigma`, its standard deviation in ln(JND).
    answers: share of viewers -> value, the knob from which on the method expects nothing to be seen, None where that
        lies past the best; low, high, the ends of its 90 % interval; encodes.  Of `search`: of the file it returned
        codec, value, bytes and jnd, or error.
    source: the observer with its version, or the weights that answer, or both; rows of another source are stale.
    """

    subject: ClassVar[str] = "picturewise"

    input: str
    codec: str
    viewing: str
    ppd: float
    method: str
    protocol: str
    targets: dict[str, float]
    width: int | None = None
    height: int | None = None
    input_sha256: str | None = None
    levels: dict[str, list[float]] = field(default_factory=dict)
    answers: dict[str, Answer] = field(default_factory=dict)
    source: str = ""
    seconds: float | None = None
    versions: dict[str, str] = field(default_factory=dict)
    error: Failure | None = None

    @property
    def part(self) -> str:
        return f"{self.codec} {self.viewing} {self.method}"

    @property
    def maker(self) -> str:
        return self.method

    @property
    def made_with(self) -> str:
        return self.source
