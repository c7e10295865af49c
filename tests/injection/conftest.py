"""Pictures with texture, edges and calm parts, and maps of several kinds."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from jndkit.picture import Picture


def textured(height: int = 96, width: int = 128, seed: int = 1) -> Picture:
    random = np.random.default_rng(seed)
    level = cv2.GaussianBlur(random.normal(0, 60, (height, width, 3)).astype(np.float32), (0, 0), 2.0) * 2.0 + 120
    level[:, : width // 3] = level[:, : width // 3].mean()
    return Picture(np.clip(level, 0, 255).astype(np.uint8))


@pytest.fixture
def picture() -> Picture:
    return textured()


@pytest.fixture
def ramp() -> np.ndarray:
    """A map with a value for every column, 1 to 9."""
    return np.broadcast_to(np.linspace(1.0, 9.0, 128, dtype=np.float32), (96, 128)).copy()


@pytest.fixture
def steps() -> np.ndarray:
    """A map of two values, where rounding moves half of the picture at once."""
    halves = np.full((96, 128), 2.0, np.float32)
    halves[:, 64:] = 5.0
    return halves
