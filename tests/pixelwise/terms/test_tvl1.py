from __future__ import annotations

from collections import deque
from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings, strategies as st
from hypothesis.extra.numpy import arrays

from jndkit.errors import UsageError
from jndkit.pixelwise.terms import tvl1 as module
from jndkit.pixelwise.terms.tvl1 import energy, energy_gap, tvl1

if TYPE_CHECKING:
    from tests.pixelwise.conftest import Reference

Bytes = npt.NDArray[np.uint8]


def planes(shape: tuple[int, int], levels: list[int]) -> st.SearchStrategy[Bytes]:
    return arrays(np.uint8, shape, elements=st.sampled_from(levels))


def every_minimiser(luma: Bytes) -> tuple[int, Bytes]:
    """The least energy in fifths, and all planes that have it, by trying all; a minimiser has only the levels of f."""
    levels = np.unique(luma)
    u = np.array(list(product(levels, repeat=luma.size)), np.int16).reshape(-1, *luma.shape)
    cost = 5 * (np.abs(np.diff(u, axis=1)).sum((1, 2)) + np.abs(np.diff(u, axis=2)).sum((1, 2)))
    cost += 4 * np.abs(u - luma.astype(np.int16)).sum((1, 2))
    return int(cost.min()), u[cost == cost.min()].astype(np.uint8)


@given(st.one_of(planes((3, 3), [3, 127, 250]), planes((2, 4), [0, 127, 128, 255]), planes((4, 2), [9, 10, 11, 200])))
@settings(max_examples=60, deadline=None)
def test_it_is_the_smallest_minimiser(luma: Bytes) -> None:
    least, minimisers = every_minimiser(luma)
    found = tvl1(luma)
    assert energy(found, luma) == least / 5
    np.testing.assert_array_equal(found, minimisers.min(axis=0))


@given(planes((1, 8), [0, 60, 61, 200]))
@settings(max_examples=20, deadline=None)
def test_a_row_and_a_column_are_planes_too(luma: Bytes) -> None:
    least, minimisers = every_minimiser(luma)
    np.testing.assert_array_equal(tvl1(luma), minimisers.min(axis=0))
    np.testing.assert_array_equal(tvl1(luma.T), tvl1(luma).T)
    assert energy(tvl1(luma), luma) == least / 5


def test_structures_are_the_published_ones(reference: Reference) -> None:
    least, mean = {"camera": (1804164.2, 128.791561), "astronaut": (2406990.0, 115.063854)}[reference.picture]
    structure = tvl1(reference.luma)
    assert energy(structure, reference.luma) == least
    assert structure.mean() == pytest.approx(mean, abs=1e-6)
    np.testing.assert_array_equal(structure, reference("liu2010", "tvl1_u"))


# Widths on both sides of the 64 pixels of a word, so that ways cross words, rows and the frame.
@pytest.mark.parametrize("shape", [(40, 63), (33, 64), (20, 65), (9, 200), (200, 9)])
def test_turned_and_mirrored_planes_have_such_a_structure(shape: tuple[int, int]) -> None:
    random = np.random.default_rng(shape[1])
    luma = (128 + 60 * np.sin(np.add.outer(np.arange(shape[0]), np.arange(shape[1])) / 7)).astype(np.uint8)
    luma += random.integers(0, 60, shape, np.uint8)
    found = tvl1(luma)
    for move in (np.fliplr, np.flipud, np.transpose):
        np.testing.assert_array_equal(tvl1(np.ascontiguousarray(move(luma))), move(found))
        np.testing.assert_array_equal(tvl1(move(luma)), move(found))


def test_the_negative_has_the_negative_of_the_largest_minimiser() -> None:
    luma = np.random.default_rng(3).choice(np.array([0, 90, 255], np.uint8), (2, 4))
    _, minimisers = every_minimiser(luma)
    np.testing.assert_array_equal(255 - tvl1(255 - luma), minimisers.max(axis=0))


@given(arrays(np.uint8, (12, 70)), st.integers(1, 255))
@settings(max_examples=20, deadline=None)
def test_level_sets_are_those_of_the_thresholded_plane(luma: Bytes, level: int) -> None:
    """The set where u reaches a level minimises the problem of that level alone, so the sets of all levels nest."""
    np.testing.assert_array_equal(tvl1(luma) >= level, tvl1((luma >= level).astype(np.uint8)) == 1)


@given(arrays(np.uint8, (10, 17)))
@settings(max_examples=30, deadline=None)
def test_it_stays_within_the_plane_and_is_its_own_structure(luma: Bytes) -> None:
    found = tvl1(luma)
    assert luma.min() <= found.min() <= found.max() <= luma.max()
    assert energy(found, luma) <= min(energy(luma, luma), energy(np.full_like(luma, np.median(luma)), luma))
    assert energy(tvl1(found), found) <= energy(found, found)


def test_lists_and_whole_planes_find_the_same(scene: Bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    expected = tvl1(scene)
    for pixels, words in product((0.0, 2.0), repeat=2):
        monkeypatch.setattr(module, "FEW_PIXELS", pixels)
        monkeypatch.setattr(module, "FEW_WORDS", words)
        np.testing.assert_array_equal(tvl1(scene), expected)


def test_short_searches_change_nothing(scene: Bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    expected = tvl1(scene)
    for depths in ((), (1, 1, 2)):
        monkeypatch.setattr(module, "DEPTHS", depths)
        np.testing.assert_array_equal(tvl1(scene), expected)


def test_small_spots_go_and_large_ones_stay() -> None:
    """A square goes if 4 a pixel costs less than 5 a side: up to 4 x 4 pixels; at 5 x 5 it is even."""
    for side in (1, 4, 5, 6, 9):
        luma = np.full((30, 30), 50, np.uint8)
        luma[10 : 10 + side, 10 : 10 + side] = 150
        assert (tvl1(luma).max() == 150) == (side > 5)


def least_by_single_paths(light: npt.NDArray[np.bool_]) -> int:
    """The least energy in fifths of a plane of two levels one apart, by one augmenting path after the other."""
    height, width = light.shape
    carries: dict[int, dict[int, int]] = {pixel: {} for pixel in range(light.size)}
    for pixel in range(light.size):
        y, x = divmod(pixel, width)
        for there in ([pixel + 1] if x + 1 < width else []) + ([pixel + width] if y + 1 < height else []):
            carries[pixel][there] = carries[there][pixel] = 5
    plenty = {int(pixel): 4 for pixel in np.flatnonzero(light)}
    need = {int(pixel): 4 for pixel in np.flatnonzero(~light)}
    sent = 0
    while True:
        came: dict[int, int] = dict.fromkeys(plenty, -1)
        queue, end = deque(came), -1
        while queue and end < 0:
            here = queue.popleft()
            for there, most in carries[here].items():
                if most and there not in came:
                    came[there] = here
                    queue.append(there)
                    if there in need:
                        end = there
                        break
        if end < 0:
            return sent
        way = [end]
        while came[way[-1]] >= 0:
            way.append(came[way[-1]])
        steps = list(zip(way[1:], way, strict=False))
        amount = min(plenty[way[-1]], need[end], *(carries[here][there] for here, there in steps))
        for here, there in steps:
            carries[here][there] -= amount
            carries[there][here] += amount
        for stock, pixel in ((plenty, way[-1]), (need, end)):
            stock[pixel] -= amount
            if not stock[pixel]:
                del stock[pixel]
        sent += amount


@pytest.mark.parametrize("share", [0.3, 0.5])
def test_noise_has_the_energy_that_single_paths_find(share: float) -> None:
    """Noise of two levels has the longest ways, and here they cross words and rows."""
    light = np.random.default_rng(5).random((24, 90)) < share
    luma = light.astype(np.uint8) + np.uint8(127)
    assert round(5 * energy(tvl1(luma), luma)) == least_by_single_paths(light)


def test_leaving_some_is_nearly_minimal_and_the_gap_says_how_near(scene: Bytes) -> None:
    exact, near = tvl1(scene), tvl1(scene, leave=0.01)
    gap = energy_gap(near, scene)
    assert 0 < gap < 0.01
    assert gap == pytest.approx(energy(near, scene) / energy(exact, scene) - 1)
    assert energy_gap(exact, scene) == 0
    flat = np.full((9, 9), 7, np.uint8)
    assert energy_gap(flat, flat) == 0


def test_other_arrays_are_refused() -> None:
    arrays: list[npt.NDArray[Any]] = [np.zeros((8, 8)), np.zeros((8, 8, 3), np.uint8), np.zeros((0, 8), np.uint8)]
    for array in arrays:
        with pytest.raises(UsageError, match=r"TV-L1 needs a plane \(H, W\) of uint8, not"):
            tvl1(array)
