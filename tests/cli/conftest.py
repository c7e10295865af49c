"""Small pictures that look like photographs to the domain rule, and the command itself."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from jndkit.cli import main
from jndkit.picture import Pixels


def photograph(seed: int, width: int = 96, height: int = 80) -> Pixels:
    """1/f noise, mostly grey, uint8 (H, W, 3), blue first."""
    random = np.random.default_rng(seed)
    across, down = np.fft.fftfreq(width)[None], np.fft.fftfreq(height)[:, None]
    falling = np.maximum(np.hypot(across, down), 1 / width)
    planes = [np.fft.ifft2(np.fft.fft2(random.standard_normal((height, width))) / falling).real for _ in range(4)]
    mixed = np.stack([planes[0] + 0.1 * plane for plane in planes[1:]], axis=-1)
    mixed = (mixed - mixed.mean()) / mixed.std() * 45 + 125
    return np.asarray(np.clip(mixed, 0, 255), np.uint8)


@pytest.fixture
def draw(tmp_path: Path) -> Callable[..., Path]:
    """draw("a/b.png", seed=1, width=96, height=80) makes a picture in the test's folder."""

    def make(name: str, seed: int = 1, width: int = 96, height: int = 80, quality: int | None = None) -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        settings = [] if quality is None else [cv2.IMWRITE_JPEG_QUALITY, quality]
        # Not cv2.imwrite, which on some systems cannot write every name.
        path.write_bytes(cv2.imencode(path.suffix, photograph(seed, width, height), settings)[1].tobytes())
        return path

    return make


@dataclass(frozen=True)
class Said:
    code: int
    out: str
    err: str

    @property
    def rows(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.out.splitlines()]


@pytest.fixture
def jnd(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., Said]:
    """jnd("encode", "a.png") runs the command in the test's folder, in this process."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str | Path) -> Said:
        code = main([str(argument) for argument in arguments])
        captured = capsys.readouterr()
        return Said(code, captured.out, captured.err)

    return run
