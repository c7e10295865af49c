"""The noise: its pattern, its size, and what of the picture it leaves alone."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from jndkit.errors import UsageError
from jndkit.injection import Noise, signs, uniform
from jndkit.picture import Picture

BITS_OF_0 = "fa41439bf3d7f0c584eb9b411fbd08a2"
BITS_OF_12345 = "b983ff4db18d4c5c7b232793a8c8e88a"
UNIFORM_OF_0 = [0.8897387912781343, 0.5571380502062263, 0.8009080868919721]


def test_the_words_of_a_seed_never_change() -> None:
    assert np.packbits(signs(8, 16, 0) > 0).tobytes().hex() == BITS_OF_0
    assert np.packbits(signs(8, 16, 12345) > 0).tobytes().hex() == BITS_OF_12345
    assert uniform(1, 3, 0, 1)[0].tolist() == UNIFORM_OF_0


def test_signs_are_equally_likely_and_independent() -> None:
    pattern = signs(512, 512, 3).astype(int)
    assert set(np.unique(pattern)) == {-1, 1}
    limit = 4.0 / math.sqrt(pattern.size)
    assert abs(pattern.mean()) < limit
    for other in (np.roll(pattern, 1, 0), np.roll(pattern, 1, 1), signs(512, 512, 4)):
        assert abs((pattern * other).mean()) < limit


@pytest.mark.parametrize(("height", "width"), [(1, 1), (7, 9), (8, 8), (64, 65)])
def test_any_size_has_its_signs(height: int, width: int) -> None:
    pattern = signs(height, width, 0)
    assert pattern.shape == (height, width)
    assert pattern.dtype == np.int8
    assert np.array_equal(pattern.ravel(), signs(1, height * width, 0).ravel())


@pytest.mark.parametrize("seed", [-1, 2**64])
def test_seeds_have_a_range(seed: int) -> None:
    with pytest.raises(UsageError, match="seed"):
        signs(8, 8, seed)


@settings(deadline=None, max_examples=40)
@given(st.integers(0, 2**64 - 1), st.floats(0.0, 40.0), st.integers(0, 1000))
def test_the_formula(seed: int, beta: float, made: int) -> None:
    random = np.random.default_rng(made)
    pixels = random.integers(0, 256, (24, 40, 3), dtype=np.uint8)
    jnd = random.uniform(0, 12, (24, 40)).astype(np.float32)
    noisy = Noise(Picture(pixels), jnd, seed).at(beta).picture.rgb
    exact = pixels + (beta * signs(24, 40, seed) * jnd.astype(np.float64))[..., None]
    # float32 may fall to the other side of a half.
    sure = np.abs(exact % 1.0 - 0.5) > 1e-3
    assert np.array_equal(noisy[sure], np.clip(np.floor(exact + 0.5), 0, 255)[sure])
    assert np.abs(noisy - np.clip(exact, 0, 255)).max() <= 0.5 + 1e-3


def test_the_three_channels_change_alike(picture: Picture, ramp: np.ndarray) -> None:
    noisy = Noise(picture, ramp).at(1.0).picture
    change = noisy.rgb.astype(int) - picture.rgb
    free = ((picture.rgb > 20) & (picture.rgb < 235)).all(axis=2)
    assert free.mean() > 0.5
    assert (change[free] == change[free][:, :1]).all()
    assert np.array_equal(np.abs(change[free][:, 0]), np.floor(ramp[free] + 0.5))


def test_a_map_of_colours_changes_each_channel_by_its_own(picture: Picture) -> None:
    jnd = np.broadcast_to(np.array([1.0, 2.0, 3.0], np.float32), picture.rgb.shape)
    grey = replace(picture, rgb=np.full_like(picture.rgb, 128), grey=True)
    noisy = Noise(grey, jnd, 5).at(2.0).picture
    assert np.array_equal(noisy.rgb.astype(int) - 128, signs(96, 128, 5)[..., None] * np.array([2, 4, 6]))
    assert not noisy.grey


def test_one_pattern_for_every_map(picture: Picture, ramp: np.ndarray, steps: np.ndarray) -> None:
    a, b = (Noise(picture, jnd, 9).at(1.0).picture.rgb.astype(int) - picture.rgb for jnd in (ramp, steps))
    assert (a * b >= 0).all()
    assert (a * b > 0).mean() > 0.9


def test_black_and_white_are_the_ends() -> None:
    for level in (0, 255):
        flat = Picture(np.full((16, 16, 3), level, np.uint8))
        noisy = Noise(flat, np.full((16, 16), 300.0), 1).at(1e6).picture.rgb
        assert set(np.unique(noisy)) == {0, 255}


def test_what_is_left_alone(picture: Picture, ramp: np.ndarray) -> None:
    alpha = np.arange(96 * 128, dtype=np.uint32).reshape(96, 128).astype(np.uint8)
    wide = replace(picture, alpha=alpha, native=picture.rgb[::-1], icc=b"wide", exif=b"exif", bits=16)
    noisy = Noise(wide, ramp).at(1.0).picture
    assert noisy.alpha is not None
    assert np.array_equal(noisy.alpha, alpha)
    assert (noisy.native, noisy.icc, noisy.exif, noisy.bits) == (None, None, b"exif", 8)
    assert np.array_equal(noisy.coded, noisy.rgb)
    plain = Noise(replace(picture, icc=b"srgb"), ramp).at(1.0).picture
    assert plain.icc == b"srgb"
    grey = replace(picture, rgb=np.repeat(picture.rgb[..., :1], 3, axis=2), grey=True)
    noisy = Noise(grey, ramp).at(1.0).picture
    assert noisy.grey
    assert np.ptp(noisy.rgb, axis=2).max() == 0


def test_no_strength_no_noise(picture: Picture, ramp: np.ndarray) -> None:
    dose = Noise(picture, ramp).at(0.0)
    assert dose.psnr == math.inf
    assert np.array_equal(dose.picture.rgb, picture.rgb)
    zeros = Noise(picture, np.zeros_like(ramp))
    assert zeros.span is None
    assert zeros.unclipped(30.0) == math.inf


def test_between_two_strengths(picture: Picture, steps: np.ndarray) -> None:
    noise = Noise(picture, steps)
    low, high = (noise.at(beta).picture.rgb for beta in (0.4, 0.6))
    mixed = noise.between(0.4, 0.6, 0.25).picture.rgb
    taken = (mixed == high).all(axis=2) & (low != high).any(axis=2)
    assert ((mixed == low).all(axis=2) | (mixed == high).all(axis=2)).all()
    assert 0.2 < taken.sum() / (low != high).any(axis=2).sum() < 0.3
    assert np.array_equal(noise.between(0.4, 0.6, 0.0).picture.rgb, low)
    assert np.array_equal(noise.between(0.4, 0.6, 1.0).picture.rgb, high)


@pytest.mark.parametrize("beta", [-0.1, math.nan, math.inf])
def test_strengths_have_a_range(picture: Picture, ramp: np.ndarray, beta: float) -> None:
    with pytest.raises(UsageError, match="strength"):
        Noise(picture, ramp).at(beta)
    with pytest.raises(UsageError, match="strengths"):
        Noise(picture, ramp).between(0.0, beta, 0.5)


def test_maps_that_are_none(picture: Picture, ramp: np.ndarray) -> None:
    with pytest.raises(UsageError, match="does not fit"):
        Noise(picture, ramp[1:])
    with pytest.raises(UsageError, match="does not fit"):
        Noise(picture, np.dstack([ramp, ramp]))
    for value in (-1.0, math.nan, math.inf):
        broken = ramp.copy()
        broken[3, 4] = value
        with pytest.raises(UsageError, match="finite"):
            Noise(picture, broken)
