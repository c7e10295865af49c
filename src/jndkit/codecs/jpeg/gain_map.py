"""JPEG files with the gain map of their picture, whichever encoder makes the picture.

The map's bytes stay as they are, and so it lies as it was stored: the picture is stored in the same orientation, not
upright as it is otherwise.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from jndkit.picture import Picture
from jndkit.picture.hdr.container import joined
from jndkit.picture.hdr.gain_map import GainMap
from jndkit.picture.hdr.gcontainer import announced
from jndkit.picture.metadata import exif as exif_blocks, xmp as xmp_packets
from jndkit.picture.raster import turned_back


def with_gain_map(picture: Picture, encode: Callable[[Picture], bytes]) -> bytes:
    """What `encode` makes of the picture, and its gain map behind it where it has one."""
    if picture.gain_map is None:
        return encode(picture)
    return joined(encode(prepared(picture, picture.gain_map)), picture.gain_map)


def prepared(picture: Picture, gain_map: GainMap) -> Picture:
    """The picture as it lies beside its gain map, with metadata that say so."""
    exif, xmp = picture.exif, picture.xmp
    if gain_map.version is not None:
        xmp = announced(xmp, gain_map.version, len(gain_map.data))
    if gain_map.orientation == 1:
        return replace(picture, xmp=xmp)
    exif, xmp = _oriented(exif, xmp, gain_map.orientation)
    rgb = turned_back(picture.rgb, gain_map.orientation)
    alpha, native = (
        None if plane is None else turned_back(plane, gain_map.orientation) for plane in (picture.alpha, picture.native)
    )
    return replace(picture, rgb=rgb, alpha=alpha, native=native, exif=exif, xmp=xmp)


def _oriented(exif: bytes | None, xmp: bytes | None, orientation: int) -> tuple[bytes | None, bytes | None]:
    """EXIF and XMP that say this orientation: both where both have said one, and one of them in any case."""
    said = exif_blocks.with_orientation(exif, orientation)
    if said is not None:
        return said, None if xmp is None else xmp_packets.with_orientation(xmp, orientation) or xmp
    # An EXIF block takes in no further tag: what lies behind it would move.
    return exif, xmp_packets.with_orientation(xmp, orientation, add=True)
