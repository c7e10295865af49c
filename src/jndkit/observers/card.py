"""The card of an observer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from jndkit import cards
from jndkit.observers.contract import Observer


@dataclass(frozen=True, kw_only=True)
class Card(cards.Card):
    """One observer.

    make: the observer, ready to watch pictures; cheap, since it is called wherever the observer is named.
    second: the observer that is asked beside it of every finished file; "" of one that asks others by itself. Not one
        that was taught by it, nor by what taught it.
    """

    make: Callable[[], Observer]
    second: str = "ssimulacra2"
