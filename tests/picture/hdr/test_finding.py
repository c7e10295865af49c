"""Gain maps are found where phones put them, and nothing that a file claims about them is believed unseen."""

from __future__ import annotations

import struct
import time
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from jndkit.errors import JndError
from jndkit.picture import Picture, Pixels, from_bytes
from jndkit.picture.hdr.gain_map import GainMapMetadata
from jndkit.picture.hdr.mpf import MOST_PICTURES
from tests.picture.hdr import files

TWO_STOPS = GainMapMetadata((0.0,), (2.0,), (1.0,), (1 / 64,), (1 / 64,), 0.0, 2.0)
MAPS = {kind: files.gain_map(kind) for kind in ("xmp", "iso", "apple")}


def pixels(height: int = 48, width: int = 64) -> Pixels:
    y, x = np.mgrid[0:height, 0:width]
    planes = [40 + 2.5 * x + 1.0 * y, 200 - 1.5 * x + 0.8 * y, 90 + 60 * np.sin(x / 9) * np.cos(y / 7)]
    return np.asarray(np.clip(np.stack(planes, axis=-1), 0, 255), np.uint8)


PRIMARY = files.jpeg(pixels())


def lacks(picture: Picture, *words: str) -> None:
    """It has no gain map, and a note says why."""
    assert picture.gain_map is None
    assert not picture.hdr
    for word in words:
        assert any(word in note for note in picture.notes), picture.notes


def test_ultra_hdr() -> None:
    data = files.file(PRIMARY, (0, MAPS["xmp"]), xmp=files.directory(len(MAPS["xmp"])))
    picture = from_bytes(data)
    found = picture.gain_map
    assert found is not None
    assert picture.hdr
    assert found.data == MAPS["xmp"]
    assert found.kinds == ("Ultra HDR",)
    assert found.metadata == TWO_STOPS
    assert found.version == "1.0"
    assert found.announcement is None
    assert picture.xmp is None  # which was the directory alone
    assert picture.notes == ("HDR by a gain map (Ultra HDR, 2.0 stops); what is judged is the picture without it",)
    assert np.array_equal(picture.rgb, from_bytes(PRIMARY).rgb)


@pytest.mark.parametrize("order", [">", "<"])
def test_iso(order: str) -> None:
    found = from_bytes(files.file(PRIMARY, (0x20, MAPS["iso"]), iso=True, order=order)).gain_map
    assert found is not None
    assert (found.data, found.kinds, found.attribute) == (MAPS["iso"], ("ISO 21496-1",), 0x20)
    assert found.metadata == TWO_STOPS
    assert found.announcement == bytes(4)
    assert found.version is None


def test_apple_says_nothing_in_the_first_picture() -> None:
    picture = from_bytes(files.file(PRIMARY, (0, MAPS["apple"])))
    assert picture.gain_map is not None
    assert (picture.gain_map.kinds, picture.gain_map.metadata) == (("Apple",), None)
    assert picture.notes == ("HDR by a gain map (Apple); what is judged is the picture without it",)


def test_a_gain_map_of_all_kinds_among_other_pictures() -> None:
    both = files.gain_map("xmp", "iso")
    preview, other = files.jpeg(pixels(24, 32)), files.jpeg(pixels()[:, ::-1].copy())
    data = files.file(
        PRIMARY, (0x010001, preview), (0, both), (0x020002, other), iso=True, xmp=files.directory(len(both))
    )
    picture = from_bytes(data)
    assert picture.gain_map is not None
    assert picture.gain_map.data == both
    assert picture.gain_map.kinds == ("Ultra HDR", "ISO 21496-1")
    note = "the file holds further pictures (MPO: a preview, another view of a stereo picture); the first is taken"
    assert note in picture.notes


def test_a_stereo_picture_has_none() -> None:
    picture = from_bytes(files.file(PRIMARY, (0x020002, files.jpeg(pixels()))))
    lacks(picture, "(MPO: another view of a stereo picture)")


def test_what_programs_leave_behind() -> None:
    """An index with offsets of before an edit, or none at all: the directory, or the place behind, helps."""
    gain_map = MAPS["xmp"]
    said = files.directory(len(gain_map))
    for data in (
        files.file(PRIMARY, (0, gain_map), xmp=said, shift=300),
        files.file(PRIMARY, (0, gain_map), xmp=said, shift=-300),
        files.file(PRIMARY, (0, gain_map), xmp=said, grow=1),
        files.file(PRIMARY, (0, gain_map), xmp=said, listed=False),
        files.file(PRIMARY, (0, gain_map), xmp=files.directory(5), listed=False),
    ):
        picture = from_bytes(data)
        assert picture.gain_map is not None, picture.notes
        assert picture.gain_map.data == gain_map


def test_padding_and_a_video() -> None:
    """A motion photo: the gain map lies behind the padding of the first picture, and a video behind that."""
    gain_map = MAPS["xmp"]
    video = (
        '<rdf:li rdf:parseType="Resource"><Container:Item Item:Semantic="MotionPhoto" Item:Mime="video/mp4"/></rdf:li>'
    )
    said = files.directory(len(gain_map), more=video).replace(
        b'"Primary" Item:Mime="image/jpeg"', b'"Primary" Item:Mime="image/jpeg" Item:Padding="7"'
    )
    picture = from_bytes(files.file(PRIMARY, (0, bytes(7) + gain_map + b"....ftypmp42"), xmp=said, listed=False))
    assert picture.gain_map is not None
    assert picture.gain_map.data == gain_map
    assert "the video of a motion photo is left out" in picture.notes


def test_a_directory_of_elements() -> None:
    """As Adobe's programs write it: every word an element of its own."""
    said = files.directory(0)
    start, end = said.index(b'<Container:Item Item:Semantic="GainMap"'), said.rindex(b"</rdf:li>")
    items = (
        '<Container:Item rdf:parseType="Resource"><Item:Mime>image/jpeg</Item:Mime><Item:Semantic>GainMap'
        f"</Item:Semantic><Item:Length> {len(MAPS['xmp'])} </Item:Length></Container:Item>"
    )
    data = files.file(PRIMARY, (0, MAPS["xmp"] + b"tail"), xmp=said[:start] + items.encode() + said[end:], listed=False)
    found = from_bytes(data).gain_map
    assert found is not None
    assert found.data == MAPS["xmp"]


def test_three_channels() -> None:
    lists = "".join(
        f"<hdrgm:{name}><rdf:Seq>{''.join(f'<rdf:li>{value}</rdf:li>' for value in values)}</rdf:Seq></hdrgm:{name}>"
        for name, values in (("GainMapMax", (1.0, 2.0, 3.0)), ("Gamma", (0.5, 1.0, 2.0)))
    )
    packet = (
        f'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="{files.RDF}"><rdf:Description rdf:about="" '
        'xmlns:hdrgm="http://ns.adobe.com/hdr-gain-map/1.0/" hdrgm:Version="1.0" hdrgm:HDRCapacityMax="3" '
        f'hdrgm:BaseRenditionIsHDR="True">{lists}</rdf:Description></rdf:RDF></x:xmpmeta>'
    )
    gain_map = files.with_segments(files.jpeg(pixels(24, 32)), files.segment(0xE1, files.XMP_NAME + packet.encode()))
    found = from_bytes(files.file(PRIMARY, (0, gain_map), xmp=files.directory(len(gain_map)))).gain_map
    assert found is not None
    usual = (1 / 64,)
    assert found.metadata == GainMapMetadata((0.0,), (1.0, 2.0, 3.0), (0.5, 1.0, 2.0), usual, usual, 3.0, 0.0)


def iso_map(block: bytes) -> Picture:
    gain_map = files.with_segments(files.jpeg(files.gain_pixels()), files.segment(0xE2, files.ISO_NAME + block))
    return from_bytes(files.file(PRIMARY, (0, gain_map), iso=True))


def test_iso_with_one_denominator() -> None:
    found = iso_map(struct.pack(">HHB III iiIii", 0, 0, 0x08, 64, 0, 128, 0, 128, 64, 1, 1)).gain_map
    assert found is not None
    assert found.metadata == TWO_STOPS


def test_iso_of_three_channels() -> None:
    channel = struct.pack(">iI iI II iI iI", -1, 2, 3, 1, 1, 2, 0, 1, 0, 1)
    found = iso_map(struct.pack(">HHB 4I", 0, 0, 0x80, 1, 1, 7, 2) + 3 * channel).gain_map
    assert found is not None
    assert found.metadata == GainMapMetadata((-0.5,) * 3, (3.0,) * 3, (0.5,) * 3, (0.0,) * 3, (0.0,) * 3, 1.0, 3.5)


def test_iso_of_a_version_to_come_is_carried_unread() -> None:
    found = iso_map(b"\0\1\0\1" + bytes(60)).gain_map
    assert found is not None
    assert found.metadata is None


@pytest.mark.parametrize(
    "block",
    [
        files.ISO_BLOCK[:-1],
        files.ISO_BLOCK[:5] + bytes(len(files.ISO_BLOCK) - 5),  # denominators of zero
        files.ISO_BLOCK.replace(struct.pack(">iI", 2, 1), struct.pack(">iI", 200, 1)),
        bytes(5),
    ],
)
def test_damaged_parameters(block: bytes) -> None:
    lacks(iso_map(block), "the gain map for HDR that the file announces is left out: its metadata is damaged")


@pytest.mark.parametrize("value", ["nan", "inf", "1e9", "two", ""])
def test_damaged_parameters_in_xmp(value: str) -> None:
    broken = MAPS["xmp"].replace(b'GainMapMax="2.0"', f'GainMapMax="{value}"'.ljust(16).encode())
    data = files.file(PRIMARY, (0, broken), xmp=files.directory(len(broken)))
    lacks(from_bytes(data), "its metadata is damaged")


def test_a_gain_map_that_was_taken_off() -> None:
    for data in (
        files.file(PRIMARY, xmp=files.directory(3000), listed=False),
        files.file(PRIMARY, iso=True, listed=False),
        files.file(PRIMARY, (0, files.jpeg(pixels())), iso=True),
    ):
        lacks(from_bytes(data), "the gain map for HDR that the file announces is left out")


def test_a_gain_map_that_is_cut_off() -> None:
    data = files.file(PRIMARY, (0, MAPS["iso"]), iso=True)
    for cut in (1, 2, 40, len(MAPS["iso"]) - 10):
        lacks(from_bytes(data[:-cut]), "left out: it is cut off")
    halved = MAPS["iso"][:-100]
    lacks(from_bytes(files.file(PRIMARY, (0, halved), iso=True)), "left out: it is cut off")


def test_a_gain_map_of_damaged_pixels_is_carried_with_a_note() -> None:
    end = len(MAPS["iso"]) - 2
    damaged = MAPS["iso"][: end - 100] + MAPS["iso"][end:]
    picture = from_bytes(files.file(PRIMARY, (0, damaged), iso=True))
    assert picture.gain_map is not None
    assert picture.gain_map.data == damaged
    assert any("the gain map is taken as it is, although a JPEG scan is damaged" in note for note in picture.notes)


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        (b"\xff\xc0\0\x0b\x08\0\x18", b"\xff\xc0\0\x0b\x08\xff\xff", "it is larger than the picture"),
        (b"\xff\xc0\0\x0b\x08", b"\xff\xc0\0\x0b\x0c", "of its own file, it is a JPEG of 12 bits per sample"),
        (b"\xff\xc0", b"\xff\xe5", "of its own file, the JPEG frame header is missing"),
    ],
)
def test_a_gain_map_that_is_no_picture_of_ours(old: bytes, new: bytes, why: str) -> None:
    assert old in MAPS["iso"]
    lacks(from_bytes(files.file(PRIMARY, (0, MAPS["iso"].replace(old, new)), iso=True)), f"left out: {why}")


def test_an_index_that_points_into_the_picture() -> None:
    for shift in (-1, 1 - len(PRIMARY)):
        data = files.file(PRIMARY, (0, MAPS["iso"][1:]), iso=True, shift=shift)
        lacks(from_bytes(data), "left out: the file says that it lies inside the picture")


def test_a_gain_map_that_says_it_has_one() -> None:
    nested = files.file(files.gain_map("iso"), (0, MAPS["iso"]), iso=True)
    found = from_bytes(files.file(PRIMARY, (0, nested), iso=True)).gain_map
    assert found is not None
    assert found.data == nested  # one picture, whatever it says lies behind it


def test_an_index_of_thousands_of_pictures() -> None:
    many = files.Index([(0x030000, 0, 0)] + [(0, 100, n) for n in range(4000)])
    data = files.with_segments(PRIMARY, files.segment(0xE2, many.body()))
    picture = from_bytes(data + MAPS["iso"])
    assert picture.gain_map is None
    assert picture.notes == ("the file holds further pictures (MPO); the first is taken",)
    announced = files.with_segments(data, files.segment(0xE2, files.ISO_NAME + bytes(4)))
    lacks(from_bytes(announced), f"the index lists 4001 pictures, more than {MOST_PICTURES}")


def test_indices_by_the_thousand_take_no_time() -> None:
    one = files.segment(0xE2, files.Index([(0x030000, 0, 0)] + [(0, 2**31, 5)] * 31).body())
    data = files.with_segments(PRIMARY, *[one] * 5000)
    started = time.thread_time()
    from_bytes(data)
    assert time.thread_time() - started < 3.0


def test_places_that_lie_over_each_other_take_no_time() -> None:
    """Each would be walked for its end marker through megabytes that look like coded data."""
    endless = files.gain_map("iso")[:-2] + b"\xff\0" * 12_000_000
    data = files.file(PRIMARY, *[(0, b"")] * 30, (0, endless), iso=True, grow=24_000_000)
    started = time.thread_time()
    lacks(from_bytes(data), "left out: it is cut off")
    assert time.thread_time() - started < 1.5


@pytest.mark.parametrize("length", ["-5", "1e3", "0x10", "9" * 30, "4294967295"])
def test_a_directory_of_odd_lengths(length: str) -> None:
    picture = from_bytes(files.file(PRIMARY, (0, MAPS["xmp"]), xmp=files.directory(length), listed=False))
    assert picture.gain_map is not None
    assert picture.gain_map.data == MAPS["xmp"]


def test_a_directory_of_thousands_of_media() -> None:
    item = '<rdf:li rdf:parseType="Resource"><Container:Item Item:Semantic="GainMap" Item:Length="9"/></rdf:li>'
    said = files.directory(9, more=item * 500)
    lacks(from_bytes(files.file(PRIMARY, xmp=said, listed=False)), "left out: the directory lists 502 media")


def test_a_version_that_is_no_version() -> None:
    said = files.directory(len(MAPS["xmp"])).replace(b'Version="1.0"', b'Version="&quot;&gt;&lt;a/&gt;"')
    found = from_bytes(files.file(PRIMARY, (0, MAPS["xmp"]), xmp=said)).gain_map
    assert found is not None
    assert found.version == "1.0"


WHOLE = files.file(
    PRIMARY, (0, files.gain_map("xmp", "iso")), xmp=files.directory(len(files.gain_map("xmp", "iso"))), iso=True
)
_TURNED = files.file(PRIMARY, (0, MAPS["apple"]))


@settings(max_examples=150, deadline=None)
@given(st.sampled_from([WHOLE, _TURNED]), st.data())
def test_flipped_bytes_never_break_it(data: bytes, choice: Any) -> None:
    broken = bytearray(data)
    for _ in range(choice.draw(st.integers(1, 6))):
        broken[choice.draw(st.integers(2, len(data) - 1))] = choice.draw(st.integers(0, 255))
    try:
        picture = from_bytes(bytes(broken), damaged="keep")
    except JndError:
        return
    if picture.gain_map is not None:
        assert picture.gain_map.data in bytes(broken)
        assert picture.gain_map.kinds
