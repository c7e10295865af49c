"""The learned observer: where it looks, how it pools, and what its readings must do."""

from __future__ import annotations

import math
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from jndkit.codecs import codec
from jndkit.errors import UsageError
from jndkit.observers import observer
from jndkit.observers.contract import is_noisy
from jndkit.observers.cvvdp.quality import pooled_jod
from jndkit.observers.vpjnd import MOST, SIDE, Vpjnd, display, jnd_of, starts
from jndkit.picture import Picture, load
from jndkit.viewing import DISPLAYS, viewing
from jndkit.visibility import JND_PER_JOD

EXAMPLE = Path(__file__).parents[2] / "examples" / "lake.png"
DESKTOP = DISPLAYS["desktop"]


@pytest.fixture(scope="module")
def crop() -> Picture:
    return Picture(rgb=np.ascontiguousarray(load(EXAMPLE).rgb[60:316, 100:356]))


def coded(picture: Picture, quality: int) -> Picture:
    coder = codec("jpeg:420")
    return coder.decode(coder.encode(picture, quality))


@settings(max_examples=200, deadline=None)
@given(height=st.integers(SIDE, 9000), width=st.integers(SIDE, 9000))
def test_patches_cover_small_pictures_and_spread_over_large_ones(height: int, width: int) -> None:
    tops, lefts = starts(height, width)
    assert len(tops) * len(lefts) <= MOST
    for found, size in ((tops, height), (lefts, width)):
        assert found == sorted(set(found))
        assert found[0] >= 0
        assert found[-1] + SIDE <= size
        if len(found) > 1:
            assert (found[0], found[-1] + SIDE) == (0, size)
            gaps = [b - a for a, b in pairwise(found)]
            assert max(gaps) - min(gaps) <= 16
    if math.ceil(height / SIDE) * math.ceil(width / SIDE) <= MOST:
        assert all(b - a < SIDE + 8 for found in (tops, lefts) for a, b in pairwise(found))
    else:
        assert len(tops) * len(lefts) >= 0.75 * MOST


def test_known_places() -> None:
    assert starts(128, 128) == ([0], [0])
    assert starts(512, 768) == ([0, 128, 256, 384], [0, 128, 256, 384, 512, 640])
    tops, lefts = starts(1080, 1920)
    assert (len(tops), len(lefts)) == (4, 8)
    assert starts(1920, 1080) == (lefts, tops)


def test_it_is_told_the_display_and_nothing_beyond_what_it_learned() -> None:
    assert display(DESKTOP) == (0.0, 0.0)
    assert display(DISPLAYS["4k"])[0] == pytest.approx(math.log2(DISPLAYS["4k"].ppd / DESKTOP.ppd))
    assert display(DISPLAYS["phone"])[1] == pytest.approx(math.log2(2.5))
    assert display(viewing(300)) == display(viewing(200))
    assert display(viewing(6)) == display(viewing(10))


def test_energies_pool_as_the_psychophysical_observer_pools_them() -> None:
    energy = np.random.default_rng(2).gamma(2.0, 2.0, (12, 7))
    bands = np.concatenate([energy.reshape(4, 3, 7), np.zeros((1, 3, 7))])
    assert jnd_of(energy) == pytest.approx(JND_PER_JOD * (10.0 - pooled_jod(bands)), rel=1e-9)
    assert (jnd_of(4.0 * energy) > jnd_of(energy)).all()
    assert jnd_of(np.zeros((12, 1))) == 0.0


def test_no_change_reads_nothing_and_coarser_coding_reads_more(crop: Picture) -> None:
    found = observer("vpjnd")
    assert is_noisy(found)
    assert found.version.startswith("vpjnd.")
    watched = found.watch(crop, DESKTOP)
    assert watched(crop).jnd < 0.01
    readings = [watched(coded(crop, quality)) for quality in (95, 80, 50, 20)]
    assert all(a.jnd < b.jnd for a, b in pairwise(readings))
    for reading in readings:
        assert reading.interval[0] < reading.jnd < reading.interval[1]
    assert watched(coded(crop, 50)) == readings[2]


def test_it_reads_what_the_psychophysical_observer_reads(crop: Picture) -> None:
    for name in ("desktop", "4k"):
        pair = [observer(each).watch(crop, DISPLAYS[name]) for each in ("vpjnd", "cvvdp")]
        for quality in (85, 60, 30):
            test = coded(crop, quality)
            assert pair[0](test).jnd == pytest.approx(pair[1](test).jnd, rel=0.25)


def test_the_worst_place_is_where_the_damage_is(crop: Picture) -> None:
    rgb = crop.rgb.copy()
    rgb[128:, 128:] = coded(crop, 15).rgb[128:, 128:]
    watched = Vpjnd().watch(crop, DESKTOP)
    local = watched.map(Picture(rgb=rgb))
    assert local.shape == (256, 256)
    assert local.dtype == np.float32
    assert local[200, 200] > 10 * local[40, 40]
    reading, spread = watched.with_spread(Picture(rgb=rgb))
    assert reading.jnd_local > reading.jnd
    assert 0 < spread < 1


@pytest.mark.parametrize("shape", [(7, 300), (64, 64), (129, 1)])
def test_small_pictures_are_mirrored_up(shape: tuple[int, int]) -> None:
    rgb = load(EXAMPLE).rgb[60 : 60 + shape[0], 100 : 100 + shape[1]].copy()
    watched = Vpjnd().watch(Picture(rgb=rgb), DESKTOP)
    noise = np.random.default_rng(1).normal(0, 12, rgb.shape)
    test = Picture(rgb=np.clip(rgb + noise, 0, 255).astype(np.uint8))
    reading = watched(test)
    assert reading.jnd > 0.3
    assert watched.map(test).shape == shape
    assert reading.where.x + reading.where.width <= shape[1]
    assert reading.where.y + reading.where.height <= shape[0]


def test_transparent_pictures_are_seen_over_every_backdrop(crop: Picture) -> None:
    alpha = np.full(crop.rgb.shape[:2], 255, np.uint8)
    alpha[:, :128] = 0
    reference = Picture(rgb=crop.rgb, alpha=alpha)
    watched = Vpjnd().watch(reference, DESKTOP)
    hidden = crop.rgb.copy()
    hidden[:, :128] ^= 0xFF
    assert watched(Picture(rgb=hidden, alpha=alpha)).jnd < 0.01
    faded = alpha.copy()
    faded[:, :128] = 60
    assert watched(Picture(rgb=crop.rgb, alpha=faded)).jnd > 1
    with pytest.raises(UsageError, match="differ in size"):
        watched(Picture(rgb=np.ascontiguousarray(crop.rgb[:, :200])))
