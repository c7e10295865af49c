"""What a codec is: encode and decode. Timing, sizes and measures live outside."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Protocol

from jndkit.picture import Picture

if TYPE_CHECKING:
    from jndkit.codecs.spec import Grammar


@dataclass(frozen=True)
class Knob:
    """The one setting that trades bytes for fidelity.

    name: the codec's own word (quality, distance, qp).  low, high: its ends.  step: between neighbouring settings.
    higher_is_better: False for distances and quantisers.
    values: the settings whose bytes differ, where these are fewer than low, low + step, ..., high.
    """

    name: str
    low: float
    high: float
    step: float
    higher_is_better: bool
    values: tuple[float, ...] | None = None

    @cached_property
    def grid(self) -> tuple[float, ...]:
        """Every setting that changes bytes, from the worst fidelity to the best."""
        if self.values is not None:
            grid = sorted(self.values)
        else:
            count = round((self.high - self.low) / self.step)
            grid = [round(self.low + i * self.step, 6) for i in range(count + 1)]
        return tuple(grid if self.higher_is_better else reversed(grid))


class Codec(Protocol):
    """A codec configured by its spec.

    grammar: of the class, what its specs may say.
    name: "jpeg".  spec: the name with every option, "jpeg:420".  suffix: ".jpg".  chroma: "420" or "444".
    carries: the subset of {"alpha", "icc", "exif", "xmp", "grey"} its files can hold.
    options: further specs that `best` effort may try instead of this one.
    lossless: the spec of the same format's lossless mode, or None.
    block_limit: bytes of EXIF or XMP a file can hold in one block, or None where there is no limit worth the name.
    """

    grammar: Grammar
    name: str
    spec: str
    suffix: str
    chroma: str
    knob: Knob
    carries: frozenset[str]
    options: tuple[str, ...]
    lossless: str | None
    block_limit: int | None

    def encode(self, picture: Picture, value: float) -> bytes:
        """A complete file. Carries `picture.coded` with `icc`, `exif`, `xmp` and the mark where the format can.

        Raises CodecError when the encoder fails or the format cannot hold the picture (size limits).
        """
        ...

    def decode(self, data: bytes) -> Picture:
        """The picture in `data`, in sRGB, which this process itself encoded. Raises CodecError."""
        ...
