"""Damaged files of every format: one of our errors or a picture, never anything else."""

from __future__ import annotations

import io
import warnings
from collections import Counter

import numpy as np
import pytest
from PIL import Image, ImageCms

from jndkit.errors import DamagedError, InputError
from jndkit.picture import Picture, Pixels, from_bytes
from tests.picture.fixture_types import AddChunk, Encode

IN_PROCESS = (
    "jpeg", "progressive", "cmyk", "png", "palette", "deep png", "webp", "lossless webp", "avif", "tiff", "lzw tiff",
    "deep tiff", "bmp", "ppm", "plain ppm",
)  # fmt: skip


@pytest.fixture(scope="module")
def files(photo: Pixels, encode: Encode) -> dict[str, bytes]:
    import cv2

    exif = Image.Exif()
    exif[0x0112] = 6
    exif[0x010F] = "Maker"
    block = {
        "exif": exif.tobytes(),
        "icc_profile": ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes(),
        "xmp": b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><r:RDF xmlns:r="http://www.w3.org/1999/02/22-rdf-syntax-ns#"/>'
        b"</x:xmpmeta>",
    }
    deep = photo.astype(np.uint16) * 257
    return {
        "jpeg": encode(photo, "JPEG", **block),
        "progressive": encode(photo, "JPEG", progressive=True),
        "cmyk": encode(Image.fromarray(photo).convert("CMYK"), "JPEG"),
        "png": encode(np.dstack([photo, photo[..., 0]]), "PNG", exif=block["exif"], icc_profile=block["icc_profile"]),
        "palette": encode(Image.fromarray(photo).quantize(40), "PNG", transparency=bytes(range(40))),
        "deep png": cv2.imencode(".png", deep)[1].tobytes(),
        "webp": encode(photo, "WEBP", **block),
        "lossless webp": encode(photo, "WEBP", lossless=True),
        "avif": encode(photo, "AVIF", **block),
        "tiff": encode(photo, "TIFF", exif=exif, icc_profile=block["icc_profile"]),
        "lzw tiff": encode(np.dstack([photo, photo[..., 0]]), "TIFF", compression="tiff_lzw"),
        "deep tiff": cv2.imencode(".tiff", deep)[1].tobytes(),
        "bmp": encode(photo, "BMP"),
        "ppm": encode(photo, "PPM"),
        "plain ppm": b"P3\n8 8 255\n" + b" ".join(b"%d" % v for v in photo[:8, :8].ravel()),
    }


def _outcome(data: bytes) -> str:
    """The error's name or "Picture"; everything else passes through and fails the test."""
    try:
        picture = from_bytes(data, path="a.bin")
    except InputError as error:
        message, outcome = str(error), type(error).__name__
    else:
        assert isinstance(picture, Picture)
        assert picture.rgb.shape == (picture.height, picture.width, 3)
        assert picture.rgb.dtype == np.uint8
        return "Picture"
    assert message.startswith("a.bin: ")
    assert "\n" not in message
    return outcome


def _mutated(data: bytes, rng: np.random.Generator) -> bytes:
    """Bits flipped, bytes set, a piece cut out, doubled or zeroed; more often near the front, where headers are."""
    broken = bytearray(data)
    for _ in range(int(rng.integers(1, 5))):
        reach = len(broken) if rng.random() < 0.5 else min(len(broken), 700)
        at, length = int(rng.integers(0, reach)), int(rng.integers(1, 40))
        kind = rng.integers(0, 5)
        if kind == 0:
            broken[at] ^= 1 << int(rng.integers(0, 8))
        elif kind == 1:
            broken[at] = int(rng.choice([0, 1, 127, 128, 255]))
        elif kind == 2 and len(broken) > 100:
            del broken[at : at + length]
        elif kind == 3:
            broken[at:at] = broken[at : at + length]
        else:
            broken[at : at + length] = bytes(len(broken[at : at + length]))
    return bytes(broken)


@pytest.mark.parametrize("name", IN_PROCESS)
def test_mutations(name: str, files: dict[str, bytes], capfd: pytest.CaptureFixture[str]) -> None:
    rng = np.random.default_rng(IN_PROCESS.index(name))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        counts = Counter(_outcome(_mutated(files[name], rng)) for _ in range(60))
    written = capfd.readouterr()
    assert written.err == ""
    assert sum(counts.values()) == 60
    print(f"{name}: {dict(sorted(counts.items()))}")


@pytest.mark.parametrize("name", ["heic", "jxl"])
def test_mutations_of_extra_formats(name: str, photo: Pixels, capfd: pytest.CaptureFixture[str]) -> None:
    """A few in the child; in process they are trusted and may not be damaged at all."""
    if name == "heic":
        out = io.BytesIO()
        pytest.importorskip("pillow_heif").from_pillow(Image.fromarray(photo)).save(out, quality=90)
        data = out.getvalue()
    else:
        data = pytest.importorskip("imagecodecs").jpegxl_encode(photo, lossless=False, distance=1.0)
    rng = np.random.default_rng(11)
    counts = Counter(_outcome(_mutated(data, rng)) for _ in range(4))
    assert capfd.readouterr().err == ""
    print(f"{name}: {dict(sorted(counts.items()))}")


@pytest.mark.parametrize("name", IN_PROCESS)
def test_truncated_anywhere_is_damaged(name: str, files: dict[str, bytes]) -> None:
    data = files[name]
    ends = sorted({*range(1, 40, 3), *np.linspace(40, len(data) - 1, 25).astype(int).tolist(), len(data) - 2})
    for end in ends:
        if "tiff" in name or name == "plain ppm" or name == "bmp":
            # What lies at the end of these may be metadata, padding, or a digit of the last number.
            if _outcome(data[:end]) == "Picture":
                assert np.array_equal(from_bytes(data[:end]).rgb[:-1], from_bytes(data).rgb[:-1])
            continue
        with pytest.raises(InputError) as caught:
            from_bytes(data[:end])
        if end >= 40:
            assert isinstance(caught.value, DamagedError)


def test_jpeg_of_which_the_end_is_zeros(photo: Pixels, encode: Encode) -> None:
    """What a broken download leaves; zeros decode without complaint, to grey."""
    data = encode(np.tile(photo, (4, 4, 1)), "JPEG")
    with pytest.raises(DamagedError, match="truncated"):
        from_bytes(data[: len(data) * 3 // 4] + bytes(len(data) // 4))


@pytest.mark.parametrize("options", [{}, {"progressive": True}, {"subsampling": 0}, {"restart_marker_blocks": 1}])
def test_jpeg_with_more_pixels_than_bits(options: dict[str, bool] | dict[str, int], encode: Encode) -> None:
    """A header that lies makes decoders paint grey by the megapixel; the flattest picture has a bit a block."""
    data = encode(np.full((801, 1203, 3), 90, np.uint8), "JPEG", optimize=True, quality=1, **options)
    assert from_bytes(data).width == 1203
    at = data.index(b"\xff\xc2" if "progressive" in options else b"\xff\xc0") + 5
    with pytest.raises(DamagedError, match="9000 x 9000"):
        from_bytes(data[:at] + (9000).to_bytes(2) * 2 + data[at + 4 :])


@pytest.mark.parametrize("junk", [b"\xff\xd8", b"\xff\xd9", b"ab\xff\xd8\xff", b"\xff\xe5\0\0", b"\xff\xe5\0\1"])
def test_jpeg_headers_that_are_no_headers(junk: bytes, photo: Pixels, encode: Encode) -> None:
    data = encode(photo, "JPEG")
    at = data.index(b"\xff\xdb")
    with pytest.raises(DamagedError, match="corrupt"):
        from_bytes(data[:at] + junk + data[at:])


def test_png_profiles_are_not_unpacked_without_end(photo: Pixels, encode: Encode, png_chunk: AddChunk) -> None:
    import time
    import zlib

    data = encode(photo, "PNG")
    bomb = b"name\0\0" + zlib.compress(bytes(4_000_000), 9)
    chunk = png_chunk(data, b"iCCP", bomb)[33 : 33 + 12 + len(bomb)]
    started = time.perf_counter()
    picture = from_bytes(data[:33] + chunk * 1000 + data[33:])
    assert time.perf_counter() - started < 3
    assert picture.notes == ("the colour profile is damaged or too large and is ignored",)


def test_png_with_a_flipped_bit_in_its_pixels(photo: Pixels, encode: Encode) -> None:
    data = bytearray(encode(photo, "PNG"))
    data[data.index(b"IDAT") + 300] ^= 4
    with pytest.raises(DamagedError, match="checksum"):
        from_bytes(bytes(data))


def test_png_whose_pixels_end_early_though_every_checksum_holds(photo: Pixels) -> None:
    import struct
    import zlib

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    def file(height: int, depth: int, interlaced: int) -> bytes:
        header = struct.pack(">IIBBBBB", 64, height, depth, 2, 0, 0, interlaced)
        start = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header)
        packed = zlib.compress(b"".join(b"\0" + row.tobytes() for row in photo[:24]))
        return start + chunk(b"IDAT", packed[:900]) + chunk(b"IDAT", packed[900:]) + chunk(b"IEND", b"")

    assert np.array_equal(from_bytes(file(24, 8, 0)).rgb, photo[:24])
    for height, depth, interlaced in ((48, 8, 0), (25, 8, 0), (48, 8, 1), (24, 16, 0), (48, 16, 1)):
        with pytest.raises(DamagedError):
            from_bytes(file(height, depth, interlaced))


def test_black_pictures_are_whole(encode: Encode) -> None:
    """Their last rows look like missing ones."""
    for array in (np.zeros((9, 13, 3), np.uint8), np.zeros((9, 13), np.uint8), np.zeros((1, 1), np.uint8)):
        assert not from_bytes(encode(array, "PNG")).rgb.any()


@pytest.mark.parametrize("size", [1, 2, 3, 8, 16, 33, 64])
def test_short_and_empty_files(size: int) -> None:
    for start in (
        b"\xff\xd8\xff",
        b"\x89PNG\r\n\x1a\n",
        b"RIFF\0\0\0\0WEBP",
        b"II*\0",
        b"BM",
        b"P6\n",
        b"\xff\xd8\xff\xd9",
    ):
        with pytest.raises(InputError):
            from_bytes((start + bytes(64))[:size])
    with pytest.raises(DamagedError, match="empty"):
        from_bytes(b"")


def test_pillow_is_left_as_it_was(files: dict[str, bytes]) -> None:
    from PIL import ImageFile

    before = Image.MAX_IMAGE_PIXELS, ImageFile.LOAD_TRUNCATED_IMAGES, list(warnings.filters)
    for data in (files["tiff"], files["png"][:200]):
        _outcome(data)
    assert (Image.MAX_IMAGE_PIXELS, ImageFile.LOAD_TRUNCATED_IMAGES, list(warnings.filters)) == before


def test_stderr_is_given_back(files: dict[str, bytes], capfd: pytest.CaptureFixture[str]) -> None:
    import os

    for name in ("lzw tiff", "deep tiff", "deep png"):
        _outcome(files[name])
        _outcome(files[name][:-40])
    os.write(2, b"still here")
    assert capfd.readouterr().err == "still here"


def test_threads_share_the_silence(files: dict[str, bytes]) -> None:
    from concurrent.futures import ThreadPoolExecutor

    before = list(warnings.filters)
    with ThreadPoolExecutor(4) as pool:
        results = list(pool.map(_outcome, [files["jpeg"], files["png"], files["avif"], files["tiff"]] * 5))
    assert set(results) == {"Picture"}
    assert list(warnings.filters) == before
