"""Published maps to compare with."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

Arrays = dict[str, npt.NDArray[Any]]


@pytest.fixture(scope="session")
def published(shared: Path) -> Callable[[str], Arrays]:
    """The reference arrays of one file, by its name without suffix."""
    return lambda name: dict(np.load(shared / "references" / "jnd_maps" / f"{name}.npz"))


@pytest.fixture(scope="session")
def scene() -> npt.NDArray[np.uint8]:
    """Smooth light, a texture, an edge and a flat part, uint8 (96, 120)."""
    random = np.random.default_rng(7)
    y, x = np.mgrid[:96, :120]
    level = 60 + x / 2 + 30 * np.sin(y / 9)
    level[:40, 70:] += random.normal(0, 25, (40, 50))
    level[55:85, 15:50] = 190
    level[60:, 90:] = 100
    return np.asarray(np.clip(level + 0.5, 0, 255), np.uint8)
