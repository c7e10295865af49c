"""What a method asks, before it has a number."""

from __future__ import annotations

from typing import NamedTuple, Protocol


class Question(NamedTuple):
    """As the fields of `trials.Trial`."""

    levels: tuple[int, ...]
    right: tuple[int | None, ...] = ()
    start: int | None = None
    boosted: bool = False


class Asking(Protocol):
    """The questions about one stimulus to one viewer, one after the other."""

    def next(self, turn: int) -> Question:
        """The question of a turn, from 0, after the answers to all before it."""
        ...

    def learn(self, question: Question, response: int | None) -> None: ...
