from __future__ import annotations

import numpy as np
from hypothesis import given, settings, strategies as st

from jndkit.codecs.jndlic.windows import TILE, padded, windows

UNITS = st.integers(1, 12)


@settings(deadline=None)
@given(UNITS, UNITS, st.integers(0, 200), st.integers(1, 200))
def test_a_picture_is_covered_once(high: int, wide: int, reach: int, largest: int) -> None:
    covered = np.zeros((high, wide), int)
    numbers = np.arange(32 * high * 32 * wide, dtype=np.int32).reshape(32 * high, 32 * wide)
    for each in windows(32 * high, 32 * wide, reach, largest):
        assert all(side % 32 == 0 for part in each for side in (part.start, part.stop))
        assert each.rows.stop - each.rows.start <= max(32, largest)
        rows, columns, seen_rows, seen_columns = (slice(part.start // 32, part.stop // 32) for part in each)
        covered[rows, columns] += 1
        seen = numbers[each.seen_rows, each.seen_columns]
        assert np.array_equal(seen[each.within], numbers[each.rows, each.columns])
        units = -(-reach // 32)
        assert (seen_rows.start, seen_rows.stop) == (max(0, rows.start - units), min(high, rows.stop + units))
        assert (seen_columns.start, seen_columns.stop) == (
            max(0, columns.start - units),
            min(wide, columns.stop + units),
        )
    assert (covered == 1).all()


def test_where_tiles_are_cut() -> None:
    """It is part of the format: a file of several tiles is read by this rule."""
    assert TILE == 2048
    (whole,) = windows(1088, 1920, 0, TILE)
    assert (whole.rows, whole.columns) == (slice(0, 1088), slice(0, 1920))
    cuts = [(each.rows.start, each.columns.start) for each in windows(4000, 6016, 0, TILE)]
    assert cuts == [(0, 0), (0, 1984), (0, 3999 // 32 * 32 + 32), (1984, 0), (1984, 1984), (1984, 4000)]


def test_padding() -> None:
    assert [padded(side) for side in (1, 31, 32, 33, 64)] == [32, 32, 32, 64, 64]
