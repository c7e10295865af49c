"""The binary block search: where a monotone row of yes-or-no answers turns, though single answers may be wrong.

Source: VP-JND, the published search over the labels of all qualities. Differs: answers are asked for when they are
needed and never twice; it always ends; the end is the turn that agrees with most answers, and not the first change
found; both sides of the turn are named.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from jndkit.errors import UsageError

BLOCK = 5  # as published, and so are the votes
VOTES = 4


@dataclass(frozen=True)
class Boundary:
    """Between which levels a difference stops being visible.

    last_visible: the level of best fidelity that is visible, or None where all are invisible.
    first_invisible: the level of worst fidelity that is not, one above it; None where all are visible.
    asked: how many answers it took.
    """

    last_visible: int | None
    first_invisible: int | None
    asked: int


def block_search(visible: Callable[[int], bool], count: int, block: int = BLOCK, votes: int = VOTES) -> Boundary:
    """The boundary of a row of levels whose true answers are visible, ..., visible, invisible, ..., invisible.

    visible: level -> whether a difference is seen there; asked at most once for each level.
    count: levels, 0 to count - 1, worst fidelity first.  block: neighbours that vote together.
    votes: so many of a block decide for it; block - votes of its answers may be wrong.

    Exact where no answer is wrong. Where wrong answers lie at least `block` levels apart, and `votes` leaves room for
    one, exact or one level off: three levels off, more answers would disagree than with the truth, and two levels off
    as many, which is why the middle is taken. Asks at most block * (halvings + 1) answers, where so many halvings bring
    `count` down to `block`.

    Raises UsageError for no levels, and for a block too small for its votes: block > 4 (block - votes) is needed.
    """
    wrong = block - votes
    if count < 1:
        raise UsageError(f"a search needs at least one level, not {count}")
    if not 0 <= 4 * wrong < block:
        raise UsageError(f"blocks of {block} answers cannot be decided by {votes}")
    answers: dict[int, bool] = {}

    def ask(level: int) -> bool:
        if level not in answers:
            answers[level] = visible(level)
        return answers[level]

    # The number of visible levels lies in low..high. With block > 4 wrong each turn at least halves the distance.
    low, high = 0, count
    while high - low > block:
        start = low + (high - low - block) // 2
        ones, zeros = _vote(ask, start, block, votes)
        if ones > wrong:
            low = start + ones - wrong
        if zeros > wrong:
            high = start + block - zeros + wrong
    turn = _turn([ask(level) for level in range(low, high)]) + low
    return Boundary(turn - 1 if turn else None, turn if turn < count else None, len(answers))


def _vote(ask: Callable[[int], bool], start: int, block: int, votes: int) -> tuple[int, int]:
    """Answers for and against in a block, asked until enough agree."""
    ones = zeros = 0
    for level in range(start, start + block):
        if ask(level):
            ones += 1
        else:
            zeros += 1
        if max(ones, zeros) == votes:
            break
    return ones, zeros


def _turn(answers: list[bool]) -> int:
    """How many levels are visible if the fewest answers are wrong; the middle where several numbers do equally well."""
    wrong = [sum(answers[turn:]) + sum(not answer for answer in answers[:turn]) for turn in range(len(answers) + 1)]
    best = [turn for turn, count in enumerate(wrong) if count == min(wrong)]
    return (best[0] + best[-1]) // 2
