"""The network `knob`: from how a picture answers quantisation to each codec's curve of ln(JND), before any encode."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from jndkit.codecs import codec as named_codec
from jndkit.codecs.contract import Codec
from jndkit.errors import InputError
from jndkit.inference import session
from jndkit.observers.cvvdp.quality import pooled_jod
from jndkit.picture import Picture
from jndkit.picturewise.curves import likeness, typical_curve
from jndkit.picturewise.masking import MaskedJpeg, Masking
from jndkit.picturewise.responses import BANDS, RESPONSES, SMALLEST, Floats, WatchedSample, responses, sample
from jndkit.protocols import AIC, Protocol
from jndkit.viewing import DISPLAYS, Viewing
from jndkit.visibility import JND_PER_JOD
from jndkit.weights import find

# What the network tells, in the order of its output: for each codec, at these knobs.
_JPEG = (20.0, 40.0, 55.0, 68.0, 78.0, 86.0, 92.0, 97.0)
_AVIF = (25.0, 40.0, 52.0, 62.0, 71.0, 79.0, 86.0, 93.0)
_HEIC = (20.0, 32.0, 42.0, 51.0, 60.0, 70.0, 80.0, 92.0)
KNOTS: Mapping[str, tuple[float, ...]] = {
    "jpeg:420": _JPEG,
    "jpeg:444": _JPEG,
    "webp:420": (20.0, 40.0, 60.0, 74.0, 84.0, 91.0, 95.0, 98.0),
    "avif:420": _AVIF,
    "avif:444": _AVIF,
    "heic:420": _HEIC,
    "heic:444": _HEIC,
    "jxl:444": (0.3, 0.6, 1.0, 1.4, 2.0, 2.8, 4.0, 6.0),
}

FEATURES = RESPONSES * (1 + BANDS - 1 + 3) + 1  # in the order of `features`
PPD = (20.0, 130.0)  # pixels per degree the network was taught; beyond them it is asked at the nearer end
_UNSEEN = 0.01  # JND: less is as good as none


class Knob:
    """A picture looked at.

    Raises InputError for a picture too small to say anything, MissingError or DamagedError for the weights.
    """

    def __init__(
        self, picture: Picture, viewing: Viewing, protocol: Protocol = AIC, near: Sequence[float] = ()
    ) -> None:
        """near: JND, as the protocol's people look, around which answers should be best."""
        if min(picture.height, picture.width) < SMALLEST:
            raise InputError(picture.name, f"a side is under {SMALLEST} pixels")
        # The quickest to start: the network itself takes no time at all, whatever runs it.
        network = session(find("knob").path, runtime="onnxruntime")
        watched = WatchedSample(sample(picture.rgb), viewing, protocol.look)
        answers = responses(watched)
        if protocol.look is None:
            self._masking = None
        else:
            self._masking = Masking.of(answers, viewing, whole=watched.whole)
            self._jpeg = MaskedJpeg(watched, answers, self._masking)
            self._near = near
        self._residual, log_sigma = np.moveaxis(network(features(answers.energy, viewing))[0], -1, 0)
        self._sigma = np.exp(log_sigma)
        self._viewing = viewing

    def of(self, codec: Codec) -> tuple[list[float], list[float]] | None:
        """ln(JND) expected at every step of the codec's grid, worst fidelity first, and its standard deviation.

        The worst window decides at each step. A codec that the network was not taught is told by one that finds the
        same pictures hard, where both read alike on an ordinary photograph; None where there is no such codec.
        """
        told, unlike = codec, 0.0
        at = np.array(codec.knob.grid)
        typical = np.array(typical_curve(codec, self._viewing))
        like = likeness(codec)
        if like is not None:
            told, unlike = named_codec(like[0]), like[1]
            at = _equally_visible(typical, told, self._viewing)
        index = place(told)
        if index is None:
            return None
        knots = np.array(list(KNOTS.values())[index])
        curves = np.array([typical + np.interp(at, knots, row) for row in self._residual[:, index]])
        sigmas = np.array([np.hypot(np.interp(at, knots, row), unlike) for row in self._sigma[:, index]])
        worst = curves.argmax(axis=0)
        steps = np.arange(len(at))
        curve, sigma = curves[worst, steps], sigmas[worst, steps]
        if self._masking is not None:
            # By the tables of another encoder the picture is not quantised here.
            quantised = told is codec and codec.name == "jpeg" and codec.chroma == "420"
            if quantised:
                curve, sigma = self._jpeg.of(curve, sigma, codec.knob.grid, self._near)
            else:
                curve, sigma = _masked(told, curve, sigma, self._masking)
        return curve.tolist(), sigma.tolist()


def _masked(codec: Codec, curve: Floats, sigma: Floats, masking: Masking) -> tuple[Floats, Floats]:
    """The curve as people see it who look from place to place, and its standard deviation."""
    shift, error = masking.at(curve, codec.name)
    joined: Floats = np.hypot(sigma, error)
    return curve + shift, joined


def _equally_visible(curve: Floats, codec: Codec, viewing: Viewing) -> Floats:
    """The settings of a codec at which an ordinary photograph reads as it does along a curve of ln(JND)."""
    falling = np.minimum.accumulate(typical_curve(codec, viewing))[::-1]
    return np.asarray(np.interp(curve, falling, codec.knob.grid[::-1]), np.float64)


def place(codec: Codec) -> int | None:
    """The row of the network's output that is about a codec, or None."""
    names = list(KNOTS)
    name = f"{codec.name}:{codec.chroma}"
    return names.index(name) if name in names else None


def features(energy: Floats, viewing: Viewing) -> npt.NDArray[np.float32]:
    """What the network sees, float32 (windows, FEATURES), from `responses`: float64 (windows, RESPONSES, BANDS, 3).

    For every response ln(JND) of it all, of each band but the base alone, and of each channel alone; and the octaves by
    which the display is finer than the desktop.
    """
    bands = np.moveaxis(energy, (2, 3), (0, 1))
    parts = [bands]
    for band in range(BANDS - 1):
        alone = np.zeros_like(bands)
        alone[band] = bands[band]
        parts.append(alone)
    for channel in range(3):
        alone = np.zeros_like(bands)
        alone[:, channel] = bands[:, channel]
        parts.append(alone)
    jnd = JND_PER_JOD * (10.0 - pooled_jod(np.stack(parts, axis=-1)))
    ln_jnd = np.log(np.maximum(jnd, _UNSEEN)).reshape(len(energy), -1)
    octaves = math.log2(min(max(viewing.ppd, PPD[0]), PPD[1]) / DISPLAYS["desktop"].ppd)
    return np.column_stack([ln_jnd, np.full(len(ln_jnd), octaves)]).astype(np.float32)
