"""People who look from place to place: what hides, what does not, and that nothing else changes."""

from __future__ import annotations

import math
from dataclasses import replace

import cv2
import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings, strategies as st

from jndkit.observers import observer
from jndkit.observers.cvvdp import Cvvdp
from jndkit.observers.cvvdp.places import Places
from jndkit.picture import Picture, load
from jndkit.pixelwise import jnd_map
from jndkit.protocols import AIC, SIDE_BY_SIDE, protocol
from jndkit.viewing import DISPLAYS, Viewing, viewing
from jndkit.visibility import interval

Pixels = npt.NDArray[np.uint8]

LOOKED, DESKTOP = protocol("side-by-side")


@pytest.fixture(scope="module")
def lake() -> Pixels:
    return load("examples/lake.png").rgb


def noisy(rgb: Pixels, strength: float, seed: int = 1) -> Pixels:
    noise = np.random.default_rng(seed).normal(0, strength, rgb.shape[:2])[..., None]
    return np.clip(np.round(rgb + noise), 0, 255).astype(np.uint8)


def halves(seed: int = 0) -> Pixels:
    """Flat on the left, busy on the right."""
    rgb = np.full((256, 512, 3), 128, np.uint8)
    rgb[:, 256:] = np.random.default_rng(seed).integers(68, 188, (256, 256, 1))
    return rgb


def damaged(rgb: Pixels, left: int, strength: float = 6.0) -> Pixels:
    version = rgb.copy()
    version[96:160, left : left + 64] = noisy(rgb[96:160, left : left + 64], strength)
    return version


def read(rgb: Pixels, version: Pixels, at: Viewing = DESKTOP) -> tuple[float, float]:
    """JND as people look, and as it reads."""
    reading = Cvvdp().watch(Picture(rgb=rgb), at, LOOKED)(Picture(rgb=version))
    return reading.jnd, reading.raw


def test_without_a_look_nothing_changes(lake: Pixels) -> None:
    version = Picture(rgb=noisy(lake, 5.0))
    plain, asked = (
        Cvvdp().watch(Picture(rgb=lake), DESKTOP)(version),
        Cvvdp().watch(Picture(rgb=lake), DESKTOP, AIC)(version),
    )
    looked = Cvvdp().watch(Picture(rgb=lake), DESKTOP, LOOKED)(version)
    assert plain == asked
    assert plain.raw == plain.jnd == looked.raw != looked.jnd


def test_no_change_is_seen_nowhere() -> None:
    assert read(halves(), halves()) == (0.0, 0.0)


def test_the_same_damage_is_hidden_by_texture_and_shows_on_flat_ground() -> None:
    rgb = halves()
    (flat, flat_reads), (busy, busy_reads) = read(rgb, damaged(rgb, 64)), read(rgb, damaged(rgb, 384))
    assert flat / busy > 2.0
    assert flat / busy > flat_reads / busy_reads


def test_where_is_the_worst_window_and_the_local_place_lies_in_it() -> None:
    rgb = np.tile(halves(), (4, 4, 1))
    version = rgb.copy()
    version[:256, :512] = damaged(halves(), 64)
    reading = Cvvdp().watch(Picture(rgb=rgb), DESKTOP, LOOKED)(Picture(rgb=version))
    assert reading.where.x <= 64 < reading.where.x + reading.where.width
    assert reading.where.y <= 96 < reading.where.y + reading.where.height
    assert reading.jnd_local >= reading.jnd


@pytest.mark.parametrize("shape", [(512, 768), (1080, 1920)])
def test_damage_on_a_small_part_of_a_large_picture_is_not_diluted(lake: Pixels, shape: tuple[int, int]) -> None:
    patch = np.ascontiguousarray(lake[128:384, 128:384])
    coded = cv2.imdecode(cv2.imencode(".jpg", patch, [cv2.IMWRITE_JPEG_QUALITY, 30])[1], cv2.IMREAD_COLOR)
    assert coded is not None
    alone = read(patch, coded)[0]
    calm = np.full((*shape, 3), patch.mean(axis=(0, 1)).round().astype(np.uint8))
    whole, version = calm.copy(), calm.copy()
    whole[128:384, 128:384], version[128:384, 128:384] = patch, coded
    assert read(whole, version)[0] > 0.7 * alone


@settings(max_examples=15, deadline=None)
@given(height=st.integers(1, 70), width=st.integers(1, 90), seed=st.integers(0, 99), at=st.sampled_from(list(DISPLAYS)))
def test_any_size_at_any_display_reads_finite_and_grows(height: int, width: int, seed: int, at: str) -> None:
    rgb = np.random.default_rng(seed).integers(60, 200, (height, width, 3), np.uint8)
    mild, strong = (read(rgb, noisy(rgb, strength, seed), DISPLAYS[at])[0] for strength in (2.0, 40.0))
    assert 0.0 <= mild <= strong < 60.0


@pytest.mark.parametrize("at", ["desktop", "4k", "phone", "20"])
def test_mirrored_pictures_hide_alike(lake: Pixels, at: str) -> None:
    rgb = np.ascontiguousarray(lake[:288, :384])
    version = noisy(rgb, 6.0)
    there, back = (read(a, b, viewing(at))[0] for a, b in ((rgb, version), (rgb[:, ::-1], version[:, ::-1])))
    assert back == pytest.approx(there, rel=0.06)


def test_a_place_is_as_large_to_the_eye_at_every_display(lake: Pixels) -> None:
    sides = {at: Places(lake, DISPLAYS[at], SIDE_BY_SIDE).side for at in DISPLAYS}
    for at, side in sides.items():
        assert side / DISPLAYS[at].ppd == pytest.approx(0.42, rel=0.2), at


def test_hiding_is_the_mean_map_over_the_unit(lake: Pixels) -> None:
    hidden = Places(lake, DESKTOP, SIDE_BY_SIDE).hidden()
    assert hidden.shape == lake.shape[:2]
    assert hidden.mean() == pytest.approx(jnd_map(lake, SIDE_BY_SIDE.masking).mean() / SIDE_BY_SIDE.unit, rel=0.02)
    squared = Places(lake, DESKTOP, replace(SIDE_BY_SIDE, exponent=2.0)).hidden()
    assert np.median(squared / hidden**2) == pytest.approx(1.0, abs=0.02)


def test_a_crop_hides_about_as_much_as_it_does_within_the_whole(lake: Pixels) -> None:
    whole = Places(lake, DESKTOP, SIDE_BY_SIDE).hidden()[64:320, 128:448]
    crop = Places(np.ascontiguousarray(lake[64:320, 128:448]), DESKTOP, SIDE_BY_SIDE).hidden()
    inside = np.log(crop / whole)[32:-32, 32:-32]
    assert abs(float(inside.mean())) < 0.05


def test_tiles_make_about_the_same_map(lake: Pixels, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = Places(lake, DESKTOP, SIDE_BY_SIDE).hidden()
    monkeypatch.setattr("jndkit.observers.cvvdp.places._TILE", 256)
    tiled = Places(lake, DESKTOP, SIDE_BY_SIDE).hidden()
    assert np.abs(np.log(tiled / whole)).mean() < 0.05


def test_the_map_of_differences_is_hidden_too() -> None:
    rgb = halves()
    version = noisy(rgb, 5.0)
    plain = Cvvdp().watch(Picture(rgb=rgb), DESKTOP).map(Picture(rgb=version))
    looked = Cvvdp().watch(Picture(rgb=rgb), DESKTOP, LOOKED)
    hidden = looked.map(Picture(rgb=version))
    assert np.median(hidden[:, :200] / plain[:, :200]) > np.median(hidden[:, 312:] / plain[:, 312:])


def test_the_interval_is_the_protocols(lake: Pixels) -> None:
    version = Picture(rgb=noisy(lake, 6.0))
    reading = Cvvdp().watch(Picture(rgb=lake), DESKTOP, LOOKED)(version)
    assert reading.interval == interval(reading.jnd, LOOKED)
    assert math.log(reading.interval[1] / reading.jnd) == pytest.approx(1.645 * LOOKED.error.share, rel=1e-3)


def test_every_observer_takes_the_error_of_a_protocol(lake: Pixels) -> None:
    reference, version = Picture(rgb=lake), Picture(rgb=noisy(lake, 6.0))
    plain, asked = (observer("wu2017").watch(reference, DESKTOP, fit)(version) for fit in (AIC, LOOKED))
    assert plain.jnd == asked.jnd
    assert plain.interval != asked.interval


def test_a_map_is_made_once_for_one_picture_and_never_kept_for_another(lake: Pixels) -> None:
    """Whoever changes pixels in place and asks again is told of the pixels as they are."""
    rgb = lake[:128, :192].copy()
    first = Places(rgb, DESKTOP, SIDE_BY_SIDE).hidden()
    assert np.array_equal(Places(rgb.copy(), DESKTOP, SIDE_BY_SIDE).hidden(), first)
    rgb[:] = noisy(rgb, 40.0)
    changed = Places(rgb, DESKTOP, SIDE_BY_SIDE).hidden()
    assert changed.mean() > 1.2 * first.mean()
    assert not np.array_equal(Places(rgb, viewing("4k"), SIDE_BY_SIDE).hidden(), changed)


@pytest.mark.parametrize("display", ["desktop", "4k", "phone"])
@pytest.mark.parametrize("shape", [(70, 130), (128, 128), (33, 300)])
def test_every_cell_hides_as_its_place_does(display: str, shape: tuple[int, int]) -> None:
    rgb = np.random.default_rng(0).integers(0, 256, (*shape, 3), np.uint8)
    places = Places(rgb, viewing(display), SIDE_BY_SIDE)
    cells = places.by_cell()
    assert cells.shape == (-(-shape[0] // 16), -(-shape[1] // 16))
    together = places.side // 16
    assert np.array_equal(cells[:together, :together], np.full_like(cells[:together, :together], cells[0, 0]))
    assert cells.min() > 0.0
