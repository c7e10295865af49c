"""JPEG files keep the gain map of their picture, by every encoder, and the map fits the picture as before."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image

from jndkit.codecs import codec
from jndkit.codecs.contract import Codec
from jndkit.codecs.inscription import inscribed
from jndkit.codecs.jpeg.codec import ENCODERS, encoder
from jndkit.errors import CodecError, MissingError
from jndkit.picture import from_bytes, png_bytes
from jndkit.picture.hdr.gain_map import GainMap
from jndkit.picture.metadata import exif as exif_blocks, xmp as xmp_packets
from jndkit.picture.metadata.mark import Outcome, blank_mark
from jndkit.picture.raster import turned_back, upright
from tests.picture.hdr import files

Array = npt.NDArray[Any]


@pytest.fixture(params=sorted(name for name in ENCODERS if not encoder(name).keeps_chroma))
def jpeg(request: pytest.FixtureRequest) -> Codec:
    try:
        return codec(f"jpeg:{request.param},444")
    except MissingError as error:
        pytest.skip(str(error))


@pytest.fixture
def plain() -> Codec:
    return codec("jpeg:plain,444")


@pytest.fixture
def picture(photo: Callable[[int, int], npt.NDArray[np.uint8]]) -> npt.NDArray[np.uint8]:
    return photo(96, 64)


def _quality(made: Codec) -> float:
    return made.knob.grid[-5]


@pytest.mark.parametrize("kinds", [("xmp",), ("iso",), ("apple",), ("xmp", "iso")])
def test_every_kind_comes_back_by_every_encoder(
    jpeg: Codec, picture: npt.NDArray[np.uint8], kinds: tuple[str, ...]
) -> None:
    gain_map = files.gain_map(*kinds)
    said = files.directory(len(gain_map), user=' dc:source="here"') if "xmp" in kinds else None
    original = from_bytes(files.file(files.jpeg(picture, quality=98), (0x20, gain_map), xmp=said, iso="iso" in kinds))
    data = jpeg.encode(original, _quality(jpeg))
    assert data.endswith(gain_map)
    again = from_bytes(data)
    assert again.gain_map == original.gain_map
    assert again.xmp == original.xmp
    assert again.notes == original.notes
    assert np.abs(again.rgb.astype(int) - original.rgb).mean() < 4
    assert jpeg.encode(replace(original, gain_map=None), _quality(jpeg)).count(b"\xff\xd8\xff") == 1


def _stored(data: bytes) -> Array:
    """The pixels as they lie in the file."""
    with Image.open(io.BytesIO(data)) as image:
        return np.asarray(image.convert("RGB"))


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("where", ["exif", "xmp", "both"])
def test_the_picture_is_stored_as_its_gain_map_is(
    plain: Codec, picture: npt.NDArray[np.uint8], orientation: int, where: str
) -> None:
    gain_map = files.gain_map("xmp")
    block = Image.Exif()
    block[0x010F] = "A maker"
    if where != "xmp":
        block[0x0112] = orientation
    user = "" if where == "exif" else f' xmlns:tiff="http://ns.adobe.com/tiff/1.0/" tiff:Orientation="{orientation}"'
    primary = files.jpeg(picture, quality=98, exif=block.tobytes())
    original = from_bytes(files.file(primary, (0, gain_map), xmp=files.directory(len(gain_map), user=user)))
    assert original.gain_map is not None
    assert original.gain_map.orientation == orientation
    assert original.rgb.shape[:2] == ((64, 96) if orientation < 5 else (96, 64))
    data = plain.encode(original, 95)
    assert data.endswith(gain_map)
    assert np.abs(_stored(data).astype(int) - _stored(primary)).mean() < 3
    again = from_bytes(data)
    assert again.gain_map == original.gain_map
    assert np.abs(again.rgb.astype(int) - original.rgb).mean() < 3
    with Image.open(io.BytesIO(data)) as image:
        assert image.getexif()[0x010F] == "A maker"
        assert exif_blocks.orientation(image.info["exif"]) == (None if where == "xmp" else orientation)


@pytest.mark.parametrize("blocks", [(None, None), (b"damaged", None), (None, b"damaged")])
def test_an_orientation_without_a_place_gets_one(
    plain: Codec, picture: npt.NDArray[np.uint8], blocks: tuple[bytes | None, bytes | None]
) -> None:
    """Blocks that are too large for a segment are left out, and with them went what they said."""
    original = from_bytes(files.jpeg(picture))
    gain_map = GainMap(files.gain_map("apple"), ("Apple",), orientation=6)
    exif, xmp = blocks
    data = plain.encode(replace(original, gain_map=gain_map, exif=exif, xmp=xmp), 95)
    assert np.abs(from_bytes(data).rgb.astype(int) - original.rgb).mean() < 3
    assert from_bytes(data).gain_map == gain_map


def test_turned_back_undoes_upright() -> None:
    stored = np.arange(24).reshape(4, 6)
    for orientation in range(1, 9):
        assert np.array_equal(turned_back(upright(stored, orientation), orientation), stored)


def test_the_mark_is_filled_in(jpeg: Codec, picture: npt.NDArray[np.uint8]) -> None:
    gain_map = files.gain_map("iso")
    original = from_bytes(files.file(files.jpeg(picture), (0, gain_map), iso=True))
    assert original.source is not None
    blank = blank_mark(original.source.sha256, "")
    data = jpeg.encode(replace(original, mark=blank), _quality(jpeg))
    outcome = Outcome(jpeg.spec, 90, 96, 64, 0.4, 0.4, 76.0, (55.0, 98.0))
    done = inscribed(data, blank, outcome)
    assert len(done) == len(data)
    assert str(outcome).encode() in done
    assert from_bytes(done).marked
    assert from_bytes(done).gain_map == original.gain_map


def test_metadata_that_no_segment_holds(plain: Codec, picture: npt.NDArray[np.uint8]) -> None:
    gain_map = files.gain_map("xmp")
    original = from_bytes(files.file(files.jpeg(picture), (0, gain_map), xmp=files.directory(len(gain_map))))
    packet = xmp_packets.with_description(None, lambda rdf: f'<{rdf}:Description {rdf}:about="{"long" * 16250}"/>')
    assert from_bytes(plain.encode(replace(original, gain_map=None, xmp=packet), 90)).xmp is None  # it says nothing
    with pytest.raises(CodecError, match="jpeg holds at most 65504 bytes of XMP"):
        plain.encode(replace(original, xmp=packet), 90)


# What libultrahdr makes of the files: a decoder that shares nothing with this package.


def _hdr(shape: tuple[int, int]) -> Array:
    """float16 (H, W, 4) in linear light: a smooth picture with a lamp in it, three stops above white."""
    height, width = shape
    y, x = np.mgrid[0:height, 0:width] / np.array([[[height]], [[width]]])
    light = np.stack([0.1 + 0.7 * x, 0.15 + 0.5 * y, 0.6 - 0.4 * x * y], axis=-1)
    light *= 1 + 7 * np.exp(-((x - 0.6) ** 2 + (y - 0.4) ** 2) / 0.02)[..., None]
    return np.dstack([light, np.ones(shape)]).astype(np.float16)


def _decoded(data: bytes) -> tuple[Array, Array]:
    """The HDR rendition and log2 of its gain over the SDR rendition, float64 (H, W, 3)."""
    import imagecodecs

    hdr, sdr = (
        np.asarray(imagecodecs.ultrahdr_decode(data, boost=boost), np.float64)[..., :3] for boost in (None, 1.0)
    )
    # Where SDR is nearly black, float16 has too few digits for a quotient.
    seen = sdr.min(axis=2) > 0.05
    return hdr, np.where(seen[..., None], np.log2(np.maximum(hdr, 1e-6) / np.maximum(sdr, 1e-6)), np.nan)


def _judged(before: bytes, after: bytes) -> None:
    hdr, gain = _decoded(before)
    hdr_after, gain_after = _decoded(after)
    assert np.nanmax(gain) > 1.5
    both = np.isfinite(gain) & np.isfinite(gain_after)
    assert both.mean() > 0.5
    assert np.abs(gain - gain_after)[both].max() < 0.01  # stops
    assert np.abs(np.log2((hdr_after + 0.05) / (hdr + 0.05))).mean() < 0.03


def test_libultrahdr_sees_the_same_gain(jpeg: Codec) -> None:
    imagecodecs = pytest.importorskip("imagecodecs")
    before = bytes(imagecodecs.ultrahdr_encode(_hdr((96, 128))))
    original = from_bytes(before)
    assert original.gain_map is not None
    assert original.gain_map.kinds == ("ISO 21496-1",)
    assert original.native is not None  # it is coded in Display P3
    _judged(before, jpeg.encode(original, _quality(jpeg)))


@pytest.mark.parametrize("orientation", [1, 3, 6])
def test_libultrahdr_sees_the_same_gain_by_xmp(plain: Codec, orientation: int) -> None:
    pytest.importorskip("imagecodecs")
    block = Image.Exif()
    block[0x0112] = orientation
    y, x = np.mgrid[0:64, 0:96]
    primary = np.stack([60 + x, 80 + y, 160 - x], axis=-1).astype(np.uint8)
    gain_map = files.gain_map("xmp", pixels=files.gain_pixels(64, 96))
    data = files.file(
        files.jpeg(primary, quality=98, exif=block.tobytes()), (0, gain_map), xmp=files.directory(len(gain_map))
    )
    _judged(data, plain.encode(from_bytes(data), 98))


def test_a_png_of_the_picture_is_plain(picture: npt.NDArray[np.uint8]) -> None:
    gain_map = files.gain_map("xmp")
    original = from_bytes(files.file(files.jpeg(picture), (0, gain_map), xmp=files.directory(len(gain_map))))
    again = from_bytes(png_bytes(original))
    assert not again.hdr
    assert again.xmp is None
    assert exif_blocks.orientation(again.exif or b"") in (None, 1)
