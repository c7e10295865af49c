"""The profile inside a JPEG XL file: as libjxl writes it, coded by hand, and damaged."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image, ImageCms

from jndkit.errors import DamagedError, FormatError, InputError
from jndkit.picture import from_bytes
from jndkit.picture.colour import cicp
from jndkit.picture.formats import jxl_header, jxl_icc
from jndkit.picture.formats.jxl_bits import Bits
from jndkit.picture.formats.jxl_entropy import Decoder
from tests.picture.catalogue import profiles
from tests.picture.catalogue.jxl_files import Writer

imagecodecs = pytest.importorskip("imagecodecs")


def _transcoded(profile: bytes, grey: bool = False) -> bytes:
    out = io.BytesIO()
    pixels = np.random.default_rng(3).integers(0, 256, (24, 40) if grey else (24, 40, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(out, "JPEG", icc_profile=profile)
    return bytes(imagecodecs.jpegxl_encode_jpeg(out.getvalue()))


_LONG_CURVE = cicp.profile(12)
assert _LONG_CURVE is not None
PROFILES = {
    "matrix": profiles.icc(b"RGB ", profiles.P3, 2.2, "P3 gamma 2.2"),
    "grey": profiles.icc(b"GRAY", profiles.SRGB, 1.8, "Grey"),
    "of lcms": ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes(),
    "long curve": _LONG_CURVE,
    "table": profiles.lut(b"RGB ", 3, "table", grid=17),
    "small table": profiles.lut(
        b"RGB ", 3, "a name of a profile that is longer than most names are, with 3.14", grid=2
    ),
}


@pytest.mark.parametrize("name", PROFILES)
def test_profiles_come_back_byte_for_byte(name: str) -> None:
    profile = PROFILES[name]
    header = jxl_header.read_header(_transcoded(profile, name == "grey"), None)
    assert header.icc == profile
    assert header.grey == (name == "grey")
    assert not header.xyb


def test_a_profile_of_a_transcoded_photograph_is_applied_and_kept() -> None:
    data = _transcoded(PROFILES["matrix"])
    outside, inside = from_bytes(data), from_bytes(data, trusted=True)
    assert np.array_equal(outside.rgb, inside.rgb)
    assert outside.icc == inside.icc == PROFILES["matrix"]
    assert outside.native is not None
    assert "judged as converted" in outside.notes[0]


def _byte_code(writer: Writer) -> None:
    """No copies, one code for every context, and of it a prefix code of eight bits for each byte."""
    writer.put((0, 1), (1, 1), (0, 2), (1, 1), (8, 4), (0, 4), (0, 4))
    writer.put((1, 1), (7, 4), (127, 7))  # 256 symbols
    writer.put((0, 2), *[(0, 2)] * 10, (2, 2), *[(0, 2)] * 7)  # lengths: only 8 is used


def _profile_stream(content: bytes) -> bytes:
    writer = Writer()
    size = len(content)
    assert 17 <= size < 4096
    writer.put((3, 2), (size, 12), (0, 1))
    _byte_code(writer)
    writer.put(*[(int(f"{byte:08b}"[::-1], 2), 8) for byte in content])
    return writer.data()


def test_commands_of_the_profile_by_hand() -> None:
    """A header, no tag table, then every kind of content."""
    numbers = [1000, 1010, 1020, 1031]
    stored = np.frombuffer(np.array(numbers, ">u2").tobytes(), np.uint8).reshape(4, 2)
    # Each byte by itself; the first number follows the zeros of "desc\0\0\0\0".
    low_high = np.vstack([stored[:1], stored[1:] - stored[:-1]]).tobytes()
    shuffled = low_high[0::2] + low_high[1::2]
    commands = bytes([0, 1, 5, 2, 4, 3, 8, 10, 17, 4, 1, 8])
    text, pairs, fours = b"plain", b"acbd", bytes([1, 5, 2, 6, 3, 7, 4, 8])
    data = bytes(128) + text + pairs + fours + bytes(range(12)) + shuffled
    size = 128 + 5 + 4 + 8 + 20 + 8 + 8
    packed = bytes([size & 127 | 128, size >> 7, len(commands)]) + commands + data
    profile = jxl_icc.read(Bits(_profile_stream(packed)))
    assert len(profile) == size
    assert profile[:4] == size.to_bytes(4, "big")
    assert profile[36:40] == b"acsp"
    body = profile[128:]
    assert body[:17] == b"plain" + b"abcd" + bytes([1, 2, 3, 4, 5, 6, 7, 8])
    assert body[17:37] == b"XYZ \0\0\0\0" + bytes(range(12))
    assert body[37:45] == b"desc\0\0\0\0"
    assert [int.from_bytes(body[i : i + 2]) for i in range(45, 53, 2)] == numbers


@pytest.mark.parametrize(
    ("packed", "reason"),
    [
        (bytes([200, 1, 0]) + bytes(140), "size"),
        (bytes([255] * 9) + bytes(20), "end"),
        (bytes([255, 255, 255, 127, 0]) + bytes(20), "large"),
        (bytes([200, 1, 90]) + bytes(20), "cut off"),
        (bytes([200, 1, 1]) + bytes(20), "cut off"),
        (bytes([200, 1, 2, 0, 99]) + bytes(128), "unknown command"),
        (bytes([200, 1, 4, 0, 4, 2, 0]) + bytes(128), "unknown prediction"),
        (bytes([200, 1, 3, 2, 63, 0]) + bytes(128), "unknown command"),
        (bytes([200, 1, 4, 2, 196, 127, 127]) + bytes(128), "outside"),
    ],
)
def test_damaged_commands_are_named(packed: bytes, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        jxl_icc.read(Bits(_profile_stream(packed)))


def _zeros(size: int) -> Bits:
    """A stream of that many zeros, by a code with this one symbol, whose numbers take no bits."""
    writer = Writer()
    writer.put((3, 2), (size & 4095, 12), (1, 1), (size >> 12 & 255, 8), (1, 1), (size >> 20, 8), (0, 1))
    writer.put((0, 1), (1, 1), (0, 2), (1, 1), (8, 4), (0, 4), (0, 4), (0, 1))
    return Bits(writer.data() + bytes(1000))


def test_a_profile_that_takes_no_bits_is_not_read_to_its_end() -> None:
    assert jxl_icc.read(_zeros(65_536)) == b""
    for size in (65_537, 4_000_000):
        with pytest.raises(ValueError, match="too large for the bytes that hold it"):
            jxl_icc.read(_zeros(size))


def test_copies_go_back_as_far_as_they_say() -> None:
    """Symbols of a prefix code of two: 0 stands for itself, 224 copies three from one place back."""
    writer = Writer()
    writer.put((1, 1), (0, 2), (0, 2))  # copies from symbol 224 on, of at least 3
    writer.put((0, 4), *())  # of lengths: every token stands for a range
    writer.put((1, 1), (1, 2), (0, 1), (1, 1))  # two contexts, the second for distances
    writer.put((1, 1))
    writer.put((8, 4), (0, 4), (0, 4), (8, 4), (0, 4), (0, 4))
    writer.put((1, 1), (7, 4), (97, 7), (0, 1))  # 226 symbols, and one
    writer.put((1, 2), (1, 2), (7, 8), (224, 8))  # few symbols: 7 and 224
    writer.put((0, 1), (1, 1), (0, 1))  # 7, copy, 7
    coder = Decoder(Bits(writer.data() + bytes(4)), 1)
    assert [coder.integer(0) for _ in range(5)] == [7, 7, 7, 7, 7]


def test_mutations_of_the_header_are_errors_or_pictures() -> None:
    data = _transcoded(PROFILES["matrix"])
    at = data.index(b"\xff\x0a")
    end = at + 2 + jxl_header.read_header(data, None).icc_at[1] // 8
    rng = np.random.default_rng(1)
    refused: list[str] = []
    for _ in range(300):
        broken = bytearray(data)
        for _ in range(int(rng.integers(1, 4))):
            broken[int(rng.integers(at + 2, end))] ^= 1 << int(rng.integers(0, 8))
        try:
            jxl_header.read_header(bytes(broken), "a.jxl")
        except InputError as error:
            refused.append(str(error))
    assert len(refused) > 100
    assert all(reason.startswith("a.jxl: the JPEG XL header is damaged: ") for reason in refused)


def test_cut_anywhere_in_the_profile() -> None:
    data = _transcoded(PROFILES["long curve"])
    at = data.index(b"\xff\x0a")
    end = at + 2 + jxl_header.read_header(data, None).icc_at[1] // 8
    for cut in range(at + 3, end, 37):
        with pytest.raises(DamagedError):
            jxl_header.read_header(data[:cut], None)


def test_inks_are_refused_by_name() -> None:
    writer = Writer()
    writer.put((1, 1), (2, 5), (1, 3))  # 24 x 24
    writer.put((0, 1), (0, 1), (0, 1), (0, 2), (1, 1), (1, 2))  # 8 bits, one more channel
    writer.put((0, 1), (2, 2), (2, 4), (0, 1), (0, 2), (0, 2), (0, 2))  # of black
    writer.put((0, 1), (1, 1))  # not XYB, sRGB
    with pytest.raises(FormatError, match="printing inks"):
        from_bytes(b"\xff\x0a" + writer.data() + bytes(20), trusted=True)


def test_a_header_of_many_channels_with_long_names() -> None:
    writer = Writer()
    writer.put((1, 1), (2, 5), (1, 3))  # 24 x 24
    writer.put((0, 1), (0, 1), (0, 1), (0, 2), (1, 1), (3, 2), (39, 12))  # 8 bits, 40 more channels
    for _ in range(40):
        writer.put((0, 1), (2, 2), (14, 4), (0, 1), (0, 2), (0, 2), (3, 2), (1023, 10))  # optional, of 1071 letters
        writer.put(*[(ord("x"), 8)] * 1071)
    writer.put((0, 1), (0, 1), (0, 1), (0, 2), (1, 2), (2, 2), (9, 4))  # not XYB; RGB, D65, Display P3
    writer.put((0, 1), (2, 2), (11, 4), (1, 2), (0, 2), (1, 1))
    header = jxl_header.read_header(b"\xff\x0a" + writer.data() + bytes(8), None)
    assert (header.width, header.height, header.number) == (24, 24, 12)
    assert not header.black
