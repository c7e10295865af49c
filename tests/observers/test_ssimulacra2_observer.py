"""SSIMULACRA2 as an observer: what it reads whole, in windows and in tiles, its scale, and what it refuses."""

from __future__ import annotations

import io
import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings, strategies as st
from PIL import Image

from jndkit.cli import main
from jndkit.errors import UsageError
from jndkit.evaluation.observers.subjective import aic_sample
from jndkit.evaluation.observers.units import score_curve
from jndkit.observers import Reading, observer
from jndkit.observers.objection import insisted
from jndkit.observers.pooling.tiles import core, tiles
from jndkit.observers.ssimulacra2 import Ssimulacra2, WatchedSsimulacra2, observer as face
from jndkit.observers.ssimulacra2.measure import ssimulacra2
from jndkit.observers.ssimulacra2.scale import Curve, scale
from jndkit.observers.ssimulacra2.sums import scales_of
from jndkit.picture import Picture, load
from jndkit.protocols import PROTOCOLS
from jndkit.viewing import DISPLAYS, viewing
from jndkit.visibility import interval

EXAMPLE = Path(__file__).parents[2] / "examples" / "lake.png"
ROWS = Path(__file__).parents[2] / "benchmarks" / "rows" / "ssimulacra2.jsonl"
DESKTOP = DISPLAYS["desktop"]

Rgb = npt.NDArray[np.uint8]


def textured(height: int, width: int, seed: int = 0) -> Rgb:
    """Smooth waves under grain, in three different planes."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[0:height, 0:width]
    planes = [110 + 50 * np.sin(x / a) * np.cos(y / b) for a, b in ((9, 14), (11, 17), (23, 8))]
    return np.clip(np.stack(planes, -1) + rng.normal(0, 8, (height, width, 3)), 0, 255).astype(np.uint8)


def coded(rgb: Rgb, quality: int) -> Rgb:
    held = io.BytesIO()
    Image.fromarray(rgb).save(held, "JPEG", quality=quality)
    return np.array(Image.open(held))


def watch(rgb: Rgb) -> WatchedSsimulacra2:
    return Ssimulacra2().watch(Picture(rgb), DESKTOP)


@pytest.mark.parametrize(
    "size", [(8, 8), (9, 31), (15, 8), (33, 8), (61, 47), (64, 64), (257, 260), (513, 300), (200, 1300)]
)
def test_the_whole_scores_what_the_measure_scores(size: tuple[int, int]) -> None:
    rgb = textured(*size)
    test = coded(rgb, 50)
    assert watch(rgb).whole(Picture(test)) == pytest.approx(ssimulacra2(rgb, test), abs=1e-4)


def test_a_picture_of_one_window_reads_its_score() -> None:
    rgb = textured(500, 750)
    test = coded(rgb, 60)
    reading = watch(rgb)(Picture(test))
    # Coding is as strong everywhere, so that no place decides.
    assert reading.jnd == pytest.approx(float(scale().curve(ssimulacra2(rgb, test))), abs=1e-4)
    assert reading.where == (0, 0, 750, 500)
    assert reading.jnd_local < scale().local_ratio * reading.jnd
    assert reading.interval == pytest.approx(scale().error.around(reading.jnd, 1.645), rel=1e-3)
    assert reading.doubt == pytest.approx(1.645 * scale().plain(reading.jnd), rel=1e-3)
    assert insisted(reading, 1.0) > reading.interval[0]


@pytest.mark.parametrize("size", [(8, 8), (5, 3), (1, 1), (1, 700), (40, 33), (300, 400)])
def test_equal_pictures_read_nothing(size: tuple[int, int]) -> None:
    rgb = textured(*size)
    watched = watch(rgb)
    reading = watched(Picture(rgb))
    assert (reading.jnd, reading.jnd_local, reading.interval[0]) == (0.0, 0.0, 0.0)
    shown = watched.map(Picture(rgb))
    assert shown.shape == size
    assert shown.dtype == np.float32
    assert not shown.any()


def test_better_quality_reads_less_and_lies_in_its_interval() -> None:
    watched = watch(load(EXAMPLE).rgb)
    readings = [watched(Picture(coded(load(EXAMPLE).rgb, quality))) for quality in (20, 40, 60, 80, 95)]
    found = [reading.jnd for reading in readings]
    assert found == sorted(found, reverse=True)
    assert found[0] > 2.0 > 0.5 > found[-1]
    assert all(reading.interval[0] <= reading.jnd <= reading.interval[1] for reading in readings)


@pytest.mark.parametrize("turn", [np.fliplr, np.flipud])
def test_flips_change_nothing(turn: Any) -> None:
    rgb = textured(256, 384)
    test = coded(rgb, 40)
    flipped = watch(np.ascontiguousarray(turn(rgb)))(Picture(np.ascontiguousarray(turn(test))))
    assert flipped.jnd == pytest.approx(watch(rgb)(Picture(test)).jnd, abs=1e-3)


def test_damage_on_a_small_part_is_not_diluted() -> None:
    rgb = textured(1024, 1600)
    test = rgb.copy()
    test[640:768, 1280:1408] = coded(rgb, 10)[640:768, 1280:1408]
    watched = watch(rgb)
    reading = watched(Picture(test))
    diluted = float(scale().curve(watched.whole(Picture(test))))
    assert reading.jnd > 1.2 * diluted
    x, y, width, height = reading.where
    assert x < 1408
    assert x + width > 1280
    assert y < 768
    assert y + height > 640
    assert reading.jnd_local > reading.jnd
    shown = watched.map(Picture(test))
    assert shown[656:752, 1296:1392].mean() > 20 * shown[:256, :512].mean()


@pytest.mark.parametrize("keep", [0, 10**9])
@pytest.mark.parametrize("size", [(701, 1203), (64, 2049), (512, 512)])
def test_tiles_change_nothing(monkeypatch: pytest.MonkeyPatch, size: tuple[int, int], keep: int) -> None:
    """The halo covers what the measure looks at, at every scale."""
    rgb = textured(*size)
    test = Picture(coded(rgb, 50))
    whole = watch(rgb)
    expected, shown = whole(test), whole.map(test)
    monkeypatch.setattr(face, "_TILE", 384)
    monkeypatch.setattr(face, "_KEEP_PIXELS", keep)
    tiled = watch(rgb)
    assert len(tiled._scenes[0]._tiles) > 1
    assert (tiled._scenes[0]._watched is None) == (keep == 0)
    reading = tiled(test)
    assert reading.where == expected.where
    assert reading.jnd == pytest.approx(expected.jnd, abs=1e-4)
    assert reading.jnd_local == pytest.approx(expected.jnd_local, abs=1e-4)
    # Coarse scales are enlarged tile by tile, which differs in the pixels at the seams.
    assert np.abs(tiled.map(test) - shown).mean() < 0.02


@settings(max_examples=100, deadline=None)
@given(height=st.integers(8, 20_000), width=st.integers(8, 20_000))
def test_tiles_cover_the_picture_with_its_scales(height: int, width: int) -> None:
    cut = list(tiles((height, width), face._TILE, face._HALO))
    own = [core(tile, (height, width), face._HALO) for tile in cut]
    assert sum(part.width * part.height for part in own) == height * width
    assert all(part.x % 32 == part.y % 32 == 0 for part in own)
    assert {scales_of((tile.height, tile.width)) for tile in cut} == {scales_of((height, width))}
    assert max(tile.width * tile.height for tile in cut) <= 2_000_000


def test_transparent_pictures_are_read_over_backdrops() -> None:
    rgb = np.full((96, 96, 3), 128, np.uint8)
    alpha = np.full((96, 96), 255, np.uint8)
    lower = alpha.copy()
    lower[30:60, 30:60] = 200
    watched = Ssimulacra2().watch(Picture(rgb, alpha=alpha), DESKTOP)
    # Over mid grey the hole cannot be seen at all; over black and white it can.
    assert watched(Picture(rgb, alpha=lower)).jnd > 0.3
    assert watched.map(Picture(rgb, alpha=lower))[40, 40] > 0.3
    assert watched(Picture(rgb, alpha=alpha)).jnd == 0.0
    with pytest.raises(UsageError, match="transparent"):
        watch(rgb)(Picture(rgb, alpha=alpha))


def test_what_is_refused() -> None:
    picture = Picture(textured(16, 16))
    for name in ("4k", "laptop", "phone"):
        with pytest.raises(UsageError, match=f"ssimulacra2 knows no display .*, not at {name}"):
            Ssimulacra2().watch(picture, DISPLAYS[name])
    with pytest.raises(UsageError, match="differ in size"):
        watch(picture.rgb)(Picture(textured(16, 17)))
    Ssimulacra2().watch(picture, viewing(37.84))


@pytest.mark.parametrize("name", ["side-by-side", "konjnd"])
def test_other_people_widen_the_interval(name: str) -> None:
    rgb, protocol = textured(64, 80), PROTOCOLS[name][0]
    test = Picture(coded(rgb, 30))
    alone, (low, high) = watch(rgb)(test), Ssimulacra2().watch(Picture(rgb), DESKTOP, protocol)(test).interval
    assert low <= alone.interval[0]
    assert high > alone.interval[1]
    assert high - alone.jnd > interval(alone.jnd, protocol)[1] - alone.jnd


@given(score=st.floats(-1000.0, 100.0), less=st.floats(0.001, 50.0))
def test_the_scale_is_zero_at_100_and_falls_with_the_score(score: float, less: float) -> None:
    curve = scale().curve
    assert curve(np.array([100.0, 100.5])).tolist() == [0.0, 0.0]
    assert curve(score - less) > curve(score)
    # The form, written out.
    lost = 100.0 - score
    assert float(curve(score)) == pytest.approx(curve.gain * math.log(1.0 + (lost / curve.unit) ** 2), rel=1e-9)


def test_a_known_curve_is_found_again() -> None:
    truth, x = Curve(1.4, 19.3), np.linspace(40.0, 98.0, 60)
    found = score_curve(x, truth(x))
    assert (found.gain, found.unit) == pytest.approx((1.4, 19.3), rel=0.01)


def test_the_constants_are_those_of_the_rows() -> None:
    rows = {row["fit"]: row for row in map(json.loads, ROWS.read_text(encoding="utf-8").splitlines())}
    curve, now = rows["SSIMULACRA2"], scale()
    assert (curve["gain"], curve["unit"]) == (now.curve.gain, now.curve.unit)
    assert (curve["stated_floor"], curve["stated_share"]) == (now.error.floor, now.error.share)
    assert curve["rmse_left_out_reading_below_1.5"] == now.plain.floor
    assert curve["relative_rmse_left_out_reading_above_1.5"] == now.plain.share
    assert rows["local ratio, 98 of 100 encodes"]["local_ratio"] == now.local_ratio
    assert curve["rmse_left_out"] < rows["PSNR-Y, three constants"]["rmse_left_out"]
    assert curve["rmse_left_out"] < rows["one JND for all"]["rmse_left_out"]


@pytest.mark.shared
def test_the_fit_repeats(shared: Path) -> None:
    answers = aic_sample(shared / "data")
    x, d = answers.metrics["SSIMULACRA2"], answers.jnd
    found, now = score_curve(x, d), scale().curve
    assert (found.gain, found.unit) == pytest.approx((now.gain, now.unit), abs=1e-3)
    assert math.sqrt(float(((now(x) - d) ** 2).mean())) == pytest.approx(0.427, abs=0.001)


def test_the_command_line_takes_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rgb = textured(120, 160)
    reference, version = str(tmp_path / "reference.png"), str(tmp_path / "version.png")
    Image.fromarray(rgb).save(reference)
    Image.fromarray(coded(rgb, 60)).save(version)
    expected: Reading = observer("ssimulacra2").watch(Picture(rgb), DESKTOP)(load(version))
    assert main(["compare", reference, version, "--observer", "ssimulacra2", "--json"]) == 0
    row = json.loads(capsys.readouterr().out)
    assert row["observer"] == f"ssimulacra2 {scale().version}"
    assert row["jnd"] == pytest.approx(expected.jnd, abs=1e-5)
    out = str(tmp_path / "out.jpg")
    assert main(["encode", reference, "-o", out, "--observer", "ssimulacra2", "--json"]) == 0
    row = json.loads(capsys.readouterr().out)
    assert row["observer"].startswith("ssimulacra2 ")
    assert row["jnd"] <= row["target"]["jnd"]
    assert main(["compare", reference, version, "--observer", "ssimulacra2", "--viewing", "4k"]) == 2
    assert "fitted at the desktop alone, not at 4k" in capsys.readouterr().err
    assert main(["models"]) == 0
    assert "SSIMULACRA 2.1 in JND units" in capsys.readouterr().out
