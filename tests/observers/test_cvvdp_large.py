"""Large pictures are read as small ones are, without holding as much."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

from jndkit.observers.cvvdp import bands, observer as module
from jndkit.observers.cvvdp.cells import Cells
from jndkit.observers.cvvdp.observer import Cvvdp
from jndkit.observers.pooling.cells import CELL
from jndkit.picture import Picture, Pixels, load
from jndkit.viewing import DISPLAYS

EXAMPLE = Path(__file__).parents[2] / "examples" / "lake.png"
DESKTOP = DISPLAYS["desktop"]
SHAPES = [(512, 768), (511, 768), (512, 767), (333, 555), (60, 700)]


def read(reference: bands.Reference | bands.Unprepared, rgb: Pixels) -> Cells:
    cells = Cells(reference.shape, len(reference.frequencies))
    bands.differences(reference, rgb, cells.add)
    return cells


@pytest.mark.parametrize("shape", SHAPES)
def test_nothing_changes_where_the_reference_is_not_kept(shape: tuple[int, int]) -> None:
    rgb = np.ascontiguousarray(load(EXAMPLE).rgb[: shape[0], : shape[1]])
    test = cv2.GaussianBlur(rgb, (5, 5), 0.7)
    kept, again = read(bands.watch(rgb, DESKTOP), test), read(bands.Unprepared(DESKTOP, rgb), test)
    assert kept.grid.max() > 0
    np.testing.assert_allclose(again.grid, kept.grid, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(again.picture_energy(), kept.picture_energy(), rtol=1e-6)


@pytest.mark.parametrize("shape", [(1792, 2048), (1793, 2048), (1794, 2051), (2001, 1999)])
def test_pictures_of_one_colour(shape: tuple[int, int]) -> None:
    """The rows that are computed stand for all; at the right border there is more than the difference of the two."""
    rgb, test = (np.full((*shape, 3), colour, np.uint8) for colour in ((90, 120, 150), (93, 120, 141)))
    reference = bands.Unprepared(DESKTOP, rgb)
    assert bands.alike(reference, test)
    whole = read(bands.watch(rgb, DESKTOP), test)
    rows = Cells((CELL, shape[1]), whole.bands)
    bands.differences_alike(reference, test, rows.add, CELL)
    np.testing.assert_allclose(np.broadcast_to(rows.grid, whole.grid.shape), whole.grid, rtol=1e-4, atol=1e-5)
    test[-1, -1] = 0
    assert not bands.alike(reference, test)


@pytest.mark.parametrize("paint", [lambda rgb: cv2.GaussianBlur(rgb, (5, 5), 0.7), lambda rgb: rgb // 2 * 2])
def test_a_large_picture_in_tiles(monkeypatch: pytest.MonkeyPatch, paint: Callable[[Pixels], Pixels]) -> None:
    """A scene of photograph and even ground, each in tiles of its own, reads what it reads with all of them kept."""
    lake = load(EXAMPLE).rgb
    rgb = np.full((1536, 3072, 3), (91, 120, 151), np.uint8)
    rgb[:, :1536] = np.tile(lake, (3, 2, 1))
    test = Picture(rgb=np.ascontiguousarray(paint(rgb)))
    monkeypatch.setattr(module, "_TILE", 1024)
    monkeypatch.setattr(module, "_KEEP_PIXELS", 1_000_000)
    watched = Cvvdp().watch(Picture(rgb=rgb), DESKTOP)
    scene = watched._scenes[0]
    assert scene._watched is None
    assert len(scene._tiles) == 6
    found, local = watched(test), watched.map(test)
    scene._watched = [bands.watch(np.ascontiguousarray(scene._cut(tile)), DESKTOP) for tile in scene._tiles]
    kept, expected = watched(test), watched.map(test)
    assert found.where == kept.where
    assert found.jnd == pytest.approx(kept.jnd, rel=1e-5)
    assert found.jnd_local == pytest.approx(kept.jnd_local, rel=1e-5)
    np.testing.assert_allclose(local, expected, rtol=1e-3, atol=1e-4)
