from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pytest

from jndkit.errors import UsageError
from jndkit.pixelwise.bae2013 import (
    CANNY,
    bae2013,
    base_thresholds,
    contrast_masking,
    luminance_factor,
    thresholds,
)
from jndkit.pixelwise.terms import borders
from jndkit.pixelwise.terms.blocks import edge_density, expected_amplitude


def test_the_base_table() -> None:
    # 16 pixels per degree make a coefficient's frequency its distance from DC.
    base = base_thresholds(16.0, summation=1.0)
    assert base[0, 0] == pytest.approx(8 * 1.75)
    assert base[0, 3] == base[3, 0] == pytest.approx(8 * (0.0238 * 9 - 0.1771 * 3 + 1.75))
    diagonal = np.sqrt(8.0)
    assert base[2, 2] == pytest.approx(8 * (0.0293 * 8 - 0.1382 * diagonal + 1.75))
    vertical, oblique = 0.0238 * 25 - 0.1771 * 5 + 1.75, 0.0293 * 25 - 0.1382 * 5 + 1.75
    assert base[3, 4] == pytest.approx(8 * (vertical + (oblique - vertical) * 0.96**2))
    np.testing.assert_allclose(base_thresholds(16.0), 0.25 * base)
    np.testing.assert_array_equal(base, base.T)


def test_luminance_adaptation_passes_its_two_measured_levels() -> None:
    mean = np.float32(255) * np.array([[0.1, 0.3, 0.9]], np.float32)
    factor = luminance_factor(mean, 16.0)
    assert factor.shape == (8, 8, 1, 3)
    for i, j in ((0, 0), (0, 4), (6, 6)):
        w = np.hypot(i, j)
        expected = [2.468e-4 * w**2 + 4.466e-3 * w + 1.14, 1, 1.230e-3 * w**2 + 1.433e-2 * w + 1.34]
        np.testing.assert_allclose(factor[i, j, 0], expected, rtol=1e-5)
    black = luminance_factor(np.zeros((1, 1), np.float32), 16.0)
    assert black[0, 0] == pytest.approx(1 + 0.14 * 1.5**0.8, rel=1e-5)


def test_contrast_masking_grows_with_edges() -> None:
    density = np.array([[0, 0.2, 0.5]], np.float32)
    factor = contrast_masking(density, 16.0)
    gain = 1.558 * np.exp(-(((5 - 4.12) / 7.16) ** 2)) + 2.817
    np.testing.assert_allclose(factor[3, 4, 0], [1, 1 + gain * 0.1, 1 + gain * 0.5], rtol=1e-6)


def test_flat_pictures_have_luminance_alone() -> None:
    for level in (0, 77, 230):
        flat = np.full((13, 30), level, np.uint8)
        factor = luminance_factor(np.full((1, 1), level, np.float32))[:, :, 0, 0]
        expected = np.sqrt(np.mean((base_thresholds() * factor) ** 2))
        for masking in (False, True):
            np.testing.assert_allclose(bae2013(flat, masking=masking), expected, rtol=1e-5)


def test_a_texture_counts_only_with_masking() -> None:
    noise = np.random.default_rng(4).integers(60, 171, (16, 16), np.uint8)
    without, masked = thresholds(noise), thresholds(noise, masking=True)
    factor = contrast_masking(edge_density(noise, *CANNY)).transpose(2, 3, 0, 1)
    assert factor.max() > 1.5
    np.testing.assert_allclose(masked, without * factor, rtol=1e-5)


def test_thresholds_are_in_proportion_to_summation(scene: npt.NDArray[np.uint8]) -> None:
    np.testing.assert_allclose(bae2013(scene, summation=1.0), 4 * bae2013(scene), rtol=1e-5)


@pytest.mark.parametrize("masking", [False, True])
def test_the_map_is_the_amplitude_of_its_thresholds(masking: bool, scene: npt.NDArray[np.uint8]) -> None:
    amplitude = expected_amplitude(thresholds(scene[:90, :115], masking=masking))
    expected = amplitude.repeat(8, axis=0).repeat(8, axis=1)[:90, :115]
    np.testing.assert_array_equal(bae2013(scene[:90, :115], masking=masking), expected)


@pytest.mark.parametrize("move", [np.fliplr, np.flipud, np.transpose, np.rot90])
def test_a_turned_picture_has_such_a_map(
    move: Callable[[np.ndarray], np.ndarray], scene: npt.NDArray[np.uint8]
) -> None:
    np.testing.assert_allclose(bae2013(move(scene)), move(bae2013(scene)), atol=1e-4)


def test_with_masking_a_transposed_picture_has_such_a_map_and_a_mirrored_one_nearly(
    scene: npt.NDArray[np.uint8],
) -> None:
    """Canny breaks ties one way: mirroring moves the map's mean by less than 1 %."""
    jnd = bae2013(scene, masking=True)
    np.testing.assert_allclose(bae2013(scene.T, masking=True), jnd.T, atol=1e-4)
    for move in (np.fliplr, np.flipud):
        assert bae2013(move(scene), masking=True).mean() == pytest.approx(jnd.mean(), rel=0.01)


def test_strips_of_a_tall_picture_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    tall = np.random.default_rng(5).integers(0, 256, (301, 20), np.uint8)
    whole = bae2013(tall, masking=True)
    monkeypatch.setattr(borders, "STRIP_PIXELS", 1)
    np.testing.assert_allclose(bae2013(tall, masking=True), whole, rtol=1e-5)


def test_unusable_arguments_are_refused() -> None:
    plane = np.zeros((8, 8), np.uint8)
    for function in (bae2013, thresholds):
        with pytest.raises(UsageError, match="unknown variant 'paper': choose code"):
            function(plane, variant="paper")
        with pytest.raises(UsageError, match="choose reflect, zero"):
            function(plane, border="wrap")
        with pytest.raises(UsageError, match="summation must be a positive number"):
            function(plane, summation=0.0)
        with pytest.raises(UsageError, match="pixels per degree must be a positive number"):
            function(plane, pixels_per_degree=-1)
