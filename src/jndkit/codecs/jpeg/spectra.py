"""A picture's DCT coefficients before they are quantised: made once, for every setting that is tried.

Source: JFIF 1.02 (the colour matrix); ITU-T T.81, A.3.1 (level shift) and A.3.3 (the transform).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from jndkit.codecs.chroma import halve
from jndkit.codecs.dct import Plane, forward
from jndkit.picture import Pixels
from jndkit.threads import over_strips

Fixed = npt.NDArray[np.int16]

UNIT = 16
"""Parts of a code value that coefficients are kept in: half the memory of float32, and finer than any rounding here."""

SIDE = 8
_LEVEL = np.float32(128)
_TO_YCC = np.array(
    [[0.299, 0.587, 0.114], [-0.168735892, -0.331264108, 0.5], [0.5, -0.418687589, -0.081312411]], np.float32
)


@dataclass(frozen=True, eq=False)
class Spectra:
    """The blocks of one, or of three components (Y, Cb, Cr).

    width, height: pixels.  halved: whether chroma is at half resolution (4:2:0).
    planes: of each component int16 (rows, 8, columns, 8), in parts of a code value.
    """

    width: int
    height: int
    halved: bool
    planes: tuple[Fixed, ...]

    def thinned(self, blocks: int) -> Iterator[tuple[Fixed, float]]:
        """As `thinned`."""
        for plane in self.planes:
            rows, _, columns, _ = plane.shape
            part = plane[:: max(1, rows * columns // blocks)]
            yield part, rows / len(part)


def spectra(pixels: Pixels, *, halved: bool) -> Spectra:
    """The coefficients of samples. pixels: uint8 (H, W), or (H, W, 3) RGB.  halved: chroma at half resolution."""
    height, width = pixels.shape[:2]
    halved = halved and pixels.ndim == 3
    return Spectra(width, height, halved, tuple(_transformed(pixels, halved, range(_count(pixels)))))


def thinned(pixels: Pixels, *, halved: bool, blocks: int) -> Iterator[tuple[Fixed, float]]:
    """Of each component every so many rows of blocks, about `blocks` of them, and how many rows each stands for.

    Other arguments as `spectra`, of whose planes these rows are.
    """
    height, width = pixels.shape[:2]
    halved = halved and pixels.ndim == 3
    every = range(_count(pixels))
    for numbers in (every[:1], every[1:]) if halved else (every,):
        side = _side(halved, numbers[0])
        starts = np.arange(0, height, side)
        kept = starts[:: max(1, len(starts) * -(-width // side) // blocks)]
        # The last one may be cut off by the picture's edge, beyond which its last row is repeated.
        rows = (kept[:, None] + np.arange(side)).reshape(-1)
        thin = pixels if len(kept) == len(starts) else pixels[rows[rows < height]]
        for plane in _transformed(thin, halved, numbers):
            yield plane, len(starts) / len(kept)


def _transformed(pixels: Pixels, halved: bool, numbers: Sequence[int]) -> list[Fixed]:
    """The coefficients of some of the components."""
    height, width = pixels.shape[:2]
    planes = []
    for number in numbers:
        side = _side(halved, number)
        planes.append(np.empty((-(-height // side), SIDE, -(-width // side), SIDE), np.int16))

    def work(top: int, bottom: int) -> None:
        components = _components(pixels[top:bottom], halved)
        for number, plane in zip(numbers, planes, strict=True):
            blocks = forward(components[number], SIDE)
            blocks *= UNIT
            first = top // _side(halved, number)
            plane[first : first + len(blocks)] = np.rint(blocks, out=blocks)

    # A strip begins where blocks do, of halved chroma too.
    over_strips(work, height, width, 2 * SIDE)
    return planes


def _count(pixels: Pixels) -> int:
    return 1 if pixels.ndim == 2 else 3


def _side(halved: bool, number: int) -> int:
    """Pixels a side that a block covers."""
    return 2 * SIDE if halved and number else SIDE


def _components(pixels: Pixels, halved: bool) -> list[Plane]:
    """Y, and of a picture with colours Cb and Cr, around zero: float32."""
    samples = pixels.astype(np.float32)
    if pixels.ndim == 2:
        return [samples - _LEVEL]
    ycc = cv2.transform(samples, _TO_YCC)
    chroma = np.ascontiguousarray(ycc[..., 1:])
    if halved:
        chroma = halve(chroma)
    return [ycc[..., 0] - _LEVEL, np.ascontiguousarray(chroma[..., 0]), np.ascontiguousarray(chroma[..., 1])]
