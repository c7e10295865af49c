"""How well a JND map hides noise, as the observer reads it: at equal noise, at equal visibility, and as it is.

The observer is no viewer: what it says ranks maps by a model of vision, and says nothing of people.
"""

from __future__ import annotations

import json
import math
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from jndkit import injection
from jndkit.batch import explained
from jndkit.errors import TargetError, UsageError, check_choice
from jndkit.evaluation.noise.baselines import BASELINES
from jndkit.injection import Noise, Seen, at_jnd, at_psnr, signs
from jndkit.observers import Watched, observer as named_observer
from jndkit.opening import load
from jndkit.picture import MAX_PIXELS, Picture, digest
from jndkit.picturewise.watching import watch_under
from jndkit.pixelwise import MODELS, jnd_map, model_card
from jndkit.protocols import Protocol, protocol as named_protocol
from jndkit.viewing import Viewing

PSNR = 26.65
"""dB. Source: Wu et al. 2017, Sec. IV."""


@dataclass(frozen=True)
class Settings:
    """What the models are put through. Picklable.

    psnr: the equal noise, dB over R, G and B.  jnd: the equal visibility.  seed: of the pattern all models share.
    protocol: how people look.  models: names of models and baselines.
    Raises UsageError for what does not exist or makes no sense.
    """

    psnr: float = PSNR
    jnd: float = 1.0
    seed: int = 0
    border: str = "reflect"
    viewing: str = "desktop"
    observer: str = "cvvdp"
    protocol: str = "aic"
    models: tuple[str, ...] = (*BASELINES, *MODELS)
    max_pixels: int = MAX_PIXELS

    def __post_init__(self) -> None:
        for name in self.models:
            if name not in BASELINES:
                model_card(name)
        for name, value in (("psnr", self.psnr), ("jnd", self.jnd)):
            if not 0.0 < value < math.inf:
                raise UsageError(f"--{name} must be a finite number above 0, not {value:g}")
        check_choice("border", self.border, ("reflect", "zero"))
        signs(1, 1, self.seed)
        self.fit()
        named_observer(self.observer)

    def fit(self) -> tuple[Protocol, Viewing]:
        """The protocol at the viewing, and the viewing."""
        return named_protocol(self.protocol, self.viewing)

    def row(self, name: str, model: str) -> NoiseRow:
        """The row of a picture and a model before anything is known of it."""
        seen_by, (fit, display) = named_observer(self.observer), self.fit()
        variant = "baseline" if model in BASELINES else model_card(model).variants[0]
        row = NoiseRow(name, model, variant, self.border, self.seed, {"psnr": self.psnr, "jnd": self.jnd})
        row.observer, row.viewing, row.ppd = f"{seen_by.name} {seen_by.version}", display.name, round(display.ppd, 6)
        row.versions, row.protocol = injection.libraries(model), fit.name
        return row


@dataclass
class NoiseRow:
    """One picture x model. Each of the three readings has beta (factor on the map), psnr (dB) and jnd.

    target: the PSNR of `equal_noise` and the JND of `equal_visibility`; `unscaled` is the map as it is, beta 1.
    protocol: whose people look.  map_mean: mean of the map, code values.  psnr is None where rounding leaves no noise.
    """

    input: str
    model: str
    variant: str
    border: str
    seed: int
    target: dict[str, float]
    width: int | None = None
    height: int | None = None
    input_sha256: str | None = None
    map_mean: float | None = None
    unscaled: dict[str, float | None] | None = None
    equal_noise: dict[str, float | None] | None = None
    equal_visibility: dict[str, float | None] | None = None
    observer: str = ""
    viewing: str = ""
    ppd: float = 0.0
    seconds: float | None = None
    versions: dict[str, str] = field(default_factory=dict)
    error: dict[str, str] | None = None
    protocol: str = "aic"

    @property
    def part(self) -> str:
        """Which of a picture's rows it is."""
        return self.model

    def to_json(self) -> str:
        """One line of JSON."""
        return json.dumps(asdict(self), ensure_ascii=False)

    @classmethod
    def from_json(cls, found: dict[str, Any]) -> NoiseRow:
        """The row of a line of JSON. Raises UsageError where it is no such row."""
        try:
            return cls(**found)
        except TypeError:
            raise UsageError("a row of another kind than jnd evaluate noise writes") from None

    def fail(self, error: Exception, name: str) -> NoiseRow:
        """This row, failed. An error that is none of ours says so."""
        self.error = explained(error, name)
        return self


@dataclass(frozen=True)
class Job:
    """One picture. path: the file.  name: what its rows call it.  models: those still to be done. Picklable."""

    path: str
    name: str
    models: tuple[str, ...]
    settings: Settings

    def rows(self) -> Iterator[NoiseRow]:
        """The row of each model, as soon as it is known; errors of any kind are failed rows."""
        try:
            picture = load(self.path, max_pixels=self.settings.max_pixels)
            fit, viewing = self.settings.fit()
            watched = watch_under(named_observer(self.settings.observer), picture, viewing, fit)
        except Exception as error:
            yield from self.failed(error)
            return
        for model in self.models:
            row = self.settings.row(self.name, model)
            try:
                _measure(row, picture, watched)
            except Exception as error:
                row.fail(error, f"{self.name}, {model}")
            yield row

    def failed(self, error: Exception, but: Sequence[str] = ()) -> Iterator[NoiseRow]:
        """A failed row for every model without those in `but`."""
        for model in self.models:
            if model not in but:
                yield self.settings.row(self.name, model).fail(error, self.path)


def jobs(pictures: Sequence[tuple[Path, str]], settings: Settings, known: Sequence[NoiseRow]) -> list[Job]:
    """What is left to do. pictures: (file, name in the rows).  known: rows of an earlier run of the same settings."""
    done = {(row.input, row.model, row.input_sha256) for row in known if row.error is None}
    left = []
    for path, name in pictures:
        contents = digest(path)
        models = tuple(model for model in settings.models if (name, model, contents) not in done)
        if models:
            left.append(Job(str(path), name, models, settings))
    return left


def _measure(row: NoiseRow, picture: Picture, watched: Watched) -> None:
    """Fill the row."""
    started = time.perf_counter()
    row.width, row.height = picture.width, picture.height
    row.input_sha256 = picture.source.sha256 if picture.source else None
    if row.model in BASELINES:
        found = BASELINES[row.model](picture.height, picture.width, row.seed)
    else:
        found = jnd_map(picture, row.model, variant=row.variant, border=row.border)
    row.map_mean = round(float(found.mean(dtype="float64")), 6)
    noise = Noise(picture, found, row.seed)
    dose = noise.at(1.0)
    row.unscaled = _reading(Seen(dose, watched(dose.picture)))
    dose = at_psnr(noise, row.target["psnr"])
    row.equal_noise = _reading(Seen(dose, watched(dose.picture)))
    row.equal_visibility = _reading(_at_jnd(noise, watched, row))
    row.seconds = round(time.perf_counter() - started, 3)


def _at_jnd(noise: Noise, watched: Watched, row: NoiseRow) -> Seen:
    """Noise within 0.2 % of the wanted visibility, or 1 % where the worst places decide: a reading leaps with them."""
    try:
        return at_jnd(noise, watched, row.target["jnd"], tolerance=0.002)
    except TargetError:
        if named_protocol(row.protocol)[0].look is None:
            raise
        return at_jnd(noise, watched, row.target["jnd"])


def _reading(seen: Seen) -> dict[str, float | None]:
    psnr = round(seen.dose.psnr, 6) if math.isfinite(seen.dose.psnr) else None
    return {"beta": round(seen.dose.beta, 6), "psnr": psnr, "jnd": round(seen.reading.jnd, 6)}
