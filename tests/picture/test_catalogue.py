"""Two hundred and more odd but valid files, loaded and compared with what a person should see."""

from __future__ import annotations

import importlib

import numpy as np
import pytest

from jndkit.picture import from_bytes
from tests.picture.catalogue.case import Cases

pytest.importorskip("imagecodecs")
pytest.importorskip("pillow_heif")
FORMATS = ("png", "jpeg", "tiff", "plain", "webp", "boxed", "jxl")
CASES: Cases = {}
for name in FORMATS:
    CASES |= importlib.import_module(f"tests.picture.catalogue.{name}").CASES


@pytest.mark.parametrize("name", CASES)
def test_case(name: str) -> None:
    shown = CASES[name]()
    picture = from_bytes(shown.data, trusted=True)
    rgb = np.repeat(shown.rgb[..., None], 3, axis=2) if shown.rgb.ndim == 2 else shown.rgb
    assert picture.rgb.shape == rgb.shape
    error = np.abs(picture.rgb - rgb.astype(float)).max(axis=2)
    if shown.alpha is None:
        assert picture.alpha is None
    else:
        alpha = np.full(error.shape, 255) if picture.alpha is None else picture.alpha
        assert np.abs(alpha - shown.alpha.astype(float)).max() <= max(shown.within, 0) + 1e-6
        error[shown.alpha == 0] = 0
    assert error.max() <= shown.within + 1e-6
    if shown.native is not None:
        off = np.abs(picture.coded - shown.native).max(axis=2)
        assert off[shown.alpha != 0 if shown.alpha is not None else ...].max() <= 1 + 1e-6
    assert shown.note is None or any(shown.note in note for note in picture.notes), picture.notes


def test_there_are_two_hundred_cases() -> None:
    assert len(CASES) >= 200
