from __future__ import annotations

import numpy as np
from hypothesis import given, strategies as st

from jndkit.pixelwise.terms.borders import strips


@given(st.integers(1, 3000), st.integers(1, 9000), st.integers(0, 9))
def test_strips_cover_every_row_once_with_its_halo(height: int, width: int, halo: int) -> None:
    column = np.arange(height)
    seen = []
    for rows, slab, inner in strips((height, width), halo):
        np.testing.assert_array_equal(column[slab][inner], column[rows])
        assert slab.start == max(rows.start - halo, 0)
        assert slab.stop == min(rows.stop + halo, height)
        seen.append(column[rows])
    np.testing.assert_array_equal(np.concatenate(seen), column)
