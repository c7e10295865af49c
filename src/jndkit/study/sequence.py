"""What a viewer is shown, one trial after the other: decided by the plan, the session's number and the answers so far.

Nothing else decides it, so that a tab that was closed or a server that was killed goes on as if it had not been.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.random import Generator

from jndkit.errors import UsageError
from jndkit.study.methods import METHODS, Asking, Question
from jndkit.study.plan import Plan, Stimulus
from jndkit.study.trials import Answer, Kind, Trial


@dataclass(frozen=True)
class _Slot:
    """A trial to come. turn: how many real trials of its stimulus come before it; of others, how many of its kind."""

    kind: Kind
    stimulus: Stimulus
    turn: int
    rest: bool = False


class Sequence:
    """One sitting. number: of the session, from 0."""

    def __init__(self, plan: Plan, number: int) -> None:
        self._plan, self._number = plan, number
        self._method = METHODS[plan.method]
        chance = np.random.default_rng((plan.seed, number))
        seen = _dealt(plan, number)
        self._slots = [*_training(plan, seen), *_asked(plan, seen, chance)]
        self._asking: dict[str, Asking] = {
            stimulus.name: self._method.ask(stimulus, plan.schedule.trials, chance) for stimulus in seen
        }
        self._done = 0
        self._shown: Trial | None = None

    @property
    def total(self) -> int:
        """Trials of the whole sitting."""
        return len(self._slots)

    @property
    def done(self) -> int:
        """Trials that were answered."""
        return self._done

    def next(self) -> Trial | None:
        """The trial to show now, the same until it is answered; None after the last."""
        if self._shown is None and self._done < self.total:
            slot = self._slots[self._done]
            question = self._question(slot)
            self._shown = Trial(self._done, slot.kind, self._plan.method, slot.stimulus.name, *question, rest=slot.rest)
        return self._shown

    def record(self, answer: Answer) -> None:
        """Take in the answer to the trial that is shown. Raises UsageError for an answer to another."""
        trial = self.next()
        if trial is None or answer.trial != trial.id:
            raise UsageError(f"the answer is to trial {answer.trial}, which is not the one that is shown")
        if trial.kind == "real":
            question = Question(trial.levels, trial.right, trial.start, trial.boosted)
            self._asking[trial.stimulus].learn(question, answer.response)
        self._done, self._shown = self._done + 1, None

    def _question(self, slot: _Slot) -> Question:
        if slot.kind == "real":
            return self._asking[slot.stimulus.name].next(slot.turn)
        # Of its own, so that what is asked between real trials changes nothing about them.
        chance = np.random.default_rng((self._plan.seed, self._number, self._done))
        question = (self._method.identical if slot.turn % 2 else self._method.obvious)(slot.stimulus, chance)
        if slot.kind == "training" and not question.right:  # there would be nothing to say of the answer
            return self._method.obvious(slot.stimulus, chance)
        return question


def resumed(plan: Plan, number: int, answers: Iterable[Answer]) -> Sequence:
    """A sitting after the answers given so far, in order. Raises UsageError for answers that are not to its trials."""
    sequence = Sequence(plan, number)
    for answer in answers:
        sequence.record(answer)
    return sequence


def next_trial(plan: Plan, number: int, answers: Iterable[Answer]) -> Trial | None:
    """The trial that follows the answers given so far in session `number`; None after the last."""
    return resumed(plan, number, answers).next()


def _dealt(plan: Plan, number: int) -> list[Stimulus]:
    """The viewer's share of the stimuli: one viewer after the other goes round all of them."""
    count, wanted = len(plan.stimuli), min(plan.schedule.stimuli, len(plan.stimuli))
    order = np.random.default_rng(plan.seed).permutation(count)
    return [plan.stimuli[order[(number * wanted + place) % count]] for place in range(wanted)]


def _training(plan: Plan, seen: list[Stimulus]) -> list[_Slot]:
    """Plain questions: obvious ones, and equal pictures where an answer to these can be right, in turn."""
    return [_Slot("training", seen[turn % len(seen)], turn) for turn in range(plan.schedule.training)]


def _asked(plan: Plan, seen: list[Stimulus], chance: Generator) -> list[_Slot]:
    """Rounds of all stimuli, each in an order of its own; attention trials at random places, one in every stretch."""
    schedule = plan.schedule
    real = [
        _Slot("real", seen[place], turn) for turn in range(schedule.trials) for place in chance.permutation(len(seen))
    ]
    slots: list[_Slot] = []
    every = schedule.attention - 1
    for checks, begin in enumerate(range(0, len(real), every)):
        stretch = real[begin : begin + every]
        if len(stretch) == every:
            stretch.insert(
                int(chance.integers(0, every + 1)), _Slot("attention", seen[int(chance.integers(len(seen)))], checks)
            )
        slots += stretch
    return [
        _Slot(slot.kind, slot.stimulus, slot.turn, rest=place > 0 and place % schedule.rest == 0)
        for place, slot in enumerate(slots)
    ]
