"""A study as it was decided before the first answer: `plan.toml`, the pictures beside it, and the hash of each.

    DIR/plan.toml   DIR/pictures/NAME/original.png   DIR/pictures/NAME/CODEC/03.png, 03.jpg, 03-boosted.png

Nothing in it changes once people have answered: what is shown is what the plan names, to the bit.
"""

from __future__ import annotations

import dataclasses
import hashlib
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Literal, get_args

from jndkit.errors import InputError
from jndkit.picture import write_atomic
from jndkit.study import tables

FILE = "plan.toml"
Method = Literal["2afc", "flicker", "triplet"]
METHODS: tuple[Method, ...] = get_args(Method)
Arrangement = Literal["single", "pair", "row", "above"]
"""One place, where pictures are seen in turn; two beside each other; three, the original between the others; the
original above the two others."""
ARRANGEMENTS: dict[Method, tuple[Arrangement, ...]] = {
    "2afc": ("above", "row", "single"),
    "flicker": ("single",),
    "triplet": ("pair",),
}
FORMAT = 1
"""Of plan.toml; a file of another format is refused."""
_APART = frozenset({"folder", "digest"})  # of a plan, what is not in its file

ZOOM = 2
"""How many times larger boosted versions are shown. Source: JPEG AIC-3, Testolina et al. 2025."""
ORIGINAL = 0
"""The level of the picture itself; coded versions count from 1, the least visible, upwards."""


@dataclass(frozen=True)
class Shown:
    """A picture that the browser shows. file: PNG, relative to the study's folder, with forward slashes."""

    file: str
    sha256: str


@dataclass(frozen=True)
class Level:
    """One coded version. index: from 1, the least visible.  knob: the codec's setting.

    coded, sha256, bytes: the file as coded.  shown: its pixels.  boosted: for boosted triplets, or None.
    jnd: what our observer reads of it, JND.
    """

    index: int
    knob: float
    coded: str
    sha256: str
    bytes: int
    jnd: float
    shown: Shown
    boosted: Shown | None = None


@dataclass(frozen=True)
class Stimulus:
    """A picture as one codec codes it. name: unique in the plan, of letters, digits, `-`, `_` and `.`.

    picture: the file's name in the folder the study was made of.  codec: spec.  knob: what its setting is called.
    width, height: pixels.  domain: of the picture, "photograph" where the observer's scale holds.
    levels: least visible first; readings rise strictly.
    """

    name: str
    picture: str
    codec: str
    knob: str
    width: int
    height: int
    original: Shown
    levels: tuple[Level, ...]
    boosted: Shown | None = None

    def level(self, index: int) -> Level:
        """A coded version by its index, from 1."""
        return self.levels[index - 1]

    def size(self, *, boosted: bool = False) -> tuple[int, int]:
        """Width and height of what the browser shows, pixels."""
        zoom = ZOOM if boosted else 1
        return zoom * self.width, zoom * self.height

    def shown(self, index: int, *, boosted: bool = False) -> Shown:
        """What the browser shows of a level; `ORIGINAL` is the picture itself."""
        place = self if index == ORIGINAL else self.level(index)
        shown = place.boosted if boosted else (self.original if index == ORIGINAL else self.level(index).shown)
        if shown is None:
            raise InputError(self.name, f"level {index} has no boosted version")
        return shown


@dataclass(frozen=True)
class Texts:
    """What viewers read before they begin. contact: whom to ask; empty where nobody is named."""

    information: str
    consent: str
    contact: str = ""


@dataclass(frozen=True)
class Display:
    """What a viewer's display and place must offer.

    viewing: name of the display, or pixels per degree, at which the levels were read.  ppd: the same as a number.
    tolerance: factor by which a viewer's own pixels per degree may differ, after calibration, either way.
    width, height: least size of the window, device pixels; where a CSS pixel is more of them, the page asks for more.
    refresh: least rate of the display, Hz.
    flicker: pictures shown in a second, original and version by turns; 0 where nothing flickers.
    seconds: for how long boosted pictures are shown before the screen turns grey, answered or not.
    arrangement: how the pictures of a trial stand, one of those the method knows; None: the first of them.
    """

    viewing: str
    ppd: float
    tolerance: float
    width: int
    height: int
    refresh: float = 0.0
    flicker: float = 0.0
    seconds: float = 8.0
    arrangement: Arrangement | None = None


@dataclass(frozen=True)
class Screening:
    """Rules by which a viewer's answers are left out of the fit, stated before the first of them.

    attention: least share of attention trials answered right.
    fastest: seconds under which an answer is no look at the pictures.  hasty: largest share of such answers.
    agreement: least mean, per answer, of the logarithm of how much likelier the answers are by the fit of all than by
    clicks at random.  copies: largest share of answers that may name one place, or change place by turns.
    completed: least share of a sitting that must be answered.
    """

    attention: float = 0.7
    fastest: float = 0.35
    hasty: float = 0.25
    agreement: float = 0.0
    copies: float = 0.9
    completed: float = 0.5


@dataclass(frozen=True)
class Schedule:
    """How a sitting runs. All counts are of one viewer.

    minutes: meant to be taken.  stimuli: how many of the plan's are seen.  trials: real ones of each stimulus.
    training: trials with feedback before.  attention: one trial in so many asks for what is plain.
    rest: trials between breaks.
    """

    minutes: float
    stimuli: int
    trials: int
    training: int = 6
    attention: int = 12
    rest: int = 60


@dataclass(frozen=True)
class Plan:
    """A study. created: ISO 8601, UTC.  versions: library -> version of all that made the pictures.

    observer: who read the levels.
    folder: where it was read from.  digest: sha256 of the file, which answers are tied to. Neither is written.
    """

    name: str
    method: Method
    created: str
    seed: int
    observer: str
    schedule: Schedule
    display: Display
    screening: Screening
    texts: Texts
    versions: Mapping[str, str]
    stimuli: tuple[Stimulus, ...]
    format: int = FORMAT
    folder: Path = field(default=Path(), compare=False)
    digest: str = field(default="", compare=False)

    @property
    def arrangement(self) -> Arrangement:
        """How the pictures of a trial stand."""
        return self.display.arrangement or ARRANGEMENTS[self.method][0]

    def stimulus(self, name: str) -> Stimulus:
        """By its name. Raises InputError for one that the plan does not have."""
        for stimulus in self.stimuli:
            if stimulus.name == name:
                return stimulus
        raise InputError(self.folder / FILE, f"it has no stimulus {name!r}")

    def files(self) -> Iterator[tuple[str, str]]:
        """(file, sha256) of everything the plan names, each once."""
        named: dict[str, str] = {}
        for stimulus in self.stimuli:
            for shown in (stimulus.original, stimulus.boosted):
                if shown is not None:
                    named[shown.file] = shown.sha256
            for level in stimulus.levels:
                named[level.coded] = level.sha256
                for shown in (level.shown, level.boosted):
                    if shown is not None:
                        named[shown.file] = shown.sha256
        yield from named.items()


def write_plan(plan: Plan, folder: str | Path) -> None:
    """Write `plan.toml` into a folder that has no plan yet. Raises OutputError."""
    write_atomic(Path(folder) / FILE, text(plan).encode())


def text(plan: Plan) -> str:
    """The plan as TOML; `read_plan` gives it back."""
    return tables.text(plan, _APART)


def read_plan(folder: str | Path, *, verify: bool = True) -> Plan:
    """The plan of a study's folder.

    verify: hash every file that it names.
    Raises InputError where there is none, where it is damaged or of another format, and where a file is missing or is
    not the one the study was made with.
    """
    path = Path(folder) / FILE
    try:
        data = path.read_bytes()
        values = tomllib.loads(data.decode("utf-8"))
    except FileNotFoundError:
        raise InputError(path, "there is no such file; `jnd study make` makes a study") from None
    except (OSError, ValueError) as error:
        raise InputError(path, f"it cannot be read: {getattr(error, 'strerror', None) or error}") from None
    if values.get("format") != FORMAT:
        raise InputError(path, f"it is of format {values.get('format')!r}, and this jndkit reads {FORMAT}")
    built = tables.built(Plan, values, path, _APART)
    plan = dataclasses.replace(built, folder=Path(folder), digest=hashlib.sha256(data).hexdigest())
    _check(plan, path)
    if verify:
        _verify(plan)
    return plan


def _check(plan: Plan, path: Path) -> None:
    if plan.method not in METHODS:
        raise InputError(path, f"method {plan.method!r} is none of {', '.join(METHODS)}")
    if plan.arrangement not in ARRANGEMENTS[plan.method]:
        raise InputError(path, f"display.arrangement {plan.arrangement!r} is none of the method {plan.method}")
    names = [stimulus.name for stimulus in plan.stimuli]
    if not names or len(set(names)) < len(names):
        raise InputError(path, "stimuli are missing, or two have one name")
    for stimulus in plan.stimuli:
        if [level.index for level in stimulus.levels] != list(range(1, len(stimulus.levels) + 1)):
            raise InputError(path, f"the levels of {stimulus.name} are not numbered from 1")
        readings = [level.jnd for level in stimulus.levels]
        if not readings or min(readings) <= 0 or any(b <= a for a, b in pairwise(readings)):
            raise InputError(path, f"the readings of {stimulus.name} do not rise from level to level")
    for file, _ in plan.files():
        if not _inside(file):
            raise InputError(path, f"{file!r} is no file inside of the study's folder")


def _inside(file: str) -> bool:
    parts = file.split("/")
    return "\\" not in file and ":" not in file and all(part not in ("", ".", "..") for part in parts)


def _verify(plan: Plan) -> None:
    for file, wanted in plan.files():
        path = plan.folder / file
        try:
            found = hashlib.sha256(path.read_bytes()).hexdigest()
        except OSError as error:
            raise InputError(path, f"the plan names it, and it cannot be read: {error.strerror}") from None
        if found != wanted:
            raise InputError(path, "it is not the file that the study was made with: its hash is another")
