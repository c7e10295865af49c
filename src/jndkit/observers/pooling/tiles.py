"""Large pictures in tiles with a halo around them, so that memory stays bounded."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

from jndkit.observers.contract import Box


def tiles(shape: tuple[int, ...], side: int, halo: int) -> Iterator[Box]:
    """Tiles with their halo, of about equal size.

    shape: (H, W) of the picture, pixels.  side: of a tile without its halo, at most about so many pixels.
    halo: pixels that a tile shares with its neighbours.
    """
    height, width = shape[:2]
    for top, bottom in _parts(height, side, halo):
        for left, right in _parts(width, side, halo):
            y, x = max(0, top - halo), max(0, left - halo)
            yield Box(x, y, min(width, right + halo) - x, min(height, bottom + halo) - y)


def core(tile: Box, shape: tuple[int, ...], halo: int) -> Box:
    """The part of a tile that is its own, without the halo. shape: (H, W) of the picture."""
    height, width = shape[:2]
    x, y = (start + halo if start else 0 for start in (tile.x, tile.y))
    right = width if tile.x + tile.width == width else tile.x + tile.width - halo
    bottom = height if tile.y + tile.height == height else tile.y + tile.height - halo
    return Box(x, y, right - x, bottom - y)


def _parts(length: int, side: int, halo: int) -> Iterator[tuple[int, int]]:
    """(start, end) of equal parts of a length, starting at multiples of the halo."""
    count = -(-length // side)
    edges = [length * k // count // halo * halo for k in range(count)] + [length]
    return itertools.pairwise(edges)
