"""Profiles, CMYK, Lab, numbers for colour spaces, alpha, palettes."""

from __future__ import annotations

import io
import struct

import numpy as np
import pytest
from PIL import Image, ImageCms

from jndkit.picture import Pixels, from_bytes, png_bytes, with_metadata
from jndkit.picture.colour import cicp, profiles
from jndkit.picture.raster import Raster
from tests.picture.fixture_types import AddChunk, Encode, ToSrgb

P3 = (0.680, 0.320, 0.265, 0.690, 0.150, 0.060)
ADOBE = (0.640, 0.330, 0.210, 0.710, 0.150, 0.060)


@pytest.mark.parametrize("format_name", ["PNG", "TIFF", "WEBP", "JPEG", "AVIF"])
@pytest.mark.parametrize("name", ["p3", "adobe"])
def test_wide_gamut_is_coded_in_its_own_space_and_judged_in_srgb(
    format_name: str,
    name: str,
    photo: Pixels,
    encode: Encode,
    expected_srgb: ToSrgb,
    p3_profile: bytes,
    adobe_profile: bytes,
) -> None:
    profile, primaries, gamma = {"p3": (p3_profile, P3, 2.2), "adobe": (adobe_profile, ADOBE, 2.19921875)}[name]
    options = {"WEBP": {"lossless": True}}.get(format_name, {})
    picture = from_bytes(encode(photo, format_name, icc_profile=profile, **options))
    stored = from_bytes(encode(photo, format_name, **options)).rgb
    assert picture.native is not None
    assert np.array_equal(picture.native, stored)
    assert picture.coded is picture.native
    assert picture.icc == profile
    error = np.abs(picture.rgb - expected_srgb(stored, primaries, gamma))
    assert error.mean() < 0.5
    assert error.max() < 3
    assert any("judged as converted" in note for note in picture.notes)
    assert not picture.grey


def test_none_policy_writes_wide_gamut_as_srgb(photo: Pixels, encode: Encode, p3_profile: bytes) -> None:
    picture = with_metadata(from_bytes(encode(photo, "PNG", icc_profile=p3_profile)), "none")
    assert picture.native is None
    assert picture.icc is None
    assert np.array_equal(from_bytes(png_bytes(picture)).rgb, picture.rgb)


def test_srgb_profile_changes_nothing(photo: Pixels, encode: Encode) -> None:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    picture = from_bytes(encode(photo, "PNG", icc_profile=profile))
    assert np.array_equal(picture.rgb, photo)
    assert picture.native is None
    assert picture.icc == profile
    assert picture.notes == ()


def test_grey_profile_is_applied_and_dropped(photo: Pixels, encode: Encode, grey_profile: bytes) -> None:
    grey = photo[..., 0]
    picture = from_bytes(encode(grey, "PNG", icc_profile=grey_profile))
    light = (grey / 255.0) ** (round(1.8 * 256) / 256)
    expected = 255 * np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)
    assert np.abs(picture.rgb[..., 0] - expected).max() < 1.5
    assert picture.grey
    assert picture.icc is None
    assert picture.native is None
    assert any("grey profile" in note for note in picture.notes)


def test_grey_pixels_in_a_wide_gamut_profile_stay_grey(photo: Pixels, encode: Encode, p3_profile: bytes) -> None:
    picture = from_bytes(encode(np.repeat(photo[..., :1], 3, axis=2), "PNG", icc_profile=p3_profile))
    assert picture.grey
    assert picture.icc is None
    assert np.array_equal(picture.rgb[..., 0], picture.rgb[..., 2])


@pytest.mark.parametrize("profile", [b"\0" * 200, b"nonsense", b"\xff" * 4000])
def test_damaged_profile_is_ignored_with_a_note(profile: bytes, photo: Pixels, encode: Encode) -> None:
    picture = from_bytes(encode(photo, "PNG", icc_profile=profile))
    assert np.array_equal(picture.rgb, photo)
    assert picture.icc is None
    assert any("damaged" in note for note in picture.notes)


def test_profile_whose_name_is_no_text(photo: Pixels, encode: Encode, p3_profile: bytes) -> None:
    picture = from_bytes(encode(photo, "PNG", icc_profile=p3_profile.replace(b"P3 gamma", b"\xd2\xff\xfe\x80amma")))
    assert picture.native is not None
    assert any("judged as converted" in note for note in picture.notes)


def test_profile_for_other_channels_is_ignored_with_a_note(photo: Pixels, encode: Encode, grey_profile: bytes) -> None:
    picture = from_bytes(encode(photo, "PNG", icc_profile=grey_profile))
    assert np.array_equal(picture.rgb, photo)
    assert picture.icc is None
    assert any("not for RGB" in note for note in picture.notes)


@pytest.mark.parametrize("format_name", ["JPEG", "TIFF"])
def test_cmyk_without_profile(format_name: str, photo: Pixels, encode: Encode) -> None:
    picture = from_bytes(encode(Image.fromarray(photo).convert("CMYK"), format_name, quality=95))
    error = np.abs(picture.rgb.astype(int) - photo)
    assert error.mean() < (6 if format_name == "JPEG" else 0.1)
    assert picture.icc is None
    assert any("CMYK" in note for note in picture.notes)


def test_cmyk_jpeg_of_no_ink_is_white(encode: Encode) -> None:
    picture = from_bytes(encode(Image.new("CMYK", (16, 16), (0, 0, 0, 0)), "JPEG"))
    assert picture.rgb.min() >= 254


def test_cmyk_with_a_profile_that_cannot_be_used(photo: Pixels, encode: Encode, p3_profile: bytes) -> None:
    picture = from_bytes(encode(Image.fromarray(photo).convert("CMYK"), "TIFF", icc_profile=p3_profile))
    assert np.abs(picture.rgb.astype(int) - photo).max() <= 1
    assert picture.icc is None


def _cmyk_profile() -> bytes:
    """A CMYK input profile (lut8): Lab lightness falls with the sum of the inks, no colour at all."""
    grid = np.indices((2, 2, 2, 2)).reshape(4, -1).T
    lightness = np.clip(255 - 255 * grid.sum(axis=1) / 2, 0, 255).astype(np.uint8)
    table = np.column_stack([lightness, np.full(16, 128), np.full(16, 128)]).astype(np.uint8).tobytes()
    ramp = bytes(range(256))
    identity = struct.pack(">9i", 65536, 0, 0, 0, 65536, 0, 0, 0, 65536)
    lut = b"mft1\0\0\0\0" + bytes([4, 3, 2, 0]) + identity + ramp * 4 + table + ramp * 3
    tags = [(b"desc", b"desc\0\0\0\0" + struct.pack(">I", 5) + b"inks\0" + bytes(78)), (b"A2B0", lut), (b"A2B1", lut)]
    tags.append((b"wtpt", b"XYZ \0\0\0\0" + struct.pack(">3i", 63190, 65536, 54061)))
    index, body, start = b"", b"", 132 + 12 * len(tags)
    for tag, value in tags:
        value += bytes(-len(value) % 4)
        index += struct.pack(">4sII", tag, start + len(body), len(value))
        body += value
    head = struct.pack(">I4sI4s4s4s", start + len(body), b"", 0x02100000, b"prtr", b"CMYK", b"Lab ")
    head += struct.pack(">6H4s", 2020, 1, 1, 0, 0, 0, b"acsp")
    head = head.ljust(68, b"\0") + struct.pack(">3i", 63190, 65536, 54061)
    return head.ljust(128, b"\0") + struct.pack(">I", len(tags)) + index + body


def test_cmyk_with_a_profile(encode: Encode) -> None:
    inks = Image.merge("CMYK", [Image.new("L", (8, 8), v) for v in (255, 0, 0, 0)])
    with_profile = from_bytes(encode(inks, "TIFF", icc_profile=_cmyk_profile()))
    assert any("inks" in note for note in with_profile.notes)
    assert with_profile.icc is None
    # One full ink halves the lightness in this profile and tints nothing, where the plain formula gives cyan.
    assert np.ptp(with_profile.rgb[0, 0].astype(int)) <= 4
    assert 100 < with_profile.rgb[0, 0, 1] < 140
    assert from_bytes(encode(inks, "TIFF")).rgb[0, 0].tolist() == [0, 255, 255]


def test_lab(encode: Encode) -> None:
    lab = Image.frombytes("LAB", (8, 8), bytes([137, 0, 0]) * 64)
    picture = from_bytes(encode(lab, "TIFF"))
    assert abs(int(picture.rgb[0, 0, 1]) - 128) <= 3
    assert np.ptp(picture.rgb[0, 0].astype(int)) <= 3
    assert picture.notes[0] == "converted from Lab to sRGB"


def test_profile_made_of_numbers(photo: Pixels, expected_srgb: ToSrgb) -> None:
    profile = cicp.profile(12)
    assert profile is not None
    described = profiles.profile(profile)
    assert described is not None
    assert described.name == "Display P3"
    assert not described.srgb
    got = profiles.apply(described.transform, photo)
    linear = np.where(photo <= 0.04045 * 255, photo / 255 / 12.92, ((photo / 255 + 0.055) / 1.055) ** 2.4)
    error = np.abs(got - expected_srgb(255 * linear, P3, 1.0))
    assert error.mean() < 0.5
    assert error.max() < 3
    assert cicp.profile(77) is None


@pytest.mark.parametrize(
    ("primaries", "curve", "has_profile", "noted"),
    [
        (1, 13, False, False),
        (2, 2, False, False),
        (12, 13, True, False),
        (9, 16, False, True),
        (4, 4, True, True),
        (77, 4, False, True),
    ],
)
def test_colour_numbers(primaries: int, curve: int, has_profile: bool, noted: bool) -> None:
    raster = Raster(np.zeros((2, 2, 3), np.uint8))
    cicp.name_colour(raster, primaries, curve)
    assert (raster.icc is not None) == has_profile
    assert bool(raster.notes) == noted


def test_avif_of_numbered_p3(photo: Pixels, encode: Encode) -> None:
    data = bytearray(encode(photo, "AVIF", quality=95))
    at = data.index(b"colrnclx")
    data[at + 8 : at + 10] = b"\0\x0c"
    picture = from_bytes(bytes(data))
    assert picture.icc == cicp.profile(12)
    assert picture.native is not None
    assert np.array_equal(picture.native, from_bytes(encode(photo, "AVIF", quality=95)).rgb)
    assert not np.array_equal(picture.native, picture.rgb)


def test_alpha_kept_and_opaque_alpha_dropped(photo: Pixels, encode: Encode) -> None:
    alpha = photo[..., 0].copy()
    for format_name, options in (("PNG", {}), ("WEBP", {"lossless": True, "exact": True}), ("TIFF", {})):
        picture = from_bytes(encode(np.dstack([photo, alpha]), format_name, **options))
        assert picture.alpha is not None
        assert np.array_equal(picture.alpha, alpha)
        assert np.array_equal(picture.rgb, photo)
        opaque = from_bytes(encode(np.dstack([photo, np.full_like(alpha, 255)]), format_name, **options))
        assert opaque.alpha is None
    picture = from_bytes(encode(np.dstack([photo[..., 1], alpha]), "PNG"))
    assert picture.grey
    assert picture.alpha is not None
    assert np.array_equal(picture.alpha, alpha)


def test_palette_and_its_alpha(photo: Pixels, encode: Encode) -> None:
    plain = Image.fromarray(photo).quantize(17)
    picture = from_bytes(encode(plain, "PNG"))
    assert np.array_equal(picture.rgb, np.asarray(plain.convert("RGB")))
    assert picture.alpha is None
    assert any("palette" in note for note in picture.notes)
    levels = bytes(range(0, 255, 15))
    picture = from_bytes(encode(plain, "PNG", transparency=levels))
    assert picture.alpha is not None
    assert np.array_equal(picture.alpha, np.frombuffer(levels, np.uint8)[np.asarray(plain)])
    picture = from_bytes(encode(plain, "PNG", transparency=3))
    assert np.array_equal(picture.alpha == 0, np.asarray(plain) == 3)
    assert np.array_equal(from_bytes(encode(plain, "BMP")).rgb, np.asarray(plain.convert("RGB")))


def test_key_colours(photo: Pixels, encode: Encode) -> None:
    key = tuple(int(v) for v in photo[10, 10])
    picture = from_bytes(encode(photo, "PNG", transparency=key))
    assert np.array_equal(picture.alpha == 0, (photo == key).all(axis=2))
    assert np.array_equal(picture.rgb, photo)
    grey = photo[..., 0]
    picture = from_bytes(encode(grey, "PNG", transparency=int(grey[3, 3])))
    assert np.array_equal(picture.alpha == 0, grey == grey[3, 3])
    assert picture.grey


@pytest.mark.parametrize("bits", [1, 2, 4])
def test_key_colour_of_few_bits(bits: int, encode: Encode, png_chunk: AddChunk) -> None:
    levels = np.arange(64, dtype=np.uint8).reshape(8, 8) % (1 << bits)
    image = Image.fromarray(levels)
    image.putpalette([v * 255 // ((1 << bits) - 1) for v in range(1 << bits) for _ in range(3)])
    data = bytearray(encode(image, "PNG", bits=bits))
    # Turn the palette picture into a grey one of the same depth.
    import zlib

    data[25] = 0
    data[29:33] = struct.pack(">I", zlib.crc32(data[12:29]))
    start = data.index(b"PLTE") - 4
    del data[start : start + 12 + struct.unpack_from(">I", data, start)[0]]
    picture = from_bytes(png_chunk(bytes(data), b"tRNS", struct.pack(">H", 1)))
    assert np.array_equal(picture.alpha == 0, levels == 1)
    assert np.array_equal(picture.rgb[..., 0], levels * (255 // ((1 << bits) - 1)))


def test_bilevel(photo: Pixels, encode: Encode) -> None:
    image = Image.fromarray(photo).convert("1")
    for format_name in ("PNG", "TIFF", "BMP", "PPM"):
        picture = from_bytes(encode(image, format_name))
        assert picture.grey
        assert np.array_equal(picture.rgb[..., 0], np.asarray(image.convert("L")))


def test_gamma_far_from_srgb_is_converted(photo: Pixels, encode: Encode, png_chunk: AddChunk) -> None:
    near = png_chunk(encode(photo, "PNG"), b"gAMA", struct.pack(">I", 45455))
    far = png_chunk(encode(photo, "PNG"), b"gAMA", struct.pack(">I", 100000))
    assert from_bytes(near).notes == ()
    picture = from_bytes(far)
    assert picture.notes == ("converted from linear light to sRGB",)
    light = photo / 255
    expected = 255 * np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)
    assert np.abs(picture.rgb - expected).max() <= 0.5 + 1e-6
    assert picture.icc is None


@pytest.mark.parametrize("value", [0, 1, 4_000_000_000])
def test_absurd_gamma_is_ignored_with_a_note(value: int, photo: Pixels, encode: Encode, png_chunk: AddChunk) -> None:
    picture = from_bytes(png_chunk(encode(photo, "PNG"), b"gAMA", struct.pack(">I", value)))
    assert np.array_equal(picture.rgb, photo)
    assert "gamma" in picture.notes[0]


def test_transforms_are_built_once(p3_profile: bytes) -> None:
    assert profiles.profile(p3_profile) is profiles.profile(bytes(bytearray(p3_profile)))


def test_premultiplied_tiff(photo: Pixels, encode: Encode) -> None:
    data = bytearray(encode(np.dstack([photo // 2, np.full((48, 64), 128, np.uint8)]), "TIFF"))
    at = data.index(struct.pack("<HHIH", 338, 3, 1, 2))
    data[at + 8] = 1  # associated alpha
    picture = from_bytes(bytes(data))
    assert np.abs(picture.rgb.astype(int) - photo).max() <= 3
    assert picture.alpha is not None
    assert int(picture.alpha[0, 0]) == 128


def test_jpeg_comes_out_of_pillow_with_the_same_profile(photo: Pixels, encode: Encode, p3_profile: bytes) -> None:
    data = encode(photo, "JPEG", icc_profile=p3_profile)
    assert Image.open(io.BytesIO(data)).info["icc_profile"] == from_bytes(data).icc
