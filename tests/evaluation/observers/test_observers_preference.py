"""Encoders by Elo: a measure that people go by, and one that is unjust to an encoder."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from jndkit.evaluation.observers import preference, subjective
from jndkit.evaluation.observers.readings import Readings
from jndkit.evaluation.observers.subjective import Ranking


@pytest.fixture
def answers() -> Ranking:
    """jpegli is worth 100 Elo at equal bits."""
    rate = np.array([0.8, 1.0, 1.3, 1.7, 2.2])
    elo = 1500.0 + 800.0 * np.log(rate)
    methods = tuple(f"{encoder}{quality}420" for encoder in "tj" for quality in range(50, 100, 10))
    return Ranking(methods, np.concatenate([elo, elo + 100.0]), np.concatenate([rate, rate]))


def x_of(quality: np.ndarray, pictures: int = 8) -> np.ndarray:
    """ln(difference) of pictures that differ by a constant each, as quality falls."""
    return -quality[None, :] / 400.0 + np.linspace(-0.1, 0.1, pictures)[:, None] * 0.0


def test_people_themselves(answers: Ranking) -> None:
    row = preference.score("people", x_of(answers.elo), answers)
    assert row.scores["residual"] == pytest.approx(0.0, abs=1e-6)
    assert row.scores["bias"] == pytest.approx(0.0, abs=1e-6)
    assert row.scores["rank"] == pytest.approx(1.0)
    assert row.scores["bits measure"] == pytest.approx(row.scores["bits people"])
    assert row.scores["bits people"] == pytest.approx(100.0 * np.expm1(-100.0 / 800.0), abs=0.1)


def test_bits_alone_are_blind_to_the_encoder(answers: Ranking) -> None:
    row = preference.score("bits", -np.log(answers.rate)[None, :].repeat(4, axis=0), answers)
    assert row.scores["bias libjpeg"] == pytest.approx(50.0)
    assert row.scores["bias jpegli"] == pytest.approx(-50.0)
    assert row.scores["bias"] == pytest.approx(100.0)
    assert row.scores["residual"] == pytest.approx(50.0)
    assert row.scores["bits measure"] == pytest.approx(0.0, abs=1e-9)


def test_halves_are_judged_by_each_other(answers: Ranking) -> None:
    random = np.random.default_rng(0)
    noisy = preference.score("noisy", x_of(answers.elo) + random.normal(0, 0.2, (8, 10)), answers)
    assert noisy.scores["residual"] > 20.0
    again = preference.score("noisy", x_of(answers.elo) + np.random.default_rng(0).normal(0, 0.2, (8, 10)), answers)
    assert again.scores == noisy.scores


def test_the_guesses(answered: Path) -> None:
    answers = subjective.ranking(answered)
    bits, constant = list(preference.scores(answers, Readings([], "encoders")))
    assert (bits.measure, constant.measure) == (preference.BITS, preference.CONSTANT)
    assert constant.scores["residual"] == pytest.approx(answers.elo.std())
