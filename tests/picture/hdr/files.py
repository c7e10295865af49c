"""Files with gain maps, put together by hand: nothing here uses what is tested."""

from __future__ import annotations

import io
import struct
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

ISO_NAME = b"urn:iso:std:iso:ts:21496:-1\0"
XMP_NAME = b"http://ns.adobe.com/xap/1.0/\0"
RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"

# One channel: gain 0 to 2 stops, gamma 1, offsets of 1/64, headrooms 0 and 2 stops; each number over its denominator.
ISO_BLOCK = struct.pack(">HHB 4I iI iI II iI iI", 0, 0, 0x40, 0, 1, 2, 1, 0, 1, 2, 1, 1, 1, 1, 64, 1, 64)

GAIN_MAP_XMP = f"""<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="{RDF}">
<rdf:Description rdf:about="" xmlns:hdrgm="http://ns.adobe.com/hdr-gain-map/1.0/" hdrgm:Version="1.0"
 hdrgm:GainMapMin="0" hdrgm:GainMapMax="2.0" hdrgm:Gamma="1" hdrgm:OffsetSDR="0.015625" hdrgm:OffsetHDR="0.015625"
 hdrgm:HDRCapacityMin="0" hdrgm:HDRCapacityMax="2.0" hdrgm:BaseRenditionIsHDR="False"/>
</rdf:RDF></x:xmpmeta>""".encode()

APPLE_XMP = f"""<x:xmpmeta xmlns:x="adobe:ns:meta/" x:xmptk="XMP Core 5.4.0"><rdf:RDF xmlns:rdf="{RDF}">
<rdf:Description rdf:about="" xmlns:apdi="http://ns.apple.com/pixeldatainfo/1.0/"
 xmlns:HDRGainMap="http://ns.apple.com/HDRGainMap/1.0/">
<apdi:AuxiliaryImageType>urn:com:apple:photo:2020:aux:hdrgainmap</apdi:AuxiliaryImageType>
<HDRGainMap:HDRGainMapVersion>65536</HDRGainMap:HDRGainMapVersion></rdf:Description></rdf:RDF></x:xmpmeta>""".encode()


def directory(length: int | str, *, more: str = "", user: str = "") -> bytes:
    """The XMP packet of an Ultra HDR file. length: of the gain map.  more: further items.  user: attributes."""
    item = '<rdf:li rdf:parseType="Resource"><Container:Item Item:Semantic="{}" Item:Mime="image/jpeg"{}/></rdf:li>'
    items = item.format("Primary", "") + item.format("GainMap", f' Item:Length="{length}"') + more
    return f"""<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="{RDF}"><rdf:Description rdf:about=""
 xmlns:hdrgm="http://ns.adobe.com/hdr-gain-map/1.0/" xmlns:dc="http://purl.org/dc/elements/1.1/"
 xmlns:Container="http://ns.google.com/photos/1.0/container/"
 xmlns:Item="http://ns.google.com/photos/1.0/container/item/" hdrgm:Version="1.0"{user}>
<Container:Directory><rdf:Seq>{items}</rdf:Seq></Container:Directory></rdf:Description></rdf:RDF></x:xmpmeta>""".encode()


def segment(marker: int, body: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, marker, 2 + len(body)) + body


def with_segments(jpeg: bytes, *segments: bytes) -> bytes:
    """A JPEG file with these segments right behind its start."""
    return jpeg[:2] + b"".join(segments) + jpeg[2:]


def jpeg(pixels: npt.NDArray[Any], **options: Any) -> bytes:
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, "JPEG", **{"quality": 92, **options})
    return out.getvalue()


def gain_pixels(height: int = 24, width: int = 32) -> npt.NDArray[np.uint8]:
    y, x = np.mgrid[0:height, 0:width]
    return np.asarray(np.clip(255 * np.exp(-((x - width / 3) ** 2 + (y - height / 4) ** 2) / 60), 0, 255), np.uint8)


def gain_map(*kinds: str, pixels: npt.NDArray[np.uint8] | None = None, extra: bytes = b"") -> bytes:
    """A gain map's file. kinds: of "xmp", "iso", "apple".  extra: a further segment."""
    blocks = {
        "xmp": segment(0xE1, XMP_NAME + GAIN_MAP_XMP),
        "iso": segment(0xE2, ISO_NAME + ISO_BLOCK),
        "apple": segment(0xE1, XMP_NAME + APPLE_XMP),
    }
    plain = jpeg(gain_pixels() if pixels is None else pixels)
    return with_segments(plain, extra, *(blocks[kind] for kind in kinds))


@dataclass
class Index:
    """A list of pictures, (attribute, size, offset) each; offsets count from the header of the index."""

    pictures: list[tuple[int, int, int]]
    order: str = ">"

    def body(self) -> bytes:
        entries = b"".join(struct.pack(self.order + "IIIHH", *picture, 0, 0) for picture in self.pictures)
        o = self.order
        table = b"II*\0" if o == "<" else b"MM\0*"
        table += struct.pack(o + "IH", 8, 3)
        table += struct.pack(o + "HHI", 0xB000, 7, 4) + b"0100"
        table += struct.pack(o + "HHII", 0xB001, 4, 1, len(self.pictures))
        table += struct.pack(o + "HHII", 0xB002, 7, len(entries), 50) + bytes(4)
        return b"MPF\0" + table + entries


def file(
    primary: bytes,
    *further: tuple[int, bytes],
    xmp: bytes | None = None,
    iso: bool = False,
    listed: bool = True,
    order: str = ">",
    shift: int = 0,
    grow: int = 0,
) -> bytes:
    """A JPEG file with further pictures, (attribute, bytes) each, behind the first.

    xmp: of the first.  iso: whether it has the segment of ISO 21496-1.  listed: whether it has an index of pictures.
    shift, grow: bytes by which the index is wrong about offsets and sizes.
    """
    segments = [segment(0xE1, XMP_NAME + xmp)] if xmp else []
    segments += [segment(0xE2, ISO_NAME + bytes(4))] if iso else []
    head = with_segments(primary, *segments)
    if listed:
        before = 2 + sum(map(len, segments))
        index = Index([(0x030000, 0, 0)] * (1 + len(further)), order)
        whole = len(head) + 4 + len(index.body())
        starts = [whole + sum(len(data) for _, data in further[:place]) for place in range(len(further))]
        index.pictures = [(0x030000, whole, 0)] + [
            (attribute, len(data) + grow, start - before - 8 + shift)
            for (attribute, data), start in zip(further, starts, strict=True)
        ]
        head = head[:before] + segment(0xE2, index.body()) + head[before:]
    return head + b"".join(data for _, data in further)
