"""A recipe: everything that decides a training run, in one TOML file."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field, fields
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

from jndkit.errors import UsageError, check_choice, unknown_choice
from jndkit.training.systems import recipes

OPTIMISERS = ("adamw", "sgd")
SCHEDULES = ("cosine", "linear", "step")
_COUNTS = ("steps", "batch", "crop", "validate_every", "checkpoint_every")


@dataclass(frozen=True)
class Recipe:
    """name: of the network that is trained, and of its files.  task: what it is trained to do.

    model: arguments of the network.  data: arguments of the task, folders among them.
    steps: optimiser steps.  batch: crops a step.  crop: pixels a side.  lr: peak learning rate.
    optimiser: "adamw", with its `beta1`, or "sgd", with `momentum`.
    schedule: "cosine" (to zero, after `warmup` steps), "step" (a tenth at every `step_every`) or "linear" (flat for
        `step_every` steps, then to zero).
    clip: largest norm of the gradient, 0 for none.  ema: decay of the averaged weights, 0 for none.
    amp: bfloat16 autocast; left out on an x86 processor without units for it, where float32 is faster.
    validate_every, checkpoint_every: steps.
    init_from: a safetensors file to start from, or the name of weights, such as "resjnd.cpl.v2".
    Raises UsageError for an optimiser or schedule that there is not, and for counts below 1.
    """

    name: str
    task: str
    steps: int
    model: dict[str, Any] = field(default_factory=dict)
    data: dict[str, Any] = field(default_factory=dict)
    batch: int = 16
    crop: int = 128
    lr: float = 1e-3
    optimiser: str = "adamw"
    momentum: float = 0.9
    beta1: float = 0.9
    weight_decay: float = 0.0
    schedule: str = "cosine"
    warmup: int = 100
    step_every: int = 0
    clip: float = 0.0
    ema: float = 0.0
    amp: bool = True
    seed: int = 0
    validate_every: int = 500
    checkpoint_every: int = 200
    init_from: str = ""

    def __post_init__(self) -> None:
        check_choice("optimiser", self.optimiser, OPTIMISERS)
        check_choice("schedule", self.schedule, SCHEDULES)
        for key in _COUNTS:
            if getattr(self, key) < 1:
                raise UsageError(f"{key} = {getattr(self, key)}: at least 1 is needed")


_TYPES = {key.name: str(key.type) for key in fields(Recipe)}
_KINDS: dict[str, tuple[tuple[type, ...], str]] = {
    "int": ((int,), "a whole number"),
    "float": ((int, float), "a number"),
    "str": ((str,), "text"),
    "bool": ((bool,), "true or false"),
}


def load_recipe(name: str | Path, settings: tuple[str, ...] = ()) -> Recipe:
    """The recipe in a file, or one that comes with the package, with `key=value` settings applied.

    settings: such as "lr=1e-4" or "model.width=48"; values are TOML, else text.
    Raises UsageError for unknown recipes, unknown keys and values of the wrong type.
    """
    try:
        values = tomllib.loads(_file(name).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:  # ValueError: neither text nor TOML
        raise UsageError(f"recipe {name}: {error}") from None
    _check(str(name), values)
    for setting in settings:
        _apply(values, setting)
    return Recipe(**values)


def summaries() -> dict[str, str]:
    """What each recipe that comes along is for: the first line of its head, by its name."""
    heads = {name: path.read_text(encoding="utf-8").partition("\n")[0] for name, path in recipes().items()}
    return {name: head.removeprefix("#").strip() for name, head in heads.items()}


def _file(name: str | Path) -> Path | Traversable:
    path = Path(name)
    if path.suffix == ".toml":
        if not path.is_file():
            raise UsageError(f"there is no recipe {path}")
        return path
    offered = recipes()
    if str(name) not in offered:
        raise unknown_choice("recipe", str(name), offered, beside="a .toml file")
    return offered[str(name)]


def _check(name: str, values: dict[str, Any]) -> None:
    unknown = sorted(set(values) - set(_TYPES))
    if unknown:
        raise UsageError(f"recipe {name}: unknown key {unknown[0]!r}; known are {', '.join(_TYPES)}")
    missing = sorted({"name", "task", "steps"} - set(values))
    if missing:
        raise UsageError(f"recipe {name}: the key {missing[0]!r} is missing")
    for key, value in values.items():
        _check_type(key, value)


def _check_type(key: str, value: Any) -> None:
    allowed, words = _KINDS.get(_TYPES[key], ((dict,), "a table"))
    # In Python True is an int: a recipe that says so is mistaken.
    if not isinstance(value, allowed) or (isinstance(value, bool) and bool not in allowed):
        raise UsageError(f"{key} = {value!r}: {words} is needed")


def _apply(values: dict[str, Any], setting: str) -> None:
    """Put one `key=value` in its place among a recipe's values."""
    key, equals, text = setting.partition("=")
    if not equals:
        raise UsageError(f"--set {setting}: write key=value")
    try:
        value = tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        value = text  # most texts need no quotes: a path, a name
    outer, dot, inner = key.partition(".")
    if outer not in _TYPES:
        raise UsageError(f"--set {setting}: unknown key {outer!r}; known are {', '.join(_TYPES)}")
    if dot and outer not in ("model", "data"):
        raise UsageError(f"--set {setting}: {outer} has no parts")
    values[outer] = {**values.get(outer, {}), inner: value} if dot else value
    _check_type(outer, values[outer])
