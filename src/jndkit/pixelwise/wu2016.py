"""Wu, Shi, Lin and Jay Kuo, "Enhanced just noticeable difference model with visual regularity consideration", IEEE
International Conference on Acoustics, Speech and Signal Processing, 2016, with the number of patterns held constant.

It is the map that guides the JND-LIC codec, channel by channel.
"""

from __future__ import annotations

import functools

import cv2
import numpy as np
import numpy.typing as npt

from jndkit.errors import check_choice
from jndkit.picture import Picture, Pixels
from jndkit.pixelwise.card import Card
from jndkit.pixelwise.terms.borders import BORDERS, strips
from jndkit.pixelwise.terms.luma import Map, Pictured, Plane, luma_plane
from jndkit.pixelwise.terms.luminance import luminance_adaptation
from jndkit.pixelwise.terms.namm import namm

HALO = 2  # half of the 5 x 5 mean
VARIANTS = ("code", "paper")
WU2016_BORDERS = {**BORDERS, "reflect101": cv2.BORDER_REFLECT_101}
PREWITT = np.array([[1, 1, 1], [0, 0, 0], [-1, -1, -1]]) / 3
# The number of patterns, which the published code does not measure, and what it makes of contrast masking.
PATTERNS = 7
REGULARITY = 0.3 * PATTERNS**2.7 / (PATTERNS**2 + 1)


def wu2016(picture: Pictured, *, variant: str = "code", border: str = "reflect") -> Map:
    """JND map of luma, float32 (H, W), in code values of luma.

    picture: what `luma_plane` takes.  variant: "code" is the code published with JND-LIC, in 8-bit arithmetic: falling
    gradients vanish and luminance adaptation is cut to whole numbers; "paper" is the same in real numbers.
    border: "reflect", "zero", or "reflect101" to match that code, which does not repeat the edge pixel.
    Raises UsageError for an unknown name, InputError for a picture below 8 x 8.
    Source: the code of JND-LIC, `Util/jnd.py`. Differs: that code takes the channels of a picture one by one, see
    `wu2016_colour`; a plane that is not whole is rounded for "code".
    """
    check_choice("variant", variant, VARIANTS)
    check_choice("border", border, WU2016_BORDERS)
    return _map(luma_plane(picture), variant, WU2016_BORDERS[border])


def wu2016_colour(picture: Pictured, *, variant: str = "code", border: str = "reflect") -> Map:
    """JND maps of red, green and blue, float32 (H, W, 3), in code values of each, as JND-LIC uses them.

    Arguments and errors as for `wu2016`; a plane (H, W) counts as grey.
    Source: the code of JND-LIC. Differs: channels in the order of the picture, red first; there blue comes first.
    """
    check_choice("variant", variant, VARIANTS)
    check_choice("border", border, WU2016_BORDERS)
    luma = luma_plane(picture)
    channels = np.asarray(picture.rgb if isinstance(picture, Picture) else picture)
    if channels.ndim == 2:
        return np.repeat(_map(luma, variant, WU2016_BORDERS[border])[..., None], 3, axis=2)
    jnd: Map = np.empty(channels.shape, np.float32)
    for channel in range(3):
        jnd[..., channel] = _map(luma_plane(channels[..., channel]), variant, WU2016_BORDERS[border])
    return jnd


def _map(plane: Plane, variant: str, border: int) -> Map:
    jnd: Map = np.empty(plane.shape, np.float32)
    if variant == "code":
        whole = plane if plane.dtype == np.uint8 else (plane + np.float32(0.5)).astype(np.uint8)
        for rows, slab, inner in strips(plane.shape, HALO):
            jnd[rows] = _in_bytes(whole[slab].astype(np.uint8, copy=False), border)[inner]
    else:
        for rows, slab, inner in strips(plane.shape, HALO):
            jnd[rows] = _in_numbers(plane[slab], border)[inner]
    return jnd


def _in_bytes(plane: Pixels, border: int) -> Map:
    """The published arithmetic: filters that round half to even and keep 0 .. 255."""
    down = cv2.filter2D(plane, cv2.CV_8U, PREWITT, borderType=border)
    right = cv2.filter2D(plane, cv2.CV_8U, PREWITT.T.copy(), borderType=border)
    mean = cv2.boxFilter(plane, cv2.CV_8U, (5, 5), borderType=border)
    power = cv2.multiply(right, right, dtype=cv2.CV_32S)
    power += cv2.multiply(down, down, dtype=cv2.CV_32S)
    return namm(_adaptation_table()[mean], _masking_table()[power])


def _in_numbers(plane: Plane, border: int) -> Map:
    down = cv2.filter2D(plane, cv2.CV_32F, PREWITT, borderType=border)
    right = cv2.filter2D(plane, cv2.CV_32F, PREWITT.T.copy(), borderType=border)
    mean = cv2.boxFilter(plane, cv2.CV_32F, (5, 5), borderType=border)
    contrast = np.sqrt((right * right + down * down) * np.float32(0.5))
    return namm(luminance_adaptation(mean, least=0.0), _masking(contrast).astype(np.float32, copy=False))


def _masking(contrast: npt.NDArray[np.floating]) -> npt.NDArray[np.floating]:
    """Contrast masking times the gain of regularity, in the type of `contrast`, code values."""
    power = cv2.pow(contrast, 2.4) if contrast.dtype == np.float32 else contrast**2.4
    masking: npt.NDArray[np.floating] = power / (contrast * contrast + 26**2) * (1.84 * REGULARITY)
    return masking


@functools.cache
def _masking_table() -> Map:
    """Masking by the sum of the squares of two 8-bit gradients, float32 (130051,)."""
    return _masking(np.sqrt(np.arange(2 * 255**2 + 1) / 2)).astype(np.float32)


@functools.cache
def _adaptation_table() -> Map:
    """Luminance adaptation by the mean, cut to whole numbers, float32 (256,)."""
    mean = np.arange(256)
    dark = 17 * (1 - np.sqrt(mean / 127))  # Chou and Li's + 3 is missing in the published code
    return np.trunc(np.where(mean <= 127, dark, 3 / 128 * (mean - 127) + 3)).astype(np.float32)


CARD = Card(
    name="wu2016",
    compute=wu2016,
    summary="the map that guides the JND-LIC codec; code is its 8-bit arithmetic, paper the same in real numbers",
    paper="Wu et al., Enhanced just noticeable difference model with visual regularity consideration, IEEE ICASSP",
    year=2016,
    variants=("code", "paper"),
)
