"""Does anyone see it? Each observer watches a reference once and reads versions of it."""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from typing import cast

from jndkit.errors import UsageError
from jndkit.observers.contract import Box, Map, Observer, Sight, Watch

__all__ = ["OBSERVERS", "Box", "Card", "Map", "Observer", "Sight", "Watch", "observer"]


@dataclass(frozen=True)
class Card:
    """Where an observer lives and what it is."""

    where: str
    summary: str
    paper: str


OBSERVERS = {
    "cvvdp": Card(
        "jndkit.observers.cvvdp:Cvvdp",
        "psychophysical: display, contrast sensitivity, masking and pooling of ColorVideoVDP, in JND units",
        "Mantiuk et al. 2024, ACM Trans. Graph. 43(4)",
    ),
}


def observer(name: str) -> Observer:
    """The observer of that name. Raises UsageError for an unknown one."""
    if name not in OBSERVERS:
        raise UsageError(f"unknown observer {name!r}: choose {', '.join(OBSERVERS)}")
    module, attribute = OBSERVERS[name].where.split(":")
    return cast(Observer, getattr(importlib.import_module(module), attribute)())
