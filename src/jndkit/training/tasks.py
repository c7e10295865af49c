"""What a network is trained to do: its data, its loss, its score. One module a task, resolved on use."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Protocol

from jndkit.errors import check_choice

if TYPE_CHECKING:
    from torch import Generator, Tensor, nn

    from jndkit.training.recipe import Recipe

TASKS = {
    "cpl": "jndkit.training.resjnd.task:CplTask",
    "degradation": "jndkit.training.hvssd.degradation_task:DegradationTask",
    "hvssd": "jndkit.training.hvssd.task:HvssdTask",
    "jndlic": "jndkit.training.jndlic.task:JndLicTask",
    "knob": "jndkit.training.knob.task:KnobTask",
    "structure": "jndkit.training.shen2020.task:StructureTask",
    "vpjnd": "jndkit.training.vpjnd.task:VpjndTask",
    "vpjnd-paper": "jndkit.training.vpjnd.paper_task:VpjndPaperTask",
}


class Task(Protocol):
    """The loop asks a task for nothing else.

    score_name: what `validate` returns first, for the log; higher is better.
    """

    score_name: str

    def batch(self, generator: Generator) -> tuple[Tensor, ...]:
        """One batch, drawn with the generator and nothing else, so that a run can be repeated and resumed."""
        ...

    def loss(self, model: nn.Module, batch: tuple[Tensor, ...]) -> Tensor: ...

    def validate(self, model: nn.Module) -> dict[str, float]:
        """Scores on the validation pictures, `score_name` and its trivial baselines among them."""
        ...


def task(recipe: Recipe) -> Task:
    """The task of a recipe, its data opened. Raises UsageError for an unknown one, InputError for its folders."""
    check_choice("task", recipe.task, TASKS)
    module, _, attribute = TASKS[recipe.task].partition(":")
    built: Task = getattr(importlib.import_module(module), attribute)(recipe)
    return built
