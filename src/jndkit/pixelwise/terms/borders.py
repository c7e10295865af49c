"""What lies beyond the frame, and how to work through a large picture in strips."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import cv2
import numpy as np

from jndkit.errors import check_choice
from jndkit.threads import STRIP_PIXELS

# MATLAB's names: 'symmetric' repeats the edge pixel, which OpenCV calls REFLECT.
BORDERS: dict[str, int] = {"reflect": cv2.BORDER_REFLECT, "zero": cv2.BORDER_CONSTANT}


def border_type(border: str) -> int:
    """OpenCV's constant for "reflect" (symmetric) or "zero". Raises UsageError for another name."""
    check_choice("border", border, BORDERS)
    return BORDERS[border]


class Strip(NamedTuple):
    """Rows of a picture: `rows` are wanted, `slab` is what must be read, `inner` are the wanted rows of the slab."""

    rows: slice
    slab: slice
    inner: slice


def strips(shape: tuple[int, ...], halo: int) -> Iterator[Strip]:
    """Cuts a picture of `shape` into strips that fit the processor's cache.

    halo: how many rows above and below a result depends on. A slab ends at the picture's frame or `halo` rows beyond
    the wanted ones, so filtering a slab with the border rule gives the same rows as filtering the whole picture.
    """
    _keep_freed_memory()
    height, width = shape[:2]
    step = max(4 * halo, 16, STRIP_PIXELS // width)  # no more than a third of what is read is halo
    for top in range(0, height, step):
        bottom = min(top + step, height)
        first = max(top - halo, 0)
        slab = slice(first, min(bottom + halo, height))
        yield Strip(slice(top, bottom), slab, slice(top - first, bottom - first))


def _keep_freed_memory() -> None:
    """Lets every strip reuse the memory of the one before.

    glibc otherwise returns it to the system strip by strip, and fetching it again doubles the time of a large picture;
    having freed one block just below 32 MiB, which is never touched, it keeps what is freed from then on.
    """
    np.empty(31 << 20, np.uint8)
