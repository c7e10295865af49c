"""A trained network run over a picture of any size: tile by tile, as if it had seen the whole, in bounded memory."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from jndkit.inference import Session
from jndkit.picture import Picture
from jndkit.pixelwise.borders import border_type
from jndkit.pixelwise.luma import Pictured, luma_plane

Floats = npt.NDArray[np.float32]
Colours = npt.NDArray[np.uint8] | npt.NDArray[np.float32]


class Tile(NamedTuple):
    """Where it lies in the picture; what the network saw there, float32 (3, h, w) in 0..1; what it said, (C, h, w)."""

    rows: slice
    columns: slice
    given: Floats
    found: Floats


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
    border: "reflect" repeats the picture beyond its frame, "zero" leaves the zeros that the network itself puts there.
    multiple, context: of the network, as its card has them.  side: largest side of a tile, pixels, without context.
    """
    border_type(border)
    reach = -(-context // multiple) * multiple
    side = max(side // multiple, 1) * multiple
    height, width = rgb.shape[:2]
    for top in range(0, height, side):
        for left in range(0, width, side):
            rows, first = _reached(top, min(top + side, height), reach, multiple, height, border)
            columns, start = _reached(left, min(left + side, width), reach, multiple, width, border)
            seen = np.ascontiguousarray(rgb[rows][:, columns].transpose(2, 0, 1), np.float32)
            seen *= np.float32(1.0 / 255.0)
            inside = np.s_[:, first : first + min(side, height - top), start : start + min(side, width - left)]
            found = run(seen[None])[0][0]
            yield Tile(
                slice(top, min(top + side, height)),
                slice(left, min(left + side, width)),
                seen[inside],
                found[inside],
            )


def _reached(
    start: int, stop: int, reach: int, multiple: int, length: int, border: str
) -> tuple[npt.NDArray[np.intp], int]:
    """Indices of the pixels that a stretch of pixels needs around it, and where among them the stretch begins."""
    low, high = start - reach, stop + reach
    if border == "zero":
        low, high = max(low, 0), min(high, length)
    high += -(high - low) % multiple
    index = np.arange(low, high) % (2 * length)
    return np.minimum(index, 2 * length - 1 - index), start - low
