"""Damage in the coded pictures of AVIF and HEIC files: bytes that their coders do not write.

Source: ITU-T H.265, sections 7.3.1.1, 7.4.2 and B.2 (network abstraction layer units); AV1 Bitstream and Decoding
Process Specification, section 8.2 (symbol decoding).
"""

from __future__ import annotations

import re

from jndkit.picture.damage.isobmff import child, extents

_SECTOR = bytes(512)  # what a lost sector of a disk reads as
_FORBIDDEN = re.compile(rb"\0\0[\0-\2]")  # the coder puts a 3 after two zeros, lest they look like a start code


def av1_damage(data: bytes) -> str | None:
    """What is wrong with the pixels of an AVIF file that can be decoded, or None.

    The coder adapts to what it codes, so that the flattest picture makes no more than a few zeros in a row.
    """
    try:
        blocks = extents(data, b"av01")
    except ValueError:
        return None
    return (
        "the AVIF data is damaged: a block of it is zeros" if any(_SECTOR in bytes(block) for block in blocks) else None
    )


def hevc_damage(data: bytes) -> str | None:
    """What is wrong with the pixels of a HEIC file that can be decoded, or None."""
    try:
        blocks = extents(data, b"hvc1")
        # The low two bits of this byte of the decoder's set-up: how long the lengths of units are, less one.
        sizes = (child(memoryview(data), b"meta", b"iprp", b"ipco", b"hvcC")[21] & 3) + 1
    except (ValueError, IndexError):
        return None
    for block in blocks:
        at = 0
        while at < len(block):
            start = at + sizes
            at = start + int.from_bytes(block[at:start])
            if at > len(block):
                return "the HEIC data is damaged: its units do not fill it"
            if _FORBIDDEN.search(block[start:at]):
                return "the HEIC data is damaged: it holds bytes that its coding does not allow"
    return None
