"""A trained network run over a picture of any size: tile by tile, as if it had seen the whole, in bounded memory."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import cv2
import numpy as np
import numpy.typing as npt

from jndkit.inference import Session
from jndkit.picture import Picture
from jndkit.pixelwise.terms.borders import border_type
from jndkit.pixelwise.terms.luma import Pictured, luma_plane

Floats = npt.NDArray[np.float32]
FRAME = 16
"""Pixels beyond the frame that a network is shown with border="reflect"; farther out it has its own zeros."""
Colours = npt.NDArray[np.uint8] | npt.NDArray[np.float32]


class Tile(NamedTuple):
    """A part of a picture, and what a network makes of it.

    rows, columns: where it lies.  pixels: what the network saw there, float32 (3, h, w) in 0..1.  residual: what it
    gave, float32 (C, h, w).
    """

    rows: slice
    columns: slice
    pixels: Floats
    residual: Floats


def colours(picture: Pictured) -> Colours:
    """What a colour network sees of whatever a caller may hold: uint8 or float32 (H, W, 3), code values 0 .. 255.

    picture: what `luma_plane` takes; grey is three equal planes. Raises what it raises.
    """
    plane = luma_plane(picture)
    rgb = picture.rgb if isinstance(picture, Picture) else np.asarray(picture)
    if rgb.ndim == 2:
        rgb = np.broadcast_to(plane[..., None], (*plane.shape, 3))
    return rgb.astype(np.uint8, copy=False) if rgb.dtype == np.uint8 else rgb.astype(np.float32, copy=False)


def tiles(rgb: Colours, run: Session, *, border: str, multiple: int, context: int, side: int) -> Iterator[Tile]:
    """Run a network tile by tile; the tiles cover the picture once.

    rgb: (H, W, 3), code values.  run: a network of float32 (1, 3, h, w), RGB in 0..1, to float32 (1, C, h, w).
    border: "reflect" repeats the picture for some pixels beyond its frame, "zero" leaves the zeros that the network
        itself puts there.
    multiple, context: of the network, as its card has them.  side: largest side of a tile, pixels, without context.
    """
    border_type(border)
    frame = min(FRAME, context) if border == "reflect" else 0
    frame, reach = (-(-pixels // multiple) * multiple for pixels in (frame, context))
    side = max(side // multiple, 1) * multiple
    height, width = rgb.shape[:2]
    for top in range(0, height, side):
        rows = _Stretch.of(top, min(top + side, height), reach, frame, multiple, height)
        for left in range(0, width, side):
            columns = _Stretch.of(left, min(left + side, width), reach, frame, multiple, width)
            seen = np.empty((1, 3, rows.seen, columns.seen), np.float32)
            mirrored = (rows.before, rows.after, columns.before, columns.after)
            window = cv2.copyMakeBorder(rgb[rows.taken, columns.taken], *mirrored, cv2.BORDER_REFLECT)
            window = window[rows.kept, columns.kept]
            for plane in range(3):
                np.multiply(window[..., plane], np.float32(1.0 / 255.0), out=seen[0, plane], dtype=np.float32)
            residual = run(seen)[0]
            wanted = np.s_[0, :, rows.wanted, columns.wanted]
            place = slice(top, min(top + side, height)), slice(left, min(left + side, width))
            yield Tile(*place, seen[wanted], residual[wanted])


class _Stretch(NamedTuple):
    """Rows or columns for a tile: those taken of the picture, how many of them are mirrored before and after, which are
    kept then, how many that is, and which of those are wanted.
    """

    taken: slice
    before: int
    after: int
    kept: slice
    seen: int
    wanted: slice

    @classmethod
    def of(cls, start: int, stop: int, reach: int, frame: int, multiple: int, length: int) -> _Stretch:
        low, high = max(start - reach, -frame), min(stop + reach, length + frame)
        high += -(high - low) % multiple
        before, after = max(-low, 0), max(high - length, 0)
        # What is mirrored must be among what is taken, also where a tile needs less of the picture than that.
        taken = slice(max(0, min(low, length - after)), min(length, max(high, before)))
        skipped = max(low, 0) - taken.start
        kept = slice(skipped, skipped + high - low)
        return cls(taken, before, after, kept, high - low, slice(start - low, stop - low))
