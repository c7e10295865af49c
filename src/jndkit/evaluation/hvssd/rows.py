"""The row of the published test of HVS-SD JND."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

from jndkit.evaluation.rows import Failure, PictureRow

CHANNELS = ("red", "green", "blue", "total")


@dataclass
class HvssdRow(PictureRow):
    """One picture, and the picture with noise that was written.

    psnr: dB of red, green, blue and all together; None where nothing changed.  weights: of the two networks.
    output_sha256, bytes: of the file that was written.
    """

    subject: ClassVar[str] = "hvssd"

    input: str
    output: str
    strength: float
    seed: int
    variant: str
    border: str
    width: int | None = None
    height: int | None = None
    input_sha256: str | None = None
    output_sha256: str | None = None
    bytes: int | None = None
    psnr: dict[str, float | None] | None = None
    weights: list[str] = field(default_factory=list)
    seconds: float | None = None
    versions: dict[str, str] = field(default_factory=dict)
    error: Failure | None = None

    @property
    def part(self) -> str:
        return ""

    @property
    def maker(self) -> str:
        return self.output

    @property
    def made_with(self) -> str:
        # The file, too: a picture that goes elsewhere is written again.
        return " ".join((self.output, *self.weights))
