"""A recipe: everything that decides a training run, in one TOML file."""

from __future__ import annotations

import tomllib
from dataclasses import asdict, dataclass, field, fields
from importlib.resources import files
from pathlib import Path
from typing import Any

from jndkit.errors import UsageError, unknown_choice


@dataclass(frozen=True)
class Recipe:
    """name: of the network that is trained, and of its files.  task: which module of `training.tasks` feeds it.

    model: arguments of the network.  data: arguments of the task, folders among them.
    steps: optimiser steps.  batch: crops a step.  crop: pixels a side.  lr: peak learning rate.
    optimiser: "adamw", with its `beta1`, or "sgd", with `momentum`.
    schedule: "cosine" (to zero, after `warmup` steps), "step" (a tenth at every `step_every`) or "linear" (flat for
        `step_every` steps, then to zero).
    clip: largest norm of the gradient, 0 for none.  ema: decay of the averaged weights, 0 for none.
    amp: bfloat16 autocast.  validate_every, checkpoint_every: steps.  init_from: a safetensors file to start from.
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


_TYPES = {each.name: each.type for each in fields(Recipe)}


def load_recipe(name: str | Path, settings: tuple[str, ...] = ()) -> Recipe:
    """The recipe in a file, or one that comes with the package, with `key=value` settings applied.

    settings: such as "lr=1e-4" or "model.width=48"; values are TOML, else text.
    Raises UsageError for unknown recipes, unknown keys and values of the wrong type.
    """
    path = Path(name)
    if path.suffix == ".toml":
        if not path.is_file():
            raise UsageError(f"there is no recipe {path}")
        text = path.read_text(encoding="utf-8")
    else:
        offered = files(__package__).joinpath("recipes")
        found = offered.joinpath(f"{name}.toml")
        if not found.is_file():
            known = sorted(each.name.removesuffix(".toml") for each in offered.iterdir() if each.name.endswith(".toml"))
            raise unknown_choice("recipe", str(name), known, beside="a .toml file")
        text = found.read_text(encoding="utf-8")
    try:
        values = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"recipe {name}: {error}") from None
    recipe = _checked(str(name), values)
    for setting in settings:
        recipe = _with(recipe, setting)
    return recipe


def _checked(name: str, values: dict[str, Any]) -> Recipe:
    unknown = sorted(set(values) - set(_TYPES))
    if unknown:
        raise UsageError(f"recipe {name}: unknown key {unknown[0]!r}; known are {', '.join(_TYPES)}")
    missing = sorted({"name", "task", "steps"} - set(values))
    if missing:
        raise UsageError(f"recipe {name}: the key {missing[0]!r} is missing")
    for key, value in values.items():
        _check_type(key, value)
    return Recipe(**values)


def _check_type(key: str, value: Any) -> None:
    wanted = str(_TYPES[key])
    kinds: dict[str, tuple[type, ...]] = {"int": (int,), "float": (int, float), "str": (str,), "bool": (bool,)}
    allowed = kinds.get(wanted, (dict,))
    if not isinstance(value, allowed) or (isinstance(value, bool) and bool not in allowed):
        raise UsageError(f"{key} = {value!r}: wanted is {wanted.split('[')[0]}")


def _with(recipe: Recipe, setting: str) -> Recipe:
    key, equals, text = setting.partition("=")
    if not equals:
        raise UsageError(f"--set {setting}: write key=value")
    try:
        value = tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        value = text
    outer, dot, inner = key.partition(".")
    if outer not in _TYPES:
        raise UsageError(f"--set {setting}: unknown key {outer!r}; known are {', '.join(_TYPES)}")
    if dot:
        if outer not in ("model", "data"):
            raise UsageError(f"--set {setting}: {outer} has no parts")
        value = {**getattr(recipe, outer), inner: value}
    _check_type(outer, value)
    changed: dict[str, Any] = {**asdict(recipe), outer: value}
    return Recipe(**changed)
