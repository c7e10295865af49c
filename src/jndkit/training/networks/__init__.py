"""Networks by name, resolved on use."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from jndkit.errors import UsageError

if TYPE_CHECKING:
    from torch import nn

NETWORKS = {
    "hvssd": "jndkit.training.networks.hvssd:Hvssd",
    "hvssd-degradation": "jndkit.training.networks.degradation:Degradation",
    "jndlic": "jndkit.training.networks.jndlic:JndLic",
    "jndlic-paper": "jndkit.training.networks.jndlic_paper:JndLicPaper",
    "knob": "jndkit.training.networks.knob:KnobNet",
    "resjnd": "jndkit.training.networks.resjnd:ResJnd",
    "resjnd-s": "jndkit.training.networks.resjnd:ResJndSmall",
    "shen2020": "jndkit.training.networks.shen2020:Shen2020",
    "vpjnd": "jndkit.training.networks.vpjnd:VpJndNet",
    "vpjnd-paper": "jndkit.training.networks.vpjnd_paper:VpJndPaper",
}


def network(name: str, arguments: dict[str, Any]) -> nn.Module:
    """A fresh network. Raises UsageError for an unknown name or argument."""
    if name not in NETWORKS:
        raise UsageError(f"unknown network {name!r}: choose {', '.join(NETWORKS)}")
    module, _, attribute = NETWORKS[name].partition(":")
    made = getattr(importlib.import_module(module), attribute)
    try:
        built: nn.Module = made(**arguments)
    except TypeError as error:
        raise UsageError(f"network {name}: {error}") from None
    return built
