"""Smoothing within a JND map: how far pixels move, what stays, and how strength is found."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings, strategies as st

from jndkit.errors import InputError, UsageError
from jndkit.observers.cvvdp import Cvvdp
from jndkit.picture import Picture, load
from jndkit.picturewise.prefilter import FORMS, form_for, prefilter, prefilter_within
from jndkit.pixelwise import MODELS, jnd_map
from jndkit.pixelwise.terms.luma import luma
from jndkit.viewing import DISPLAYS

EXAMPLE = Path(__file__).parents[2] / "examples" / "lake.png"
EACH = pytest.mark.parametrize("form", sorted(FORMS))


@pytest.fixture(scope="module")
def photo() -> Picture:
    whole = load(EXAMPLE)
    return Picture(np.ascontiguousarray(whole.rgb[60:261, 192:459]))


def blocks(seed: int, height: int, width: int) -> Picture:
    random = np.random.default_rng(seed)
    base = random.integers(30, 225, (height // 8 + 2, width // 8 + 2)).repeat(8, 0).repeat(8, 1)[:height, :width]
    return Picture(np.clip(base[..., None] + random.normal(0, 6, (height, width, 3)), 0, 255).astype(np.uint8))


def moved(before: Picture, after: Picture) -> npt.NDArray[np.int16]:
    change: npt.NDArray[np.int16] = after.rgb.astype(np.int16) - before.rgb
    return change


@EACH
@settings(max_examples=25, deadline=None)
@given(
    seed=st.integers(0, 1000),
    height=st.integers(8, 41),
    width=st.integers(8, 41),
    strength=st.floats(0, 2),
    model=st.sampled_from(["wu2017", "yang2005", "chou1995"]),
)
def test_no_pixel_moves_further_than_its_jnd(
    form: str, seed: int, height: int, width: int, strength: float, model: str
) -> None:
    picture = blocks(seed, height, width)
    change = moved(picture, prefilter(picture, model, strength=strength, form=form))
    assert change.shape == (height, width, 3)
    assert (np.abs(change) <= (strength * jnd_map(picture, model) + 0.5001)[..., None]).all()


@EACH
def test_the_channels_move_together(form: str, photo: Picture) -> None:
    change = moved(photo, prefilter(photo, strength=0.5, form=form))
    assert (np.abs(change).max(axis=(0, 1)) > 0).all()
    inside = ((photo.rgb > 20) & (photo.rgb < 235)).all(axis=2)
    assert (np.ptp(change, axis=2)[inside] == 0).all()


@EACH
@pytest.mark.parametrize("level", [0, 77, 255])
def test_flat_stays_flat(form: str, level: int) -> None:
    flat = Picture(np.full((19, 30, 3), level, np.uint8))
    np.testing.assert_array_equal(prefilter(flat, form=form).rgb, flat.rgb)


@EACH
def test_no_strength_changes_nothing(form: str, photo: Picture) -> None:
    np.testing.assert_array_equal(prefilter(photo, strength=0.0, form=form).rgb, photo.rgb)


def test_the_published_form_reaches_block_means_that_are_near() -> None:
    """Source: Wu et al. 2017, Eq. 16: within the JND of its block's mean a pixel takes the mean."""
    picture = blocks(5, 32, 40)
    grey = replace(picture, rgb=picture.rgb[..., :1].repeat(3, axis=2), grey=True)
    plane = grey.rgb[..., 0].astype(float)
    mean = plane.reshape(4, 8, 5, 8).mean(axis=(1, 3)).repeat(8, 0).repeat(8, 1)
    jnd = jnd_map(grey, "wu2017")
    expected = np.where(plane > mean + jnd, plane - jnd, np.where(plane < mean - jnd, plane + jnd, mean))
    smoothed = prefilter(grey).rgb[..., 0].astype(float)
    assert np.abs(smoothed - expected).max() <= 0.5001
    assert (np.abs(plane - mean) > jnd).any()
    assert (np.abs(plane - mean) < jnd).any()


def test_partial_blocks_have_the_mean_of_their_pixels() -> None:
    plane = np.full((8, 12), 100, np.uint8)
    plane[:, 8:] = 103
    plane[0, 11] = 104
    picture = Picture(plane[..., None].repeat(3, axis=2), grey=True)
    assert (prefilter(picture).rgb[:, 8:] == 103).all()


@EACH
def test_prefiltering_again_changes_less(form: str, photo: Picture) -> None:
    once = prefilter(photo, form=form)
    twice = prefilter(once, form=form)
    first, second = (np.abs(moved(*pair)).mean() for pair in ((photo, once), (once, twice)))
    assert 0 < second < 0.8 * first


@pytest.mark.parametrize("form", ["blockwise", "overlapped"])
def test_noise_goes_and_edges_stay(form: str) -> None:
    random = np.random.default_rng(2)
    clean = np.full((64, 64), 90.0)
    clean[:, 29:] = 170
    noisy = np.clip(clean + random.normal(0, 2, clean.shape) + 0.5, 0, 255).astype(np.uint8)
    picture = Picture(noisy[..., None].repeat(3, axis=2), grey=True)
    after = prefilter(picture, strength=0.5, form=form).rgb[..., 0].astype(float)
    calm = np.s_[:, 40:]
    assert after[calm].std() < 0.9 * noisy[calm].std()
    step = after[:, 29].mean() - after[:, 28].mean()
    assert step == pytest.approx(80, abs=2)
    assert np.abs(after - noisy)[:, 28:30].mean() < np.abs(after - noisy)[calm].mean() + 1


@pytest.mark.parametrize("form", ["blockwise", "overlapped"])
def test_there_is_less_to_code(form: str, photo: Picture) -> None:
    from jndkit.codecs import codec

    before, after = (len(codec("png").encode(p, 0)) for p in (photo, prefilter(photo, strength=1.0, form=form)))
    assert after < 0.97 * before


@EACH
@pytest.mark.parametrize("move", [np.fliplr, np.flipud])
def test_mirrored_pictures_of_whole_blocks(form: str, move: object) -> None:
    """Of chou1995, whose map mirrors exactly; on a grid that mirrors too."""
    assert callable(move)
    picture = blocks(3, 48, 64)
    turned = Picture(np.ascontiguousarray(move(picture.rgb)))
    turned_back, expected = (prefilter(p, "chou1995", form=form).rgb.astype(int) for p in (turned, picture))
    # Changes of exactly half a code value may round to either side.
    assert (np.abs(turned_back - move(expected)) > 0).mean() < 0.002


@EACH
def test_strips_do_not_show(form: str, photo: Picture, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = prefilter(photo, form=form).rgb
    monkeypatch.setattr("jndkit.picturewise.prefilter.STRIP_PIXELS", 1)
    np.testing.assert_array_equal(prefilter(photo, form=form).rgb, whole)


@EACH
def test_what_is_not_luma_stays(form: str, photo: Picture) -> None:
    alpha = np.tile(np.arange(photo.width, dtype=np.uint8), (photo.height, 1))
    native = np.clip(photo.rgb + np.array([9, -4, 2]), 0, 255).astype(np.uint8)
    rich = replace(photo, alpha=alpha, native=native, icc=b"profile", exif=b"exif", notes=("a note",))
    after = prefilter(rich, strength=0.5, form=form)
    assert after.alpha is alpha
    assert (after.icc, after.exif, after.notes) == (b"profile", b"exif", ("a note",))
    np.testing.assert_array_equal(after.rgb, prefilter(photo, strength=0.5, form=form).rgb)
    assert after.native is not None
    inside = ((native > 20) & (native < 235) & (photo.rgb > 20) & (photo.rgb < 235)).all(axis=2)
    np.testing.assert_array_equal((after.native.astype(int) - native)[inside], moved(rich, after)[inside])
    np.testing.assert_array_equal(rich.native, native)


@EACH
def test_grey_stays_grey(form: str, photo: Picture) -> None:
    grey = Picture(luma(photo.rgb)[..., None].repeat(3, axis=2), grey=True)
    after = prefilter(grey, form=form)
    assert after.grey
    assert (np.ptp(after.rgb, axis=2) == 0).all()
    assert (after.rgb != grey.rgb).any()


@pytest.mark.parametrize("model", sorted(MODELS))
def test_every_model_can_guide_it(model: str) -> None:
    picture = blocks(1, 40, 56)
    change = np.abs(moved(picture, prefilter(picture, model, form="overlapped")))
    assert 0 < change.max() <= jnd_map(picture, model).max() + 0.5


@EACH
def test_strength_is_found_by_reading(form: str, photo: Picture) -> None:
    watched = Cvvdp().watch(photo, DISPLAYS["desktop"])
    prefiltered = prefilter_within(photo, "wu2017", watched, 0.4721, form=form)
    assert prefiltered is not None
    assert watched(prefiltered.picture).jnd == prefiltered.jnd
    assert 0 < prefiltered.jnd <= FORMS[form].share * 0.4721
    assert prefiltered.strength <= 1.0
    assert prefiltered.strength == 1.0 or prefiltered.jnd > 0.5 * FORMS[form].share * 0.4721
    again = prefilter(photo, "wu2017", strength=prefiltered.strength, form=form)
    np.testing.assert_array_equal(again.rgb, prefiltered.picture.rgb)


def test_nothing_to_smooth() -> None:
    flat = Picture(np.full((64, 64, 3), 90, np.uint8))
    assert prefilter_within(flat, "wu2017", Cvvdp().watch(flat, DISPLAYS["desktop"]), 0.47, form="overlapped") is None


def test_what_cannot_be_asked(photo: Picture) -> None:
    with pytest.raises(UsageError, match="unknown model 'wu20'"):
        prefilter(photo, "wu20")
    with pytest.raises(UsageError, match="unknown form"):
        prefilter(photo, form="razor")
    with pytest.raises(UsageError, match="strength"):
        prefilter(photo, strength=-0.1)
    with pytest.raises(UsageError, match="strength"):
        prefilter(photo, strength=float("nan"))
    with pytest.raises(InputError, match="8 x 8"):
        prefilter(Picture(np.zeros((7, 20, 3), np.uint8)))


def test_each_codec_has_its_form() -> None:
    assert form_for("jpeg") == "blockwise"
    assert {form_for(name) for name in ("webp", "avif", "heic", "jxl", "vvc", "png")} == {"overlapped"}
