"""A network by its name, and its weights from a file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file
from torch import Tensor, nn

from jndkit.errors import InputError, MissingError, UsageError
from jndkit.training.systems import network_class
from jndkit.weights import find


def network(name: str, arguments: dict[str, Any]) -> nn.Module:
    """A network with weights drawn by torch's own generator. Raises UsageError for an unknown name or argument."""
    build = network_class(name)
    try:
        model: nn.Module = build(**arguments)
    except TypeError as error:
        raise UsageError(f"network {name}: {error}") from None
    return model


def load_weights(model: nn.Module, source: str | Path, name: str) -> None:
    """Fill a network, called `name` in the error, from trained weights; of an earlier form where it is `adapted`.

    source: a safetensors file; or the name of weights, as `jnd models` lists them, of a network that is exported in
        the form in which it is trained.
    Raises InputError.
    """
    path = Path(source)
    if not path.is_file():
        path = _stored(str(source), name)
    try:
        state = _of_graph(path, model) if path.suffix == ".onnx" else load_file(path)
        model.load_state_dict(model.adapted(state) if hasattr(model, "adapted") else state)
    except Exception as error:  # what safetensors raises shares no base but this one
        raise InputError(path, f"it holds no weights of {name} ({str(error).splitlines()[0][:200]})") from None


def _stored(source: str, name: str) -> Path:
    """The file of weights that have a name. Raises InputError where there are none."""
    try:
        return find(source).path
    except (MissingError, UsageError):
        raise InputError(source, f"there is no such file of weights of {name}") from None


def _of_graph(path: Path, model: nn.Module) -> dict[str, Tensor]:
    """What an exported graph holds of a network, by the names that the network gives; constants are left out."""
    import onnx
    from onnx import numpy_helper

    held = {each.name: each for each in onnx.load(path).graph.initializer}
    return {
        name: torch.from_numpy(numpy_helper.to_array(held[name]).copy()) for name in model.state_dict() if name in held
    }
