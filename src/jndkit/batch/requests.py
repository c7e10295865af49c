"""What a run asks for, under one name: rows of the same request may stand in one ledger."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from jndkit.batch.places import LEDGER, Place
from jndkit.batch.shards import Shards
from jndkit.errors import InputError

ROWS = f"{LEDGER}/rows"
_TOLD = "request.json"


@dataclass(frozen=True)
class Request:
    """told: a JSON object: `settings`, `versions` of everything that takes part, and the `suffixes` of the outputs.

    More in it tells requests apart as well.
    """

    told: dict[str, Any]

    @cached_property
    def name(self) -> str:
        """A hash of it."""
        return hashlib.sha256(json.dumps(self.told, sort_keys=True).encode()).hexdigest()[:16]

    @property
    def folder(self) -> str:
        """Of its rows, below the destination."""
        return f"{ROWS}/{self.name}"

    def write(self, place: Place) -> None:
        """Say in the folder of its rows what they are of."""
        place.write(f"{self.folder}/{_TOLD}", json.dumps(self.told, indent=1).encode() + b"\n")

    def others(self, place: Place) -> Iterator[Other]:
        """What else was asked for at a destination."""
        for name in list(place.names(ROWS)):
            folder, _, last = name.rpartition("/")
            if last == _TOLD and folder != self.folder:
                try:
                    yield Other(place, folder, json.loads(place.read(name)), self.told)
                except ValueError as error:
                    raise InputError(place.address(name), f"it is no request of a run: {error}") from None


@dataclass(frozen=True)
class Other:
    """Another request at the same destination. folder: of its rows.  told: what it asked.  now: what this one asks."""

    place: Place
    folder: str
    told: dict[str, Any]
    now: dict[str, Any]

    @property
    def replaced(self) -> bool:
        """Whether its files have the names of this one's."""
        return bool(set(self.told["suffixes"]) & set(self.now["suffixes"]))

    @property
    def changes(self) -> list[str]:
        """What is asked otherwise now: "viewers 90 before, 75 now"."""
        said = []
        for part in ("settings", "versions"):
            before, now = self.told[part], self.now[part]
            for name in sorted(before.keys() | now.keys()):
                if before.get(name) != now.get(name):
                    said.append(f"{name} {before.get(name)} before, {now.get(name)} now")
        return said

    def rows(self) -> int:
        """How many rows it has."""
        return sum(1 for _ in Shards(self.place, self.folder).each())

    def remove(self) -> None:
        """Take its rows away: their files are about to be replaced."""
        for name in list(self.place.names(self.folder)):
            self.place.remove(name)
