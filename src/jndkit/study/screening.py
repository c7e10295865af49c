"""Whose answers are left out, by the rules that the plan stated before the first of them. Nobody is dropped unsaid."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from jndkit.study.plan import Plan
from jndkit.study.trials import Answer, Trial

Sitting = Sequence[tuple[Trial, Answer]]
_SLIPS = 2  # attention trials that anybody may miss, however few there are
_FEW = 12  # answers under which nothing is told from patterns
_PIECE = {"2afc": 12, "flicker": 6, "triplet": 8}  # answers in a row that two viewers hardly share by chance


@dataclass
class Screened:
    """A viewer. number: of the session.  reasons: why the answers are left out; none where they are kept.

    attention, hasty, completed: shares.  agreement: how much likelier an answer is by the others' fit than a click at
    random, mean of the logarithm; None before there is a fit.
    """

    number: int
    answers: int
    completed: float
    attention: float | None
    hasty: float
    agreement: float | None = None
    reasons: list[str] = field(default_factory=list)

    @property
    def kept(self) -> bool:
        return not self.reasons


def screened(plan: Plan, sittings: Sequence[tuple[int, Sitting]]) -> list[Screened]:
    """Every viewer by the rules that need no fit. sittings: number of the session, and what was answered in it."""
    viewers = [_screened(plan, number, sitting) for number, sitting in sittings]
    for viewer, other in _copies(plan, sittings):
        viewers[viewer].reasons.append(f"the answers are those of session {sittings[other][0]}, in their order")
    return viewers


def judge_agreement(plan: Plan, viewer: Screened, ratio: float) -> None:
    """The rule that needs a fit. ratio: log-likelihood by the fit over that of random clicks, per answer."""
    viewer.agreement = ratio
    if ratio < plan.screening.agreement:
        viewer.reasons.append(
            f"the answers agree with those of others by {ratio:.2f} nats each, under {plan.screening.agreement:g}"
        )


def _screened(plan: Plan, number: int, sitting: Sitting) -> Screened:
    rules = plan.screening
    real = [(trial, answer) for trial, answer in sitting if trial.kind == "real"]
    checks = [
        right for trial, answer in sitting if trial.kind == "attention" and (right := _right(trial, answer)) is not None
    ]
    planned = plan.schedule.trials * min(plan.schedule.stimuli, len(plan.stimuli))
    attention = sum(checks) / len(checks) if checks else None
    hasty = sum(answer.seconds < rules.fastest for _, answer in real) / len(real) if real else 0.0
    viewer = Screened(number, len(real), len(real) / planned, attention, hasty)
    if viewer.completed < rules.completed:
        viewer.reasons.append(f"{100 * viewer.completed:.0f} % of the sitting were answered")
    if attention is not None and attention < rules.attention and len(checks) - sum(checks) > _SLIPS:
        viewer.reasons.append(f"{100 * attention:.0f} % of the attention trials were answered right")
    if hasty > rules.hasty:
        viewer.reasons.append(f"{100 * hasty:.0f} % of the answers took less than {rules.fastest:g} s")
    same = _same(real)
    if same is not None and same > rules.copies:
        viewer.reasons.append(f"{100 * same:.0f} % of the answers are one and the same, or alternate")
    return viewer


def _right(trial: Trial, answer: Answer) -> bool | None:
    return trial.is_right(answer.response)


def _same(real: Sitting) -> float | None:
    """Largest share of answers that name one place, or that change from one to the next; None of too few."""
    if len(real) < _FEW:
        return None
    responses = [answer.response for _, answer in real]
    most = Counter(responses).most_common(1)[0][1] / len(real)
    # Of two places, also by turns.
    changes = sum(a != b for a, b in pairwise(responses)) / (len(real) - 1)
    by_turns = changes if len(set(responses)) <= 2 else 0.0
    return max(most, by_turns)


def _copies(plan: Plan, sittings: Sequence[tuple[int, Sitting]]) -> list[tuple[int, int]]:
    """(a later session, an earlier one) whose answers are the same one after the other, in half of the sitting.

    Trials come in another order in every session, and so do honest answers.
    """
    size = _PIECE[plan.method]
    found = list[tuple[int, int]]()
    known: dict[tuple[int, tuple[int | None, ...]], list[int]] = {}
    for viewer, (_, sitting) in enumerate(sittings):
        row = tuple(answer.response for _, answer in sitting)
        # Pieces with their places: whoever copies goes wrong somewhere, and is right elsewhere.
        pieces = [(start, row[start : start + size]) for start in range(0, len(row) - size + 1, size)]
        shared = Counter(other for piece in pieces for other in known.get(piece, []))
        for other, count in shared.most_common(1):
            if len(pieces) > 1 and 2 * count >= len(pieces):
                found.append((viewer, other))
        for piece in pieces:
            known.setdefault(piece, []).append(viewer)
    return found
