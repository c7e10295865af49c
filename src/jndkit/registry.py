"""Every model, observer and codec there is, with its card."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from jndkit import codecs, observers, pixelwise, weights

Card = pixelwise.Card | observers.Card | codecs.Card | weights.Card


def models() -> Mapping[str, Mapping[str, Card]]:
    """Room ("pixelwise", "observers", "codecs", "weights") -> name -> card; what a name means is loaded on use."""
    maps = {**pixelwise.MODELS, **pixelwise.own_models()}
    return MappingProxyType(
        {"pixelwise": maps, "observers": observers.OBSERVERS, "codecs": codecs.CODECS, "weights": weights.cards()}
    )
