from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from jndkit.errors import UsageError
from jndkit.pixelwise.chou1995 import contrast_masking
from jndkit.pixelwise.li2016 import (
    contrast_multiplier,
    desktop_distance,
    eccentricity,
    li2016,
    luminance_multiplier,
    relative_acuity,
)
from jndkit.pixelwise.terms.gradients import maximal_gradient
from jndkit.pixelwise.terms.luminance import background_luminance, luminance_adaptation
from jndkit.pixelwise.wu2013 import prediction


def plane(*numbers: float) -> npt.NDArray[np.float32]:
    return np.array([numbers], np.float32)


def test_the_desktop_is_where_its_pixels_per_degree_say() -> None:
    assert desktop_distance() == pytest.approx(2168.2, abs=0.1)
    assert eccentricity(plane(desktop_distance()), desktop_distance())[0, 0] == pytest.approx(45, abs=1e-4)


def test_acuity_halves_at_its_eccentricity_and_is_held_by_the_display() -> None:
    # So far from the eye that the display shows more than the fovea sees.
    np.testing.assert_allclose(relative_acuity(plane(0, 2.3, 6.9), 1e5), [[1, 0.5, 0.25]], rtol=1e-6)
    # Here the display ends at 8.7 cycles per degree, which the eye sees up to 8 degrees.
    foveal = 2.3 * math.log(64) / 0.106
    shown = math.pi * 1000 / 360
    found = relative_acuity(plane(0, 5, 8, 20), 1000)[0]
    np.testing.assert_allclose(found, [1, 1, min(1, foveal / 10.3 / shown), foveal / 22.3 / shown], rtol=1e-6)


def test_the_contrast_multiplier_has_the_signs_of_code_and_print() -> None:
    acuity = plane(1, 0.3)
    for variant, shift, offset in (("code", -1.5, -0.66), ("paper", 1.5, 0.66)):
        exponent = (math.log(60 / 255 + 1) + shift) ** 2 + offset
        expected = [1, (1.05 / 0.35) ** exponent]
        np.testing.assert_allclose(contrast_multiplier(plane(60, 60), acuity, variant)[0], expected, rtol=1e-5)


def test_the_luminance_multiplier_peaks_at_middle_grey() -> None:
    acuity = plane(0.25, 0.25, 0.25, 1)
    found = luminance_multiplier(plane(0, 127, 255, 127), acuity)[0]
    density = 1 / (math.sqrt(2 * math.pi) * 0.8)
    expected = [
        1.75 ** (0.5 + density * math.exp(-(8.75**2) / 2)),
        1.75 ** (0.5 + density),
        1.75 ** (0.5 + density * math.exp(-(1.25**2) / 2)),
        1,
    ]
    np.testing.assert_allclose(found, expected, rtol=1e-5)


def test_at_the_fixation_it_is_the_foveal_model(scene: npt.NDArray[np.uint8]) -> None:
    """All of this small picture lies where the display, not the eye, sets the limit."""
    predicted = prediction(scene)
    background = background_luminance(predicted, "reflect")
    masking = np.maximum(contrast_masking(maximal_gradient(predicted, "reflect"), background), 0)
    adaptation = luminance_adaptation(background)
    total = adaptation + masking - 0.8 * np.minimum(adaptation, masking)
    disorder = 1.125 * np.abs(scene.astype(float) - predicted)
    total += disorder - 0.8 * np.minimum(total, disorder)
    for variant in ("code", "paper"):
        np.testing.assert_allclose(li2016(scene, variant=variant), total, rtol=1e-4)


def test_thresholds_grow_away_from_the_fixation(scene: npt.NDArray[np.uint8]) -> None:
    near = li2016(scene)
    aside = li2016(scene, fixation=(-400, 48))
    far = li2016(scene, fixation=(-2000, 48))
    assert near.mean() < aside.mean() < far.mean()
    assert (aside >= near - 0.1).all()
    flat = li2016(np.full((60, 90), 80, np.uint8), fixation=(45, 30), distance=60, up=1, down=1)
    np.testing.assert_allclose(flat, flat[0, 0], atol=1e-4)
    flat = li2016(np.full((20, 900), 80, np.uint8), fixation=(0, 10), distance=3000)[10]
    assert (np.diff(flat) >= -1e-5).all()
    assert flat[-1] > flat[0] + 0.5


def test_flat_pictures_have_luminance_and_its_offset() -> None:
    flat = np.full((12, 16), 30, np.uint8)
    adaptation = 17 * (1 - math.sqrt(30 / 127)) + 3
    offset = 0.5 - 0.01 * 30
    np.testing.assert_allclose(li2016(flat), adaptation + 0.2 * offset, rtol=1e-5)


def test_round_contours_turn_with_the_picture(scene: npt.NDArray[np.uint8]) -> None:
    moves: list[Callable[[Any], Any]] = [np.fliplr, np.flipud, np.transpose]
    for move in moves:
        found = li2016(np.ascontiguousarray(move(scene)), distance=4000)
        expected = move(li2016(scene, distance=4000))
        # Exact halves of the prediction go up or down by the order of the sum.
        assert (np.abs(found - expected) > 1e-3).mean() < 0.03


def test_half_ellipses_count_up_and_down_apart() -> None:
    flat = np.full((801, 9), 80, np.uint8)
    column = li2016(flat, distance=3000, up=2, down=1.25)[:, 4]
    round_column = li2016(flat, distance=3000)[:, 4]
    assert column[400 - 200] == pytest.approx(round_column[400 - 400], rel=1e-4)
    assert column[400 + 200] == pytest.approx(round_column[400 + 250], rel=1e-4)
    assert column[400] == pytest.approx(round_column[400], rel=1e-5)


def test_negative_masking_of_bright_parts_is_not_multiplied() -> None:
    bright = np.full((12, 16), 250, np.uint8)
    jnd = li2016(bright, variant="paper", fixation=(-3000, 0))
    assert (jnd >= 3 / 128 * (250 - 127) + 3).all()


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"distance": 0}, "distance must be a number above 0, not 0"),
        ({"distance": math.inf}, "distance must be"),
        ({"up": -1}, "up must be a number above 0, not -1"),
        ({"down": math.nan}, "down must be"),
        ({"fixation": (math.nan, 3)}, r"a fixation is a point x, y in pixels, not \(nan, 3\)"),
        ({"fixation": (1, 2, 3)}, "a fixation is a point"),
        ({"variant": "print"}, "choose code, paper"),
        ({"border": "wrap"}, "choose reflect, zero"),
    ],
)
def test_geometry_that_makes_no_sense_is_refused(options: dict[str, Any], sentence: str) -> None:
    with pytest.raises(UsageError, match=sentence):
        li2016(np.zeros((8, 8), np.uint8), **options)
