"""Editing of EXIF blocks in place, so that maker notes, whose offsets nobody knows, stay readable.

Source: CIPA DC-008 (Exif 2.32), section 4.6; TIFF 6.0.
"""

from __future__ import annotations

import struct
from collections.abc import Collection

from jndkit.picture.metadata import ifd

PREFIX = b"Exif\0\0"

_ORIENTATION = 0x0112
_SIZE_TAGS = (0x0100, 0x0101)
_EXIF_IFD, _GPS_IFD = 0x8769, 0x8825
_PIXEL_DIMENSIONS = (0xA002, 0xA003)
_THUMBNAIL_START, _THUMBNAIL_LENGTH = 0x0201, 0x0202
_SHORT = 3


def _body(block: bytes) -> bytearray:
    """The TIFF structure without the prefix some containers put before it."""
    return bytearray(block[len(PREFIX) :] if block.startswith(PREFIX) else block)


def orientation(block: bytes) -> int | None:
    """The orientation tag, 1 to 8; None where there is none or the block cannot be read."""
    body = _body(block)
    try:
        order, first = ifd.header(body)
        entry = ifd.directory(body, order, first).find(_ORIENTATION)
        value = None if entry is None else ifd.numbers(body, order, entry)[0]
    except (ValueError, IndexError, struct.error):
        return None
    return value if value is not None and 1 <= value <= 8 else None


def with_orientation(block: bytes | None, value: int) -> bytes | None:
    """The block with this orientation, 1 to 8; one of that alone for None.

    None where the block has no such tag, or cannot be read.
    """
    if block is None:
        entry = struct.pack(">HHIHH", _ORIENTATION, _SHORT, 1, value, 0)
        return PREFIX + struct.pack(">2sHIH", b"MM", 42, 8, 1) + entry + bytes(4)
    body = _body(block)
    try:
        order, at = ifd.header(body)
        stated = ifd.directory(body, order, at).find(_ORIENTATION)
        if stated is None:
            return None
        _state(body, order, stated, value)
    except (ValueError, IndexError, struct.error):
        return None
    return PREFIX + bytes(body)


def _state(body: bytearray, order: str, stated: ifd.Entry, value: int) -> None:
    struct.pack_into(order + "HIHH", body, stated.at + 2, _SHORT, 1, value, 0)  # of one number


def _pointed(body: bytearray, order: str, table: ifd.Directory, tag: int) -> ifd.Directory | None:
    entry = table.find(tag)
    return None if entry is None else ifd.directory(body, order, ifd.numbers(body, order, entry)[0])


def _remove(body: bytearray, order: str, table: ifd.Directory, tags: Collection[int]) -> None:
    """Drop entries of `table`; what follows moves up and the freed bytes become zero."""
    kept = [bytes(body[e.at : e.at + 12]) for e in table.entries if e.tag not in tags]
    if len(kept) < len(table.entries):
        link = bytes(body[table.link : table.link + 4])
        packed = struct.pack(order + "H", len(kept)) + b"".join(kept) + link
        room = table.link + len(link) - table.at
        body[table.at : table.at + room] = packed.ljust(room, b"\0")


def _extent(table: ifd.Directory, length: int) -> list[tuple[int, int]]:
    """Where a table and its values lie: (start, end) pairs inside the block."""
    spans = [(table.at, min(table.link + 4, length))]
    spans += [(e.start, e.start + e.size) for e in table.entries if e.size > 4 and e.start + e.size <= length]
    return spans


def _wipe(body: bytearray, spans: list[tuple[int, int]], keep: list[tuple[int, int]]) -> None:
    """Zero the spans and cut off those at the end. Raises ValueError where one overlaps what must stay."""
    for start, end in spans:
        if start < 8 or any(start < last and first < end for first, last in keep):
            raise ValueError("tags overlap")
        body[start:end] = bytes(end - start)
    for start, end in sorted(spans, reverse=True):
        if end >= len(body) - 3:  # up to three bytes of padding may follow
            del body[start:]


def _drop_thumbnail(body: bytearray, order: str, first: ifd.Directory, keep: list[tuple[int, int]]) -> None:
    if first.after == 0:
        return
    body[first.link : first.link + 4] = bytes(4)
    table = ifd.directory(body, order, first.after)
    spans = _extent(table, len(body))
    start, length = table.find(_THUMBNAIL_START), table.find(_THUMBNAIL_LENGTH)
    if start is not None and length is not None:
        begin = ifd.numbers(body, order, start)[0]
        spans.append((begin, min(begin + ifd.numbers(body, order, length)[0], len(body))))
    _wipe(body, [span for span in spans if span[0] < span[1]], keep)


def cleaned(block: bytes) -> bytes | None:
    """The block true of upright, re-encoded pixels, with the prefix "Exif\\0\\0"; None where it cannot be read.

    Orientation becomes 1; the thumbnail and the tags that repeat the picture's size go.
    """
    body = _body(block)
    try:
        order, at = ifd.header(body)
        first = ifd.directory(body, order, at)
        turned = first.find(_ORIENTATION)
        if turned is not None:
            _state(body, order, turned, 1)
        keep = _extent(first, len(body))
        for tag in (_EXIF_IFD, _GPS_IFD):
            table = _pointed(body, order, first, tag)
            if table is not None:
                keep += _extent(table, len(body))
                if tag == _EXIF_IFD:
                    _remove(body, order, table, _PIXEL_DIMENSIONS)
        _drop_thumbnail(body, order, first, keep)
        _remove(body, order, ifd.directory(body, order, at), _SIZE_TAGS)
    except (ValueError, IndexError, struct.error):
        return None
    return PREFIX + bytes(body)


def without_position(block: bytes) -> bytes | None:
    """The block without its GPS directory, whose bytes are wiped; None where the block cannot be read."""
    body = _body(block)
    try:
        order, at = ifd.header(body)
        first = ifd.directory(body, order, at)
        position = _pointed(body, order, first, _GPS_IFD)
        if position is not None:
            keep = _extent(first, len(body))
            detail = _pointed(body, order, first, _EXIF_IFD)
            if detail is not None:
                keep += _extent(detail, len(body))
            _remove(body, order, first, (_GPS_IFD,))
            _wipe(body, _extent(position, len(body)), keep)
    except (ValueError, IndexError, struct.error):
        return None
    return PREFIX + bytes(body)
