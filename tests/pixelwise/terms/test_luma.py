from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, strategies as st

from jndkit.errors import UsageError
from jndkit.pixelwise.terms.luma import luma, luma_plane


@given(st.tuples(*[st.integers(0, 255)] * 3))
def test_luma_is_the_rounded_sum(colour: tuple[int, int, int]) -> None:
    red, green, blue = colour
    thousandths = 299 * red + 587 * green + 114 * blue
    found = int(luma(np.full((1, 1, 3), colour, np.uint8))[0, 0])
    # At exactly half either neighbour is right, so that the published planes come out.
    assert abs(1000 * found - thousandths) <= 500


@pytest.mark.shared
def test_luma_of_the_colour_picture_is_the_published_plane(published: Callable[[str], dict[str, np.ndarray]]) -> None:
    inputs = published("inputs")
    np.testing.assert_array_equal(luma(inputs["astronaut_RGB"]), inputs["astronaut_Y"])


def test_equal_channels_are_their_own_luma() -> None:
    plane = np.arange(256, dtype=np.uint8).reshape(16, 16)
    np.testing.assert_array_equal(luma(np.dstack([plane] * 3)), plane)


def test_a_plane_passes_unchanged_and_fractions_stay() -> None:
    plane = np.linspace(0, 255, 64).reshape(8, 8)
    kept = luma_plane(plane)
    assert kept.dtype == np.float32
    np.testing.assert_array_equal(kept, plane.astype(np.float32))
    assert luma_plane(np.floor(plane)).dtype == np.uint8


def test_the_luma_of_fractions_is_not_rounded() -> None:
    rgb = np.full((8, 8, 3), (10.5, 20.25, 30.0))
    np.testing.assert_allclose(luma_plane(rgb), 0.299 * 10.5 + 0.587 * 20.25 + 0.114 * 30, rtol=1e-6)


@pytest.mark.parametrize(
    "unusable",
    [
        np.zeros(64, np.uint8),
        np.zeros((8, 8, 4), np.uint8),
        np.zeros((1, 3, 8, 8), np.uint8),
        np.zeros((8, 8), bool),
        np.full((8, 8), 256, np.uint16),
        np.full((8, 8), -0.5),
        np.full((8, 8), np.nan),
        np.full((8, 8), np.inf),
    ],
)
def test_other_arrays_are_refused(unusable: npt.NDArray[np.generic]) -> None:
    with pytest.raises(UsageError, match=r"^a picture (is|holds)"):
        luma_plane(unusable)
