"""Whether a HEIC or AVIF file has a gain map, which is not read from there."""

from __future__ import annotations

from jndkit.picture.formats.boxes import boxes
from jndkit.picture.raster import Raster

_APPLE = b"urn:com:apple:photo:2020:aux:hdrgainmap\0"
_FLAGS = 4  # bytes of version and flags that open the body of a box


def note_gain_map(raster: Raster, data: bytes, name: str) -> None:
    """Mark a decoded file that has a gain map, with a note. name: of its format."""
    if has_gain_map(data):
        raster.hdr = True
        raster.notes.append(f"shows as SDR: its gain map for HDR is left out, since none is read from {name}")


def has_gain_map(data: bytes) -> bool:
    """Whether an auxiliary picture is Apple's gain map, or an item makes a tone-mapped picture of two.

    Source: ISO/IEC 14496-12, section 8.11 (meta box); ISO/IEC 23008-12, section 6.5.8 (auxC) and, in its amendment 1 of
    2024, the item type tmap.
    """
    try:
        meta = _within(memoryview(data), b"meta")
        if meta is None:
            return False
        meta = meta[_FLAGS:]
        properties = _within(_within(meta, b"iprp"), b"ipco")
        if any(kind == b"auxC" and bytes(body[_FLAGS:]).startswith(_APPLE) for kind, body in _all(properties)):
            return True
        items = _within(meta, b"iinf")
        # Its entries follow their number, of 16 bits in version 0.
        counted = None if not items else items[_FLAGS + (4 if items[0] else 2) :]
        return any(kind == b"infe" and _item_type(body) == b"tmap" for kind, body in _all(counted))
    except ValueError:  # a damaged box; whether there is a picture the decoder says
        return False


def _all(view: memoryview | None) -> list[tuple[bytes, memoryview]]:
    return [] if view is None else list(boxes(view))


def _within(view: memoryview | None, kind: bytes) -> memoryview | None:
    return next((body for found, body in _all(view) if found == kind), None)


def _item_type(entry: memoryview) -> bytes:
    """Of an item information entry of version 2 or 3, which have item numbers of 16 and 32 bits."""
    at = _FLAGS + (2 if bytes(entry[:1]) == b"\2" else 4) + 2
    return bytes(entry[at : at + 4])
