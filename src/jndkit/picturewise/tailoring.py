"""Quantisation steps for this picture at this display: finer where it shows much for its bits, coarser where little.

At the steps of least bytes every group of frequencies is seen as much, for what it takes, as every other. Readings of a
sample tell, as far as they are to be believed, which are seen more than their share of the bits: those get finer steps,
and those seen less coarser. How far is found by going: the sample is quantised with none, some and more of the move,
and what it would take at equal visibility decides.

Source: Watson 1993, "DCTune" (visibility of quantisation errors pooled over the blocks of one picture).
Differs: the observer is ColorVideoVDP; a second judge has a fifth of the word, as far as the tables that are moved, and
that were fitted by both, tell what it sees.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from jndkit.codecs.contract import Codec
from jndkit.codecs.jpeg.codec import Jpeg
from jndkit.codecs.jpeg.spectra import spectra
from jndkit.codecs.jpeg.steps import factors_of, move_of, told, word_of
from jndkit.codecs.jpeg.tables import GROUPS, expected_ratio, tables
from jndkit.codecs.jpeg.tuned import PRICE
from jndkit.picture import Picture
from jndkit.picturewise.goal import Goal
from jndkit.picturewise.prediction import Prediction
from jndkit.picturewise.probing import Tailor
from jndkit.picturewise.responses import SMALLEST, Floats, WatchedSample, sample
from jndkit.picturewise.shares import Quantised, excess_of
from jndkit.protocols import Look
from jndkit.viewing import Viewing

_STEP = 0.6  # share of the way gone at first
_LESS, _MORE = 0.5, 2.0  # of that, tried after it
_EXCHANGE = 0.45  # ln(bytes) that ln(JND) is worth around the target, on photographs
_COARSER_MEAN = np.array([0.4] + [0.0] * (len(GROUPS) - 1))
_NEAR = 0.05  # of ln(JND): a reading so close to the target is not taken again
_UNSEEN = 0.01  # JND: less is as good as none


def has_steps(codec: Codec) -> bool:
    """Whether `tailored` finds the codec steps of its own for each picture, display and target."""
    return isinstance(codec, Jpeg) and codec.encoder.tables is not None


def tailored(
    codec: Codec, prediction: Prediction, *, picture: Picture, viewing: Viewing, target: float, look: Look | None = None
) -> tuple[Codec, Prediction]:
    """The codec with steps for the picture, where it is JPEG with tables of ours, and what is then expected of it.

    Steps that its spec names are kept.
    prediction: of the codec as it is.  target: JND that the file may read.
    look: how people look, where they do so from place to place.
    """
    value = prediction.knob(target).value
    if not isinstance(codec, Jpeg) or codec.encoder.tables is None or value is None:
        return codec, prediction
    if picture.grey or min(picture.width, picture.height) < SMALLEST:
        return codec, prediction
    watched = WatchedSample(sample(picture.rgb), viewing, look)
    spectrum = spectra(watched.sample.rgb, halved=codec.chroma == "420")
    before = Quantised(spectrum, tables(value, codec.chroma))
    move = _STEP * expected_ratio(excess_of(watched, before), codec.chroma)
    move -= before.bits() @ move  # so that a quality goes on to mean about what it did

    def read(move: Floats, quality: float = value) -> _Tried:
        move = told(move)
        after = Quantised(spectrum, tables(quality, codec.chroma, factors_of(move)), PRICE)
        # A sample of which nothing is left takes no bits.
        return _Tried(move, math.log(max(after.size(), 1.0)), ln_jnd(watched, after))

    best = read(move_of(codec.steps)) if codec.steps else _searched(read, move)
    moved = codec.with_steps(word_of(best.move))
    if look is not None and not watched.whole:  # the worst place may lie beyond the sample: only the change is known
        return moved, _shifted(prediction, best.jnd - ln_jnd(watched, before))
    prediction = _shifted(prediction, best.jnd - prediction.curve[prediction.grid.index(value)])
    # Where that moved the curve far, its new end is nearer to where the file will be.
    nearer = prediction.knob(target).value
    if nearer is not None and abs(best.jnd - math.log(target)) > _NEAR:
        jnd = read(best.move, nearer).jnd
        prediction = _shifted(prediction, jnd - prediction.curve[prediction.grid.index(nearer)])
    return moved, prediction


def tailor_for(picture: Picture, goal: Goal) -> Tailor:
    """`tailored` for one picture and what its file is held to."""
    look = goal.protocol.look
    return partial(tailored, picture=picture, viewing=goal.viewing, target=goal.jnd, look=look)


def codec_for(picture: Picture, codec: Codec, goal: Goal, predict: Callable[[Codec], Prediction]) -> Codec:
    """The codec as it is searched for a picture: with steps of its own, where it has such."""
    return tailor_for(picture, goal)(codec, predict(codec))[0] if has_steps(codec) else codec


@dataclass(frozen=True, eq=False)
class _Tried:
    """A sample quantised with steps that are moved. move: ln of what they are multiplied by, float64 (groups,).

    size, jnd: ln of its bits, and of what is read.
    """

    move: Floats
    size: float
    jnd: float

    @property
    def cost(self) -> float:
        """ln of its bits at equal reading."""
        return self.size + _EXCHANGE * self.jnd


def _searched(read: Callable[[Floats], _Tried], move: Floats) -> _Tried:
    """The cheapest of no move, all of it, and more or less than that, whichever lies on the better side; and of that
    with a coarser mean of luma, of whose visibility shares tell little.
    """
    none, whole = read(np.zeros_like(move)), read(move)
    third = read((_MORE if whole.cost < none.cost else _LESS) * move)
    best = min((none, whole, third), key=lambda tried: tried.cost)
    return min((best, read(best.move + _COARSER_MEAN)), key=lambda tried: tried.cost)


def _shifted(prediction: Prediction, shift: float) -> Prediction:
    return replace(prediction, curve=tuple(at + shift for at in prediction.curve))


def ln_jnd(watched: WatchedSample, version: Quantised) -> float:
    """ln of the JND that is read of a quantised sample, as people look who are asked about."""
    answer = watched.answer(watched.cells(version.shown()))
    return math.log(max(answer.jnd if answer.masked is None else answer.masked, _UNSEEN))
