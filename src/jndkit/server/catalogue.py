"""What can be chosen: codecs, displays, protocols, models and observers, from their cards."""

from __future__ import annotations

from functools import cache
from typing import Any

from jndkit import codecs
from jndkit.errors import JndError
from jndkit.picturewise.decision import BUDGET
from jndkit.protocols import PROTOCOLS
from jndkit.registry import models
from jndkit.viewing import DISPLAYS


@cache
def catalogue() -> dict[str, Any]:
    """As JSON. The first time takes a second: every card is read."""
    rooms = models()
    return {
        "codecs": [_codec(name, card.about()) for name, card in rooms["codecs"].items()],
        "displays": [{"name": name, "ppd": display.ppd} for name, display in DISPLAYS.items()],
        "protocols": [
            {
                "name": name,
                "viewing": fits[0].viewing,
                "viewings": [fit.viewing for fit in fits],
                "shares": fits[0].shares,
                "source": fits[0].source,
            }
            for name, fits in PROTOCOLS.items()
        ],
        "models": [card.about() for card in rooms["pixelwise"].values()],
        "observers": [card.about() for card in rooms["observers"].values()],
        "weights": [card.about() for card in rooms["weights"].values()],
        "efforts": list(BUDGET),
    }


def _codec(name: str, about: dict[str, Any]) -> dict[str, Any]:
    """A codec's card with its knob: null where the codec is not installed. missing: the command that installs it."""
    about = about | {"missing": codecs.card(name).missing, "spec": None, "knob": None}
    try:
        made = codecs.codec(name)
    except JndError:
        return about
    knob = made.knob
    return about | {
        "spec": made.spec,
        "suffix": made.suffix,
        "knob": {"name": knob.name, "grid": list(knob.grid), "higher_is_better": knob.higher_is_better},
    }
