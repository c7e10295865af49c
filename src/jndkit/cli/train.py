"""jnd train"""

from __future__ import annotations

import importlib.util
import json as json_lines
from pathlib import Path
from typing import Annotated

import typer

from jndkit.cli import printing
from jndkit.errors import MissingError


def train(
    recipe: Annotated[str, typer.Argument(metavar="RECIPE", help="One that comes along, or a .toml file.")],
    settings: Annotated[
        list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="Change the recipe; may be repeated.")
    ] = None,
    run: Annotated[
        str | None, typer.Option(metavar="DIR", help="Checkpoints and log.", show_default="runs/RECIPE")
    ] = None,
    device: Annotated[str | None, typer.Option(metavar="NAME", help="cpu or cuda.")] = None,
) -> int:
    """Train a network by its recipe. A run that was cut off goes on from its last checkpoint.

    Several processes: torchrun --nproc-per-node N -m jndkit train RECIPE
    """
    from jndkit.training.recipe import load_recipe

    wanted = load_recipe(recipe, tuple(settings or ()))
    for module in ("torch", "safetensors"):
        if importlib.util.find_spec(module) is None:
            raise MissingError(module, "pip install 'jndkit[train]'")
    from jndkit.training.loop import Run

    folder = Path(run or f"runs/{Path(recipe).stem}")
    scores = Run(wanted, folder, device=device).train()
    printing.say(f"{folder}: {json_lines.dumps(scores)}")
    return 0
