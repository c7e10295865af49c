"""What a reading must do whatever the picture: zero for no change, growing with damage, blind to tiling."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from PIL import Image

from jndkit.errors import UsageError
from jndkit.observers.cvvdp import Cvvdp, observer as face
from jndkit.observers.cvvdp.cells import Cells, worst_place, worst_window
from jndkit.observers.cvvdp.pyramid import band_frequencies
from jndkit.observers.pooling.tiles import core
from jndkit.picture import Picture
from jndkit.viewing import DISPLAYS, viewing

DESKTOP = DISPLAYS["desktop"]


def textured(height: int, width: int, seed: int = 0) -> np.ndarray:
    """A picture with the spectrum of photographs: amplitude falls as 1 / frequency."""
    rng = np.random.default_rng(seed)
    fy, fx = np.meshgrid(np.fft.fftfreq(height), np.fft.fftfreq(width), indexing="ij")
    amplitude = 1.0 / np.maximum(np.hypot(fy, fx), 1.0 / max(height, width))
    planes = [np.fft.ifft2(np.fft.fft2(rng.normal(size=(height, width))) * amplitude).real for _ in range(3)]
    grey, *colours = (plane / max(plane.std(), 1e-9) for plane in planes)
    rgb = np.stack([grey, grey + 0.3 * colours[0], grey + 0.3 * colours[1]], axis=-1)
    return np.asarray(np.clip(127 + 40 * rgb, 0, 255), np.uint8)


def noisy(rgb: np.ndarray, strength: float, seed: int = 1) -> np.ndarray:
    noise = np.random.default_rng(seed).normal(0, strength, rgb.shape)
    return np.clip(np.round(rgb + noise), 0, 255).astype(np.uint8)


def test_no_change_reads_zero() -> None:
    rgb = textured(96, 120)
    reading = Cvvdp().watch(Picture(rgb=rgb), DESKTOP)(Picture(rgb=rgb))
    assert reading.jnd == 0.0
    assert reading.jnd_local == 0.0


@settings(max_examples=20, deadline=None)
@given(height=st.integers(1, 70), width=st.integers(1, 70), seed=st.integers(0, 99))
def test_any_size_reads_finite_and_grows_with_noise(height: int, width: int, seed: int) -> None:
    rgb = textured(height, width, seed)
    watched = Cvvdp().watch(Picture(rgb=rgb), DESKTOP)
    mild, strong = (watched(Picture(rgb=noisy(rgb, strength, seed))).jnd for strength in (2.0, 40.0))
    assert 0.0 <= mild <= strong < 40.0
    assert strong > 0.5 or min(height, width) < 16


def test_a_reading_does_not_depend_on_what_was_read_before() -> None:
    rgb = textured(200, 150)
    watched = Cvvdp().watch(Picture(rgb=rgb), DESKTOP)
    first = watched(Picture(rgb=noisy(rgb, 5.0)))
    watched(Picture(rgb=noisy(rgb, 50.0)))
    assert watched(Picture(rgb=noisy(rgb, 5.0))) == first


@pytest.mark.skipif(not hasattr(os, "fork"), reason="POSIX forks processes")
def test_a_forked_process_reads_as_its_parent_does() -> None:
    """Threads do not survive a fork; a pool of them that was used before must not be waited for."""
    code = """
import os, sys
import cv2, numpy as np
from jndkit.observers.cvvdp import Cvvdp
from jndkit.picture import Picture
from jndkit.viewing import DISPLAYS
cv2.setNumThreads(1)
rgb = np.random.default_rng(0).integers(0, 255, (700, 900, 3), np.uint8)
watched = Cvvdp().watch(Picture(rgb=rgb), DISPLAYS["desktop"])
before = watched(Picture(rgb=255 - rgb)).jnd
if os.fork() == 0:
    os._exit(0 if watched(Picture(rgb=255 - rgb)).jnd == before else 1)
sys.exit(os.waitstatus_to_exitcode(os.wait()[1]))
"""
    environment = {**os.environ, "JNDKIT_THREADS": "2"}
    assert subprocess.run([sys.executable, "-c", code], timeout=60, env=environment).returncode == 0


def test_seen_from_further_away_the_same_noise_is_fainter() -> None:
    rgb = textured(256, 256)
    near, far = (Cvvdp().watch(Picture(rgb=rgb), viewing(ppd))(Picture(rgb=noisy(rgb, 6.0))).jnd for ppd in (30, 90))
    assert far < 0.7 * near


def test_different_sizes_are_refused_by_name() -> None:
    watched = Cvvdp().watch(Picture(rgb=textured(64, 80)), DESKTOP)
    with pytest.raises(UsageError, match=r"80 x 64 and 64 x 80"):
        watched(Picture(rgb=textured(80, 64)))


def test_alpha_is_judged_over_the_worst_backdrop() -> None:
    rgb = np.full((96, 96, 3), 128, np.uint8)
    alpha = np.full((96, 96), 255, np.uint8)
    lower = alpha.copy()
    lower[30:60, 30:60] = 200
    watched = Cvvdp().watch(Picture(rgb=rgb, alpha=alpha), DESKTOP)
    # Over mid grey the hole cannot be seen at all; over black and white it can.
    assert watched(Picture(rgb=rgb, alpha=lower)).jnd > 0.3
    assert watched(Picture(rgb=rgb, alpha=alpha)).jnd == 0.0


def test_the_map_is_where_the_change_is() -> None:
    rgb = textured(192, 256)
    changed = rgb.copy()
    changed[64:96, 160:200] = noisy(rgb, 30.0)[64:96, 160:200]
    local = Cvvdp().watch(Picture(rgb=rgb), DESKTOP).map(Picture(rgb=changed))
    assert local.shape == (192, 256)
    assert local.dtype == np.float32
    assert np.isfinite(local).all()
    inside = local[64:96, 160:200].mean()
    assert inside > 20 * local[:, :100].mean()


def test_tiles_read_as_the_whole_does(monkeypatch: pytest.MonkeyPatch) -> None:
    rgb = textured(1500, 1100)
    changed = noisy(rgb, 6.0)
    whole = Cvvdp().watch(Picture(rgb=rgb), DESKTOP).worst(changed)
    map_whole = Cvvdp().watch(Picture(rgb=rgb), DESKTOP).map(Picture(rgb=changed))
    monkeypatch.setattr(face, "_KEEP_PIXELS", 500_000)
    monkeypatch.setattr(face, "_TILE", 800)
    tiled = Cvvdp().watch(Picture(rgb=rgb), DESKTOP)
    (window, _), (place, _) = tiled.worst(changed)
    assert window == pytest.approx(whole[0][0], abs=0.004)
    assert place == pytest.approx(whole[1][0], abs=0.02)
    # Away from the coarsest bands' reach the two maps are one.
    assert np.abs(tiled.map(Picture(rgb=changed)) - map_whole).mean() < 0.01


@settings(max_examples=200, deadline=None)
@given(
    height=st.integers(8, 30_000),
    width=st.integers(8, 30_000),
    ppd=st.sampled_from([5.0, 37.84, 120.56, 300.0]),
)
def test_every_tile_has_the_bands_of_its_neighbours_and_they_cover_the_picture(
    height: int, width: int, ppd: float
) -> None:
    tiles = list(face._tiles(height, width))
    assert len({len(band_frequencies(tile.height, tile.width, ppd)) for tile in tiles}) == 1
    cores = [core(tile, (height, width), face._HALO) for tile in tiles]
    assert sum(own.width * own.height for own in cores) == height * width
    assert max(tile.width * tile.height for tile in tiles) <= 22_000_000


def _calm(shape: tuple[int, int]) -> Cells:
    cells = Cells(shape, 4)
    cells.grid[:] = 1e-4
    return cells


def test_a_narrow_picture_is_read_in_windows_of_the_same_area() -> None:
    cells = _calm((160, 4000))
    cells.grid[:, :, :, 100:120] = 4.0
    jod, box = worst_window(cells, DESKTOP.ppd)
    assert jod < 9.95
    assert jod < worst_window(_calm((160, 4000)), DESKTOP.ppd)[0] - 0.01
    assert box.height == 160
    assert box.width * box.height == pytest.approx(757 * 511, rel=0.05)
    assert box.x <= 1600 + 16
    assert box.x + box.width >= 1920 - 16
    assert worst_place(cells, DESKTOP.ppd)[1].width == 7 * 16


@pytest.mark.slow
@pytest.mark.parametrize(("side", "ruined"), [(256, 50), (100, 20)])
def test_a_ruined_detail_in_a_large_calm_picture_is_seen(side: int, ruined: int, shared: Path) -> None:
    """12 megapixels of calm and one textured patch: coded badly it must read as visible, coded well it must not."""

    def coded(patch: np.ndarray, quality: int) -> np.ndarray:
        buffer = io.BytesIO()
        Image.fromarray(patch).save(buffer, "JPEG", quality=quality)
        return np.asarray(Image.open(buffer).convert("RGB"))

    y, x = np.mgrid[0:3000, 0:4000].astype(np.float32)
    calm = np.stack([110 + 50 * np.sin(x / 900), 120 + 40 * np.cos(y / 800), 140 + 20 * np.sin((x + y) / 1100)], -1)
    calm += np.random.default_rng(0).normal(0, 1, (3000, 4000, 1))
    reference = np.clip(calm, 0, 255).astype(np.uint8)
    source = np.asarray(Image.open(shared / "data" / "valid" / "gb82" / "flowers.png").convert("RGB"))
    place = np.s_[1300 : 1300 + side, 2100 : 2100 + side]
    reference[place] = source[150 : 150 + side, 150 : 150 + side]
    watched = Cvvdp().watch(Picture(rgb=reference), DESKTOP)
    for quality, visible in ((ruined, True), (95, False)):
        decoded = reference.copy()
        decoded[place] = coded(np.ascontiguousarray(reference[place]), quality)
        reading = watched(Picture(rgb=decoded))
        assert (reading.jnd > 0.472) is visible, f"quality {quality} reads {reading.jnd:.3f}"
        if visible:
            assert 2100 - 768 < reading.where.x < 2100 + side
