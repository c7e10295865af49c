from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from io import BytesIO

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image, ImageFile

from jndkit.codecs import codec, parse, versions
from jndkit.codecs.jpeg import plain, segments, with_segments
from jndkit.codecs.jpeg.codec import ENCODERS, encoder
from jndkit.codecs.jpeg.metadata import JFIF
from jndkit.errors import CodecError, MissingError, UsageError
from jndkit.picture import Picture

Photo = Callable[[int, int], npt.NDArray[np.uint8]]


def opened(data: bytes) -> Image.Image:
    return Image.open(BytesIO(data))


@pytest.mark.parametrize(("chroma", "sampling"), [("420", 2), ("444", 0)])
def test_jpeg_is_progressive_with_the_chroma_asked_for(photo: Photo, chroma: str, sampling: int) -> None:
    from PIL.JpegImagePlugin import get_sampling

    image = opened(codec(f"jpeg:{chroma}").encode(Picture(photo(48, 32)), 80))
    assert image.info["progressive"]
    assert get_sampling(image) == sampling


def test_jpeg_of_noise_at_full_quality() -> None:
    before = ImageFile.MAXBLOCK
    noise = np.random.default_rng(0).integers(0, 2, (300, 400, 3), np.uint8) * 255
    data = codec("jpeg:444").encode(Picture(noise), 100)
    assert len(data) > 2 * 300 * 400
    assert np.abs(codec("jpeg").decode(data).rgb.astype(int) - noise).mean() < 2
    assert before == ImageFile.MAXBLOCK


def test_jpeg_with_much_metadata_on_few_pixels(photo: Photo) -> None:
    icc = bytes(16) + b"RGB " + bytes(200_000)
    picture = Picture(photo(1, 1), icc=icc, exif=b"II*\0\x08\0\0\0" + bytes(60_000), xmp=bytes(60_000))
    data = codec("jpeg").encode(picture, 50)
    assert opened(data).info["icc_profile"] == icc


def test_jpeg_says_what_does_not_fit(photo: Photo) -> None:
    with pytest.raises(CodecError, match="at most 65504 bytes of XMP, and there are 70000"):
        codec("jpeg").encode(Picture(photo(8, 8), xmp=bytes(70_000)), 50)
    with pytest.raises(CodecError, match="bytes of EXIF"):
        codec("jpeg").encode(Picture(photo(8, 8), exif=bytes(70_000)), 50)
    with pytest.raises(CodecError, match="at most 16707345 bytes of colour profile"):
        codec("jpeg").encode(Picture(photo(8, 8), icc=bytes(16_707_346)), 50)


def metadata_of(data: bytes) -> bytes:
    """What stands between the segment of JFIF and the first table."""
    return data[20 : data.index(b"\xff\xdb\0\x43")]


@pytest.mark.parametrize("size", [0, 300, 65519, 65520, 200_000])
def test_our_segments_are_those_that_pillow_writes(photo: Photo, exif: bytes, size: int) -> None:
    icc = bytes(16) + b"RGB " + bytes(size) if size else None
    picture = Picture(photo(8, 8), icc=icc, exif=exif if size else None, xmp=b"<x/>" if size else None)
    data = codec("jpeg").encode(picture, 50)
    assert data[2:20] == JFIF
    assert metadata_of(data) == segments(picture)


def test_a_bare_file_gets_the_segments(photo: Photo, exif: bytes) -> None:
    picture = Picture(photo(8, 8), icc=bytes(16) + b"RGB " + bytes(300), exif=exif, xmp=b"<x/>")
    whole = codec("jpeg").encode(picture, 50)
    bare = whole.replace(segments(picture), b"")
    assert len(bare) < len(whole)
    assert with_segments(bare, picture) == whole
    without_jfif = bare.replace(JFIF, b"")
    assert with_segments(without_jfif, picture) == whole


def test_what_best_may_try_first() -> None:
    assert codec("jpeg").options[0] == "jpeg:444"
    assert codec("jpeg:plain,444").options[0] == "jpeg:420"


def test_an_encoder_is_named_by_its_word(monkeypatch: pytest.MonkeyPatch, photo: Photo) -> None:
    assert parse("jpeg:plain,444,q75")[0].spec == parse("jpeg:444,plain")[0].spec == "jpeg:444"
    assert codec("jpeg:plain").encode(Picture(photo(16, 16)), 75) == codec("jpeg").encode(Picture(photo(16, 16)), 75)
    with pytest.raises(UsageError, match=r"choose encoder plain or \.\.\. or moz"):
        codec("jpeg:best")
    with pytest.raises(UsageError, match="both set the encoder"):
        codec("jpeg:plain,plain")


def test_versions_are_those_of_the_encoder(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "libjpeg-turbo" in versions("jpeg")
    assert versions("jpeg:plain,444,q75") == versions("jpeg") == versions("jpeg:444")
    monkeypatch.setattr(plain, "ENCODER", replace(plain.ENCODER, versions=lambda: {"another": "1"}))
    assert versions("jpeg:plain,444") == {"another": "1"}


def test_an_absent_encoder_names_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plain, "ENCODER", replace(plain.ENCODER, present=lambda: False, install="pip install it"))
    with pytest.raises(MissingError, match=r"the encoder jpeg:plain .*pip install it"):
        codec("jpeg")


@pytest.mark.parametrize("name", ENCODERS)
def test_the_table_agrees_with_the_encoders(name: str) -> None:
    assert encoder(name).name == name
