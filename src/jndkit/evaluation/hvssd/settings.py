"""What the published test of HVS-SD JND does to every picture."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from jndkit import injection
from jndkit.errors import UsageError, check_choice
from jndkit.evaluation.hvssd.rows import HvssdRow
from jndkit.evaluation.settings import EvaluationSettings
from jndkit.injection import signs
from jndkit.picture import MAX_PIXELS
from jndkit.pixelwise.hvssd import VARIANTS, stages
from jndkit.pixelwise.terms.borders import border_type


@dataclass(frozen=True)
class Settings(EvaluationSettings[HvssdRow, str]):
    """strength: factor on the map, above 0.  seed: of the pattern.  force: replace files that are there.
    resume: take a file that is there for written where it is just what would be, as a run leaves that was cut off.

    The part of a picture is the file that its noisy version is written to.
    """

    strength: float = 1.0
    seed: int = 0
    variant: str = "code"
    border: str = "reflect"
    max_pixels: int = MAX_PIXELS
    force: bool = False
    resume: bool = False

    def __post_init__(self) -> None:
        if not 0.0 < self.strength < math.inf:
            raise UsageError(f"--strength must be a finite number above 0, not {self.strength:g}")
        check_choice("variant", self.variant, VARIANTS)
        border_type(self.border)
        signs(1, 1, self.seed)

    @property
    def parts(self) -> tuple[str, ...]:
        return ("",)  # each picture has a file of its own, see `jobs`; the row of this one says what all have in common

    def row(self, name: str, part: str) -> HvssdRow:
        """Raises MissingError without the weights, which no other picture would cure."""
        row = HvssdRow(name, part, self.strength, self.seed, self.variant, self.border)
        row.weights = [network.card.name for network in stages()]
        row.versions = injection.libraries()
        return row

    def order(self, row: HvssdRow) -> tuple[Any, ...]:
        return (row.input,)
