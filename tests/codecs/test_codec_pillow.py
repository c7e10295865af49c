from __future__ import annotations

from collections.abc import Callable
from io import BytesIO

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image, ImageFile

from jndkit.codecs import codec
from jndkit.errors import CodecError
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


def test_one_channel_in_the_file(photo: Photo) -> None:
    grey = Picture(np.repeat(photo(32, 24)[..., :1], 3, axis=2), grey=True)
    for spec in ("jpeg", "avif", "png"):
        built = codec(spec)
        assert opened(built.encode(grey, built.knob.grid[-1])).mode == "L"


def test_webp_method_and_alpha(photo: Photo) -> None:
    picture = Picture(photo(160, 120), alpha=photo(160, 120)[..., 1])
    files = {spec: codec(spec).encode(picture, 60) for spec in ("webp:m0", "webp:m4", "webp:m6")}
    assert len(set(files.values())) == 3
    back = codec("webp").decode(files["webp:m4"])
    assert back.alpha is not None
    assert picture.alpha is not None
    assert np.array_equal(back.alpha, picture.alpha)


def test_avif_chroma_and_speed(photo: Photo) -> None:
    picture = Picture(photo(96, 64))
    files = {spec: codec(spec).encode(picture, 60) for spec in ("avif:s8,420", "avif:s8,444", "avif:s6,420")}
    assert len(set(files.values())) == 3
    # av1C: bits 2 and 3 of the third byte say that chroma is halved across and down.
    halved = {spec: data[data.find(b"av1C") + 6] >> 2 & 3 for spec, data in files.items()}
    assert halved == {"avif:s8,420": 3, "avif:s8,444": 0, "avif:s6,420": 3}


def test_avif_qualities_are_the_quantisers(photo: Photo) -> None:
    built = codec("avif:s10")
    picture = Picture(photo(64, 64))
    grid = built.knob.grid
    assert len(grid) == 64
    files = [built.encode(picture, value) for value in range(101)]
    starts = [float(value) for value in range(101) if value == 0 or files[value] != files[value - 1]]
    assert starts == list(grid)


def test_what_best_may_try() -> None:
    assert codec("jpeg").options == ("jpeg:444",)
    assert codec("avif").options == ("avif:s4,420", "avif:s4,444", "avif:s6,444")
    assert codec("avif:s4").options == ("avif:s4,444",)
    assert codec("webp:lossless").options == ()
