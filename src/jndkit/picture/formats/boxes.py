"""The boxes that AVIF, HEIC and JPEG XL files are made of.

Source: ISO/IEC 14496-12, section 4.2 (object structure).
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

from jndkit.limits import MAX_CHUNKS


def boxes(view: memoryview) -> Iterator[tuple[bytes, memoryview]]:
    """(type, body) of the boxes in a stretch of a file, a body that is cut off as far as it goes.

    Raises ValueError for a box that ends before its body begins.
    """
    at = 0
    for _ in range(MAX_CHUNKS):
        if at + 8 > len(view):
            return
        size, kind, start = int.from_bytes(view[at : at + 4]), bytes(view[at + 4 : at + 8]), at + 8
        if size == 1:  # sizes beyond 32 bits follow the type
            size, start = int.from_bytes(view[start : start + 8]), start + 8
        end = len(view) if size == 0 else at + size  # 0 is for the last box: it reaches to the end
        if end < start:
            raise ValueError("a box is damaged")
        yield kind, view[start:end]
        at = end


def box(kind: bytes, body: bytes) -> bytes:
    """A box of less than 4 GiB."""
    return struct.pack(">I", len(body) + 8) + kind + body
