"""Triplets: two versions with the original between them; which of the two is further from it? "Not sure" is an answer.

Plain triplets show the pictures as they are; boosted ones enlarge them, amplify the artefacts, and let each side
alternate with the original. Pairs that differ by much tell little, and so are not asked.

Source: JPEG AIC-3 (ISO/IEC 29170-3); Men et al., "Subjective Image Quality Assessment With Boosted Triplet
Comparisons", IEEE Access 9, 2021; Testolina et al., "Fine-grained subjective visual quality assessment for
high-fidelity compressed images", DCC 2025.
"""

from __future__ import annotations

from itertools import combinations

from numpy.random import Generator

from jndkit.study.methods.question import Question
from jndkit.study.plan import ORIGINAL, Method, Stimulus

NAME: Method = "triplet"
SECONDS = 6.0
JND = (0.35, 0.65, 1.0, 1.35, 1.75)
FLICKER = 10.0
SOURCE = "plain and boosted triplet comparison, JPEG AIC-3; Men et al. 2021; Testolina et al. 2025"
PLAIN = 2
_FAR = {False: 2.6, True: 1.3}  # JND between the two, by our observer


class Comparisons:
    """trials: that will be asked of the stimulus; as many pairs, each about as often as any other."""

    def __init__(self, stimulus: Stimulus, trials: int, chance: Generator) -> None:
        boosted = [turn % PLAIN != PLAIN - 1 for turn in range(trials)]
        pairs = {kind: iter(_pairs(stimulus, kind, boosted.count(kind), chance)) for kind in (False, True)}
        self._questions = [Question(next(pairs[kind]), boosted=kind) for kind in boosted]
        chance.shuffle(self._questions)

    def next(self, turn: int) -> Question:
        return self._questions[turn]

    def learn(self, question: Question, response: int | None) -> None:
        """The pairs were drawn beforehand."""


def _pairs(stimulus: Stimulus, boosted: bool, count: int, chance: Generator) -> list[tuple[int, ...]]:
    readings = [0.0, *(level.jnd for level in stimulus.levels)]
    near = [
        pair
        for pair in combinations(range(len(readings)), 2)
        if readings[pair[1]] - readings[pair[0]] <= _FAR[boosted] or pair[1] == pair[0] + 1
    ]
    drawn: list[tuple[int, ...]] = []
    while len(drawn) < count:
        drawn += [near[place] for place in chance.permutation(len(near))]
    return [pair if chance.random() < 0.5 else pair[::-1] for pair in drawn[:count]]


def ask(stimulus: Stimulus, trials: int, chance: Generator) -> Comparisons:
    return Comparisons(stimulus, trials, chance)


def obvious(stimulus: Stimulus, chance: Generator) -> Question:
    """The original against the most visible version, boosted."""
    worst, side = len(stimulus.levels), int(chance.random() < 0.5)
    return Question((ORIGINAL, worst) if side else (worst, ORIGINAL), right=(side,), boosted=True)


def identical(stimulus: Stimulus, chance: Generator) -> Question:
    """One version against itself: no answer is right, since what is perceived of it differs from time to time."""
    level = int(chance.integers(0, len(stimulus.levels) + 1))
    return Question((level, level))
