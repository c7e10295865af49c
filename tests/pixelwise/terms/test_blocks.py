from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, strategies as st

from jndkit.errors import UsageError
from jndkit.pixelwise import bae2013, watson1993, wei2009, zhang2005
from jndkit.pixelwise.terms import borders
from jndkit.pixelwise.terms.blocks import (
    AMPLITUDE,
    BASIS,
    block_grid,
    block_mean,
    block_strips,
    dct,
    edge_density,
    expected_amplitude,
    inverse_dct,
)

BASE = [watson1993.TABLE, zhang2005.base_thresholds(), wei2009.base_thresholds(), bae2013.base_thresholds()]


def plane(height: int, width: int, seed: int = 0) -> npt.NDArray[np.uint8]:
    return np.random.default_rng(seed).integers(0, 256, (height, width), np.uint8)


def test_the_transform_is_the_orthonormal_dct() -> None:
    np.testing.assert_allclose(BASIS @ BASIS.T, np.eye(8), atol=1e-15)
    pixels = plane(16, 24)
    coefficients = dct(pixels)
    assert coefficients.shape == (2, 3, 8, 8)
    assert coefficients.dtype == np.float32
    for row, column in np.ndindex(2, 3):
        block = pixels[8 * row : 8 * row + 8, 8 * column : 8 * column + 8].astype(np.float64)
        np.testing.assert_allclose(coefficients[row, column], cv2.dct(block), atol=2e-4)


def test_dc_of_a_flat_block_is_eight_times_its_level() -> None:
    for level in (0, 1, 100, 255):
        coefficients = dct(np.full((8, 8), level, np.uint8))[0, 0]
        assert coefficients[0, 0] == 8 * level
        assert np.abs(coefficients).sum() == pytest.approx(8 * level, abs=1e-3)


def test_a_coefficient_is_a_grating_of_its_amplitude() -> None:
    for i, j in ((0, 0), (0, 3), (5, 0), (2, 7)):
        coefficients = np.zeros((1, 1, 8, 8), np.float32)
        coefficients[0, 0, i, j] = 10
        y, x = np.indices((8, 8))
        grating = np.cos((2 * y + 1) * i * np.pi / 16) * np.cos((2 * x + 1) * j * np.pi / 16)
        np.testing.assert_allclose(inverse_dct(coefficients, (8, 8)), 10 * AMPLITUDE[i, j] * grating, atol=1e-5)


@given(st.integers(8, 40), st.integers(8, 40), st.integers(0, 99), st.sampled_from(["reflect", "zero"]))
def test_the_inverse_gives_the_plane_back(height: int, width: int, seed: int, border: str) -> None:
    pixels = plane(height, width, seed)
    coefficients = dct(pixels, border)
    assert coefficients.shape[:2] == block_grid(pixels.shape) == (-(-height // 8), -(-width // 8))
    np.testing.assert_allclose(inverse_dct(coefficients, (height, width)), pixels, atol=1e-3)


def test_the_last_blocks_are_filled_by_the_border() -> None:
    pixels = plane(12, 19)
    missing = ((0, 4), (0, 5))
    fills = {"reflect": np.pad(pixels, missing, "symmetric"), "zero": np.pad(pixels, missing)}
    for border, filled in fills.items():
        np.testing.assert_array_equal(dct(pixels, border), dct(filled))
    with pytest.raises(UsageError, match="choose reflect, zero"):
        dct(pixels, "wrap")


def test_flips_and_transposes_change_signs_and_places_only() -> None:
    pixels = plane(24, 32)
    coefficients, alternating = dct(pixels), (-1.0) ** np.arange(8)
    np.testing.assert_allclose(dct(pixels[:, ::-1]), coefficients[:, ::-1] * alternating, atol=1e-3)
    np.testing.assert_allclose(dct(pixels[::-1]), coefficients[::-1] * alternating[:, None], atol=1e-3)
    np.testing.assert_allclose(dct(pixels.T), coefficients.transpose(1, 0, 3, 2), atol=1e-3)


def test_strips_hold_every_block_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(borders, "STRIP_PIXELS", 1)
    pixels = plane(299, 30)
    strips = list(block_strips(pixels, "reflect"))
    assert [(strip.rows.start, strip.rows.stop) for strip in strips] == [(0, 16), (16, 32), (32, 38)]
    whole = dct(pixels).transpose(2, 3, 0, 1)
    np.testing.assert_array_equal(np.concatenate([strip.bands for strip in strips], axis=2), whole)


@pytest.mark.parametrize("base", BASE, ids=["watson1993", "zhang2005", "wei2009", "bae2013"])
def test_expected_amplitude_is_that_of_noise_at_the_thresholds(base: npt.NDArray[np.float64]) -> None:
    """Monte Carlo over signs: every single draw has the amplitude as its root mean square over the block."""
    scale = np.linspace(0.5, 2, 25)[:, None, None]
    thresholds = (np.broadcast_to(base.astype(np.float32), (20, 25, 8, 8)) * scale).astype(np.float32)
    signs = np.random.default_rng(3).choice(np.array([-1, 1], np.float32), thresholds.shape)
    noise = inverse_dct(signs * thresholds, (160, 200)).reshape(20, 8, 25, 8)
    amplitude = expected_amplitude(thresholds)
    assert amplitude.shape == (20, 25)
    np.testing.assert_allclose(np.sqrt((noise**2).mean(axis=(1, 3))), amplitude, rtol=1e-4)
    # The mean noise is none; pixel by pixel the amplitude depends on the place in the block, which maps leave out.
    scaled = noise / amplitude[:, None, :, None]
    assert abs(scaled.mean()) < 0.02
    by_place = np.sqrt((scaled**2).mean(axis=(0, 2)))
    expected = np.sqrt((BASIS**2).T @ base**2 @ BASIS**2) / np.sqrt((base**2).mean())
    np.testing.assert_allclose(by_place, expected, rtol=0.15)
    assert by_place[0, 0] < 0.6 < 1.1 < by_place[3, 3]


def test_only_dc_gives_an_eighth_of_its_threshold() -> None:
    thresholds = np.zeros((1, 2, 8, 8), np.float32)
    thresholds[0, :, 0, 0] = [16, 40]
    np.testing.assert_allclose(expected_amplitude(thresholds), [[2, 5]])


@given(st.integers(8, 30), st.integers(8, 30), st.integers(0, 99))
def test_block_means_leave_out_what_lies_beyond_the_frame(height: int, width: int, seed: int) -> None:
    pixels = plane(height, width, seed)
    means = block_mean(pixels)
    for row, column in np.ndindex(*means.shape):
        block = pixels[8 * row : 8 * row + 8, 8 * column : 8 * column + 8]
        assert means[row, column] == pytest.approx(block.mean(), rel=1e-6)


def test_edge_density_counts_edge_pixels() -> None:
    step = np.full((24, 24), 50, np.uint8)
    step[:, 12:] = 200
    density = edge_density(step, 100, 200)
    np.testing.assert_allclose(density, [[0, 1 / 8, 0]] * 3)
    np.testing.assert_array_equal(edge_density(step.astype(np.float32) + np.float32(0.3), 100, 200), density)
    assert not edge_density(np.full((9, 9), 50, np.uint8), 100, 200).any()
