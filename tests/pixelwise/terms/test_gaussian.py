from __future__ import annotations

import numpy as np
import pytest

from jndkit.pixelwise.terms.gaussian import gaussian, smooth
from jndkit.pixelwise.terms.namm import namm


@pytest.mark.parametrize(("size", "sigma"), [(3, 1.0), (5, 0.8), (7, 0.8), (16, 2**0.5)])
def test_the_window_is_the_sampled_gaussian(size: int, sigma: float) -> None:
    y, x = np.mgrid[:size, :size] - (size - 1) / 2
    expected = np.exp(-(x**2 + y**2) / (2 * sigma**2))
    found = np.outer(gaussian(size, sigma), gaussian(size, sigma))
    np.testing.assert_allclose(found, expected / expected.sum(), rtol=1e-12)


def test_smoothing_keeps_ones_but_beside_zeros() -> None:
    ones = np.ones((9, 9), np.uint8)
    np.testing.assert_allclose(smooth(ones, 5, 0.8, "reflect"), 1, rtol=1e-6)
    beside_zeros = smooth(ones, 5, 0.8, "zero")
    assert beside_zeros[4, 4] == pytest.approx(1)
    assert beside_zeros[0, 4] == pytest.approx(gaussian(5, 0.8)[2:].sum(), rel=1e-6)


def test_overlapping_thresholds_add_to_less_than_their_sum() -> None:
    one, two = np.full((2, 2), 5, np.float32), np.full((2, 2), 2, np.float32)
    np.testing.assert_allclose(namm(one, two), 6.4, rtol=1e-6)
    np.testing.assert_allclose(namm(two, one, 0.2), 6.6, rtol=1e-6)
