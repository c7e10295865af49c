"""More than 8 bits per channel: rounded to nearest, with a note."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image

from jndkit.errors import DamagedError
from jndkit.picture import Pixels, from_bytes
from jndkit.picture.raster import divided, to_8_bits
from tests.picture.fixture_types import AddChunk, Encode

cv2 = pytest.importorskip("cv2")


@pytest.fixture(scope="module")
def deep() -> npt.NDArray[np.uint16]:
    """uint16 (31, 43, 3): values all over the range."""
    return np.random.default_rng(3).integers(0, 65536, (31, 43, 3), dtype=np.uint16)


def rounded(samples: npt.NDArray[np.uint16]) -> Pixels:
    return np.floor(samples / 65535 * 255 + 0.5).astype(np.uint8)


def _file(ending: str, samples: npt.NDArray[Any]) -> bytes:
    order = samples if samples.ndim == 2 else samples[..., [2, 1, 0, *range(3, samples.shape[2])]]
    return bytes(cv2.imencode(ending, order)[1])


@pytest.mark.parametrize("ending", [".png", ".tiff"])
def test_rgb_of_16_bits(ending: str, deep: npt.NDArray[np.uint16]) -> None:
    picture = from_bytes(_file(ending, deep))
    assert np.array_equal(picture.rgb, rounded(deep))
    assert picture.bits == 16
    assert any("16 bits" in note for note in picture.notes)


@pytest.mark.parametrize("ending", [".png", ".tiff"])
def test_rgba_of_16_bits(ending: str, deep: npt.NDArray[np.uint16]) -> None:
    picture = from_bytes(_file(ending, np.dstack([deep, deep[..., 0]])))
    assert np.array_equal(picture.rgb, rounded(deep))
    assert picture.alpha is not None
    assert np.array_equal(picture.alpha, rounded(deep[..., 0]))


def test_grey_of_16_bits(deep: npt.NDArray[np.uint16], encode: Encode) -> None:
    grey = np.ascontiguousarray(deep[..., 0])
    for data in (_file(".png", grey), _file(".tiff", grey), encode(Image.fromarray(grey), "PNG")):
        picture = from_bytes(data)
        assert np.array_equal(picture.rgb[..., 0], rounded(grey))
        assert picture.grey
        assert picture.bits == 16


def test_turned_tiff_of_16_bits(deep: npt.NDArray[np.uint16]) -> None:
    data = bytearray(_file(".tiff", deep))
    import struct

    at = struct.unpack_from("<I", data, 4)[0]
    count = struct.unpack_from("<H", data, at)[0]
    entries = [bytes(data[at + 2 + 12 * i : at + 14 + 12 * i]) for i in range(count)]
    entries = sorted(
        [e for e in entries if e[:2] != b"\x12\x01"] + [struct.pack("<HHIHH", 0x0112, 3, 1, 6, 0)],
        key=lambda e: struct.unpack_from("<H", e)[0],
    )
    data[4:8] = struct.pack("<I", len(data) + len(data) % 2)
    data += bytes(len(data) % 2) + struct.pack("<H", len(entries)) + b"".join(entries) + bytes(4)
    picture = from_bytes(bytes(data))
    assert np.array_equal(picture.rgb, np.rot90(rounded(deep), -1))


def test_key_colour_of_16_bits_is_compared_before_rounding(deep: npt.NDArray[np.uint16], png_chunk: AddChunk) -> None:
    import struct

    deep = deep.copy()
    deep[0, 0] = (0x1234, 0x5678, 0x9ABC)
    deep[0, 1] = (0x1234, 0x5678, 0x9ABD)
    picture = from_bytes(png_chunk(_file(".png", deep), b"tRNS", struct.pack(">3H", 0x1234, 0x5678, 0x9ABC)))
    assert picture.alpha is not None
    assert picture.alpha[0, 0] == 0
    assert picture.alpha[0, 1] == 255


def test_integers_and_floats(deep: npt.NDArray[np.uint16], encode: Encode) -> None:
    grey = deep[..., 0]
    for samples in (grey.astype(np.int32), (grey / 65535).astype(np.float32)):
        picture = from_bytes(encode(Image.fromarray(samples), "TIFF"))
        assert np.abs(picture.rgb[..., 0].astype(int) - rounded(grey)).max() <= 1
        assert picture.notes
    odd = np.full((8, 8), np.nan, np.float32)
    odd[0] = (-1, 0, 0.5, 1, np.inf, -np.inf, 0.25, 0.75)
    assert from_bytes(encode(Image.fromarray(odd), "TIFF")).rgb[0, :4, 0].tolist() == [0, 0, 128, 255]


@pytest.mark.parametrize("top", [1, 2, 7, 100, 254, 255, 256, 1023, 65535])
def test_every_largest_value_of_pnm(top: int) -> None:
    values = np.linspace(0, top, 60).round().astype(np.uint32).reshape(4, 15)
    expected = np.floor(values / top * 255 + 0.5).astype(np.uint8)
    stored = values.astype(np.uint8 if top < 256 else ">u2").tobytes()
    raw = from_bytes(b"P5 # a comment\n15 4\n%d\n" % top + stored)
    plain = from_bytes(b"P2\n15 4 %d\n" % top + b" ".join(b"%d" % v for v in values.ravel()))
    assert np.abs(raw.rgb[..., 0].astype(int) - expected).max() == 0
    assert np.array_equal(raw.rgb, plain.rgb)
    assert raw.grey


def test_pnm_of_colour_and_bits() -> None:
    colours = from_bytes(b"P3\n2 1 255\n1 2 3 # four\n 4 5 6\n")
    assert colours.rgb.tolist() == [[[1, 2, 3], [4, 5, 6]]]
    assert from_bytes(b"P6\n2 1 255\n\1\2\3\4\5\6").rgb.tolist() == [[[1, 2, 3], [4, 5, 6]]]
    assert from_bytes(b"P1\n3 2\n101\n0 1 0").rgb[..., 0].tolist() == [[0, 255, 0], [255, 0, 255]]
    assert from_bytes(b"P4\n3 2\n\xa0\x40").rgb[..., 0].tolist() == [[0, 255, 0], [255, 0, 255]]


@pytest.mark.parametrize(
    "data",
    [
        b"P5\n4 4 255\n" + bytes(15),
        b"P2\n2 2 255\n1 2 3",
        b"P2\n2 2 255\n1 2 3 x",
        b"P2\n2 2 255\n1 2 3 -4",
        b"P2\n2 2 255\n1 2 3 99999999999999999999999",
        b"P2\n2 2 255\n",
        b"P1\n2 2\n0 1 2 0",
        b"P5\n4 4 70000\n" + bytes(64),
        b"P5\n4 4 0\n" + bytes(64),
        b"P5\n0 4 255\n" + bytes(64),
        b"P5\n2 2 100\n\1\2\3\xff",
        b"P5 4",
        b"P4\n9 9\n\0",
        b"P5\n99999999999 1 255\n" + bytes(9),
    ],
)
def test_damaged_pnm(data: bytes) -> None:
    with pytest.raises(DamagedError):
        from_bytes(data)


def test_rounding_of_every_depth() -> None:
    for bits in (9, 10, 12, 16):
        values = np.arange(1 << bits, dtype=np.uint16)
        assert np.array_equal(
            to_8_bits(values, bits), np.floor(values / ((1 << bits) - 1) * 255 + 0.5).astype(np.uint8)
        )


@pytest.mark.parametrize("bits", [10, 12])
def test_deep_avif_is_noted(bits: int, photo: Pixels) -> None:
    imagecodecs = pytest.importorskip("imagecodecs")
    deep = photo.astype(np.uint16) << (bits - 8)
    picture = from_bytes(imagecodecs.avif_encode(deep, level=98, bitspersample=bits, pixelformat="444"))
    assert picture.bits == bits
    assert any(f"{bits} bits" in note for note in picture.notes)
    assert np.abs(picture.rgb.astype(int) - photo).mean() < 3


@pytest.mark.parametrize(("kind", "top"), [(np.uint8, 255), (np.uint16, 1023), (np.uint16, 65535), (np.float32, 1)])
@pytest.mark.parametrize("planes", [(), (3,)])
def test_premultiplied_colours_are_divided(
    kind: type[np.uint8] | type[np.uint16] | type[np.float32], top: int, planes: tuple[int, ...]
) -> None:
    rng = np.random.default_rng(0)
    alpha = (rng.random((40, 50)) * top).astype(kind)
    alpha[0, :3] = (0, top, top / 2)
    colours = (rng.random((40, 50, *planes)) * top).astype(kind)
    cover = alpha.reshape(40, 50, *[1] * len(planes)).astype(float)
    expected = np.clip(top * colours.astype(float) / np.where(cover > 0, cover, np.inf), 0, top)
    got = divided(colours, alpha, top)
    assert got.dtype == kind
    assert got.shape == colours.shape
    if kind == np.float32:
        clipped = np.minimum(got, top)
        assert np.abs(clipped - expected).max() < 1e-5
    else:
        assert np.abs(got - expected).max() <= 0.5 + 1e-2
    assert np.array_equal(got[alpha == top], colours[alpha == top])
    assert not got[alpha == 0].any()
