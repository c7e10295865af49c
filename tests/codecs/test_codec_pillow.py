from __future__ import annotations

from collections.abc import Callable
from io import BytesIO

import numpy as np
import numpy.typing as npt
from PIL import Image

from jndkit.codecs import codec
from jndkit.picture import Picture

Photo = Callable[[int, int], npt.NDArray[np.uint8]]


def opened(data: bytes) -> Image.Image:
    return Image.open(BytesIO(data))


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
    assert codec("avif").options == ("avif:s4,420", "avif:s4,444", "avif:s6,444")
    assert codec("avif:s4").options == ("avif:s4,444",)
    assert codec("webp:lossless").options == ()
