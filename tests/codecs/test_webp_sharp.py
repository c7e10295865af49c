"""WebP with chroma fitted to its decoders, by the wheels of libvips."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from io import BytesIO

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image

from jndkit.codecs import codec, pillow, versions
from jndkit.codecs.webp_sharp import present, sharp_webp
from jndkit.errors import CodecError, MissingError, UsageError
from jndkit.picture import Picture
from jndkit.picture.difference import psnr
from jndkit.picture.formats.webp import chunks, joined

Photo = Callable[[int, int], npt.NDArray[np.uint8]]

needs_wheel = pytest.mark.skipif(not present(), reason="needs pip install 'jndkit[jpeg]'")


@pytest.fixture
def edges() -> Picture:
    """Red and blue stripes, four and two pixels wide, which 4:2:0 blurs."""
    rgb = np.zeros((64, 64, 3), np.uint8)
    rgb[..., 2] = 200
    rgb[:, np.arange(64) % 6 >= 2] = (230, 20, 10)
    return Picture(rgb)


@needs_wheel
def test_colour_keeps_its_edges(edges: Picture) -> None:
    plain, sharp = codec("webp"), codec("webp:sharp")
    blurred, kept = (asked.decode(asked.encode(edges, 95)).rgb for asked in (plain, sharp))
    assert psnr(edges.rgb, kept) > psnr(edges.rgb, blurred) + 3


@needs_wheel
@pytest.mark.parametrize("size", [(1, 1), (2, 3), (1, 300), (300, 1), (33, 65)])
@pytest.mark.parametrize("transparent", [False, True])
def test_odd_sizes_come_back(photo: Photo, size: tuple[int, int], transparent: bool) -> None:
    rgb = photo(*size)
    alpha = rgb[..., 1] | np.uint8(1) if transparent else None
    asked = codec("webp:sharp")
    for quality in (0, 80, 100):
        back = asked.decode(asked.encode(Picture(rgb, alpha=alpha), quality))
        assert back.rgb.shape == rgb.shape
        if alpha is None:
            assert back.alpha is None
        else:
            assert back.alpha is not None
            assert np.array_equal(back.alpha, alpha)


@needs_wheel
def test_what_describes_the_picture_stands_in_the_file(photo: Photo, exif: bytes, xmp: bytes) -> None:
    icc = bytes(16) + b"RGB " + bytes(501)  # an odd length, which a byte fills up
    rgb = photo(20, 12)
    picture = Picture(rgb, alpha=rgb[..., 0], icc=icc, exif=exif, xmp=xmp, mark="made by a test")
    data = codec("webp:sharp").encode(picture, 90)
    assert [kind for kind, _, _ in chunks(data)] == [b"VP8X", b"ICCP", b"ALPH", b"VP8 ", b"EXIF", b"XMP "]
    image = Image.open(BytesIO(data))
    assert image.size == (20, 12)
    assert image.info["icc_profile"] == icc
    assert image.info["exif"] == exif
    assert b"A headline" in image.info["xmp"]
    assert b"made by a test" in image.info["xmp"]


@needs_wheel
def test_a_bare_picture_is_a_bare_frame(photo: Photo) -> None:
    data = sharp_webp(photo(20, 12), 90, 4, icc=b"", exif=b"", xmp=b"")
    assert [kind for kind, _, _ in chunks(data)] == [b"VP8 "]


@needs_wheel
def test_more_effort_and_lower_quality_take_fewer_bytes(photo: Photo) -> None:
    picture = Picture(photo(256, 160))
    sizes = [len(codec("webp:sharp").encode(picture, quality)) for quality in (30, 60, 80, 95)]
    assert sizes == sorted(set(sizes))
    assert len(codec("webp:m6,sharp").encode(picture, 80)) < len(codec("webp:m0,sharp").encode(picture, 80))


@needs_wheel
def test_sides_the_format_does_not_hold_are_refused() -> None:
    with pytest.raises(CodecError, match="at most 16383"):
        codec("webp:sharp").encode(Picture(np.zeros((1, 16_384, 3), np.uint8)), 50)


@needs_wheel
def test_specs_and_versions() -> None:
    assert codec("webp:sharp").spec == "webp:m4,sharp"
    assert codec("webp").options == ("webp:m6", "webp:m4,sharp", "webp:m6,sharp")
    assert codec("webp:m6").options == ("webp:m6,sharp",)
    assert codec("webp:lossless").options == ()
    assert "pyvips-binary" in versions("webp:sharp")
    assert "libwebp" in versions("webp:m6")
    with pytest.raises(UsageError, match="both set the mode"):
        codec("webp:sharp,lossless")


def test_without_the_wheel_it_is_not_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    find = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "_libvips" else find(name))
    assert codec("webp").options == ("webp:m6",)
    with pytest.raises(MissingError, match=r"webp:sharp.*pip install 'jndkit\[webp\]'"):
        codec("webp:sharp")


def test_chunks_are_walked_and_joined() -> None:
    data = joined((b"VP8 ", b"abc"), (b"EXIF", b"de"))
    assert data == b"RIFF\x1a\0\0\0WEBPVP8 \x03\0\0\0abc\0EXIF\x02\0\0\0de"
    assert [(kind, data[start:end]) for kind, start, end in chunks(data)] == [(b"VP8 ", b"abc"), (b"EXIF", b"de")]
    assert list(chunks(data[:20])) == [(b"VP8 ", 20, 20)]


def test_the_default_converts_as_before(edges: Picture) -> None:
    assert pillow.Webp().mode == ""
    assert codec("webp").chroma == "420"
