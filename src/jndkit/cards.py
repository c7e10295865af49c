"""Cards say what a model, a codec or an observer is; a registry finds the card of a name.

What comes along is named in one table a room, each name beside the place of its card. Another package names its own in
entry points, which are looked at only where a name is none of ours, or where everything is listed:

    [project.entry-points."jndkit.models"]
    mymodel = "my_package.mymodel:CARD"
"""

from __future__ import annotations

import importlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from functools import cache
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from jndkit.errors import UsageError, unknown_choice

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint


@dataclass(frozen=True, kw_only=True)
class Card:
    """What every card says.

    name: as the command line takes it.  summary: one line.  paper: who published it where, or "".  year: of the paper,
    or 0.  licence: of the code that does the work.
    """

    name: str
    summary: str
    paper: str = ""
    year: int = 0
    licence: str = "Apache-2.0"

    def about(self) -> dict[str, Any]:
        """What the card says in words and numbers, for JSON; functions and bytes are left out."""
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        return {name: value for name, value in values.items() if isinstance(value, str | int | float | tuple)}


AnyCard = TypeVar("AnyCard", bound=Card)


@dataclass(frozen=True)
class Plugin(Generic[AnyCard]):
    """What another package offers under a name.

    what: "model", "codec" or "observer".  package, version: of the distribution that offers it.
    card: None where it cannot be used.  reason: why it cannot, one sentence without its stop; else "".
    """

    what: str
    name: str
    package: str
    version: str
    card: AnyCard | None
    reason: str = ""


class Registry(Mapping[str, AnyCard]):
    """The cards of one kind.

    As a mapping it holds what comes along, in the order of its table: `registry["wu2017"]` imports one module.
    `find` and `everything` know what other packages offer, too; a name of ours is never theirs.
    """

    def __init__(
        self, kind: type[AnyCard], what: str, group: str, table: Mapping[str, str], reserved: tuple[str, ...] = ()
    ) -> None:
        """
        kind: the class of the cards.  what: what they are cards of, such as "model".  group: of the entry points.
        table: name -> "module:CARD", or "module:function" of a function that makes the card of a name.
        reserved: words that mean something else where a name could stand.
        """
        self.what, self.group, self.table = what, group, dict(table)
        self._kind, self._reserved = kind, reserved

    def __getitem__(self, name: str) -> AnyCard:
        module, _, attribute = self.table[name].partition(":")
        card = getattr(importlib.import_module(module), attribute)
        return card if isinstance(card, self._kind) else card(name)

    def __contains__(self, name: object) -> bool:
        return name in self.table  # the mapping's own way would import the module

    def __iter__(self) -> Iterator[str]:
        return iter(self.table)

    def __len__(self) -> int:
        return len(self.table)

    def names(self) -> tuple[str, ...]:
        """Every name there is, those of other packages last. Nothing is imported, so some of those may be broken."""
        offered = (point.name for point in _entry_points(self.group) if self._may_be_called(point.name))
        return tuple(dict.fromkeys([*self.table, *offered]))

    def find(self, name: str) -> AnyCard:
        """The card of a name, ours or another package's.

        Raises UsageError for a name that nobody has, and for one whose package cannot be used.
        """
        if name in self.table:
            return self[name]
        for point in _entry_points(self.group):
            if point.name == name:
                plugin = self._loaded(point)
                if plugin.card is None:
                    offered = f"{plugin.package} {plugin.version}"
                    raise UsageError(f"the {self.what} {name} of {offered} cannot be used: {plugin.reason}")
                return plugin.card
        raise unknown_choice(self.what, name, self.names())

    def package(self, name: str) -> dict[str, str]:
        """The distribution -> its version, of a name that is another package's; nothing for ours."""
        if name in self.table:
            return {}
        points = (point for point in _entry_points(self.group) if point.name == name)
        return {point.dist.name: point.dist.version for point in points if point.dist}

    def everything(self) -> Iterator[AnyCard]:
        """The cards of what comes along, then of what other packages offer and can be used; each is loaded in turn."""
        yield from self.values()
        yield from (plugin.card for plugin in self.plugins() if plugin.card is not None)

    def plugins(self) -> Iterator[Plugin[AnyCard]]:
        """What other packages offer, whether it can be used or not."""
        taken: dict[str, str] = {}
        for point in _entry_points(self.group):
            if point.name in taken:
                yield self._broken(point, f"the name is taken by {taken[point.name]}")
            else:
                taken[point.name] = point.dist.name if point.dist else "another package"
                yield self._loaded(point)

    def _loaded(self, point: EntryPoint) -> Plugin[AnyCard]:
        if point.name in self.table:
            return self._broken(point, f"jndkit has a {self.what} of this name")
        if not self._may_be_called(point.name):
            return self._broken(point, f"{point.name!r} is no name for a {self.what}")
        try:
            card = point.load()
        # Whatever another package does while it is imported must end here: it breaks nothing but itself.
        except (Exception, SystemExit) as error:
            return self._broken(point, f"{type(error).__name__}: {error}")
        if not isinstance(card, self._kind):
            expected = f"{self._kind.__module__}.{self._kind.__qualname__}"
            return self._broken(point, f"{point.value} is a {type(card).__name__}, not a {expected}")
        if card.name != point.name:
            return self._broken(point, f"its card calls itself {card.name!r}")
        return self._plugin(point, card)

    def _may_be_called(self, name: str) -> bool:
        """Whether the command line could tell the name from everything else that may stand in its place."""
        return name not in self._reserved and re.fullmatch(r"[a-z0-9][a-z0-9._-]*", name) is not None

    def _broken(self, point: EntryPoint, reason: str) -> Plugin[AnyCard]:
        return self._plugin(point, None, " ".join(reason.split()))

    def _plugin(self, point: EntryPoint, card: AnyCard | None, reason: str = "") -> Plugin[AnyCard]:
        package, version = (point.dist.name, point.dist.version) if point.dist else ("an unnamed package", "")
        return Plugin(self.what, point.name, package, version, card, reason)


@cache
def _entry_points(group: str) -> tuple[EntryPoint, ...]:
    """Of every installed distribution, in an order that does not hang on the file system's."""
    from importlib import metadata  # only those who ask for plug-ins pay for loading it

    points = metadata.entry_points(group=group)
    return tuple(sorted(points, key=lambda point: (point.dist.name if point.dist else "", point.name)))
