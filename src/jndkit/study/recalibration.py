"""Constants of the observer fitted again to a study's answers, and kept only where they tell answers better that took
no part in the fit.

What a protocol fits, d50 and the spread over viewers, takes up any power and any factor on the reading: these are no
recalibration. What it cannot take up is what the observer reads too high of one codec alone, and whether texture hides
what changes: how people look. Each is tried by leaving one picture out, whole, with all its codecs and viewers.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from jndkit.observers import observer
from jndkit.opening import load
from jndkit.picturewise.watching import watch_under
from jndkit.protocols import protocol
from jndkit.study.likelihood import Counted, counted, fitted
from jndkit.study.plan import Plan, Stimulus
from jndkit.study.population import GRID
from jndkit.study.psychometric import Floats
from jndkit.study.trials import Answer, Trial as Question

PLAIN = "reading"
"""The observer as it is."""

LOOK, OBSERVER = "side-by-side", "cvvdp"
_LEAST = 0.01  # JND: less is as good as none
_FEWEST = 4  # pictures: of fewer, none can be left out and the others decide
# 95th percentiles of Student's t: a gain has to be this many standard errors of its mean over pictures above none.
_T95 = {3: 2.353, 4: 2.132, 5: 2.015, 6: 1.943, 7: 1.895, 8: 1.860, 9: 1.833}


@dataclass(frozen=True)
class Trial:
    """One way of reading, against the observer as it is.

    name: of the reading, with ", a factor a codec" where each codec has its own.
    likelihood: log-likelihood of all answers, each picture's by constants of the others.
    gain: over the observer as it is, and its standard error over pictures.  kept: whether it is well above none.
    """

    name: str
    likelihood: float
    gain: float
    error: float
    kept: bool


@dataclass(frozen=True)
class Recalibration:
    """What is kept: PLAIN and no factors where nothing told answers better.

    reading: name of the readings, of those that were tried.  factors: codec's name -> factor on d50, geometric mean 1.
    trials: all, the observer as it is first.
    d50, spread: of the protocol by these readings, JND and standard deviation of ln(JND) over viewers.
    error: standard deviation of ln(d50) over stimuli, whatever of it these answers leave in doubt.
    """

    reading: str
    factors: Mapping[str, float]
    trials: Sequence[Trial] = field(default_factory=tuple)
    d50: float = 1.0
    spread: float = 0.0
    error: float = 0.0

    @property
    def changes(self) -> bool:
        return self.reading != PLAIN or bool(self.factors)


def of_study(plan: Plan, sittings: Sequence[Sequence[tuple[Question, Answer]]]) -> Recalibration:
    """Of a study of thresholds. sittings: what each viewer who counts answered."""
    stimuli = list(plan.stimuli)
    answers = counted(stimuli, sittings, slider=plan.method == "flicker")
    codecs = [stimulus.codec.partition(":")[0] for stimulus in stimuli]
    seen = looked(plan, stimuli, answers.x.shape[1])
    return recalibrated(answers, [stimulus.picture for stimulus in stimuli], codecs, {LOOK: seen})


def told(found: Recalibration) -> Iterator[str]:
    """What is printed: everything that was tried, and what was kept."""
    for trial in found.trials[1:]:
        verdict = "kept" if trial.kept else "not kept"
        yield f"  {trial.name}: {trial.gain:+.1f} nats of answers left out, standard error {trial.error:.1f}: {verdict}"
    factors = ", ".join(f"{codec} {factor:g}" for codec, factor in found.factors.items())
    if found.changes:
        looks = f"readings of people who look {found.reading}" if found.reading != PLAIN else "the readings as they are"
        yield f"recalibrated: {looks}{f', factors {factors}' if factors else ''}"
    else:
        yield "not recalibrated: nothing told answers left out better"


def recalibrated(
    answers: Counted, pictures: Sequence[str], codecs: Sequence[str], others: Mapping[str, Floats] | None = None
) -> Recalibration:
    """Try a factor for each codec, and other readings, with and without.

    answers: of viewers who count; their x are the observer's readings as they are.
    pictures, codecs: of each stimulus; codecs by name, without options.
    others: name -> ln(JND) of the same levels, float64 (stimuli, levels), such as those of people who look from place
    to place.
    """
    ways = {PLAIN: answers.x, **(others or {})}
    of_picture = {
        (name, apart): _left_out(replace(answers, x=x), pictures, codecs if apart else None)
        for name, x in ways.items()
        for apart in (False, True)
        if not apart or len(set(codecs)) > 1
    }
    plain = of_picture[PLAIN, False]
    trials = [
        _trial(f"{name}, a factor a codec" if apart else name, own, plain) for (name, apart), own in of_picture.items()
    ]
    kept = [(trial.likelihood, key) for trial, key in zip(trials, of_picture, strict=True) if trial.kept]
    if not kept:
        return Recalibration(PLAIN, {}, tuple(trials), *_constants(answers, codecs, {}))
    _, (name, apart) = max(kept)
    told = replace(answers, x=ways[name])
    factors = _factors(told, codecs) if apart else {}
    return Recalibration(name, factors, tuple(trials), *_constants(told, codecs, factors))


def _left_out(answers: Counted, pictures: Sequence[str], groups: Sequence[str] | None) -> Floats:
    """Log-likelihood of each picture's answers by middles and spread of the other pictures, float64 (pictures,).

    groups: stimuli of one group share a middle; None where all do.
    """
    _, likelihood = fitted(answers)
    summed = likelihood.logged.sum(axis=0)  # (spreads, stimuli, grid)
    names, kinds = np.array(pictures), np.array(groups if groups is not None else [""] * len(pictures))
    told = []
    for picture in dict.fromkeys(pictures):
        own = names == picture
        spread, middles = _likeliest(summed[:, ~own], kinds[~own])
        # A codec that no other picture has is where all are.
        places = [middles.get(kind, middles[""]) for kind in kinds[own].tolist()]
        told.append(float(summed[spread, own, places].sum()))
    return np.array(told)


def _likeliest(summed: Floats, kinds: np.ndarray[tuple[int], np.dtype[np.str_]]) -> tuple[int, dict[str, int]]:
    """The spread, and the place on the grid of each kind's middle; "" is that of all together."""
    heights = {kind: summed[:, kinds == kind].sum(axis=1) for kind in dict.fromkeys(kinds.tolist())}
    spread = int(sum(height.max(axis=1) for height in heights.values()).argmax())
    places = {kind: int(height[spread].argmax()) for kind, height in heights.items()}
    return spread, {"": int(summed[spread].sum(axis=0).argmax()), **places}


def _factors(answers: Counted, codecs: Sequence[str]) -> dict[str, float]:
    _, likelihood = fitted(answers)
    _, places = _likeliest(likelihood.logged.sum(axis=0), np.array(codecs))
    middles = {codec: float(GRID[places[codec]]) for codec in dict.fromkeys(codecs)}
    centre = float(np.mean(list(middles.values())))
    return {codec: round(math.exp(middle - centre), 3) for codec, middle in middles.items()}


def _constants(answers: Counted, codecs: Sequence[str], factors: Mapping[str, float]) -> tuple[float, float, float]:
    """d50, the spread over viewers, and the error."""
    _, likelihood = fitted(answers)
    found = likelihood.likeliest()
    middle = found.middle - np.log([factors.get(codec, 1.0) for codec in codecs])
    error = float(middle.std(ddof=1)) * math.sqrt(1.0 + 1.0 / len(middle)) if len(middle) > 1 else 0.0
    return math.exp(float(middle.mean())), float(found.spread), error


def looked(plan: Plan, stimuli: Sequence[Stimulus], most: int) -> Floats:
    """ln(JND) of the levels as people see them who look from place to place, float64 (stimuli, most).

    Every version is read anew. Levels that a stimulus lacks are as its last.
    """
    fit, display = protocol(LOOK, plan.display.viewing)
    by, rows = observer(OBSERVER), []
    for stimulus in stimuli:
        watched = watch_under(by, load(plan.folder / stimulus.original.file), display, fit)
        read = [watched(load(plan.folder / level.shown.file)).jnd for level in stimulus.levels]
        # What rises from level to level as the plan has it may not by the look; a threshold needs an order.
        rising = np.maximum.accumulate(np.maximum(read, _LEAST)) * (1.0 + 1e-9 * np.arange(len(read)))
        rows.append(np.pad(np.log(rising), (0, most - len(read)), mode="edge"))
    return np.array(rows)


def _trial(name: str, own: Floats, plain: Floats) -> Trial:
    gains = own - plain
    count = len(gains)
    error = float(gains.std(ddof=1)) * math.sqrt(count) if count > 1 else math.inf
    enough = count >= _FEWEST and float(gains.sum()) > _T95.get(count - 1, 1.8) * error
    return Trial(name, float(own.sum()), float(gains.sum()), error, enough and float(gains.sum()) > 0.0)
