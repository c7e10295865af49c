from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, strategies as st

from jndkit.errors import UsageError
from jndkit.pixelwise.terms.geometry import (
    dct_frequencies,
    eccentricity,
    obliqueness,
    pixels_per_degree_at,
    viewing_distance,
)


@pytest.mark.parametrize(
    ("heights", "rows", "expected"), [(6, 512, 53.6165), (4, 512, 35.7443), (3, 1080, 56.5487), (3, 768, 40.2124)]
)
def test_pixels_per_degree(heights: float, rows: int, expected: float) -> None:
    assert pixels_per_degree_at(heights, rows) == pytest.approx(expected, abs=5e-5)
    assert viewing_distance(pixels_per_degree_at(heights, rows)) == pytest.approx(heights * rows)


def test_a_coefficient_has_half_a_cycle_per_eight_pixels() -> None:
    frequency = dct_frequencies(40.0)
    assert frequency[0, 0] == 0
    assert frequency[1, 0] == frequency[0, 1] == 40 / 16
    assert frequency[3, 4] == 5 * 40 / 16
    np.testing.assert_array_equal(frequency, frequency.T)


def test_obliqueness_is_nought_on_the_axes_and_one_on_the_diagonal() -> None:
    sine = obliqueness()
    assert not sine[0].any()
    assert not sine[:, 0].any()
    np.testing.assert_allclose(np.diag(sine)[1:], 1)
    assert sine[1, 2] == sine[2, 1] == pytest.approx(0.8)
    frequency = dct_frequencies(33.3)
    expected = 2 * frequency[3, 0] * frequency[0, 7] / frequency[3, 7] ** 2
    assert sine[3, 7] == pytest.approx(expected)


@pytest.mark.parametrize("wrong", [0.0, -40.0, np.inf, np.nan])
def test_impossible_resolutions_are_refused(wrong: float) -> None:
    with pytest.raises(UsageError, match="pixels per degree must be a positive number"):
        dct_frequencies(wrong)


def test_eccentricity_is_the_angle_from_fixation() -> None:
    angle = eccentricity((300, 500), (100, 200), 1000.0)
    assert angle.shape == (300, 500)
    assert angle.dtype == np.float32
    assert angle[100, 200] == 0
    assert angle[100, 230] == pytest.approx(np.degrees(np.arctan(0.03)))
    assert angle[140, 230] == angle[60, 170] == pytest.approx(np.degrees(np.arctan(0.05)))
    # The pixel ahead spans what the resolution says.
    ahead = eccentricity((9, 9), (4, 4), viewing_distance(40.0))
    assert ahead[4, 5] == pytest.approx(1 / 40, rel=1e-4)


def test_fields_above_and_below_fixation_can_differ() -> None:
    angle = eccentricity((101, 101), (50, 50), 1000.0, above=2.0, below=1.5)
    assert angle[50, 80] == pytest.approx(np.degrees(np.arctan(0.03)))
    assert angle[20, 50] == pytest.approx(np.degrees(np.arctan(0.06)))
    assert angle[80, 50] == pytest.approx(np.degrees(np.arctan(0.045)))


@given(row=st.floats(-50, 200), column=st.floats(-50, 200), distance=st.floats(1, 1e5))
def test_eccentricity_mirrors_about_fixation(row: float, column: float, distance: float) -> None:
    angle = eccentricity((64, 48), (row, column), distance)
    mirrored = eccentricity((64, 48), (63 - row, 47 - column), distance)
    assert ((angle >= 0) & (angle <= 90)).all()
    np.testing.assert_allclose(mirrored[::-1, ::-1], angle, rtol=1e-3, atol=1e-4)


def test_impossible_eyes_are_refused() -> None:
    for distance, above, below in ((0.0, 1.0, 1.0), (np.nan, 1.0, 1.0), (9.0, 0.0, 1.0), (9.0, 1.0, -1.0)):
        with pytest.raises(UsageError, match="must be positive"):
            eccentricity((8, 8), (4, 4), distance, above=above, below=below)
