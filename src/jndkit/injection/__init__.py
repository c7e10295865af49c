"""Noise as strong as a JND map allows: the test that the models are compared by."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from jndkit.errors import TargetError, UsageError
from jndkit.evidence import Row
from jndkit.injection.noise import Dose, Noise, Shape, Signs, signs, uniform
from jndkit.injection.regulator import Seen, at_jnd, at_psnr
from jndkit.observers import OBSERVERS, observer as named_observer
from jndkit.opening import load
from jndkit.picture import MAX_PIXELS, Damaged, Picture
from jndkit.picturewise.domain import domain
from jndkit.pixelwise import MODELS, chosen_variant, jnd_map, model_package
from jndkit.version import VERSION
from jndkit.viewing import Viewing, viewing as named_viewing
from jndkit.weights import CURRENT, find, stored_card

__all__ = [
    "Dose",
    "Injected",
    "InjectionRow",
    "Noise",
    "Seen",
    "Shape",
    "Signs",
    "at_jnd",
    "at_psnr",
    "inject",
    "libraries",
    "signs",
    "uniform",
]


@dataclass
class InjectionRow(Row):
    """The row of an injection. `target` holds what was asked for: psnr (dB), jnd or strength.

    beta: the regulator, factor on the map.  psnr: dB over R, G and B; None where nothing changed.
    ties: share of the pixels whose regulator is up to 0.01 % above beta, where rounding moves many pixels at once and
        only some of them meet the target; 0 else.
    jnd: how visible the noise is, read by the observer on the result.
    """

    model: str = ""
    variant: str = ""
    border: str = ""
    seed: int = 0
    beta: float = 0.0
    psnr: float | None = None
    ties: float = 0.0


@dataclass(frozen=True)
class Injected:
    """The picture with noise, 8-bit sRGB, and its row."""

    picture: Picture
    row: InjectionRow


def inject(
    source: str | Path | Picture,
    model: str = "resjnd-s",
    *,
    psnr: float | None = None,
    strength: float | None = None,
    jnd: float | None = None,
    seed: int = 0,
    variant: str | None = None,
    border: str = "reflect",
    viewing: str | float | Viewing = "desktop",
    observer: str = "cvvdp",
    max_pixels: int = MAX_PIXELS,
    damaged: Damaged = "refuse",
) -> Injected:
    """Add noise of random sign and of the size of a JND map, I' = clip(round(I + beta r JND)).

    source: a path, or a Picture from `jndkit.load`.  model, variant, border: as in `jnd_map`.
    psnr: choose beta so that the PSNR over R, G and B is this, dB, within 0.01.  strength: beta itself, by default 1.
    jnd: choose beta so that the observer reads between 0.99 and 1.00 of this visibility, in JND. One of the three.
    seed: of the pattern r = +-1; one seed and size give one pattern, whatever the model.
    max_pixels, damaged: as in `jndkit.load`.
    R, G and B of a pixel change by the same amount, so it is the luma that becomes noisy.

    Raises UsageError for the request, InputError for the file, TargetError where no beta meets the target.

    Source: Yang et al. 2005, Eq. 10; Wu et al. 2017, Eq. 15.
    """
    started = time.perf_counter()
    target = _target(psnr=psnr, strength=strength, jnd=jnd)
    display, judge = named_viewing(viewing), named_observer(observer)
    picture = source if isinstance(source, Picture) else load(source, max_pixels=max_pixels, damaged=damaged)
    noise = Noise(picture, jnd_map(picture, model, variant=variant, border=border), seed)
    watched = judge.watch(picture, display)
    try:
        if jnd is not None:
            dose, reading = at_jnd(noise, watched, jnd)
        else:
            dose = noise.at(target.get("strength", 1.0)) if psnr is None else at_psnr(noise, psnr)
            reading = watched(dose.picture)
    except TargetError as error:
        raise TargetError(f"{picture.name}, {model}: {error}") from None
    row = InjectionRow(input=picture.name, width=picture.width, height=picture.height, target=target)
    row.model, row.variant, row.border, row.seed = model, chosen_variant(model, variant), border, seed
    row.beta, row.psnr = dose.beta, dose.psnr if math.isfinite(dose.psnr) else None
    row.ties = dose.ties
    row.jnd, row.jnd_local, row.where = reading.jnd, reading.jnd_local, list(reading.where)
    row.observer, row.viewing, row.ppd = f"{judge.name} {judge.version}", display.name, display.ppd
    row.versions = libraries(model) | OBSERVERS.package(observer)
    _describe(row, picture)
    row.seconds = time.perf_counter() - started
    return Injected(dose.picture, row)


def libraries(model: str = "") -> dict[str, str]:
    """Library -> version of all that decides the noise; and "weights", those of a network and their hash.

    model: of any kind, or a baseline; formulas have no weights.
    """
    versions = {"jndkit": VERSION, "numpy": np.__version__, "opencv": cv2.__version__, **model_package(model)}
    # Weights of the user's own may be called as a formula is, which then is what the name means.
    if model in CURRENT or (model not in MODELS and stored_card(model) is not None):
        cards = [find(model).card]
        if cards[0].needs:
            cards.append(find(cards[0].needs).card)
        versions["weights"] = ", ".join(f"{card.name} {card.sha256[:12]}" for card in cards)
    return versions


def _target(**values: float | None) -> dict[str, float]:
    """The one thing asked for. Raises UsageError for two of them, or a value outside its range."""
    given = {name: value for name, value in values.items() if value is not None}
    if len(given) > 1:
        raise UsageError(f"{' and '.join(f'--{name}' for name in given)} exclude each other: give one of them")
    for name, value in given.items():
        least = 0.0 if name == "strength" else math.ulp(0.0)  # of the others, more than nothing
        if not least <= value < math.inf:
            raise UsageError(f"--{name} must be a finite number {'not below' if least == 0.0 else 'above'} 0")
    return given or {"strength": 1.0}


def _describe(row: InjectionRow, picture: Picture) -> None:
    """What the file says, and whether the scale of visibility holds for it."""
    if picture.source is not None:
        row.input_bytes, row.input_sha256 = picture.source.size, picture.source.sha256
    kind = domain(picture)
    row.domain = kind.kind
    row.notes += picture.notes
    if picture.native is not None:
        row.notes.append("the noise is added in sRGB, and so is the result")
    if not kind.inside:
        row.notes.append(f"outside the domain of the scale ({kind.kind}: {', '.join(kind.reasons)})")
