"""What holds for every model of the room."""

from __future__ import annotations

import subprocess
import sys
from itertools import product

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings, strategies as st

from jndkit.errors import InputError, UsageError
from jndkit.picture import Picture, Source
from jndkit.pixelwise import MODELS, chosen_variant, jnd_map
from jndkit.pixelwise.terms import borders

# The full network runs the code of the small one at four hundred times the work; tests/pixelwise/test_resjnd.py has it.
QUICK = [name for name in MODELS if name != "resjnd"]
# What they say of a pixel depends on more than eight pixels around it: the resjnd networks see 28, shen2020 moves the
# mean of a whole patch, and the activation map of hvssd goes from the least to the most of the whole picture.
FAR = {"hvssd", "resjnd", "resjnd-s", "shen2020"}
EVERY = [
    (name, variant, border)
    for name, card in MODELS.items()
    if name in QUICK
    for variant, border in product(card.variants, ("reflect", "zero"))
]
every_form = pytest.mark.parametrize(("model", "variant", "border"), EVERY)


def test_the_table_names_its_cards() -> None:
    assert [card.name for card in MODELS.values()] == list(MODELS)
    assert [name for name, card in MODELS.items() if card.variants[0] != "code"] == ["shen2020"]
    assert all(str(card.year) in name for name, card in MODELS.items() if name[-1].isdigit())
    assert [name for name in MODELS if not name[-1].isdigit()] == ["hvssd", "resjnd", "resjnd-s"]


def test_reading_the_table_loads_no_model() -> None:
    code = "import sys, jndkit.pixelwise; print('cv2' in sys.modules, 'jndkit.pixelwise.wu2017' in sys.modules)"
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert shown.stdout.split() == ["False", "False"]


@every_form
def test_flat_and_extreme_planes_give_finite_maps(model: str, variant: str, border: str) -> None:
    checks = (np.indices((16, 17)).sum(axis=0) % 2 * 255).astype(np.uint8)
    for plane in (np.zeros((8, 9), np.uint8), np.ones((9, 8), np.uint8), np.full((8, 8), 255, np.uint8), checks):
        jnd = jnd_map(plane, model, variant=variant, border=border)
        assert jnd.shape == plane.shape
        assert jnd.dtype == np.float32
        assert np.isfinite(jnd).all()
        assert (jnd >= 0).all()


@given(height=st.integers(8, 40), width=st.integers(8, 40), seed=st.integers(0, 99), form=st.sampled_from(EVERY))
@settings(max_examples=40, deadline=None)
def test_any_size_gives_a_finite_map(height: int, width: int, seed: int, form: tuple[str, str, str]) -> None:
    model, variant, border = form
    plane = np.random.default_rng(seed).integers(0, 256, (height, width), np.uint8)
    jnd = jnd_map(plane, model, variant=variant, border=border)
    assert jnd.shape == (height, width)
    assert np.isfinite(jnd).all()


@every_form
def test_strips_change_nothing(
    model: str, variant: str, border: str, scene: npt.NDArray[np.uint8], monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = jnd_map(scene, model, variant=variant, border=border)
    monkeypatch.setattr(borders, "STRIP_PIXELS", 1)
    assert len(list(borders.strips(scene.shape, 4))) == 6
    np.testing.assert_array_equal(jnd_map(scene, model, variant=variant, border=border), whole)


@every_form
def test_whole_floats_and_integers_give_the_map_of_bytes(
    model: str, variant: str, border: str, scene: npt.NDArray[np.uint8]
) -> None:
    expected = jnd_map(scene, model, variant=variant, border=border)
    for kind in (np.float32, np.float64, np.int64):
        np.testing.assert_array_equal(jnd_map(scene.astype(kind), model, variant=variant, border=border), expected)


@every_form
def test_a_small_fraction_moves_the_map_a_little(
    model: str, variant: str, border: str, scene: npt.NDArray[np.uint8]
) -> None:
    plane = np.clip(scene, 1, 254)
    expected = jnd_map(plane, model, variant=variant, border=border)
    moved = jnd_map(plane + np.float32(1 / 512), model, variant=variant, border=border)
    # Directions and edges of pixels on a limit may change; the rest must not.
    assert (np.abs(moved - expected) > 0.02).mean() < 0.03


@pytest.mark.parametrize("model", [name for name in MODELS if name not in FAR])
def test_an_interior_does_not_know_the_border(model: str, scene: npt.NDArray[np.uint8]) -> None:
    scene = scene[:-3, :-3]  # not whole blocks, so that models of blocks have something to fill in
    reflect, zero = jnd_map(scene, model), jnd_map(scene, model, border="zero")
    np.testing.assert_allclose(reflect[8:-8, 8:-8], zero[8:-8, 8:-8], atol=1e-5)
    assert np.abs(reflect - zero).max() > 1


def test_pictures_are_read_by_their_luma(scene: npt.NDArray[np.uint8]) -> None:
    rgb = np.dstack([scene, np.roll(scene, 3, 0), np.roll(scene, 5, 1)])
    rgb_map = jnd_map(rgb, "wu2017")
    np.testing.assert_array_equal(jnd_map(Picture(rgb), "wu2017"), rgb_map)
    assert np.abs(rgb_map - jnd_map(scene, "wu2017")).max() > 1
    grey = Picture(np.dstack([scene] * 3), grey=True)
    np.testing.assert_array_equal(jnd_map(grey, "wu2017"), jnd_map(scene, "wu2017"))


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"model": "wu2077"}, f"unknown model 'wu2077': choose {', '.join(MODELS)}"),
        ({"variant": "best"}, "unknown variant of wu2017 'best': choose code, paper"),
        ({"border": "wrap"}, "unknown border 'wrap': choose reflect, zero"),
    ],
)
def test_unknown_names_list_the_choices(changed: dict[str, str], sentence: str) -> None:
    with pytest.raises(UsageError, match=f"^{sentence}"):
        jnd_map(np.zeros((8, 8), np.uint8), **{"model": "wu2017", **changed})


@pytest.mark.parametrize("model", MODELS)
def test_pictures_below_eight_pixels_are_refused(model: str) -> None:
    small = Picture(np.zeros((7, 30, 3), np.uint8), source=Source("small.png", "PNG", 1, ""))
    with pytest.raises(InputError, match=r"^small\.png: 30 x 7 pixels; JND maps need at least 8 x 8"):
        jnd_map(small, model)
    with pytest.raises(InputError, match=r"^picture in memory: 7 x 30"):
        jnd_map(np.zeros((30, 7), np.uint8), model)


def test_a_model_has_its_own_default_variant(scene: npt.NDArray[np.uint8]) -> None:
    for model, variant in (("shen2020", "smooth"), ("yang2005", "code")):
        assert chosen_variant(model, None) == variant
        np.testing.assert_array_equal(jnd_map(scene, model), jnd_map(scene, model, variant=variant))
    assert chosen_variant("shen2020", "code") == "code"
    assert np.abs(jnd_map(scene, "shen2020") - jnd_map(scene, "shen2020", variant="code")).max() > 0.5


def test_options_belong_to_the_models_that_list_them(scene: npt.NDArray[np.uint8]) -> None:
    left = jnd_map(scene, "li2016", fixation=(10, 48), distance=4000)
    assert left[:, :20].mean() < jnd_map(scene, "li2016", fixation=(110, 48), distance=4000)[:, :20].mean()
    with pytest.raises(UsageError, match="wu2017 has no option 'fixation': it has none"):
        jnd_map(scene, "wu2017", fixation=(10, 48))
