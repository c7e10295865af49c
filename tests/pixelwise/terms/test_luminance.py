from __future__ import annotations

import numpy as np
import pytest

from jndkit.pixelwise.terms.luminance import background_luminance, luminance_adaptation, luminance_adaptation_13

# The curve f2 of Chou and Li: background, threshold.
CURVE = {
    0: 20.0,
    1: 18.491494,
    16: 13.965976,
    32: 11.466601,
    64: 7.931951,
    100: 4.914939,
    127: 3.0,
    128: 3.023438,
    160: 3.773438,
    192: 4.523438,
    224: 5.273438,
    255: 6.0,
}


def test_adaptation_follows_the_published_curve() -> None:
    background = np.array([list(CURVE)], np.float32)
    np.testing.assert_allclose(luminance_adaptation(background)[0], list(CURVE.values()), atol=2e-6)


def test_adaptation_without_the_constant_falls_to_zero_and_jumps() -> None:
    at = luminance_adaptation(np.array([[0, 127, 128]], np.float32), least=0.0)[0]
    np.testing.assert_allclose(at, [17, 0, 3.023438], atol=2e-6)


@pytest.mark.parametrize(("level", "lifted"), [(0, 32), (1, 33), (100, 107), (127, 127), (128, 128), (255, 255)])
def test_the_dark_half_is_lifted(level: int, lifted: int) -> None:
    expected = luminance_adaptation(np.array([[lifted]], np.float32))[0, 0]
    for plane in (np.full((8, 8), level, np.uint8), np.full((8, 8), level, np.float32)):
        np.testing.assert_allclose(luminance_adaptation_13(plane, "reflect"), expected)


def test_the_window_weighs_the_rings_and_leaves_the_centre_out() -> None:
    plane = np.zeros((9, 9), np.uint8)
    plane[4, 4] = 32
    ring = np.array([[1, 1, 1, 1, 1], [1, 2, 2, 2, 1], [1, 2, 0, 2, 1], [1, 2, 2, 2, 1], [1, 1, 1, 1, 1]])
    np.testing.assert_array_equal(background_luminance(plane, "zero"), np.pad(ring, 2))


def test_borders_repeat_the_edge_or_put_black() -> None:
    plane = np.full((8, 8), 64, np.uint8)
    np.testing.assert_array_equal(background_luminance(plane, "reflect"), 64)
    # Of the corner's 32 weights 2 + 2 + 2 + 1 + 1 + 1 + 1 + 1 lie inside the picture.
    assert background_luminance(plane, "zero")[0, 0] == 64 * 11 / 32
