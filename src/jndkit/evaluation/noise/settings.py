"""What the noise test puts the models through."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from jndkit import injection
from jndkit.errors import UsageError, check_choice
from jndkit.evaluation.noise.baselines import BASELINES
from jndkit.evaluation.noise.rows import NoiseRow
from jndkit.evaluation.settings import EvaluationSettings
from jndkit.injection import signs
from jndkit.observers import OBSERVERS, observer as named_observer
from jndkit.picture import MAX_PIXELS
from jndkit.pixelwise import MODELS, model_card
from jndkit.protocols import Protocol, protocol as named_protocol
from jndkit.viewing import Viewing

PSNR = 26.65
"""dB. Source: Wu et al. 2017, Sec. IV."""


@dataclass(frozen=True)
class Settings(EvaluationSettings[NoiseRow, str]):
    """What the models are put through.

    psnr: the equal noise, dB over R, G and B.  jnd: the equal visibility.  seed: of the pattern all models share.
    protocol: how people look.  models: names of models and baselines.
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
        # Each of these raises for what makes no sense, before any picture is opened.
        signs(1, 1, self.seed)
        self.fit()
        named_observer(self.observer)

    def fit(self) -> tuple[Protocol, Viewing]:
        """The protocol at the viewing, and the viewing."""
        return named_protocol(self.protocol, self.viewing)

    @property
    def parts(self) -> tuple[str, ...]:
        return self.models

    def row(self, name: str, model: str) -> NoiseRow:
        """The row of a picture and a model before anything is known of it."""
        observer, (protocol, display) = named_observer(self.observer), self.fit()
        variant = "baseline" if model in BASELINES else model_card(model).variants[0]
        row = NoiseRow(name, model, variant, self.border, self.seed, {"psnr": self.psnr, "jnd": self.jnd})
        row.observer = f"{observer.name} {observer.version}"
        row.protocol, row.viewing, row.ppd = protocol.name, display.name, round(display.ppd, 6)
        row.versions = injection.libraries(model) | OBSERVERS.package(self.observer)
        return row

    def order(self, row: NoiseRow) -> tuple[Any, ...]:
        """By picture; models as they were asked for, others after them."""
        place = self.models.index(row.model) if row.model in self.models else len(self.models)
        return row.input, place, row.model
