"""Where the coded pictures lie in an AVIF or HEIC file.

Source: ISO/IEC 14496-12, sections 8.11.3 (item location) and 8.11.6 (item information).
"""

from __future__ import annotations

from collections.abc import Iterator

from jndkit.picture.formats.boxes import boxes

_MOST_ITEMS = 65536


class _Fields:
    """Big-endian numbers of a box, one after the other. Raises ValueError behind its end."""

    def __init__(self, body: memoryview) -> None:
        self._body, self._at = body, 0

    def take(self, size: int) -> int:
        end = self._at + size
        if end > len(self._body):
            raise ValueError("a box is cut off")
        value = int.from_bytes(self._body[self._at : end])
        self._at = end
        return value


def child(view: memoryview, *path: bytes) -> memoryview:
    """The body of the box at the end of a path of types. Raises ValueError where there is none."""
    for kind in path:
        body = next((body for box, body in boxes(view) if box == kind), None)
        if body is None:
            raise ValueError(f"there is no box {kind!r}")
        view = body[4:] if kind == b"meta" else body  # version and flags come before its boxes
    return view


def extents(data: bytes, kind: bytes) -> list[memoryview]:
    """The stretches of the file that items of a type such as b"av01" consist of.

    Raises ValueError where the file does not say, or where they add up to more than the file has.
    """
    view = memoryview(data)
    meta = child(view, b"meta")
    wanted = set(_items(child(meta, b"iinf"), kind))
    stretches, left = list[memoryview](), len(data)
    for item, stretch in _located(view, child(meta, b"iloc")):
        left -= len(stretch)
        if left < 0:
            raise ValueError("the extents lie over each other")
        if item in wanted:
            stretches.append(stretch)
    return stretches


def _items(body: memoryview, kind: bytes) -> Iterator[int]:
    start = 6 if bytes(body[:1]) == b"\0" else 8
    for box, entry in boxes(body[start:]):
        fields = _Fields(entry)
        version = fields.take(4) >> 24
        if box == b"infe" and version in (2, 3):
            item = fields.take(2 if version == 2 else 4)
            fields.take(2)
            if fields.take(4).to_bytes(4) == kind:
                yield item


def _located(view: memoryview, body: memoryview) -> Iterator[tuple[int, memoryview]]:
    fields = _Fields(body)
    version = fields.take(4) >> 24
    sizes = fields.take(2)
    offset_size, length_size, base_size, index_size = (sizes >> shift & 15 for shift in (12, 8, 4, 0))
    wide = 4 if version == 2 else 2
    if not offset_size + length_size:
        raise ValueError("the extents are nowhere")
    for _ in range(min(fields.take(wide), _MOST_ITEMS)):
        item = fields.take(wide)
        method = fields.take(2) & 15 if version else 0
        fields.take(2)
        base = fields.take(base_size)
        for _ in range(fields.take(2)):
            if version:
                fields.take(index_size)
            start, length = base + fields.take(offset_size), fields.take(length_size)
            if method == 0:  # the others lie in other boxes or items
                yield item, view[start : start + length] if length else view[start:]
