"""Any observer as the people of a protocol look: by itself where it can, else moved by what the picture masks."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from statistics import NormalDist

import numpy as np

from jndkit.observers.contract import Map, Observer, Reading, Watched, can_look, check_viewing
from jndkit.observers.panel import Panel, WatchedPanel
from jndkit.observers.vpjnd import Vpjnd
from jndkit.picture import Picture, flatten
from jndkit.picturewise.masking import UNSEEN, Masking
from jndkit.picturewise.peaks import peaks
from jndkit.picturewise.responses import SMALLEST, WatchedSample, responses, sample
from jndkit.protocols import Protocol
from jndkit.viewing import Viewing

_LEVEL = 0.9


def watch_under(observer: Observer, picture: Picture, viewing: Viewing, protocol: Protocol) -> Watched:
    """The picture watched as the protocol's people look, by any observer.

    Raises UsageError for a display at which the observer's scale does not hold.
    """
    check_viewing(observer, viewing)
    look = protocol.look
    if look is None or can_look(observer) or min(picture.height, picture.width) < SMALLEST:
        return observer.watch(picture, viewing, protocol)
    # As an object, since to the type checker no observer can be a Vpjnd, whose `watch` takes one thing more.
    special: object = observer
    if isinstance(special, Panel):  # each member by its own means
        members = (watch_under(member, picture, viewing, protocol) for member in (special.first, special.second))
        return WatchedPanel(special, *members)
    if isinstance(special, Vpjnd):
        return special.watch(
            picture, viewing, protocol, lambda rgb, tops, lefts: peaks(rgb, tops, lefts, viewing, look)
        )
    watched_sample = WatchedSample(sample(flatten(picture, 255)), viewing, look)
    masking = Masking.of(responses(watched_sample), viewing, whole=watched_sample.whole)
    return _Masked(observer.watch(picture, viewing, protocol), masking)


@dataclass(frozen=True)
class _Masked:
    """A watched picture whose readings are moved by what the picture masks."""

    watched: Watched
    masking: Masking

    def __call__(self, decoded: Picture) -> Reading:
        reading = self.watched(decoded)
        if reading.jnd <= UNSEEN:
            return replace(reading, unmasked=reading.jnd)
        shift, sigma = (float(value) for value in self.masking.at(np.log(reading.jnd)))
        factor = math.exp(shift)
        jnd, (low, high) = reading.jnd * factor, (end * factor for end in reading.interval)
        # Two errors join as independent: on either side their half-widths add as squares.
        error = math.exp(NormalDist().inv_cdf(0.5 + _LEVEL / 2.0) * sigma)
        below, above = math.hypot(jnd - low, jnd - jnd / error), math.hypot(high - jnd, jnd * error - jnd)
        doubt = None if reading.doubt is None else min(jnd, math.hypot(reading.doubt * factor, jnd - jnd / error))
        return replace(
            reading,
            jnd=jnd,
            jnd_local=reading.jnd_local * factor,
            interval=(max(0.0, jnd - below), jnd + above),
            unmasked=reading.jnd,
            doubt=doubt,
        )

    def map(self, decoded: Picture) -> Map:
        return self.watched.map(decoded)
