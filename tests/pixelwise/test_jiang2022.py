from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pytest

from jndkit.errors import UsageError
from jndkit.picture import Picture
from jndkit.pixelwise.jiang2022 import (
    basis,
    critical_count,
    critical_picture,
    critical_picture_colour,
    jiang2022,
)
from jndkit.pixelwise.terms import borders
from jndkit.pixelwise.terms.luma import luma
from jndkit.pixelwise.wu2017 import edge_protection

if TYPE_CHECKING:
    from tests.pixelwise.conftest import Reference

COUNT = {"camera": 26, "astronaut": 25}


def test_the_map_and_the_critical_picture_are_the_published_ones(reference: Reference) -> None:
    critical, count = critical_picture(reference.luma)
    assert count == COUNT[reference.picture]
    np.testing.assert_allclose(reference.kept(critical), reference("klt2022", "cpl"), rtol=0, atol=1e-4)
    jnd = reference.kept(jiang2022(reference.luma, border="zero"))
    np.testing.assert_allclose(jnd, reference("klt2022", "jnd"), rtol=0, atol=1e-4)


def test_the_critical_picture_by_definition(scene: npt.NDArray[np.uint8]) -> None:
    patches = np.array(
        [scene[y : y + 8, x : x + 8].ravel() for y in range(0, 96, 8) for x in range(0, 120, 8)], np.float64
    )
    _, _, components = np.linalg.svd(patches - patches.mean(axis=0))
    coefficients = patches @ components.T
    reached = np.cumsum((coefficients**2).mean(axis=0))
    reached /= reached[-1]
    shape, scale = 894.16, 0.99805
    weight = shape / scale * (reached / scale) ** (shape - 1) * np.exp(-((reached / scale) ** shape))
    expected_count = int(np.ceil((np.arange(1, 65) * weight).sum() / weight.sum()))
    critical, count = critical_picture(scene)
    assert count == expected_count
    assert 1 < count < 64
    rebuilt = coefficients[:, :count] @ components[:count]
    for index, (y, x) in enumerate((y, x) for y in range(0, 96, 8) for x in range(0, 120, 8)):
        np.testing.assert_allclose(critical[y : y + 8, x : x + 8].ravel(), rebuilt[index], atol=1e-3)
    residual = np.abs(scene - critical)
    np.testing.assert_allclose(jiang2022(scene), residual * edge_protection(scene, "reflect"), atol=1e-4)


def test_the_count_follows_the_energy() -> None:
    at_once = np.eye(64)[0]
    assert critical_count(at_once) == 33
    assert critical_count(np.zeros(64)) == 33
    # Evenly spread energy is complete with the last component only; the one before misses too much.
    assert critical_count(np.ones(64)) == 64
    early, late = (np.power(share, np.arange(64), dtype=np.float64) for share in (0.5, 0.8))
    assert critical_count(early) < critical_count(late)


@pytest.mark.parametrize("scale", [1e-300, 1e-9, 1e300])
def test_only_shares_of_energy_count(scale: float) -> None:
    energy = np.power(0.7, np.arange(64), dtype=np.float64)
    assert critical_count(scale * energy) == critical_count(energy)


@pytest.mark.parametrize("level", [0, 1, 100, 255])
@pytest.mark.parametrize("shape", [(8, 8), (17, 20), (64, 72)])
def test_flat_pictures_lose_nothing(level: int, shape: tuple[int, int]) -> None:
    flat = np.full(shape, level, np.uint8)
    critical, count = critical_picture(flat)
    np.testing.assert_allclose(critical, flat, atol=1e-4)
    assert count == 33
    np.testing.assert_allclose(jiang2022(flat), 0, atol=1e-4)


def test_a_basis_with_few_patches_is_orthonormal_and_has_no_energy_left_over() -> None:
    random = np.random.default_rng(3)
    patches = random.uniform(0, 255, (10, 64))
    mean = patches.mean(axis=0)
    centred = patches - mean
    components, energy = basis(centred.T @ centred / 10, mean)
    np.testing.assert_allclose(components.T @ components, np.eye(64), atol=1e-10)
    np.testing.assert_allclose(energy, ((patches @ components) ** 2).mean(axis=0), rtol=1e-6, atol=1e-6)
    # Nine dimensions hold the differences of ten patches, one more their mean.
    assert energy[10:].max() < 1e-9 * energy.sum()
    kept = components[:, :10] @ components[:, :10].T
    np.testing.assert_allclose(patches @ kept, patches, atol=1e-6)


def test_few_patches_give_the_same_however_they_lie() -> None:
    plane = np.random.default_rng(8).integers(0, 256, (16, 24), np.uint8)
    critical, count = critical_picture(plane)
    for move in (np.fliplr, np.flipud, np.transpose):
        moved, moved_count = critical_picture(np.ascontiguousarray(move(plane)))
        assert moved_count == count
        np.testing.assert_allclose(moved, move(critical), atol=1e-3)


@pytest.mark.parametrize("move", [np.fliplr, np.flipud, np.transpose])
def test_mirrored_and_turned_pictures_have_such_maps(
    move: Callable[[np.ndarray], np.ndarray], scene: npt.NDArray[np.uint8]
) -> None:
    """Where sides are multiples of 8. Canny moves mirrored edges by a pixel, so the map agrees but near edges."""
    moved = np.ascontiguousarray(move(scene))
    critical, count = critical_picture(scene)
    assert critical_picture(moved)[1] == count
    np.testing.assert_allclose(critical_picture(moved)[0], move(critical), atol=1e-3)
    found, expected = jiang2022(moved), move(jiang2022(scene))
    assert (np.abs(found - expected) > 0.01).mean() < 0.1
    assert found.mean() == pytest.approx(expected.mean(), rel=0.02)
    if move is np.transpose:
        np.testing.assert_allclose(found, expected, atol=1e-3)


def test_other_sizes_are_extended_by_reflection(scene: npt.NDArray[np.uint8]) -> None:
    odd = np.ascontiguousarray(scene[:91, :115])
    extended = np.pad(odd, ((0, 5), (0, 5)), "symmetric")
    critical, count = critical_picture(odd)
    whole, whole_count = critical_picture(extended)
    assert count == whole_count
    assert critical.shape == odd.shape
    np.testing.assert_allclose(critical, whole[:91, :115], atol=1e-4)


def test_strips_of_blocks_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    tall = np.random.default_rng(4).integers(0, 256, (392, 24), np.uint8)
    critical, count = critical_picture(tall)
    monkeypatch.setattr(borders, "STRIP_PIXELS", 1)
    again, again_count = critical_picture(tall)
    assert again_count == count
    np.testing.assert_allclose(again, critical, rtol=0, atol=1e-4)


def test_the_colour_picture_keeps_its_colour_differences(scene: npt.NDArray[np.uint8]) -> None:
    random = np.random.default_rng(1)
    rgb = np.clip(np.dstack([scene, scene, scene]) + random.integers(-12, 13, (*scene.shape, 3)), 40, 200)
    rgb = rgb.astype(np.uint8)
    coloured, count = critical_picture_colour(rgb)
    critical, plane_count = critical_picture(rgb)
    assert count == plane_count
    assert coloured.dtype == np.uint8
    inside = (coloured > 0).all(axis=2) & (coloured < 255).all(axis=2)
    assert inside.mean() > 0.95
    np.testing.assert_array_equal(
        np.diff(coloured[inside].astype(int), axis=1), np.diff(rgb[inside].astype(int), axis=1)
    )
    assert np.abs(luma(coloured)[inside] - critical[inside]).max() <= 1.5
    again, _ = critical_picture_colour(Picture(rgb))
    np.testing.assert_array_equal(again, coloured)
    grey, _ = critical_picture_colour(scene)
    expected = np.clip(np.floor(critical_picture(scene)[0] + 0.5), 0, 255)
    np.testing.assert_array_equal(grey, np.dstack([expected] * 3))


def test_the_paper_has_no_form_of_its_own() -> None:
    with pytest.raises(UsageError, match="unknown variant 'paper': choose code"):
        jiang2022(np.zeros((8, 8), np.uint8), variant="paper")
