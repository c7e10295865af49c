"""The file that is written around a gain map: its bytes, and what others read of it."""

from __future__ import annotations

import io
import struct
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from jndkit.picture import from_bytes
from jndkit.picture.hdr.container import joined, without_position
from jndkit.picture.hdr.gain_map import GainMap
from jndkit.picture.hdr.gcontainer import ROOM, announced, items
from jndkit.picture.hdr.mpf import INDEX_SIZE, index
from jndkit.picture.metadata import exif as exif_blocks, xmp as xmp_packets
from tests.picture.hdr import files
from tests.picture.hdr.test_finding import MAPS, PRIMARY


def test_the_index_is_that_of_the_specification() -> None:
    """Byte for byte: header, three tags, two entries; the second picture's offset counts from "MM"."""
    wanted = bytes.fromhex(
        "ffe2 0058 4d504600 4d4d002a 00000008 0003"
        "b000 0007 00000004 30313030"
        "b001 0004 00000001 00000002"
        "b002 0007 00000020 00000032 00000000"
        "00030000 00001000 00000000 0000 0000"
        "00000005 00000200 00000fe4 0000 0000"
    )
    assert index(20, 0x1000, 0x200, 5) == wanted
    assert len(wanted) == INDEX_SIZE


def test_the_gain_map_lies_behind_unchanged() -> None:
    gain_map = GainMap(MAPS["iso"], ("ISO 21496-1",), announcement=bytes(4), attribute=7)
    data = joined(PRIMARY, gain_map)
    assert data.endswith(MAPS["iso"])
    start = 2 + 18  # behind JFIF's segment
    announcement = files.segment(0xE2, files.ISO_NAME + bytes(4))
    assert data[start : start + len(announcement)] == announcement
    end = start + len(announcement) + INDEX_SIZE
    assert data[:start] + data[end : -len(MAPS["iso"])] == PRIMARY
    found = from_bytes(data).gain_map
    assert found is not None
    assert (found.data, found.announcement, found.attribute) == (MAPS["iso"], bytes(4), 7)


def test_pillow_reads_both_pictures() -> None:
    data = joined(PRIMARY, GainMap(MAPS["apple"], ("Apple",)))
    with Image.open(io.BytesIO(data)) as image:
        assert image.format == "MPO"
        assert getattr(image, "n_frames", 0) == 2
        assert image.size == (64, 48)
        image.seek(1)
        assert image.size == (32, 24)
        with Image.open(io.BytesIO(MAPS["apple"])) as alone:
            assert np.array_equal(np.asarray(image.convert("L")), np.asarray(alone))


def test_the_index_follows_exif() -> None:
    block = Image.Exif()
    block[0x010F] = "A maker"
    primary = files.jpeg(np.zeros((16, 16, 3), np.uint8), exif=block.tobytes(), icc_profile=bytes(200))
    data = joined(primary, GainMap(MAPS["apple"], ("Apple",)))
    assert data.index(b"Exif\0\0") < data.index(b"MPF\0") < data.index(b"ICC_PROFILE")


def test_the_directory_joins_what_is_there() -> None:
    user = (
        f'<x:xmpmeta xmlns:x="adobe:ns:meta/"><r:RDF xmlns:r="{files.RDF}"><r:Description r:about="" '
        'xmlns:dc="http://purl.org/dc/elements/1.1/" dc:source="here"/></r:RDF></x:xmpmeta>'
    ).encode()
    for packet in (None, b"no packet", user):
        whole = announced(packet, "1.0", 1234)
        primary, gain_map = items(whole)
        assert (primary.semantic, primary.mime, primary.length) == ("Primary", "image/jpeg", 0)
        assert (gain_map.semantic, gain_map.mime, gain_map.length) == ("GainMap", "image/jpeg", 1234)
        assert b'hdrgm:Version="1.0"' in whole
        # Read again it leaves no trace, so that files do not grow from one encode to the next.
        assert xmp_packets.cleaned(whole) == (user if packet is user else None)
    assert b'dc:source="here"' in announced(user, "1.0", 1)
    assert len(announced(user, "1" * 16, 10**10)) < len(user) + ROOM


def _position() -> bytes:
    block = Image.Exif()
    block[0x0110] = "A model"
    block.get_ifd(0x8825)[1] = "N"
    block.get_ifd(0x8825)[2] = (48.0, 8.0, 11.0)
    return block.tobytes()


def test_a_position_in_the_gain_map_is_wiped() -> None:
    packet = files.GAIN_MAP_XMP.replace(
        b"hdrgm:Version", b'xmlns:exif="http://ns.adobe.com/exif/1.0/" exif:GPSLatitude="48,8.1N" hdrgm:Version'
    )
    plain = files.jpeg(files.gain_pixels())
    located = files.with_segments(plain, files.segment(0xE1, _position()), files.segment(0xE1, files.XMP_NAME + packet))
    wiped = without_position(GainMap(located, ("Ultra HDR",))).data
    assert b"GPSLatitude" not in wiped
    assert b'hdrgm:GainMapMax="2.0"' in wiped
    assert wiped.endswith(plain[2:])
    with Image.open(io.BytesIO(wiped)) as image:
        assert not image.getexif().get_ifd(0x8825)
        assert image.getexif()[0x0110] == "A model"


@pytest.mark.parametrize("kind", sorted(MAPS))
def test_a_gain_map_without_a_position_stays(kind: str) -> None:
    gain_map = GainMap(MAPS[kind], (kind,))
    assert without_position(gain_map) is gain_map
    damaged = replace(gain_map, data=files.with_segments(MAPS[kind], files.segment(0xE1, b"Exif\0\0broken")))
    assert b"broken" not in without_position(damaged).data  # what cannot be searched goes


def test_orientation_in_exif() -> None:
    block = Image.Exif()
    block[0x0112], block[0x010F] = 1, "A maker"
    said = exif_blocks.with_orientation(block.tobytes(), 6)
    assert said is not None
    assert exif_blocks.orientation(said) == 6
    assert exif_blocks.cleaned(said) == exif_blocks.cleaned(block.tobytes())
    del block[0x0112]
    assert exif_blocks.with_orientation(block.tobytes(), 6) is None
    assert exif_blocks.with_orientation(b"Exif\0\0broken", 6) is None
    alone = exif_blocks.with_orientation(None, 8)
    assert alone == b"Exif\0\0MM\0*" + struct.pack(">IHHHIHHI", 8, 1, 0x0112, 3, 1, 8, 0, 0)
    assert exif_blocks.orientation(alone) == 8


def test_orientation_in_xmp() -> None:
    said = (
        f'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="{files.RDF}"><rdf:Description rdf:about="" '
        'xmlns:tiff="http://ns.adobe.com/tiff/1.0/" tiff:Orientation="1"/></rdf:RDF></x:xmpmeta>'
    ).encode()
    other = said.replace(b"tiff:Orientation", b"tiff:Make")
    assert xmp_packets.with_orientation(said, 6) == said.replace(b'"1"/>', b'"6"/>')
    assert xmp_packets.with_orientation(other, 6) == other
    assert xmp_packets.with_orientation(None, 6) is None
    for packet in (None, b"broken", said, other):
        oriented = xmp_packets.with_orientation(packet, 6, add=True)
        assert oriented is not None
        assert xmp_packets.orientation(oriented) == 6
