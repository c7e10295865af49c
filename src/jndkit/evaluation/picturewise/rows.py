"""What is asked of every picture, and the row of one picture x codec x display x method."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from typing import Any

from jndkit.batch import explained
from jndkit.codecs import codec as named_codec, versions
from jndkit.errors import MissingError, UsageError, check_choice
from jndkit.observers import OBSERVERS, observer as named_observer
from jndkit.picture import MAX_PIXELS
from jndkit.picturewise.prediction import NETWORK, TYPICAL
from jndkit.protocols import Protocol, protocol as named_protocol
from jndkit.version import VERSION
from jndkit.viewing import Viewing
from jndkit.visibility import jnd_for
from jndkit.weights import find

TRUTH = "cvvdp"
"""The observer whose readings the others are held against."""
METHODS = (TRUTH, "vpjnd", "knob", "search")
"""What looks at a picture. The other methods, such as a constant guess, follow from the rows of these."""
CODECS = ("jpeg", "webp", "avif", "heic")
VIEWERS = (75.0, 50.0, 90.0)

Answer = dict[str, float | int | str | None]


@dataclass(frozen=True)
class Settings:
    """What the methods are put through. Picklable.

    codecs: specs.  viewings: displays; None stands for the protocol's own.
    Raises UsageError for what does not exist, MissingError for a codec that is not installed.
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
    def parts(self) -> list[tuple[str, str | None, str]]:
        """(full spec, viewing, method) of every row of a picture, in their order."""
        specs = dict.fromkeys(named_codec(name).spec for name in self.codecs)
        return [(spec, viewing, method) for spec in specs for viewing in self.viewings for method in self.methods]

    def row(self, name: str, spec: str, viewing: str | None, method: str) -> KnobRow:
        """The row of a picture and a method before anything is known of it."""
        fit, seen_at = self.fit(viewing)
        wanted = VIEWERS if fit.shares else (50.0,)
        targets = {f"{share:g}": round(jnd_for(share, fit), 6) for share in wanted}
        row = KnobRow(name, spec, seen_at.name, round(seen_at.ppd, 6), method, fit.name, targets)
        row.source = source(method)
        row.versions = {"jndkit": VERSION, **versions(spec.partition(":")[0])}
        return row


def source(method: str) -> str:
    """Who answers as a method, here and now."""
    try:
        prediction = find(NETWORK).card.name
    except MissingError:
        prediction = TYPICAL
    if method == "knob":
        return prediction
    seen_by = named_observer(TRUTH if method == "search" else method)
    told = f"{seen_by.name} {seen_by.version}"
    return f"{told} from {prediction}" if method == "search" else told


@dataclass
class KnobRow:
    """One picture x codec x display x method.

    targets: share of viewers, per cent -> JND at which so many see no difference.
    levels: what was read or predicted along the knob, worst fidelity first: lists of `value`, the knob, and `jnd`; of a
        coded picture `bytes`, `psnr` (dB) and `ssim` too; of a prediction `sigma`, its standard deviation in ln(JND).
    answers: share of viewers -> value, the knob from which on the method expects nothing to be seen, None where that
        lies past the best; low, high, the ends of its 90 % interval; encodes.  Of `search`: of the file it returned
        codec, value, bytes and jnd, or error.
    source: the observer with its version, or the weights that answer, or both; rows of another source are stale.
    """

    input: str
    codec: str
    viewing: str
    ppd: float
    method: str
    protocol: str
    targets: dict[str, float]
    width: int | None = None
    height: int | None = None
    input_sha256: str | None = None
    levels: dict[str, list[float]] = field(default_factory=dict)
    answers: dict[str, Answer] = field(default_factory=dict)
    source: str = ""
    seconds: float | None = None
    versions: dict[str, str] = field(default_factory=dict)
    error: dict[str, str] | None = None

    @property
    def part(self) -> str:
        """Which of a picture's rows it is."""
        return f"{self.codec} {self.viewing} {self.method}"

    def to_json(self) -> str:
        """One line of JSON."""
        return json.dumps(asdict(self), ensure_ascii=False)

    @classmethod
    def from_json(cls, found: dict[str, Any]) -> KnobRow:
        """The row of a line of JSON. Raises UsageError where it is no such row."""
        try:
            return cls(**found)
        except TypeError:
            raise UsageError("a row of another kind than jnd evaluate picturewise writes") from None

    def fail(self, error: Exception, name: str) -> KnobRow:
        """This row, failed."""
        self.error = explained(error, name)
        return self
