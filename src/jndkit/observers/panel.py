"""Two judges: the psychophysical observer decides, and SSIMULACRA 2.1, which shares nothing with it, may object.

A panel reads what its first member reads, or what its second insists on, whichever is more. So a version passes at any
target where the first lets it pass and the second does not object, and a panel can be searched as any observer can.
It is for whatever was made by looking at one of the two: what guides must not be the only judge.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np

from jndkit.observers.card import Card
from jndkit.observers.contract import Map, Observer, Reading, Watched, check_viewing, holds_at
from jndkit.observers.cvvdp import Cvvdp
from jndkit.observers.objection import version as objection_version, witness
from jndkit.observers.ssimulacra2 import Ssimulacra2
from jndkit.picture import Picture
from jndkit.protocols import AIC, Protocol
from jndkit.viewing import Viewing


@dataclass(frozen=True)
class Panel:
    """An observer that decides, and one that may object."""

    name: str = "panel"
    first: Observer = field(default_factory=Cvvdp)
    second: Observer = field(default_factory=Ssimulacra2)

    @property
    def version(self) -> str:
        members = " + ".join(f"{member.name} {member.version}" for member in (self.first, self.second))
        return f"{objection_version()}: {members}"

    def holds_at(self, viewing: Viewing) -> bool:
        """Whether the scales of both do."""
        return holds_at(self.first, viewing) and holds_at(self.second, viewing)

    def watch(self, reference: Picture, viewing: Viewing, protocol: Protocol = AIC) -> WatchedPanel:
        """Do the per-picture work of both once.

        Raises UsageError for a display at which the scale of either does not hold.
        """
        check_viewing(self, viewing)
        first, second = (member.watch(reference, viewing, protocol) for member in (self.first, self.second))
        return WatchedPanel(self, first, second)


class WatchedPanel:
    """A reference being watched by both."""

    def __init__(self, panel: Panel, first: Watched, second: Watched) -> None:
        self._panel, self._first, self._second = panel, first, second

    def __call__(self, decoded: Picture) -> Reading:
        """Read a decoded version; its `witnesses` are the two members. Errors as theirs.

        Where the second one's word counts, the place is its own, and the interval holds those of both.
        """
        first, second = self._first(decoded), self._second(decoded)
        decides, objects = witness(self._panel.first, first), witness(self._panel.second, second)
        witnesses = decides._replace(least=first.jnd), objects
        if objects.least <= first.jnd:
            return replace(first, witnesses=witnesses)
        part = objects.least / second.jnd
        return Reading(
            objects.least,
            part * second.jnd_local,
            second.where,
            (min(first.interval[0], objects.least), max(first.interval[1], second.interval[1])),
            None if second.unmasked is None else part * second.unmasked,
            witnesses,
        )

    def map(self, decoded: Picture) -> Map:
        """float32 (H, W): local visible difference in JND, the more of what either says; of the second what it insists
        on of the whole, pixel by pixel."""
        second = self._second(decoded)
        least = witness(self._panel.second, second).least
        part = np.float32(least / second.jnd if second.jnd > 0.0 else 0.0)
        more: Map = np.maximum(self._first.map(decoded), part * self._second.map(decoded))
        return more


CARD = Card(
    name="panel",
    make=Panel,
    summary="cvvdp decides, and ssimulacra2 may object; at the desktop display alone",
    paper="Mantiuk et al. 2024; Sneyers 2023",
    year=2024,
    licence="Apache-2.0, constants MIT and BSD-3-Clause",
    second="",
)
