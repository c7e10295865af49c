"""Structural similarity: known values, and what it refuses."""

from __future__ import annotations

import numpy as np
import pytest

from jndkit.errors import UsageError
from jndkit.evaluation.metrics.similarity import ssim


def noise(seed: int, shape: tuple[int, int] = (24, 31)) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8)


def test_equal_planes_are_alike() -> None:
    assert ssim(noise(1), noise(1)) == pytest.approx(1.0, abs=1e-6)


def test_flat_planes_differ_by_their_means_alone() -> None:
    one, other = np.full((16, 16), 100, np.uint8), np.full((16, 16), 120, np.uint8)
    expected = (2 * 100 * 120 + 6.5025) / (100**2 + 120**2 + 6.5025)
    assert ssim(one, other) == pytest.approx(expected, abs=1e-5)


def test_it_is_the_formula_at_every_place_of_the_window() -> None:
    x, y = noise(2, (14, 13)), noise(3, (14, 13))
    distance = np.arange(11) - 5.0
    line = np.exp(-(distance**2) / (2 * 1.5**2))
    window = np.outer(line, line) / line.sum() ** 2
    values = []
    for top in range(4):
        for left in range(3):
            a, b = (plane[top : top + 11, left : left + 11].astype(float) for plane in (x, y))
            mean_a, mean_b = (a * window).sum(), (b * window).sum()
            var_a, var_b = ((a - mean_a) ** 2 * window).sum(), ((b - mean_b) ** 2 * window).sum()
            both = ((a - mean_a) * (b - mean_b) * window).sum()
            c1, c2 = 2.55**2, 7.65**2
            alike = (2 * mean_a * mean_b + c1) * (2 * both + c2)
            values.append(alike / ((mean_a**2 + mean_b**2 + c1) * (var_a + var_b + c2)))
    assert ssim(x, y) == pytest.approx(np.mean(values), abs=1e-4)
    assert ssim(x, y) == ssim(y, x)


@pytest.mark.parametrize(("one", "other"), [((24, 31), (24, 30)), ((10, 40), (10, 40))])
def test_what_is_refused(one: tuple[int, int], other: tuple[int, int]) -> None:
    with pytest.raises(UsageError, match="11 pixels"):
        ssim(noise(1, one), noise(2, other))
