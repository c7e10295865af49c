"""What a file says about itself: our mark in it, and which metadata is written back."""

from __future__ import annotations

from jndkit.picture import xmp as packets

VERSION = "0.1.0"
MARK = f"jndkit {VERSION}"


def mark_xmp(xmp: bytes | None) -> bytes:
    """The XMP packet with our mark added, or a minimal packet that holds only the mark.

    xmp: a packet in UTF-8, or None.  A packet that cannot be read is replaced.
    """
    return packets.with_mark(xmp, MARK)
