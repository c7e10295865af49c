"""The row of the noise test: how well a JND map hides noise, as the observer reads it.

The observer is no viewer: what it says ranks maps by a model of vision, and says nothing of people.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

from jndkit.evaluation.rows import Failure, PictureRow

Noisy = dict[str, float | None]
"""A picture with noise: beta (factor on the map), psnr (dB; None where rounding leaves no noise) and jnd, as read."""


@dataclass
class NoiseRow(PictureRow):
    """One picture x model.

    target: the PSNR of `equal_noise` and the JND of `equal_visibility`; `unscaled` is the map as it is, beta 1.
    protocol: whose people look.  map_mean: mean of the map, code values.
    """

    subject: ClassVar[str] = "noise"

    input: str
    model: str
    variant: str
    border: str
    seed: int
    target: dict[str, float]
    width: int | None = None
    height: int | None = None
    input_sha256: str | None = None
    map_mean: float | None = None
    unscaled: Noisy | None = None
    equal_noise: Noisy | None = None
    equal_visibility: Noisy | None = None
    observer: str = ""
    viewing: str = ""
    ppd: float = 0.0
    seconds: float | None = None
    versions: dict[str, str] = field(default_factory=dict)
    error: Failure | None = None
    protocol: str = "aic"  # last, and with a default: rows were written before there were protocols

    @property
    def part(self) -> str:
        return self.model
