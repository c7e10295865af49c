from __future__ import annotations

from collections.abc import Callable
from io import BytesIO

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image
from PIL.JpegImagePlugin import get_sampling

from jndkit.codecs import codec, preferred
from jndkit.codecs.jpeg import read, segments
from jndkit.codecs.jpeg.codec import Jpeg
from jndkit.codecs.jpeg.entropy import ideal_bits
from jndkit.codecs.jpeg.spectra import UNIT, spectra
from jndkit.codecs.jpeg.tables import GROUPS, expected_ratio, scale, tables
from jndkit.errors import CodecError, UsageError
from jndkit.picture import Picture

Photo = Callable[[int, int], npt.NDArray[np.uint8]]


@pytest.mark.parametrize(("chroma", "sampling"), [("420", 2), ("444", 0)])
def test_any_decoder_reads_what_is_written(photo: Photo, chroma: str, sampling: int) -> None:
    picture = Picture(photo(96, 72))
    data = codec(f"jpeg:tuned,{chroma}").encode(picture, 95)
    image = Image.open(BytesIO(data))
    assert (image.size, get_sampling(image)) == ((96, 72), sampling)
    away = np.abs(np.asarray(image.convert("RGB")).astype(int) - picture.rgb)
    plain = codec(f"jpeg:plain,{chroma}")
    assert away.mean() < np.abs(plain.decode(plain.encode(picture, 85)).rgb.astype(int) - picture.rgb).mean()


@pytest.mark.parametrize("chroma", ["420", "444"])
@pytest.mark.parametrize(("width", "height"), [(1, 1), (2, 1), (7, 9), (8, 8), (17, 16), (33, 15), (1, 100), (300, 2)])
def test_pictures_of_any_size_come_back(photo: Photo, width: int, height: int, chroma: str) -> None:
    picture, coder = Picture(photo(width, height)), codec(f"jpeg:tuned,{chroma}")
    back = coder.decode(coder.encode(picture, 100)).rgb
    assert back.shape == picture.rgb.shape
    if chroma == "444":
        assert np.abs(back.astype(int) - picture.rgb).max() <= 4


@pytest.mark.parametrize("quality", [1, 50, 100])
def test_noise_at_every_quality_stays_within_the_format(quality: int) -> None:
    noise = np.random.default_rng(0).integers(0, 2, (72, 88, 3), np.uint8) * 255
    coder = codec("jpeg:tuned,444")
    assert coder.decode(coder.encode(Picture(noise), quality)).rgb.shape == noise.shape


def test_a_grey_picture_has_one_component(photo: Photo) -> None:
    grey = np.repeat(photo(40, 24)[..., :1], 3, axis=2)
    data = codec("jpeg:tuned").encode(Picture(grey, grey=True), 90)
    assert Image.open(BytesIO(data)).mode == "L"
    assert len(read(data).components) == 1


def test_metadata_and_the_samples_of_the_pictures_own_space_are_written(photo: Photo, exif: bytes) -> None:
    own = photo(32, 24)
    picture = Picture(255 - own, native=own, icc=bytes(16) + b"RGB " + bytes(300), exif=exif, xmp=b"<x/>")
    data = codec("jpeg:tuned,444").encode(picture, 100)
    assert data[20 : 20 + len(segments(picture))] == segments(picture)
    image = Image.open(BytesIO(data))
    assert np.abs(np.asarray(image.convert("RGB")).astype(int) - own).max() <= 4


def test_what_does_not_fit_is_refused(photo: Photo) -> None:
    with pytest.raises(CodecError, match="of XMP"):
        codec("jpeg:tuned").encode(Picture(photo(8, 8), xmp=bytes(70_000)), 50)
    with pytest.raises(UsageError, match="lies outside 1 to 100"):
        codec("jpeg:tuned").encode(Picture(photo(8, 8)), 101)


def test_the_tables_of_the_file_are_those_of_the_quality(photo: Photo) -> None:
    components = read(codec("jpeg:tuned,444").encode(Picture(photo(64, 48)), 80)).components
    for component, table in zip(components, tables(80, "444"), strict=True):
        assert np.array_equal(component.table, table)


def test_tables_are_scaled_as_those_of_annex_k() -> None:
    assert (scale(50), scale(100), scale(25)) == (1.0, 0.0, 2.0)
    for chroma in ("420", "444"):
        assert all((table == 1).all() for table in tables(100, chroma))
        assert all((table >= 1).all() and (table <= 255).all() for table in tables(1, chroma))
        for coarse, fine in zip(tables(40, chroma), tables(60, chroma), strict=True):
            assert (coarse >= fine).all()
            assert (coarse > fine).any()


@pytest.mark.parametrize("chroma", ["420", "444"])
@pytest.mark.parametrize("quality", [60, 85, 95])
def test_the_expected_size_is_near(photo: Photo, chroma: str, quality: int) -> None:
    coder, picture = codec(f"jpeg:tuned,{chroma}"), Picture(photo(512, 384))
    assert isinstance(coder, Jpeg)
    expected = coder.expected_size(picture, quality)
    assert expected == pytest.approx(len(coder.encode(picture, quality)), rel=0.15)


def test_other_encoders_tell_no_size(photo: Photo) -> None:
    plain = codec("jpeg:plain")
    assert isinstance(plain, Jpeg)
    assert plain.expected_size(Picture(photo(8, 8)), 80) is None


def test_a_second_picture_is_not_taken_for_the_first(photo: Photo) -> None:
    coder = codec("jpeg:tuned")
    first, second = Picture(photo(40, 40)), Picture(255 - photo(40, 40))
    both = coder.encode(first, 80), coder.encode(second, 80)
    assert both == (codec("jpeg:tuned").encode(first, 80), codec("jpeg:tuned").encode(second, 80))
    assert both[0] != both[1]


@pytest.mark.parametrize(
    ("spec", "meant"),
    [
        ("jpeg", "jpeg:tuned"),
        ("jpeg:444", "jpeg:tuned,444"),
        ("jpeg:plain", "jpeg:plain"),
        ("jpeg:444,plain", "jpeg:444,plain"),
        ("jpeg:tuned,420", "jpeg:tuned,420"),
        ("webp", "webp"),
        ("avif:444", "avif:444"),
    ],
)
def test_the_encoder_is_ours_where_none_is_named(spec: str, meant: str) -> None:
    assert preferred(spec) == meant


def test_spectra_are_those_of_the_samples() -> None:
    flat = spectra(np.full((16, 24, 3), (255, 0, 0), np.uint8), halved=True)
    assert [plane.shape for plane in flat.planes] == [(2, 8, 3, 8), (1, 8, 2, 8), (1, 8, 2, 8)]
    luma = 0.299 * 255 - 128
    assert np.allclose(flat.planes[0][:, 0, :, 0] / UNIT, 8 * luma, atol=0.1)
    assert not flat.planes[0][:, 1:].any()
    assert np.allclose(flat.planes[2][:, 0, :, 0] / UNIT, 8 * 0.5 * 255, atol=0.1)


def test_bits_of_an_ideal_code() -> None:
    levels = np.zeros((4, 64), np.int16)
    # DC never changes and every block ends at once: a code of one word takes nothing.
    assert ideal_bits(levels) == 0.0
    levels[:2, 1] = 1  # half of the words of AC are then ends of blocks, four, and half ones with a bit: two
    assert ideal_bits(levels) == pytest.approx(4 * np.log2(6 / 4) + 2 * np.log2(6 / 2) + 2)


@pytest.mark.parametrize("chroma", ["420", "444"])
def test_readings_of_whole_components_are_believed_in_part(chroma: str) -> None:
    none, more = (expected_ratio(np.full(len(GROUPS), told), chroma) for told in (0.0, 1.0))
    assert ((more >= none) & (more - none <= 1.0)).all()
    assert 0.3 < (more - none).mean() < 0.9
