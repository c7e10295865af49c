from __future__ import annotations

from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, strategies as st
from PIL import Image

from jndkit.codecs import chroma
from jndkit.codecs.chroma import double, halve, reduce_chroma
from jndkit.picture.difference import psnr

Photo = Callable[[int, int], npt.NDArray[np.uint8]]


def jpeg(rgb: npt.NDArray[np.uint8], subsampling: str) -> npt.NDArray[np.uint8]:
    file = BytesIO()
    Image.fromarray(rgb).save(file, "JPEG", quality=100, subsampling=subsampling)
    return np.asarray(Image.open(file))


@given(st.integers(1, 9), st.integers(1, 9), st.tuples(*[st.integers(0, 255)] * 3))
def test_flat_colour_is_unchanged(width: int, height: int, colour: tuple[int, int, int]) -> None:
    flat = np.full((height, width, 3), colour, np.uint8)
    assert np.array_equal(reduce_chroma(flat), flat)


def test_equal_planes_are_unchanged(photo: Photo) -> None:
    grey = np.repeat(photo(33, 21)[..., :1], 3, axis=2)
    assert np.array_equal(reduce_chroma(grey), grey)
    colour = photo(8, 8)
    assert reduce_chroma(colour, grey=True) is colour


def test_a_chroma_edge_is_spread_by_the_known_weights() -> None:
    step = np.repeat(np.array([0, 0, 0, 0, 16, 16, 16, 16], np.float32)[None], 4, axis=0)
    assert double(halve(step), 8, 4)[1].tolist() == [0, 0, 0, 4, 12, 16, 16, 16]


@pytest.mark.parametrize("size", [(1, 1), (2, 3), (7, 5), (33, 65)])
def test_flips_of_even_pictures_commute(photo: Photo, size: tuple[int, int]) -> None:
    rgb = photo(*(2 * side for side in size))
    assert np.array_equal(reduce_chroma(np.ascontiguousarray(rgb[::-1])), reduce_chroma(rgb)[::-1])
    assert reduce_chroma(photo(*size)).shape == (size[1], size[0], 3)


def test_bands_join_without_a_trace(photo: Photo, monkeypatch: pytest.MonkeyPatch) -> None:
    rgb = photo(37, 61)
    whole = reduce_chroma(rgb)
    monkeypatch.setattr(chroma, "_BAND_PIXELS", 37 * 4)
    assert np.array_equal(reduce_chroma(rgb), whole)


def test_luma_is_untouched(photo: Photo) -> None:
    rgb = photo(64, 48) // 2 + 60
    weights = np.array([0.299, 0.587, 0.114])
    assert np.abs(reduce_chroma(rgb) @ weights - rgb @ weights).max() < 1.0


@pytest.mark.shared
@pytest.mark.parametrize("name", ["flowers", "house", "sumac"])
def test_it_is_what_jpeg_does(shared: Path, name: str) -> None:
    rgb = np.asarray(Image.open(shared / "data" / "valid" / "gb82" / f"{name}.png").convert("RGB"))
    reduced = reduce_chroma(rgb)
    # What is left between the two is the rounding of a JPEG of quality 100, which 4:4:4 shows alone.
    assert psnr(reduced, jpeg(rgb, "4:2:0")) > psnr(rgb, jpeg(rgb, "4:4:4")) - 1.0
    assert psnr(reduced, rgb) < 49
