"""Method of adjustment with flicker: a slider over the levels, original and version alternating in one place.

Each stimulus is adjusted from several starts, since answers stay near where the slider stood: the most visible end, the
least visible one, then places between.

Source: Lin et al., "Large-scale crowdsourced subjective assessment of picturewise just noticeable difference", IEEE
TCSVT 32(9), 2022 (KonJND-1k: 8 Hz).
"""

from __future__ import annotations

import numpy as np
from numpy.random import Generator

from jndkit.study.methods.question import Question
from jndkit.study.plan import ORIGINAL, Method, Stimulus
from jndkit.study.trials import UNSURE

NAME: Method = "flicker"
SECONDS = 14.0
JND = tuple(np.geomspace(0.2, 6.0, 24).tolist())
FLICKER = 8.0
SOURCE = "method of adjustment with flicker at 8 Hz, KonJND-1k, Lin et al. 2022"
_NEAR = 3  # positions by which an answer to a plain question may miss


class Adjustment:
    """Every position of the slider shows its own level, the original at the left end."""

    def __init__(self, stimulus: Stimulus, trials: int, chance: Generator) -> None:
        count = len(stimulus.levels)
        self._levels = tuple(range(count + 1))
        first = int(chance.random() < 0.5)
        ends = [count, 0] if first else [0, count]
        between = chance.integers(count // 4, 3 * count // 4 + 1, max(trials - 2, 0)).tolist()
        self._starts = [*ends, *between][:trials]

    def next(self, turn: int) -> Question:
        return Question(self._levels, start=self._starts[turn])

    def learn(self, question: Question, response: int | None) -> None:
        """A slider needs no steering."""


def ask(stimulus: Stimulus, trials: int, chance: Generator) -> Adjustment:
    return Adjustment(stimulus, trials, chance)


def obvious(stimulus: Stimulus, chance: Generator) -> Question:
    """The most visible version from one position on, and the original before it."""
    count = len(stimulus.levels)
    edge = int(chance.integers(count // 4, 3 * count // 4 + 1))
    levels = tuple(ORIGINAL if position < edge else count for position in range(count + 1))
    right = tuple(range(max(1, edge - _NEAR), min(count, edge + _NEAR) + 1))
    return Question(levels, right, start=0 if chance.random() < 0.5 else count)


def identical(stimulus: Stimulus, chance: Generator) -> Question:
    """The original everywhere: nothing flickers."""
    count = len(stimulus.levels)
    return Question((ORIGINAL,) * (count + 1), right=(UNSURE,), start=int(chance.integers(0, count + 1)))
