from __future__ import annotations

import math

import numpy as np
import pytest

from jndkit.study.likelihood import Counted, Shape, counted, fitted
from jndkit.study.plan import Method
from jndkit.study.population import GRID
from jndkit.study.psychometric import phi
from jndkit.study.simulation import sit, truth, viewers
from jndkit.study.trials import Answer, Trial
from tests.study.made_plan import plan


def test_right_answers_by_hand() -> None:
    made = plan(pictures=1)
    level = 6
    trials = [(Trial(0, "real", "2afc", made.stimuli[0].name, (0, level)), Answer(0, side, 1.0)) for side in (1, 1, 0)]
    logged = counted(list(made.stimuli), [trials], slider=False).logged(Shape(0.25, 0.02))
    right = 0.5 + 0.48 * phi((math.log(made.stimuli[0].level(level).jnd) - GRID) / 0.25)
    np.testing.assert_allclose(logged[0, 0], 2 * np.log(right) + np.log(1 - right), atol=1e-6)


def test_answers_of_training_and_attention_do_not_count() -> None:
    made = plan(pictures=1)
    trials = [
        (Trial(0, kind, "2afc", made.stimuli[0].name, (0, 3)), Answer(0, 1, 1.0)) for kind in ("training", "attention")
    ]
    assert counted(list(made.stimuli), [trials], slider=False).counts.sum() == 0


@pytest.mark.parametrize("start", [0, 12, 24])
def test_positions_of_a_slider_are_all_there_is(start: int) -> None:
    """The probabilities of every position, and of "nowhere", sum to one at every threshold."""
    made = plan("flicker", pictures=1)
    name, levels = made.stimuli[0].name, tuple(range(25))
    total = np.zeros(len(GRID))
    for response in (*range(25), None):
        trials = [(Trial(0, "real", "flicker", name, levels, start=start), Answer(0, response, 1.0))]
        total += np.exp(counted(list(made.stimuli), [trials], slider=True).logged(Shape(0.2, 0.05, 0.1))[0, 0])
    np.testing.assert_allclose(total, 1.0, atol=1e-5)


def test_clicks_at_random_have_the_likelihood_of_chance() -> None:
    answers = Counted(False, np.zeros((1, 2)), np.ones((1, 1, 2, 2)))
    assert answers.at_random()[0] == pytest.approx(4 * math.log(0.5))


@pytest.mark.parametrize(("method", "trials"), [("2afc", 40), ("flicker", 6)])
def test_what_viewers_have_in_common_is_found(method: Method, trials: int) -> None:
    made, chance = plan(method, pictures=8, trials=trials), np.random.default_rng(5)
    population = truth(made, chance)
    sittings = [sit(made, number, viewer) for number, viewer in enumerate(viewers(population, 20, chance))]
    shape, profile = fitted(counted(list(made.stimuli), sittings, slider=method == "flicker"))
    assert 0.18 <= shape.width <= 0.35
    assert shape.bias == pytest.approx(population.bias if method == "flicker" else 0.0, abs=0.06)
    told = profile.likeliest().middle
    wanted = [population.middles[stimulus.name] for stimulus in made.stimuli]
    assert float(np.sqrt(np.mean((told - wanted) ** 2))) < 0.12
