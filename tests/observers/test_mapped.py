"""A JND map as an observer: known values, what a reading must do whatever the map, and readings against labels."""

from __future__ import annotations

import csv
import io
import json
import math
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings, strategies as st
from PIL import Image

from jndkit import threads
from jndkit.cli import main
from jndkit.errors import UsageError
from jndkit.observers import OBSERVERS, observer
from jndkit.observers.intervals import reading_interval
from jndkit.observers.mapped.constants import Constants, constants
from jndkit.observers.mapped.exceedance import BLUR, low_passed_error
from jndkit.observers.mapped.grid import Grid
from jndkit.observers.mapped.observer import Mapped, WatchedMapped
from jndkit.picture import Picture, Pixels, load
from jndkit.pixelwise import MODELS, jnd_map
from jndkit.viewing import DISPLAYS, viewing
from jndkit.visibility import JND_PER_JOD, interval

DESKTOP = DISPLAYS["desktop"]
QUICK = ("chou1995", "yang2005", "wu2017")
ROWS = Path(__file__).parents[2] / "benchmarks" / "rows" / "mapped.jsonl"

Rgb = npt.NDArray[np.uint8]


def textured(height: int, width: int, seed: int = 0) -> Rgb:
    """Smooth waves under grain, in three different planes."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[0:height, 0:width]
    planes = [110 + 50 * np.sin(x / a) * np.cos(y / b) for a, b in ((9, 14), (11, 17), (23, 8))]
    return np.clip(np.stack(planes, -1) + rng.normal(0, 8, (height, width, 3)), 0, 255).astype(np.uint8)


def noisy(rgb: Rgb, strength: float, seed: int = 1) -> Rgb:
    noise = np.random.default_rng(seed).normal(0, strength, rgb.shape)
    return np.clip(np.round(rgb + noise), 0, 255).astype(np.uint8)


def grey(height: int, width: int, level: int) -> Rgb:
    return np.full((height, width, 3), level, np.uint8)


@pytest.mark.parametrize("name", list(constants()))
def test_no_change_reads_zero_and_noise_reads_more_the_stronger_it_is(name: str) -> None:
    rgb = textured(64, 80)
    watched = observer(name).watch(Picture(rgb), DESKTOP)
    same = watched(Picture(rgb))
    assert (same.jnd, same.jnd_local, same.interval[0]) == (0.0, 0.0, 0.0)
    assert not watched.map(Picture(rgb)).any()
    readings = [watched(Picture(noisy(rgb, strength))).jnd for strength in (1.0, 4.0, 16.0)]
    assert 0.0 < readings[0] < readings[1] < readings[2] < 100.0


@pytest.mark.parametrize("shift", [2, 9])
def test_an_even_shift_of_flat_grey_reads_what_the_formula_says(shift: int) -> None:
    threshold = float(jnd_map(grey(8, 8, 127), "chou1995")[4, 4])
    fit = constants()["chou1995"]
    watched = Mapped("chou1995").watch(Picture(grey(64, 96, 127)), DESKTOP)
    changed = Picture(grey(64, 96, 127 + shift))
    expected = fit.gain * (shift / threshold) ** fit.power
    assert watched(changed).jnd == pytest.approx(expected, rel=1e-4)
    assert watched(changed).jnd_local == pytest.approx(expected, rel=1e-4)
    # The unit of the map: every pixel is as the whole.
    np.testing.assert_allclose(watched.map(changed), expected, rtol=1e-4)


def test_chance_is_summed_over_the_area_that_changed() -> None:
    fit = constants()["chou1995"]
    reference = grey(256, 256, 127)
    watched = Mapped("chou1995").watch(Picture(reference), DESKTOP)
    half = reference.copy()
    half[:, :128] += 6
    ratio = watched.whole(Picture(half)) / watched.whole(Picture(grey(256, 256, 133)))
    assert ratio == pytest.approx(0.5 ** (fit.power / fit.beta), rel=0.02)


@pytest.mark.parametrize(("beta", "chroma"), [(1, 0.0), (2, 0.5), (3, 0.25), (4, 1.0)])
def test_the_pooled_figure_is_the_formula_written_out(beta: int, chroma: float) -> None:
    reference, decoded = textured(48, 60), noisy(textured(48, 60), 6.0)
    fit = Constants(beta, chroma, gain=0.7, power=1.3, local_ratio=2.0, error=0.4)
    watched = WatchedMapped(Picture(reference), DESKTOP, "yang2005", fit)
    r, g, b = np.moveaxis(decoded.astype(float) - reference, -1, 0)
    luma = 0.299 * r + 0.587 * g + 0.114 * b
    planes = (luma, (b - luma) / 1.772, (r - luma) / 1.402)
    x = [np.abs(low_passed(plane, BLUR * DESKTOP.ppd)) / jnd_map(reference, "yang2005") for plane in planes]
    mean = np.mean(x[0] ** beta + chroma**beta * (x[1] ** beta + x[2] ** beta))
    assert watched.whole(Picture(decoded)) == pytest.approx(0.7 * mean ** (1.3 / beta), rel=1e-4)


def low_passed(plane: npt.NDArray[np.float64], sigma: float) -> npt.NDArray[np.float64]:
    """Under a Gaussian cut at three deviations, the plane mirrored at its frame."""
    reach = math.ceil(3 * sigma)
    weights = np.exp(-(np.arange(-reach, reach + 1) ** 2) / (2 * sigma**2))
    weights /= weights.sum()
    padded = np.pad(plane, reach, "symmetric")
    for axis in (0, 1):
        padded = np.apply_along_axis(np.convolve, axis, padded, weights, "valid")
    return padded


@settings(max_examples=25, deadline=None)
@given(height=st.integers(1, 70), width=st.integers(1, 70), seed=st.integers(0, 99), name=st.sampled_from(QUICK))
def test_any_size_reads_finite_and_grows_with_noise(height: int, width: int, seed: int, name: str) -> None:
    rgb = textured(height, width, seed)
    watched = observer(name).watch(Picture(rgb), DESKTOP)
    mild, strong = (Picture(noisy(rgb, strength, seed)) for strength in (2.0, 40.0))
    assert 0.0 <= watched(mild).jnd <= watched(strong).jnd < math.inf
    assert watched(strong).jnd > 0.0
    local = watched.map(strong)
    assert local.shape == (height, width)
    assert local.dtype == np.float32
    assert np.isfinite(local).all()


def test_a_reading_does_not_depend_on_what_was_read_before_or_on_strips(monkeypatch: pytest.MonkeyPatch) -> None:
    rgb = textured(200, 150)
    changed = Picture(noisy(rgb, 5.0))
    watched = observer("wu2017").watch(Picture(rgb), DESKTOP)
    first, local = watched(changed), watched.map(changed)
    watched(Picture(noisy(rgb, 50.0)))
    assert watched(changed) == first
    monkeypatch.setattr(threads, "STRIP_PIXELS", 1)
    assert watched(changed).jnd == pytest.approx(first.jnd, rel=1e-5)
    np.testing.assert_allclose(watched.map(changed), local, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("turn", [np.flipud, np.fliplr, lambda rgb: rgb.transpose(1, 0, 2)])
@pytest.mark.parametrize(("name", "bound"), [("chou1995", 1e-5), ("yang2005", 0.01)])
def test_turned_pictures_read_the_same(name: str, bound: float, turn: Callable[[Pixels], Pixels]) -> None:
    # Whole cells of 16 pixels, so that the grid of windows turns too. Yang's edges do not quite turn.
    rgb = textured(160, 208)
    changed = noisy(rgb, 5.0)
    watched = observer(name).watch(Picture(rgb), DESKTOP)
    turned = [np.ascontiguousarray(turn(each)) for each in (rgb, changed)]
    other = observer(name).watch(Picture(turned[0]), DESKTOP)(Picture(turned[1]))
    assert other.jnd == pytest.approx(watched(Picture(changed)).jnd, rel=bound)


def test_seen_from_further_away_the_same_noise_is_fainter() -> None:
    rgb = textured(256, 256)
    near, far = (observer("wu2017").watch(Picture(rgb), viewing(ppd))(Picture(noisy(rgb, 6.0))).jnd for ppd in (30, 90))
    assert far < 0.7 * near


def test_at_few_pixels_per_degree_nothing_is_low_passed() -> None:
    rgb = textured(32, 32)
    changed = noisy(rgb, 6.0)
    red, green, blue = np.moveaxis(changed.astype(np.float32) - rgb, -1, 0)
    error = low_passed_error(rgb, changed, 5.0)
    np.testing.assert_allclose(error[..., 0], 0.299 * red + 0.587 * green + 0.114 * blue, atol=1e-4)


def test_the_map_is_where_the_change_is() -> None:
    rgb = textured(192, 256)
    changed = rgb.copy()
    changed[64:96, 160:200] = noisy(rgb, 30.0)[64:96, 160:200]
    local = observer("wu2017").watch(Picture(rgb), DESKTOP).map(Picture(changed))
    assert local[64:96, 160:200].mean() > 0.5
    assert not local[:, :150].any()
    assert not local[:60].any()


def test_a_ruined_detail_in_a_large_calm_picture_decides() -> None:
    rgb = textured(480, 700)
    changed = rgb.copy()
    changed[300:330, 600:630] = noisy(rgb, 90.0)[300:330, 600:630]
    # Three windows of 300 x 202 pixels wide; the worst 3 degrees are 48 pixels.
    reading = observer("wu2017").watch(Picture(rgb), viewing(15))(Picture(changed))
    x, y, width, height = reading.where
    assert (width, height) == (48, 48)
    assert x <= 600
    assert x + width >= 630
    assert y <= 300
    assert y + height >= 330
    assert reading.jnd == pytest.approx(reading.jnd_local / constants()["wu2017"].local_ratio)


@settings(max_examples=100, deadline=None)
@given(height=st.integers(1, 6000), width=st.integers(1, 6000), ppd=st.sampled_from([5.0, 37.84, 300.0]))
def test_the_worst_window_lies_in_the_picture_and_keeps_its_area(height: int, width: int, ppd: float) -> None:
    grid = Grid((height, width))
    grid.add(0, np.ones((height, min(width, 64)), np.float32)) if width <= 64 else None
    for mean, box in (grid.worst_window(ppd), grid.worst_place(ppd)):
        assert 0.0 <= mean <= 1.0 + 1e-6
        assert box.x >= 0
        assert box.y >= 0
        assert box.x + box.width <= width
        assert box.y + box.height <= height
    box = grid.worst_window(ppd)[1]
    wanted = min(20 * 13.5 * ppd * ppd, height * width)
    # A window of a few cells rounds by half a cell a side.
    slack = 0.25 + 16 / max(1, min(box.width, box.height))
    assert box.width * box.height >= wanted * (1 - slack)


def test_what_cannot_be_read_is_refused_in_words() -> None:
    watched = observer("wu2017").watch(Picture(textured(64, 80)), DESKTOP)
    with pytest.raises(UsageError, match=r"80 x 64 and 64 x 80"):
        watched(Picture(textured(80, 64)))
    with pytest.raises(UsageError, match="only one of the two pictures is transparent"):
        watched(Picture(textured(64, 80), alpha=np.full((64, 80), 9, np.uint8)))
    with pytest.raises(UsageError, match=r"unknown observer 'wu2071': choose cvvdp, .*wu2017"):
        observer("wu2071")
    with pytest.raises(UsageError, match=r"no constants were fitted for the map 'wu2071': choose .*wu2017"):
        Mapped("wu2071")


def test_alpha_is_judged_over_the_worst_backdrop() -> None:
    rgb = np.full((96, 96, 3), 128, np.uint8)
    alpha = np.full((96, 96), 255, np.uint8)
    lower = alpha.copy()
    lower[30:60, 30:60] = 200
    watched = observer("wu2017").watch(Picture(rgb, alpha=alpha), DESKTOP)
    # Over mid grey the hole cannot be seen at all; over black and white it can.
    assert watched(Picture(rgb, alpha=lower)).jnd > 0.3
    assert watched.map(Picture(rgb, alpha=lower))[40, 40] > 0.3
    assert watched(Picture(rgb, alpha=alpha)).jnd == 0.0


@given(jnd=st.floats(0.0, 20.0), error=st.floats(0.01, 1.0))
def test_the_interval_is_wider_than_the_psychophysical_observers(jnd: float, error: float) -> None:
    low, high = reading_interval(jnd, error)
    least, most = interval(jnd)
    assert 0.0 <= low <= least <= jnd <= most <= high
    assert jnd < 0.01 or high > most


def test_every_fitted_map_is_an_observer_and_says_who_it_is() -> None:
    assert set(OBSERVERS) == {"cvvdp", "ssimulacra2", "panel", "vpjnd", "vpjnd-paper", *constants()}
    assert set(constants()) <= set(MODELS)
    for name in OBSERVERS:
        assert observer(name).name == name
        assert observer(name).version
    assert {row["reader"]: row["constants"] for row in rows() if row["reader"] in MODELS} == {
        name: vars(fit) for name, fit in constants().items()
    }


def rows() -> list[dict[str, Any]]:
    return [json.loads(line) for line in ROWS.read_text(encoding="utf-8").splitlines()]


def test_the_command_line_takes_a_map_for_an_observer(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rgb = textured(120, 160)
    reference, version = str(tmp_path / "reference.png"), str(tmp_path / "version.png")
    Image.fromarray(rgb).save(reference)
    Image.fromarray(noisy(rgb, 4.0)).save(version)
    expected = observer("wu2017").watch(Picture(rgb), DESKTOP)(load(version))
    assert main(["compare", reference, version, "--observer", "wu2017", "--json"]) == 0
    row = json.loads(capsys.readouterr().out)
    assert row["observer"].startswith("wu2017 mapped-")
    assert row["jnd"] == pytest.approx(expected.jnd, abs=1e-5)
    out = str(tmp_path / "out.jpg")
    assert main(["encode", reference, "-o", out, "--observer", "yang2005", "--json"]) == 0
    row = json.loads(capsys.readouterr().out)
    assert row["observer"].startswith("yang2005 mapped-")
    assert row["jnd"] <= row["target"]["jnd"]
    assert main(["models"]) == 0
    assert "the JND map of wu2017" in capsys.readouterr().out


@pytest.mark.shared
def test_readings_follow_the_labels_of_valid_pictures(shared: Path) -> None:
    """JPEG, where the coded bytes are those of the table; the committed errors are over far more."""
    labels = defaultdict(list)
    with (shared / "data" / "labels" / "visibility.csv").open(newline="") as table:
        for row in csv.DictReader(table):
            jnd = JND_PER_JOD * (10.0 - float(row["q_fhd"]))
            if row["file"].startswith("valid/") and row["codec"] == "jpeg" and 0.1 <= jnd <= 3.0:
                labels[row["file"]].append((int(row["quality"]), int(row["bytes"]), jnd))
    readings, wanted, same_bytes = [], [], []
    for name in sorted(labels)[::5]:
        picture = Image.open(shared / "data" / name).convert("RGB")
        watched = Mapped("wu2017").watch(Picture(np.asarray(picture)), DESKTOP)
        for quality, size, jnd in labels[name][::2]:
            memory = io.BytesIO()
            picture.save(memory, "JPEG", quality=quality, optimize=True, subsampling="4:2:0")
            same_bytes.append(len(memory.getvalue()) == size)
            readings.append(watched.whole(Picture(np.asarray(Image.open(memory).convert("RGB")))))
            wanted.append(jnd)
    assert len(readings) > 15
    assert np.mean(same_bytes) > 0.9
    first, second = (np.argsort(np.argsort(each)) for each in (readings, wanted))
    assert np.corrcoef(first, second)[0, 1] > 0.75
    ln_error = np.log(np.array(readings) / np.array(wanted))
    assert np.sqrt(np.mean(ln_error**2)) < 1.4 * constants()["wu2017"].error
