from __future__ import annotations

import math

import numpy as np
import pytest

from jndkit.study.psychometric import phi
from jndkit.study.quest import Quest

X = np.log(np.geomspace(0.25, 4.0, 9))


def brute(quest: Quest) -> np.ndarray:
    """Expected entropy as its definition has it, one level and answer after the other."""
    expected = np.zeros((len(quest.posterior), len(X)))
    for row, prior in enumerate(quest.posterior):
        for level in range(len(X)):
            for answer in (0, 1):
                joint = prior * quest.likelihood[answer, level]
                chance = joint.sum()
                after = joint / chance
                expected[row, level] += chance * -(after * np.log(np.maximum(after, 1e-300))).sum()
    return expected


def test_expected_entropy_is_what_its_definition_says() -> None:
    quest = Quest(X, guess=0.5, count=2)
    quest.learn(np.array([3, 6]), np.array([1, 0]))
    np.testing.assert_allclose(quest.expected_entropy(), brute(quest), atol=1e-9)


def test_staircases_side_by_side_are_what_each_is_alone() -> None:
    together, alone = Quest(X, guess=0.5, count=3), Quest(X, guess=0.5)
    for answer in (1, 0, 1, 1):
        levels = together.choose()
        assert levels[1] == alone.choose()[0]
        together.learn(levels, np.array([0, answer, 1]))
        alone.learn(int(levels[1]), bool(answer))
    np.testing.assert_allclose(together.posterior[1], alone.posterior[0])


def test_the_threshold_is_found() -> None:
    chance, count, threshold = np.random.default_rng(0), 200, math.log(1.6)
    quest = Quest(X, guess=0.5, count=count)
    for _ in range(40):
        levels = quest.choose()
        share = 0.5 + 0.48 * phi((X[levels] - threshold) / 0.25)
        quest.learn(levels, chance.random(count) < share)
    mean, spread = quest.threshold()
    assert abs(float(mean.mean()) - threshold) < 0.04
    assert 0.5 < float((mean - threshold).std() / spread.mean()) < 1.1, "it claims no more than it knows"


def test_it_is_what_the_package_says() -> None:
    questplus = pytest.importorskip("questplus", reason="QUEST+ of the package questplus is what ours is held against")
    thresholds, widths, lapses = np.log(np.geomspace(0.4, 2.5, 11)), (0.2, 0.4), (0.01, 0.04)
    package = questplus.QuestPlus(
        stim_domain={"intensity": X},
        param_domain={"mean": thresholds, "sd": np.array(widths), "lower_asymptote": [0.5], "lapse_rate": lapses},
        outcome_domain={"response": ["right", "wrong"]},
        func="norm_cdf",
        stim_scale="linear",
    )
    ours = Quest(X, guess=0.5, prior=(0.0, 1e6), thresholds=thresholds.tolist(), widths=widths, lapses=lapses)
    for answer in (1, 1, 0, 1, 0, 1, 1, 1, 0):
        level = int(ours.choose()[0])
        assert package.next_stim["intensity"] == pytest.approx(X[level])
        package.update(stim={"intensity": X[level]}, outcome={"response": "right" if answer else "wrong"})
        ours.learn(level, bool(answer))
        np.testing.assert_allclose(package.posterior.values.ravel(), ours.posterior[0], atol=1e-6)
