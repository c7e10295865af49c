"""A folder of small pictures, and rows that were never measured."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

from jndkit.evaluation.noise.rows import NoiseRow
from jndkit.evaluation.noise.settings import Settings
from jndkit.picture import save_png


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Three pictures of 96 x 72."""
    pictures = tmp_path / "pictures"
    pictures.mkdir()
    for seed in range(3):
        random = np.random.default_rng(seed)
        level = cv2.GaussianBlur(random.normal(0, 60, (72, 96, 3)).astype(np.float32), (0, 0), 2.0) * 2 + 120
        save_png(np.clip(level, 0, 255).astype(np.uint8), pictures / f"{seed}.png")
    return pictures


@pytest.fixture
def row() -> Callable[..., NoiseRow]:
    """row("a.png", "wu2017", noise=4.0, visible=36.0) as a run would have made it."""

    def make(name: str, model: str, noise: float | None = None, visible: float | None = None) -> NoiseRow:
        noise_row = Settings(models=(model,)).row(name, model)
        if noise is None or visible is None:
            return noise_row.fail(MemoryError("no memory"), name)
        noise_row.unscaled = {"beta": 1.0, "psnr": visible - 6.0, "jnd": noise - 1.0}
        noise_row.equal_noise = {"beta": 1.2, "psnr": 26.65, "jnd": noise}
        noise_row.equal_visibility = {"beta": 0.3, "psnr": visible, "jnd": 1.0}
        return noise_row

    return make
