"""jnd import"""

from __future__ import annotations

from typing import Annotated

import typer

from jndkit.cli import printing
from jndkit.cli.train import need_torch
from jndkit.errors import check_choice


def import_(
    network: Annotated[str, typer.Argument(metavar="{resjnd}", help="Whose checkpoint it is.")],
    checkpoint: Annotated[str, typer.Argument(metavar="FILE", help="The authors' PyTorch file; weights only.")],
    name: Annotated[str, typer.Option(metavar="NAME", help="What the model is called afterwards.")],
) -> int:
    """Make a model of the authors' published checkpoint.

    It is then there for jnd map --model NAME and every verb that takes a model. It lies in the user's data folder;
    JNDKIT_HOME names another.
    """
    check_choice("network", network, ("resjnd",))
    need_torch()
    from jndkit.training.importing import import_resjnd

    card = import_resjnd(checkpoint, name)
    printing.say(f"{checkpoint} -> {name}: {card.parameters:,} parameters; use it with: jnd map --model {name}")
    return 0
