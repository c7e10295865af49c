"""One question to one viewer, and the answer."""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass
from typing import Any, Literal

from jndkit.errors import UsageError
from jndkit.study.plan import Method

Kind = Literal["training", "attention", "real"]

UNSURE = None
"""The response of who cannot tell: "not sure" of a triplet, "it flickers nowhere" of a slider."""


@dataclass(frozen=True)
class Trial:
    """What is shown. id: from 0 in the order of the sitting.

    stimulus: name in the plan.
    levels: of the stimulus, by place, `plan.ORIGINAL` being the picture itself.
        2afc and triplet: left and right, with the original between or above them; the answer is a place.
        flicker: what each position of the slider alternates with the original, from its left end; the answer is the
        first position that flickers.
    right: responses that count as right, in training and attention trials; empty where none is.
    start: position at which the slider starts; None without a slider.
    boosted: shows the boosted versions.  rest: a break is offered before it.
    """

    id: int
    kind: Kind
    method: Method
    stimulus: str
    levels: tuple[int, ...]
    right: tuple[int | None, ...] = ()
    start: int | None = None
    boosted: bool = False
    rest: bool = False

    @property
    def unsure(self) -> bool:
        """Whether `UNSURE` is an answer to it; two alternatives are a forced choice."""
        return self.method != "2afc"

    def is_right(self, response: int | None) -> bool | None:
        """Whether a response is right; None where there is no right one."""
        return response in self.right if self.right else None


@dataclass(frozen=True)
class Frames:
    """How the browser kept time while the trial was on screen, by animation frames.

    count: frames drawn.  mean, worst: milliseconds between two.  late: frames that came half a period too late.
    """

    count: int = 0
    mean: float = 0.0
    worst: float = 0.0
    late: int = 0


@dataclass(frozen=True)
class Answer:
    """trial: its id.  response: a place or position in its levels, or `UNSURE`.  seconds: from its first frame.

    revisions: how often a choice was changed, or the slider's direction.
    """

    trial: int
    response: int | None
    seconds: float
    revisions: int = 0
    frames: Frames = Frames()


def check_answer(trial: Trial, answer: Answer) -> None:
    """Raises UsageError for an answer that the trial cannot have."""
    if answer.trial != trial.id:
        raise UsageError(f"the answer is to trial {answer.trial}, and {trial.id} was asked")
    if answer.response is None and not trial.unsure:
        raise UsageError(f"trial {trial.id} is a forced choice: one of its places must be named")
    if answer.response is not None and not 0 <= answer.response < len(trial.levels):
        raise UsageError(f"trial {trial.id} has no place {answer.response}")
    if not 0.0 <= answer.seconds < 86400.0 or answer.revisions < 0:
        raise UsageError(f"trial {trial.id} was not answered in {answer.seconds:g} seconds")


def to_json(value: Trial | Answer) -> str:
    """One line of JSON, from which `trial_from` or `answer_from` makes the same."""
    return json.dumps(dataclasses.asdict(value))


def trial_from(text: str) -> Trial:
    values: dict[str, Any] = json.loads(text)
    return Trial(**{**values, "levels": tuple(values["levels"]), "right": tuple(values["right"])})


def answer_from(text: str) -> Answer:
    values: dict[str, Any] = json.loads(text)
    return Answer(**{**values, "frames": Frames(**values["frames"])})
