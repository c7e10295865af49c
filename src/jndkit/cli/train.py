"""jnd train"""

from __future__ import annotations

import importlib.util
import json as json_text
from pathlib import Path
from typing import Annotated

import typer

from jndkit.cli import printing
from jndkit.errors import MissingError, UsageError
from jndkit.pixelwise import MODELS, check_own_name


def train(
    recipe: Annotated[
        str | None, typer.Argument(metavar="RECIPE", help="One that comes along, or a .toml file.", show_default=False)
    ] = None,
    settings: Annotated[
        list[str] | None,
        typer.Option(
            "--set", metavar="KEY=VALUE", help="Change the recipe, such as data.train=FOLDER; may be repeated."
        ),
    ] = None,
    run: Annotated[
        str | None, typer.Option(metavar="DIR", help="Checkpoints and log.", show_default="runs/RECIPE")
    ] = None,
    device: Annotated[str | None, typer.Option(metavar="NAME", help="cpu or cuda.")] = None,
    name: Annotated[str | None, typer.Option(metavar="NAME", help="Put it among your models under this name.")] = None,
    list_: Annotated[bool, typer.Option("--list", help="List the recipes that come along, and exit.")] = False,
) -> int:
    """Train a network by its recipe. A run that was cut off goes on from its last checkpoint.

    Say what it is to learn from: --set data.train=FOLDER --set data.valid=FOLDER.
    At the end the best weights are in the folder as an ONNX file with a card.
    Several processes: torchrun --nproc-per-node N -m -- jndkit train RECIPE
    """
    from jndkit.training.recipe import load_recipe, summaries
    from jndkit.training.tasks import check_paths

    if list_:
        width = max(map(len, summaries()))
        for known, summary in summaries().items():
            printing.say(f"{known:<{width}}  {summary}")
        return 0
    if recipe is None:
        raise UsageError("name a recipe, or list them with --list")
    chosen = load_recipe(recipe, tuple(settings or ()))
    if name is not None:
        user = _user_of(chosen.name, name)
    check_paths(chosen)  # before torch is loaded, which takes seconds
    need_torch()
    from jndkit.training.loop import Run
    from jndkit.training.results import check_free, export_best

    folder = Path(run or f"runs/{Path(recipe).stem}")
    trained = Run(chosen, folder, device=device)
    if name is not None:
        check_free(name, trained.step, chosen.steps)
    scores = trained.train()
    if trained.rank != 0:  # of several processes one speaks and writes
        return 0
    if scores:
        printing.say(f"{folder}: {json_text.dumps(scores)}")
    else:
        printing.say(f"{folder}: all {chosen.steps:,} steps were done before")
    card = export_best(chosen, folder, name=name)
    if card is not None and name is not None:
        printing.say(f"use it with: {user}")
    return 0


def _user_of(network: str, name: str) -> str:
    """The command that uses a network of the user's own. Raises UsageError where none does, or the name is none."""
    from jndkit.codecs import CODECS
    from jndkit.training.systems import used_as

    check_own_name(name)
    network = used_as(network)
    if network in MODELS:
        return f"jnd map --model {name}"
    if network in CODECS and CODECS[network].learned:
        spec = f"{network}:{name}"
        # A name that means something else in a spec would never be asked for.
        if name not in CODECS[network].codec.grammar.chosen(spec).values():
            raise UsageError(f"--name {name}: {spec} would be a setting; choose another name")
        return f"jnd encode --codec {spec}"
    raise UsageError(f"--name {name}: neither jnd map nor jnd encode uses the network {network}")


def need_torch() -> None:
    """Raises MissingError where something that training needs is not installed."""
    for module in ("torch", "safetensors", "onnx", "onnxscript"):
        if importlib.util.find_spec(module) is None:
            raise MissingError(module, "pip install 'jndkit[train]'")
