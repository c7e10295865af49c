"""Large pictures in tiles with a halo around them, so that memory stays bounded."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

from jndkit.observers.contract import Box


def tiles(height: int, width: int, side: int, halo: int) -> Iterator[Box]:
    """Tiles with their halo, of about equal size.

    side: pixels, at most about so many without the halo.  halo: pixels that a tile shares with its neighbours.
    """
    for top, bottom in _parts(height, side, halo):
        for left, right in _parts(width, side, halo):
            y, x = max(0, top - halo), max(0, left - halo)
            yield Box(x, y, min(width, right + halo) - x, min(height, bottom + halo) - y)


def core(tile: Box, height: int, width: int, halo: int) -> Box:
    """The part of a tile that is its own: without the halo it shares with its neighbours."""
    x, y = (start + halo if start else 0 for start in (tile.x, tile.y))
    right = width if tile.x + tile.width == width else tile.x + tile.width - halo
    bottom = height if tile.y + tile.height == height else tile.y + tile.height - halo
    return Box(x, y, right - x, bottom - y)


def _parts(length: int, side: int, halo: int) -> Iterator[tuple[int, int]]:
    """(start, end) of equal parts of a length, starting at multiples of the halo."""
    count = -(-length // side)
    edges = [length * k // count // halo * halo for k in range(count)] + [length]
    return itertools.pairwise(edges)
