"""Every observer as people look: by itself where it can, else moved."""

from __future__ import annotations

import math

import numpy as np
import pytest

import jndkit
from jndkit.codecs import codec
from jndkit.observers import observer
from jndkit.picture import Picture
from jndkit.picturewise.watching import watch_under
from jndkit.protocols import AIC, protocol

FIT, DESKTOP = protocol("side-by-side")


@pytest.fixture(scope="module")
def crop() -> Picture:
    return Picture(rgb=np.ascontiguousarray(jndkit.load("examples/lake.png").rgb[100:356, 200:584]))


def coded(picture: Picture, quality: int) -> Picture:
    jpeg = codec("jpeg")
    return jpeg.decode(jpeg.encode(picture, quality))


@pytest.mark.parametrize(("name", "most"), [("vpjnd", 0.1), ("wu2017", 0.25), ("chou1995", 0.25)])
def test_it_moves_about_as_far_as_what_people_see(crop: Picture, name: str, most: float) -> None:
    test = coded(crop, 40)
    true = watch_under(observer("cvvdp"), crop, DESKTOP, FIT)(test)
    reading = watch_under(observer(name), crop, DESKTOP, FIT)(test)
    plain = observer(name).watch(crop, DESKTOP, AIC)(test)
    assert reading.raw == pytest.approx(plain.jnd, rel=1e-6)
    assert abs(math.log(reading.jnd / reading.raw) - math.log(true.jnd / true.raw)) < most
    low, high = reading.interval
    assert low < true.jnd < high


def test_what_moves_a_reading_widens_its_interval(crop: Picture) -> None:
    test = coded(crop, 40)
    plain = observer("wu2017").watch(crop, DESKTOP, FIT)(test)
    moved = watch_under(observer("wu2017"), crop, DESKTOP, FIT)(test)
    assert moved.interval[1] / moved.jnd > plain.interval[1] / plain.jnd


@pytest.mark.parametrize("name", ["cvvdp", "vpjnd", "wu2017"])
def test_where_nothing_is_hidden_nothing_changes(crop: Picture, name: str) -> None:
    test = coded(crop, 40)
    assert watch_under(observer(name), crop, DESKTOP, AIC)(test) == observer(name).watch(crop, DESKTOP, AIC)(test)


@pytest.mark.parametrize("name", ["vpjnd", "wu2017"])
def test_the_same_picture_reads_nothing(crop: Picture, name: str) -> None:
    reading = watch_under(observer(name), crop, DESKTOP, FIT)(crop)
    assert 0.0 <= reading.jnd < 0.05


@pytest.mark.parametrize("name", ["vpjnd", "wu2017"])
@pytest.mark.parametrize("shape", [(40, 200), (70, 64), (640, 900)])
def test_pictures_of_any_size(name: str, shape: tuple[int, int]) -> None:
    rgb = np.random.default_rng(0).integers(90, 160, (*shape, 3), np.uint8)
    noisy = np.clip(rgb + np.random.default_rng(1).normal(0.0, 8.0, rgb.shape), 0, 255).astype(np.uint8)
    watched = watch_under(observer(name), Picture(rgb=rgb), DESKTOP, FIT)
    reading = watched(Picture(rgb=noisy))
    assert 0.0 < reading.jnd < 30.0
    assert reading.where.x + reading.where.width <= shape[1]
    assert reading.where.y + reading.where.height <= shape[0]
    assert watched.map(Picture(rgb=noisy)).shape == shape


@pytest.mark.parametrize("name", ["vpjnd", "wu2017"])
def test_transparent_pictures_are_looked_at_too(crop: Picture, name: str) -> None:
    alpha = np.full(crop.rgb.shape[:2], 255, np.uint8)
    alpha[:, :128] = 0
    watched = watch_under(observer(name), Picture(rgb=crop.rgb, alpha=alpha), DESKTOP, FIT)
    faded = alpha.copy()
    faded[:, :128] = 60
    assert watched(Picture(rgb=crop.rgb, alpha=faded)).jnd > 0.5


def test_damage_of_a_smooth_place_is_seen_before_that_of_a_busy_one() -> None:
    rng = np.random.default_rng(0)
    rgb = np.full((256, 512, 3), 128, np.uint8)
    rgb[:, 256:] = np.clip(128 + rng.normal(0.0, 40.0, (256, 256, 1)), 0, 255)
    noise = rng.normal(0.0, 5.0, (256, 256, 1))
    jnd, local = [], []
    watched = watch_under(observer("vpjnd"), Picture(rgb=rgb), DESKTOP, FIT)
    for part in (slice(0, 256), slice(256, 512)):
        test = rgb.astype(float)
        test[:, part] += noise
        version = Picture(rgb=np.clip(test, 0, 255).astype(np.uint8))
        jnd.append(watched(version).jnd)
        local.append(watched.map(version)[:, part].mean())
    assert jnd[0] > 1.5 * jnd[1]
    assert local[0] > 1.5 * local[1]
