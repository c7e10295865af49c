"""Trained networks: one ONNX file and one card, a TOML file, each. Files and cards are found here and nowhere else.

Those that come with the package lie beside this module; imported and newly trained ones in the user's data folder.
A file's name is `architecture.data.vN`; it is never overwritten by other weights.
"""

from __future__ import annotations

import hashlib
import os
import re
import sys
import tomllib
from collections.abc import Mapping
from dataclasses import MISSING, asdict, dataclass, field, fields
from functools import lru_cache
from pathlib import Path
from typing import Any

from jndkit.cards import Card as ListedCard
from jndkit.errors import DamagedError, MissingError, UsageError

PACKAGED = Path(__file__).parent
_NAME = r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}"  # no separator: a name leads to no other folder

_VERSIONED = re.compile(r"(?P<network>(?P<architecture>[^.]+)\.[^.]+\.v(?P<version>\d+))(-(?P<graph>[^.]+))?")


def _newest() -> dict[str, str]:
    """Architecture -> the name of its weights with the highest version, of those that come along."""
    versions: dict[str, tuple[int, str]] = {}
    for path in PACKAGED.glob("*.toml"):
        if named := _VERSIONED.fullmatch(path.stem):
            held = versions.get(named["architecture"], (0, ""))
            # By the number, since v10 comes after v9.
            versions[named["architecture"]] = max(held, (int(named["version"]), named["network"]))
    return {architecture: name for architecture, (_, name) in sorted(versions.items())}


CURRENT = _newest()
"""Which weights a network's own name stands for."""


@dataclass(frozen=True)
class Card:
    """What is known of one network's weights.

    name: `architecture.data.vN`, or what the user called an imported one.  architecture: the network it is.
    sha256, bytes: of the ONNX file.  licence: of the weights.  summary: one line.
    multiple: sides must be multiples of it.  context: pixels around a place that decide its output.
    macs_per_pixel: multiply-adds.  parameters: numbers learned.
    input, output: the tensors' contract, in words.  needs: name of the weights whose output it takes, if any.
    trained: recipe, steps, hours, hardware.
    data: pictures learned from, each with its licence.  scores: figures beside their baselines, with the command.
    parity: runtime -> largest difference to the trained network when it was exported.
    remaining_gain: what more training promises.
    """

    name: str
    architecture: str
    sha256: str
    bytes: int
    licence: str
    summary: str
    input: str
    output: str
    multiple: int = 1
    context: int = 0
    macs_per_pixel: int = 0
    parameters: int = 0
    trained: Mapping[str, Any] = field(default_factory=dict)
    data: tuple[Mapping[str, Any], ...] = ()
    scores: Mapping[str, Any] = field(default_factory=dict)
    parity: Mapping[str, float] = field(default_factory=dict)
    remaining_gain: str = ""
    needs: str = ""


# What TOML gives for each key of a card, and the least of the numbers that are used.
_KINDS: dict[str, type] = {
    **dict.fromkeys(
        ("name", "architecture", "sha256", "licence", "summary", "input", "output", "needs", "remaining_gain"), str
    ),
    **dict.fromkeys(("bytes", "multiple", "context", "macs_per_pixel", "parameters"), int),
    **dict.fromkeys(("trained", "scores", "parity"), dict),
    "data": list,
}
_LEAST = {"multiple": 1, "context": 0}


@dataclass(frozen=True, kw_only=True)
class Network(ListedCard):
    """A network as it is listed: one graph, or several that are used together, such as a codec's.

    name: `architecture.data.vN`, or what the user called it.  bytes: of all files.  files: how many graphs.
    parameters, macs_per_pixel: of all graphs.  shared: what else the cards of all its graphs say alike.
    """

    architecture: str
    bytes: int
    files: int
    parameters: int
    macs_per_pixel: int
    shared: Mapping[str, Any]

    def about(self) -> dict[str, Any]:
        """What the cards say, for JSON."""
        return {**self.shared, **super().about()}


@dataclass(frozen=True)
class Weights:
    """A card and the verified file it speaks of."""

    card: Card
    path: Path


def home() -> Path:
    """The user's data folder: JNDKIT_HOME, else where the platform keeps such data. It need not exist."""
    named = os.environ.get("JNDKIT_HOME")
    if named:
        return Path(named).expanduser()
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA", str(Path.home() / "AppData/Local"))) / "jndkit"
    if sys.platform == "darwin":
        return Path.home() / "Library/Application Support/jndkit"
    # The XDG standard takes a variable that is set and empty as not set.
    return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local/share") / "jndkit"


def folders() -> tuple[Path, Path]:
    """Where weights may lie, in the order they are looked for."""
    return PACKAGED, home() / "weights"


def cards() -> dict[str, Card]:
    """Every card there is, by name; those of the package win. Raises DamagedError for a card that cannot be read."""
    cards: dict[str, Card] = {}
    for folder in folders():
        if folder.is_dir():
            for path in sorted(folder.glob("*.toml")):
                cards.setdefault(path.stem, read_card(path))
    return cards


def networks() -> dict[str, Network]:
    """Every network there is, by the name of its weights. Raises DamagedError for a card that cannot be read."""
    graphs: dict[str, list[Card]] = {}
    known = cards()
    versioned = {name: named for name in known if (named := _VERSIONED.fullmatch(name))}
    # Another network of an architecture that comes as several graphs has its name before the same endings, or more.
    endings = {(each["architecture"], f"-{each['graph']}") for each in versioned.values() if each["graph"]}
    begins = {
        (of, f"{name.removesuffix(end)}-")
        for name in known.keys() - versioned
        for of, end in endings
        if name.endswith(end)
    }
    for name, card in known.items():
        if name in versioned:
            network = versioned[name]["network"]
        else:
            of_it = [begin for of, begin in begins if of == card.architecture and name.startswith(begin)]
            network = max(of_it, key=len)[:-1] if of_it else name
        graphs.setdefault(network, []).append(card)
    return {name: _listed(name, some) for name, some in graphs.items()}


def _listed(name: str, graphs: list[Card]) -> Network:
    first, *others = (asdict(card) for card in graphs)
    several = f"the graphs of {graphs[0].architecture}, which are used together"
    return Network(
        name=name,
        summary=several if others else graphs[0].summary,
        licence=", ".join(sorted({card.licence for card in graphs})),
        architecture=graphs[0].architecture,
        bytes=sum(card.bytes for card in graphs),
        files=len(graphs),
        parameters=sum(card.parameters for card in graphs),
        macs_per_pixel=sum(card.macs_per_pixel for card in graphs),
        shared={key: value for key, value in first.items() if all(other[key] == value for other in others)},
    )


def stored_card(name: str) -> Card | None:
    """The card of just this name, or None. Raises DamagedError for a card that cannot be read."""
    if not re.fullmatch(_NAME, name):
        return None
    paths = (folder / f"{name}.toml" for folder in folders())
    return next((read_card(path) for path in paths if path.is_file()), None)


def find(name: str) -> Weights:
    """The weights of a name, or those a network's own name stands for, with the file's bytes verified.

    Raises MissingError where there are none, DamagedError for a card or file that is not what it was.
    """
    wanted = CURRENT.get(name, name)
    check_name(wanted)
    for folder in folders():
        card = folder / f"{wanted}.toml"
        if card.is_file():
            path = folder / f"{wanted}.onnx"
            return Weights(_verified(card, path, *_stamp(card), *_stamp(path)), path)
    if wanted in CURRENT.values():
        raise MissingError(f"the network {name}", "pip install --force-reinstall jndkit")
    raise MissingError(f"a network called {name}", f"jnd train RECIPE --name {name}")


def is_versioned(name: str) -> bool:
    """Whether it has the form of the names that come along, `architecture.data.vN`."""
    named = _VERSIONED.fullmatch(name)
    return named is not None and not named["graph"]


def check_name(name: str) -> None:
    """Raises UsageError unless weights may have this name."""
    if not re.fullmatch(_NAME, name):
        raise UsageError(f"{name!r} is not a valid name: use letters, digits, and . _ - after the first")


def read_card(path: Path) -> Card:
    """The card in a TOML file. Raises DamagedError where it is none."""
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
        raise DamagedError(path, f"the card cannot be read ({error})") from None
    needed = {key.name for key in fields(Card) if key.default is MISSING and key.default_factory is MISSING}
    wrong = sorted(set(values) - set(_KINDS)) + sorted(needed - set(values))
    if wrong:
        raise DamagedError(path, f"the card's key {wrong[0]!r} is {'unknown' if wrong[0] in values else 'missing'}")
    for key, value in values.items():
        kind: Any = type(value)  # and no subclass: in Python, though not in TOML, true is a whole number
        if kind is not _KINDS[key] or (key in _LEAST and value < _LEAST[key]):
            raise DamagedError(path, f"the card's key {key!r} cannot be {repr(value)[:40]}")
    values["data"] = tuple(values.get("data", ()))
    return Card(**values)


def _stamp(path: Path) -> tuple[int, int]:
    try:
        status = path.stat()
    except OSError:
        raise DamagedError(path, "its card is there, but the file is not") from None
    return status.st_mtime_ns, status.st_size


@lru_cache(maxsize=32)
def _verified(card: Path, path: Path, *stamps: int) -> Card:
    """stamps: times and sizes of both files, so that what was checked is what is used."""
    del stamps  # they are only there to be looked up by
    described = read_card(card)
    try:
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError as error:
        raise DamagedError(path, f"it cannot be read: {error.strerror}") from None
    if digest != described.sha256:
        raise DamagedError(path, f"its sha256 is {digest[:12]}..., its card says {described.sha256[:12]}...")
    return described
