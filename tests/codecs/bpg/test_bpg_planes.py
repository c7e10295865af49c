from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings, strategies as st

from jndkit.codecs.bpg import container, planes
from jndkit.codecs.bpg.planes import LAYOUTS, cut, to_planes, to_rgb

COLOURS = [(0, 0, 0), (255, 255, 255), (255, 0, 0), (0, 255, 0), (0, 0, 255), (17, 130, 201)]
PLAIN = (container.GREY, container.H420, container.FULL)


def back(given: list[planes.Samples], width: int, height: int, layout: int, bits: int) -> npt.NDArray[np.uint8]:
    return to_rgb(given, width, height, LAYOUTS[layout], bits, container.YCBCR_601, False)


@pytest.mark.parametrize("layout", [container.H420, container.FULL])
@pytest.mark.parametrize("bits", [8, 10])
@pytest.mark.parametrize("size", [(1, 1), (5, 7), (32, 17)])
def test_flat_colour_is_kept(layout: int, bits: int, size: tuple[int, int]) -> None:
    for colour in COLOURS:
        flat = np.full((*size, 3), colour, np.uint8)
        error = np.abs(back(to_planes(flat, layout, bits, 16), size[1], size[0], layout, bits).astype(int) - flat)
        assert error.max() <= (1 if bits == 8 else 0)


@given(st.integers(1, 40), st.integers(1, 40), st.sampled_from(PLAIN), st.sampled_from([8, 9, 10, 12]))
@settings(max_examples=60, deadline=None)
def test_planes_have_whole_blocks(width: int, height: int, layout: int, bits: int) -> None:
    rgb = np.random.default_rng(0).integers(0, 256, (height, width, 3), np.uint8)
    made = to_planes(rgb[..., 0] if layout == container.GREY else rgb, layout, bits, 8)
    high, wide = made[0].shape
    assert (high - height, wide - width) == (-height % 8, -width % 8)
    data = b"".join(plane.tobytes() for plane in made)
    assert len(data) == planes.size(wide, high, LAYOUTS[layout], bits)
    again = cut(data, wide, high, LAYOUTS[layout], bits)
    assert all(np.array_equal(first, second) for first, second in zip(made, again, strict=True))
    assert back(again, width, height, layout, bits).shape[:2] == (height, width)


def test_full_chroma_and_grey_come_back() -> None:
    bits = 10
    rgb = np.random.default_rng(1).integers(0, 256, (20, 30, 3), np.uint8)
    assert np.array_equal(back(to_planes(rgb, container.FULL, bits, 8), 30, 20, container.FULL, bits), rgb)
    grey = rgb[..., 0]
    assert np.array_equal(back(to_planes(grey, container.GREY, bits, 8), 30, 20, container.GREY, bits), grey)


@pytest.mark.parametrize(
    ("colour", "limited", "samples", "rgb"),
    [
        (container.RGB, False, (10, 20, 30), (30, 10, 20)),  # stored as green, blue, red
        (container.RGB, True, (16, 235, 126), (128, 0, 255)),
        (container.YCBCR_601, True, (16, 128, 128), (0, 0, 0)),
        (container.YCBCR_601, True, (235, 128, 128), (255, 255, 255)),
        (container.YCBCR_601, False, (76, 85, 255), (254, 0, 0)),  # JFIF's red
        (container.YCBCR_709, True, (63, 102, 240), (255, 0, 0)),  # BT.709's red, 8 bits, video range
        (container.YCBCR_2020, True, (74, 97, 240), (255, 0, 0)),
        (container.YCGCO, False, (64, 64, 255), (255, 0, 1)),
        (container.YCGCO, True, (235, 128, 128), (255, 255, 255)),
        (container.YCGCO, True, (16, 128, 128), (0, 0, 0)),
    ],
)
def test_colour_spaces(colour: int, limited: bool, samples: tuple[int, ...], rgb: tuple[int, ...]) -> None:
    given = [np.full((4, 4), sample, np.uint8) for sample in samples]
    seen = to_rgb(given, 3, 2, LAYOUTS[container.FULL], 8, colour, limited)
    assert np.abs(seen.astype(int) - rgb).max() <= 1


def test_limited_grey() -> None:
    seen = to_rgb([np.array([[64, 940]], np.uint16)], 2, 1, LAYOUTS[container.GREY], 10, container.YCBCR_601, True)
    assert seen.tolist() == [[0, 255]]


@pytest.mark.parametrize(
    ("layout", "place"),
    [(container.H420, 0.5), (container.H420_VIDEO, 0.0), (container.H422, 0.5), (container.H422_VIDEO, 0.0)],
)
def test_chroma_lies_where_the_layout_says(layout: int, place: float) -> None:
    """A ramp of chroma is a ramp again: what lies at `place` of the second half-resolution sample is that sample."""
    form = LAYOUTS[layout]
    ramp = np.arange(40, 200, 4, dtype=np.uint8)[None].repeat(40 // form.down, axis=0)
    full = planes._doubled(ramp, 80, 40, form, 8)
    assert full.shape == (40, 80)
    across = np.arange(20, 60)
    assert np.abs(full[20, 20:60] - (40 + 4 * (across - place) / 2)).max() <= 0.51
    if form.down == 2:
        down = planes._doubled(np.ascontiguousarray(ramp[:, ::-1].repeat(2, axis=0).T), 80, 80, form, 8)
        assert np.abs(np.diff(down[20:60, 40]) + 2).max() <= 1


def test_an_odd_picture_keeps_its_last_chroma() -> None:
    rgb = np.zeros((5, 5, 3), np.uint8)
    rgb[:, 4] = (255, 0, 0)
    luma, _, red = to_planes(rgb, container.H420, 8, 8)
    assert luma.shape == (8, 8)
    assert red.shape == (4, 4)
    assert (red[:, 2] == red[:, 3]).all()
