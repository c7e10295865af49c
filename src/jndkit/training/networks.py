"""A network by its name, and its weights from a file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from safetensors.torch import load_file
from torch import nn

from jndkit.errors import InputError, UsageError
from jndkit.training.systems import network_class


def network(name: str, arguments: dict[str, Any]) -> nn.Module:
    """A network with weights drawn by torch's own generator. Raises UsageError for an unknown name or argument."""
    build = network_class(name)
    try:
        model: nn.Module = build(**arguments)
    except TypeError as error:
        raise UsageError(f"network {name}: {error}") from None
    return model


def load_weights(model: nn.Module, path: str | Path, name: str) -> None:
    """Fill a network, called `name` in the error, from a safetensors file; of an earlier form where it is `adapted`.

    Raises InputError.
    """
    if not Path(path).is_file():
        raise InputError(path, f"there is no such file of weights of {name}")
    try:
        state = load_file(path)
        model.load_state_dict(model.adapted(state) if hasattr(model, "adapted") else state)
    except Exception as error:  # what safetensors raises shares no base but this one
        raise InputError(path, f"it holds no weights of {name} ({str(error).splitlines()[0][:200]})") from None
