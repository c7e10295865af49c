"""A study of one's own: its plan, its answers, and what can be said of its versions without looking at them."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from jndkit.study.answers import read_answers
from jndkit.study.fit import fit
from jndkit.study.plan import Plan, Stimulus, read_plan
from jndkit.study.psychometric import Floats
from jndkit.study.trials import Answer, Trial

_DRAWS = 100  # of intervals that nobody reads here: who is kept does not hang on them
SETTING, BYTES = "the setting alone", "bytes a pixel alone"


@dataclass(frozen=True)
class Asked:
    """sittings: what each viewer who counts answered."""

    plan: Plan
    sittings: list[list[tuple[Trial, Answer]]]

    @property
    def stimuli(self) -> list[Stimulus]:
        return list(self.plan.stimuli)

    @property
    def pictures(self) -> list[str]:
        """Of each stimulus."""
        return [stimulus.picture for stimulus in self.plan.stimuli]

    @property
    def codecs(self) -> list[str]:
        """Of each stimulus."""
        return [stimulus.codec for stimulus in self.plan.stimuli]

    def keys(self) -> tuple[list[str], list[str]]:
        """Picture and name of every version, stimulus by stimulus."""
        pairs = [(s.picture, version(s, level.index)) for s in self.plan.stimuli for level in s.levels]
        return [picture for picture, _ in pairs], [name for _, name in pairs]

    def rows(self, values: Floats) -> list[Floats]:
        """Values of every version, as `keys` has them, apart by stimulus."""
        ends = np.cumsum([len(stimulus.levels) for stimulus in self.plan.stimuli])
        return np.split(values, ends[:-1])

    def ladder(self) -> list[Floats]:
        """ln(JND) of each stimulus's levels, as the plan's observer read them."""
        return [np.log([level.jnd for level in stimulus.levels]) for stimulus in self.plan.stimuli]


def asked(folder: Path) -> Asked:
    """A study, and the answers of the viewers whom its own rules keep.

    Raises InputError for what is no study, and where fewer than two viewers are left.
    """
    plan = read_plan(folder, verify=False)
    sittings = [
        (session.number, [(done.trial, done.answer) for done in answered if done.answer is not None])
        for session, answered in read_answers(folder, plan)
    ]
    viewers = fit(plan, sittings, draws=_DRAWS).viewers
    return Asked(plan, [answers for (_, answers), viewer in zip(sittings, viewers, strict=True) if viewer.kept])


def version(stimulus: Stimulus, index: int) -> str:
    """What rows call a coded version."""
    return f"{stimulus.name}/{index}"


def guesses(study: Asked) -> Iterator[tuple[str, list[Floats]]]:
    """What knows no picture, as ln(JND) of each stimulus's levels: the mean reading over all pictures at a setting of a
    codec, and at so many bytes a pixel of it."""
    for name, known in ((SETTING, _knobs(study)), (BYTES, _bytes(study))):
        told = [np.empty(0)] * len(known)
        ladder = study.ladder()
        for codec in set(study.codecs):
            own = [i for i, other in enumerate(study.codecs) if other == codec]
            x, d = np.concatenate([known[i] for i in own]), np.concatenate([ladder[i] for i in own])
            line = np.polyfit(x, d, 1) if float(np.ptp(x)) > 0.0 else np.array([0.0, float(d.mean())])
            for i in own:
                told[i] = np.polyval(line, known[i])
        yield name, told


def _knobs(study: Asked) -> list[Floats]:
    return [np.array([level.knob for level in stimulus.levels]) for stimulus in study.plan.stimuli]


def _bytes(study: Asked) -> list[Floats]:
    return [
        np.array([math.log(level.bytes / (stimulus.width * stimulus.height)) for level in stimulus.levels])
        for stimulus in study.plan.stimuli
    ]
