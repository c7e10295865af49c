"""The transform keeps everything with all components, and loses the least it can with fewer."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings, strategies as st

from jndkit.datasets.klt import COMPONENTS, Klt


def scene(height: int, width: int, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[0:height, 0:width]
    wave = np.stack([np.sin(x / 7 + k) + np.cos(y / (5 + k)) for k in range(3)], axis=-1)
    return np.clip(128 + 45 * wave + rng.normal(0, 6, (height, width, 3)), 0, 255).astype(np.uint8)


@settings(max_examples=25, deadline=None)
@given(height=st.integers(8, 70), width=st.integers(8, 70), seed=st.integers(0, 9))
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


def test_no_components_are_the_mean_block_everywhere() -> None:
    rgb = scene(32, 32)
    kept = Klt(rgb).keep(0)
    assert np.array_equal(kept[:8, :8], kept[16:24, 8:16])
    assert np.abs(kept[:8, :8] - rgb.reshape(4, 8, 4, 8, 3).mean(axis=(0, 2))).max() <= 0.51
