from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pytest

from jndkit.pixelwise.terms.canny import canny

if TYPE_CHECKING:
    from tests.pixelwise.conftest import Reference


@pytest.fixture
def disc() -> npt.NDArray[np.uint8]:
    y, x = np.mgrid[:60, :70]
    return np.where((y - 30) ** 2 + (x - 33) ** 2 < 15**2, 160, 90).astype(np.uint8)


def test_masks_are_the_published_ones(reference: Reference) -> None:
    high = {"camera": 0.26740947075208915, "astronaut": 0.2421185372005044}[reference.picture]
    np.testing.assert_array_equal(canny(reference.luma, 0.5), reference("yang2005", "canny_t0.5"))
    np.testing.assert_array_equal(canny(reference.luma, high), reference("wu2017", "edge"))
    np.testing.assert_array_equal(canny(reference.luma, 0.7), reference("wu2013", "edge_t0.7"))


def test_a_disc_has_a_closed_thin_edge(disc: npt.NDArray[np.uint8]) -> None:
    mask = canny(disc, 0.3)
    y, x = np.nonzero(mask)
    radius = np.hypot(y - 30, x - 33)
    assert 13 < radius.min() <= radius.max() < 16.5
    assert 85 < mask.sum() < 125


def test_the_threshold_is_relative(disc: npt.NDArray[np.uint8]) -> None:
    np.testing.assert_array_equal(canny(disc.astype(np.float32) / np.float32(16), 0.3), canny(disc, 0.3))


def test_turned_about_the_diagonal_the_edges_turn(disc: npt.NDArray[np.uint8]) -> None:
    np.testing.assert_array_equal(canny(disc.T.copy(), 0.3), canny(disc, 0.3).T)


@pytest.mark.parametrize("axis", [0, 1])
def test_mirrored_the_edges_move_by_one_pixel(disc: npt.NDArray[np.uint8], axis: int) -> None:
    """The kernels have 16 taps, so no pixel is their middle."""
    mirrored = np.flip(canny(disc, 0.3), axis)
    np.testing.assert_array_equal(canny(np.flip(disc, axis).copy(), 0.3), np.roll(mirrored, 1, axis))


def test_weak_edges_stay_only_where_they_touch_strong_ones() -> None:
    plane = np.zeros((64, 90), np.float32)
    # One edge fades from 100 to 45, the other is 45 all along; the limits are 80 and 32 of 100.
    plane[:, 30:60] += np.linspace(100, 45, 64, dtype=np.float32)[:, None]
    plane[:, 75:] += 45
    mask = canny(plane, 0.8)
    assert mask[5:-5, 25:35].any(axis=1).all()
    assert not mask[:, 70:80].any()


def test_a_flat_plane_has_no_edges_and_the_frame_never_has() -> None:
    assert not canny(np.full((9, 12), 7, np.uint8), 0.1).any()
    noise = np.random.default_rng(3).integers(0, 256, (40, 40), np.uint8)
    mask = canny(noise, 0.01)
    assert mask.any()
    assert not mask[[0, -1]].any()
    assert not mask[:, [0, -1]].any()
