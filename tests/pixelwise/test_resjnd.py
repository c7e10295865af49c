"""The map is what the network says, in code values, for whatever a caller holds; a user's own networks are models."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from jndkit.errors import InputError, MissingError, UsageError
from jndkit.inference import session
from jndkit.picture import Picture
from jndkit.pixelwise import MODELS, check_own_name, jnd_map, model_card, own_models, resjnd
from jndkit.registry import models
from jndkit.weights import find
from tests.weights import made_networks as made

BORDERS = ("reflect", "zero")


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A user's own networks: "mine" of ResJND and "small" of the small network."""
    monkeypatch.setenv("JNDKIT_HOME", str(tmp_path))
    made.write_weights(tmp_path / "weights", "mine")
    layers = made.drawn(9, 48, 8, 48, size=0.02)
    made.write_weights(tmp_path / "weights", "small", layers, multiple=4, architecture="resjnd-s")
    return tmp_path / "weights"


@pytest.fixture
def picture() -> npt.NDArray[np.uint8]:
    return np.random.default_rng(1).integers(0, 256, (45, 61, 3), np.uint8)


def residual(name: str, rgb: npt.NDArray[np.uint8]) -> npt.NDArray[np.float64]:
    """Of the whole picture at once, in 0..1, (H, W, 3)."""
    given = rgb.transpose(2, 0, 1)[None].astype(np.float32) / np.float32(255)
    (found,) = session(find(name).path)(given)
    return np.asarray(found[0].transpose(1, 2, 0), np.float64)


@pytest.mark.parametrize(("name", "cut"), [("mine", (45, 61)), ("small", (44, 60))])
def test_the_map_is_the_root_mean_square_of_the_change(
    name: str, cut: tuple[int, int], picture: npt.NDArray[np.uint8]
) -> None:
    rgb = np.ascontiguousarray(picture[: cut[0], : cut[1]])
    jnd = jnd_map(rgb, name, border="zero")
    wanted = np.sqrt(np.mean((255 * residual(name, rgb)) ** 2, axis=2))
    assert jnd.dtype == np.float32
    assert 0.1 < wanted.mean() < 20
    assert np.abs(jnd - wanted).max() < 1e-4


@pytest.mark.parametrize("border", BORDERS)
@pytest.mark.parametrize("name", ["mine", "small"])
@pytest.mark.parametrize("side", [16, 32])
def test_tiles_change_nothing(
    name: str, border: str, side: int, picture: npt.NDArray[np.uint8], monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = jnd_map(picture, name, border=border)
    critical = resjnd.critical_picture(picture, weights=name, border=border)
    for architecture in ("resjnd", "resjnd-s"):
        monkeypatch.setitem(resjnd._TILE, architecture, side)
    assert np.abs(jnd_map(picture, name, border=border) - whole).max() < 1e-3
    again = resjnd.critical_picture(picture, weights=name, border=border)
    assert np.abs(again.astype(int) - critical).max() <= 1
    assert np.mean(again != critical) < 1e-3


@pytest.mark.parametrize("border", BORDERS)
@pytest.mark.parametrize("name", ["mine", "small"])
@pytest.mark.parametrize("size", [(8, 8), (8, 9), (11, 8), (13, 50), (101, 9)])
def test_any_size(name: str, border: str, size: tuple[int, int]) -> None:
    flat = np.zeros((*size, 3), np.uint8)
    for rgb in (flat, flat + 255, np.random.default_rng(2).integers(0, 256, flat.shape, np.uint8)):
        jnd = jnd_map(rgb, name, border=border)
        assert jnd.shape == size
        assert jnd.dtype == np.float32
        assert np.isfinite(jnd).all()
        assert (jnd >= 0).all()


@pytest.mark.parametrize("name", ["mine", "small"])
def test_grey_is_three_equal_planes_and_numbers_may_be_float(name: str, picture: npt.NDArray[np.uint8]) -> None:
    grey = np.ascontiguousarray(picture[..., 0])
    wanted = jnd_map(np.stack([grey] * 3, axis=-1), name)
    for plane in (grey, grey.astype(np.float32), grey.astype(np.int64)):
        assert np.array_equal(jnd_map(plane, name), wanted)
    wanted = jnd_map(picture, name)
    for same in (Picture(picture), picture.astype(np.float64), picture.astype(np.uint16)):
        assert np.array_equal(jnd_map(same, name), wanted)
    nearly = np.clip(picture + np.random.default_rng(0).uniform(-0.01, 0.01, picture.shape), 0, 255)
    between = jnd_map(nearly, name)
    assert not np.array_equal(between, wanted)
    assert np.abs(between - wanted).max() < 0.02


def test_the_critical_picture_is_the_picture_and_the_residual(picture: npt.NDArray[np.uint8]) -> None:
    critical = resjnd.critical_picture(picture, weights="mine", border="zero")
    wanted = picture + 255 * residual("mine", picture)
    assert critical.dtype == np.uint8
    assert np.abs(critical - np.clip(wanted, 0, 255)).max() <= 0.5 + 1e-3
    assert (wanted < 0).any()
    assert (wanted > 255).any()


def test_what_cannot_be_asked(folder: Path, picture: npt.NDArray[np.uint8]) -> None:
    with pytest.raises(InputError, match="at least 8 x 8"):
        jnd_map(picture[:7], "mine")
    for wrong in ({"variant": "paper"}, {"border": "wrap"}, {"precision": "f16"}, {"fixation": (1, 1)}):
        with pytest.raises(UsageError):
            jnd_map(picture, "mine", **wrong)
    with pytest.raises(MissingError, match="yours"):
        jnd_map(picture, "resjnd", weights="yours")
    with pytest.raises(UsageError, match="is not a valid name"):
        jnd_map(picture, "resjnd", weights="../mine")
    made.write_weights(folder, "other", architecture="shen2020")
    with pytest.raises(UsageError, match="network of other 'shen2020'"):
        jnd_map(picture, "resjnd", weights="other")


def test_own_networks_are_models(folder: Path, picture: npt.NDArray[np.uint8]) -> None:
    made.write_weights(folder, "nothing-for-maps", architecture="something")
    made.write_weights(folder, "wu2017")  # a name that means something else
    found = own_models()
    assert set(found) & {"mine", "small", "nothing-for-maps", "wu2017"} == {"mine", "small"}
    assert (found["mine"].compute, found["mine"].weights) == (MODELS["resjnd"].compute, "mine")
    assert found["small"].summary == "made by hand"
    assert model_card("small") == found["small"]
    assert model_card("wu2017") is MODELS["wu2017"]
    assert "mine" in models()["pixelwise"]
    with pytest.raises(UsageError, match=r"unknown model 'yours': choose .*, small"):
        model_card("yours")
    assert np.array_equal(jnd_map(picture, "mine"), resjnd.resjnd(picture, weights="mine"))
    assert np.array_equal(jnd_map(picture, "mine", weights="small"), jnd_map(picture, "small"))


def test_names_that_ones_own_may_have() -> None:
    check_own_name("mine")
    check_own_name("yours")
    for name in ("wu2017", "resjnd", "../x", ""):
        with pytest.raises(UsageError):
            check_own_name(name)
