"""What is read of a version: by whom, in which unit, and what is derived from it."""

from __future__ import annotations

import io
import math

import cv2
import numpy as np
import pytest
from hypothesis import given, strategies as st
from PIL import Image

from jndkit.errors import UsageError
from jndkit.evaluation.observers.measures import Measure, measures, reader, readers
from jndkit.observers import OBSERVERS, observer
from jndkit.picture import Picture, Pixels
from jndkit.protocols import AIC, protocol
from jndkit.viewing import viewing

DISPLAY = viewing(37.4)


def noise() -> Pixels:
    level = cv2.GaussianBlur(np.random.default_rng(1).normal(0, 60, (96, 96, 3)).astype(np.float32), (0, 0), 2.0)
    return np.asarray(np.clip(3.0 * level + 120.0, 0, 255), np.uint8)


def coded(quality: int) -> Picture:
    file = io.BytesIO()
    Image.fromarray(noise()).save(file, "JPEG", quality=quality)
    return Picture(rgb=np.asarray(Image.open(file).convert("RGB")))


def test_everyone_who_says_how_much_is_asked() -> None:
    assert set(OBSERVERS) - set(readers()) == {"vpjnd-paper"}  # it says seen or not
    assert {"ssimulacra2", "psnr", "ssim"} <= set(readers())


@pytest.mark.parametrize("name", ["cvvdp", "panel", "ssimulacra2", "psnr", "ssim", "chou1995"])
def test_differences_rise_with_coding(name: str) -> None:
    reference = Picture(rgb=noise())
    read = reader(name).watch(reference, DISPLAY)
    worse, better = (read(coded(quality)).values for quality in (20, 80))
    assert worse.keys() == better.keys()
    for measure in measures(set(worse)):
        texture = np.array([2.0])
        low, high = (measure.ln(np.array([readings[measure.reading]]), texture) for readings in (better, worse))
        assert low < high


@pytest.mark.parametrize("name", ["cvvdp", "panel", "ssimulacra2", "psnr", "ssim", "chou1995"])
def test_no_difference_has_a_logarithm(name: str) -> None:
    reference = Picture(rgb=noise())
    for key, value in reader(name).watch(reference, DISPLAY)(reference).values.items():
        assert math.isfinite(value)
        assert np.isfinite(Measure(key).ln(np.array([value]), np.array([1.0]))).all()


def test_cvvdp_is_read_both_ways() -> None:
    reference, version = Picture(rgb=noise()), coded(30)
    readings = reader("cvvdp").watch(reference, DISPLAY)(version).values
    cvvdp = observer("cvvdp")
    assert readings["cvvdp"] == cvvdp.watch(reference, DISPLAY, AIC)(version).jnd
    assert (
        readings["cvvdp, side-by-side"]
        == cvvdp.watch(reference, DISPLAY, protocol("side-by-side", DISPLAY)[0])(version).jnd
    )


def test_the_panel_is_read_both_ways_and_its_second_alone() -> None:
    reference, version = Picture(rgb=noise()), coded(30)
    said = reader("panel").watch(reference, DISPLAY)(version)
    second = observer("ssimulacra2").watch(reference, DISPLAY, AIC)(version)
    assert said.values.keys() == {"panel", "panel, side-by-side", "ssimulacra2, in JND"}
    assert said.values["ssimulacra2, in JND"] == second.jnd
    assert said.values["panel"] >= reader("cvvdp").watch(reference, DISPLAY)(version).values["cvvdp"]


def test_an_observer_states_its_error_and_a_score_none() -> None:
    reference, version = Picture(rgb=noise()), coded(30)
    said = reader("cvvdp").watch(reference, DISPLAY)(version)
    look = protocol("side-by-side", DISPLAY)[0]
    assert said.errors["cvvdp, side-by-side"] == pytest.approx(look.error.share, rel=1e-3)
    assert 0.1 < said.errors["cvvdp"] < 1.0
    assert not reader("ssimulacra2").watch(reference, DISPLAY)(version).errors
    assert reader("chou1995").watch(reference, DISPLAY)(version).errors["chou1995"] > 0.1


def test_who_was_fitted_at_one_display_reads_at_no_other() -> None:
    assert reader("panel").holds_at(DISPLAY)
    assert not reader("panel").holds_at(viewing("4k"))
    assert reader("cvvdp").holds_at(viewing("4k"))


@given(st.floats(20.0, 60.0), st.floats(0.5, 20.0))
def test_the_global_term_divides(value: float, texture: float) -> None:
    values, textures = np.array([value]), np.array([texture])
    plain, term = (Measure("cvvdp", exponent).ln(values, textures) for exponent in (0.0, 0.8))
    assert np.exp(plain - term) == pytest.approx(texture**0.8)
    assert Measure("cvvdp", 0.8).name == "cvvdp / wu2017^0.8"


def test_psnr_counts_by_its_root_mean_square_error() -> None:
    twice = Measure("psnr").ln(np.array([30.0, 30.0 - 20.0 * math.log10(2.0)]), np.ones(2))
    assert np.exp(np.diff(twice)) == pytest.approx(2.0)


def test_unknown_readers() -> None:
    with pytest.raises(UsageError, match="unknown observer 'nobody'"):
        reader("nobody")
