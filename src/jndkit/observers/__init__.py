"""Does anyone see it? Each observer watches a reference once and reads versions of it."""

from __future__ import annotations

import importlib
import math
from dataclasses import dataclass
from typing import cast

from jndkit.errors import check_choice
from jndkit.observers.contract import Box, Map, Observer, Reading, Watched
from jndkit.observers.mapped.constants import constants as fitted_maps
from jndkit.pixelwise import MODELS

__all__ = ["OBSERVERS", "Box", "Card", "Map", "Observer", "Reading", "Watched", "observer"]


@dataclass(frozen=True)
class Card:
    """Where an observer lives and what it is. `where` is "module:class"; the class is called with the name."""

    where: str
    summary: str
    paper: str


def _mapped(name: str, error: float) -> Card:
    summary = f"the JND map of {name}, pooled; reads within a factor of {math.exp(error):.2f} of cvvdp (standard error)"
    return Card("jndkit.observers.mapped.observer:Mapped", summary, MODELS[name].paper)


OBSERVERS = {
    "cvvdp": Card(
        "jndkit.observers.cvvdp:Cvvdp",
        "psychophysical: display, contrast sensitivity, masking and pooling of ColorVideoVDP, in JND units",
        "Mantiuk et al. 2024, ACM Trans. Graph. 43(4)",
    ),
    "vpjnd": Card(
        "jndkit.observers.vpjnd:Vpjnd",
        "learned: a network looks at up to 32 patches and answers in JND units, with an interval of its own",
        "Zhang et al. 2025, IEEE TCSVT",
    ),
    "vpjnd-paper": Card(
        "jndkit.observers.vpjnd_paper:VpjndPaper",
        "learned, as published: seen or not by a quarter of viewers at the desktop; right 78 times in 100, guessing 76",
        "Zhang et al. 2025, IEEE TCSVT",
    ),
    # Every map whose constants were fitted is an observer under its own name.
    **{name: _mapped(name, fit.error) for name, fit in fitted_maps().items()},
}


def observer(name: str) -> Observer:
    """The observer of that name. Raises UsageError for an unknown one."""
    check_choice("observer", name, OBSERVERS)
    module, attribute = OBSERVERS[name].where.split(":")
    return cast(Observer, getattr(importlib.import_module(module), attribute)(name))
