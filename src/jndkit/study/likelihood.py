"""How likely a viewer's answers are by the threshold: of two alternatives, and of a slider."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from jndkit.study.methods.two_afc import GUESS
from jndkit.study.plan import Stimulus
from jndkit.study.population import GRID, SPREADS, Profile, profile
from jndkit.study.psychometric import Floats, phi
from jndkit.study.trials import UNSURE, Answer, Trial

WIDTHS = (0.08, 0.12, 0.18, 0.25, 0.35, 0.5, 0.7)
LAPSES = (0.003, 0.01, 0.02, 0.04, 0.08)
BIASES = (-0.2, -0.1, -0.05, 0.0, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4)
_LEAST = 1e-12


@dataclass(frozen=True)
class Shape:
    """What viewers and stimuli have in common. width: of a viewer's own psychometric function, in ln(JND).

    lapse: share of answers that are given whatever is shown.  bias: of a slider, how far towards its start it is left,
    in ln(JND).
    """

    width: float = 0.25
    lapse: float = 0.02
    bias: float = 0.0


@dataclass(frozen=True)
class Counted:
    """Answers, counted. x: ln(JND) of the levels, float64 (stimuli, levels).

    counts: float64 (viewers, stimuli, kinds, levels or more).
        2afc: kinds are wrong and right.  flicker: kinds are a start from the left end, from between, from the right
        end; the last axis is the position, and one more for "nowhere".
    """

    slider: bool
    x: Floats
    counts: Floats

    def logged(self, shape: Shape) -> Floats:
        """Log-likelihood by the threshold: float64 (viewers, stimuli, grid)."""
        table = _slider(self.x, shape) if self.slider else _alternatives(self.x, shape)
        viewers, stimuli = self.counts.shape[:2]
        flat = self.counts.reshape(viewers, stimuli, -1)
        summed: Floats = np.matmul(flat.transpose(1, 0, 2), table).transpose(1, 0, 2)
        return summed

    def at_random(self) -> Floats:
        """Log-likelihood of each viewer's answers where these are clicks at random, float64 (viewers,)."""
        each = self.counts.shape[-1] if self.slider else 2
        summed: Floats = -math.log(each) * self.counts.sum(axis=(1, 2, 3))
        return summed

    def of(self, viewers: npt.NDArray[np.intp] | npt.NDArray[np.bool_]) -> Counted:
        """The answers of some viewers: indices or truth values."""
        return Counted(self.slider, self.x, self.counts[viewers])


def counted(stimuli: list[Stimulus], viewers: Iterable[Iterable[tuple[Trial, Answer]]], *, slider: bool) -> Counted:
    """Count real answers; those to other stimuli than these are left out.

    All stimuli have as many levels as the one with most; levels that a stimulus lacks are never answered.
    """
    sessions = list(viewers)
    most = max(len(stimulus.levels) for stimulus in stimuli)
    x = np.array(
        [
            [math.log(stimulus.levels[min(place, len(stimulus.levels) - 1)].jnd) for place in range(most)]
            for stimulus in stimuli
        ]
    )
    rows = {stimulus.name: row for row, stimulus in enumerate(stimuli)}
    counts = np.zeros((len(sessions), len(stimuli), 3, most + 2) if slider else (len(sessions), len(stimuli), 2, most))
    for viewer, answers in enumerate(sessions):
        for trial, answer in answers:
            row = rows.get(trial.stimulus)
            if trial.kind == "real" and row is not None:
                kind, place = _adjusted(trial, answer, most) if slider else _chosen(trial, answer)
                counts[viewer, row, kind, place] += 1
    return Counted(slider, x, counts)


def fitted(answers: Counted) -> tuple[Shape, Profile]:
    """The likeliest shape, and the likelihoods by it: one constant after the other, until none moves."""
    shape, known = Shape(), dict[Shape, float]()

    def height(candidate: Shape) -> float:
        if candidate not in known:
            known[candidate] = profile(answers.logged(candidate), SPREADS[::2]).height()
        return known[candidate]

    moves: list[Callable[[Shape], list[Shape]]] = [
        lambda now: [Shape(width, now.lapse, now.bias) for width in WIDTHS],
        lambda now: [Shape(now.width, lapse, now.bias) for lapse in LAPSES],
    ]
    if answers.slider:
        moves.append(lambda now: [Shape(now.width, now.lapse, bias) for bias in BIASES])
    for _ in range(4):
        before = shape
        for move in moves:
            shape = max(move(shape), key=height)
        if shape == before:
            break
    return shape, profile(answers.logged(shape))


def _chosen(trial: Trial, answer: Answer) -> tuple[int, int]:
    level = max(trial.levels)
    return int(answer.response is not None and trial.levels[answer.response] == level), level - 1


def _adjusted(trial: Trial, answer: Answer, most: int) -> tuple[int, int]:
    last = len(trial.levels) - 1
    kind = 0 if trial.start == 0 else 2 if trial.start == last else 1
    return kind, (most + 1 if answer.response is UNSURE else trial.levels[answer.response])


def _alternatives(x: Floats, shape: Shape) -> Floats:
    """Logarithms of P(wrong), P(right) by level and threshold: float64 (stimuli, 2 * levels, grid)."""
    seen = phi((x[:, :, None] - GRID) / shape.width)
    right = GUESS + (1.0 - GUESS - shape.lapse) * seen
    logged: Floats = np.log(np.concatenate([1.0 - right, right], axis=1))
    return logged


def _slider(x: Floats, shape: Shape) -> Floats:
    """Logarithms of P(position) by start and threshold: float64 (stimuli, 3 * (positions + 1), grid).

    A position is the first that flickers where the threshold, blurred by the viewer's own width, lies between it and
    its left neighbour. That the original flickers with itself is never seen, only said.
    """
    stimuli, levels = x.shape
    tables = []
    for direction in (-1.0, 0.0, 1.0):
        below = phi((x[:, :, None] - GRID - direction * shape.bias) / shape.width)
        never = np.zeros((stimuli, 1, len(GRID)))
        chances = np.concatenate([never, below[:, :1], np.diff(below, axis=1), 1.0 - below[:, -1:]], axis=1)
        tables.append((1.0 - shape.lapse) * chances + shape.lapse / (levels + 2))
    logged: Floats = np.log(np.maximum(np.concatenate(tables, axis=1), _LEAST))
    return logged
