"""Quantise a picture as codecs do, without coding it: blocks are transformed, rounded and transformed back."""

from __future__ import annotations

import cv2
import numpy as np

from jndkit.codecs.annex_k import CHROMINANCE, LUMINANCE, scaled
from jndkit.codecs.chroma import double, halve
from jndkit.codecs.dct import Plane, forward, inverse
from jndkit.picture import Pixels

_DEAD_ZONE = 0.4  # what is added before flooring: less than a half, as codecs round that weigh bits


class Quantiser:
    """A picture's blocks, transformed once for all roundings of them."""

    def __init__(self, rgb: Pixels) -> None:
        """rgb: uint8 (H, W, 3)."""
        pixels = cv2.cvtColor(rgb, cv2.COLOR_RGB2YCrCb).astype(np.float32) - np.float32(128)
        chroma = halve(np.ascontiguousarray(pixels[..., 1:]))
        self._planes = [np.ascontiguousarray(pixels[..., 0]), *np.moveaxis(chroma, 2, 0)]
        self._transformed: dict[int, list[Plane]] = {}

    def jpeg(self, quality: float) -> Pixels:
        """In 8 x 8 blocks with steps weighted by frequency, as libjpeg scales them with quality, and 4:2:0."""
        return self._rounded(8, *_jpeg_steps(quality))

    def flat(self, step: float) -> Pixels:
        """In 16 x 16 blocks with one step for all frequencies, and 4:2:0."""
        steps = np.full((1, 1, 1), step, np.float32)
        return self._rounded(16, steps, steps)

    def _rounded(self, side: int, luma: Plane, chroma: Plane) -> Pixels:
        if side not in self._transformed:
            self._transformed[side] = [forward(plane, side) for plane in self._planes]
        planes = [
            inverse(_rounded(block, luma if index == 0 else chroma), plane.shape)
            for index, (block, plane) in enumerate(zip(self._transformed[side], self._planes, strict=True))
        ]
        return _rgb(planes)


def _jpeg_steps(quality: float) -> tuple[Plane, Plane]:
    """Steps of luma and chroma, float32 (8, 1, 8), that libjpeg makes of the tables of Annex K."""
    luma, chroma = (np.array(scaled(table, quality), np.float32).reshape(8, 1, 8) for table in (LUMINANCE, CHROMINANCE))
    return luma, chroma


def _rounded(blocks: Plane, steps: Plane) -> Plane:
    """Coefficients at the middle of their step: to the nearest for 8 x 8 blocks, with a dead zone for larger ones."""
    scaled: Plane = blocks / steps
    if blocks.shape[1] == 8:
        np.rint(scaled, out=scaled)
    else:
        size = np.abs(scaled)
        size += np.float32(_DEAD_ZONE)
        np.copysign(np.floor(size, out=size), scaled, out=scaled)
    scaled *= steps
    return scaled


def _rgb(planes: list[Plane]) -> Pixels:
    height, width = planes[0].shape
    ycc = np.empty((height, width, 3), np.float32)
    ycc[..., 0] = planes[0]
    ycc[..., 1:] = double(np.stack(planes[1:], axis=-1), width, height)
    ycc += np.float32(128)
    return np.asarray(cv2.cvtColor(cv2.add(ycc, 0.0, dtype=cv2.CV_8U), cv2.COLOR_YCrCb2RGB), np.uint8)
