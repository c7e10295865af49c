"""Between RGB and the planes that HEVC codes: colour spaces, depths, chroma at half resolution.

Chroma is halved and doubled by the filters of libbpg, whose decoders everybody else's pictures are seen through.

Source: BPG Specification 0.9.5, section 3.2 (colour spaces, ranges, chroma positions); ITU-T Rec. H.265, table E.5
(matrices); libbpg 0.9.8 for the taps of the filters, as constants.
"""

from __future__ import annotations

from functools import cache
from typing import Any, NamedTuple

import cv2
import numpy as np
import numpy.typing as npt

from jndkit.codecs.bpg.container import (
    FULL,
    GREY,
    H420,
    H420_VIDEO,
    H422,
    H422_VIDEO,
    RGB,
    YCBCR_601,
    YCBCR_709,
    YCBCR_2020,
    YCGCO,
)
from jndkit.picture import Pixels

Floats = npt.NDArray[np.float32]
Samples = npt.NDArray[Any]
"""uint8 (H, W) of 8 bits, uint16 of more."""


class Layout(NamedTuple):
    """Where chroma lies.

    chroma: as HEVC numbers it.  across, down: samples of luma for one of chroma.  between: it lies between two of luma.
    """

    chroma: int
    across: int
    down: int
    between: bool


LAYOUTS = {
    GREY: Layout(0, 1, 1, False),
    H420: Layout(1, 2, 2, True),
    H422: Layout(2, 2, 1, True),
    FULL: Layout(3, 1, 1, False),
    H420_VIDEO: Layout(1, 2, 2, False),
    H422_VIDEO: Layout(2, 2, 1, False),
}
# Red's and blue's share of luma.
_LUMA = {YCBCR_601: (0.299, 0.114), YCBCR_709: (0.2126, 0.0722), YCBCR_2020: (0.2627, 0.0593)}
# From Y, Cg, Co less their middle, and from G, B, R.
_YCGCO_TO_RGB = np.array([[1.0, -1.0, 1.0], [1.0, 1.0, 0.0], [1.0, -1.0, -1.0]])
_GBR_TO_RGB = np.array([[0.0, 0.0, 1.0], [1.0, 0.0, 0.0], [0.0, 1.0, 0.0]])

# A sample between the middle two, one a quarter before the middle one, one a quarter after it, one between two.
_HALVING = np.float32(1 / 128) * np.array([2, -4, -8, 17, 57, 57, 17, -8, -4, 2], np.float32)
_BEFORE = np.float32(1 / 64) * np.array([2, -6, 18, 57, -10, 4, -1], np.float32)
_AFTER = np.ascontiguousarray(_BEFORE[::-1])
_MIDDLE = np.float32(1 / 64) * np.array([-1, 4, -11, 40, 40, -11, 4, -1], np.float32)


def to_planes(pixels: Pixels, layout: int, bits: int, block: int) -> list[Samples]:
    """Full-range Y'CbCr of ITU-R BT.601, as JPEG has it, or one grey plane, extended to whole blocks by repetition.

    pixels: uint8 (H, W, 3), or (H, W) for GREY.  layout: GREY, H420 or FULL.  block: samples of luma a side.
    """
    height, width = pixels.shape[:2]
    high, wide = height + -height % block, width + -width % block
    top = (1 << bits) - 1
    if layout == GREY:
        planes = [pixels.astype(np.float32) * np.float32(top / 255)]
    else:
        forward = np.linalg.inv(_to_rgb(YCBCR_601, bits, False)[:, :3])
        matrix = np.column_stack([forward, [0, 1 << (bits - 1), 1 << (bits - 1)]]).astype(np.float32)
        ycc = cv2.transform(pixels.astype(np.float32), matrix)
        planes = [ycc[..., 0], *(_halved(ycc[..., n]) if layout == H420 else ycc[..., n] for n in (1, 2))]
    extended = []
    for number, plane in enumerate(planes):
        half = layout == H420 and number > 0
        down, across = (high // 2, wide // 2) if half else (high, wide)
        margins = 0, down - plane.shape[0], 0, across - plane.shape[1]
        whole = cv2.copyMakeBorder(np.ascontiguousarray(plane), *margins, cv2.BORDER_REPLICATE)
        extended.append(np.rint(np.clip(whole, 0, top)).astype(np.uint8 if bits == 8 else np.uint16))
    return extended


def cut(data: bytes, width: int, height: int, layout: Layout, bits: int) -> list[Samples]:
    """The planes that lie one after the other in `data`. width, height: of luma."""
    samples = np.frombuffer(data, np.uint8 if bits == 8 else "<u2")
    small = width // layout.across, height // layout.down
    planes, at = [], 0
    for across, down in [(width, height), *([small] * 2 if layout.chroma else [])]:
        planes.append(samples[at : at + across * down].reshape(down, across))
        at += across * down
    return planes


def size(width: int, height: int, layout: Layout, bits: int) -> int:
    """Bytes of all planes."""
    chroma = 2 * (width // layout.across) * (height // layout.down) if layout.chroma else 0
    return (width * height + chroma) * (1 if bits == 8 else 2)


def to_rgb(
    planes: list[Samples], width: int, height: int, layout: Layout, bits: int, colour: int, limited: bool
) -> Pixels:
    """uint8 (height, width, 3), or (height, width) of one plane; what the planes hold beyond these sides is cut off.

    colour: YCBCR_601 to YCBCR_2020.  limited: the range of video.
    """
    luma = planes[0][:height, :width].astype(np.float32)
    if layout.chroma == 0:
        low, span = _range(bits, limited)
        return _rounded((luma - np.float32(low)) * np.float32(255 / span))
    small = -(-height // layout.down), -(-width // layout.across)
    chroma = [_doubled(plane[: small[0], : small[1]], width, height, layout, bits) for plane in planes[1:]]
    matrix = _to_rgb(colour, bits, limited).astype(np.float32)
    return _rounded(cv2.transform(np.dstack([luma, *chroma]), matrix))


def depth_8(plane: Samples, bits: int) -> Pixels:
    """uint8 of full-range samples."""
    return plane if bits == 8 else _rounded(plane.astype(np.float32) * np.float32(255 / ((1 << bits) - 1)))


def _rounded(values: Floats) -> Pixels:
    # With its own output type this addition is OpenCV's rounding, saturating conversion to 8 bits.
    return np.asarray(cv2.add(values, 0.0, dtype=cv2.CV_8U), np.uint8)


def _range(bits: int, limited: bool) -> tuple[int, int]:
    """The sample that is black, and how far white lies from it."""
    return (16 << (bits - 8), 219 << (bits - 8)) if limited else (0, (1 << bits) - 1)


@cache
def _to_rgb(colour: int, bits: int, limited: bool) -> npt.NDArray[np.float64]:
    """3 x 4: from samples to R, G and B of 0 to 255."""
    low, span = _range(bits, limited)
    middle = 1 << (bits - 1)
    if colour == RGB:
        return np.column_stack([_GBR_TO_RGB * (255 / span), [-low * 255 / span] * 3])
    if colour == YCGCO:  # it is the RGB whose range is limited
        black = _YCGCO_TO_RGB @ [0, middle, middle]
        return np.column_stack([_YCGCO_TO_RGB, -black - low]) * (255 / span)
    red, blue = _LUMA[colour]
    green = 1 - red - blue
    of_blue, of_red = 2 * (1 - blue), 2 * (1 - red)
    matrix = np.array([[1, 0, of_red], [1, -of_blue * blue / green, -of_red * red / green], [1, of_blue, 0]])
    matrix *= [255 / span, *([255 / (224 << (bits - 8) if limited else span)] * 2)]
    return np.column_stack([matrix, -matrix @ [low, middle, middle]])


def _halved(plane: Floats) -> Floats:
    """Every second sample both ways, each between two. float32 (H, W) to (ceil(H/2), ceil(W/2))."""
    down = np.ascontiguousarray(_filtered(plane, _HALVING[:, None])[::2])
    return np.ascontiguousarray(_filtered(down, _HALVING[None])[:, ::2])


def _doubled(plane: Samples, width: int, height: int, layout: Layout, bits: int) -> Floats:
    """Chroma at every sample of luma, in whole numbers. Down a picture it always lies between two."""
    full = np.ascontiguousarray(plane, np.float32)
    if layout.down == 2:
        rows = [_filtered(full, taps[:, None]) for taps in (_BEFORE, _AFTER)]
        full = np.stack(rows, axis=1).reshape(-1, full.shape[1])[:height]
    if layout.across == 2:
        columns = [_filtered(full, taps[None]) for taps in ((_BEFORE, _AFTER) if layout.between else (_MIDDLE,))]
        if not layout.between:
            columns.insert(0, full)
        full = np.stack(columns, axis=2).reshape(len(full), -1)[:, :width]
    if layout.chroma in (1, 2):
        full = np.rint(np.clip(full, 0, (1 << bits) - 1))
    return full


def _filtered(plane: Floats, taps: Floats) -> Floats:
    """taps: (n, 1) or (1, n); of an even number those before the middle belong to the sample's left or upper side."""
    anchor = (taps.shape[1] - 1) // 2, (taps.shape[0] - 1) // 2
    return np.asarray(cv2.filter2D(plane, -1, taps, anchor=anchor, borderType=cv2.BORDER_REPLICATE), np.float32)
