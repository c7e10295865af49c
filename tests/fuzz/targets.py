"""What is fuzzed: one function for each reader of our own, from bytes that anyone may have written.

A target returns, or raises one of our errors. Anything else that comes out is a bug, and so is an input that takes
long or much memory. Where a checksum would keep a fuzzer out, the target reads the input with right checksums, too.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable

import numpy as np

from jndkit.codecs import jpeg as coefficients
from jndkit.codecs.bpg import codec as bpg_codec, container as bpg_container, parameters, stream
from jndkit.codecs.bpg.planes import LAYOUTS
from jndkit.codecs.jndlic import container
from jndkit.limits import check_size
from jndkit.picture import damage
from jndkit.picture.colour import profiles
from jndkit.picture.damage import heif, isobmff, webp
from jndkit.picture.decoding import name_avif_colour
from jndkit.picture.formats import jpeg, jxl, jxl_header, png, pnm, sniffing, tiff
from jndkit.picture.hdr import boxed
from jndkit.picture.hdr.container import joined, without_position
from jndkit.picture.hdr.finding import further_pictures
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


def read_coefficients(data: bytes) -> None:
    found = coefficients.read(data, None, MOST)
    if found.width * found.height < MOST // 16:
        again = coefficients.read(coefficients.write(found))
        pairs = zip(found.components, again.components, strict=True)
        assert all(np.array_equal(one.coefficients, other.coefficients) for one, other in pairs)


def read_jxl(data: bytes) -> None:
    jxl_header.read_header(data, None)
    jxl._describe(_dot(), data)


def read_further_pictures(data: bytes) -> None:
    survey = jpeg.surveyed(data, None)
    packets = (one.body[len(jpeg.XMP) :] for one in jpeg.segments(data, None) if one.body.startswith(jpeg.XMP))
    gain_map = further_pictures(data, survey, next(packets, None)).gain_map
    if gain_map is not None:
        assert gain_map.data in data
        again = joined(data[: jpeg.picture_end(data)], without_position(gain_map))
        assert again.endswith(without_position(gain_map).data)
    boxed.has_gain_map(data)


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


def read_bpg(data: bytes) -> None:
    contents = bpg_container.unpack(data, None, MOST)
    headers, nals = bpg_codec._units(contents, None)
    for number, tools in enumerate(headers):
        chroma = LAYOUTS[contents.layout].chroma
        frame = parameters.Frame(tools.coded(contents.width), tools.coded(contents.height), chroma, contents.bits)
        sets = parameters.parameter_sets(tools, frame)
        assert parameters.read_sps(sets[1]) == (tools, frame)
        picture = stream.first_picture(nals, number)
        stream.is_key_picture(picture)
        try:
            stream.picture_hash(picture)
        except ValueError:  # what says in this reader that it is cut off
            continue


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
    "coefficients": read_coefficients,
    "hdr": read_further_pictures,
    "jxl": read_jxl,
    "xmp": read_xmp,
    "exif": read_exif,
    "cicp": read_cicp,
    "pnm": read_pnm,
    "heif": read_heif,
    "webp": read_webp,
    "jlic": read_jlic,
    "bpg": read_bpg,
    "sniff": read_first_bytes,
}

TOKENS: dict[str, tuple[bytes, ...]] = {
    "png": (b"IDAT", b"IEND", b"PLTE", b"tRNS", b"iCCP", b"iTXt", b"zTXt", b"eXIf", b"cICP", b"cHRM", b"acTL"),
    "jpeg": (b"\xff\xda", b"\xff\xc0", b"\xff\xc2", b"\xff\xc4", b"\xff\xdd", b"\xff\xd9", b"\xff\0", b"MPF\0"),
    "coefficients": (b"\xff\xda", b"\xff\xc4", b"\xff\xdd\0\4\0", b"\xff\xd0", b"\xff\xd9", b"\xff\0", b"\xff\xdb"),
    "hdr": (
        *(b"MPF\0MM\0*", b"\xb0\2", b"urn:iso:std:iso:ts:21496:-1\0", b"http://ns.adobe.com/xap/1.0/\0", b"\xff\xd9"),
        *(b"hdrgm:Version", b"hdrgm:GainMapMax", b"Container:Item", b"Item:Length", b"Item:Semantic", b"\xff\xe2"),
    ),
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
    "bpg": (b"BPG\xfb", b"\0\0\1", b"\0\0\1\x44\1", b"\0\0\1\x28\1", b"\0\0\1\x50\1\x84", b"\x92\x47\x40"),
}
"""Words of the formats that chance alone does not soon write."""
