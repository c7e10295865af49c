"""What a network is trained to do: its data, its loss, its score."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt

from jndkit.errors import InputError, UsageError
from jndkit.training.systems import task_class

if TYPE_CHECKING:
    from torch import Generator, Tensor, nn

    from jndkit.training.recipe import Recipe

_SIDES = ("train", "valid")
_NORMAL_95 = 1.96  # standard deviations of a normal distribution, either side of 95 %


class Task(Protocol):
    """The loop asks a task for nothing else, but for what `Calibrating` adds. It is built with the recipe alone.

    score_name: the score among those of `validate` that weights are chosen by; higher is better.
    """

    score_name: str

    def batch(self, generator: Generator) -> tuple[Tensor, ...]:
        """One batch, drawn with the generator and nothing else, so that a run can be repeated and resumed."""
        ...

    def loss(self, model: nn.Module, batch: tuple[Tensor, ...]) -> Tensor:
        """The mean loss of the batch, a scalar with slopes."""
        ...

    def validate(self, model: nn.Module) -> dict[str, float]:
        """Scores on the validation pictures, `score_name` and its trivial baselines among them.

        The model is as it was afterwards, every buffer included: what is validated more often learns nothing from it.
        """
        ...


@runtime_checkable
class Calibrating(Protocol):
    """A task that sets, by the validation pictures, something in the weights that no slope teaches."""

    def calibrated(self, model: nn.Module) -> dict[str, Tensor]:
        """The state dict to be kept of a model that scored best; the model itself stays as it is."""
        ...


def task(recipe: Recipe) -> Task:
    """The task of a recipe, its data opened. Raises UsageError for an unknown one, InputError for its folders."""
    opened: Task = task_class(recipe.task)(recipe)
    return opened


def check_data(recipe: Recipe, known: Collection[str], folders: str, *, several: Collection[str] = ()) -> None:
    """Raises UsageError for an unknown key of a recipe's `data`, and where `data.train` or `data.valid` is not given.

    known: the keys there are.  folders: what lies in the two, in words.  several: which of the two may be lists.
    """
    unknown = sorted(set(recipe.data) - set(known))
    if unknown:
        raise UsageError(f"data.{unknown[0]}: unknown; known are {', '.join(sorted(known))}")
    missing = [f"--set data.{side}=FOLDER" for side in _SIDES if not recipe.data.get(side)]
    if missing:
        raise UsageError(f"name the data to learn from and to score on: {' '.join(missing)} ({folders})")
    for side in _SIDES:
        given = recipe.data[side]
        paths = given if isinstance(given, list) and side in several else [given]
        if not all(isinstance(path, str) for path in paths):
            raise UsageError(f"data.{side} = {given!r}: name a folder")


def check_paths(recipe: Recipe) -> None:
    """Raises InputError where `data.train` or `data.valid` names what is not there.

    No task is asked, which would load torch: what lies there, and whether anything has to be named, each task checks.
    """
    for side in _SIDES:
        given = recipe.data.get(side)
        for path in given if isinstance(given, list) else [given]:
            if isinstance(path, str) and path and not Path(path).exists():
                raise InputError(path, "there is no such file or folder")


def half_width(values: Sequence[float] | npt.NDArray[np.float64]) -> float:
    """Of the 95 % interval of the values' mean; 0 for a single one."""
    return _NORMAL_95 * float(np.std(values, ddof=1)) / len(values) ** 0.5 if len(values) > 1 else 0.0
