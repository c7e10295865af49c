"""Cutting a picture into pieces that fit in memory: tiles, which are coded apart, and windows, which overlap."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import NamedTuple

from jndkit.codecs.jndlic.layout import MULTIPLE

TILE = 2048
"""The largest side of a tile, pixels. It belongs to the version of the format."""


class Window(NamedTuple):
    """Rows and columns that are wanted, in pixels, and those that are looked at for them; multiples of 32, but the end.

    within: the wanted rows and columns of what is looked at.
    """

    rows: slice
    columns: slice
    seen_rows: slice
    seen_columns: slice

    @property
    def within(self) -> tuple[slice, slice]:
        return (
            slice(self.rows.start - self.seen_rows.start, self.rows.stop - self.seen_rows.start),
            slice(self.columns.start - self.seen_columns.start, self.columns.stop - self.seen_columns.start),
        )


def padded(side: int, multiple: int = MULTIPLE) -> int:
    """The side that the networks see: the next multiple."""
    return side + -side % multiple


def windows(
    height: int,
    width: int,
    reach: int,
    largest: int,
    of: tuple[slice, slice] | None = None,
    multiple: int = MULTIPLE,
) -> Iterator[Window]:
    """Windows that cover a picture once, row by row, the same number in every row, as equal as multiples can be.

    height, width: of the multiple, which is one of 32.  reach: pixels that are looked at around what is wanted, inside
    the picture.  largest: side of what is wanted.  of: the rows and columns to be covered, where it
    is not the whole picture.
    """
    reach = padded(reach)
    rows, columns = of or (slice(0, height), slice(0, width))
    for top, bottom in _cuts(rows, largest, multiple):
        for left, right in _cuts(columns, largest, multiple):
            yield Window(
                slice(top, bottom),
                slice(left, right),
                slice(max(0, top - reach), min(height, bottom + reach)),
                slice(max(0, left - reach), min(width, right + reach)),
            )


def _cuts(along: slice, largest: int, multiple: int) -> list[tuple[int, int]]:
    units = (along.stop - along.start) // multiple
    count = -(-units // max(1, largest // multiple))
    ends = [along.start + units * index // count * multiple for index in range(count + 1)]
    return list(pairwise(ends))
