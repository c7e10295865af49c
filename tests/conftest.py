"""Fixtures every room's tests share."""

from __future__ import annotations

import csv
import importlib.util
import io
import math
import os
import shutil
from pathlib import Path
from statistics import NormalDist
from typing import Any

import cv2
import numpy as np
import pytest
from hypothesis import settings
from PIL import Image

# How long an example takes says nothing on a machine that does much else.
settings.register_profile("jndkit", deadline=None)
settings.load_profile("jndkit")


def _shared() -> Path | None:
    named = os.environ.get("JNDKIT_SHARED")
    return Path(named).resolve() if named and (Path(named) / "data").is_dir() else None


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder with `data/` (pictures) and `references/` (published maps) that JNDKIT_SHARED names."""
    folder = _shared()
    if folder is None:
        pytest.skip("JNDKIT_SHARED does not name the picture folder")
    return folder


def chromium() -> Path | None:
    """The browser that JNDKIT_CHROMIUM names, or one that is installed."""
    named = os.environ.get("JNDKIT_CHROMIUM")
    names = [named] if named else ["chromium", "chromium-browser", "google-chrome", "chrome"]
    found = next((path for path in map(shutil.which, names) if path), None)
    return None if found is None else Path(found)


def _no_browser() -> str | None:
    """Why there is no browser to drive, if so."""
    if any(importlib.util.find_spec(name) is None for name in ("playwright", "axe_playwright_python")):
        return "needs jndkit[dev]: playwright and axe-playwright-python"
    return "needs Chromium, installed or named by JNDKIT_CHROMIUM" if chromium() is None else None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    without_pictures = pytest.mark.skip(reason="JNDKIT_SHARED does not name the picture folder")
    without_torch = pytest.mark.skip(reason="needs torch")
    no_browser = _no_browser()
    has_torch = importlib.util.find_spec("torch") is not None
    for item in items:
        if item.get_closest_marker("shared") and _shared() is None:
            item.add_marker(without_pictures)
        if item.get_closest_marker("train") and not has_torch:
            item.add_marker(without_torch)
        if item.get_closest_marker("browser") and no_browser is not None:
            item.add_marker(pytest.mark.skip(reason=no_browser))


# --- a data folder of answers

_SIDE = 96
_PICTURES = ("a.png", "b.png", "c.png", "d.png")
_SETTINGS = (20, 40, 60, 80)
_METHODS = ("t55420", "t75420", "t90444", "j55420", "j75444", "j90444", "m75420")


def _noise(seed: int) -> np.ndarray[Any, Any]:
    random = np.random.default_rng(seed)
    level = cv2.GaussianBlur(random.normal(0, 60, (_SIDE, _SIDE, 3)).astype(np.float32), (0, 0), 2.0) * (2 + seed) + 120
    return np.asarray(np.clip(level, 0, 255), np.uint8)


def _coded(rgb: np.ndarray[Any, Any], quality: int) -> Image.Image:
    file = io.BytesIO()
    Image.fromarray(rgb).save(file, "JPEG", quality=quality)
    return Image.open(file).convert("RGB")


def _write(path: Path, header: str, rows: list[tuple[Any, ...]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([header.split(","), *rows])


def _phi(z: float) -> float:
    return NormalDist().cdf(z)


@pytest.fixture
def answered(tmp_path: Path) -> Path:
    """A data folder with tables of people who never were, and pictures of noise.

    Viewers of midd notice by the logarithm of 100 less the quality, the third and fourth picture harder.
    """
    home = tmp_path / "data"
    midd, pages, train = home / "people" / "midd", home / "valid" / "cid22val", home / "train"
    for folder in (midd, pages, train):
        folder.mkdir(parents=True)
    rows = []
    for number, name in enumerate(_PICTURES):
        rgb = _noise(number)
        Image.fromarray(rgb).save(midd / name)
        for codec in ("jpeg", "webp-off"):
            for quality in _SETTINGS:
                file = f"{name[0]}-{codec}-{quality}.png"
                _coded(rgb, quality).save(midd / file)
                share = _phi((math.log(100 - quality) - 4.0 - 0.2 * (number > 1)) / 0.5)
                rows.append((name, file, codec, quality, round(30 * share), 30))
    _write(midd / "answers.csv", "reference,file,codec,setting,noticed,viewers", rows)
    for number in range(2):
        Image.fromarray(_noise(10 + number)).save(pages / f"{number}.png")
        Image.fromarray(_noise(20 + number)).save(train / f"{number}.png")
    labels = home / "labels"
    elo = [(method, 20.0 * int(method[1:3]), 0.02 * int(method[1:3])) for method in _METHODS]
    _write(labels / "jpeg_encoders_elo.csv", "method,elo,bpp", elo)
    _write(labels / "visibility.csv", "file,codec", [(f"train/{n // 4}.png", "jpeg") for n in range(8)])
    sur = [
        (f"SRC{n:02}", quality, _phi((math.log(100.5 - 30 - 3 * n) - math.log(100.5 - quality)) / 0.2))
        for n in range(6)
        for quality in range(1, 101)
    ]
    _write(labels / "derived_MCL-JCI_SUR_by_QF.csv", "ref_img,qf,first_SUR", sur)
    _aic(labels / "JPEG-AIC_metric_scores.csv")
    return home


def _aic(path: Path) -> None:
    """Metrics that are each a curve of what people see; CVVDP the line k (10 - Q) with k = 3.2."""
    names = "PSNR-Y,SSIM,MS-SSIM,IW-SSIM,VMAF-neg,SSIMULACRA2,HDR-VDP-2 Q,HDR-VDP-3 Q,CVVDP"
    rows = []
    for source in (2, 6, 7):
        for codec in range(1, 7):
            for level in range(1, 5):
                jnd = 0.5 * level + 0.05 * source
                others = [50 - 4 * jnd, *[1 - 0.02 * jnd] * 3, 95 - 3 * jnd, 95 - 12 * jnd**0.9, 60 - 4 * jnd, 10 - jnd]
                rows.append((source, codec, level, jnd, *others, 10 - jnd / 3.2))
    _write(path, f"img_num,codec,dlevel,distortion,{names}", rows)
