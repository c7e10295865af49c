"""What an encoder of JPEG files is, and what all of them have in common."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from jndkit.codecs.contract import Knob
from jndkit.codecs.jpeg.coefficients import Table
from jndkit.picture import Picture

CARRIES = frozenset({"icc", "exif", "xmp", "grey", "gain map"})
CHROMAS = ("420", "444")
# Quality 0 is quality 1 in libjpeg, whose scale every encoder takes.
QUALITY = Knob("quality", 1, 100, 1, True)

Factors = tuple[npt.NDArray[np.float64], ...]


class Prepared(Protocol):
    """One picture, as far as it can be encoded without a setting."""

    def with_factors(self, factors: Factors | None) -> Prepared:
        """The same picture with other factors."""
        ...

    def encode(self, value: float) -> bytes:
        """The file at a setting."""
        ...

    def expected_size(self, value: float) -> float:
        """Bytes that the file would take about."""
        ...


def _always() -> bool:
    return True


@dataclass(frozen=True, kw_only=True)
class Encoder:
    """One way of making JPEG files.

    name: its word in a spec, `jpeg:NAME`.
    encode: (picture, setting of the knob, "420" or "444") -> a complete file with `icc`, `exif`, `xmp` and the mark
        in a comment. Blocks that do not fit, and sides that the format does not hold, were refused before.
    prepare: (picture, chroma, factors) -> that picture, ready to be encoded; of an encoder that does part of its work
        once for all settings.  factors: float64 (8, 8) of each component, on the steps of its `tables`; or None.
    tables: (quality, chroma, factors) -> the steps of Y, Cb and Cr; of an encoder whose steps can be moved.
    versions: library -> version of all that decides its bytes, where it is present.
    keeps_chroma: whether the sampling is that of the file that it starts from, and no word of the spec.
    knob: its own.  licence: of the code that does the work.
    install: the command that brings what it needs.  present: whether that is there.
    """

    name: str
    encode: Callable[[Picture, float, str], bytes]
    versions: Callable[[], dict[str, str]]
    licence: str
    prepare: Callable[[Picture, str, Factors | None], Prepared] | None = None
    tables: Callable[[float, str, Factors | None], tuple[Table, ...]] | None = None
    keeps_chroma: bool = False
    knob: Knob = QUALITY
    install: str = "pip install --upgrade pillow"
    present: Callable[[], bool] = _always
