"""Ways of asking, one a file: what is shown of a stimulus, and what is plain enough to train and to check with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from numpy.random import Generator

from jndkit.study.methods import flicker, triplet, two_afc
from jndkit.study.methods.question import Asking, Question
from jndkit.study.plan import Method, Stimulus

__all__ = ["METHODS", "Asking", "Card", "Question"]


@dataclass(frozen=True)
class Card:
    """A method. ask: begins the questions about one stimulus to one viewer.

    obvious: a question whose right answer nobody who looks can miss.  identical: one about equal pictures.
    seconds: that an answer takes, for planning.  jnd: of the levels to make, least visible first.
    flicker: Hz.  source: where it is described.
    """

    name: Method
    ask: Callable[[Stimulus, int, Generator], Asking]
    obvious: Callable[[Stimulus, Generator], Question]
    identical: Callable[[Stimulus, Generator], Question]
    seconds: float
    jnd: tuple[float, ...]
    flicker: float
    source: str


METHODS: dict[Method, Card] = {
    module.NAME: Card(
        module.NAME,
        module.ask,
        module.obvious,
        module.identical,
        module.SECONDS,
        module.JND,
        module.FLICKER,
        module.SOURCE,
    )
    for module in (two_afc, flicker, triplet)
}
