"""Formats, names and limits."""

from __future__ import annotations

import hashlib
import os
import struct
import subprocess
import sys
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from jndkit import limits
from jndkit.errors import DamagedError, FormatError, InputError, LimitError, MissingError, UsageError
from jndkit.picture import Pixels, from_bytes, load
from tests.picture.fixture_types import AddChunk, Encode

EXACT = ("PNG", "BMP", "PPM", "TIFF")


@pytest.mark.parametrize("format_name", EXACT)
def test_lossless_formats_come_back_exactly(format_name: str, photo: Pixels, encode: Encode, tmp_path: Path) -> None:
    data = encode(photo, format_name)
    path = tmp_path / f"a.{format_name.lower()}"
    path.write_bytes(data)
    picture = load(path)
    assert np.array_equal(picture.rgb, photo)
    assert picture.rgb.dtype == np.uint8
    assert picture.rgb.flags.c_contiguous
    assert not picture.grey
    assert picture.alpha is None
    assert picture.native is None
    assert picture.notes == ()
    assert picture.source is not None
    assert picture.source.format == format_name
    assert picture.source.size == len(data)
    assert picture.source.sha256 == hashlib.sha256(data).hexdigest()
    assert picture.source.path == str(path)


@pytest.mark.parametrize("format_name", ["JPEG", "WEBP", "AVIF"])
def test_lossy_formats_come_back_as_pillow_decodes_them(format_name: str, photo: Pixels, encode: Encode) -> None:
    import io

    data = encode(photo, format_name, quality=80)
    picture = from_bytes(data)
    assert np.array_equal(picture.rgb, np.asarray(Image.open(io.BytesIO(data)).convert("RGB")))
    assert picture.notes == ()
    assert picture.source is not None
    assert picture.source.path is None


@pytest.mark.parametrize("compression", ["tiff_lzw", "tiff_adobe_deflate", "packbits", "zstd"])
def test_compressed_tiff(compression: str, photo: Pixels, encode: Encode) -> None:
    assert np.array_equal(from_bytes(encode(photo, "TIFF", compression=compression)).rgb, photo)


@pytest.mark.parametrize("format_name", ["JPEG", "PNG", "WEBP", "AVIF", "TIFF", "BMP", "PPM"])
def test_grey_is_marked_and_fills_three_planes(format_name: str, photo: Pixels, encode: Encode) -> None:
    grey = photo[..., 0]
    # Lossy WebP has no grey: its chroma planes come back slightly coloured.
    picture = from_bytes(encode(grey, format_name, **({"lossless": True} if format_name == "WEBP" else {})))
    assert picture.grey
    assert picture.rgb.shape == (*grey.shape, 3)
    assert np.array_equal(picture.rgb[..., 0], picture.rgb[..., 2])
    if format_name in EXACT:
        assert np.array_equal(picture.rgb[..., 1], grey)


def test_rgb_file_with_equal_planes_is_grey(photo: Pixels, encode: Encode) -> None:
    picture = from_bytes(encode(np.repeat(photo[..., :1], 3, axis=2), "PNG"))
    assert picture.grey
    one_off = np.repeat(photo[..., :1], 3, axis=2)
    one_off[-1, -1, 2] ^= 1
    assert not from_bytes(encode(one_off, "PNG")).grey


def test_wrong_ending_is_read_with_a_note(photo: Pixels, encode: Encode, tmp_path: Path) -> None:
    path = tmp_path / "a.jpg"
    path.write_bytes(encode(photo, "PNG"))
    picture = load(path)
    assert picture.source is not None
    assert picture.source.format == "PNG"
    assert picture.notes == ("named .jpg but holds PNG",)


def test_mpo_gives_the_first_picture_with_a_note(photo: Pixels, encode: Encode) -> None:
    first, second = Image.fromarray(photo), Image.fromarray(photo[::-1].copy())
    data = encode(first, "MPO", save_all=True, append_images=[second], quality=95)
    picture = from_bytes(data)
    assert picture.source is not None
    assert picture.source.format == "JPEG"
    assert np.abs(picture.rgb.astype(int) - photo).mean() < 5
    assert any("MPO" in note for note in picture.notes)


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (b"GIF89a" + bytes(50), "GIF"),
        (b"%PDF-1.7" + bytes(50), "PDF"),
        (b"<svg xmlns=''>" + bytes(50), "SVG"),
        (b"II+\0" + bytes(50), "BigTIFF"),
        (b"\0\0\0\x20ftypisom\0\0\0\0isommp41" + bytes(50), "isom"),
        (b"hello, world, this is text", "no known"),
        (b"P", "no known"),
        (b"\xff", "no known"),
    ],
)
def test_other_formats_are_refused_by_name(data: bytes, what: str) -> None:
    with pytest.raises(FormatError, match=what):
        from_bytes(data, path="x.bin")


def test_camera_raw_is_refused_not_read_as_its_preview(photo: Pixels, encode: Encode) -> None:
    with pytest.raises(FormatError, match="raw"):
        from_bytes(encode(photo, "TIFF", tiffinfo={50706: b"\1\4\0\0"}))
    with pytest.raises(FormatError, match="preview"):
        from_bytes(encode(photo, "TIFF", tiffinfo={254: 1}))


def test_paths_that_are_no_pictures(tmp_path: Path) -> None:
    (tmp_path / "empty.png").write_bytes(b"")
    os.mkfifo(tmp_path / "pipe.png")
    for name, reason in (
        ("", "folder"),
        ("missing.png", "no such file"),
        ("empty.png", "empty"),
        ("pipe.png", "not a regular file"),
        ("x" * 300, "cannot be read"),
    ):
        with pytest.raises(InputError, match=reason) as caught:
            load(tmp_path / name)
        assert str(tmp_path / name) in str(caught.value)
        assert "\n" not in str(caught.value)
    with pytest.raises(InputError, match="cannot be read"):
        load("nul\0byte.png")


def test_unreadable_file(tmp_path: Path, photo: Pixels, encode: Encode) -> None:
    path = tmp_path / "secret.png"
    path.write_bytes(encode(photo, "PNG"))
    path.chmod(0)
    if os.access(path, os.R_OK):
        pytest.skip("this user may read everything")
    with pytest.raises(InputError, match="Permission denied"):
        load(path)


def test_too_many_bytes_are_not_even_read(tmp_path: Path) -> None:
    path = tmp_path / "big.png"
    with path.open("wb") as file:
        file.truncate(limits.MAX_BYTES + 1)
    tracemalloc.start()
    with pytest.raises(LimitError, match="200 MB"):
        load(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 1_000_000


@pytest.mark.parametrize("format_name", ["JPEG", "PNG", "WEBP", "AVIF", "TIFF", "BMP", "PPM"])
def test_pixel_limit(format_name: str, photo: Pixels, encode: Encode) -> None:
    data = encode(photo, format_name)
    assert from_bytes(data, max_pixels=48 * 64).width == 64
    with pytest.raises(LimitError, match=r"64 x 48 pixels .* 3071"):
        from_bytes(data, max_pixels=48 * 64 - 1)


def test_pixel_limit_must_make_sense(photo: Pixels, encode: Encode) -> None:
    with pytest.raises(UsageError):
        from_bytes(encode(photo, "PNG"), max_pixels=0)


def test_headers_that_claim_too_much(photo: Pixels, encode: Encode) -> None:
    import zlib

    png = bytearray(encode(photo, "PNG"))
    png[16:24] = struct.pack(">II", 50000, 50000)
    png[29:33] = struct.pack(">I", zlib.crc32(png[12:29]))
    jpeg = bytearray(encode(photo, "JPEG"))
    at = jpeg.index(b"\xff\xc0")
    jpeg[at + 5 : at + 9] = struct.pack(">HH", 65000, 65000)
    bmp = bytearray(encode(photo, "BMP"))
    bmp[18:26] = struct.pack("<ii", 50000, 50000)
    webp = b"RIFF\x16\0\0\0WEBPVP8X\x0a\0\0\0\0\0\0\0\xff\x3f\0\xff\x3f\0"
    for data in (bytes(png), bytes(jpeg), bytes(bmp), webp, b"P6 50000 50000 255\n" + bytes(100)):
        tracemalloc.start()
        with pytest.raises((LimitError, DamagedError)) as caught:
            from_bytes(data)
        assert tracemalloc.get_traced_memory()[1] < 20_000_000
        tracemalloc.stop()
        if data != webp:
            assert isinstance(caught.value, LimitError)


@pytest.mark.parametrize("format_name", ["PNG", "WEBP", "AVIF", "TIFF"])
def test_animations_and_pages_are_refused(format_name: str, photo: Pixels, encode: Encode) -> None:
    second = Image.fromarray(photo[::-1].copy())
    data = encode(photo, format_name, save_all=True, append_images=[second])
    with pytest.raises(LimitError, match=r"animated|several pages"):
        from_bytes(data)


def test_tiff_with_a_preview_behind_it_is_read(photo: Pixels, encode: Encode) -> None:
    preview = Image.fromarray(photo[::2, ::2].copy())
    preview.encoderinfo = {"tiffinfo": {254: 1}}
    data = encode(photo, "TIFF", save_all=True, append_images=[preview])
    picture = from_bytes(data)
    assert np.array_equal(picture.rgb, photo)
    assert any("preview" in note for note in picture.notes)


def test_huge_metadata_is_dropped_with_a_note(photo: Pixels, encode: Encode, png_chunk: AddChunk) -> None:
    data = png_chunk(encode(photo, "PNG"), b"eXIf", b"MM\0*" + bytes(limits.MAX_BLOCK))
    picture = from_bytes(data)
    assert picture.exif is None
    assert any("dropped" in note for note in picture.notes)
    data = encode(photo, "WEBP", lossless=True, icc_profile=bytes(limits.MAX_BLOCK + 1))
    picture = from_bytes(data)
    assert picture.icc is None
    assert any("colour profile" in note for note in picture.notes)


def test_png_text_bomb_costs_nothing(photo: Pixels, encode: Encode, png_chunk: AddChunk) -> None:
    import zlib

    bomb = zlib.compress(bytes(300_000_000), 9)
    data = png_chunk(encode(photo, "PNG"), b"iTXt", b"XML:com.adobe.xmp\0\1\0\0\0" + bomb)
    data = png_chunk(data, b"zTXt", b"Comment\0\0" + bomb)
    data = png_chunk(data, b"iCCP", b"profile\0\0" + bomb)
    tracemalloc.start()
    picture = from_bytes(data)
    assert tracemalloc.get_traced_memory()[1] < 40_000_000
    tracemalloc.stop()
    assert np.array_equal(picture.rgb, photo)
    assert picture.xmp is None
    assert picture.icc is None


def test_tiff_tags_that_claim_the_file_again_and_again(photo: Pixels, encode: Encode) -> None:
    data = bytearray(encode(photo, "TIFF"))
    at = struct.unpack_from("<I", data, 4)[0]
    count = struct.unpack_from("<H", data, at)[0]
    entries = bytes(data[at + 2 : at + 2 + 12 * count])
    fake = b"".join(struct.pack("<HHII", 40000 + i, 1, len(data) - 10, 8) for i in range(3000))
    link = len(data)
    data += struct.pack("<H", count + 3000) + entries + fake + bytes(4)
    data[4:8] = struct.pack("<I", link)
    with pytest.raises(LimitError, match="claim more bytes"):
        from_bytes(bytes(data))


def test_jpeg_with_absurdly_many_scans_or_segments(photo: Pixels, encode: Encode) -> None:
    data = encode(photo, "JPEG", progressive=True)
    at = data.index(b"\xff\xda")
    assert from_bytes(data).width == 64
    with pytest.raises(LimitError, match="scans"):
        from_bytes(data[:-2] + data[at : at + 12] * 200 + b"\xff\xd9")
    with pytest.raises(LimitError, match="segments"):
        from_bytes(data[:2] + b"\xff\xfe\0\2" * 20_000 + data[2:])


def test_what_would_be_unpacked_slowly(photo: Pixels, encode: Encode) -> None:
    data = bytearray(encode(photo[..., 0], "BMP"))
    data[30:34] = b"\1\0\0\0"
    data += bytes(limits.MAX_RUN_LENGTH_BYTES)
    with pytest.raises(LimitError, match="run-length"):
        from_bytes(bytes(data))
    data = bytearray(encode(photo, "TIFF"))
    at = data.index(struct.pack("<HH", 273, 4))
    data[at + 4 : at + 8] = struct.pack("<I", 1_000_001)
    with pytest.raises(LimitError, match="pieces"):
        from_bytes(bytes(data) + bytes(5_000_000))


@pytest.mark.parametrize("bits", [12, 16])
def test_deep_jpeg_is_named(bits: int, photo: Pixels, encode: Encode) -> None:
    data = bytearray(encode(photo, "JPEG"))
    data[data.index(b"\xff\xc0") + 4] = bits
    with pytest.raises(FormatError, match=f"{bits} bits"):
        from_bytes(bytes(data))


def test_missing_extras_say_how_to_get_them(monkeypatch: pytest.MonkeyPatch, photo: Pixels) -> None:
    import importlib.util

    real = importlib.util.find_spec
    hidden = ("pillow_heif", "imagecodecs")
    monkeypatch.setattr(importlib.util, "find_spec", lambda name, *a: None if name in hidden else real(name, *a))
    for data in (b"\0\0\0\x18ftypheic\0\0\0\0heicmif1" + bytes(40), b"\xff\x0a" + bytes(40)):
        for trusted in (False, True):
            with pytest.raises(MissingError) as caught:
                from_bytes(data, path="x.heic", trusted=trusted)
            assert "pip install 'jndkit[codecs]'" in str(caught.value)


def test_importing_the_room_is_light() -> None:
    code = (
        "import sys, jndkit.picture;"
        "print(*[m for m in ('PIL','cv2','imagecodecs','pillow_heif','PIL.ImageCms','subprocess') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""


@pytest.mark.shared
def test_kodak_pictures_load_exactly(shared: Path) -> None:
    for path in sorted((shared / "data" / "kodak").glob("*.png"))[:3]:
        picture = load(path)
        assert np.array_equal(picture.rgb, np.asarray(Image.open(path).convert("RGB")))
        assert picture.notes == ()
