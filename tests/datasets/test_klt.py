"""The transform keeps everything with all components, and loses the least it can with fewer."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings, strategies as st

from jndkit.datasets.klt import COMPONENTS, SIDE, Klt


def scene(height: int, width: int, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[0:height, 0:width]
    wave = np.stack([np.sin(x / 7 + k) + np.cos(y / (5 + k)) for k in range(3)], axis=-1)
    return np.clip(128 + 45 * wave + rng.normal(0, 6, (height, width, 3)), 0, 255).astype(np.uint8)


@settings(max_examples=25, deadline=None)
@given(height=st.integers(1, 70), width=st.integers(1, 70), seed=st.integers(0, 9))
def test_all_components_give_the_picture_back(height: int, width: int, seed: int) -> None:
    rgb = scene(height, width, seed)
    back = Klt(rgb).keep(COMPONENTS)
    assert back.shape == rgb.shape
    assert np.abs(back.astype(int) - rgb).max() <= 1


def test_fewer_components_lose_more_and_fractions_lie_between() -> None:
    rgb = scene(128, 160)
    klt = Klt(rgb)
    errors = [float(np.mean((klt.keep(kept).astype(float) - rgb) ** 2)) for kept in (4, 12, 12.5, 13, 60, 192)]
    assert errors == sorted(errors, reverse=True)
    assert errors[1] > errors[2] > errors[3]


def test_it_loses_less_than_any_fixed_transform_would() -> None:
    """Of all orthonormal bases the picture's own keeps the most energy: less is lost than by dropping DCT terms."""
    import cv2

    rgb = scene(128, 128)
    kept = 30
    own = np.mean((Klt(rgb).keep(kept).astype(float) - rgb) ** 2)
    blocks = rgb.reshape(16, 8, 16, 8, 3).transpose(0, 2, 4, 1, 3).reshape(-1, 8, 8).astype(np.float32)
    terms = np.stack([cv2.dct(block) for block in blocks]).reshape(-1, COMPONENTS)
    energy = np.sort((terms**2).mean(axis=0))[::-1]
    assert own < energy[kept:].sum() / COMPONENTS


def test_a_flat_picture_needs_nothing_but_its_mean() -> None:
    rgb = np.full((40, 40, 3), (10, 200, 90), np.uint8)
    assert np.abs(Klt(rgb).keep(COMPONENTS).astype(int) - rgb).max() <= 1


def test_none_is_the_mean_colour() -> None:
    rgb = scene(32, 32)
    kept = Klt(rgb).keep(0.0)
    np.testing.assert_array_equal(kept, np.broadcast_to(np.floor(rgb.mean(axis=(0, 1)) + 0.5), kept.shape))


def test_a_grid_has_no_place() -> None:
    """A picture moved by a few pixels is kept to the moved version, away from the border."""
    rgb = np.tile(scene(64, 64), (3, 3, 1))
    klt = Klt(rgb[:160, :160])
    moved = Klt(rgb[3:163, 5:165])
    moved.basis[:] = klt.basis  # the blocks that the two transforms are made from are not quite the same
    a, b = klt.keep(20.0), moved.keep(20.0)
    difference = np.abs(a[16 + 3 : 144, 16 + 5 : 144].astype(int) - b[16 : 144 - 3, 16 : 144 - 5])
    assert difference.max() <= 1  # the two mean colours round differently


def test_it_is_the_mean_over_all_places_of_the_grid() -> None:
    """Against the definition, block by block, inside a picture large enough to have no border in the middle."""
    rgb = scene(56, 56, seed=1)
    klt = Klt(rgb)
    count = 12
    kept = klt.basis[:, :count].astype(np.float64) @ klt.basis[:, :count].T
    mean = rgb.mean(axis=(0, 1))
    total = np.zeros((56, 56, 3))
    hits = np.zeros((56, 56, 1))
    for top in range(56 - SIDE + 1):
        for left in range(56 - SIDE + 1):
            place = (slice(top, top + SIDE), slice(left, left + SIDE))
            block = (rgb[place] - mean).reshape(-1)
            total[place] += (kept @ block).reshape(SIDE, SIDE, 3)
            hits[place] += 1
    inside = (slice(8, 48), slice(8, 48))
    assert (hits[inside] == SIDE**2).all()
    wanted = np.clip(total[inside] / SIDE**2 + mean, 0, 255)
    assert np.abs(klt.keep(count)[inside] - wanted).max() <= 0.5 + 1e-2
