"""Every model, observer, codec and network there is, with its card."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from jndkit import weights
from jndkit.cards import Card, Plugin, Registry
from jndkit.codecs import CODECS
from jndkit.observers import OBSERVERS
from jndkit.pixelwise import MODELS, own_models

ROOMS: Mapping[str, Registry[Any]] = {"pixelwise": MODELS, "observers": OBSERVERS, "codecs": CODECS}


def models() -> Mapping[str, Mapping[str, Card]]:
    """Room ("pixelwise", "observers", "codecs", "weights") -> name -> card; other packages' cards come last.

    A network that the user calls a model by name stands among the models alone.
    """
    rooms: dict[str, dict[str, Card]]
    rooms = {room: {card.name: card for card in registry.everything()} for room, registry in ROOMS.items()}
    rooms["pixelwise"].update(own_models())
    rooms["weights"] = {name: card for name, card in weights.networks().items() if name not in rooms["pixelwise"]}
    return MappingProxyType(rooms)


def plugins() -> list[Plugin[Any]]:
    """What other packages offer, whether it can be used or not."""
    return [plugin for registry in ROOMS.values() for plugin in registry.plugins()]


def packages() -> Mapping[tuple[str, str], str]:
    """(room, name) of what other packages offer and can be used -> the package with its version."""
    return {
        (room, plugin.name): f"{plugin.package} {plugin.version}".rstrip()
        for room, registry in ROOMS.items()
        for plugin in registry.plugins()
        if plugin.card is not None
    }
