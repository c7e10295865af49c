"""Does anyone see it? Each observer watches a reference once and reads versions of it."""

from __future__ import annotations

from jndkit.cards import Registry
from jndkit.observers.card import Card
from jndkit.observers.contract import Box, Map, Observer, Reading, Watched
from jndkit.observers.mapped.constants import constants as fitted_maps

__all__ = ["OBSERVERS", "Box", "Card", "Map", "Observer", "Reading", "Watched", "observer"]

OBSERVERS = Registry(
    Card,
    "observer",
    "jndkit.observers",
    {
        "cvvdp": "jndkit.observers.cvvdp:CARD",
        "ssimulacra2": "jndkit.observers.ssimulacra2:CARD",
        "vpjnd": "jndkit.observers.vpjnd:CARD",
        "vpjnd-paper": "jndkit.observers.vpjnd_paper:CARD",
        # Every map whose constants were fitted is an observer under its own name.
        **dict.fromkeys(fitted_maps(), "jndkit.observers.mapped.observer:card"),
    },
)


def observer(name: str) -> Observer:
    """The observer of that name, ours or another package's. Raises UsageError for an unknown one."""
    return OBSERVERS.find(name).make()
