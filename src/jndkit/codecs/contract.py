"""What a codec is: encode and decode. Timing, sizes and measures live outside."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

from jndkit.codecs.spec import Grammar
from jndkit.errors import UsageError
from jndkit.picture import Picture


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
            # Rounded to what people write: in floating point 3 * 0.1 is not 0.3.
            grid = [round(self.low + i * self.step, 6) for i in range(count + 1)]
        return tuple(grid if self.higher_is_better else reversed(grid))


class Codec(Protocol):
    """A codec configured by its spec.

    grammar: of the class, what its specs may say.
    name: "jpeg".  spec: the name with every option, "jpeg:420".  suffix: ".jpg".
    chroma: "420"; "sharp", halved as well but so that decoders bring the edges of colour back; or "444".
    carries: the subset of {"alpha", "icc", "exif", "xmp", "grey", "gain map"} its files can hold.
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


def expected_size(codec: Codec, picture: Picture, value: float) -> float | None:
    """Bytes that a file would take about, without coding it; None for a codec that cannot tell.

    One that can has a method `expected_size(picture, value) -> float | None`.
    """
    tell = getattr(codec, "expected_size", None)
    size: float | None = tell(picture, value) if tell else None
    return size


def checked(name: str, knob: Knob, value: float) -> float:
    """`value`, where the knob has such a setting. Raises UsageError outside its range or between its steps."""
    steps = (value - knob.low) / knob.step if math.isfinite(value) else math.nan
    # NaN fails every comparison, and so is refused here.
    if not knob.low <= value <= knob.high:
        raise UsageError(f"{name}: {knob.name} {value:g} lies outside {knob.low:g} to {knob.high:g}")
    if knob.step >= 1 and abs(steps - round(steps)) > 1e-6:
        raise UsageError(f"{name}: {knob.name} {value:g} is not a whole number")
    return value


def full_spec(codec: Codec, value: float) -> str:
    """The spec that names one setting, `jpeg:420,q75`; the codec's own spec where it has only one setting."""
    if len(codec.knob.grid) == 1:
        return codec.spec
    return f"{codec.spec}{',' if ':' in codec.spec else ':'}{codec.grammar.letter}{value:g}"
