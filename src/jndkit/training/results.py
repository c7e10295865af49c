"""What a run leaves behind: its best weights as an ONNX file with a card."""

from __future__ import annotations

import json
import platform
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch
from torch import nn

from jndkit.batch import ledger
from jndkit.errors import DamagedError, InputError, OutputError, UsageError
from jndkit.picture import make_folder, write_atomic
from jndkit.pixelwise import check_own_name
from jndkit.training.export import publish
from jndkit.training.loop import EVENT_KEYS
from jndkit.training.networks import load_weights, network
from jndkit.training.recipe import Recipe
from jndkit.training.systems import task_class, used_as
from jndkit.weights import Card, home, networks, read_card


def export_best(recipe: Recipe, folder: Path, *, name: str | None = None) -> Card | None:
    """Write the best weights of a run as NAME.onnx and NAME.toml into its folder; None for a network that no map needs.

    A network that takes another's output brings that one along; one that is used through several graphs leaves several
    files and gives the last one's card.

    name: also put it among the user's models under this name; the recipe's own by default, in the folder alone.
    Raises InputError where the folder holds no such run, UsageError for a name that is no name or comes along,
    OutputError where the name is taken by other weights.
    """
    if name is not None:
        check_own_name(name)
    best = folder / "best.safetensors"
    if not best.is_file():
        raise InputError(best, "there are no weights; the run has not been validated yet")
    model = network(recipe.name, recipe.model)
    load_weights(model, best, recipe.name)
    own_name, about = name or recipe.name, _about(recipe, folder)
    cards = []
    if hasattr(model, "parts"):
        cards = [_publish_anew(part, folder, f"{own_name}-{ending}", about) for ending, part in model.parts()]
    elif hasattr(model, "contract"):
        for ending, other in _needed(recipe):
            stage = {"architecture": f"{recipe.name}-{ending}", "licence": "unstated"}
            stage["summary"] = f"needed by {own_name}"
            cards.append(_publish_anew(other, folder, f"{own_name}-{ending}", stage))
            about["needs"] = cards[-1].name
        cards.append(_publish_anew(model, folder, own_name, about))
    else:
        return None
    if name is not None:
        for card in cards:  # the network that needs the others comes last: it is a model once it is there
            _install(folder, card)
    return cards[-1]


def check_free(name: str, step: int, steps: int) -> None:
    """Raises UsageError, before a run from `step` to `steps`, where its network could not have this name after it.

    A run that has nothing left to do may have put its network there itself.
    """
    check_own_name(name)
    if step < steps and name in networks():
        raise UsageError(f"{name} is taken by a network in {home() / 'weights'}; choose another name")


def _needed(recipe: Recipe) -> Iterator[tuple[str, nn.Module]]:
    """The networks whose output this one takes, as its task tells; by what is put behind the network's own name."""
    task = task_class(recipe.task)
    if hasattr(task, "needed"):
        yield from task.needed(recipe)


def _publish_anew(model: nn.Module, folder: Path, name: str, about: dict[str, Any]) -> Card:
    """Publish, in the place of an earlier export of the same run."""
    for ending in (".onnx", ".toml"):
        (folder / f"{name}{ending}").unlink(missing_ok=True)
    return publish(model, folder, name, about)


def _install(folder: Path, card: Card) -> None:
    """Put a network of a run's folder among the user's models; its card last, which makes it one."""
    target = home() / "weights"
    placed = target / f"{card.name}.toml"
    if placed.exists() and read_card(placed).sha256 != card.sha256:
        raise OutputError(placed, "other weights have this name; choose another")
    make_folder(str(target))
    for ending in (".onnx", ".toml"):
        write_atomic(target / f"{card.name}{ending}", (folder / f"{card.name}{ending}").read_bytes(), force=True)


def _about(recipe: Recipe, folder: Path) -> dict[str, Any]:
    """The keys of a card that the run's own log tells."""
    log, score_name = folder / "log.jsonl", task_class(recipe.task).score_name
    events = ledger.read(log)
    try:
        scored = [event for event in events if event["event"] == "validate"]
        starts = [event for event in events if event["event"] == "start"]
        if not scored or not starts:
            raise InputError(log, "it records no validation")
        best = max(scored, key=lambda event: float(event[score_name]))
        hours, device = scored[-1]["seconds"] / 3600, starts[-1]["device"]
    except (KeyError, TypeError, ValueError):
        raise DamagedError(log, f"it is not the log of a run that was scored by {score_name}") from None
    settings = {"model": recipe.model, "crop": recipe.crop, "batch": recipe.batch, "lr": recipe.lr}
    return {
        "architecture": used_as(recipe.name),
        "licence": "unstated",
        "summary": f"{recipe.name}, trained for {best['step']:,} steps",
        "trained": {
            "recipe": recipe.name,
            "steps": best["step"],
            "hours": round(hours, 2),
            "hardware": f"{device}, {platform.machine()}, {torch.get_num_threads()} threads",
            "settings": json.dumps(settings),
        },
        "data": [{"pictures": str(recipe.data.get("train", "")), "licence": "unstated"}],
        "scores": {key: value for key, value in best.items() if key not in EVENT_KEYS},
    }
