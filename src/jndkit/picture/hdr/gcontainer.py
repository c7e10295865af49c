"""The directory of further media in the XMP packet of a JPEG file (GContainer), by which Ultra HDR files are read.

Source: Ultra HDR Image Format 1.1, "GContainer details".
"""

from __future__ import annotations

from dataclasses import dataclass

from jndkit.picture.metadata.xmp import CONTAINER, HDRGM, with_description
from jndkit.picture.metadata.xmp_properties import records

_ITEM = "http://ns.google.com/photos/1.0/container/item/"
_JPEG = "image/jpeg"
_MOST_ITEMS = 32
ROOM = 1024
"""Bytes, at most, that `announced` adds to a packet."""


@dataclass(frozen=True)
class Item:
    """One medium. semantic: "Primary", "GainMap", "MotionPhoto".  length, padding: bytes, 0 where nothing is said."""

    semantic: str
    mime: str
    length: int = 0
    padding: int = 0


def items(packet: bytes) -> tuple[Item, ...]:
    """The media that a packet lists, in the order in which they lie in the file; none where it lists none.

    Raises ValueError for numbers that are none, and for absurdly many items.
    """
    if CONTAINER.encode() not in packet:  # most packets, which are then not parsed
        return ()
    found = records(packet, f"{CONTAINER} Item", _ITEM)
    if len(found) > _MOST_ITEMS:
        raise ValueError(f"the directory lists {len(found)} media, more than {_MOST_ITEMS}")
    return tuple(
        Item(item.get("Semantic", ""), item.get("Mime", ""), _size(item, "Length"), _size(item, "Padding"))
        for item in found
    )


def _size(item: dict[str, str], name: str) -> int:
    written = item.get(name, "") or "0"
    if not (written.isascii() and written.isdigit() and len(written) < 12):
        raise ValueError(f"the directory says {written[:20]!r} for a number of bytes")
    return int(written)


def announced(packet: bytes | None, version: str, length: int) -> bytes:
    """The packet with the directory of a picture and its gain map in it; a new one where there is none to read.

    version: of the gain map's metadata.  length: bytes of the gain map.
    """

    def described(rdf: str) -> str:
        listed = "".join(
            f'<{rdf}:li {rdf}:parseType="Resource"><Container:Item {item}/></{rdf}:li>'
            for item in (
                f'Item:Semantic="Primary" Item:Mime="{_JPEG}"',
                f'Item:Semantic="GainMap" Item:Mime="{_JPEG}" Item:Length="{length}"',
            )
        )
        names = f'xmlns:Container="{CONTAINER}" xmlns:Item="{_ITEM}" xmlns:hdrgm="{HDRGM}"'
        return (
            f'<{rdf}:Description {rdf}:about="" {names} hdrgm:Version="{version}">'
            f"<Container:Directory><{rdf}:Seq>{listed}</{rdf}:Seq></Container:Directory></{rdf}:Description>"
        )

    return with_description(packet, described)
