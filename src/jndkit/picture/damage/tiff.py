"""Damage in the strips and tiles of a TIFF file, where they are Deflate or JPEG streams.

Source: TIFF 6.0, sections 8, 15 and 22; TIFF Technical Note 2 (JPEG); Adobe Photoshop TIFF Technical Notes (Deflate);
RFC 1950 (checksum).
"""

from __future__ import annotations

import struct
import zlib

from jndkit.limits import MAX_STRIPS
from jndkit.picture.damage import jpeg
from jndkit.picture.metadata import ifd

_WIDTH, _LENGTH, _BITS, _COMPRESSION, _SAMPLES, _TABLES = 256, 257, 258, 259, 277, 347
_STRIPS = ((273, 279), (324, 325))  # offsets and byte counts, of strips and of tiles
_DEFLATE = (8, 32946)
_JPEG = 7
_STEP = 1 << 20


def damage(data: bytes) -> str | None:
    """What is wrong with the pixels of the first page of a TIFF file that can be decoded, or None."""
    try:
        order, at = ifd.header(data)
        table = ifd.directory(data, order, at)
        compression = _first(data, order, table, _COMPRESSION, 1)
        if compression not in (*_DEFLATE, _JPEG):
            return None
        pixels = _first(data, order, table, _WIDTH, 0) * _first(data, order, table, _LENGTH, 0)
        places = _strips(data, order, table)
        if sum(size for _, size in places) > len(data):
            return None  # they lie over each other
        strips = [data[start : start + size] for start, size in places]
        if compression == _JPEG:
            return _jpeg_damage(strips, _value(data, table.find(_TABLES)), pixels)
        bits = _first(data, order, table, _BITS, 1) * _first(data, order, table, _SAMPLES, 1)
        return _deflate_damage(strips, pixels * bits // 8)
    except (ValueError, IndexError, struct.error):
        return None


def _first(data: bytes, order: str, table: ifd.Directory, tag: int, otherwise: int) -> int:
    entry = table.find(tag)
    return otherwise if entry is None else ifd.numbers(data, order, entry)[0]


def _value(data: bytes, entry: ifd.Entry | None) -> bytes:
    return b"" if entry is None else data[entry.start : entry.start + entry.size]


def _strips(data: bytes, order: str, table: ifd.Directory) -> list[tuple[int, int]]:
    """(start, size) of every strip or tile."""
    for places, sizes in _STRIPS:
        entries = table.find(places), table.find(sizes)
        if entries[0] is not None and entries[1] is not None:
            starts, counts = (ifd.numbers(data, order, entry, MAX_STRIPS) for entry in entries if entry is not None)
            return list(zip(starts, counts, strict=False))
    return []


def _deflate_damage(strips: list[bytes], room: int) -> str | None:
    """room: bytes of the whole picture, twice which is unpacked at most: tiles reach over its edges."""
    left = 2 * room + _STEP
    for strip in strips:
        worker, pending = zlib.decompressobj(), strip
        try:
            while pending and not worker.eof and left > 0:
                left -= len(worker.decompress(pending, _STEP))
                pending = worker.unconsumed_tail
        except zlib.error:
            return "the TIFF data is damaged: a Deflate strip fails its checksum or cannot be unpacked"
    return None


def _jpeg_damage(strips: list[bytes], shared: bytes, pixels: int) -> str | None:
    """pixels: of the whole picture, twice which is decoded at most: tiles reach over its edges."""
    tables = jpeg.take_apart(shared)
    left = 2 * pixels + _STEP
    for strip in strips:
        stream = jpeg.take_apart(strip)
        left -= stream.width * stream.height
        if left < 0:
            break
        reason = jpeg.scan_damage(stream, stream.joined(tables))
        if reason is not None:
            return f"the TIFF data is damaged: {reason}"
    return None
