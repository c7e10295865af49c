from __future__ import annotations

import numpy as np
import pytest

from jndkit.observers.contract import Box
from jndkit.observers.peaks import Peaks, errors
from jndkit.observers.pooling.cells import CELL

SCALES = 4
SIDE = 64


def known(reference: np.ndarray, versions: list[np.ndarray], exponent: float = 8.0) -> Peaks:
    """Peaks of a picture whose visible energies are its errors, and where nothing is hidden."""
    found = np.array([errors(reference, version, SCALES) for version in versions])
    boxes = (Box(0, 0, SIDE, SIDE), Box(SIDE, 0, SIDE, SIDE))
    return Peaks(reference, boxes, lambda version: version, found, found, np.ones(found.shape[1:]), exponent, 0.05)


@pytest.fixture(scope="module")
def reference() -> np.ndarray:
    return np.random.default_rng(0).integers(100, 150, (SIDE, 2 * SIDE, 3), np.uint8)


def noisy(reference: np.ndarray, size: float, part: slice | np.ndarray = slice(None)) -> np.ndarray:
    out = reference.astype(float)
    out[:, part] += np.random.default_rng(3).normal(0.0, size, out[:, part].shape)
    return np.asarray(np.clip(out, 0, 255), np.uint8)


def test_errors_are_zero_without_a_difference_and_lie_where_it_is(reference: np.ndarray) -> None:
    assert np.all(errors(reference, reference, SCALES) == 0.0)
    found = errors(reference, noisy(reference, 9.0, slice(0, CELL)), SCALES)
    assert found.shape == (3 * SCALES, SIDE // CELL, 2 * SIDE // CELL)
    assert found[0, :, 0].min() > 100.0 * found[0, :, -1].max()


@pytest.mark.parametrize("shape", [(64, 130), (65, 128), (70, 71)])
def test_errors_of_any_size(shape: tuple[int, int]) -> None:
    rgb = np.random.default_rng(0).integers(0, 256, (*shape, 3), np.uint8)
    found = errors(rgb, rgb[::-1].copy(), SCALES)
    assert found.shape == (12, -(-shape[0] // CELL), -(-shape[1] // CELL))


def test_even_energy_is_pooled_as_it_is(reference: np.ndarray) -> None:
    """Where a version errs evenly, the mean over places of the raised energy is the raised mean, nearly."""
    peaks = known(reference, [noisy(reference, size) for size in (2.0, 12.0)], exponent=2.0)
    energy = np.full((2, 3 * SCALES), 0.7)
    assert peaks.raised(noisy(reference, 6.0), energy).mean() == pytest.approx(0.7, rel=0.1)


def test_uneven_energy_counts_more(reference: np.ndarray) -> None:
    """The same energy in a quarter of a patch: four times as strong there, so 4 ** 4 / 4 on the mean."""
    peaks = known(reference, [noisy(reference, size) for size in (2.0, 12.0)])
    energy = np.ones((2, 3 * SCALES))
    even = peaks.raised(noisy(reference, 6.0), energy)[0, 0]
    quarters = np.r_[0:CELL, SIDE : SIDE + CELL]
    uneven = peaks.raised(noisy(reference, 6.0, quarters), energy)[0, 0]
    assert uneven / even == pytest.approx(64.0, rel=0.35)


def test_one_patch_is_believed_by_half(reference: np.ndarray) -> None:
    """Both patches err alike; the energy read of one is four times as high."""
    peaks = known(reference, [noisy(reference, size) for size in (2.0, 12.0)], exponent=2.0)
    energy = np.ones((2, 3 * SCALES))
    energy[1] = 4.0
    raised = peaks.raised(noisy(reference, 6.0), energy)[:, 0]
    assert raised[1] / raised[0] == pytest.approx(2.0, rel=0.2)


def test_what_a_place_hides_is_divided_out(reference: np.ndarray) -> None:
    peaks = known(reference, [noisy(reference, size) for size in (2.0, 12.0)])
    worth = peaks.worth.copy()
    worth[:, :, SIDE // CELL :] /= 2.0
    hidden = Peaks(reference, peaks.patches, peaks.cut, peaks.errors, peaks.energy, worth, 8.0, 0.05)
    plain, less = (each.raised(noisy(reference, 6.0), np.ones((2, 12))) for each in (peaks, hidden))
    assert less[0] == pytest.approx(plain[0])
    assert less[1] == pytest.approx(plain[1] / 2.0**4)
