from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pytest

from jndkit.errors import UsageError
from jndkit.picture import Picture
from jndkit.pixelwise import jnd_map
from jndkit.pixelwise.wu2016 import REGULARITY, wu2016, wu2016_colour

Published = Callable[[str], dict[str, np.ndarray]]


@pytest.mark.shared
def test_the_colour_map_is_the_published_one(published: Published) -> None:
    rgb = published("inputs")["astronaut_RGB"]
    jnd = wu2016_colour(rgb, border="reflect101")
    np.testing.assert_allclose(jnd[..., ::-1], published("jndlic")["astronaut_jnd_BGR"], rtol=0, atol=1e-5)
    assert jnd.mean(dtype=np.float64) == pytest.approx(6.643296, abs=1e-5)
    # Means on the jump at 127 fall on either side of it.
    real = wu2016_colour(rgb, variant="paper", border="reflect101")
    assert real.mean(dtype=np.float64) == pytest.approx(7.552590, abs=3e-4)


def test_the_gain_of_regularity() -> None:
    assert pytest.approx(1.147931, abs=1e-6) == REGULARITY


@pytest.mark.parametrize(
    ("level", "code", "paper"), [(0, 17, 17), (100, 1, 1.914939), (127, 0, 0), (128, 3, 3.023438), (255, 6, 6)]
)
@pytest.mark.parametrize("border", ["reflect", "reflect101"])
def test_flat_pictures_have_luminance_alone(level: int, code: float, paper: float, border: str) -> None:
    flat = np.full((9, 12), level, np.uint8)
    np.testing.assert_array_equal(wu2016(flat, border=border), np.float32(code))
    np.testing.assert_allclose(wu2016(flat, variant="paper", border=border), paper, atol=1e-5)


def test_falling_gradients_vanish_in_bytes_alone() -> None:
    rising = np.full((12, 24), 100, np.uint8)
    rising[:, 12:] = 110
    falling = rising[:, ::-1].copy()
    masking = REGULARITY * 1.84 * np.sqrt(50) ** 2.4 / (50 + 26**2)
    # The gradient is the left less the right: in bytes it is nothing where luma rises.
    assert wu2016(rising)[6, 11] == pytest.approx(1, abs=1e-6)
    assert wu2016(falling)[6, 11] == pytest.approx(1 + masking - 0.3 * min(1, masking), abs=1e-5)
    for plane in (rising, falling):
        background = plane[6, 9:14].mean()
        adaptation = 17 * (1 - np.sqrt(background / 127))
        expected = adaptation + masking - 0.3 * min(adaptation, masking)
        assert wu2016(plane, variant="paper")[6, 11] == pytest.approx(expected, abs=1e-4)


def test_bytes_round_half_to_even() -> None:
    plane = np.full((12, 12), 50, np.uint8)
    # The mean of 25 pixels is 50.5 below two of these, 50 below one of them halved.
    plane[5, 5] = 50 + 12
    table = 17 * (1 - np.sqrt(np.array([50, 51]) / 127))
    assert np.trunc(table).tolist() == [6, 6]
    plane[:] = 77
    plane[6, 6] = 77 + 13
    # 77.52 becomes 78: the threshold falls from 3.76 to 3.68, both cut to 3.
    assert wu2016(plane)[6, 6] == 3


def test_turning_commutes_and_mirroring_in_real_numbers_alone(scene: npt.NDArray[np.uint8]) -> None:
    for variant in ("code", "paper"):
        found = wu2016(scene.T, variant=variant)
        np.testing.assert_allclose(found, wu2016(scene, variant=variant).T, atol=1e-4)
    for move in (np.fliplr, np.flipud):
        moved = np.ascontiguousarray(move(scene))
        found, expected = wu2016(moved, variant="paper"), move(wu2016(scene, variant="paper"))
        assert (np.abs(found - expected) > 1e-3).mean() < 0.001
        assert np.abs(wu2016(moved) - move(wu2016(scene))).max() > 1


def test_colour_is_channel_by_channel(scene: npt.NDArray[np.uint8]) -> None:
    rgb = np.dstack([scene, np.roll(scene, 3, 0), np.roll(scene, 5, 1)])
    for variant in ("code", "paper"):
        jnd = wu2016_colour(rgb, variant=variant)
        assert jnd.shape == rgb.shape
        assert jnd.dtype == np.float32
        for channel in range(3):
            plane = np.ascontiguousarray(rgb[..., channel])
            np.testing.assert_array_equal(jnd[..., channel], wu2016(plane, variant=variant))
    np.testing.assert_array_equal(wu2016_colour(Picture(rgb)), wu2016_colour(rgb))
    np.testing.assert_array_equal(wu2016_colour(scene), np.dstack([wu2016(scene)] * 3))


def test_every_border_goes_through_the_door(scene: npt.NDArray[np.uint8]) -> None:
    found = {border: jnd_map(scene, "wu2016", border=border) for border in ("reflect", "zero", "reflect101")}
    for border, jnd in found.items():
        np.testing.assert_array_equal(jnd[2:-2, 2:-2], found["reflect"][2:-2, 2:-2])
        assert border == "reflect" or np.abs(jnd - found["reflect"]).max() > 0.5
    for model in (wu2016, wu2016_colour):
        with pytest.raises(UsageError, match="unknown border 'wrap': choose reflect, zero, reflect101"):
            model(scene, border="wrap")
        with pytest.raises(UsageError, match="choose code, paper"):
            model(scene, variant="print")


def test_bytes_round_a_plane_that_is_not_whole(scene: npt.NDArray[np.uint8]) -> None:
    np.testing.assert_array_equal(wu2016(np.minimum(scene, 250) + 0.3), wu2016(np.minimum(scene, 250)))
