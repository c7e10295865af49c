"""The quality that satisfies 75 % of viewers, as a distribution over pictures."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

from jndkit.evaluation.observers import population, subjective
from jndkit.evaluation.observers.readings import Readings
from jndkit.evaluation.observers.subjective import QUALITY
from jndkit.study.psychometric import phi

QUALITIES = np.arange(15.0, 98.0, 2.0)


@pytest.fixture
def answers() -> np.ndarray:
    """Pictures need quality 20 to 60; half of the viewers notice where 100.5 - q is that of the picture."""
    at = np.linspace(20.0, 60.0, 30)[:, None]
    return phi((np.log(100.5 - at) - np.log(100.5 - QUALITY)) / 0.15)


def test_other_pictures_of_the_same_kind_are_as_spread(answers: np.ndarray) -> None:
    at = np.linspace(20.5, 59.5, 14)[:, None]
    x = np.log(100.5 - QUALITIES) - np.log(100.5 - at)
    row = population.score("truth", x, QUALITIES, answers)
    assert row.constants["d50"] == pytest.approx(1.0, abs=0.02)
    assert row.constants["spread"] == pytest.approx(0.15, abs=0.02)
    assert row.scores["curve"] < 0.005
    assert row.scores["distance"] < 1.5


def test_one_for_all_is_not_spread(answers: np.ndarray) -> None:
    x = np.tile(np.log(100.5 - QUALITIES), (5, 1))
    row = population.score("alike", x, QUALITIES, answers)
    assert row.scores["sd"] == pytest.approx(0.0, abs=1e-9)
    assert row.scores["distance"] > 5.0


def test_readings_that_rise_with_quality_are_held(answers: np.ndarray) -> None:
    x = np.log(100.5 - QUALITIES)[None, :].repeat(3, axis=0) - math.log(60.0)
    x[1, -1] = 5.0
    row = population.score("bent", x, QUALITIES, answers)
    assert row.scores["most"] < 97.0


def test_people_stand_beside_and_one_quality_for_all(answered: Path) -> None:
    first, last = list(population.scores(subjective.satisfied(answered), Readings([], "mcl-jci"), (15, 97)))
    assert (first.measure, last.measure) == (population.PEOPLE, population.FIXED)
    assert first.pictures == 6
    assert "distance" not in first.scores
    assert first.scores["sd"] > 1.0
    assert last.scores["sd"] == 0.0
    assert last.scores["distance"] > 1.0
