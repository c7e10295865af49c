"""Probes of one picture: encode, decode, read."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from jndkit.codecs.chroma import reduce_chroma
from jndkit.codecs.contract import Codec
from jndkit.observers.contract import Reading, Watched
from jndkit.picture import Picture
from jndkit.picturewise.prediction import Prediction

Tailor = Callable[[Codec, Prediction], tuple[Codec, Prediction]]


@dataclass(frozen=True)
class Probe:
    """One encode that was read. spec: the codec's.  value: of its knob.  jnd, interval: as in `Reading`."""

    spec: str
    value: float
    bytes: int
    jnd: float
    interval: tuple[float, float]


Told = Callable[[Probe], None] | None
"""What is called with every probe as soon as it was read, if anything."""


class Tried(NamedTuple):
    """An encode with what its decoder shows and what the observer reads of it."""

    data: bytes
    reading: Reading
    decoded: Picture


@dataclass
class Prober:
    """One picture to encode and the original to read it against: what all probes of it share.

    picture: what is encoded; the original, or a prefiltered version of it.  watched: the original.
    predict: what a codec is expected to do to it.  target: JND that a file may read.
    budget: the most encodes of one search.  noisy: the observer's single answers may be wrong, so that more are asked
        for than that.
    own_jnd: what the picture itself reads, where it is watched against another original.
    most: bytes of a file that is there: a search ends where what is seen takes as many, as what passes takes more.
    tailor: suits a codec to the picture and the display, and what is predicted to that; None where none is.
    told: called with every probe.
    chroma_jnd: as `reduced_chroma`, once it was read.  probes: every encode so far, in order.
    """

    picture: Picture
    watched: Watched
    predict: Callable[[Codec], Prediction]
    target: float
    budget: int
    noisy: bool = False
    own_jnd: float = 0.0
    most: float = math.inf
    tailor: Tailor | None = None
    told: Told = None
    chroma_jnd: float | None = None
    probes: list[Probe] = field(default_factory=list)

    def probe(self, codec: Codec, value: float) -> Tried:
        """Encode, decode and read. Raises CodecError."""
        return self.read(codec, value, codec.encode(self.picture, value))

    def read(self, codec: Codec, value: float, data: bytes) -> Tried:
        """Decode and read a file that was made of the picture. Raises CodecError."""
        decoded = codec.decode(data)
        reading = self.watched(decoded)
        self.probes.append(Probe(codec.spec, value, len(data), reading.jnd, reading.interval))
        if self.told is not None:
            self.told(self.probes[-1])
        return Tried(data, reading, decoded)

    def reduced_chroma(self) -> float:
        """JND of the picture with its chroma merely reduced to 4:2:0 and restored: no codec can do better in 4:2:0."""
        if self.chroma_jnd is None:
            self.chroma_jnd = 0.0
            if not self.picture.grey:
                reduced = replace(self.picture, rgb=reduce_chroma(self.picture.rgb), native=None, icc=None)
                # Two differences that have nothing to do with each other add as squares.
                self.chroma_jnd = math.sqrt(max(self.watched(reduced).jnd ** 2 - self.own_jnd**2, 0.0))
        return self.chroma_jnd
