"""The chunks of a WebP file.

Source: RFC 9649, section 2 (container).
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

from jndkit.limits import MAX_CHUNKS

Chunk = tuple[bytes, bytes]
"""A chunk's four letters, and its content."""

PROFILE, TRANSPARENT, EXIF, XMP = 0x20, 0x10, 0x08, 0x04
"""What the header of an extended file says is in it."""


def chunks(data: bytes) -> Iterator[tuple[bytes, int, int]]:
    """Letters, start and end of every chunk's content, those inside of frames included."""
    at = 12
    for _ in range(MAX_CHUNKS):
        if at + 8 > len(data):
            return
        kind, size = struct.unpack_from("<4sI", data, at)
        if kind == b"ANMF":  # a frame, with its place and time before its own chunks
            at += 24
            continue
        yield kind, at + 8, min(at + 8 + size, len(data))
        at += 8 + size + size % 2


def joined(*parts: Chunk) -> bytes:
    """A file of these chunks."""
    packed = [struct.pack("<4sI", kind, len(body)) + body + bytes(len(body) % 2) for kind, body in parts]
    return b"RIFF" + struct.pack("<I", 4 + sum(map(len, packed))) + b"WEBP" + b"".join(packed)


def header(flags: int, width: int, height: int) -> Chunk:
    """The header of an extended file. flags: the sum of what is in it."""
    sides = (max(side - 1, 0).to_bytes(3, "little") for side in (width, height))
    return b"VP8X", struct.pack("<I", flags) + b"".join(sides)


def is_lossy(data: bytes) -> bool:
    """Whether the colours are coded by VP8, which loses something, and not by VP8L."""
    return any(kind == b"VP8 " for kind, _, _ in chunks(data))
