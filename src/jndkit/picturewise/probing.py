"""Probes of one picture: encode, decode, read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from jndkit.codecs.chroma import reduce_chroma
from jndkit.codecs.contract import Codec
from jndkit.observers.contract import Reading, Watched
from jndkit.picture import Picture
from jndkit.picturewise.prediction import Prediction


@dataclass(frozen=True)
class Probe:
    """One encode that was read. spec: the codec's.  value: of its knob.  jnd, interval: as in `Reading`."""

    spec: str
    value: float
    bytes: int
    jnd: float
    interval: tuple[float, float]


@dataclass
class Prober:
    """One picture to encode and the original to read it against: what all probes of it share.

    picture: what is encoded; the original, or a prefiltered version of it.  watched: the original.
    predict: what a codec is expected to do to it.  target: JND that a file may read.
    budget: the most encodes of one search.  noisy: the observer's single answers may be wrong, so that more are asked
        for than that.
    chroma_jnd: as `reduced_chroma`, once it was read.  probes: every encode so far, in order.
    """

    picture: Picture
    watched: Watched
    predict: Callable[[Codec], Prediction]
    target: float
    budget: int
    noisy: bool = False
    chroma_jnd: float | None = None
    probes: list[Probe] = field(default_factory=list)

    def probe(self, codec: Codec, value: float) -> tuple[bytes, Reading]:
        """Encode, decode and read. Raises CodecError."""
        data = codec.encode(self.picture, value)
        return data, self.read(codec, value, data)

    def read(self, codec: Codec, value: float, data: bytes) -> Reading:
        """Decode and read a file that was made of the picture. Raises CodecError."""
        reading = self.watched(codec.decode(data))
        self.probes.append(Probe(codec.spec, value, len(data), reading.jnd, reading.interval))
        return reading

    def reduced_chroma(self) -> float:
        """JND of the picture with its chroma merely reduced to 4:2:0 and restored: no codec can do better in 4:2:0."""
        if self.chroma_jnd is None:
            self.chroma_jnd = 0.0
            if not self.picture.grey:
                reduced = replace(self.picture, rgb=reduce_chroma(self.picture.rgb), native=None, icc=None)
                self.chroma_jnd = self.watched(reduced).jnd
        return self.chroma_jnd
