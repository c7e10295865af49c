"""Coefficients that tests are made of."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from jndkit.codecs.jpeg import Coefficients, Component

Factors = Sequence[tuple[int, int]]

GREY: Factors = ((1, 1),)
FULL: Factors = ((1, 1),) * 3
HALF: Factors = ((2, 1), (1, 1), (1, 1))
QUARTER: Factors = ((2, 2), (1, 1), (1, 1))
SAMPLINGS = (GREY, FULL, HALF, QUARTER, ((1, 2), (1, 1), (1, 1)), ((2, 2), (1, 2), (1, 2)), ((1, 1), (2, 2), (1, 1)))


def random_coefficients(
    width: int, height: int, factors: Factors, seed: int = 0, density: float = 0.1, largest: int = 3, dc: int = 300
) -> Coefficients:
    """density: share of AC coefficients other than zero.  largest: of their magnitudes.  dc: of those of DC."""
    rng = np.random.default_rng(seed)
    across, down = max(x for x, _ in factors), max(y for _, y in factors)
    components = []
    for x, y in factors:
        shape = (-(-height * y // (8 * down)), -(-width * x // (8 * across)))
        blocks = rng.integers(-largest, largest + 1, (*shape, 8, 8)) * (rng.random((*shape, 8, 8)) < density)
        blocks[..., 0, 0] = np.clip(rng.integers(-dc, dc + 1, shape), -1024, 1023)
        table = rng.integers(1, 256, (8, 8)).astype(np.uint16)
        components.append(Component(blocks.astype(np.int16), table, x, y))
    return Coefficients(width, height, tuple(components))
