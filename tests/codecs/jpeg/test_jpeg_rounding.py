from __future__ import annotations

import itertools

import numpy as np
import numpy.typing as npt
import pytest

from jndkit.codecs.jpeg import rounding
from jndkit.codecs.jpeg.entropy import SIZES, ac_counts, ideal_bits
from jndkit.codecs.jpeg.rounding import Costs, rounded


def spectra(blocks: int, seed: int = 0) -> npt.NDArray[np.float32]:
    """Blocks whose coefficients fade as those of photographs do, in steps."""
    rng = np.random.default_rng(seed)
    fading = 6.0 / (1.0 + np.arange(64)) ** 0.9
    return rng.laplace(0, fading, (blocks, 64)).astype(np.float32)


def cost(levels: npt.NDArray[np.int16], steps: npt.NDArray[np.float32], costs: Costs) -> float:
    """Squared error of AC and the price of its bits in one block, written out symbol by symbol."""
    total, last = float(((levels - steps)[1:] ** 2).sum()), 0
    for place in range(1, 64):
        if levels[place]:
            total += float(costs.words[(place - last - 1) * SIZES + int(abs(levels[place])).bit_length()])
            last = place
    return total if last == 63 else total + costs.end


def test_without_a_price_everything_is_rounded_to_the_nearest() -> None:
    steps = spectra(50)
    assert np.array_equal(rounded(steps, 0.0), np.rint(steps))


@pytest.mark.parametrize("price", [0.02, 0.1, 0.5])
def test_no_choice_of_what_is_dropped_costs_less(price: float) -> None:
    steps = spectra(40, seed=3) * np.float32(0.5)
    steps[:, 20:] = 0  # so that every choice can be tried
    nearest = np.rint(steps).astype(np.int16)
    costs = Costs.of(ac_counts(nearest), price)
    for block, levels in zip(steps, rounded(steps, price), strict=True):
        places = list(np.flatnonzero(levels[1:] | np.rint(block[1:]).astype(np.int16)) + 1)
        if len(places) > 8:
            continue
        least = min(
            cost(
                np.where(np.isin(np.arange(64), kept) | (np.arange(64) == 0), _lowered(block, levels), 0), block, costs
            )
            for count in range(len(places) + 1)
            for kept in itertools.combinations(places, count)
        )
        assert cost(levels, block, costs) <= least + 1e-3


def _lowered(block: npt.NDArray[np.float32], levels: npt.NDArray[np.int16]) -> npt.NDArray[np.int16]:
    """The values that the block would keep: its own where it kept one."""
    return np.where(levels != 0, levels, np.rint(block)).astype(np.int16)


def test_bits_fall_as_their_price_rises_and_no_coefficient_grows_or_changes_its_sign() -> None:
    steps = spectra(500)
    bits = [ideal_bits(rounded(steps, price)) for price in (0.0, 0.05, 0.2, 1.0)]
    assert bits == sorted(bits, reverse=True)
    assert bits[-1] < 0.7 * bits[0]
    nearest, levels = np.rint(steps), rounded(steps, 0.2)
    assert np.array_equal(levels[:, 0], nearest[:, 0])
    assert (np.abs(levels) <= np.abs(nearest)).all()
    assert (levels * nearest >= 0).all()
    assert (np.abs(nearest) - np.abs(levels))[levels != 0].max() <= 1


def test_chunks_are_rounded_as_all_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    steps = spectra(300)
    whole = rounded(steps, 0.1)
    monkeypatch.setattr(rounding, "_CHUNK", 64)
    assert np.array_equal(rounded(steps, 0.1), whole)


@pytest.mark.parametrize("blocks", [0, 1])
def test_nothing_and_one_empty_block(blocks: int) -> None:
    assert not rounded(np.zeros((blocks, 64), np.float32), 0.1).any()


def test_full_blocks_end_without_an_end() -> None:
    steps = np.full((4, 64), 100.0, np.float32)
    assert (rounded(steps, 0.05) == 100).all()
