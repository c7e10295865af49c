"""EXIF, XMP, the mark, and what each policy lets through."""

from __future__ import annotations

import importlib.metadata
import io
import struct
import time
import xml.etree.ElementTree as ElementTree

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from PIL import ExifTags, Image

from jndkit.errors import UsageError
from jndkit.picture import MARK, Pixels, from_bytes, mark_xmp, png_bytes, with_metadata
from jndkit.picture.metadata import exif as exif_blocks, xmp as xmp_packets
from jndkit.version import VERSION
from tests.picture.fixture_types import Encode

RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
PACKET = """<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/" x:xmptk="Test 1.0"><!-- <exif:GPSAltitude>1</exif:GPSAltitude> -->
 <rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
  <rdf:Description rdf:about="" xmlns:t="http://ns.adobe.com/tiff/1.0/" xmlns:exif="http://ns.adobe.com/exif/1.0/"
    xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmlns:dc="http://purl.org/dc/elements/1.1/"
    xmlns:hdrgm="http://ns.adobe.com/hdr-gain-map/1.0/" hdrgm:Version="1.0"
    t:Orientation="6" t:ImageWidth='64' exif:GPSLatitude="48,8.1N" xmp:Rating="3">
   <exif:GPSLongitude>11,34.2E</exif:GPSLongitude>
   <exif:PixelXDimension>64</exif:PixelXDimension>
   <t:Orientation>6</t:Orientation>
   <dc:creator><rdf:Seq><rdf:li>Someone &amp; Co</rdf:li></rdf:Seq></dc:creator>
   <xmp:Thumbnails><rdf:Alt><rdf:li rdf:parseType="Resource"><xmp:image>/9j/AAAA</xmp:image></rdf:li></rdf:Alt>
   </xmp:Thumbnails>
  </rdf:Description>
 </rdf:RDF>
</x:xmpmeta>
<?xpacket end="w"?>""".encode()


def _exif_with_everything(order: str = "<") -> bytes:
    """An EXIF block laid out by hand: sizes, orientation, GPS, maker note, thumbnail at the end."""
    short, number = order + "H", order + "I"
    head = {"<": b"II", ">": b"MM"}[order] + struct.pack(short, 42) + struct.pack(number, 8)

    def entry(tag: int, kind: int, count: int, value: int | bytes) -> bytes:
        raw = value if isinstance(value, bytes) else struct.pack(short if kind == 3 else number, value)
        return struct.pack(order + "HHI", tag, kind, count) + raw.ljust(4, b"\0")

    def table(entries: list[bytes], after: int) -> bytes:
        return struct.pack(short, len(entries)) + b"".join(entries) + struct.pack(number, after)

    exif_at, gps_at, thumb_at = 200, 400, 700
    main = [
        entry(0x0100, 4, 1, 4000),
        entry(0x0101, 4, 1, 3000),
        entry(0x010F, 2, 4, b"Mak\0"),
        entry(0x0112, 3, 1, 6),
        entry(0x8769, 4, 1, exif_at),
        entry(0x8825, 4, 1, gps_at),
    ]
    detail = [entry(0x927C, 7, 40, 300), entry(0xA002, 4, 1, 4000), entry(0xA003, 4, 1, 3000)]
    position = [entry(1, 2, 2, b"N\0\0\0"), entry(2, 5, 3, 500)]
    thumb = [entry(0x0201, 4, 1, 800), entry(0x0202, 4, 1, 100)]
    body = bytearray(900)
    for at, part in (
        (0, head),
        (8, table(main, thumb_at)),
        (exif_at, table(detail, 0)),
        (300, b"MAKERNOTE WITH OFFSETS OF ITS OWN 123456"),
        (gps_at, table(position, 0)),
        (500, struct.pack(order + "6I", 48, 1, 8, 1, 21, 1)),
        (thumb_at, table(thumb, 0)),
        (800, b"\xff\xd8" + b"THUMB" * 19 + b"\xff\xd9"),
    ):
        body[at : at + len(part)] = part
    return exif_blocks.PREFIX + bytes(body[:900])


@pytest.mark.parametrize("order", ["<", ">"])
def test_exif_is_cleaned_in_place(order: str) -> None:
    block = _exif_with_everything(order)
    assert exif_blocks.orientation(block) == 6
    cleaned = exif_blocks.cleaned(block)
    assert cleaned is not None
    assert exif_blocks.orientation(cleaned) == 1
    assert b"THUMB" not in cleaned
    assert len(cleaned) == 6 + 800
    read = Image.Exif()
    read.load(cleaned)
    assert read[0x0112] == 1
    assert read[0x010F] == "Mak"
    assert 0x0100 not in read
    assert 0x0101 not in read
    detail = read.get_ifd(ExifTags.IFD.Exif)
    assert set(detail) == {0x927C}
    # The maker note did not move.
    assert cleaned.index(b"MAKERNOTE") == block.index(b"MAKERNOTE")
    assert read.get_ifd(ExifTags.IFD.GPSInfo)[2] == (48.0, 8.0, 21.0)
    assert not read.get_ifd(ExifTags.IFD.IFD1)
    assert exif_blocks.cleaned(cleaned) == cleaned


@pytest.mark.parametrize("order", ["<", ">"])
def test_position_is_wiped_not_only_unlinked(order: str) -> None:
    cleaned = exif_blocks.cleaned(_exif_with_everything(order))
    assert cleaned is not None
    without = exif_blocks.without_position(cleaned)
    assert without is not None
    read = Image.Exif()
    read.load(without)
    assert not read.get_ifd(ExifTags.IFD.GPSInfo)
    assert read[0x010F] == "Mak"
    assert struct.pack(order + "6I", 48, 1, 8, 1, 21, 1) not in without
    assert set(read.get_ifd(ExifTags.IFD.Exif)) == {0x927C}


def test_exif_without_position_is_unchanged() -> None:
    exif = Image.Exif()
    exif[0x010F] = "Maker"
    assert exif_blocks.without_position(exif.tobytes()) == exif.tobytes()


@settings(deadline=None)
@given(st.data())
def test_damaged_exif_never_raises(data: st.DataObject) -> None:
    block = bytearray(_exif_with_everything())
    for _ in range(data.draw(st.integers(1, 6))):
        block[data.draw(st.integers(0, len(block) - 1))] = data.draw(st.integers(0, 255))
    block = block[: data.draw(st.integers(0, len(block)))]
    assert exif_blocks.orientation(bytes(block)) in {None, *range(1, 9)}
    cleaned = exif_blocks.cleaned(bytes(block))
    if cleaned is not None:
        assert exif_blocks.orientation(cleaned) in {None, 1}
        exif_blocks.without_position(cleaned)


@settings(deadline=None)
@given(st.binary(max_size=200))
def test_random_blocks_never_raise(block: bytes) -> None:
    for candidate in (block, b"II*\0\x08\0\0\0" + block, exif_blocks.PREFIX + b"MM\0*\0\0\0\x08" + block):
        exif_blocks.cleaned(candidate)
        exif_blocks.without_position(candidate)
        xmp_packets.cleaned(candidate)
        ElementTree.fromstring(mark_xmp(candidate))


def test_position_overlapping_what_stays_drops_the_block() -> None:
    block = bytearray(_exif_with_everything())
    at = block.index(struct.pack("<HHII", 0x8825, 4, 1, 400))
    block[at + 8 : at + 12] = struct.pack("<I", 8)  # the GPS table is the main table
    assert exif_blocks.without_position(bytes(block)) is None


@pytest.mark.parametrize("format_name", ["JPEG", "PNG", "WEBP", "AVIF"])
def test_loaded_exif_is_clean(format_name: str, photo: Pixels, encode: Encode) -> None:
    picture = from_bytes(encode(photo, format_name, exif=_exif_with_everything()))
    assert picture.exif is not None
    assert picture.exif.startswith(exif_blocks.PREFIX)
    read = Image.Exif()
    read.load(picture.exif)
    assert read.get(0x0112, 1) == 1
    assert read[0x010F] == "Mak"
    assert b"THUMB" not in picture.exif
    assert (picture.width, picture.height) == (48, 64)
    assert read.get_ifd(ExifTags.IFD.GPSInfo)


def test_tiff_exif_describes_the_picture_not_the_file(photo: Pixels, encode: Encode) -> None:
    exif = Image.Exif()
    exif.load(_exif_with_everything())
    del exif[0x0100], exif[0x0101]  # Pillow would write these sizes over the true ones
    picture = from_bytes(encode(photo, "TIFF", exif=exif))
    assert picture.exif is not None
    read = Image.Exif()
    read.load(picture.exif)
    assert read[0x010F] == "Mak"
    assert read.get_ifd(ExifTags.IFD.GPSInfo)[2] == (48.0, 8.0, 21.0)
    assert set(read.get_ifd(ExifTags.IFD.Exif)) == {0x927C}
    assert not {256, 257, 258, 273, 274, 279}.intersection(read)


def test_damaged_exif_is_dropped_with_a_note(photo: Pixels, encode: Encode) -> None:
    picture = from_bytes(encode(photo, "PNG", exif=b"Exif\0\0II*\0\xff\xff\0\0" + bytes(30)))
    assert picture.exif is None
    assert any("EXIF" in note for note in picture.notes)


def test_xmp_is_cleaned() -> None:
    cleaned = xmp_packets.cleaned(PACKET)
    assert cleaned is not None
    root = ElementTree.fromstring(cleaned)
    text = cleaned.decode()
    assert 't:Orientation="1"' in text
    assert "<t:Orientation>1<" in text
    for gone in ("Thumbnails", "ImageWidth", "PixelXDimension", "hdrgm:Version", "<!--"):
        assert gone not in text
    assert "Someone &amp; Co" in text
    assert 'xmp:Rating="3"' in text
    assert "GPSLatitude" in text
    assert root.find(f".//{{{RDF}}}Description") is not None


def test_xmp_without_position() -> None:
    without = xmp_packets.without_position(PACKET)
    assert without is not None
    ElementTree.fromstring(without)
    assert b"GPS" not in without
    assert b'xmp:Rating="3"' in without


@pytest.mark.parametrize(
    "packet",
    [
        b"",
        b"no xml",
        PACKET[:-200],
        PACKET.decode().encode("utf-16"),
        b'<!DOCTYPE x [<!ENTITY a "b">]>' + PACKET[PACKET.index(b"<x:") :],
        PACKET.replace(b"<!--", b"<![CDATA[").replace(b"-->", b"]]>"),
    ],
)
def test_unreadable_xmp_is_dropped_and_the_mark_still_written(packet: bytes) -> None:
    assert xmp_packets.cleaned(packet) is None
    assert xmp_packets.without_position(packet) is None
    assert mark_xmp(packet) == mark_xmp(None)


# Seconds of this thread, of which linear work takes less than one; work in the square of the bytes takes minutes.
QUADRATIC = 30.0


def test_hostile_xmp_takes_no_time() -> None:
    import time

    opened = b"<xmp:Thumbnails>" * 100_000
    start = time.thread_time()
    for hidden in (b"<!--" + opened + b"-->", b"<?pi " + opened + b"?>", opened):
        xmp_packets.cleaned(PACKET.replace(b"</x:xmpmeta>", hidden + b"</x:xmpmeta>"))
    assert time.thread_time() - start < QUADRATIC


def _described(inside: str) -> bytes:
    bound = f'xmlns:rdf="{RDF}" xmlns:t="http://ns.adobe.com/tiff/1.0/" xmlns:dc="http://purl.org/dc/elements/1.1/"'
    return f'<rdf:RDF {bound}><rdf:Description rdf:about="">{inside}</rdf:Description></rdf:RDF>'.encode()


def test_values_in_quotes_are_no_tags() -> None:
    """A ">" inside a value does not end the tag; what looks like an open one is not searched to the end for another."""
    odd = """<t:ImageWidth a='>'/><t:ImageLength a="/>">64</t:ImageLength><t:Orientation a=">">6</t:Orientation>"""
    cleaned = xmp_packets.cleaned(_described(odd + "<dc:title a='>'>title</dc:title>"))
    assert cleaned is not None
    text = cleaned.decode()
    assert "ImageWidth" not in text
    assert "ImageLength" not in text
    assert """<t:Orientation a=">">1</t:Orientation>""" in text
    assert "<dc:title a='>'>title</dc:title>" in text
    started = time.thread_time()
    for inside in (odd, "<t:ImageWidth a='>'/>", "<t:ImageWidth a='/>'>"):
        xmp_packets.cleaned(_described(inside * 40_000))
    assert time.thread_time() - started < QUADRATIC


def test_one_namespace_by_many_names() -> None:
    many = "".join(f'<p{i}:Make xmlns:p{i}="http://ns.adobe.com/tiff/1.0/">x</p{i}:Make>' for i in range(20_000))
    started = time.thread_time()
    assert xmp_packets.cleaned(_described(many)) is None
    assert time.thread_time() - started < QUADRATIC


def test_mark_in_xmp() -> None:
    fresh = mark_xmp(None)
    ElementTree.fromstring(fresh)
    assert MARK.encode() in fresh
    assert xmp_packets.marked(fresh)
    assert mark_xmp(fresh) == fresh
    assert xmp_packets.cleaned(fresh) is None
    added = mark_xmp(PACKET)
    assert xmp_packets.marked(added)
    assert b"Someone &amp; Co" in added
    assert mark_xmp(added).count(b"jndkit:Encoder") == 1
    assert xmp_packets.cleaned(added) == xmp_packets.cleaned(PACKET)
    assert not xmp_packets.marked(PACKET)


def test_mark_in_an_empty_rdf_element() -> None:
    packet = f'<x:xmpmeta xmlns:x="adobe:ns:meta/"><r:RDF xmlns:r="{RDF}"/></x:xmpmeta>'.encode()
    marked = mark_xmp(packet)
    assert xmp_packets.marked(marked)
    assert ElementTree.fromstring(marked).find(f".//{{{RDF}}}Description") is not None


@pytest.mark.parametrize(
    ("property", "orientation"),
    [
        (' t:Orientation="6"/>', 6),
        (" t:Orientation = ' 8 '/>", 8),
        ("><t:Orientation>3</t:Orientation></r:Description>", 3),
        ("><t:Orientation a='>'>5</t:Orientation></r:Description>", 5),
        (' t:Orientation="9"/>', None),
        (' t:Orientation="66"/>', None),
        (' t:Orientation=""/>', None),
        ("><t:OrientationX>3</t:OrientationX></r:Description>", None),
        ("/>", None),
        (' t:Orientation="6">', None),
    ],
)
def test_orientation_of_xmp(property: str, orientation: int | None) -> None:
    start = f'<x:xmpmeta xmlns:x="adobe:ns:meta/"><r:RDF xmlns:r="{RDF}"><r:Description'
    packet = f'{start} xmlns:t="http://ns.adobe.com/tiff/1.0/"{property}</r:RDF></x:xmpmeta>'.encode()
    assert xmp_packets.orientation(packet) == orientation


def test_mark_is_found_in_every_format(photo: Pixels, encode: Encode) -> None:
    from PIL import PngImagePlugin

    software = PngImagePlugin.PngInfo()
    software.add_text("Software", "jndkit 9.9")
    international = PngImagePlugin.PngInfo()
    international.add_itxt("Software", MARK, zip=True)
    foreign = PngImagePlugin.PngInfo()
    foreign.add_text("Software", "GIMP 3")
    marked = [
        encode(photo, "JPEG", comment=MARK),
        encode(photo, "JPEG", xmp=mark_xmp(None)),
        encode(photo, "PNG", pnginfo=software),
        encode(photo, "PNG", pnginfo=international),
        encode(photo, "WEBP", xmp=mark_xmp(None)),
        encode(photo, "AVIF", xmp=mark_xmp(PACKET)),
    ]
    for data in marked:
        picture = from_bytes(data)
        assert picture.marked
        assert picture.xmp is None or not xmp_packets.marked(picture.xmp)
        assert set(picture.notes) <= {"turned upright (orientation 6)"}  # as the packet has it
    for data in (encode(photo, "JPEG", comment="made by jndkit"), encode(photo, "PNG", pnginfo=foreign)):
        assert not from_bytes(data).marked


def test_version_is_the_package_version() -> None:
    assert importlib.metadata.version("jndkit") == VERSION
    assert f"jndkit {VERSION}" == MARK


def test_policies(photo: Pixels, encode: Encode, p3_profile: bytes) -> None:
    picture = from_bytes(encode(photo, "WEBP", exif=_exif_with_everything(), xmp=PACKET, icc_profile=p3_profile))
    assert with_metadata(picture, "all") is picture
    nogps = with_metadata(picture, "nogps")
    assert nogps.xmp is not None
    assert nogps.exif is not None
    assert b"GPS" not in nogps.xmp
    read = Image.Exif()
    read.load(nogps.exif)
    assert read[0x010F] == "Mak"
    assert not read.get_ifd(ExifTags.IFD.GPSInfo)
    assert nogps.icc == p3_profile
    assert nogps.native is picture.native
    only = with_metadata(picture, "icc")
    assert (only.exif, only.xmp, only.icc) == (None, None, p3_profile)
    assert only.coded is picture.native
    none = with_metadata(picture, "none")
    assert (none.exif, none.xmp, none.icc, none.native) == (None, None, None, None)
    assert none.coded is picture.rgb
    with pytest.raises(UsageError, match="nogps"):
        with_metadata(picture, "most")


def test_png_carries_it_all_back(photo: Pixels, encode: Encode, p3_profile: bytes) -> None:
    picture = from_bytes(encode(photo, "WEBP", exif=_exif_with_everything(), xmp=PACKET, icc_profile=p3_profile))
    again = from_bytes(png_bytes(picture))
    assert again.native is not None
    assert picture.native is not None
    assert np.array_equal(again.native, picture.native)
    assert np.array_equal(again.rgb, picture.rgb)
    assert (again.icc, again.exif, again.xmp) == (picture.icc, picture.exif, picture.xmp)
    assert again.marked
    assert MARK in Image.open(io.BytesIO(png_bytes(picture))).info["XML:com.adobe.xmp"]


def test_a_packet_that_speaks_of_our_mark_is_not_marked() -> None:
    from jndkit.picture.metadata import xmp

    caption = (
        b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><r:RDF xmlns:r="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        b'<r:Description r:about="" xmlns:dc="http://purl.org/dc/elements/1.1/" dc:title="%s"/></r:RDF></x:xmpmeta>'
    )
    assert not xmp.marked(caption % b"urn:jndkit:mark:1")
    assert xmp.marked(xmp.mark_xmp(caption % b"urn:jndkit:mark:1", "jndkit 1"))
    element = b"<r:Description r:about='' xmlns:j='urn:jndkit:mark:1'><j:Encoder>jndkit 1</j:Encoder></r:Description>"
    assert xmp.marked((caption % b"a").replace(b"</r:RDF>", element + b"</r:RDF>"))
