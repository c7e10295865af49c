"""What a run leaves behind: its best weights as an ONNX file with a card."""

from __future__ import annotations

import json
import platform
import shutil
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file

from jndkit.errors import InputError, OutputError
from jndkit.training.export import publish
from jndkit.training.networks import network
from jndkit.training.recipe import Recipe
from jndkit.weights import Card, home


def export_best(recipe: Recipe, folder: Path, *, name: str | None = None) -> Card | None:
    """Write the best weights of a run as NAME.onnx and NAME.toml into its folder; None for a network that no map needs.

    name: also put it among the user's models under this name; the recipe's own by default, in the folder alone.
    Raises InputError where the folder holds no such run, OutputError where the name is taken by other weights.
    """
    best = folder / "best.safetensors"
    if not best.is_file():
        raise InputError(best, "there are no weights; the run has not been validated yet")
    model = network(recipe.name, recipe.model)
    model.load_state_dict(load_file(best))
    if not hasattr(model, "contract"):
        return None
    called = name or recipe.name
    for ending in (".onnx", ".toml"):  # of an earlier export of the same run
        (folder / f"{called}{ending}").unlink(missing_ok=True)
    card = publish(model, folder, called, _about(recipe, folder))
    if name is not None:
        target = home() / "weights"
        target.mkdir(parents=True, exist_ok=True)
        if (target / f"{name}.onnx").exists():
            raise OutputError(target / f"{name}.onnx", "the name is taken by other weights; choose another")
        for ending in (".onnx", ".toml"):
            shutil.copyfile(folder / f"{name}{ending}", target / f"{name}{ending}")
    return card


def _about(recipe: Recipe, folder: Path) -> dict[str, Any]:
    """The keys of a card that the run's own log tells."""
    events = [json.loads(line) for line in (folder / "log.jsonl").read_text(encoding="utf-8").splitlines()]
    scored = [event for event in events if event["event"] == "validate"]
    starts = [event for event in events if event["event"] == "start"]
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
