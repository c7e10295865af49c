from __future__ import annotations

import numpy as np
import pytest

from jndkit.pixelwise.terms.gradients import G1, G2, G3, G4, maximal_gradient


@pytest.mark.parametrize("kernel", [G1, G2, G3, G4])
def test_kernels_weigh_both_sides_alike(kernel: np.ndarray) -> None:
    assert kernel.sum() == 0
    assert kernel[kernel > 0].sum() == 16
    np.testing.assert_array_equal(kernel, -kernel[::-1, ::-1])


def test_the_diagonal_kernels_mirror_each_other() -> None:
    np.testing.assert_array_equal(G2[:, ::-1], G3)


def test_the_gradient_of_a_ramp_is_its_rise_over_two_pixels() -> None:
    y, x = np.mgrid[:12, :12]
    for ramp in (5 * x, 5 * y, 5 * (11 - x)):
        np.testing.assert_array_equal(maximal_gradient(ramp.astype(np.uint8), "reflect")[2:-2, 2:-2], 10)


def test_a_flat_plane_has_none_but_against_black() -> None:
    plane = np.full((8, 8), 80, np.uint8)
    assert not maximal_gradient(plane, "reflect").any()
    against_black = maximal_gradient(plane, "zero")
    assert against_black[0, 4] == 80
    assert not against_black[2:-2, 2:-2].any()
