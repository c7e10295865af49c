"""What a run leaves behind: its best weights as an ONNX file with a card."""

from __future__ import annotations

import json
import platform
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file

from jndkit.errors import DamagedError, InputError, OutputError, UsageError
from jndkit.picture import write_atomic
from jndkit.pixelwise import check_own_name
from jndkit.training.export import publish
from jndkit.training.hvssd.task import read_degradation
from jndkit.training.networks import network
from jndkit.training.recipe import Recipe
from jndkit.weights import Card, home, read_card


def export_best(recipe: Recipe, folder: Path, *, name: str | None = None) -> Card | None:
    """Write the best weights of a run as NAME.onnx and NAME.toml into its folder; None for a network that no map needs.

    A network that takes another's output brings that one along, as NAME-degradation.

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
    try:
        model.load_state_dict(load_file(best))
    except Exception as error:  # what safetensors raises shares no base but this one
        raise InputError(best, f"it holds no weights of {recipe.name} ({str(error).splitlines()[0][:200]})") from None
    called = name or recipe.name
    if hasattr(model, "parts"):
        return _publish_parts(model.parts(), folder, called, _about(recipe, folder))
    if not hasattr(model, "contract"):
        return None
    for ending in (".onnx", ".toml"):  # of an earlier export of the same run
        for each in (called, f"{called}-degradation"):
            (folder / f"{each}{ending}").unlink(missing_ok=True)
    needed = _needed(recipe, folder, called)
    card = publish(model, folder, called, _about(recipe, folder) | ({"needs": needed.name} if needed else {}))
    if name is not None:
        for published in (needed, card) if needed else (card,):
            _install(folder, published)
    return card


def _publish_parts(parts: Any, folder: Path, called: str, about: dict[str, Any]) -> Card | None:
    """A network that is used through several graphs: NAME-PART.onnx and its card each; the last card."""
    card = None
    for ending, part in parts:
        for suffix in (".onnx", ".toml"):  # of an earlier export of the same run
            (folder / f"{called}-{ending}{suffix}").unlink(missing_ok=True)
        card = publish(part, folder, f"{called}-{ending}", about)
    return card


def _needed(recipe: Recipe, folder: Path, called: str) -> Card | None:
    """The network whose output a run's own takes, from the weights that the recipe names, into the run's folder."""
    if "degradation" not in recipe.data:
        return None
    about = {"architecture": "hvssd-degradation", "licence": "unstated", "summary": f"stage one of {called}"}
    return publish(read_degradation(recipe.data["degradation"]), folder, f"{called}-degradation", about)


def check_free(name: str, step: int, steps: int) -> None:
    """Raises UsageError, before a run from `step` to `steps`, where its network could not have this name after it.

    A run that has nothing left to do may have put its network there itself.
    """
    check_own_name(name)
    card = home() / "weights" / f"{name}.toml"
    if card.exists() and step < steps:
        raise UsageError(f"{name} is taken: {card}; choose another name")


def _install(folder: Path, card: Card) -> None:
    """Put a network of a run's folder among the user's models; its card last, which makes it one."""
    target = home() / "weights"
    placed = target / f"{card.name}.toml"
    if placed.exists() and read_card(placed).sha256 != card.sha256:
        raise OutputError(placed, "other weights have this name; choose another")
    try:
        target.mkdir(parents=True, exist_ok=True)
        for ending in (".onnx", ".toml"):
            data = (folder / f"{card.name}{ending}").read_bytes()
            write_atomic(target / f"{card.name}{ending}", data, force=True)
    except OSError as error:
        raise OutputError(target, f"the network cannot be written: {error.strerror or error}") from None


def _about(recipe: Recipe, folder: Path) -> dict[str, Any]:
    """The keys of a card that the run's own log tells."""
    log = folder / "log.jsonl"
    try:
        events = [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()]
        scored = [event for event in events if event["event"] == "validate"]
        starts = [event for event in events if event["event"] == "start"]
    except (OSError, ValueError, KeyError, TypeError):
        raise DamagedError(log, "it is no log of a run") from None
    if not scored or not starts:
        raise InputError(log, "it tells of no validation")
    told = {"event", "time", "step", "seconds", "loss"}
    best = max(scored, key=lambda event: event[next(key for key in event if key not in told)])
    return {
        "architecture": recipe.name,
        "licence": "unstated",
        "summary": f"{recipe.name}, trained for {best['step']:,} steps",
        "trained": {
            "recipe": recipe.name,
            "steps": best["step"],
            "hours": round(scored[-1]["seconds"] / 3600, 2),
            "hardware": f"{starts[-1]['device']}, {platform.machine()}, {torch.get_num_threads()} threads",
            "settings": json.dumps(
                {"model": recipe.model, "crop": recipe.crop, "batch": recipe.batch, "lr": recipe.lr}
            ),
        },
        "data": [{"pictures": str(recipe.data.get("train", "")), "licence": "unstated"}],
        "scores": {key: value for key, value in best.items() if key not in told},
    }
