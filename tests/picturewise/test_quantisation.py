from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

import jndkit
from jndkit.picture import Pixels
from jndkit.picturewise.quantisation import Quantiser


@pytest.fixture(scope="module")
def lake() -> Pixels:
    return jndkit.load("examples/lake.png").rgb


@pytest.mark.parametrize("quality", [1, 35, 75, 97])
def test_it_makes_what_libjpeg_makes(lake: Pixels, quality: int) -> None:
    rgb = np.ascontiguousarray(lake[:123, :250])
    file = io.BytesIO()
    Image.fromarray(rgb).save(file, "JPEG", quality=quality)
    away = Quantiser(rgb).jpeg(quality).astype(int) - np.asarray(Image.open(file).convert("RGB"))
    assert np.abs(away).mean() < 0.5
    assert np.quantile(np.abs(away), 0.99) <= 4


def test_one_quantiser_makes_what_fresh_ones_make(lake: Pixels) -> None:
    rgb = np.ascontiguousarray(lake[:100, :90])
    one = Quantiser(rgb)
    for quality in (30, 80):
        assert np.array_equal(one.jpeg(quality), Quantiser(rgb).jpeg(quality))
    assert np.array_equal(one.flat(8.0), Quantiser(rgb).flat(8.0))


def test_coarser_steps_leave_less(lake: Pixels) -> None:
    rgb = np.ascontiguousarray(lake[:128, :128])
    fine, coarse = (np.square(Quantiser(rgb).flat(step).astype(float) - rgb).mean() for step in (8.0, 32.0))
    assert 0.0 < fine < coarse


@pytest.mark.parametrize("shape", [(64, 64), (65, 97), (7, 9)])
def test_any_size_comes_back(shape: tuple[int, int]) -> None:
    rgb = np.random.default_rng(0).integers(0, 256, (*shape, 3), np.uint8)
    assert Quantiser(rgb).jpeg(50).shape == Quantiser(rgb).flat(16.0).shape == rgb.shape
