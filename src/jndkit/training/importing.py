"""The authors' published checkpoints, turned into networks that run here."""

from __future__ import annotations

import hashlib
import pickle
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from jndkit.errors import DamagedError, InputError, UsageError
from jndkit.pixelwise import MODELS
from jndkit.training.export import publish
from jndkit.training.networks.resjnd import ResJnd
from jndkit.weights import Card, check_name, home

_RESJND = ("input.weight", "conv1.weight", "conv2.weight", "output.weight")
_LARGEST = 64 << 20  # bytes; the published file has 1.2 million


def import_resjnd(path: str | Path, name: str, *, folder: Path | None = None) -> Card:
    """Make the model `name` of the ResJND authors' PyTorch checkpoint; it is in the user's data folder afterwards.

    path: a file of a state dict with the keys `input.weight`, `conv1.weight`, `conv2.weight` and `output.weight`, read
        with `weights_only=True`.  folder: another place for the model.
    Raises UsageError for a name that is no name or is taken, InputError for a file that is not such a checkpoint.
    """
    check_name(name)
    if name in MODELS:
        raise UsageError(f"{name} is a model that comes along; choose another name")
    source = Path(path)
    state = _state(source)
    model = ResJnd(channels=state["input.weight"].shape[0], compat=True)
    try:
        model.load_state_dict(state)
    except RuntimeError as error:
        raise InputError(
            source, f"its weights are of another network ({str(error).splitlines()[-1].strip()})"
        ) from None
    digest = hashlib.sha256(source.read_bytes()).hexdigest()
    about: dict[str, Any] = {
        "architecture": "resjnd",
        "licence": "its authors'",
        "summary": f"ResJND with the weights of {source.name}, imported",
        "trained": {"imported": source.name, "sha256": digest},
    }
    return publish(model, folder or home() / "weights", name, about)


def _state(source: Path) -> dict[str, Tensor]:
    """The state dict of a checkpoint, whether alone or among other things, with the prefix of parallel training off."""
    try:
        if source.stat().st_size > _LARGEST:
            raise InputError(source, f"it has more than {_LARGEST >> 20} MiB, which no ResJND checkpoint has")
        found: Any = torch.load(source, map_location="cpu", weights_only=True)
    except OSError as error:
        raise InputError(source, f"it cannot be read: {error.strerror or error}") from None
    except (pickle.UnpicklingError, RuntimeError, EOFError, ValueError, KeyError, AttributeError, TypeError) as error:
        reason = str(error).splitlines()[0][:120] if str(error) else type(error).__name__
        raise DamagedError(source, f"it is no PyTorch checkpoint of weights alone ({reason})") from None
    for key in ("state_dict", "model", "net"):
        if isinstance(found, Mapping) and isinstance(found.get(key), Mapping):
            found = found[key]
    if not isinstance(found, Mapping):
        raise InputError(source, f"it holds a {type(found).__name__}, not a state dict")
    state = {str(key).removeprefix("module."): value for key, value in found.items()}
    if set(state) != set(_RESJND):
        raise InputError(source, f"its keys are {', '.join(sorted(state)[:6])}; ResJND has {', '.join(_RESJND)}")
    for key, value in state.items():
        if not isinstance(value, Tensor) or value.ndim != 4:
            raise InputError(source, f"{key} is no weight of a convolution")
        if not bool(torch.isfinite(value).all()):
            raise InputError(source, f"{key} has values that are not finite")
    return {key: value.float() for key, value in state.items()}
