from __future__ import annotations

import numpy as np
import pytest

from jndkit.study.sittings.plates import GREY, KINDS, SIDE, TO_CONES, Plate, plates

SEEDS = range(12)
CONES = {"long": 0, "middle": 1, "short": 2}


def linear(rgb: np.ndarray) -> np.ndarray:
    value = rgb / 255.0
    light: np.ndarray = np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)
    return light


def dots(plate: Plate) -> np.ndarray:
    """What the three kinds of cone take up of each dot's own colour: float64 (N, 3)."""
    rgb = plate.rgb
    inner = rgb[1:-1, 1:-1]
    # Not the mixtures at the edges of dots.
    alike = [rgb[1:-1, :-2], rgb[1:-1, 2:], rgb[:-2, 1:-1], rgb[2:, 1:-1]]
    inside = np.logical_and.reduce([(inner == other).all(axis=2) for other in alike])
    whole = np.unique(inner[inside & (inner != GREY).any(axis=2)], axis=0)
    assert len(whole) > 20
    cones: np.ndarray = linear(whole) @ TO_CONES.T
    return cones


def test_plates_follow_from_the_seed() -> None:
    for one, other in zip(plates(3), plates(3), strict=True):
        assert one.digit == other.digit
        assert np.array_equal(one.rgb, other.rgb)
    assert [plate.digit for plate in plates(3)] != [plate.digit for plate in plates(4)]


@pytest.mark.parametrize("seed", SEEDS)
def test_there_is_one_plate_of_each_kind_and_no_digit_comes_twice(seed: int) -> None:
    drawn = plates(seed)
    assert tuple(plate.kind for plate in drawn) == KINDS
    assert len({plate.digit for plate in drawn}) == len(drawn)
    assert {plate.rgb.shape for plate in drawn} == {(SIDE, SIDE, 3)}


@pytest.mark.parametrize("place", [1, 2, 5])
def test_who_lacks_a_kind_of_cone_sees_dots_alike(place: int) -> None:
    """The other two kinds take up the same light, apart from how light a dot is, from figure and ground."""
    plate = plates(5)[place]
    own = CONES[plate.kind]
    rest = [cone for cone in range(3) if cone != own]
    cones = dots(plate)
    between = cones[:, rest[0]] / cones[:, rest[1]]
    assert np.ptp(between) < 0.06 * between.mean()  # what 8 bits leave
    within = cones[:, own] / cones[:, rest].mean(axis=1)
    assert np.ptp(within) > 0.2 * within.mean()
    # Two groups, figure and ground, and nothing in between.
    middle = (within.min() + within.max()) / 2
    assert np.abs(within - middle).min() > 0.3 * np.ptp(within)


@pytest.mark.parametrize("place", [1, 2, 5])
def test_no_dot_is_given_away_by_how_light_it_is(place: int) -> None:
    cones = dots(plates(5)[place])
    own = CONES[KINDS[place]]
    rest = cones[:, [cone for cone in range(3) if cone != own]].mean(axis=1)
    group = cones[:, own] / rest > np.median(cones[:, own] / rest)
    for one in (rest[group], rest[~group]):
        assert np.ptp(one) > 0.4 * rest.mean()


def test_everybody_reads_the_first() -> None:
    cones = dots(plates(9)[0])
    light = cones.mean(axis=1)
    assert np.ptp(light) > 0.3
    assert np.allclose(cones, light[:, None], atol=0.02)  # grey: no colour is needed for it


@pytest.mark.parametrize("seed", SEEDS)
def test_nothing_is_clipped(seed: int) -> None:
    for plate in plates(seed):
        assert plate.rgb.max() < 255
        assert plate.rgb.min() > 0
