"""Coefficients turned upright, against decoded pixels that are."""

from __future__ import annotations

import numpy as np
import pytest

from jndkit.codecs.jpeg import write
from jndkit.codecs.jpeg.coefficients import Coefficients
from jndkit.codecs.jpeg.turning import upright
from jndkit.errors import CodecError
from jndkit.picture import Pixels, from_bytes
from jndkit.picture.raster import upright as upright_pixels
from tests.codecs.jpeg.made_coefficients import FULL, GREY, HALF, QUARTER, Factors, random_coefficients

BACK = {1: 1, 2: 2, 3: 3, 4: 4, 5: 5, 6: 8, 7: 7, 8: 6}


def decoded(coefficients: Coefficients) -> Pixels:
    return from_bytes(write(coefficients)).rgb


def soft(width: int, height: int, factors: Factors) -> Coefficients:
    made = random_coefficients(width, height, factors, density=0.05, largest=1, dc=3)
    for component in made.components:
        component.table[:] = 1 + np.add.outer(np.arange(8), 2 * np.arange(8)).astype(np.uint16)
    return made


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("factors", [GREY, FULL, HALF, QUARTER], ids=["grey", "444", "422", "420"])
def test_it_shows_what_turned_pixels_show(orientation: int, factors: Factors) -> None:
    stored = soft(64, 48, factors)
    shown, wanted = decoded(upright(stored, orientation)), upright_pixels(decoded(stored), orientation)
    assert shown.shape == wanted.shape
    # Decoders round, and smooth chroma, in one direction.
    assert np.abs(shown.astype(int) - wanted).max() <= 3


@pytest.mark.parametrize("orientation", range(1, 9))
def test_back_again_every_number_is_as_it_was(orientation: int) -> None:
    stored = random_coefficients(48, 80, HALF)
    again = upright(upright(stored, orientation), BACK[orientation])
    assert (again.width, again.height) == (48, 80)
    for one, other in zip(stored.components, again.components, strict=True):
        assert np.array_equal(one.coefficients, other.coefficients)
        assert np.array_equal(one.table, other.table)
        assert (one.horizontal, one.vertical) == (other.horizontal, other.vertical)


def test_broken_blocks_can_only_come_last() -> None:
    stored = random_coefficients(50, 48, QUARTER)
    for orientation in (1, 4, 5, 6):  # none of which puts the last column first
        turned = upright(stored, orientation)
        assert (turned.width, turned.height) == ((48, 50) if orientation >= 5 else (50, 48))
    for orientation in (2, 3, 7, 8):
        with pytest.raises(CodecError, match="a JPEG of 50 pixels cannot be turned without loss: 16 do not divide"):
            upright(stored, orientation)
