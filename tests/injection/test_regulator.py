"""The strength that gives a wanted energy or visibility, or the sentence that none does."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from jndkit.errors import TargetError
from jndkit.injection import Noise, at_jnd, at_psnr
from jndkit.observers import Reading, observer
from jndkit.picture import Picture
from jndkit.viewing import DISPLAYS

# Regulators for 26.65 dB without clipping, of published maps of two pictures.
REGULATORS = {
    ("chou1995", "namm"): (1.339477, 1.117894),
    ("yang2005", "code"): (1.459319, 1.220173),
    ("liu2010", "code"): (1.341527, 1.127800),
    ("wu2013", "jnd"): (1.239535, 1.325388),
    ("wu2017", "jnd"): (1.150217, 1.546339),
    ("klt2022", "jnd"): (2.590529, 5.969770),
}


@pytest.mark.shared
@pytest.mark.parametrize(("model", "key"), REGULATORS)
def test_unclipped_regulators_of_published_maps(shared: Path, model: str, key: str) -> None:
    folder = shared / "references" / "jnd_maps"
    with np.load(folder / f"{model}.npz") as maps, np.load(folder / "inputs.npz") as inputs:
        for name, regulator in zip(("camera", "astronaut"), REGULATORS[model, key], strict=True):
            plane = inputs[f"{name}_Y"]
            noise = Noise(Picture(np.repeat(plane[..., None], 3, axis=2), grey=True), maps[f"{name}_{key}"])
            assert noise.unclipped(26.65) == pytest.approx(regulator, abs=2e-6)
            dose = at_psnr(noise, 26.65)
            assert dose.psnr == pytest.approx(26.65, abs=0.01)
            assert dose.beta >= regulator * 0.999  # clipping takes energy away


@settings(deadline=None, max_examples=30)
@given(st.integers(0, 10**6), st.floats(15.0, 55.0))
def test_the_wanted_energy(seed: int, target: float) -> None:
    random = np.random.default_rng(seed)
    pixels = random.integers(0, 256, (64, 64, 3), dtype=np.uint8)
    jnd = random.gamma(2.0, 2.0, (64, 64)).astype(np.float32)
    dose = at_psnr(Noise(Picture(pixels), jnd, seed), target)
    assert abs(dose.psnr - target) <= 0.01


@settings(deadline=None, max_examples=20)
@given(st.floats(20.0, 60.0))
def test_maps_of_few_values_reach_every_energy(target: float) -> None:
    grey = Picture(np.full((128, 128, 3), 128, np.uint8), grey=True)
    dose = at_psnr(Noise(grey, np.ones((128, 128), np.float32)), target)
    assert abs(dose.psnr - target) <= 0.01


def test_energies_out_of_reach(picture: Picture, ramp: np.ndarray) -> None:
    with pytest.raises(TargetError, match="the map is zero everywhere"):
        at_psnr(Noise(picture, np.zeros_like(ramp)), 30.0)
    with pytest.raises(TargetError, match=r"PSNR of 2 dB: the nearest reached is \d\.\d\d dB, at strength"):
        at_psnr(Noise(picture, ramp), 2.0)
    with pytest.raises(TargetError, match=r"PSNR of 120 dB: the nearest reached"):
        at_psnr(Noise(picture, ramp), 120.0)


@pytest.mark.parametrize("target", [0.3, 0.5, 1.0, 3.0])
@pytest.mark.parametrize("shape", ["ramp", "steps"])
def test_the_wanted_visibility(picture: Picture, shape: str, target: float, request: pytest.FixtureRequest) -> None:
    watched = observer("cvvdp").watch(picture, DISPLAYS["desktop"])
    noisy = at_jnd(Noise(picture, request.getfixturevalue(shape)), watched, target)
    assert 0.99 * target <= noisy.reading.jnd <= target
    assert watched(noisy.dose.picture).jnd == noisy.reading.jnd


def test_a_start_that_is_far_off_does_no_harm(picture: Picture, ramp: np.ndarray) -> None:
    watched = observer("cvvdp").watch(picture, DISPLAYS["desktop"])
    strengths = [at_jnd(Noise(picture, ramp), watched, 1.0, start=start).dose.beta for start in (1e-9, 0.3, 1e9)]
    assert max(strengths) / min(strengths) < 1.02


def test_visibilities_out_of_reach(picture: Picture, ramp: np.ndarray) -> None:
    watched = observer("cvvdp").watch(picture, DISPLAYS["desktop"])
    with pytest.raises(TargetError, match="the map is zero everywhere"):
        at_jnd(Noise(picture, np.zeros_like(ramp)), watched, 1.0)
    with pytest.raises(TargetError, match=r"1000 JND: the nearest reached is \d+\.\d+ JND, at strength"):
        at_jnd(Noise(picture, ramp), watched, 1000.0)


def test_few_readings_suffice(picture: Picture, ramp: np.ndarray) -> None:
    watched = observer("cvvdp").watch(picture, DISPLAYS["desktop"])
    readings: list[Reading] = []

    class Counting:
        def __call__(self, decoded: Picture) -> Reading:
            readings.append(watched(decoded))
            return readings[-1]

        map = watched.map

    at_jnd(Noise(picture, ramp), Counting(), 1.0)
    assert len(readings) <= 6
