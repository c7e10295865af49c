"""An observer: PSNR as it goes with the visible difference of photographs, on average and far from it for each."""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np

from jndkit.observers import Box, Card, Map, Reading
from jndkit.observers.intervals import reading_interval
from jndkit.observers.pooling.views import views, views_beside
from jndkit.picture import Picture, Pixels
from jndkit.protocols import AIC, Protocol
from jndkit.viewing import Viewing

ONE_JND = 34.0  # dB at which JPEG-coded photographs read about 1 JND
SLOPE = 4.0  # dB for a factor of e
ERROR = 0.7  # standard deviation of ln(JND)
BLUR = 4.0  # pixels: standard deviation of the neighbourhood that `map` looks at


@dataclass(frozen=True)
class Psnr:
    """exp((34 - PSNR) / 4) JND."""

    name: str = "psnr"
    version: str = "1"

    def watch(self, reference: Picture, viewing: Viewing, protocol: Protocol = AIC) -> WatchedPsnr:
        """viewing: of no account, as PSNR knows no display.  protocol: whose error a reading has, beside its own."""
        return WatchedPsnr(reference, protocol)


class WatchedPsnr:
    """A reference being watched; a transparent one over black, mid grey and white."""

    def __init__(self, reference: Picture, protocol: Protocol) -> None:
        self._protocol = protocol
        self._transparent = reference.alpha is not None
        self._views = views(reference, self._transparent)

    def __call__(self, decoded: Picture) -> Reading:
        """Raises UsageError where the size differs from the reference's."""
        error = max(float(square.mean()) for square in self._squares(decoded))
        jnd = float(_jnd(np.array(error)))
        whole = Box(0, 0, decoded.width, decoded.height)
        return Reading(jnd, jnd, whole, reading_interval(jnd, ERROR, self._protocol))

    def map(self, decoded: Picture) -> Map:
        """float32 (H, W): the JND that a picture would read if all of it erred as the neighbourhood of a pixel does."""
        squares = self._squares(decoded)
        worst = np.maximum.reduce([cv2.GaussianBlur(square, (0, 0), BLUR) for square in squares])
        return _jnd(worst).astype(np.float32)

    def _squares(self, decoded: Picture) -> list[Map]:
        """Mean squared error of R, G and B at every pixel, float32 (H, W), over each backdrop."""
        versions = views_beside(decoded, self._views[0].shape[:2], self._transparent)
        return [_square(*pair) for pair in zip(self._views, versions, strict=True)]


def _square(reference: Pixels, version: Pixels) -> Map:
    difference = cv2.subtract(reference, version, dtype=cv2.CV_32F)
    square: Map = (difference * difference).mean(axis=2)
    return square


def _jnd(error: Map) -> Map:
    """JND of a mean squared error. A power of it, so no difference is 0 JND."""
    power = 10.0 / (math.log(10.0) * SLOPE)
    jnd: Map = (error / 255.0**2) ** power * math.exp(ONE_JND / SLOPE)
    return jnd


CARD = Card(
    name="psnr",
    make=Psnr,
    summary="PSNR in JND units; off by a factor of two from picture to picture",
    licence="CC0-1.0",
)
