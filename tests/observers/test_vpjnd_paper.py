"""The published classifier among the observers: the same places, one display, the sign of its answer."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from jndkit.codecs import codec
from jndkit.errors import UsageError
from jndkit.observers import observer
from jndkit.observers.contract import is_noisy
from jndkit.observers.vpjnd_paper import VpjndPaper
from jndkit.picture import Picture, load
from jndkit.protocols import protocol
from jndkit.viewing import DISPLAYS, viewing
from jndkit.visibility import jnd_for

EXAMPLE = Path(__file__).parents[2] / "examples" / "lake.png"
DESKTOP = DISPLAYS["desktop"]
TARGET = jnd_for(75.0, protocol("aic")[0])


@pytest.fixture(scope="module")
def crop() -> Picture:
    return Picture(rgb=np.ascontiguousarray(load(EXAMPLE).rgb[60:316, 100:356]))


def coded(picture: Picture, quality: int) -> Picture:
    coder = codec("jpeg:420")
    return coder.decode(coder.encode(picture, quality))


def test_its_reading_lies_above_the_target_where_its_answer_is_seen(crop: Picture) -> None:
    watched = VpjndPaper().watch(crop, DESKTOP)
    for quality in (10, 50, 95):
        version = coded(crop, quality)
        assert (watched(version).jnd > TARGET) == (watched.answer(version) > 0)


def test_coarse_coding_is_seen_more_than_fine_coding(crop: Picture) -> None:
    watched = observer("vpjnd-paper").watch(crop, DESKTOP)
    assert watched(coded(crop, 5)).jnd > watched(coded(crop, 98)).jnd


def test_its_interval_holds_its_reading_and_its_place_lies_in_the_picture(crop: Picture) -> None:
    reading = observer("vpjnd-paper").watch(crop, DESKTOP)(coded(crop, 40))
    assert reading.interval[0] < reading.jnd < reading.interval[1]
    assert 0 <= reading.where.x <= 256 - reading.where.width
    assert 0 <= reading.where.y <= 256 - reading.where.height


@pytest.mark.parametrize("size", [(1, 1), (70, 300), (256, 129)])
def test_pictures_of_any_size_are_judged(size: tuple[int, int]) -> None:
    picture = Picture(rgb=np.random.default_rng(0).integers(0, 256, (*size, 3), np.uint8))
    watched = observer("vpjnd-paper").watch(picture, DESKTOP)
    assert watched(picture).jnd > 0
    assert watched.map(picture).shape == size


def test_it_says_which_display_it_was_taught(crop: Picture) -> None:
    with pytest.raises(UsageError, match="desktop display alone, not at 4k"):
        observer("vpjnd-paper").watch(crop, DISPLAYS["4k"])
    observer("vpjnd-paper").watch(crop, viewing(37.84))


def test_searches_must_expect_wrong_answers() -> None:
    assert is_noisy(observer("vpjnd-paper"))
