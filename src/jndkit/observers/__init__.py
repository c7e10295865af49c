"""Does anyone see it? Each observer watches a reference once and reads versions of it."""

from __future__ import annotations

from jndkit.cards import Registry
from jndkit.observers.card import Card
from jndkit.observers.contract import Box, Map, Observer, Reading, Watched, Witness
from jndkit.observers.mapped.constants import constants as fitted_maps

__all__ = ["OBSERVERS", "Box", "Card", "Map", "Observer", "Reading", "Watched", "Witness", "observer", "second_to"]

OBSERVERS = Registry(
    Card,
    "observer",
    "jndkit.observers",
    {
        "cvvdp": "jndkit.observers.cvvdp:CARD",
        "ssimulacra2": "jndkit.observers.ssimulacra2:CARD",
        "panel": "jndkit.observers.panel:CARD",
        "vpjnd": "jndkit.observers.vpjnd:CARD",
        "vpjnd-paper": "jndkit.observers.vpjnd_paper:CARD",
        # Every map whose constants were fitted is an observer under its own name.
        **dict.fromkeys(fitted_maps(), "jndkit.observers.mapped.observer:card"),
    },
)


def observer(name: str) -> Observer:
    """The observer of that name, ours or another package's. Raises UsageError for an unknown one."""
    return OBSERVERS.find(name).make()


def second_to(name: str) -> Observer | None:
    """The second witness to the observer of that name; None of one that asks others by itself.

    Raises UsageError for an unknown name.
    """
    second = OBSERVERS.find(name).second
    return observer(second) if second else None
