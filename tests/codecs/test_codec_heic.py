from __future__ import annotations

from collections.abc import Callable
from io import BytesIO

import numpy as np
import numpy.typing as npt
import pytest

from jndkit.codecs import codec
from jndkit.picture import Picture

pillow_heif = pytest.importorskip("pillow_heif")
Photo = Callable[[int, int], npt.NDArray[np.uint8]]


@pytest.mark.parametrize("chroma", [420, 444])
def test_chroma_in_the_file(photo: Photo, chroma: int) -> None:
    data = codec(f"heic:{chroma}").encode(Picture(photo(64, 48)), 61)
    assert pillow_heif.open_heif(BytesIO(data)).info["chroma"] == chroma


def test_one_channel_in_the_file(photo: Photo) -> None:
    grey = Picture(np.repeat(photo(64, 48)[..., :1], 3, axis=2), grey=True)
    assert pillow_heif.open_heif(BytesIO(codec("heic").encode(grey, 61))).mode == "L"


def test_bytes_do_not_depend_on_the_processors(photo: Photo) -> None:
    rgb = photo(320, 200)
    files = set()
    for threads in ("1", "2", "4"):
        file = BytesIO()
        image = pillow_heif.from_bytes("RGB", (320, 200), rgb.tobytes())
        image.save(file, quality=51, enc_params={"x265:pools": threads})
        files.add(file.getvalue())
    assert len(files) == 1
