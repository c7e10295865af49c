"""The authors' published checkpoints, turned into networks that run here."""

from __future__ import annotations

import hashlib
import io
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from jndkit.errors import DamagedError, InputError, UsageError
from jndkit.pixelwise import check_own_name
from jndkit.training.export import publish
from jndkit.training.resjnd.network import ResJnd
from jndkit.weights import Card, home, read_card

_LARGEST = 64 << 20  # bytes; the published file has 1.2 million
_MOST_CHANNELS = 1024  # the published network has 128


def import_resjnd(path: str | Path, name: str, *, folder: Path | None = None) -> Card:
    """Make the model `name` of the ResJND authors' PyTorch checkpoint; it is in the user's data folder afterwards.

    path: a file of a state dict with the keys `input.weight`, `conv1.weight`, `conv2.weight` and `output.weight`, read
        with `weights_only=True`; the same file may be imported again.  folder: another place for the model.
    Raises UsageError for a name that is no name or is taken, InputError for a file that is not such a checkpoint.
    """
    check_own_name(name)
    source, target = Path(path), folder or home() / "weights"
    content = _read(source)
    digest = hashlib.sha256(content).hexdigest()
    card, network = target / f"{name}.toml", target / f"{name}.onnx"
    if card.exists():
        known = read_card(card)
        if known.trained.get("sha256") != digest:
            raise UsageError(f"{name} is taken: {card}; choose another name")
        if network.is_file() and hashlib.sha256(network.read_bytes()).hexdigest() == known.sha256:
            return known
    state = _state(source, content)
    model = ResJnd(channels=len(state["input.weight"]), compat=True)
    model.load_state_dict(state)
    about: dict[str, Any] = {
        "architecture": "resjnd",
        "licence": "its authors'",
        "summary": f"ResJND with the weights of {source.name}, imported",
        "trained": {"imported": source.name, "sha256": digest},
    }
    return publish(model, target, name, about)


def _read(source: Path) -> bytes:
    try:
        if source.exists() and not source.is_file():
            raise InputError(source, "it is not a file")
        if source.stat().st_size > _LARGEST:
            raise InputError(source, f"it has more than {_LARGEST >> 20} MiB, which no ResJND checkpoint has")
        return source.read_bytes()
    except OSError as error:
        raise InputError(source, f"it cannot be read: {error.strerror or error}") from None


def _state(source: Path, content: bytes) -> dict[str, Tensor]:
    """The state dict of a checkpoint, whether alone or among other things, with the prefix of parallel training off."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of torch, about files of other kinds
            # Weights only: any other pickle can run what it likes.
            saved: Any = torch.load(io.BytesIO(content), map_location="cpu", weights_only=True)
    except Exception:  # a file that is not what it should be can raise anything
        raise DamagedError(source, "it is not a PyTorch checkpoint of weights alone, or it is damaged") from None
    for key in ("state_dict", "model", "net"):
        if isinstance(saved, Mapping) and isinstance(saved.get(key), Mapping):
            saved = saved[key]
    if not isinstance(saved, Mapping):
        raise InputError(source, f"it holds a {type(saved).__name__}, not a state dict")
    state = {str(key).removeprefix("module."): value for key, value in saved.items()}
    wanted = ("input.weight", "conv1.weight", "conv2.weight", "output.weight")
    if set(state) != set(wanted):
        has = ", ".join(sorted(state)[:6])[:200] or "none"
        raise InputError(source, f"its keys are {has}; ResJND has {', '.join(wanted)}")
    _check_shapes(source, [state[key] for key in wanted])
    for key, value in state.items():
        if not bool(torch.isfinite(value).all()):
            raise InputError(source, f"{key} has values that are not finite")
    return {key: value.float() for key, value in state.items()}


def _check_shapes(source: Path, weights: list[Any]) -> None:
    """Before any value is looked at: a tensor of a small file may claim any size."""
    for weight in weights:
        if not isinstance(weight, Tensor) or weight.layout != torch.strided or not weight.is_floating_point():
            raise InputError(source, "it holds something that is not a weight of a convolution")
    shapes = [tuple(weight.shape) for weight in weights]
    channels = shapes[0][0] if shapes[0] else 0
    inner = (channels, channels, 3, 3)
    if shapes != [(channels, 3, 3, 3), inner, inner, (3, channels, 3, 3)] or not 0 < channels <= _MOST_CHANNELS:
        sizes = ", ".join(" x ".join(map(str, shape)) or "one number" for shape in shapes)
        raise InputError(source, f"its weights are of another network: {sizes[:200]}")
