"""What is fuzzed: one function for each reader of our own, from bytes that anyone may have written.

A target returns, or raises one of our errors. Anything else that comes out is a bug, and so is an input that takes
long or much memory. Where a checksum would keep a fuzzer out, the target reads the input with right checksums, too.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable

import numpy as np

from jndkit.codecs.jndlic import container
from jndkit.limits import check_size
from jndkit.picture import damage
from jndkit.picture.colour import profiles
from jndkit.picture.damage import heif, isobmff, webp
from jndkit.picture.decoding import name_avif_colour
from jndkit.picture.formats import jpeg, jxl, jxl_header, png, pnm, sniffing, tiff
from jndkit.picture.metadata import exif, xmp
from jndkit.picture.raster import Raster

MOST = 1_000_000
"""Pixels that are decoded at most where a reader of ours decodes them itself."""

SECONDS = 1.0
MEGABYTES = 64
"""What an input of a few kilobytes may cost."""


def read_png(data: bytes) -> None:
    _take_png_apart(summed(data))
    _take_png_apart(data)


def _take_png_apart(data: bytes) -> None:
    check_size(None, *png.header_size(data, None), MOST)
    png.require_all_rows(png.take_apart(data, None), None)


def summed(data: bytes) -> bytes:
    """A PNG file with right checksums."""
    parts, at = [data[:8]], 8
    while at + 12 <= len(data):
        end = at + 8 + int.from_bytes(data[at : at + 4])
        parts.append(data[at:end] + struct.pack(">I", zlib.crc32(data[at + 4 : end])))
        at = end + 4
    return b"".join(parts)


def read_tiff(data: bytes) -> None:
    tiff.surveyed(data, None, MOST)
    damage.find_damage(data, "TIFF")


def read_jpeg(data: bytes) -> None:
    survey = jpeg.surveyed(damage.completed(data, "JPEG"), None)
    check_size(None, survey.width, survey.height, MOST)
    jpeg.require_enough(survey, None)
    damage.find_damage(data, "JPEG")


def read_jxl(data: bytes) -> None:
    jxl_header.read_header(data, None)
    jxl._describe(_dot(), data)


def read_xmp(data: bytes) -> None:
    cleaned = xmp.cleaned(data)
    if cleaned is not None:
        assert not xmp.marked(cleaned)
    xmp.without_position(data)
    assert xmp.marked(xmp.mark_xmp(data, "jndkit 0"))


def read_exif(data: bytes) -> None:
    assert exif.orientation(data) in {None, *range(1, 9)}
    cleaned = exif.cleaned(data)
    if cleaned is not None:
        assert exif.orientation(cleaned) in {None, 1}
    exif.without_position(data)


def read_cicp(data: bytes) -> None:
    raster = _dot()
    name_avif_colour(raster, data)
    if raster.icc is not None:
        assert profiles.profile(raster.icc) is not None


def read_pnm(data: bytes) -> None:
    if sniffing.sniff(data, None) == "PPM":
        head = pnm.header(data, None)
        check_size(None, head.width, head.height, MOST)
        pnm.decode(data, head, None)


def read_heif(data: bytes) -> None:
    heif.av1_damage(data)
    heif.hevc_damage(data)
    for kind in (b"av01", b"hvc1"):
        try:
            isobmff.extents(data, kind)
        except ValueError:  # what says in this reader that there are none
            continue


def read_webp(data: bytes) -> None:
    for shortened in webp._shortened(data):
        assert len(shortened) <= len(data) + 30


def read_jlic(data: bytes) -> None:
    container.unpack(sealed(data), None, MOST)
    container.unpack(data, None, MOST)


def sealed(data: bytes) -> bytes:
    """A `.jlic` file with right checksums of its header and its streams."""
    fixed = container._HEADER.size
    if len(data) < fixed:
        return data
    start = fixed + data[fixed - 1] + data[fixed - 2] * container._ENTRY.size
    body = data[start + 4 :]
    header = data[: fixed - 6] + struct.pack("<I", zlib.crc32(body)) + data[fixed - 2 : start]
    return header + struct.pack("<I", zlib.crc32(header)) + body


def read_first_bytes(data: bytes) -> None:
    sniffing.naming_note(sniffing.sniff(data, None), "a.jpg")


def _dot() -> Raster:
    return Raster(np.zeros((1, 1, 3), np.uint8))


TARGETS: dict[str, Callable[[bytes], None]] = {
    "png": read_png,
    "tiff": read_tiff,
    "jpeg": read_jpeg,
    "jxl": read_jxl,
    "xmp": read_xmp,
    "exif": read_exif,
    "cicp": read_cicp,
    "pnm": read_pnm,
    "heif": read_heif,
    "webp": read_webp,
    "jlic": read_jlic,
    "sniff": read_first_bytes,
}

TOKENS: dict[str, tuple[bytes, ...]] = {
    "png": (b"IDAT", b"IEND", b"PLTE", b"tRNS", b"iCCP", b"iTXt", b"zTXt", b"eXIf", b"cICP", b"cHRM", b"acTL"),
    "jpeg": (b"\xff\xda", b"\xff\xc0", b"\xff\xc2", b"\xff\xc4", b"\xff\xdd", b"\xff\xd9", b"\xff\0", b"MPF\0"),
    "tiff": (b"\x11\1", b"\x17\1", b"\x44\1", b"\x45\1", b"\x5b\1", b"\x69\x87", b"\x25\x88", b"\x12\1"),
    "jxl": (b"jxlc", b"jxlp", b"Exif", b"xml ", b"brob"),
    "xmp": (
        *(b"<!--", b"-->", b"<![CDATA[", b"<?x ?>", b"<!DOCTYPE a>", b"&#60;", b" xmlns:a=", b"='>'", b"/>", b"</"),
        *(b'"http://ns.adobe.com/tiff/1.0/"', b'"http://ns.adobe.com/exif/1.0/"', b'"http://ns.adobe.com/xap/1.0/"'),
        *(b'"http://ns.adobe.com/hdr-gain-map/1.0/"', b'"http://www.w3.org/1999/02/22-rdf-syntax-ns#"'),
        *(b"<a:Orientation>", b"a:ImageWidth", b"a:GPSLatitude", b"rdf:Description", b"rdf:RDF", b"urn:jndkit:mark:1"),
    ),
    "exif": (b"II*\0", b"MM\0*", b"Exif\0\0", b"\x12\1\3\0", b"\x69\x87\4\0", b"\x25\x88\4\0", b"\1\2\4\0"),
    "cicp": (b"colrnclx", b"colrprof", b"\0\x0c\0\x0d"),
    "heif": (b"meta", b"iinf", b"infe", b"iloc", b"iprp", b"ipco", b"hvcC", b"mdat", b"av01", b"hvc1", b"idat"),
    "webp": (b"VP8 ", b"VP8L", b"VP8X", b"ALPH"),
}
"""Words of the formats that chance alone does not soon write."""
