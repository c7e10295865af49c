from __future__ import annotations

import math

import numpy as np
import pytest

from jndkit.study import triplets
from jndkit.study.plan import Stimulus
from jndkit.study.psychometric import phi
from jndkit.study.triplets import Compared, Scale
from tests.study.made_plan import plan

UNIT = 0.6744897501960817


def exact(distance: np.ndarray, readings: np.ndarray, each: float = 4000.0) -> Compared:
    """Answers in exactly the shares that Thurstone's law gives; one viewer."""
    stimuli, levels = distance.shape
    empty = Compared(readings, np.zeros((1, stimuli, levels * (levels + 1), 3)))
    pairs, boosted = empty.cells
    known = np.concatenate([np.zeros((stimuli, 1)), distance], axis=1)
    for cell, ((low, high), kind) in enumerate(zip(pairs, boosted, strict=True)):
        near, far = (2.2 * known[:, side] ** 0.97 if kind else known[:, side] for side in (low, high))
        difference, tau = UNIT * (near - far), UNIT * 0.4
        first, last = phi(difference - tau), phi(-difference - tau)
        shares = np.stack([first, 1 - first - last, last], axis=-1)
        empty.counts[0, :, cell] = each * ((1 - triplets.LAPSE) * shares + triplets.LAPSE / 3)
    return empty


READINGS = np.array([[0.35, 0.65, 1.0, 1.35, 1.75]] * 4)


def test_exact_shares_give_their_distances() -> None:
    chance = np.random.default_rng(0)
    distance = READINGS * np.exp(0.2 * chance.standard_normal((4, 1)) + 0.05 * chance.standard_normal((4, 5)))
    scale = triplets.reconstructed(exact(distance, READINGS))
    np.testing.assert_allclose(scale.distance, distance, rtol=0.02)
    assert float(scale.factor) == pytest.approx(2.2, rel=0.02)
    assert float(scale.unsure) == pytest.approx(0.4, rel=0.02)


def test_one_jnd_is_three_plain_choices_in_four() -> None:
    """The unit, told by plain answers without doubt and lapses alone."""
    readings = np.array([[0.5, 1.0, 1.5]])
    answers = Compared(readings, np.zeros((1, 1, 12, 3)))
    pairs, boosted = answers.cells
    for cell, ((low, high), kind) in enumerate(zip(pairs, boosted, strict=True)):
        if not kind:
            share = float(phi(np.array(UNIT * (0.5 * high - 0.5 * low))))
            answers.counts[0, 0, cell] = 1e5 * np.array([1 - share, 0.0, share])
    assert float(phi(np.array(UNIT))) == pytest.approx(0.75, abs=1e-6)
    # Lapses are expected and there are none: distances come out a little large.
    assert triplets.reconstructed(answers).distance[0, 1] == pytest.approx(1.0, rel=0.06)


def test_levels_that_are_not_there_stay_away() -> None:
    readings = READINGS.copy()
    readings[1, 3:] = np.nan
    distance = np.where(np.isnan(readings), 1.0, readings)
    answers = exact(distance, readings)
    pairs, _ = answers.cells
    answers.counts[0, 1, (pairs > 3).any(axis=1)] = 0.0
    found = triplets.reconstructed(answers).distance
    assert np.isnan(found[1, 3:]).all()
    np.testing.assert_allclose(found[0], READINGS[0], rtol=0.02)
    np.testing.assert_allclose(found[1, :3], READINGS[1, :3], rtol=0.02)


def test_the_gradient_is_that_of_the_posterior() -> None:
    answers = exact(READINGS, READINGS, each=20.0)
    counts = answers.counts.sum(axis=0)[None]
    logged, shared = np.log(READINGS)[None] + 0.1, np.array([[0.6, 0.05, -1.0, 0.9]])
    deviations = (0.1, 0.1)

    def density(logged: np.ndarray, shared: np.ndarray) -> float:
        precision, x = triplets._precision(answers, deviations)
        away = logged[0] - shared[0, 3] * x
        prior = np.einsum("sk,skl,sl->", away, precision, away)
        prior += (triplets._KNOWN * (shared[0] - triplets._EXPECTED) ** 2).sum()
        return float((counts * np.log(triplets._chances(answers, logged, shared)[0])).sum() - 0.5 * prior)

    *_, slope, own = triplets._information(answers, counts, logged, shared, deviations)
    small = 1e-5
    for place in range(4):
        step = np.zeros((1, 4))
        step[0, place] = small
        told = (density(logged, shared + step) - density(logged, shared - step)) / (2 * small)
        assert own[0, place] == pytest.approx(told, abs=0.02)
    for stimulus, level in ((0, 0), (2, 4)):
        step = np.zeros_like(logged)
        step[0, stimulus, level] = small
        told = (density(logged + step, shared) - density(logged - step, shared)) / (2 * small)
        assert slope[0, stimulus, level] == pytest.approx(told, abs=0.02)


@pytest.mark.parametrize(
    ("distance", "wanted"),
    [([0.5, 1.0, 2.0], 1.0), ([0.5, 0.9, 1.1], 1.5), ([0.25, 0.5, 0.75], 8 / 3), ([1.2, 0.8, 2.0], 1.0)],
)
def test_the_reading_at_one_jnd(distance: list[float], wanted: float) -> None:
    readings = np.array([0.5, 1.0, 2.0])
    told = triplets.reading_at(readings, np.array(distance))
    assert told == pytest.approx(wanted if distance[0] != 1.2 else 0.5, rel=1e-6)


def test_pairs_are_counted_whichever_side_they_stand_on() -> None:
    from jndkit.study.trials import Answer, Trial

    made = plan("triplet", pictures=1)
    stimulus: Stimulus = made.stimuli[0]
    trials = [
        (Trial(0, "real", "triplet", stimulus.name, (1, 3)), Answer(0, 1, 1.0)),
        (Trial(1, "real", "triplet", stimulus.name, (3, 1)), Answer(1, 0, 1.0)),
        (Trial(2, "real", "triplet", stimulus.name, (3, 1)), Answer(2, None, 1.0)),
        (Trial(3, "real", "triplet", stimulus.name, (2, 2)), Answer(3, 0, 1.0)),
    ]
    counts = triplets.compared([stimulus], [trials]).counts
    assert counts.sum() == 3
    assert counts.reshape(-1, 3).sum(axis=0).tolist() == [0, 1, 2]
    assert math.isclose(triplets.compared([stimulus], [trials]).at_random()[0], -3 * math.log(3))


def test_a_scale_says_how_likely_each_viewer_is() -> None:
    answers = exact(READINGS, READINGS, each=10.0)
    backwards = Compared(READINGS, np.concatenate([answers.counts, answers.counts[..., ::-1]]))
    scale = Scale(READINGS, np.array(2.2), np.array(0.97), np.array(0.4), np.array(1.0), (0.1, 0.1))
    forward, back = triplets.of_viewers(backwards, scale) - backwards.at_random()
    assert forward > 0 > back
