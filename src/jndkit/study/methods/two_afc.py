"""Two alternatives: original and coded version beside each other, the original above both; which of the two differs?

The level is QUEST+'s: a staircase for each stimulus, interleaved. At 1 JND three answers in four are right.

Source: Watson 2017, as `quest`; two-alternative forced choice, Green and Swets, "Signal Detection Theory and
Psychophysics", 1966.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.random import Generator

from jndkit.study.methods.question import Question
from jndkit.study.plan import ORIGINAL, Method, Stimulus
from jndkit.study.quest import Quest

NAME: Method = "2afc"
SECONDS = 6.0
JND = tuple(np.geomspace(0.25, 4.5, 12).tolist())
FLICKER = 0.0
SOURCE = "two-alternative forced choice, Green and Swets 1966; QUEST+, Watson 2017"
GUESS = 0.5


class Staircase:
    """trials: that will be asked of the stimulus."""

    def __init__(self, stimulus: Stimulus, trials: int, chance: Generator) -> None:
        self._quest = Quest([math.log(level.jnd) for level in stimulus.levels], guess=GUESS)
        self._sides = chance.random(trials) < 0.5

    def next(self, turn: int) -> Question:
        level = int(self._quest.choose()[0]) + 1
        return Question((level, ORIGINAL) if self._sides[turn] else (ORIGINAL, level))

    def learn(self, question: Question, response: int | None) -> None:
        level = max(question.levels)
        self._quest.learn(level - 1, response == question.levels.index(level))


def ask(stimulus: Stimulus, trials: int, chance: Generator) -> Staircase:
    return Staircase(stimulus, trials, chance)


def obvious(stimulus: Stimulus, chance: Generator) -> Question:
    """The original and the most visible version."""
    side = int(chance.random() < 0.5)
    worst = len(stimulus.levels)
    return Question((ORIGINAL, worst) if side else (worst, ORIGINAL), right=(side,))


def identical(stimulus: Stimulus, chance: Generator) -> Question:
    """The original twice: no answer is right, but who clicks in a pattern shows it here."""
    return Question((ORIGINAL, ORIGINAL))
