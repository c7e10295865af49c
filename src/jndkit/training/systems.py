"""The systems that can be trained, each a folder beside this module: its networks, its tasks, its recipes.

A folder is a system where its `__init__` holds a `SYSTEM`; its recipes are the TOML files in its folder `recipes`. So a
new network is a new folder, and no list anywhere names it. Nothing is loaded for a list but those `__init__` files,
which know classes by name alone: torch comes with the class that is asked for.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any

import jndkit.training
from jndkit.errors import check_choice

_ROOM = "jndkit.training"


@dataclass(frozen=True)
class System:
    """What a folder offers, under the names that recipes use: "module:Class", the module one of the folder's own.

    networks: built with a recipe's `model` as arguments.  tasks: built with the recipe; see `tasks.Task`.
    used_as: network -> what uses it, and what its cards call its architecture, where that has another name.
    """

    networks: Mapping[str, str] = field(default_factory=dict)
    tasks: Mapping[str, str] = field(default_factory=dict)
    used_as: Mapping[str, str] = field(default_factory=dict)


def systems() -> dict[str, System]:
    """Every system by the name of its folder, in alphabetical order."""
    systems = {}
    for module in pkgutil.iter_modules(jndkit.training.__path__):
        if module.ispkg:
            system = getattr(importlib.import_module(f"{_ROOM}.{module.name}"), "SYSTEM", None)
            if isinstance(system, System):  # `losses` is a folder, too
                systems[module.name] = system
    return systems


def recipes() -> dict[str, Traversable]:
    """Every recipe that comes along, by name, in alphabetical order."""
    paths = {}
    for folder in systems():
        recipe_folder = files(f"{_ROOM}.{folder}").joinpath("recipes")
        if recipe_folder.is_dir():
            for path in recipe_folder.iterdir():
                if path.name.endswith(".toml"):
                    paths[path.name.removesuffix(".toml")] = path
    return dict(sorted(paths.items()))


def network_class(name: str) -> Any:
    """The class of a network, its module loaded. Raises UsageError for an unknown name."""
    return _loaded("network", name, {folder: system.networks for folder, system in systems().items()})


def used_as(network: str) -> str:
    """The name under which a network is used: its own, but for those that a system knows better."""
    names = {other: user for system in systems().values() for other, user in system.used_as.items()}
    return names.get(network, network)


def task_class(name: str) -> Any:
    """The class of a task, its module loaded. Raises UsageError for an unknown name."""
    return _loaded("task", name, {folder: system.tasks for folder, system in systems().items()})


def _loaded(kind: str, name: str, offers: Mapping[str, Mapping[str, str]]) -> Any:
    places = {offered: (folder, where) for folder, offer in offers.items() for offered, where in offer.items()}
    check_choice(kind, name, sorted(places))
    folder, where = places[name]
    module, _, attribute = where.partition(":")
    return getattr(importlib.import_module(f"{_ROOM}.{folder}.{module}"), attribute)
