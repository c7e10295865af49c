"""Registries: what a name stands for, who may have it, and what becomes of a package that is broken."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from jndkit import cards
from jndkit.cards import Card
from jndkit.codecs import CODECS, Card as CodecCard
from jndkit.errors import UsageError
from jndkit.injection import libraries
from jndkit.observers import OBSERVERS
from jndkit.pixelwise import MODELS, Card as ModelCard
from jndkit.pixelwise.wu2017 import CARD, wu2017
from jndkit.registry import ROOMS, models

Install = Callable[[str, dict[str, str]], None]


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Install]:
    """install("a-package", {"name": "module:CARD"}) puts such models among the installed packages."""
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "cards_of_others.py").write_text(
        "from jndkit.pixelwise import Card\n"
        "from jndkit.pixelwise.wu2017 import wu2017\n"
        "CARD = Card(name='mine', summary='of another package', compute=wu2017)\n"
    )

    def put(package: str, points: dict[str, str]) -> None:
        about = tmp_path / f"{package}-2.0.dist-info"
        about.mkdir()
        (about / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: 2.0\n")
        lines = (f"{name} = {where}\n" for name, where in points.items())
        (about / "entry_points.txt").write_text("[jndkit.models]\n" + "".join(lines))
        cards._entry_points.cache_clear()

    yield put
    sys.modules.pop("cards_of_others", None)
    cards._entry_points.cache_clear()


@pytest.mark.parametrize("room", ROOMS)
def test_every_card_is_called_what_the_table_calls_it(room: str) -> None:
    registry = ROOMS[room]
    assert [registry[name].name for name in registry] == list(registry)
    for card in registry.values():
        assert card.summary
        assert card.licence
        assert "\n" not in card.summary + card.paper
        assert card.about()["name"] == card.name


def test_every_line_of_a_table_is_a_name_and_a_place() -> None:
    for registry in ROOMS.values():
        for where in registry.table.values():
            module, attribute = where.split(":")
            assert module.startswith("jndkit.")
            assert attribute.isidentifier()


def test_a_map_imports_one_model() -> None:
    script = (
        "import sys, numpy; from jndkit import jnd_map; jnd_map(numpy.zeros((16, 16), numpy.uint8), 'wu2017'); "
        "print([name for name in sys.modules if name.startswith('jndkit.pixelwise.') and name[-4:].isdigit()])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "['jndkit.pixelwise.wu2017']"


def test_a_name_that_nobody_has() -> None:
    with pytest.raises(UsageError, match=r"unknown codec 'jpog': choose jpeg, webp, .*did you mean jpeg"):
        CODECS.find("jpog")
    assert "jpog" not in CODECS
    with pytest.raises(KeyError):
        CODECS["jpog"]


def test_another_package_is_found_and_listed_last(install: Install) -> None:
    install("others", {"mine": "cards_of_others:CARD"})
    assert "mine" not in MODELS
    assert MODELS.names() == (*MODELS, "mine")
    assert MODELS.find("mine").compute is wu2017
    assert [card.name for card in MODELS.everything()] == [*MODELS, "mine"]
    assert list(models()["pixelwise"])[-1] == "mine"
    assert (MODELS.package("mine"), MODELS.package("wu2017")) == ({"others": "2.0"}, {})
    assert libraries("mine")["others"] == "2.0"
    (plugin,) = MODELS.plugins()
    assert (plugin.what, plugin.name, plugin.package, plugin.version) == ("model", "mine", "others", "2.0")


@pytest.mark.parametrize(
    ("name", "where", "reason"),
    [
        ("wu2017", "cards_of_others:CARD", "jndkit has a model of this name"),
        ("yours", "cards_of_others:CARD", "its card calls itself 'mine'"),
        ("mine", "cards_of_others:Card", "cards_of_others:Card is a type, not a jndkit.pixelwise.card.Card"),
        ("mine", "cards_of_others:NONE", "AttributeError: .*NONE.*"),
        ("mine", "cards_of_nobody:CARD", "ModuleNotFoundError: No module named 'cards_of_nobody'"),
        ("Mine", "cards_of_others:CARD", "'Mine' is no name for a model"),
    ],
)
def test_a_broken_package_is_kept_with_its_reason(install: Install, name: str, where: str, reason: str) -> None:
    install("broken", {name: where})
    (plugin,) = MODELS.plugins()
    assert plugin.card is None
    assert [card.name for card in MODELS.everything()] == list(MODELS)
    if name == "wu2017":
        assert MODELS.find(name) is CARD
        assert plugin.reason == reason
    else:
        with pytest.raises(UsageError, match=f"^the model {name} of broken 2.0 cannot be used: {reason}$"):
            MODELS.find(name)


def test_two_packages_with_one_name(install: Install) -> None:
    install("later", {"mine": "cards_of_others:CARD"})
    install("earlier", {"mine": "cards_of_others:CARD"})
    first, second = MODELS.plugins()
    assert (first.package, first.reason) == ("earlier", "")
    assert (second.package, second.reason) == ("later", "the name is taken by earlier")
    assert MODELS.find("mine") is first.card


def test_a_table_may_name_a_function_that_makes_cards() -> None:
    where = OBSERVERS.table["wu2017"]
    assert where == OBSERVERS.table["yang2005"]
    assert [OBSERVERS[name].name for name in ("wu2017", "yang2005")] == ["wu2017", "yang2005"]


def test_cards_that_cannot_be() -> None:
    with pytest.raises(ValueError, match='the variant "code"'):
        ModelCard(name="x", summary="x", compute=wu2017, variants=("paper",))
    jpeg = CODECS["jpeg"]
    with pytest.raises(ValueError, match=r"'\.JPX' is not a suffix"):
        CodecCard(name="x", summary="x", codec=jpeg.codec, suffix=".JPX")


def test_what_a_card_says_is_json() -> None:
    about = CODECS["vvc"].about()
    assert about["sweep"] == (37, 32, 27, 22)
    assert not set(about) & {"codec", "magic", "read", "seal", "present", "versions"}
    assert Card(name="a", summary="b").about() == {
        "name": "a",
        "summary": "b",
        "paper": "",
        "year": 0,
        "licence": "Apache-2.0",
    }
