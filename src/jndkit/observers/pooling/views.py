"""What an observer is shown: an opaque picture as it is, a transparent one over black, mid grey and white."""

from __future__ import annotations

import cv2

from jndkit.errors import UsageError
from jndkit.picture import Picture, Pixels, flatten

BACKDROPS = (0, 128, 255)


def views(picture: Picture, transparent: bool) -> list[Pixels]:
    """The picture; or, where it or its reference is transparent, the picture over each backdrop."""
    return [flatten(picture, level) for level in BACKDROPS] if transparent else [picture.rgb]


def views_beside(decoded: Picture, shape: tuple[int, ...], transparent: bool) -> list[Pixels]:
    """The views of a decoded version, one for each view of the reference.

    shape: (H, W) of the reference.  transparent: whether the reference is.
    Raises UsageError where the two differ in size, or only the decoded version is transparent.
    """
    if decoded.rgb.shape[:2] != shape:
        raise UsageError(f"pictures differ in size: {shape[1]} x {shape[0]} and {decoded.width} x {decoded.height}")
    if decoded.alpha is not None and not transparent:
        raise UsageError("only one of the two pictures is transparent")
    return views(decoded, transparent)


def at_least(rgb: Pixels, side: int) -> Pixels:
    """The pixels, uint8 (H, W, 3), repeated at their lower and right edge up to `side` pixels a side."""
    down, right = (max(0, side - length) for length in rgb.shape[:2])
    return cv2.copyMakeBorder(rgb, 0, down, 0, right, cv2.BORDER_REPLICATE) if down or right else rgb
