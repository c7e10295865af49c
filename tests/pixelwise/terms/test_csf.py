from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pytest

from jndkit.errors import UsageError
from jndkit.pixelwise.terms.csf import (
    DALY_REFITTED,
    ahumada_peterson,
    barten1999,
    barten2004,
    castle,
    cutoff_frequency,
    daly,
    foveation,
    integration_size,
    mannos_sakrison,
    optical_blur,
    optical_transfer,
    pupil_diameter,
    retinal_illuminance,
)

FREQUENCIES = [0.5, 1, 2, 4, 8, 16, 32]
Function = Callable[[npt.ArrayLike], npt.NDArray[np.float64]]


@pytest.mark.parametrize(
    ("function", "expected"),
    [
        (mannos_sakrison, [0.1898, 0.3160, 0.5280, 0.8105, 0.9808, 0.6908, 0.1500]),
        (daly, [16.3645, 42.9098, 97.2741, 163.5810, 121.8645, 41.9001, 3.7927]),
        (
            lambda f: daly(f, constants=DALY_REFITTED),
            [12.7475, 31.4594, 63.3740, 82.0537, 43.4053, 9.2295, 0.2293],
        ),
        (barten2004, [226.8756, 410.6707, 609.0124, 633.7408, 426.1171, 169.3842, 23.2651]),
        (castle, [25.0311, 51.4673, 104.9921, 134.2779, 98.5628, 38.1997, 8.2359]),
        (lambda f: castle(f, 10), [23.3212, 51.5831, 81.3198, 80.3724, 45.5909, 13.6549, 2.2751]),
        (lambda f: castle(f, eccentricity=10), [11.5907, 19.1708, 25.3062, 13.5519, 1.7440, 0.0208, 0]),
    ],
    ids=["mannos-sakrison", "daly", "daly refitted", "barten 2004", "castle", "castle at 10 cd/m2", "castle at 10 deg"],
)
def test_sensitivities_are_the_known_ones(function: Function, expected: list[float]) -> None:
    np.testing.assert_allclose(function(FREQUENCIES), expected, rtol=0, atol=5.1e-5)


def test_barten_1999_equation_by_equation() -> None:
    assert pupil_diameter(100, 60) == pytest.approx(2.7931307, abs=5e-8)
    assert optical_blur(2.1) == pytest.approx(0.0087911, abs=1e-7)
    assert retinal_illuminance(100, 2.1) == pytest.approx(330.4115803, abs=5e-8)
    assert retinal_illuminance(100, 2.1, stiles_crawford=False) == pytest.approx(346.3605900, abs=1e-7)
    assert integration_size(4) == pytest.approx(3.5729480, abs=5e-8)
    assert optical_transfer(4, 0.01) == pytest.approx(0.9689107, abs=1e-7)
    assert barten1999(4, diameter=2.1) == pytest.approx(360.8691122, abs=5e-8)
    assert barten1999(4, 20) == pytest.approx(barten1999(4, 20, diameter=float(pupil_diameter(20))))


@pytest.mark.parametrize("function", [daly, barten1999, barten2004, castle])
def test_nothing_is_seen_of_no_frequency_or_of_a_huge_one(function: Function) -> None:
    assert function(0.0) == 0
    assert function(1e4) == pytest.approx(0, abs=1e-9)
    assert function(np.full((2, 3), 4.0)).shape == (2, 3)


def test_a_number_is_taken_like_an_array() -> None:
    assert daly(4.0) == daly([4.0])[0]


def test_brighter_and_larger_gratings_are_seen_better() -> None:
    for function in (daly, barten2004, castle):
        assert (function(FREQUENCIES, 100) >= function(FREQUENCIES, 1)).all()
        assert (function(FREQUENCIES, 100, 10) >= function(FREQUENCIES, 100, 0.1)).all()
    assert (barten1999(FREQUENCIES, 100, size=20) > barten1999(FREQUENCIES, 100, size=1)).all()


def test_daly_sees_less_oblique_and_less_aside() -> None:
    high = [8, 16, 32]
    upright, oblique = daly(high), daly(high, orientation=45)
    assert (oblique < upright).all()
    np.testing.assert_allclose(daly(high, orientation=90), upright)
    # At 45 degrees frequencies count 1 / 0.78 fold.
    np.testing.assert_allclose(oblique, daly(np.array(high) / 0.78))
    assert (daly(high, eccentricity=5) < upright).all()


def test_castle_sees_less_aside_and_least_on_the_nasal_side_of_low_frequencies() -> None:
    temporal, nasal = (castle([0.5, 8], eccentricity=5, field=field) for field in ("temporal", "nasal"))
    assert (temporal < castle([0.5, 8])).all()
    assert nasal[0] < temporal[0]
    assert nasal[1] > temporal[1]
    with pytest.raises(UsageError, match="unknown field 'upper': choose temporal, nasal"):
        castle(4, field="upper")


def test_castle_sees_coarse_gratings_better_when_they_flicker() -> None:
    still, flickering = castle([0.5, 16]), castle([0.5, 16], flicker=8.0)
    assert flickering[0] > 2 * still[0]
    assert flickering[1] < 0.6 * still[1]


def test_ahumada_peterson_is_least_at_its_peak_and_highest_at_45_degrees() -> None:
    best = 6.78 * (65 / 300) ** 0.182
    assert ahumada_peterson(best, 65, r=0.6, s=0.25) == pytest.approx(0.25 * 65 / 94.7)
    assert ahumada_peterson(best, 65, oblique=1.0, r=0.6, s=0.25) == pytest.approx(0.25 * 65 / 94.7 / 0.6)
    # One decade away costs 10^K.
    steep = 3.125 * (65 / 300) ** 0.0706
    assert ahumada_peterson(10 * best, 65, r=0.6, s=0.25) == pytest.approx(0.25 * 65 / 94.7 * 10**steep)
    assert ahumada_peterson(6.78, 400, r=0.7, s=1.0) == pytest.approx(400 / 94.7)
    dim = 6.78 * (5 / 300) ** 0.182
    assert ahumada_peterson(dim, 5, r=0.7, s=1.0) == pytest.approx(0.142 * (5 / 13.45) ** 0.649)


def test_acuity_halves_at_its_eccentricity() -> None:
    assert cutoff_frequency(0) == pytest.approx(np.log(64) / 0.106)
    assert cutoff_frequency(2.3) == pytest.approx(cutoff_frequency(0) / 2)


def test_foveation_is_one_until_the_eye_is_worse_than_the_display() -> None:
    # 2048 pixels away the display ends at 17.87 cycles per degree, which the eye reaches at 2.75 degrees.
    ends = float(2.3 * (cutoff_frequency(0) / (np.pi * 2048 / 360) - 1))
    assert ends == pytest.approx(2.75, abs=0.01)
    ratio = foveation([0, ends - 0.01, ends + 0.01, 20], 2048)
    np.testing.assert_array_equal(ratio[:2], 1)
    assert 0.99 < ratio[2] < 1
    assert ratio[3] == pytest.approx(cutoff_frequency(20) / (np.pi * 2048 / 360))
    assert foveation(2.3, 1e6) == pytest.approx(0.5)


def test_impossible_conditions_are_refused() -> None:
    for wrong in (0.0, -1.0, np.inf, np.nan):
        with pytest.raises(UsageError, match="luminance must be a positive number"):
            castle(4, wrong)
        with pytest.raises(UsageError, match="area must be a positive number"):
            daly(4, area=wrong)
        with pytest.raises(UsageError, match="size must be a positive number"):
            barten1999(4, size=wrong)
        with pytest.raises(UsageError, match="luminance must be a positive number"):
            ahumada_peterson(4, wrong, r=0.6, s=0.25)
        with pytest.raises(UsageError, match="area must be a positive number"):
            barten2004(4, area=wrong)
        with pytest.raises(UsageError, match="distance must be a positive number"):
            foveation(4, wrong)
