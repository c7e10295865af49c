"""A picture coded by a codec at the levels of its knob: each once, for everything that reads it."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from jndkit.codecs import codec as named_codec
from jndkit.evaluation.metrics.psnr import finite_psnr
from jndkit.evaluation.metrics.similarity import ssim
from jndkit.picture import Picture, flatten
from jndkit.picturewise.decision import suited
from jndkit.pixelwise.terms.luma import luma

_APART = 9
"""Steps between the levels that are read of every picture, at most."""
_CLOSE = 3
"""Steps between a level that is seen and one that is not, from which on all between are read."""


@dataclass(frozen=True)
class CodedLevel:
    """The picture at one step of the knob.

    data: the file.  psnr: dB over R, G and B.  ssim: of luma, over white where it is transparent.
    """

    data: bytes
    psnr: float
    ssim: float


class CodedLevels:
    """A picture and a codec. picture: as loaded; what the codec cannot carry is taken off."""

    def __init__(self, picture: Picture, spec: str) -> None:
        self.codec = named_codec(spec)
        self.grid = self.codec.knob.grid
        self.picture = suited(picture, self.codec)
        self._rgb = flatten(self.picture, 255)
        self._luma = luma(self._rgb)
        self._coded: dict[int, CodedLevel] = {}

    def at(self, step: int) -> CodedLevel:
        """The picture at a step. Raises CodecError."""
        if step not in self._coded:
            data = self.codec.encode(self.picture, self.grid[step])
            rgb = flatten(self.codec.decode(data), 255)
            likeness = ssim(self._luma, luma(rgb))
            self._coded[step] = CodedLevel(data, round(finite_psnr(self._rgb, rgb), 3), round(likeness, 5))
        return self._coded[step]

    def decoded(self, step: int) -> Picture:
        """What the file of a step decodes to. Raises CodecError."""
        return self.codec.decode(self.at(step).data)


def spread(count: int) -> list[int]:
    """Steps from the first to the last of a grid, evenly spread, at most nine apart."""
    parts = max(1, math.ceil((count - 1) / _APART))
    return sorted({round((count - 1) * part / parts) for part in range(parts + 1)})


def read_along(read: Callable[[int], float], count: int, targets: Sequence[float]) -> dict[int, float]:
    """Step -> JND of so many steps that the boundary at each target lies between two neighbours that were read.

    read: step -> JND.  count: steps, worst fidelity first.
    An even spread is read first. Then the highest step that is seen and the next one read, which is not, are brought
    together: by halves until three steps are between them at most, then all. A step further off that reads against
    the trend may be missed.
    """
    readings = {step: read(step) for step in spread(count)}
    for target in targets:
        while (last := max((step for step, jnd in readings.items() if jnd > target), default=None)) is not None:
            above = min((step for step in readings if step > last), default=last + 1)
            if above - last == 1:
                break
            between = range(last + 1, above) if above - last <= _CLOSE else [(last + above) // 2]
            readings.update({step: read(step) for step in between})
    return dict(sorted(readings.items()))
