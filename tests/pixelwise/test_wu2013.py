from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import cv2
import numpy as np
import numpy.typing as npt
import pytest

from jndkit.pixelwise import wu2013 as module
from jndkit.pixelwise.terms.canny import canny
from jndkit.pixelwise.terms.luminance import luminance_adaptation_13
from jndkit.pixelwise.wu2013 import contrast, deviation, disorder, orderly, prediction, wu2013

if TYPE_CHECKING:
    from tests.pixelwise.conftest import Reference


# How many predicted pixels a double precision version of the release differs in, by one level.
DIFFER = {"camera": 28, "astronaut": 124}
JND_DIFFER = {"camera": 311, "astronaut": 1250}
# Of the whole published maps.
MEAN = {"camera": 8.632055, "astronaut": 8.08484}


def test_the_map_is_the_published_one(reference: Reference) -> None:
    predicted = prediction(reference.luma, "zero").astype(int) - reference("wu2013", "ar")
    assert np.abs(predicted).max() <= 1
    assert np.count_nonzero(predicted) <= DIFFER[reference.picture]
    jnd = wu2013(reference.luma, border="zero")
    wrong = np.abs(reference.kept(jnd) - reference("wu2013", "jnd"))
    assert np.count_nonzero(wrong > 1e-4) <= JND_DIFFER[reference.picture]
    assert wrong.max() < 2.8
    assert jnd.mean(dtype=np.float64) == pytest.approx(MEAN[reference.picture], abs=4e-5)


def test_its_parts_over_the_published_prediction_are_the_published_ones(reference: Reference) -> None:
    predicted = reference("wu2013", "ar")
    edges = canny(reference.luma, 0.7)
    np.testing.assert_array_equal(edges, reference("wu2013", "edge_t0.7"))
    adaptation = reference.kept(luminance_adaptation_13(predicted, "zero"))
    np.testing.assert_allclose(adaptation, reference("wu2013", "LA"), rtol=0, atol=1e-4)
    masking = reference.kept(contrast(predicted, "zero"))
    np.testing.assert_allclose(masking, reference("wu2013", "CM"), rtol=0, atol=1e-4)
    hidden = reference.kept(disorder(reference.luma, predicted, cv2.dilate(edges, module.DISC), "zero"))
    # One deviation lies on the limit of smoothing.
    assert np.count_nonzero(np.abs(hidden - reference("wu2013", "Dis")) > 1e-4) <= 1


def by_definition(luma: npt.NDArray[np.uint8], row: int, column: int) -> float:
    """The prediction of one pixel far from the frame, patch by patch in double precision, not rounded."""
    level = luma.astype(np.float64)

    def patch(y: int, x: int) -> npt.NDArray[np.float64]:
        return level[y - 3 : y + 4, x - 3 : x + 4]

    strength = max(float(luminance_adaptation_13(luma, "reflect")[row, column]), 8.0)
    spread = patch(row, column).std()
    power = strength**3 / spread if spread > strength else strength**2
    weights, levels = [], []
    for y in range(row - 10, row + 11):
        for x in range(column - 10, column + 11):
            if (y, x) != (row, column):
                weights.append(np.exp(-((patch(y, x) - patch(row, column)) ** 2).mean() / power))
                levels.append(level[y, x])
    weights.append(max(weights))
    levels.append(level[row, column])
    return float(np.average(levels, weights=weights))


@pytest.mark.parametrize("place", [(20, 20), (20, 85), (50, 49), (57, 51), (38, 72), (70, 95)])
def test_prediction_by_definition(place: tuple[int, int], scene: npt.NDArray[np.uint8]) -> None:
    assert prediction(scene)[place] == np.floor(by_definition(scene, *place) + 0.5)


def test_prediction_of_noise_is_what_its_weights_tend_to() -> None:
    """Every weight is below the smallest number of float32; in double precision it still is the definition."""
    noise = np.random.default_rng(5).integers(70, 186, (40, 40), np.uint8)
    expected = [np.floor(by_definition(noise, row, column) + 0.5) for row in range(15, 25) for column in range(15, 25)]
    np.testing.assert_array_equal(prediction(noise)[15:25, 15:25].ravel(), expected)


def test_beyond_double_precision_the_likeliest_pixel_and_the_pixel_itself_remain() -> None:
    wild = np.random.default_rng(6).integers(0, 256, (40, 40), np.uint8)
    level = wild.astype(int)
    row, column = 20, 15
    patch = level[row - 3 : row + 4, column - 3 : column + 4]
    errors = {
        (y, x): int(((level[y - 3 : y + 4, x - 3 : x + 4] - patch) ** 2).sum())
        for y in range(row - 10, row + 11)
        for x in range(column - 10, column + 11)
        if (y, x) != (row, column)
    }
    likeliest, second = sorted(errors, key=errors.__getitem__)[:2]
    power = 8.0**3 / patch.std()
    assert errors[likeliest] / 49 / power > 750
    assert (errors[second] - errors[likeliest]) / 49 / power > 30
    assert prediction(wild)[row, column] == (level[likeliest] + level[row, column] + 1) // 2


def test_a_pattern_that_repeats_is_predicted_and_noise_is_not() -> None:
    stripes = np.tile(np.array([40, 40, 160, 160], np.uint8), (40, 12))
    np.testing.assert_array_equal(prediction(stripes), stripes)
    noise = np.random.default_rng(2).normal(120, 8, (40, 48)).astype(np.uint8)
    assert prediction(noise).std() < 0.5 * noise.std()


@pytest.mark.parametrize(("level", "adaptation"), [(0, 11.466601), (100, 4.043307), (200, 4.710938)])
def test_flat_pictures_have_luminance_and_its_offset(level: int, adaptation: float) -> None:
    flat = np.full((16, 17), level, np.uint8)
    np.testing.assert_array_equal(prediction(flat), flat)
    offset = abs(0.5 - 0.01 * level)
    expected = adaptation + offset - 0.3 * min(adaptation, offset)
    lifted = float(luminance_adaptation_13(flat, "reflect")[8, 8])
    assert adaptation == pytest.approx(lifted, abs=0.4)
    np.testing.assert_allclose(wu2013(flat), lifted + offset - 0.3 * min(lifted, offset), atol=1e-5)
    assert wu2013(flat)[0, 0] == pytest.approx(expected, abs=0.4)


def test_the_frame_is_dark_in_the_published_form_alone(scene: npt.NDArray[np.uint8]) -> None:
    kept = wu2013(scene, border="zero") > 0
    assert kept[2:-3, 2:-3].all()
    assert np.count_nonzero(kept) == (scene.shape[0] - 5) * (scene.shape[1] - 5)
    assert (wu2013(scene) > 0).all()


def test_the_paper_form_adds_the_printed_thresholds(scene: npt.NDArray[np.uint8]) -> None:
    flat = np.full((16, 16), 100, np.uint8)
    adaptation, offset = 17 * (1 - np.sqrt(100 / 127)), 0.5
    expected = adaptation + offset - 0.3 * min(adaptation, offset)
    np.testing.assert_allclose(wu2013(flat, variant="paper"), expected, atol=1e-5)
    speck = np.full((40, 40), 200, np.uint8)
    speck[20, 20] = 215
    disorderly = 1.125 * (215 - int(prediction(speck)[20, 20]))
    assert disorderly > 10
    base = wu2013(speck, variant="paper")[5, 5]
    assert wu2013(speck, variant="paper")[20, 20] == pytest.approx(base + disorderly - 0.3 * base, abs=0.2)


def test_disorder_hides_less_near_edges(scene: npt.NDArray[np.uint8]) -> None:
    predicted = prediction(scene)
    none, everywhere = np.zeros_like(scene), np.ones_like(scene)
    free = disorder(scene, predicted, none, "reflect")
    np.testing.assert_allclose(disorder(scene, predicted, everywhere, "reflect"), 0.2 * free, atol=1e-5)
    residual = np.abs(scene.astype(float) - predicted)
    contrasty = deviation(scene, "reflect") >= 10
    np.testing.assert_allclose(free[contrasty], residual[contrasty], atol=1e-4)
    assert (free <= residual + 1e-4).all()
    assert free[~contrasty].sum() < residual[~contrasty].sum()


@pytest.mark.parametrize("move", [np.fliplr, np.flipud, np.transpose])
def test_mirrored_and_turned_pictures_have_such_a_map(
    move: Callable[[np.ndarray], np.ndarray], scene: npt.NDArray[np.uint8]
) -> None:
    moved = np.ascontiguousarray(move(scene))
    predicted, expected = prediction(moved).astype(int), move(prediction(scene)).astype(int)
    # Exact halves go up or down by the order of the sum.
    assert np.count_nonzero(predicted != expected) < 0.002 * scene.size
    assert np.abs(predicted - expected).max() <= 1
    np.testing.assert_allclose(orderly(moved, "reflect"), move(orderly(scene, "reflect")), atol=1e-5)
    # Canny moves mirrored edges by a pixel.
    found, wanted = wu2013(moved), move(wu2013(scene))
    assert found.mean() == pytest.approx(wanted.mean(), rel=0.005)
    assert (np.abs(found - wanted) > 0.1).mean() < 0.05


def test_tiles_change_nothing(scene: npt.NDArray[np.uint8], monkeypatch: pytest.MonkeyPatch) -> None:
    whole = prediction(scene)
    monkeypatch.setattr(module, "TILE_PIXELS", 1)
    np.testing.assert_array_equal(prediction(scene), whole)


def test_a_plane_that_is_not_whole_is_predicted_too(scene: npt.NDArray[np.uint8]) -> None:
    plane = (scene * 0.5 + 31.3).astype(np.float32)
    found = prediction(plane).astype(float)
    assert np.abs(found - plane).mean() < 0.5 * np.abs(scene.astype(float) - scene.mean()).mean()
