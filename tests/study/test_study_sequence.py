from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from jndkit.errors import UsageError
from jndkit.study.plan import METHODS, Method, Plan
from jndkit.study.sequence import Sequence, next_trial, resumed
from jndkit.study.trials import Answer, Trial
from tests.study.made_plan import plan


def answered(trial: Trial, chance: np.random.Generator) -> Answer:
    return Answer(trial.id, int(chance.integers(len(trial.levels))), 1.0)


def sitting(made: Plan, number: int = 0, seed: int = 0) -> tuple[list[Trial], list[Answer]]:
    sequence, chance = Sequence(made, number), np.random.default_rng(seed)
    trials, answers = [], []
    while (trial := sequence.next()) is not None:
        trials.append(trial)
        answers.append(answered(trial, chance))
        sequence.record(answers[-1])
    assert sequence.done == sequence.total == len(trials)
    return trials, answers


@pytest.mark.parametrize("method", METHODS)
def test_a_resumed_sitting_goes_on_as_if_nothing_had_been(method: Method) -> None:
    made = plan(method)
    trials, answers = sitting(made)
    for done in range(0, len(trials), 3):
        assert next_trial(made, 0, answers[:done]) == trials[done]
    assert next_trial(made, 0, answers) is None


@pytest.mark.parametrize("method", METHODS)
def test_every_stimulus_is_asked_as_often_as_planned(method: Method) -> None:
    made = plan(method, pictures=5, trials=7)
    trials, _ = sitting(made)
    real = Counter(trial.stimulus for trial in trials if trial.kind == "real")
    assert set(real.values()) == {7}
    assert len(real) == 5


@pytest.mark.parametrize("method", METHODS)
def test_one_trial_in_twelve_asks_for_what_is_plain(method: Method) -> None:
    trials, _ = sitting(plan(method, pictures=11, trials=12))
    asked = [trial for trial in trials if trial.kind != "training"]
    assert sum(trial.kind == "attention" for trial in asked) == len(asked) // 12
    assert all(trial.kind == "training" and trial.right for trial in trials[:4])
    kinds = Counter(len(set(trial.levels)) == 1 for trial in asked if trial.kind == "attention")
    assert kinds == {True: 6, False: 6}, "equal pictures and obvious ones in turn"


def test_breaks_are_offered() -> None:
    trials, _ = sitting(plan(trials=20))
    rests = [trial.id for trial in trials if trial.rest]
    assert np.diff(rests).tolist() == [20] * (len(rests) - 1)
    assert rests


def test_sessions_differ_and_a_session_does_not() -> None:
    made = plan()
    assert sitting(made, 0)[0] == sitting(made, 0)[0]
    assert sitting(made, 0)[0] != sitting(made, 1)[0]


def test_viewers_share_the_stimuli_evenly() -> None:
    made = plan(pictures=7, trials=2, seen=3)
    seen = Counter[str]()
    for number in range(14):
        names = {trial.stimulus for trial in sitting(made, number)[0] if trial.kind == "real"}
        assert len(names) == 3
        seen.update(names)
    assert set(seen.values()) == {6}


def test_both_sides_hold_the_version_equally_often() -> None:
    trials, _ = sitting(plan(pictures=10, trials=40))
    sides = [trial.levels.index(0) for trial in trials if trial.kind == "real"]
    assert 0.4 < np.mean(sides) < 0.6


def test_a_slider_starts_at_both_ends() -> None:
    trials, _ = sitting(plan("flicker", trials=3))
    starts: dict[str, list[int | None]] = {}
    for trial in trials:
        if trial.kind == "real":
            starts.setdefault(trial.stimulus, []).append(trial.start)
            assert trial.levels == tuple(range(25))
    assert all({0, 24} < set(places) or {0, 24} == set(places[:2]) for places in starts.values())


def test_triplets_are_plain_and_boosted() -> None:
    trials, _ = sitting(plan("triplet", trials=16))
    boosted = Counter(trial.boosted for trial in trials if trial.kind == "real")
    assert boosted == {True: 32, False: 32}


def test_staircases_find_the_threshold() -> None:
    made, chance = plan(trials=40), np.random.default_rng(3)
    sequence, last = Sequence(made, 0), dict[str, list[float]]()
    while (trial := sequence.next()) is not None:
        level = max(trial.levels)
        sees = level > 0 and made.stimulus(trial.stimulus).level(level).jnd > 1.5
        side = trial.levels.index(level) if sees else int(chance.integers(2))
        sequence.record(Answer(trial.id, side, 1.0))
        if trial.kind == "real":
            last.setdefault(trial.stimulus, []).append(made.stimulus(trial.stimulus).level(level).jnd)
    for shown in last.values():
        assert 1.1 < float(np.exp(np.mean(np.log(shown[-10:])))) < 2.2


def test_an_answer_to_another_trial_is_refused() -> None:
    made = plan()
    with pytest.raises(UsageError, match="not the one that is shown"):
        resumed(made, 0, [Answer(1, 0, 1.0)])
