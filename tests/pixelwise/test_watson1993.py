from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pytest

from jndkit.errors import UsageError
from jndkit.pixelwise.terms.blocks import dct, expected_amplitude, inverse_dct
from jndkit.pixelwise.watson1993 import TABLE, perceptual_error, thresholds, watson1993
from jndkit.pixelwise.wei2009 import base_thresholds


def test_the_table() -> None:
    np.testing.assert_array_equal(TABLE, TABLE.T)
    # Places where public copies go wrong, and the sum of all.
    assert TABLE[4, 1] == 2.00
    assert TABLE[7, 7] == 21.15
    assert TABLE.sum() == pytest.approx(358.88)


def test_flat_pictures_have_luminance_alone() -> None:
    amplitude = np.sqrt(np.mean(TABLE**2))
    for level in (1, 30, 128, 255):
        expected = amplitude * (level / 128) ** 0.649
        np.testing.assert_allclose(watson1993(np.full((11, 30), level, np.uint8)), expected, rtol=1e-5)
    # Black counts as level 1.
    np.testing.assert_allclose(watson1993(np.zeros((8, 8), np.uint8)), amplitude / 128**0.649, rtol=1e-5)


def test_luminance_can_be_relative_to_the_picture() -> None:
    flat = np.full((16, 16), 40, np.uint8)
    np.testing.assert_allclose(watson1993(flat, mean_dc=None), np.sqrt(np.mean(TABLE**2)), rtol=1e-5)
    halves = np.repeat(np.array([[20, 60]], np.uint8), 8, axis=1).repeat(8, axis=0)
    found = thresholds(halves, mean_dc=None)[0, :, 0, 0]
    np.testing.assert_allclose(found, 1.40 * np.array([0.5, 1.5]) ** 0.649, rtol=1e-5)
    assert np.isfinite(watson1993(np.zeros((8, 8), np.uint8), mean_dc=None)).all()


def test_a_coefficient_raises_its_own_threshold_but_dc_does_not() -> None:
    coefficients = np.zeros((1, 1, 8, 8), np.float32)
    coefficients[0, 0, 0, 0] = 1024
    coefficients[0, 0, 2, 3] = -40
    coefficients[0, 0, 6, 6] = 14.0
    found = thresholds(inverse_dct(coefficients, (8, 8)))[0, 0]
    expected = TABLE.copy()
    expected[2, 3] = 40**0.7 * 2.59**0.3
    np.testing.assert_allclose(found, expected, rtol=1e-4)


def test_the_table_can_be_another() -> None:
    flat = np.full((8, 8), 128, np.uint8)
    base = base_thresholds(60.0)
    np.testing.assert_allclose(thresholds(flat, base=base)[0, 0], base, rtol=1e-6)


def test_the_map_is_the_amplitude_of_its_thresholds(scene: npt.NDArray[np.uint8]) -> None:
    amplitude = expected_amplitude(thresholds(scene[:90, :115]))
    expected = amplitude.repeat(8, axis=0).repeat(8, axis=1)[:90, :115]
    np.testing.assert_array_equal(watson1993(scene[:90, :115]), expected)


@pytest.mark.parametrize("move", [np.fliplr, np.flipud, np.transpose, np.rot90])
def test_a_turned_picture_has_such_a_map(
    move: Callable[[np.ndarray], np.ndarray], scene: npt.NDArray[np.uint8]
) -> None:
    np.testing.assert_allclose(watson1993(move(scene)), move(watson1993(scene)), atol=1e-4)


def test_the_error_of_noise_at_threshold_in_one_coefficient_is_one() -> None:
    flat = np.full((16, 24), 128, np.uint8)
    coefficients = dct(flat)
    coefficients[1, 2, 3, 0] += TABLE[3, 0]
    once = inverse_dct(coefficients, flat.shape)
    assert perceptual_error(flat, once) == pytest.approx(1, abs=1e-3)
    coefficients[:, :, 3, 0] = TABLE[3, 0]
    assert perceptual_error(flat, inverse_dct(coefficients, flat.shape)) == pytest.approx(6**0.25, abs=1e-3)
    coefficients[:, :, 5, 5] = TABLE[5, 5]
    twice = inverse_dct(coefficients, flat.shape)
    assert perceptual_error(flat, twice) == pytest.approx(6**0.25, abs=1e-3)
    assert perceptual_error(flat, twice, frequency_exponent=4) == pytest.approx(12**0.25, abs=1e-3)


def test_the_error_falls_where_the_picture_masks(scene: npt.NDArray[np.uint8]) -> None:
    random = np.random.default_rng(2)
    noisy = scene + random.normal(0, 3, scene.shape)
    assert perceptual_error(scene, scene) == 0
    calm = np.full(scene.shape, 128, np.uint8)
    found = perceptual_error(scene[:40, 72:], np.clip(noisy, 0, 255)[:40, 72:])
    assert 0 < found < perceptual_error(calm, calm + noisy - scene)


def test_unusable_arguments_are_refused() -> None:
    plane = np.zeros((8, 8), np.uint8)
    for function in (watson1993, thresholds):
        with pytest.raises(UsageError, match="unknown variant 'paper': choose code"):
            function(plane, variant="paper")
        with pytest.raises(UsageError, match="choose reflect, zero"):
            function(plane, border="wrap")
        with pytest.raises(UsageError, match="base thresholds are 8 x 8 positive numbers"):
            function(plane, base=np.ones((4, 4)))
        with pytest.raises(UsageError, match="base thresholds are 8 x 8 positive numbers"):
            function(plane, base=np.zeros((8, 8)))
        with pytest.raises(UsageError, match="mean DC coefficient must be a positive number"):
            function(plane, mean_dc=0)
    with pytest.raises(UsageError, match="two sizes"):
        perceptual_error(plane, np.zeros((8, 9), np.uint8))
    with pytest.raises(UsageError, match="exponent of pooling"):
        perceptual_error(plane, plane, frequency_exponent=0.5)
