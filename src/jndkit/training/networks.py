"""Networks by name, resolved on use."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from jndkit.errors import UsageError, check_choice

if TYPE_CHECKING:
    from torch import nn

NETWORKS = {
    "hvssd": "jndkit.training.hvssd.network:Hvssd",
    "hvssd-degradation": "jndkit.training.hvssd.degradation:Degradation",
    "jndlic": "jndkit.training.jndlic.network:JndLic",
    "jndlic-paper": "jndkit.training.jndlic.paper:JndLicPaper",
    "knob": "jndkit.training.knob.network:KnobNet",
    "resjnd": "jndkit.training.resjnd.network:ResJnd",
    "resjnd-s": "jndkit.training.resjnd.network:ResJndSmall",
    "shen2020": "jndkit.training.shen2020.network:Shen2020",
    "vpjnd": "jndkit.training.vpjnd.network:VpJndNet",
    "vpjnd-paper": "jndkit.training.vpjnd.paper:VpJndPaper",
}


def network(name: str, arguments: dict[str, Any]) -> nn.Module:
    """A fresh network. Raises UsageError for an unknown name or argument."""
    check_choice("network", name, NETWORKS)
    module, _, attribute = NETWORKS[name].partition(":")
    made = getattr(importlib.import_module(module), attribute)
    try:
        built: nn.Module = made(**arguments)
    except TypeError as error:
        raise UsageError(f"network {name}: {error}") from None
    return built
