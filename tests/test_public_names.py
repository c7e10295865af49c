"""What `import jndkit` offers."""

from __future__ import annotations

import dataclasses
import importlib
import inspect
import typing
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import jndkit
from jndkit import errors, pipeline
from jndkit.picture import Damaged
from jndkit.picture.metadata.policy import POLICIES
from jndkit.picturewise.decision import BUDGET
from jndkit.pixelwise.terms import luma
from jndkit.settings import Effort, KeepMetadata, Settings

FUNCTIONS = ("compare", "encode", "inject", "jnd_map", "load", "models", "predict")


def test_the_list_is_sorted_and_complete() -> None:
    assert jndkit.__all__ == sorted(jndkit.__all__)
    own = {name for name, item in vars(errors).items() if inspect.isclass(item) and issubclass(item, errors.JndError)}
    own = {name for name in own if not name.startswith("_")}
    assert own <= set(jndkit.__all__)
    functions = {name for name in jndkit.__all__ if inspect.isfunction(getattr(jndkit, name))}
    assert functions == set(FUNCTIONS)


def _ours(hint: Any) -> set[type]:
    """The classes of ours that a type is made of, and those of their fields."""
    if typing.get_args(hint):
        return set().union(*map(_ours, typing.get_args(hint)))
    if not inspect.isclass(hint) or not hint.__module__.startswith("jndkit"):
        return set()
    fields = typing.get_type_hints(hint) if dataclasses.is_dataclass(hint) or issubclass(hint, tuple) else {}
    return {hint}.union(*map(_ours, fields.values()))


@pytest.mark.parametrize("name", FUNCTIONS)
def test_what_functions_take_and_give_is_public(name: str) -> None:
    public = {item for item in (getattr(jndkit, key) for key in jndkit.__all__) if inspect.isclass(item)}
    # `jnd_map` is found without NumPy, so the types it names are imported by no one but the type checker.
    hints = typing.get_type_hints(getattr(jndkit, name), localns=vars(luma))
    assert len(hints) > 1 or name == "models"
    for hint in hints.values():
        assert _ours(hint) <= public


WITHOUT = {"encode": {"encode"}, "predict": {"min_saving", "force"}}
"""Settings that decide nothing there: what has no file needs no saving."""


@pytest.mark.parametrize("name", WITHOUT)
def test_keywords_are_the_settings_and_the_options_of_the_command(name: str) -> None:
    parameters = inspect.signature(getattr(jndkit, name)).parameters.values()
    keywords = {each.name: each.default for each in parameters if each.kind is each.KEYWORD_ONLY}
    fields = {field.name: field.default for field in dataclasses.fields(Settings)}
    assert keywords == {key: default for key, default in fields.items() if key not in WITHOUT[name]}
    verb = importlib.import_module(f"jndkit.cli.{name}")
    options = {each.name: each.default for each in inspect.signature(getattr(verb, name)).parameters.values()}
    if name == "encode":
        assert (keywords.pop("codec"), options["codec"]) == ("jpeg", None)  # the output's name may say another
    else:
        assert keywords.pop("encode") is not options["no_encode"]
    assert keywords.items() <= options.items()


@pytest.mark.parametrize("name", WITHOUT)
def test_every_keyword_arrives(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: dict[str, Any] = {
        "codec": "avif:s6,444",
        "viewers": 80.0,
        "protocol": "side-by-side",
        "viewing": "4k",
        "observer": "wu2017",
        "effort": "fast",
        "min_saving": 12.0,
        "keep_metadata": "icc",
        "force": True,
        "max_pixels": 12345,
        "damaged": "keep",
        "prefilter": "yang2005",
    }
    asked = {key: value for key, value in asked.items() if key not in WITHOUT[name]}
    arrived: list[Settings] = []

    def run(source: object, settings: Settings, *, write: bool = True) -> pipeline.Encoded:
        arrived.append(settings)
        return pipeline.Encoded(None, jndkit.Row("a.png"), "")

    monkeypatch.setattr(pipeline, "run", run)
    getattr(jndkit, name)("a.png", **asked)
    assert arrived == [Settings(**asked)]
    given = dataclasses.asdict(arrived[0])
    assert {key for key, value in given.items() if value != getattr(Settings, key)} == set(asked)


def test_literal_types_are_what_is_accepted() -> None:
    assert set(typing.get_args(Effort)) == set(BUDGET)
    assert set(typing.get_args(KeepMetadata)) == set(POLICIES)
    for damaged in typing.get_args(Damaged):
        assert Settings(damaged=damaged).damaged == damaged
    misspelt: Any = "mend"
    with pytest.raises(jndkit.UsageError, match="damaged"):
        Settings(damaged=misspelt)
    takes = {name for name in FUNCTIONS if "damaged" in inspect.signature(getattr(jndkit, name)).parameters}
    assert takes == {"encode", "inject", "load", "predict"}
    for name in takes:
        assert typing.get_type_hints(getattr(jndkit, name))["damaged"] == Damaged


@pytest.mark.parametrize("name", jndkit.__all__)
def test_every_name_is_there(name: str) -> None:
    assert getattr(jndkit, name) is not None
    assert name in dir(jndkit)


def test_errors_are_one_tree() -> None:
    assert issubclass(jndkit.DamagedError, jndkit.InputError)
    assert issubclass(jndkit.InputError, jndkit.JndError)
    assert jndkit.JndError is errors.JndError


def test_other_names_are_not() -> None:
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = jndkit.nothing


def test_models_gives_every_card() -> None:
    rooms = jndkit.models()
    assert list(rooms) == ["pixelwise", "observers", "codecs", "weights"]
    assert "wu2017" in rooms["pixelwise"]
    assert "cvvdp" in rooms["observers"]
    assert "jpeg" in rooms["codecs"]
    assert all(card.summary for cards in rooms.values() for card in cards.values())


def _picture(level: int) -> jndkit.Picture:
    ramp = np.add.outer(np.arange(80), np.arange(96)).astype(np.uint8)
    rgb = np.repeat(ramp[..., None], 3, axis=2)
    rgb[20:60, 20:60] += np.uint8(level)
    return jndkit.Picture(rgb)


def test_compare_reads_pictures_and_files(tmp_path: Path) -> None:
    from jndkit.picture import save_png

    save_png(_picture(0), tmp_path / "a.png")
    save_png(_picture(9), tmp_path / "b.png")
    same = jndkit.compare(_picture(0), tmp_path / "a.png")
    other = jndkit.compare(tmp_path / "a.png", str(tmp_path / "b.png"), viewing="phone")
    assert same.jnd == 0.0
    assert other.jnd > 0.0
    assert other.interval[0] <= other.jnd <= other.interval[1]


def test_compare_refuses_other_sizes() -> None:
    small = jndkit.Picture(np.zeros((40, 50, 3), np.uint8))
    with pytest.raises(jndkit.UsageError, match=r"96 x 80.*50 x 40"):
        jndkit.compare(_picture(0), small)


def test_load_reads_a_png_and_names_what_is_missing(tmp_path: Path) -> None:
    from jndkit.picture import save_png

    save_png(_picture(0), tmp_path / "a.png")
    assert jndkit.load(tmp_path / "a.png").width == 96
    with pytest.raises(jndkit.InputError, match="no such file"):
        jndkit.load(tmp_path / "b.png")
