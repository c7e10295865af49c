"""The plane every model here reads: luma in 8-bit code values."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from jndkit.errors import InputError, UsageError
from jndkit.picture import Picture, Pixels
from jndkit.pixelwise.terms.borders import Strip, strips
from jndkit.threads import side_by_side

Plane: TypeAlias = npt.NDArray[np.uint8] | npt.NDArray[np.float32]
Map: TypeAlias = npt.NDArray[np.float32]
Pictured: TypeAlias = Picture | npt.NDArray[Any]

SMALLEST = 8


def luma(rgb: Pixels) -> Pixels:
    """Luma of an sRGB-encoded picture, floor(0.299 R + 0.587 G + 0.114 B + 0.5).

    rgb: uint8 (H, W, 3). Returns uint8 (H, W); equal channels give themselves.
    """
    whole: Pixels = np.empty(rgb.shape[:2], np.uint8)

    def work(strip: Strip) -> None:
        red, green, blue = (rgb[strip.rows, :, channel] for channel in range(3))
        # Sums that end in exactly .5 go up or down by the rounding of double precision, added in this order: the
        # published reference planes were made so.
        whole[strip.rows] = 0.299 * red + 0.587 * green + 0.114 * blue + 0.5

    side_by_side(work, strips(rgb.shape, 0))
    return whole


def luma_plane(picture: Pictured) -> Plane:
    """The luma of whatever a caller may hold.

    picture: a Picture; or uint8 or float (H, W), luma in code values 0 .. 255, taken as it is; or uint8 or float
        (H, W, 3), sRGB-encoded code values.
    Returns uint8 (H, W) where every value is whole, else float32 (H, W).
    Raises UsageError for another shape, type or range, InputError for less than 8 pixels a side.
    """
    if isinstance(picture, Picture):
        path = picture.source.path if picture.source else None
        pixels: npt.NDArray[Any] = picture.rgb[..., 0] if picture.grey else picture.rgb
    else:
        path, pixels = None, np.asarray(picture)
    if pixels.ndim not in (2, 3) or (pixels.ndim == 3 and pixels.shape[2] != 3):
        raise UsageError(f"a picture is an array (H, W) or (H, W, 3), not {pixels.shape}")
    height, width = pixels.shape[:2]
    if min(height, width) < SMALLEST:
        raise InputError(path, f"{width} x {height} pixels; JND maps need at least {SMALLEST} x {SMALLEST}")
    whole = _whole(pixels)
    plane: Plane
    if whole.ndim == 2:
        plane = whole if whole.flags.c_contiguous else whole.copy()
    elif whole.dtype == np.uint8:
        plane = luma(whole.astype(np.uint8, copy=False))
    else:
        plane = whole @ np.array([0.299, 0.587, 0.114], np.float32)
    return plane


def _whole(pixels: npt.NDArray[Any]) -> Plane:
    """The same numbers as uint8 where that loses nothing, else as float32."""
    if pixels.dtype == np.uint8:
        return pixels
    if pixels.dtype.kind not in "fiu":
        raise UsageError(f"a picture holds numbers 0 .. 255, not {pixels.dtype}")
    # Written so that not-a-number fails too.
    if not (pixels.min() >= 0 and pixels.max() <= 255):
        raise UsageError("a picture holds numbers 0 .. 255; scale it to 8-bit code values first")
    eight = pixels.astype(np.uint8)
    if np.array_equal(eight, pixels):
        return eight
    return pixels.astype(np.float32)
