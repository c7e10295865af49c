"""Chroma at half resolution: what 4:2:0 alone does to a picture, before any quantisation."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from jndkit.picture import Pixels, one_colour
from jndkit.threads import side_by_side

Plane = npt.NDArray[np.float32]

_CB = (-0.168735892, -0.331264108, 0.5)  # JFIF 1.02
_CR = (0.5, -0.418687589, -0.081312411)
_TO_CHROMA = np.array([_CB, _CR], np.float32)
_BAND_PIXELS = 1 << 15  # keeps the working arrays in the processor's cache
_TO_RGB = np.array([[0.0, 1.402], [-0.344136286, -0.714136286], [1.772, 0.0]], np.float32)


def halve(plane: Plane) -> Plane:
    """Mean of every 2 x 2 block.

    plane: float32 (H, W) or (H, W, C); an odd last row or column is repeated.  Returns (ceil(H/2), ceil(W/2)[, C]).
    """
    height, width = plane.shape[:2]
    if height % 2 or width % 2:
        plane = cv2.copyMakeBorder(plane, 0, height % 2, 0, width % 2, cv2.BORDER_REPLICATE)
    half = cv2.resize(plane, ((width + 1) // 2, (height + 1) // 2), interpolation=cv2.INTER_AREA)
    return np.asarray(half, np.float32)


def double(plane: Plane, width: int, height: int) -> Plane:
    """Triangular interpolation of half-resolution samples that lie between the pixels (weights 9, 3, 3, 1 of 16).

    plane: float32 (ceil(height/2), ceil(width/2)[, C]).  Returns (height, width[, C]).
    """
    rows, columns = plane.shape[:2]
    full = cv2.resize(plane, (2 * columns, 2 * rows), interpolation=cv2.INTER_LINEAR)
    return np.asarray(full[:height, :width], np.float32)


def reduce_chroma(rgb: Pixels, grey: bool = False) -> Pixels:
    """The picture with its chroma reduced to 4:2:0 and restored, as a JPEG decoder restores it; luma is untouched.

    rgb: uint8 (H, W, 3).  grey: the picture has no chroma and is returned as it is.  Returns uint8 (H, W, 3).
    Source: JFIF 1.02 (the colour matrix); libjpeg's block average and its "fancy" triangular upsampling.
    Differs: nothing is rounded to 8 bits on the way, so flat chroma is returned exactly.
    """
    if grey:
        return rgb
    height, width = rgb.shape[:2]
    reduced = np.empty((height, width, 3), np.uint8)
    rows = max(2, _BAND_PIXELS // width // 2 * 2)  # even: no 2 x 2 block may be cut

    def work(top: int) -> None:
        # Interpolation looks one chroma row up and down, which is two rows of pixels.
        start, stop = max(0, top - 2), min(height, top + rows + 2)
        seen = rgb[start:stop]
        band = seen if one_colour(seen) else _reduce_band(seen)  # of one colour 4:2:0 takes nothing
        reduced[top : top + rows] = band[top - start : top - start + rows]

    side_by_side(work, range(0, height, rows))
    return reduced


def _reduce_band(rgb: Pixels) -> Pixels:
    height, width = rgb.shape[:2]
    pixels = rgb.astype(np.float32)
    chroma = cv2.transform(pixels, _TO_CHROMA)
    # Only the change of chroma is added: a matrix there and back would leave rounding in every pixel.
    change = cv2.subtract(double(halve(chroma), width, height), chroma)
    cv2.add(pixels, cv2.transform(change, _TO_RGB), dst=pixels)
    # With its own output type this addition is OpenCV's rounding, saturating conversion to 8 bits.
    return np.asarray(cv2.add(pixels, 0.0, dtype=cv2.CV_8U), np.uint8)
