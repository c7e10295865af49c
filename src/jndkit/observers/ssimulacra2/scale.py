"""From the score to JND: a curve fitted to people's answers, read once from `scale.json`.

`tools/ssimulacra2_scale.py` writes the file.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from jndkit.observers.contract import Floats
from jndkit.protocols import Error

FILE = Path(__file__).with_name("scale.json")


@dataclass(frozen=True)
class Curve:
    """d = gain ln(1 + ((100 - score) / unit)^2): 0 at 100, rising as the square at first, and ever more slowly.

    gain: JND.  unit: of the score.
    """

    gain: float
    unit: float

    def __call__(self, score: Floats | float) -> Floats:
        """JND of scores, float64 of any shape; a score above 100 counts as 100."""
        lost = np.maximum(0.0, 100.0 - score) / self.unit
        return np.asarray(self.gain * np.log1p(lost * lost))


@dataclass(frozen=True)
class Scale:
    """version: changes whenever readings do.  curve: from the score to JND.

    error: how far readings lie from people's answers, for a source and a codec that the sample does not have.
    plain: the same of the sample's own codecs and of no more sources than it has: what objections allow for.
    local_ratio: the worst 3 degrees decide where they read more than this many times the worst window.
    """

    version: str
    curve: Curve
    error: Error
    plain: Error
    local_ratio: float


@cache
def scale() -> Scale:
    data: dict[str, Any] = json.loads(FILE.read_text(encoding="utf-8"))
    return Scale(
        data["version"], Curve(**data["curve"]), Error(**data["error"]), Error(**data["plain"]), data["local_ratio"]
    )
