"""A system is a folder: one more is found, listed and trained without a line elsewhere; lists load no torch."""

from __future__ import annotations

import importlib
import json
import subprocess
import sys
import tomllib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

import jndkit.training
from jndkit.cli import main
from jndkit.errors import UsageError
from jndkit.training.recipe import load_recipe
from jndkit.training.systems import network_class, recipes, systems, task_class, used_as

MADE_UP = {
    "__init__.py": """
from jndkit.training.systems import System

SYSTEM = System(networks={"line": "network:Line"}, tasks={"slope": "task:SlopeTask"})
""",
    "network.py": """
import torch
from torch import nn


class Line(nn.Module):
    def __init__(self, start: float = 0.0) -> None:
        super().__init__()
        self.slope = nn.Parameter(torch.tensor([start]))

    def forward(self, x):
        return self.slope * x
""",
    "task.py": """
import torch


class SlopeTask:
    score_name = "nearness"

    def __init__(self, recipe) -> None:
        self._count, self._slope = recipe.batch, float(recipe.data["slope"])

    def batch(self, generator):
        return (torch.rand(self._count, generator=generator),)

    def loss(self, model, batch):
        return torch.mean((model(batch[0]) - self._slope * batch[0]) ** 2)

    def validate(self, model):
        return {"first": 1.0, "nearness": -abs(float(model.slope) - self._slope)}
""",
    "recipes/line-short.toml": """# A line through the origin, in no time.
name = "line"
task = "slope"
steps = 60
batch = 8
lr = 0.1
warmup = 0
amp = false
validate_every = 20
checkpoint_every = 20

[data]
slope = 2.0
""",
}


@pytest.fixture
def made_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder beside the others, as the package's search path sees it, with a system that nobody else knows of."""
    folder = tmp_path / "more" / "line"
    for name, text in MADE_UP.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    monkeypatch.setattr(jndkit.training, "__path__", [*jndkit.training.__path__, str(folder.parent)])
    importlib.invalidate_caches()
    yield folder
    for name in [name for name in sys.modules if name.startswith("jndkit.training.line")]:
        del sys.modules[name]
    if hasattr(jndkit.training, "line"):
        del jndkit.training.line


@pytest.mark.train
def test_a_new_network_is_one_folder(made_up: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "line" in systems()
    assert main(["train", "--list"]) == 0
    assert "A line through the origin, in no time." in capsys.readouterr().out
    assert main(["train", "line-short", "--run", str(tmp_path / "run")]) == 0
    scores = json.loads(capsys.readouterr().out.partition(": ")[2])
    assert scores["nearness"] > -0.2  # of a slope of 2
    assert (tmp_path / "run" / "best.safetensors").is_file()


def test_the_systems_and_what_they_offer() -> None:
    assert set(systems()) == {"hvssd", "jndlic", "knob", "resjnd", "shen2020", "vpjnd"}
    for kind in ("networks", "tasks"):
        names = Counter(name for system in systems().values() for name in getattr(system, kind))
        assert names.most_common(1)[0][1] == 1, "two systems offer one name"
    folders = [Path(folder) for folder in jndkit.training.__path__]
    files = [path.stem for folder in folders for path in folder.glob("*/recipes/*.toml")]
    assert sorted(files) == list(recipes())


@pytest.mark.train
@pytest.mark.parametrize("name", recipes())
def test_every_recipe_names_a_network_and_a_task(name: str) -> None:
    recipe = load_recipe(name)
    assert callable(network_class(recipe.name))
    assert isinstance(task_class(recipe.task).score_name, str)


@pytest.mark.train
def test_every_class_that_a_system_names_is_there() -> None:
    for system in systems().values():
        assert all(isinstance(network_class(name), type) for name in system.networks)
        assert all(isinstance(task_class(name), type) for name in system.tasks)


def test_names_that_there_are_not() -> None:
    with pytest.raises(UsageError, match=r"unknown network 'resjdn': choose hvssd, .*vpjnd-paper"):
        network_class("resjdn")
    with pytest.raises(UsageError, match=r"unknown task 'clp': choose cpl, .*vpjnd-paper"):
        task_class("clp")


@pytest.mark.parametrize("arguments", [["train", "--help"], ["train", "--list"], ["train", "no-such-recipe"]])
def test_lists_and_help_load_no_torch(arguments: list[str]) -> None:
    script = f"from jndkit.cli import main; main({arguments!r}); import sys; print('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "False"


def test_data_that_are_not_there_are_named_before_torch_is_loaded(tmp_path: Path) -> None:
    good, gone = f"data.train={tmp_path}", f"data.valid={tmp_path / 'gone'}"
    for settings in ((good, gone), (f'data.train=["{tmp_path.as_posix()}", "gone"]', good.replace("train", "valid"))):
        arguments = ["train", "debug-resjnd-s", "--set", settings[0], "--set", settings[1]]
        script = f"from jndkit.cli import main; print(main({arguments!r})); import sys; print('torch' in sys.modules)"
        done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=tmp_path)
        assert done.stdout.splitlines() == ["1", "False"]
        assert done.stderr.endswith("gone: there is no such file or folder\n")
        assert not (tmp_path / "runs").exists()


def test_recipes_are_packaged() -> None:
    project = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text(encoding="utf-8"))
    assert "**/*.toml" in project["tool"]["setuptools"]["package-data"]["jndkit"]


def test_a_network_may_be_used_by_another_name() -> None:
    assert (used_as("jndlic-paper"), used_as("resjnd")) == ("jndlic", "resjnd")
    known = {name for system in systems().values() for name in system.networks}
    assert {name for system in systems().values() for each in system.used_as.items() for name in each} <= known
