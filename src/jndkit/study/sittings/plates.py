"""Plates of dots in which a digit is told by its colour alone: who reads which of them sees how colours differ.

Figure and ground differ in what one kind of cone takes up, and in nothing that the others do; a viewer without that
kind is shown dots without a figure. Drawn from a seed, so that a study has plates of its own. A look at the screen and
the eyes before it, and no diagnosis.

Source: silent substitution, Estevez and Spekreijse 1982; cones from XYZ as Hunt and Pointer 1985, scaled to D65;
sRGB of IEC 61966-2-1.
"""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

import cv2
import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Pixels = npt.NDArray[np.uint8]

SIDE = 360
"""Pixels of a plate."""
DIGITS = "2345689"  # a one is a line, and a seven nearly
GREY = 128
KINDS = ("luminance", "long", "middle", "long", "middle", "short")
"""What figure and ground differ in: in light itself, which all see, or in the cones of long, middle or short waves."""

_XYZ = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
_CONES = np.array([[0.4002, 0.7076, -0.0808], [-0.2263, 1.1653, 0.0457], [0.0, 0.0, 0.9182]])
TO_CONES = _CONES @ _XYZ
"""Linear sRGB -> long, middle, short; white is (1, 1, 1)."""
_FROM_CONES = np.linalg.inv(TO_CONES)
_SHIFTS = {"long": (0.13, 0.0, 0.0), "middle": (0.0, 0.16, 0.0), "short": (0.0, 0.0, 0.75)}
_LIGHT = 0.36  # of white, in the middle
_UNEVEN = 0.3  # how much lighter or darker a dot may be: no edge of the figure is one of light
_RADII = (11.0, 8.5, 6.5, 5.0, 3.8)
_TRIES = 900  # for the dots of each radius
_GAP = 1.2  # pixels between dots
_FRACTION = 4  # bits of OpenCV's fixed point


class Plate(NamedTuple):
    """kind: one of `KINDS`.  digit: what is in it.  rgb: uint8 (SIDE, SIDE, 3) on mid grey."""

    kind: str
    digit: str
    rgb: Pixels


@cache
def plates(seed: int) -> tuple[Plate, ...]:
    """One plate of each of `KINDS`, in their order; the first is one that everybody reads. No digit comes twice."""
    random = np.random.default_rng(seed)
    digits = random.permutation(list(DIGITS))[: len(KINDS)]
    return tuple(_drawn(kind, str(digit), random) for kind, digit in zip(KINDS, digits, strict=True))


def _drawn(kind: str, digit: str, random: np.random.Generator) -> Plate:
    centres, radii = _dots(random)
    inside = _figure(digit)[centres[:, 1].astype(int), centres[:, 0].astype(int)]
    uneven = random.uniform(1.0 - _UNEVEN, 1.0 + _UNEVEN, len(radii))[:, None]
    if kind == "luminance":
        cones = np.full((len(radii), 3), _LIGHT) * np.where(inside[:, None], 0.35, 1.5) * (1.0 + 0.3 * (uneven - 1.0))
    else:
        # The ground goes the other way, which doubles what can be had within sRGB.
        shift = np.where(inside[:, None], 1.0, -1.0) * np.array(_SHIFTS[kind])
        cones = _LIGHT * (1.0 + shift) * uneven
    colours = encoded(cones @ _FROM_CONES.T)
    rgb: Pixels = np.full((SIDE, SIDE, 3), GREY, np.uint8)
    scale = 1 << _FRACTION
    for centre, radius, colour in zip(centres, radii, colours, strict=True):
        x, y = (round(value * scale) for value in centre)
        cv2.circle(rgb, (x, y), round(radius * scale), [int(c) for c in colour], -1, cv2.LINE_AA, _FRACTION)
    return Plate(kind, digit, rgb)


def encoded(linear: Floats) -> Pixels:
    """sRGB code values of linear light, clipped."""
    linear = np.clip(linear, 0.0, 1.0)
    value = np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)
    return np.rint(255.0 * value).astype(np.uint8)


def _dots(random: np.random.Generator) -> tuple[Floats, Floats]:
    """Centres (N, 2) and radii (N,) of dots in a disc, none on another, the large ones first."""
    centres, radii = np.empty((0, 2)), np.empty(0)
    middle = SIDE / 2
    for radius in _RADII:
        for x, y in random.uniform(radius, SIDE - radius, (_TRIES, 2)):
            if np.hypot(x - middle, y - middle) > middle - radius - 2:
                continue
            if (np.hypot(centres[:, 0] - x, centres[:, 1] - y) >= radii + radius + _GAP).all():
                centres, radii = np.vstack([centres, [x, y]]), np.append(radii, radius)
    return centres, radii


def _figure(digit: str) -> npt.NDArray[np.bool_]:
    """bool (SIDE, SIDE): where the digit is."""
    mask = np.zeros((SIDE, SIDE), np.uint8)
    font, size, thick = cv2.FONT_HERSHEY_SIMPLEX, SIDE / 38, SIDE // 8
    (width, height), _ = cv2.getTextSize(digit, font, size, thick)
    cv2.putText(mask, digit, ((SIDE - width) // 2, (SIDE + height) // 2), font, size, 255, thick, cv2.LINE_AA)
    return mask > 127
