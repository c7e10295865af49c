"""What the methods that find a picture's knob are put through."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from jndkit.codecs import codec as named_codec, versions
from jndkit.errors import UsageError, check_choice
from jndkit.evaluation.picturewise.rows import METHODS, KnobRow
from jndkit.evaluation.search import observer_source, prediction_source, search_source
from jndkit.evaluation.settings import EvaluationSettings
from jndkit.observers import OBSERVERS
from jndkit.picture import MAX_PIXELS
from jndkit.protocols import Protocol, protocol as named_protocol
from jndkit.version import VERSION
from jndkit.viewing import Viewing
from jndkit.visibility import jnd_for

CODECS = ("jpeg", "webp", "avif", "heic")
VIEWERS = (75.0, 50.0, 90.0)

Part = tuple[str, str | None, str]
"""Full spec of a codec, display (None for the protocol's own) and method."""


@dataclass(frozen=True)
class Settings(EvaluationSettings[KnobRow, Part]):
    """What the methods are put through.

    codecs: specs.  viewings: displays; None stands for the protocol's own.
    """

    codecs: tuple[str, ...] = CODECS
    viewings: tuple[str | None, ...] = ("desktop",)
    methods: tuple[str, ...] = tuple(name for name in METHODS if name != "vpjnd" or name in OBSERVERS)
    protocol: str = "aic"
    max_pixels: int = MAX_PIXELS

    def __post_init__(self) -> None:
        for name in self.methods:
            check_choice("method", name, METHODS)
            if name == "vpjnd" and name not in OBSERVERS:
                raise UsageError("the observer vpjnd is not there: this jndkit has no weights of it")
        for spec in self.codecs:
            if len(named_codec(spec).knob.grid) == 1:
                raise UsageError(f"{spec} has one setting only: there is no knob to predict")
        for viewing in self.viewings:
            self.fit(viewing)

    def fit(self, viewing: str | None) -> tuple[Protocol, Viewing]:
        """The protocol at one of the viewings, and that viewing."""
        return named_protocol(self.protocol, viewing)

    @property
    def parts(self) -> list[Part]:
        specs = dict.fromkeys(named_codec(name).spec for name in self.codecs)
        return [(spec, viewing, method) for spec in specs for viewing in self.viewings for method in self.methods]

    def row(self, name: str, part: Part) -> KnobRow:
        """The row of a picture and a method before anything is known of it."""
        spec, viewing, method = part
        protocol, display = self.fit(viewing)
        # Where no spread over viewers is fitted, the median is all that is known of them.
        viewers = VIEWERS if protocol.shares else (50.0,)
        targets = {f"{share:g}": round(jnd_for(share, protocol), 6) for share in viewers}
        row = KnobRow(name, spec, display.name, round(display.ppd, 6), method, protocol.name, targets)
        row.source = source(method)
        row.versions = {"jndkit": VERSION, **versions(spec)}
        return row

    def order(self, row: KnobRow) -> tuple[Any, ...]:
        method = METHODS.index(row.method) if row.method in METHODS else len(METHODS)
        return row.input, row.codec, row.ppd, method


def source(method: str) -> str:
    """Who answers as a method, here and now."""
    if method == "knob":
        return prediction_source()
    return search_source() if method == "search" else observer_source(method)
