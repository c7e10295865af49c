"""White noise, of two values and Gaussian."""

from __future__ import annotations

import numpy as np
import pytest

from jndkit.evaluation.noise.baselines import BASELINES
from jndkit.injection import Noise, at_psnr, signs
from jndkit.picture import Picture


def test_gaussian_noise_is_gaussian() -> None:
    values = BASELINES["gaussian"](600, 800, 0).astype(np.float64) * signs(600, 800, 0)
    assert abs(values.mean()) < 0.01
    assert values.std() == pytest.approx(1.0, abs=0.005)
    assert (values**4).mean() == pytest.approx(3.0, abs=0.05)
    assert (np.abs(values) < 1.0).mean() == pytest.approx(0.6827, abs=0.003)
    assert np.isfinite(values).all()
    for shift in ((0, 1), (1, 0)):
        assert abs((values * np.roll(values, shift, (0, 1))).mean()) < 0.01


def test_seeds_make_them() -> None:
    a, b, other = (BASELINES["gaussian"](8, 9, seed) for seed in (1, 1, 2))
    assert np.array_equal(a, b)
    assert not np.array_equal(a, other)


@pytest.mark.parametrize("name", BASELINES)
@pytest.mark.parametrize("target", [20.0, 26.65, 38.0, 45.0])
def test_every_energy_is_in_reach(name: str, target: float) -> None:
    grey = Picture(np.full((120, 160, 3), 128, np.uint8))
    dose = at_psnr(Noise(grey, BASELINES[name](120, 160, 3), 3), target)
    assert abs(dose.psnr - target) <= 0.01
