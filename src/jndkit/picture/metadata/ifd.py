"""Image file directories: the tag tables of TIFF files and of EXIF blocks.

Source: TIFF 6.0, section 2 (image file header and directory).
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

MOST_ENTRIES = 4096
_SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4}


@dataclass(frozen=True)
class Entry:
    """One tag: `at` is where its 12 bytes lie, `start` and `size` (bytes) where its value lies."""

    tag: int
    kind: int
    count: int
    at: int
    start: int
    size: int


@dataclass(frozen=True)
class Directory:
    """One table: `at` is where it lies, `link` where the offset of the next table is stored, `after` that offset."""

    at: int
    entries: tuple[Entry, ...]
    link: int
    after: int

    def find(self, tag: int) -> Entry | None:
        return next((entry for entry in self.entries if entry.tag == tag), None)


def header(block: bytes | bytearray) -> tuple[str, int]:
    """Byte order ("<" or ">") and offset of the first directory. Raises ValueError where this is no TIFF header."""
    order = {b"II": "<", b"MM": ">"}.get(bytes(block[:2]))
    if order is None or len(block) < 8:
        raise ValueError("no TIFF header")
    magic, first = struct.unpack_from(order + "HI", block, 2)
    if magic != 42:
        raise ValueError("no TIFF header")
    return order, first


def directory(block: bytes | bytearray, order: str, at: int) -> Directory:
    """The directory at `at`. Raises ValueError where it does not lie in the block or is absurdly long.

    Values may point outside the block; `value` and `numbers` check that.
    """
    if not 8 <= at <= len(block) - 2:
        raise ValueError("a tag directory lies outside")
    (count,) = struct.unpack_from(order + "H", block, at)
    link = at + 2 + 12 * count
    if count > MOST_ENTRIES:
        raise ValueError(f"a tag directory claims {count} tags")
    if link > len(block):
        raise ValueError("a tag directory is cut off")
    entries = []
    for place in range(at + 2, link, 12):
        tag, kind, number = struct.unpack_from(order + "HHI", block, place)
        size = _SIZES.get(kind, 1) * number
        start = place + 8 if size <= 4 else struct.unpack_from(order + "I", block, place + 8)[0]
        entries.append(Entry(tag, kind, number, place, start, size))
    after = struct.unpack_from(order + "I", block, link)[0] if link + 4 <= len(block) else 0
    return Directory(at, tuple(entries), link, after)


def numbers(block: bytes | bytearray, order: str, entry: Entry, most: int = 16) -> tuple[int, ...]:
    """The first values, at most `most`, of an integer tag. Raises ValueError for other types or a value outside."""
    code = {1: "B", 3: "H", 4: "I", 13: "I"}.get(entry.kind)
    count = min(entry.count, most)
    if code is None or entry.start + count * _SIZES[entry.kind] > len(block):
        raise ValueError(f"tag {entry.tag} cannot be read")
    return struct.unpack_from(f"{order}{count}{code}", block, entry.start)
