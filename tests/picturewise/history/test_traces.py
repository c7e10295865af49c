"""Traces of earlier JPEG coding, on drawn photographs that never were one."""

from __future__ import annotations

import io

import cv2
import numpy as np
import pytest
from PIL import Image

from jndkit.picture import Pixels, from_bytes
from jndkit.picturewise.history.traces import QUALITIES, earlier_quality, likelihoods


@pytest.fixture(scope="module")
def photo() -> Pixels:
    """Noise of every scale, whose spectrum falls as that of photographs does."""
    random = np.random.default_rng(5)
    octaves = (
        cv2.resize(random.normal(0, 90 / n**0.5, (n, n, 3)), (320, 320), interpolation=cv2.INTER_CUBIC)
        for n in (5, 10, 20, 40, 80, 160, 320)
    )
    return np.asarray(np.clip(sum(octaves, np.full((320, 320, 3), 120.0)), 0, 255), np.uint8)


def saved(pixels: Pixels, quality: int) -> tuple[Pixels, tuple[int, ...]]:
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "JPEG", quality=quality)
    picture = from_bytes(file.getvalue())
    assert picture.source is not None
    assert picture.source.jpeg is not None
    return picture.rgb, picture.source.jpeg.tables[0]


def test_a_picture_that_never_was_a_jpeg(photo: Pixels) -> None:
    assert earlier_quality(photo) is None
    assert earlier_quality(photo[::-1].copy()) is None


@pytest.mark.parametrize("quality", [40, 60, 75, 85])
def test_pixels_that_were_a_jpeg(photo: Pixels, quality: int) -> None:
    found = earlier_quality(saved(photo, quality)[0])
    assert found is not None
    assert abs(found - quality) <= 3


@pytest.mark.parametrize("quality", [50, 70, 80, 90, 95])
def test_a_jpeg_that_was_saved_once(photo: Pixels, quality: int) -> None:
    assert earlier_quality(*saved(photo, quality)) is None


@pytest.mark.parametrize(("first", "last"), [(50, 75), (60, 90), (75, 95)])
def test_a_jpeg_that_was_saved_twice(photo: Pixels, first: int, last: int) -> None:
    found = earlier_quality(*saved(saved(photo, first)[0], last))
    assert found is not None
    assert abs(found - first) <= 3


def test_the_same_quality_twice_leaves_no_trace(photo: Pixels) -> None:
    assert earlier_quality(*saved(saved(photo, 75)[0], 75)) is None


def test_a_grid_that_was_cropped_is_not_mistaken(photo: Pixels) -> None:
    """Another grid than the file's is not looked for, and not taken for the file's."""
    assert earlier_quality(np.ascontiguousarray(saved(photo, 60)[0][3:, 5:])) is None


@pytest.mark.parametrize(
    "pixels",
    [
        np.zeros((1, 1, 3), np.uint8),
        np.full((17, 2000, 3), 255, np.uint8),
        np.zeros((400, 400, 3), np.uint8),
        np.indices((256, 256)).sum(axis=0)[..., None].repeat(3, axis=2).astype(np.uint8),
        np.random.default_rng(1).integers(0, 2, (256, 256, 1), np.uint8).repeat(3, axis=2) * np.uint8(255),
    ],
    ids=["pixel", "line", "black", "ramp", "black-and-white"],
)
def test_what_says_nothing(pixels: Pixels) -> None:
    for steps in (None, (1,) * 64, (255,) * 64, (0,) * 64):
        gains = likelihoods(pixels, steps)
        assert gains.shape == (len(QUALITIES),)
        assert np.isfinite(gains).all()
        assert earlier_quality(pixels, steps) is None
