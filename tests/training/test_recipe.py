"""Recipes: every one that ships is read, and what is misspelt fails before any work."""

from __future__ import annotations

from pathlib import Path

import pytest

import jndkit.training
from jndkit.errors import UsageError
from jndkit.training.recipe import Recipe, load_recipe

RECIPES = sorted(path.stem for path in (Path(jndkit.training.__file__).parent / "recipes").glob("*.toml"))


@pytest.mark.parametrize("name", RECIPES)
def test_every_recipe_is_read_and_its_header_says_the_command(name: str) -> None:
    recipe = load_recipe(name)
    assert isinstance(recipe, Recipe)
    text = (Path(jndkit.training.__file__).parent / "recipes" / f"{name}.toml").read_text()
    assert f"jnd train {name}" in text.split("name =")[0]


def test_settings_change_it() -> None:
    plain = load_recipe("resjnd-s")
    changed = load_recipe("resjnd-s", ("lr=1e-4", "model.width=40", "data.train=some/where", "amp=false", "steps=7"))
    assert (changed.lr, changed.model["width"], changed.data["train"]) == (1e-4, 40, "some/where")
    assert (changed.amp, changed.steps) == (False, 7)
    assert plain.model["width"] != 40
    assert load_recipe("resjnd-s") == plain


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        ("lrr=1", "unknown key 'lrr'"),
        ("lr", "write key=value"),
        ("lr=fast", "wanted is float"),
        ("steps=1.5", "wanted is int"),
        ("steps=true", "wanted is int"),
        ("lr.x=1", "has no parts"),
        ("model=1", "wanted is dict"),
    ],
)
def test_what_is_misspelt_fails(setting: str, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        load_recipe("resjnd-s", (setting,))


def test_files_and_their_faults(tmp_path: Path) -> None:
    good = tmp_path / "mine.toml"
    good.write_text('name = "resjnd-s"\ntask = "cpl"\nsteps = 3\n')
    assert load_recipe(good).steps == 3
    for text, said in (
        ('name = "resjnd-s"\ntask = "cpl"\n', "'steps' is missing"),
        ('name = "resjnd-s"\ntask = "cpl"\nsteps = 3\nlerning = 1\n', "unknown key 'lerning'"),
        ("name = ", "mine.toml"),
    ):
        good.write_text(text)
        with pytest.raises(UsageError, match=said):
            load_recipe(good)
    with pytest.raises(UsageError, match="there is no recipe"):
        load_recipe(tmp_path / "none.toml")
    with pytest.raises(UsageError, match=r"choose .*\bdebug-resjnd-s\b"):
        load_recipe("resjdn")
