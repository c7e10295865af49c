from __future__ import annotations

import numpy as np
import pytest

from jndkit.codecs.dct import basis, forward, inverse


@pytest.mark.parametrize("side", [8, 16])
def test_the_basis_is_orthonormal(side: int) -> None:
    assert np.allclose(basis(side) @ basis(side).T, np.eye(side), atol=1e-6)


@pytest.mark.parametrize("shape", [(1, 1), (8, 8), (17, 33), (40, 7)])
def test_what_is_transformed_comes_back(shape: tuple[int, int]) -> None:
    plane = np.random.default_rng(1).normal(0, 50, shape).astype(np.float32)
    blocks = forward(plane, 8)
    assert blocks.shape == (-(-shape[0] // 8), 8, -(-shape[1] // 8), 8)
    assert np.allclose(inverse(blocks, shape), plane, atol=1e-3)


def test_a_flat_block_has_eight_times_its_value_as_dc_and_nothing_else() -> None:
    blocks = forward(np.full((8, 8), 3.0, np.float32), 8)
    assert blocks[0, 0, 0, 0] == pytest.approx(24.0)
    assert np.abs(blocks).sum() == pytest.approx(24.0, abs=1e-4)
