"""EXIF orientation: pixels turned once, and nothing left that would turn them again."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import pytest
from PIL import Image

from jndkit.picture import Pixels, from_bytes, png_bytes
from jndkit.picture.metadata import exif as exif_blocks
from jndkit.picture.raster import upright
from tests.picture.catalogue.case import SEEN
from tests.picture.fixture_types import Encode


def _exif(orientation: int) -> Image.Exif:
    exif = Image.Exif()
    exif[0x0112] = orientation
    exif[0x010F] = "Maker"
    return exif


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("shape", [(5, 7), (5, 7, 3)])
@pytest.mark.parametrize("kind", [np.uint8, np.uint16])
def test_upright(orientation: int, shape: tuple[int, ...], kind: type[np.uint8] | type[np.uint16]) -> None:
    stored = np.arange(np.prod(shape)).reshape(shape).astype(kind)
    seen = upright(stored, orientation)
    assert np.array_equal(seen, SEEN[orientation](stored))
    assert seen.flags.c_contiguous


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("format_name", ["PNG", "WEBP", "TIFF", "JPEG"])
def test_all_eight(orientation: int, format_name: str, photo: Pixels, encode: Encode) -> None:
    stored = np.dstack([photo, photo[..., 0]]) if format_name in ("PNG", "WEBP") else photo
    settings: dict[str, dict[str, Any]] = {"WEBP": {"lossless": True, "exact": True}, "JPEG": {"quality": 90}}
    options = settings.get(format_name, {})
    plain = encode(stored, format_name, **options)
    picture = from_bytes(encode(stored, format_name, exif=_exif(orientation), **options))
    assert np.array_equal(picture.rgb, SEEN[orientation](from_bytes(plain).rgb))
    if picture.alpha is not None:
        assert np.array_equal(picture.alpha, SEEN[orientation](photo[..., 0]))
    assert any("upright" in note for note in picture.notes) == (orientation != 1)
    assert picture.exif is not None
    assert exif_blocks.orientation(picture.exif) in {None, 1}
    assert exif_blocks.orientation(exif_blocks.PREFIX + picture.exif) in {None, 1}
    again = Image.open(io.BytesIO(png_bytes(picture)))
    assert again.getexif().get(0x0112, 1) == 1
    assert again.getexif()[0x010F] == "Maker"
    assert (picture.height, picture.width) == picture.rgb.shape[:2]


@pytest.mark.parametrize("orientation", range(1, 9))
def test_avif_is_turned_once(orientation: int, photo: Pixels, encode: Encode) -> None:
    plain = from_bytes(encode(photo, "AVIF", quality=90, subsampling="4:4:4"))
    turned = from_bytes(encode(photo, "AVIF", quality=90, subsampling="4:4:4", exif=_exif(orientation)))
    assert np.array_equal(turned.rgb, SEEN[orientation](plain.rgb))
    assert exif_blocks.orientation(turned.exif or b"") in {None, 1}


@pytest.mark.parametrize("orientation", [1, 3, 6, 8])
def test_heic_is_turned_once(orientation: int, photo: Pixels) -> None:
    pillow_heif = pytest.importorskip("pillow_heif")

    def heic(image: Image.Image) -> bytes:
        out = io.BytesIO()
        pillow_heif.from_pillow(image).save(out, quality=-1, chroma=444)
        return out.getvalue()

    def heic_with_exif() -> bytes:
        out = io.BytesIO()
        # Writes the orientation as a rotation of the container (irot), as phones do.
        pillow_heif.encode(
            "RGB", (64, 48), photo.tobytes(), out, quality=-1, chroma=444, exif=_exif(orientation).tobytes()
        )
        return out.getvalue()

    plain = from_bytes(heic(Image.fromarray(photo)), trusted=True)
    turned = from_bytes(heic_with_exif(), trusted=True)
    assert np.array_equal(turned.rgb, SEEN[orientation](plain.rgb))
    assert exif_blocks.orientation(turned.exif or b"") in {None, 1}


def test_orientation_nine_is_no_orientation(photo: Pixels, encode: Encode) -> None:
    assert np.array_equal(from_bytes(encode(photo, "PNG", exif=_exif(9))).rgb, photo)
