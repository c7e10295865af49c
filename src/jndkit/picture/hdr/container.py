"""A finished JPEG file and the gain map of the picture in it, in one file.

What the XMP packet says of the gain map must be in the file already, see `gcontainer.announced`.
"""

from __future__ import annotations

from dataclasses import replace

from jndkit.picture.formats.jpeg import APP1, APP2, XMP, segment, segments
from jndkit.picture.hdr.gain_map import GainMap
from jndkit.picture.hdr.metadata import ISO_NAME
from jndkit.picture.hdr.mpf import INDEX_SIZE, index
from jndkit.picture.metadata import exif as exif_blocks, xmp as xmp_packets

_APP0 = 0xE0


def joined(primary: bytes, gain_map: GainMap) -> bytes:
    """The file with its index of pictures and, where there was one, the announcement of ISO 21496-1; then the gain map.

    primary: a whole JPEG file of one picture, by whatever encoder.
    Raises DamagedError where that is no JPEG file.
    Source: CIPA DC-007 (2009), by which the index follows EXIF.
    """
    at = 2
    for head in segments(primary, None):
        if head.marker not in (_APP0, APP1):
            break
        at = head.end
    announcement = b"" if gain_map.announcement is None else segment(APP2, ISO_NAME + gain_map.announcement)
    whole = len(primary) + len(announcement) + INDEX_SIZE
    listed = index(at + len(announcement), whole, len(gain_map.data), gain_map.attribute)
    return b"".join([primary[:at], announcement, listed, primary[at:], gain_map.data])


def without_position(gain_map: GainMap) -> GainMap:
    """The gain map without the position that EXIF or XMP of its own file may tell; the same bytes where none does."""
    data, parts, at = gain_map.data, [], 0
    for own in segments(data, None):
        if own.marker != APP1:
            continue
        body = own.body
        left: bytes | None = body
        if body.startswith(exif_blocks.PREFIX):
            left = exif_blocks.without_position(body)
        elif body.startswith(XMP) and b"GPS" in body:
            packet = xmp_packets.without_position(body.removeprefix(XMP))
            left = None if packet is None else XMP + packet
        if left != body:
            parts += [data[at : own.at], b"" if left is None else segment(APP1, left)]
            at = own.end
    return replace(gain_map, data=b"".join([*parts, data[at:]])) if parts else gain_map
