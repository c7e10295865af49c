"""Recipes: every one that ships is read, its head says how to run it, and what is misspelt fails before any work."""

from __future__ import annotations

import re
import shlex
from itertools import pairwise
from pathlib import Path

import pytest

from jndkit.errors import UsageError
from jndkit.training.recipe import Recipe, load_recipe, summaries
from jndkit.training.systems import recipes

RECIPES = recipes()
PAGE = Path(__file__).parents[2] / "docs" / "training.md"


def trainings(text: str) -> list[list[str]]:
    """The words behind `jnd train` in every command of a text, lines that go on joined."""
    joined = re.sub(r"\\\n#?", " ", text)
    lines = [line.lstrip("# ").partition("    (")[0] for line in joined.splitlines()]
    commands = [line.partition("jnd train ")[2] for line in lines if re.match(r"(\S+=\S+ )?jnd train ", line)]
    return [shlex.split(command, comments=True) for command in commands]


def read(words: list[str]) -> Recipe:
    """The recipe of a command, its settings applied."""
    settings = [word for before, word in pairwise(words) if before == "--set"]
    return load_recipe(words[0], tuple(settings))


def head(name: str) -> str:
    return RECIPES[name].read_text(encoding="utf-8").partition("\nname =")[0]


@pytest.mark.parametrize("name", RECIPES)
def test_every_recipe_says_command_machine_hours_and_what_to_expect(name: str) -> None:
    commands = {words[0]: read(words) for words in trainings(head(name))}
    assert {"train", "valid"} <= set(commands[name].data)
    assert re.search(r"\b(core|GPU|any machine)\b", head(name))
    assert re.search(r"\b(hours?|minutes|seconds|days|weeks)\b", head(name))
    assert re.search(r"\b([Ee]xpected|no score)\b", head(name))


@pytest.mark.parametrize("name", RECIPES)
def test_no_recipe_knows_where_the_data_lie(name: str) -> None:
    recipe = load_recipe(name)
    assert not {"train", "valid"} & set(recipe.data)
    assert ".." not in RECIPES[name].read_text(encoding="utf-8")


def test_the_page_trains_by_recipes_that_there_are() -> None:
    commands = [words for words in trainings(PAGE.read_text(encoding="utf-8")) if words != ["--list"]]
    assert len(commands) > 5
    for words in commands:
        assert {"train", "valid"} <= set(read(words).data), words


def test_each_has_a_line_of_its_own_in_the_list() -> None:
    assert set(summaries()) == set(RECIPES)
    assert all(line.endswith(".") and len(line) > 20 for line in summaries().values())


def test_settings_change_it() -> None:
    plain = load_recipe("resjnd-s")
    changed = load_recipe("resjnd-s", ("lr=1e-4", "model.width=40", "data.train=some/where", "amp=false", "steps=7"))
    assert (changed.lr, changed.model["width"], changed.data["train"]) == (1e-4, 40, "some/where")
    assert (changed.amp, changed.steps) == (False, 7)
    assert plain.model["width"] != 40
    assert load_recipe("resjnd-s") == plain
    assert load_recipe("resjnd-s", ('data.train=["a", "b"]',)).data["train"] == ["a", "b"]


@pytest.mark.parametrize(
    ("setting", "reason"),
    [
        ("lrr=1", "unknown key 'lrr'"),
        ("lr", "write key=value"),
        ("lr=fast", "a number is needed"),
        ("steps=1.5", "a whole number is needed"),
        ("steps=true", "a whole number is needed"),
        ("amp=1", "true or false is needed"),
        ("lr.x=1", "has no parts"),
        ("model=1", "a table is needed"),
        ("steps=0", "at least 1 is needed"),
        ("validate_every=0", "at least 1 is needed"),
        ("schedule=cosin", "choose cosine, linear, step"),
        ("optimiser=adam", "choose adamw, sgd"),
    ],
)
def test_what_is_misspelt_fails(setting: str, reason: str) -> None:
    with pytest.raises(UsageError, match=reason):
        load_recipe("resjnd-s", (setting,))


def test_files_and_their_faults(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text('name = "resjnd-s"\ntask = "cpl"\nsteps = 3\n')
    assert load_recipe(path).steps == 3
    for text, reason in (
        ('name = "resjnd-s"\ntask = "cpl"\n', "'steps' is missing"),
        ('name = "resjnd-s"\ntask = "cpl"\nsteps = 3\nlerning = 1\n', "unknown key 'lerning'"),
        ("name = ", r"mine\.toml"),
    ):
        path.write_text(text)
        with pytest.raises(UsageError, match=reason):
            load_recipe(path)
    path.write_bytes(b'name = "\xff"\n')
    with pytest.raises(UsageError, match=r"mine\.toml"):
        load_recipe(path)
    with pytest.raises(UsageError, match="there is no recipe"):
        load_recipe(tmp_path / "none.toml")
    with pytest.raises(UsageError, match=r"choose .*\bdebug-resjnd-s\b"):
        load_recipe("resjdn")
