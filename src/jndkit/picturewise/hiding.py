"""How much a picture hides from people who look from place to place, as far as the picture alone tells.

An observer that cannot look so by itself reads as ever, and what it reads is moved by as much as the picture's answers
to quantisation moved for the one that can.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from jndkit.observers.contract import Map, Observer, Sight, Watch, can_look
from jndkit.observers.cvvdp.pooling import pooled_jod
from jndkit.picture import Picture, flatten
from jndkit.picturewise.responses import SMALLEST, Floats, Responses, responses, sample
from jndkit.protocols import Protocol
from jndkit.viewing import Viewing
from jndkit.visibility import JND_PER_JOD

_UNSEEN = 0.01  # JND: less is as good as none
_CHROMA_ALONE = 1  # responses before the quantised ones


def watched(observer: Observer, picture: Picture, viewing: Viewing, protocol: Protocol) -> Watch:
    """The picture watched as the protocol's people look, by any observer."""
    watch = observer.watch(picture, viewing, protocol)
    if protocol.look is None or can_look(observer) or min(picture.height, picture.width) < SMALLEST:
        return watch
    seen = sample(flatten(picture, 255))
    return _Moved(watch, Hiding.of(responses(seen, viewing, protocol.look)))


@dataclass(frozen=True)
class Hiding:
    """ln of what is seen from place to place over what is read of the whole, by how much is read.

    read: ln(JND) of the answers of each window, float64 (windows, answers), rising.  moved: as many differences.
    """

    read: Floats
    moved: Floats

    @classmethod
    def of(cls, told: Responses) -> Hiding:
        """From answers that were read both ways."""
        assert told.looked is not None
        jnd = JND_PER_JOD * (10.0 - pooled_jod(np.moveaxis(told.energy, (2, 3), (0, 1))))
        read, looked = (np.log(np.maximum(each, _UNSEEN))[:, _CHROMA_ALONE:] for each in (jnd, told.looked))
        order = read.argsort(axis=1)
        return cls(np.take_along_axis(read, order, 1), np.take_along_axis(looked - read, order, 1))

    def at(self, ln_jnd: float) -> float:
        """By how much ln(JND) moves where so much is read; of the window that hides least."""
        return float(max(np.interp(ln_jnd, read, moved) for read, moved in zip(self.read, self.moved, strict=True)))


@dataclass(frozen=True)
class _Moved:
    """A watch whose readings are moved."""

    watch: Watch
    hiding: Hiding

    def __call__(self, decoded: Picture) -> Sight:
        sight = self.watch(decoded)
        if sight.jnd <= _UNSEEN:
            return replace(sight, unhidden=sight.jnd)
        factor = math.exp(self.hiding.at(math.log(sight.jnd)))
        low, high = sight.interval
        return replace(
            sight,
            jnd=sight.jnd * factor,
            jnd_local=sight.jnd_local * factor,
            interval=(low * factor, high * factor),
            unhidden=sight.jnd,
        )

    def map(self, decoded: Picture) -> Map:
        return self.watch.map(decoded)
