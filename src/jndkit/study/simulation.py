"""Viewers who know their own thresholds: what a study says is held against them. They are no people.

truth -> viewers -> sit: the same trials in the same order as a browser would show
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence as Row
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.random import Generator

from jndkit.study.plan import ORIGINAL, Plan, Stimulus
from jndkit.study.psychometric import phi
from jndkit.study.sequence import Sequence
from jndkit.study.trials import UNSURE, Answer, Frames, Trial

Conduct = Literal["honest", "random", "same", "copied"]
_PROBIT_75 = 0.6744897501960817  # deviates of a difference of 1 JND: three choices in four are right
_SECONDS = {"2afc": 2.6, "flicker": 9.0, "triplet": 2.8}  # median of an honest answer
_HURRIED = 1.1  # of one that is no look at the pictures; some take as long as honest ones


@dataclass(frozen=True)
class Truth:
    """A population. middles: ln(d50) by the name of a stimulus.

    viewers, pairs: standard deviations in ln(JND) over viewers, and over viewers within each picture.
    width, lapse: of each viewer's own psychometric function.  bias: of a slider towards its start, ln(JND).
    boost: factor and power of what boosting does to a difference.  unsure: difference under which a triplet is not
    told, in standard deviations of what a viewer perceives.
    deviations: of a stimulus's triplets, how its slope and each of its levels differ from what our observer reads.
    """

    middles: Mapping[str, float]
    viewers: float = 0.18
    pairs: float = 0.2
    width: float = 0.25
    lapse: float = 0.02
    bias: float = 0.1
    boost: tuple[float, float] = (2.3, 0.95)
    unsure: float = 0.25
    deviations: Mapping[str, tuple[float, ...]] = field(default_factory=dict)

    @property
    def spread(self) -> float:
        """Of ln(threshold) over viewers of one picture."""
        return math.hypot(self.viewers, self.pairs)

    def distance(self, stimulus: Stimulus, level: int) -> float:
        """What the mean viewer perceives of a level, JND; 1 at the stimulus's middle, near a power of the reading."""
        if level == ORIGINAL:
            return 0.0
        logged = math.log(stimulus.level(level).jnd) - self.middles[stimulus.name]
        slope, *own = self.deviations.get(stimulus.name, (0.0,))
        return math.exp((1.0 + slope) * logged + (own[level - 1] if own else 0.0))


def truth(plan: Plan, chance: Generator, *, d50: float = 1.1, pictures: float = 0.2) -> Truth:
    """A population for a plan's stimuli. d50: JND, over pictures.  pictures: standard deviation of its logarithm."""
    drawn = math.log(d50) + pictures * chance.standard_normal(len(plan.stimuli))
    middles = {stimulus.name: float(middle) for stimulus, middle in zip(plan.stimuli, drawn, strict=True)}
    deviations = {
        stimulus.name: (0.1 * float(chance.standard_normal()), *(0.05 * chance.standard_normal(len(stimulus.levels))))
        for stimulus in plan.stimuli
    }
    return Truth(middles, deviations=deviations)


@dataclass
class Viewer:
    """One viewer. sensitivity: what is added to all thresholds, ln(JND).

    conduct: "honest"; "random", clicks anywhere; "same", one answer throughout; "copied", the answers of somebody else,
    `pattern`, in their order.
    """

    truth: Truth
    chance: Generator
    sensitivity: float = 0.0
    conduct: Conduct = "honest"
    pattern: Row[int | None] = ()
    _thresholds: dict[str, float] = field(default_factory=dict)

    def threshold(self, stimulus: str) -> float:
        """ln(JND) at which the viewer sees half of the differences of a stimulus."""
        if stimulus not in self._thresholds:
            own = self.truth.pairs * float(self.chance.standard_normal())
            self._thresholds[stimulus] = self.truth.middles[stimulus] + self.sensitivity + own
        return self._thresholds[stimulus]

    def answer(self, trial: Trial, stimulus: Stimulus) -> Answer:
        if self.conduct == "honest":
            response = self._look(trial, stimulus)
        elif self.conduct == "random":
            response = self._click(trial)
        else:
            response = self.pattern[trial.id % len(self.pattern)] if self.pattern else min(1, len(trial.levels) - 1)
            if response is not None:
                response = min(response, len(trial.levels) - 1)
            elif not trial.unsure:
                response = 0
        honest = self.conduct == "honest"
        median = _SECONDS[trial.method] if honest else _HURRIED
        seconds = 0.25 + median * math.exp(0.45 * float(self.chance.standard_normal()))
        return Answer(trial.id, response, round(seconds, 3), 0, Frames(round(60 * seconds), 16.7, 17.9, 0))

    def _look(self, trial: Trial, stimulus: Stimulus) -> int | None:
        if self.chance.random() < self.truth.lapse:
            return self._click(trial)
        if trial.method == "2afc":
            return self._choose(trial, stimulus)
        return self._adjust(trial, stimulus) if trial.method == "flicker" else self._compare(trial, stimulus)

    def _click(self, trial: Trial) -> int | None:
        place = int(self.chance.integers(len(trial.levels) + trial.unsure))
        return UNSURE if place == len(trial.levels) else place

    def _choose(self, trial: Trial, stimulus: Stimulus) -> int:
        level = max(trial.levels)
        if level != ORIGINAL:
            z = (math.log(stimulus.level(level).jnd) - self.threshold(stimulus.name)) / self.truth.width
            if self.chance.random() < float(phi(np.array(z))):
                return trial.levels.index(level)
        return int(self.chance.integers(2))

    def _adjust(self, trial: Trial, stimulus: Stimulus) -> int | None:
        last = len(trial.levels) - 1
        pull = -1.0 if trial.start == 0 else 1.0 if trial.start == last else 0.0
        noise = self.truth.width * float(self.chance.standard_normal())
        seen = math.exp(self.threshold(stimulus.name) + self.truth.bias * pull + noise)
        for position, level in enumerate(trial.levels):
            if level != ORIGINAL and stimulus.level(level).jnd >= seen:
                return position
        return UNSURE

    def _compare(self, trial: Trial, stimulus: Stimulus) -> int | None:
        left, right = (self._perceived(stimulus, level, trial.boosted) for level in trial.levels)
        difference = _PROBIT_75 * (left - right) + float(self.chance.standard_normal())
        if abs(difference) < self.truth.unsure:
            return UNSURE
        return int(difference < 0.0)

    def _perceived(self, stimulus: Stimulus, level: int, boosted: bool) -> float:
        # Who needs less than others to see anything sees more of everything.
        seen = self.truth.distance(stimulus, level) * math.exp(-0.5 * self.sensitivity)
        factor, power = self.truth.boost
        return factor * seen**power if boosted else seen


def viewers(population: Truth, count: int, chance: Generator) -> list[Viewer]:
    """Honest viewers of a population; each has chance of its own."""
    return [
        Viewer(population, own, sensitivity=population.viewers * float(own.standard_normal()))
        for own in chance.spawn(count)
    ]


def sit(plan: Plan, number: int, viewer: Viewer) -> list[tuple[Trial, Answer]]:
    """A whole sitting, trial by trial, as session `number` of a plan would be."""
    sequence, done = Sequence(plan, number), list[tuple[Trial, Answer]]()
    stimuli = {stimulus.name: stimulus for stimulus in plan.stimuli}
    while (trial := sequence.next()) is not None:
        answer = viewer.answer(trial, stimuli[trial.stimulus])
        done.append((trial, answer))
        sequence.record(answer)
    return done
