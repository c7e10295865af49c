"""VP-JNDnet as published: a picture's coding is seen or it is not.

Source: Y. Zhang et al., "VP-JND: Visual Perception Assisted Deep Picture-Wise Just Noticeable Difference Prediction
Model for Image Compression", IEEE TCSVT 2025, as its trained graph has it: the sign of a weighted mean over patches.
Differs: so that it can stand where other observers stand, its answer is told in JND, exp(slope x answer) times the
difference that 75 % of viewers do not see; the slope was fitted on validation pictures. What it learned is on which
side of that difference a version lies. Patches lie on a grid, not at random. It knows the desktop display alone.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from jndkit.errors import UsageError
from jndkit.inference import session
from jndkit.observers.card import Card
from jndkit.observers.contract import Floats, Map, Reading
from jndkit.observers.intervals import reading_interval
from jndkit.observers.pooling.views import views, views_beside
from jndkit.observers.vpjnd import Cut
from jndkit.picture import Picture, Pixels
from jndkit.protocols import AIC, Protocol
from jndkit.viewing import DISPLAYS, Viewing
from jndkit.visibility import jnd_for
from jndkit.weights import Weights, find

VIEWERS = 75.0  # per cent who see no difference where a picture just counts as lossless
_LARGEST = 4.0  # of ln(JND / target): farther from the threshold nothing is known


@dataclass(frozen=True)
class VpjndPaper:
    """The published classifier. name: that of its weights. Searches must expect isolated wrong answers."""

    name: str = "vpjnd-paper"
    noisy = True

    @property
    def version(self) -> str:
        return find(self.name).card.name

    def watch(self, reference: Picture, viewing: Viewing, protocol: Protocol = AIC) -> WatchedVpjndPaper:
        """Cut the patches and make their JND maps once. A reference with alpha is watched over black, grey and white.

        protocol: whose error a reading has.
        Raises UsageError for another display than the desktop, MissingError without weights.
        """
        # 37.84 typed as a number is the desktop's 37.8355.
        if not math.isclose(viewing.ppd, DISPLAYS["desktop"].ppd, rel_tol=1e-3):
            raise UsageError(f"{self.name} was trained for the desktop display alone, not at {viewing.name}")
        return WatchedVpjndPaper(reference, viewing, find(self.name), protocol)


class WatchedVpjndPaper:
    """A reference being watched."""

    def __init__(self, reference: Picture, viewing: Viewing, weights: Weights, protocol: Protocol = AIC) -> None:
        self.viewing = viewing
        self.shape = reference.rgb.shape[:2]
        self._alpha = reference.alpha is not None
        self._scenes = [_Scene(rgb, weights, protocol) for rgb in views(reference, self._alpha)]

    def __call__(self, decoded: Picture) -> Reading:
        """Read a decoded version. Raises UsageError where its size differs from the reference's."""
        return max((scene.read(rgb) for scene, rgb in self._pairs(decoded)), key=lambda reading: reading.jnd)

    def answer(self, decoded: Picture) -> float:
        """What the network says: above 0 where the difference is seen by more than a quarter of the viewers."""
        return max(scene.answer(rgb) for scene, rgb in self._pairs(decoded))

    def map(self, decoded: Picture) -> Map:
        """float32 (H, W): JND of the nearest patch by itself; over several backdrops, the worst."""
        worst: Map = np.maximum.reduce([scene.local(rgb) for scene, rgb in self._pairs(decoded)])
        return worst

    def _pairs(self, decoded: Picture) -> Iterator[tuple[_Scene, Pixels]]:
        return zip(self._scenes, views_beside(decoded, self.shape, self._alpha), strict=True)


class _Scene(Cut):
    """A reference cut into patches, and the network that judges versions of it."""

    def __init__(self, rgb: Pixels, weights: Weights, protocol: Protocol) -> None:
        super().__init__(rgb)
        self._protocol = protocol
        self._run = session(weights.path)
        self._slope = float(weights.card.scores.get("slope", 1.0))
        self._error = float(weights.card.scores.get("spread", 1.0))
        self._target = jnd_for(VIEWERS, AIC)

    def answer(self, rgb: Pixels) -> float:
        quality, weight = self._look(rgb)
        return float((quality * weight).sum())

    def read(self, rgb: Pixels) -> Reading:
        quality, weight = self._look(rgb)
        jnd = float(self._jnd_of((quality * weight).sum()))
        patch = int((quality * weight).argmax())
        interval = reading_interval(jnd, self._error, self._protocol)
        return Reading(jnd, float(self._jnd_of(quality[patch])), self._place(patch), interval)

    def local(self, rgb: Pixels) -> Map:
        return self._spread_out(self._jnd_of(self._look(rgb)[0]))

    def _look(self, rgb: Pixels) -> tuple[Floats, Floats]:
        """Of each patch the answer and its share in the picture's, float64 (N,)."""
        quality, weight = (
            values[:, 0].astype(np.float64) for values in self._run(self._reference, self._cut(rgb), self._jnd)
        )
        return quality, weight / weight.sum()

    def _jnd_of(self, answer: Floats) -> Floats:
        jnd: Floats = self._target * np.exp(np.clip(self._slope * answer, -_LARGEST, _LARGEST))
        return jnd


CARD = Card(
    name="vpjnd-paper",
    make=VpjndPaper,
    summary="learned, as published: seen or not by a quarter of viewers at the desktop; right 97 times in 100, "
    "guessing 76",
    paper="Zhang et al. 2025, IEEE TCSVT",
    year=2025,
)
