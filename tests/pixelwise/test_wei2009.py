from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from jndkit.errors import UsageError
from jndkit.pixelwise.terms import borders
from jndkit.pixelwise.terms.blocks import dct, edge_density, expected_amplitude, inverse_dct
from jndkit.pixelwise.wei2009 import CANNY, TEXTURE_DENSITY, base_thresholds, luminance_factor, thresholds, wei2009

FIRST_ROW = [1.5038, 1.3839, 1.8562, 2.5445, 3.5461, 5.0064, 7.1424, 10.2776]


def test_the_base_table() -> None:
    base = base_thresholds()
    np.testing.assert_allclose(base[0], FIRST_ROW, rtol=0, atol=5e-5)
    np.testing.assert_array_equal(base, base.T)
    assert base_thresholds(20.0)[7, 7] < base[7, 7] < base_thresholds(60.0)[7, 7]


def test_the_base_table_is_the_derived_one() -> None:
    expected = np.load(Path(__file__).parent / "published" / "weingan2009_base_R3_H768.npy")
    np.testing.assert_allclose(base_thresholds(), expected, rtol=0, atol=1e-12)


def test_luminance_factor() -> None:
    mean = np.array([[0, 30, 60, 115, 170, 212.5, 255]], np.float32)
    np.testing.assert_allclose(luminance_factor(mean), [[1.4, 1.2, 1, 1, 1, 1.1, 1.2]], rtol=1e-6)


def test_flat_pictures_have_luminance_alone() -> None:
    amplitude = np.sqrt(np.mean(base_thresholds() ** 2))
    for level, factor in ((0, 1.4), (100, 1.0), (255, 1.2)):
        np.testing.assert_allclose(wei2009(np.full((13, 30), level, np.uint8)), amplitude * factor, rtol=1e-5)


def test_a_plane_masks_by_high_frequencies_alone_up_to_fourfold() -> None:
    base = base_thresholds()
    coefficients = np.zeros((1, 1, 8, 8), np.float32)
    coefficients[0, 0, 0, 0] = 8 * 110
    coefficients[0, 0, 1, 2] = 30
    coefficients[0, 0, 0, 5] = 40
    smooth = inverse_dct(coefficients, (8, 8))
    assert edge_density(smooth, *CANNY) <= TEXTURE_DENSITY
    expected = base.copy()
    expected[0, 5] *= (40 / base[0, 5]) ** 0.36
    np.testing.assert_allclose(thresholds(smooth)[0, 0], expected, rtol=1e-4)


def test_masking_ends_at_fourfold() -> None:
    coefficients = np.zeros((1, 1, 8, 8), np.float32)
    coefficients[0, 0, 0, 0] = 8 * 110
    coefficients[0, 0, 0, 5] = 600
    rough = inverse_dct(coefficients, (8, 8))
    assert edge_density(rough, *CANNY) > TEXTURE_DENSITY
    expected = 1.25 * 4 * base_thresholds()[0, 5]
    assert (600 / base_thresholds()[0, 5]) ** 0.36 > 5
    assert thresholds(rough)[0, 0, 0, 5] == pytest.approx(expected, rel=1e-4)


def test_texture_masks_by_all_and_more() -> None:
    """Every coefficient of a noisy picture against the formulas, one by one."""
    noise = np.random.default_rng(4).integers(60, 171, (16, 16), np.uint8)
    density = edge_density(noise, *CANNY)
    textured = density > TEXTURE_DENSITY
    assert textured.any()
    found, coefficients, base = thresholds(noise), dct(noise), base_thresholds()
    for row, column, i, j in np.ndindex(2, 2, 8, 8):
        low = i * i + j * j <= 16
        adapted = float(base[i, j]) * float(luminance_factor(coefficients[row, column, :1, :1] / np.float32(8))[0, 0])
        gain = min(4.0, max(1.0, (abs(float(coefficients[row, column, i, j])) / adapted) ** 0.36))
        if textured[row, column]:
            expected = adapted * gain * (2.25 if low else 1.25)
        else:
            expected = adapted * (1 if low else gain)
        assert found[row, column, i, j] == pytest.approx(expected, rel=1e-4)


def test_the_map_is_the_amplitude_of_its_thresholds(scene: npt.NDArray[np.uint8]) -> None:
    amplitude = expected_amplitude(thresholds(scene[:90, :115]))
    expected = amplitude.repeat(8, axis=0).repeat(8, axis=1)[:90, :115]
    np.testing.assert_array_equal(wei2009(scene[:90, :115]), expected)


def test_a_transposed_picture_has_such_a_map(scene: npt.NDArray[np.uint8]) -> None:
    np.testing.assert_allclose(wei2009(scene.T), wei2009(scene).T, atol=1e-4)


@pytest.mark.parametrize("move", [np.fliplr, np.flipud])
def test_a_mirrored_picture_has_such_a_map_but_where_edges_tie(
    move: Callable[[np.ndarray], np.ndarray], scene: npt.NDArray[np.uint8]
) -> None:
    """Canny breaks ties one way, so a block at the limit of texture may change sides: at most 2 % of them here."""
    found, expected = wei2009(move(scene)), move(wei2009(scene))
    assert (np.abs(found - expected) > 1e-3).mean() <= 0.02
    assert found.mean() == pytest.approx(expected.mean(), rel=0.005)
    same = (edge_density(move(scene), *CANNY) > TEXTURE_DENSITY) == move(edge_density(scene, *CANNY) > TEXTURE_DENSITY)
    inside = same.repeat(8, axis=0).repeat(8, axis=1)
    assert inside.mean() > 0.98
    np.testing.assert_allclose(found[inside], expected[inside], atol=1e-4)


def test_strips_of_a_tall_picture_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    tall = np.random.default_rng(5).integers(0, 256, (301, 20), np.uint8)
    tall[:150] = 90
    whole = wei2009(tall)
    monkeypatch.setattr(borders, "STRIP_PIXELS", 1)
    np.testing.assert_allclose(wei2009(tall), whole, rtol=1e-5)


def test_unknown_names_and_impossible_distances_are_refused() -> None:
    plane = np.zeros((8, 8), np.uint8)
    for function in (wei2009, thresholds):
        with pytest.raises(UsageError, match="unknown variant 'paper': choose code"):
            function(plane, variant="paper")
        with pytest.raises(UsageError, match="choose reflect, zero"):
            function(plane, border="wrap")
        with pytest.raises(UsageError, match="pixels per degree must be a positive number"):
            function(plane, pixels_per_degree=np.nan)
