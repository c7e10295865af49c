"""A picture that codecs can be tried on, and rows that were never measured."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

from jndkit.codecs import CODECS
from jndkit.evaluation.codecs.rows import CodecRow
from jndkit.evaluation.codecs.settings import Settings
from jndkit.picture import save_png


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    """96 x 72 pixels."""
    random = np.random.default_rng(7)
    level = cv2.GaussianBlur(random.normal(0, 60, (72, 96, 3)).astype(np.float32), (0, 0), 2.0) * 2 + 120
    path = tmp_path / "a.png"
    save_png(np.clip(level, 0, 255).astype(np.uint8), path)
    return path


@pytest.fixture
def row() -> Callable[..., CodecRow]:
    """row("kodak/a.png", "webp", share=0.8): as a run would have made it, at that share of JPEG's bytes.

    Of 1000 x 500 pixels. Bytes double from one setting to the next, JND halves, SSIMULACRA2 and PSNR rise evenly; for
    75 % of viewers 40,000 bytes are taken, for 50 % 20,000.
    """

    def make(name: str, codec: str, share: float = 1.0, error: Exception | None = None) -> CodecRow:
        codec_row = Settings(codecs=(codec,)).row(name, codec)
        if error is not None:
            return codec_row.fail(error, name)
        settings = CODECS[codec.partition(":")[0]].sweep
        steps = range(len(settings))
        codec_row.width, codec_row.height = 1000, 500
        codec_row.levels = {
            "value": list(settings),
            "bytes": [round(share * 8000 * 2**step) for step in steps],
            "jnd": [5.12 * 0.5**step for step in steps],
            "ssimulacra2": [30.0 + 10.0 * step for step in steps],
            "psnr": [28.0 + 2.0 * step for step in steps],
            "encode": [0.2] * len(settings),
            "decode": [0.1] * len(settings),
        }
        for viewers, size, jnd in (("75", 40000, 0.45), ("50", 20000, 0.95)):
            codec_row.answers[viewers] = {
                "codec": codec_row.spec,
                "value": 80,
                "bytes": round(share * size),
                "jnd": jnd,
            }
        return codec_row

    return make
