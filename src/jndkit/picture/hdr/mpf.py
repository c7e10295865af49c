"""The index of a JPEG file that holds further pictures (multi-picture format).

Source: CIPA DC-007 (2009), "MP Index IFD".
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

from jndkit.picture.formats.jpeg import APP2, MPF, Segment, segment
from jndkit.picture.metadata import ifd

MOST_PICTURES = 32  # files of phones have 2 to 4
_PRIMARY = 0x030000  # the picture that represents the file
_VERSION, _COUNT, _ENTRIES = 0xB000, 0xB001, 0xB002
_ENTRY = struct.Struct(">IIIHH")  # attribute, size, offset, and two numbers of pictures that depend on this one
_TYPE = 0xFFFFFF
_TYPES = {
    0x010001: "a preview",
    0x010002: "a preview",
    0x020001: "a part of a panorama",
    0x020002: "another view of a stereo picture",
    0x020003: "another view",
}


@dataclass(frozen=True)
class Entry:
    """One picture. start, size: bytes in the file, unchecked.  attribute: flags and type."""

    attribute: int
    start: int
    size: int

    @property
    def kind(self) -> str:
        """What the picture is, as far as its type says."""
        return _TYPES.get(self.attribute & _TYPE, "a picture")


def entries(found: Segment) -> tuple[Entry, ...]:
    """The pictures after the first that an index lists. found: its segment.

    Raises ValueError where it cannot be read, or lists absurdly many.
    """
    block = found.body[len(MPF) :]
    # Offsets count from the header of the index, which follows marker, length and name.
    origin = found.at + 4 + len(MPF)
    try:
        order, first = ifd.header(block)
        table = ifd.directory(block, order, first)
        entry = table.find(_ENTRIES)
        if entry is None or entry.start + entry.size > len(block) or entry.size % _ENTRY.size:
            raise ValueError("the index of its pictures is damaged")
        if entry.size > MOST_PICTURES * _ENTRY.size:
            raise ValueError(f"the index lists {entry.size // _ENTRY.size} pictures, more than {MOST_PICTURES}")
        listed = struct.Struct(order + _ENTRY.format[1:]).iter_unpack(block[entry.start : entry.start + entry.size])
        return tuple(Entry(attribute, origin + offset, size) for attribute, size, offset, *_ in listed)[1:]
    except struct.error:
        raise ValueError("the index of its pictures is damaged") from None


def index(at: int, first: int, second: int, attribute: int) -> bytes:
    """The APP2 segment that lists two pictures, the second right behind the first.

    at: where the segment will stand in the file.  first, second: bytes of the two, the segment included.
    attribute: of the second.
    """
    pictures = _ENTRY.pack(_PRIMARY, first, 0, 0, 0) + _ENTRY.pack(attribute, second, first - at - 8, 0, 0)
    start = 8 + 2 + 3 * 12 + 4
    table = struct.pack(
        ">2sHIH HHI4s HHII HHII I",
        *(b"MM", 42, 8, 3),
        *(_VERSION, 7, 4, b"0100"),
        *(_COUNT, 4, 1, 2),
        *(_ENTRIES, 7, len(pictures), start),
        0,  # no further table
    )
    return segment(APP2, MPF + table + pictures)


INDEX_SIZE = len(index(0, 8, 0, 0))
"""Bytes of every index that is written."""
