"""What codecs are put through."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from jndkit.codecs import available, codec as named_codec, versions
from jndkit.errors import UsageError
from jndkit.evaluation.codecs.rows import CodecRow, order, place
from jndkit.evaluation.search import OBSERVER, search_source
from jndkit.evaluation.settings import EvaluationSettings
from jndkit.observers import observer as named_observer
from jndkit.observers.contract import check_viewing
from jndkit.picture import MAX_PIXELS
from jndkit.protocols import Protocol, protocol as named_protocol
from jndkit.version import VERSION
from jndkit.viewing import Viewing
from jndkit.visibility import jnd_for

VIEWERS = (75.0, 50.0)
PROTOCOL = "aic"


def present() -> tuple[str, ...]:
    """Those of the codecs that are installed."""
    missing = available()
    return tuple(name for name in order() if not missing[name])


@dataclass(frozen=True)
class Settings(EvaluationSettings[CodecRow, str]):
    """What the codecs are put through.

    codecs: specs, as `jnd encode --codec` takes them.  processes: pictures at work at once, which rows tell.
    observer: who reads every setting and decides every search.
    """

    codecs: tuple[str, ...] = field(default_factory=present)
    viewing: str = "desktop"
    max_pixels: int = MAX_PIXELS
    processes: int = 1
    observer: str = OBSERVER

    def __post_init__(self) -> None:
        for spec in self.codecs:
            if len(named_codec(spec).knob.grid) == 1:
                raise UsageError(f"{spec} has one setting only: there is no knob to turn")
        check_viewing(named_observer(self.observer), self.fit()[1])

    def fit(self) -> tuple[Protocol, Viewing]:
        """The protocol at the display, and the display."""
        return named_protocol(PROTOCOL, self.viewing)

    @property
    def parts(self) -> tuple[str, ...]:
        return self.codecs

    def row(self, name: str, part: str) -> CodecRow:
        """The row of a picture and a codec before anything is known of it."""
        protocol, display = self.fit()
        targets = {f"{share:g}": round(jnd_for(share, protocol), 6) for share in VIEWERS}
        row = CodecRow(name, part, named_codec(part).spec, display.name, round(display.ppd, 6), protocol.name, targets)
        row.source = search_source(self.observer)
        row.processes = self.processes
        row.versions = {"jndkit": VERSION, **versions(part)}
        return row

    def order(self, row: CodecRow) -> tuple[Any, ...]:
        return row.input, place(row.codec)
