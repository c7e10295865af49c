from __future__ import annotations

import io

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from PIL import Image

import jndkit
from jndkit.codecs.chroma import reduce_chroma
from jndkit.observers.cvvdp.observer import WatchedCvvdp
from jndkit.observers.cvvdp.quality import pooled_jod
from jndkit.observers.pooling.cells import CELL
from jndkit.picture import Picture, Pixels
from jndkit.picturewise.quantisation import Quantiser
from jndkit.picturewise.responses import (
    BANDS,
    JPEG_QUALITIES,
    PATCH,
    PATCHES,
    RESPONSES,
    SMALLEST,
    WatchedSample,
    responses,
    sample,
)
from jndkit.protocols import protocol
from jndkit.viewing import DISPLAYS, viewing

DESKTOP = DISPLAYS["desktop"]
LAKE = "examples/lake.png"


@pytest.fixture(scope="module")
def lake() -> Pixels:
    return jndkit.load(LAKE).rgb


@settings(deadline=None, max_examples=40)
@given(st.integers(SMALLEST, 3000), st.integers(SMALLEST, 3000))
def test_a_sample_holds_its_patches_and_never_more_than_so_many(height: int, width: int) -> None:
    rgb = np.broadcast_to(np.zeros(3, np.uint8), (height, width, 3))
    rgb = np.ascontiguousarray(rgb)
    part = sample(rgb)
    assert sum(box.width * box.height for box in part.boxes) <= PATCHES * PATCH * PATCH
    assert part.rgb.shape[0] * part.rgb.shape[1] == sum(box.width * box.height for box in part.boxes)
    for place, box in zip(part.places, part.boxes, strict=True):
        assert box.x % CELL == box.y % CELL == 0
        assert (place.width, place.height) == (box.width, box.height)
        assert 0 <= place.x <= width - place.width
        assert 0 <= place.y <= height - place.height


def test_a_sample_of_a_large_picture_is_cut_from_it() -> None:
    rgb = np.random.default_rng(0).integers(0, 256, (1100, 1700, 3), np.uint8)
    part = sample(rgb)
    assert 24 <= len(part.boxes) <= PATCHES
    for place, box in zip(part.places, part.boxes, strict=True):
        cut = rgb[place.y : place.y + PATCH, place.x : place.x + PATCH]
        assert np.array_equal(part.rgb[box.y : box.y + PATCH, box.x : box.x + PATCH], cut)


def test_a_sample_of_a_small_picture_is_the_picture() -> None:
    rgb = np.random.default_rng(0).integers(0, 256, (130, 300, 3), np.uint8)
    assert np.array_equal(sample(rgb).rgb, rgb)


@pytest.mark.parametrize("index", [0, 1])
def test_the_weighted_responses_read_as_jpeg_files_do(lake: Pixels, index: int) -> None:
    energy = responses(WatchedSample(sample(lake), DESKTOP)).energy
    jnd = 10.0 - pooled_jod(energy[0, 1 + index])
    file = io.BytesIO()
    Image.fromarray(lake).save(file, "JPEG", quality=JPEG_QUALITIES[index])
    coded = np.asarray(Image.open(file).convert("RGB"))
    read = 10.0 - WatchedCvvdp(Picture(rgb=lake), DESKTOP).q_jod(coded)
    assert jnd == pytest.approx(read, rel=0.03)


def test_the_first_response_is_the_reduced_chroma(lake: Pixels) -> None:
    energy = responses(WatchedSample(sample(lake), DESKTOP)).energy
    read = WatchedCvvdp(Picture(rgb=lake), DESKTOP).q_jod(reduce_chroma(lake))
    assert float(pooled_jod(energy[0, 0])) == pytest.approx(read, abs=2e-3)


def test_a_flat_picture_answers_nothing() -> None:
    energy = responses(WatchedSample(sample(np.full((128, 192, 3), 128, np.uint8)), DESKTOP)).energy
    assert energy.shape == (1, RESPONSES, BANDS, 3)
    assert np.all(energy < 1e-6)


def test_damage_of_one_corner_shows_in_a_window_of_its_own() -> None:
    """At few pixels per degree a window is a small part, and only that part of the picture has detail."""
    rgb = np.full((512, 768, 3), 128, np.uint8)
    rgb[:128, :128] = np.random.default_rng(0).integers(0, 256, (128, 128, 1), np.uint8)
    energy = responses(WatchedSample(sample(rgb), viewing(20.0))).energy
    assert len(energy) > 1
    total = energy[:, 1].sum(axis=(1, 2))
    assert total.max() > 2.0 * total.mean()
    assert total.min() < 0.05 * total.max()


@pytest.mark.parametrize("shape", [(64, 64), (65, 97), (64, 5000), (5000, 70), (127, 900)])
def test_odd_and_long_pictures_answer(shape: tuple[int, int]) -> None:
    rgb = np.random.default_rng(1).integers(0, 256, (*shape, 3), np.uint8)
    energy = responses(WatchedSample(sample(rgb), DESKTOP)).energy
    assert energy.shape[1:] == (RESPONSES, BANDS, 3)
    assert np.isfinite(energy).all()
    assert (energy >= 0).all()


def test_the_answer_does_not_depend_on_which_way_round_the_picture_is(lake: Pixels) -> None:
    crop = np.ascontiguousarray(lake[:256, :384])
    upright = 10.0 - pooled_jod(np.moveaxis(responses(WatchedSample(sample(crop), DESKTOP)).energy[0], 0, -1))
    turned = WatchedSample(sample(np.ascontiguousarray(crop[::-1, ::-1])), DESKTOP)
    mirrored = 10.0 - pooled_jod(np.moveaxis(responses(turned).energy[0], 0, -1))
    assert mirrored == pytest.approx(upright, rel=0.05)


@pytest.mark.parametrize("shape", [(301, 267), (400, 900)])
@pytest.mark.parametrize("display", ["desktop", "4k"])
def test_of_a_small_picture_the_answer_is_what_the_observer_reads(
    lake: Pixels, shape: tuple[int, int], display: str
) -> None:
    """Both the plain reading and that of people who look from place to place, whatever its windows are."""
    fit, shown = protocol("side-by-side", display)
    rgb = np.ascontiguousarray(np.tile(lake, (1, 2, 1))[: shape[0], : shape[1]])
    watched = WatchedSample(sample(rgb), shown, fit.look)
    assert watched.whole
    version = Quantiser(rgb).jpeg(50)
    answer = watched.answer(watched.cells(version))
    reading = WatchedCvvdp(Picture(rgb=rgb), shown, fit)(Picture(rgb=version))
    assert answer.jnd == pytest.approx(reading.raw, rel=1e-5)
    assert answer.masked == pytest.approx(reading.jnd, rel=1e-5)


def test_of_a_large_picture_a_part_tells_how_people_look_too() -> None:
    rgb = np.random.default_rng(0).integers(0, 256, (700, 1100, 3), np.uint8)
    fit, shown = protocol("side-by-side")
    watched = WatchedSample(sample(rgb), shown, fit.look)
    assert not watched.whole
    answers = responses(watched)
    assert answers.masked is not None
    assert answers.masked.shape == answers.jnd.shape == (RESPONSES,)
    assert np.all(answers.masked[1:] > 0.1)


def test_nobody_looks_where_nobody_asked(lake: Pixels) -> None:
    assert responses(WatchedSample(sample(lake[:128, :128].copy()), DESKTOP)).masked is None
