"""A network run tile by tile says what it says of the whole, of any size, and never sees much at once."""

from __future__ import annotations

import tracemalloc
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings, strategies as st

from jndkit.errors import InputError, UsageError
from jndkit.inference import Session, session
from jndkit.picture import Picture
from jndkit.pixelwise.terms.tiles import colours, tiles
from tests.weights import made_networks as made

Array = npt.NDArray[Any]

# Of layers and multiple; channels of the networks with a multiple are those of blocks of 4 x 4 pixels.
FORMS = {1: (3, 6, 6, 3), 4: (48, 8, 48)}
BORDERS = ("reflect", "zero")


@pytest.fixture(scope="module")
def networks(tmp_path_factory: pytest.TempPathFactory) -> dict[int, Session]:
    """multiple -> network."""
    folder = tmp_path_factory.mktemp("networks")
    return {
        multiple: session(made.write_network(folder / f"{multiple}.onnx", made.drawn(multiple, *channels), multiple))
        for multiple, channels in FORMS.items()
    }


def context(multiple: int) -> int:
    return multiple * (len(FORMS[multiple]) - 1)


def drawn(height: int, width: int, seed: int = 0) -> npt.NDArray[np.uint8]:
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8)


def put_together(rgb: Array, run: Session, multiple: int, border: str, side: int) -> Array:
    """The tiles in their places; every place is covered once, by what lies there."""
    whole = np.full((3, *rgb.shape[:2]), np.nan, np.float32)
    for tile in tiles(rgb, run, border=border, multiple=multiple, context=context(multiple), side=side):
        assert np.isnan(whole[:, tile.rows, tile.columns]).all()
        assert np.allclose(tile.pixels * 255, rgb[tile.rows, tile.columns].transpose(2, 0, 1), atol=1e-4)
        whole[:, tile.rows, tile.columns] = tile.residual
    assert np.isfinite(whole).all()
    return whole


@pytest.mark.parametrize("border", BORDERS)
@pytest.mark.parametrize("multiple", FORMS)
@pytest.mark.parametrize("side", [16, 30, 32])
@pytest.mark.parametrize("size", [(61, 47), (64, 48), (8, 100), (33, 9)])
def test_tiles_change_nothing(
    networks: dict[int, Session], multiple: int, border: str, side: int, size: tuple[int, int]
) -> None:
    rgb = drawn(*size)
    whole = put_together(rgb, networks[multiple], multiple, border, 1024)
    assert np.abs(whole).max() > 0.1
    assert np.abs(put_together(rgb, networks[multiple], multiple, border, side) - whole).max() < 1e-5


@given(height=st.integers(8, 70), width=st.integers(8, 70), side=st.integers(1, 40), seed=st.integers(0, 9))
@settings(max_examples=25, deadline=None)
def test_any_size_and_any_side(networks: dict[int, Session], height: int, width: int, side: int, seed: int) -> None:
    rgb = drawn(height, width, seed)
    for multiple, run in networks.items():
        for border in BORDERS:
            whole = put_together(rgb, run, multiple, border, 1024)
            assert np.abs(put_together(rgb, run, multiple, border, max(side, 12)) - whole).max() < 1e-5


def test_zero_is_what_the_network_itself_does(networks: dict[int, Session]) -> None:
    for multiple, run in networks.items():
        rgb = drawn(40, 52)
        wanted = run(rgb.transpose(2, 0, 1)[None].astype(np.float32) / 255)[0][0]
        assert np.abs(put_together(rgb, run, multiple, "zero", 16) - wanted).max() < 1e-5


@pytest.mark.parametrize("size", [(40, 52), (41, 30), (8, 9)])
def test_reflect_is_the_picture_repeated(networks: dict[int, Session], size: tuple[int, int]) -> None:
    rgb = drawn(*size)
    height, width = size
    around = np.pad(rgb, ((40, 40 + -height % 4), (40, 40 + -width % 4), (0, 0)), mode="symmetric")
    for multiple, run in networks.items():
        wanted = run(around.transpose(2, 0, 1)[None].astype(np.float32) / 255)[0][0]
        found = put_together(rgb, run, multiple, "reflect", 16)
        assert np.abs(found - wanted[:, 40 : 40 + height, 40 : 40 + width]).max() < 1e-5


def test_the_borders_differ_near_the_frame_alone(networks: dict[int, Session]) -> None:
    rgb = drawn(48, 56)
    for multiple, run in networks.items():
        change = np.abs(np.subtract(*(put_together(rgb, run, multiple, border, 24) for border in BORDERS)))
        reach = context(multiple)
        assert change[:, reach:-reach, reach:-reach].max() < 1e-5
        assert change.max() > 0.1


@pytest.mark.parametrize("border", BORDERS)
@pytest.mark.parametrize("multiple", FORMS)
def test_the_network_never_sees_more_than_a_tile_with_its_context(
    networks: dict[int, Session], multiple: int, border: str
) -> None:
    seen = []

    def run(picture: Array) -> tuple[Array, ...]:
        seen.append(picture.shape)
        return networks[multiple](picture)

    put_together(drawn(150, 333), run, multiple, border, 32)
    largest = 32 + 2 * context(multiple)
    assert len(seen) == 5 * 11
    assert max(max(shape[2:]) for shape in seen) == largest
    assert all(shape[:2] == (1, 3) and shape[2] % multiple == shape[3] % multiple == 0 for shape in seen)


def test_memory_does_not_grow_with_the_picture(networks: dict[int, Session]) -> None:
    def peak(side: int) -> int:
        rgb = np.zeros((side, 64, 3), np.uint8)
        tracemalloc.start()
        for tile in tiles(rgb, networks[1], border="reflect", multiple=1, context=3, side=32):
            del tile
        found = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return found

    small = peak(64)
    assert peak(2048) < 1.5 * small + 20_000


def test_an_unknown_border(networks: dict[int, Session]) -> None:
    with pytest.raises(UsageError, match="border 'wrap'"):
        next(tiles(drawn(8, 8), networks[1], border="wrap", multiple=1, context=3, side=32))


def test_what_a_colour_network_sees() -> None:
    rgb = drawn(10, 12)
    assert colours(rgb) is rgb
    assert np.array_equal(colours(Picture(rgb)), rgb)
    assert np.array_equal(colours(rgb.astype(np.float64)), rgb)
    half = rgb / 2
    assert colours(half).dtype == np.float32
    assert np.array_equal(colours(half), half)
    grey = rgb[..., 0]
    for plane in (grey, grey.astype(np.float64), grey.astype(np.int32)):
        assert np.array_equal(colours(plane), np.stack([grey] * 3, axis=-1))
    assert np.array_equal(colours(grey / 2), np.stack([grey / 2] * 3, axis=-1).astype(np.float32))
    with pytest.raises(InputError, match="at least 8 x 8"):
        colours(drawn(7, 20))
    for wrong in (rgb[..., :2], rgb + 0.5 + 255, np.full((9, 9, 3), np.nan), np.zeros((9, 9), bool)):
        with pytest.raises(UsageError):
            colours(wrong)
