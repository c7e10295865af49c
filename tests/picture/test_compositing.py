"""Transparent pictures over plain grey."""

from __future__ import annotations

import numpy as np
import pytest

from jndkit.errors import UsageError
from jndkit.picture import Picture, Pixels, flatten


@pytest.mark.parametrize("level", [0, 128, 255])
def test_all_values(level: int) -> None:
    value, cover = np.meshgrid(np.arange(256, dtype=np.uint8), np.arange(256, dtype=np.uint8))
    picture = Picture(np.repeat(value[..., None], 3, axis=2), alpha=cover)
    exact = value.astype(float) * cover / 255 + level * (1 - cover / 255.0)
    got = flatten(picture, level)
    assert got.dtype == np.uint8
    assert np.abs(got[..., 1] - exact).max() <= 0.5 + 1e-9
    assert (got[0] == level).all()
    assert np.array_equal(got[255], picture.rgb[255])


def test_opaque_is_not_copied(photo: Pixels) -> None:
    picture = Picture(photo)
    assert flatten(picture, 0) is photo


@pytest.mark.parametrize("level", [-1, 256])
def test_levels_outside(level: int, photo: Pixels) -> None:
    with pytest.raises(UsageError):
        flatten(Picture(photo), level)
