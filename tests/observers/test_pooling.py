"""The shared room of pooling: who may import whom, and what a window is."""

from __future__ import annotations

import ast
from pathlib import Path

import numpy as np
import pytest

from jndkit import observers
from jndkit.observers.contract import Box
from jndkit.observers.pooling.cells import CELL, box_of, cell_areas
from jndkit.observers.pooling.views import at_least
from jndkit.observers.pooling.windows import (
    decisive,
    place_sides,
    running_sums,
    window_sides,
    window_sums,
    worst_of_all,
)

ROOM = Path(observers.__file__).parent
# What vpjnd says of a patch are ColorVideoVDP's energies, so it pools them as that does. A panel has it as a member.
ALLOWED = {"vpjnd.py": {"cells", "places", "pyramid", "quality"}, "panel.py": {""}}


def imports(path: Path) -> set[str]:
    """Modules of the room that a module imports, as "cvvdp.quality"."""
    nodes = [node for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(node, ast.ImportFrom)]
    names = {str(node.module) for node in nodes}
    return {name.removeprefix("jndkit.observers.") for name in names if name.startswith("jndkit.observers.")}


def test_pooling_knows_no_observer() -> None:
    for path in (ROOM / "pooling").glob("*.py"):
        assert all(name == "contract" or name.startswith("pooling.") for name in imports(path)), path


def test_what_is_shared_is_not_taken_from_the_psychophysical_observer() -> None:
    for path in ROOM.rglob("*.py"):
        if "cvvdp" in path.parts:
            continue
        taken = {name.partition(".")[2] for name in imports(path) if name.startswith("cvvdp")}
        assert taken <= ALLOWED.get(path.name, set()), path


def test_sums_over_windows() -> None:
    random = np.random.default_rng(3)
    cells = random.random((7, 9))
    tops, lefts = np.arange(7 - 3 + 1), np.arange(9 - 4 + 1)
    sums = window_sums(running_sums(cells), tops, lefts, 3, 4)
    expected = [[cells[top : top + 3, left : left + 4].sum() for left in lefts] for top in tops]
    np.testing.assert_allclose(sums, expected)


def test_cells_at_the_edge_are_smaller() -> None:
    areas = cell_areas((40, 33))
    assert areas.sum() == 40 * 33
    assert areas[0, 0] == CELL**2
    assert areas[2, 2] == 8 * 1
    assert box_of(Box(1, 1, 2, 2), CELL, (40, 33)) == Box(16, 16, 17, 24)


@pytest.mark.parametrize(
    ("columns", "rows", "sides"),
    [
        (100, 100, [(47, 32), (32, 47)]),  # at the desktop 20 x 13.5 degrees are 47 x 32 cells
        (50, 34, [(50, 30), (44, 34)]),  # a side a tenth longer than the window is taken whole, the area kept
        (200, 10, [(151, 10), (151, 10)]),  # narrow: the same area
        (4, 3, [(4, 3), (4, 3)]),
    ],
)
def test_windows_fit_into_the_picture(columns: int, rows: int, sides: list[tuple[int, int]]) -> None:
    assert window_sides(37.84 / CELL, columns, rows) == sides


def test_the_small_place_fits_too() -> None:
    assert place_sides(37.84 / CELL, 100, 100) == (7, 7)
    assert place_sides(37.84 / CELL, 4, 100) == (4, 7)


def test_the_worst_window_is_where_the_damage_is() -> None:
    energy = np.zeros((1, 3, 30, 40))
    energy[..., 20:24, 30:34] = 1.0
    quality, box = worst_of_all(energy, np.ones((30, 40)), [(4, 4)], lambda mean: 10.0 - mean.sum(axis=(0, 1)))
    assert quality == pytest.approx(7.0)
    assert box == Box(30, 20, 4, 4)


def test_a_ruined_place_decides() -> None:
    whole, small = Box(0, 0, 100, 80), Box(8, 8, 16, 16)
    assert decisive((1.0, whole), (2.0, small)) == (1.0, whole)
    assert decisive((1.0, whole), (5.4, small)) == (2.0, small)


def test_small_pictures_are_repeated_at_their_edge() -> None:
    rgb = np.arange(5 * 9 * 3, dtype=np.uint8).reshape(5, 9, 3)
    grown = at_least(rgb, 8)
    assert grown.shape == (8, 9, 3)
    assert np.array_equal(grown[:5], rgb)
    assert np.array_equal(grown[7], rgb[4])
    assert at_least(rgb, 4) is rgb
