"""Peak signal-to-noise ratio."""

from __future__ import annotations

import math

import numpy as np
import pytest

from jndkit.picture.difference import psnr


def test_psnr() -> None:
    a = np.full((20, 30, 3), 100, np.uint8)
    assert psnr(a, a) == math.inf
    assert psnr(a, a + np.uint8(1)) == pytest.approx(48.130804, abs=1e-6)
    b = a.copy()
    b[0, 0, 0] = 90
    assert psnr(a, b) == pytest.approx(10 * math.log10(255**2 * 1800 / 100))


def test_psnr_is_that_of_the_formula_on_planes_colours_views_and_floats() -> None:
    a, b = np.random.default_rng(0).integers(0, 256, (2, 61, 47, 3), np.uint8)
    for first, second in ((a, b), (a[..., 1], b[..., 1]), (a[3:50, 5:40], b[3:50, 5:40])):
        error = np.mean((first.astype(np.float64) - second) ** 2)
        assert psnr(first, second) == pytest.approx(10 * math.log10(255**2 / error), abs=1e-12)
        assert psnr(first.astype(np.float32), second.astype(np.float32)) == pytest.approx(psnr(first, second))
