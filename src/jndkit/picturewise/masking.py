"""How much a picture masks for people who look from place to place, as far as the picture alone tells.

An observer that cannot look so by itself reads as it always does, and what it reads is moved by as much as the
picture's responses to quantisation moved for the one that can. `masking.json` holds what each codec adds to that, and
how far it errs: a ridge regression over training photographs, made by tools/picturewise_masking.py.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from jndkit.picturewise.responses import FLAT_STEPS, JPEG_QUALITIES, Answer, Floats, Responses, WatchedSample
from jndkit.viewing import DISPLAYS, Viewing

ANY = "any"
"""The row of the table for versions of which nobody knows how they were made."""
UNSEEN = 0.01
"""JND: less is as good as none."""


@dataclass(frozen=True)
class Masking:
    """ln of what is seen from place to place over what is read of the whole, by how much is read.

    weighted, flat: the picture's answers to either kind of quantisation, float64 (2, answers): ln(JND) that is read,
    rising, and by how much it moves.
    chroma: ln(JND) of its chroma merely halved.  octaves: by which the display is finer than the desktop.
    whole: whether all of the picture answered.
    """

    weighted: Floats
    flat: Floats
    chroma: float
    octaves: float
    whole: bool = True

    @classmethod
    def of(cls, responses: Responses, viewing: Viewing, *, whole: bool = True) -> Masking:
        """From responses that were read both ways."""
        assert responses.masked is not None
        read, seen = (np.log(np.maximum(jnd, UNSEEN)) for jnd in (responses.jnd, responses.masked))
        both = np.array([read, seen - read])
        octaves = math.log2(viewing.ppd / DISPLAYS["desktop"].ppd)
        # In the order of `responses.versions`: halved chroma, then the weighted ones, then the flat ones.
        weighted, flat = both[:, 1 : 1 + len(JPEG_QUALITIES)], both[:, -len(FLAT_STEPS) :]
        return cls(_rising(weighted), _rising(flat), float(read[0]), octaves, whole)

    def at(self, ln_jnd: Floats, codec: str = ANY) -> tuple[Floats, Floats]:
        """By how much ln(JND) moves where so much is read, and the standard deviation of that; any shape.

        codec: its name.
        """
        row = table()["codecs"].get(codec) or table()["codecs"][ANY]
        shift = self.features(ln_jnd) @ np.array(row["weights"])
        return shift, np.full_like(shift, self.sigma(row["sigma"]))

    def sigma(self, own: float) -> float:
        """A standard deviation with that of a sample joined to it, where only a part of the picture answered."""
        return own if self.whole else math.hypot(own, table()["sample"])

    def features(self, ln_jnd: Floats) -> Floats:
        """What the table's weights are of, float64 (..., 6)."""
        weighted, flat = (np.interp(ln_jnd, *answers) for answers in (self.weighted, self.flat))
        ones = np.ones_like(weighted)
        return np.stack([ones, weighted, flat, ln_jnd, self.chroma * ones, self.octaves * ones], axis=-1)


class MaskedJpeg:
    """What people who look from place to place see of JPEG files, found by quantising as JPEG will."""

    def __init__(self, watched: WatchedSample, responses: Responses, masking: Masking) -> None:
        assert responses.masked is not None
        self._watched, self._masking = watched, masking
        seen = np.log(np.maximum(responses.masked, UNSEEN))
        # Those after JPEG's are the flat ones, which say nothing of a quality.
        self._known: dict[float, float] = dict(zip(JPEG_QUALITIES, seen[1:].tolist(), strict=False))

    def of(
        self, curve: Floats, sigma: Floats, qualities: tuple[float, ...], near: Iterable[float]
    ) -> tuple[Floats, Floats]:
        """ln(JND) at every quality, and its standard deviation.

        curve, sigma: ln(JND) that is expected to be read of the whole, and its standard deviation.
        near: JND around which it should be right: for each the picture is quantised once more.
        """
        for target in near:
            self._ask(curve, qualities, math.log(target))
        row, distance = table()["jpeg"], apart(curve, qualities, self._known)
        # Where a quantisation was read, nothing depends on what the curve was before.
        carried = sigma * np.minimum(distance / row["apart"][-1], 1.0)
        own = np.hypot(np.interp(distance, row["apart"], row["sigma"]), carried)
        masked = masked_curve(curve, qualities, self._masking, self._known)
        return masked, np.array([self._masking.sigma(float(value)) for value in own])

    def _ask(self, curve: Floats, qualities: tuple[float, ...], target: float) -> None:
        """Quantise where so much is expected, and read that, unless it was done."""
        expected = masked_curve(curve, qualities, self._masking, self._known)
        passing = (quality for quality, ln_jnd in zip(qualities, expected, strict=True) if ln_jnd <= target)
        quality = next(passing, None)
        if quality is not None and quality not in self._known:
            version = self._watched.quantiser.jpeg(quality)
            seen = self._watched.answer(self._watched.cells(version)).masked
            self._known[quality] = math.log(max(seen or 0.0, UNSEEN))


def masked_curve(curve: Floats, qualities: Sequence[float], masking: Masking, known: Mapping[float, float]) -> Floats:
    """ln(JND) of JPEG as people see it, at every quality: what is read of the whole, moved, led through what is known.

    curve: ln(JND) that is read.  known: quality -> ln(JND) that was seen of a quantisation.
    """
    moved = curve + np.interp(curve, *masking.weighted)
    at = sorted(known)
    away = [known[quality] - np.interp(quality, qualities, moved) for quality in at]
    masked: Floats = moved + np.interp(qualities, at, away)
    return masked


def apart(curve: Floats, qualities: Sequence[float], known: Iterable[float]) -> Floats:
    """How far every quality lies from the nearest known one, in ln(JND) that is read."""
    distance: Floats = np.abs(curve[:, None] - np.interp(sorted(known), qualities, curve)).min(axis=1)
    return distance


def shift(answer: Answer) -> float:
    """ln of what is seen from place to place over what is read."""
    assert answer.masked is not None
    return math.log(max(answer.masked, UNSEEN)) - math.log(max(answer.jnd, UNSEEN))


def _rising(both: Floats) -> Floats:
    return both[:, both[0].argsort()]  # np.interp needs its knots in rising order


@cache
def table() -> dict[str, Any]:
    """codecs: name -> weights and sigma.  jpeg: sigma by how far, in ln(JND), the nearest reading lies apart.

    sample: sigma by what a sample does not show of a picture.  typical: of pictures about the mean one.
    """
    loaded: dict[str, Any] = json.loads(Path(__file__).with_name("masking.json").read_text(encoding="utf-8"))
    return loaded
