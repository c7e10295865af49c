"""Pictures made smaller: light adds up, colours and transparency stay what they are, and nothing is made larger."""

from __future__ import annotations

import io
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from PIL import Image

from jndkit.errors import UsageError
from jndkit.picture import Picture, Pixels, Source, from_bytes, resampled
from jndkit.picture.colour.transfer import light_of_codes
from tests.cli.conftest import photograph


def of(rgb: Pixels, **more: Any) -> Picture:
    return Picture(np.ascontiguousarray(rgb), **more)


def plain(level: int, shape: tuple[int, int] = (40, 60)) -> Pixels:
    return np.full((*shape, 3), level, np.uint8)


def test_a_pattern_of_black_and_white_has_half_of_the_light() -> None:
    rgb = plain(0, (64, 64))
    rgb[::2, ::2] = rgb[1::2, 1::2] = 255
    small = resampled(of(rgb), 16).rgb
    assert small.shape == (16, 16, 3)
    assert np.unique(small[4:-4, 4:-4]).tolist() == [188]


@pytest.mark.parametrize("level", [0, 1, 10, 128, 254, 255])
def test_a_plain_picture_stays_plain(level: int) -> None:
    assert np.unique(resampled(of(plain(level)), 17).rgb).tolist() == [level]


def test_the_light_of_a_photograph_stays_the_same() -> None:
    picture = of(photograph(3, 384, 320))
    before, after = (light_of_codes()[each.rgb].mean(axis=(0, 1)) for each in (picture, resampled(picture, 96)))
    assert np.abs(after / before - 1).max() < 0.002


def test_it_commutes_with_a_flip() -> None:
    picture = of(photograph(1, 96, 80))
    flipped = of(picture.rgb[:, ::-1])
    assert np.array_equal(resampled(flipped, 48).rgb, resampled(picture, 48).rgb[:, ::-1])


@pytest.mark.parametrize("width", [None, 60, 61, 4000])
def test_nothing_is_made_larger(width: int | None) -> None:
    picture = of(plain(9))
    assert resampled(picture, width) is picture


@pytest.mark.parametrize(("width", "height"), [(30, 20), (1, 1), (31, 21), (59, 39)])
def test_the_height_is_in_proportion(width: int, height: int) -> None:
    assert resampled(of(plain(9)), width).rgb.shape == (height, width, 3)


def test_no_width() -> None:
    with pytest.raises(UsageError, match="--width must be at least 1 pixel, not 0"):
        resampled(of(plain(9)), 0)


def test_what_is_transparent_lends_no_colour() -> None:
    """Red where it covers, green where it does not: no green shows at the edge."""
    rgb, alpha = plain(0, (64, 64)), np.zeros((64, 64), np.uint8)
    rgb[:, :32, 0], rgb[:, 32:, 1], alpha[:, :32] = 200, 255, 255
    small = resampled(of(rgb, alpha=alpha), 13)
    assert small.alpha is not None
    covered = small.alpha > 0
    assert set(small.rgb[covered][:, 0].tolist()) <= {199, 200, 201}
    assert small.rgb[covered][:, 1].max() == 0
    assert 90 < small.alpha.mean() < 165


def test_grey_stays_grey() -> None:
    grey = np.repeat(photograph(2, 96, 80)[..., :1], 3, axis=2)
    small = resampled(of(grey, grey=True), 31)
    assert small.grey
    assert np.array_equal(small.rgb[..., 0], small.rgb[..., 1])
    assert np.array_equal(small.rgb, resampled(of(grey), 31).rgb)


def test_a_wide_gamut_stays_in_its_own_space() -> None:
    file = io.BytesIO()
    Image.fromarray(photograph(2, 96, 80)).save(file, "PNG")
    picture = from_bytes(file.getvalue())
    wide = replace(picture, native=picture.rgb[..., ::-1].copy(), icc=None)
    small = resampled(wide, 48)
    assert small.native is not None
    assert np.array_equal(small.native, small.rgb[..., ::-1])


def test_the_source_says_what_it_was() -> None:
    picture = of(plain(9), source=Source("a.jpg", "JPEG", 1, "0" * 64, lossy=True))
    small = resampled(resampled(picture, 30), 20)
    assert small.source is not None
    assert (small.source.resampled, small.source.jpeg, small.source.lossy) == ((60, 40), None, True)
    assert small.notes == (
        "resampled from 60 x 40 to 30 x 20 pixels",
        "resampled from 30 x 20 to 20 x 13 pixels",
    )
