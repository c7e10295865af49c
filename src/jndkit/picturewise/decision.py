"""The decision for one picture and codec: the knob at which viewers begin to notice, and the file at that knob."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cache

from jndkit.codecs import codec as named_codec
from jndkit.codecs.chroma import reduce_chroma
from jndkit.codecs.contract import Codec
from jndkit.observers.contract import Reading, Watched
from jndkit.picture import Picture, flatten
from jndkit.picturewise.blocks import BLOCK, block_search
from jndkit.picturewise.prediction import Prediction
from jndkit.picturewise.search import search

BUDGET = {"fast": 3, "normal": 5, "best": 5}
"""Encodes per picture and codec setting, by effort."""


@dataclass(frozen=True)
class Probe:
    """One encode that was looked at."""

    spec: str
    value: float
    bytes: int
    jnd: float
    interval: tuple[float, float]


@dataclass(frozen=True)
class Choice:
    """A file whose own reading stays within the target."""

    codec: Codec
    value: float
    data: bytes
    reading: Reading


@dataclass(frozen=True)
class Decision:
    """How the search for one codec ended.

    choice: the cheapest passing file found, or None where no tried setting passed (then `best` is the closest).
    probes: every encode, in order.
    stop: see `search.Search.stop`; "lossless"; or "boundary", where a noisy observer's answers turn.
    prediction: what the search started from, and `searched` the probes it made; None and empty for a lossless file.
    """

    choice: Choice | None
    stop: str
    probes: tuple[Probe, ...] = ()
    notes: tuple[str, ...] = ()
    prediction: Prediction | None = None
    searched: tuple[Probe, ...] = ()

    @property
    def best(self) -> Probe | None:
        """The probe that read the least difference."""
        return min(self.probes, key=lambda probe: probe.jnd, default=None)


@dataclass
class Bench:
    """One picture, watched: what every probe of it shares.

    budget: the most encodes of one search.  noisy: the observer's single answers may be wrong, so that more are asked
        for than that.
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
        """Encode, decode and look."""
        data = codec.encode(self.picture, value)
        reading = self.watched(codec.decode(data))
        self.probes.append(Probe(codec.spec, value, len(data), reading.jnd, reading.interval))
        return data, reading

    def reduced_chroma(self) -> float:
        """JND of the picture with its chroma merely reduced to 4:2:0 and restored: no codec can do better in 4:2:0."""
        if self.chroma_jnd is None:
            self.chroma_jnd = 0.0
            if not self.picture.grey:
                reduced = replace(self.picture, rgb=reduce_chroma(self.picture.rgb), native=None, icc=None)
                self.chroma_jnd = self.watched(reduced).jnd
        return self.chroma_jnd


def suited(picture: Picture, codec: Codec) -> Picture:
    """The picture as this codec can hold it: without transparency, profile or metadata it cannot carry."""
    if picture.alpha is not None and "alpha" not in codec.carries:
        picture = replace(
            picture,
            rgb=flatten(picture, 255),
            alpha=None,
            native=None,
            icc=None,
            notes=(*picture.notes, f"{codec.name} has no transparency: composited over white"),
        )
    limit = codec.block_limit
    if limit is not None and picture.exif is not None and len(picture.exif) > limit:
        picture = replace(picture, exif=None, notes=(*picture.notes, _left_out(codec, "EXIF", picture.exif)))
    if limit is not None and picture.xmp is not None and len(picture.xmp) > limit:
        picture = replace(picture, xmp=None, notes=(*picture.notes, _left_out(codec, "XMP", picture.xmp)))
    if picture.native is not None and "icc" not in codec.carries:
        note = f"{codec.name} carries no colour profile: converted to sRGB"
        picture = replace(picture, native=None, icc=None, notes=(*picture.notes, note))
    return picture


def _left_out(codec: Codec, kind: str, block: bytes) -> str:
    return f"{codec.name} holds {codec.block_limit} bytes of {kind}, {len(block)} were there: left out"


def decide(bench: Bench, codec: Codec, *, chroma_free: bool, lossless_first: bool = False) -> Decision:
    """Search the codec's knob; change its chroma sampling or go lossless where the target asks for it.

    chroma_free: the caller left the chroma sampling to us.
    lossless_first: the scale does not hold for this picture; where the format has a lossless mode, use it.
    """
    if lossless_first and codec.lossless is not None:
        return _lossless(bench, named_codec(codec.lossless))
    notes: list[str] = []
    if chroma_free:
        codec, note = _sampled(codec, bench.reduced_chroma, bench.target, "reads")
        notes += note
        if note and codec.spec == codec.lossless:
            return replace(_lossless(bench, codec), notes=tuple(notes))
    found = _search(bench, codec)
    if found.choice is None and codec.lossless is not None:
        notes.append("lossless, since no lossy setting met the target")
        found = replace(_lossless(bench, named_codec(codec.lossless)), probes=tuple(bench.probes))
    return replace(found, notes=(*found.notes, *notes))


def _sampled(codec: Codec, alone: Callable[[], float], target: float, verb: str) -> tuple[Codec, list[str]]:
    """The codec with full chroma, or without loss, where 4:2:0 takes too much of the target; and why.

    alone: JND of 4:2:0 alone, asked only of a codec in 4:2:0.  verb: how that is known.
    """
    jnd = alone() if codec.chroma == "420" else 0.0
    fuller = codec.spec.replace("420", "444")
    if jnd > 0.5 * target and fuller in codec.options:
        return named_codec(fuller), [f"4:4:4, since 4:2:0 alone {verb} {jnd:.2f} JND"]
    if jnd > target and codec.lossless is not None:
        return named_codec(codec.lossless), [f"lossless, since 4:2:0 alone {verb} {jnd:.2f} JND"]
    return codec, []


def _search(bench: Bench, codec: Codec) -> Decision:
    """The cheapest file that is not seen, by readings; of a noisy observer, by votes of its answers."""
    grid = codec.knob.grid
    passed: dict[int, tuple[bytes, Reading]] = {}

    @cache
    def read(step: int) -> float:
        data, reading = bench.probe(codec, grid[step])
        if reading.jnd <= bench.target:
            passed[step] = (data, reading)
        return reading.jnd

    first = len(bench.probes)
    prediction = bench.predict(codec)
    if bench.noisy:
        index, stop = _voted(lambda step: read(step) > bench.target, len(grid))
    else:
        result = search(read, prediction.curve, bench.target, budget=bench.budget)
        index, stop = result.index, result.stop
    probes = tuple(bench.probes[first:])
    choice = None if index is None else Choice(codec, grid[index], *passed[index])
    return Decision(choice, stop, probes, prediction=prediction, searched=probes)


def _voted(visible: Callable[[int], bool], count: int) -> tuple[int | None, str]:
    """The cheapest step beyond the boundary whose own answer agrees, and how the search ended.

    visible: step -> the observer's answer; it may be asked again.
    """
    first = block_search(visible, count).first_invisible
    if first is None:
        return None, "unreachable"
    beyond = range(first, min(first + BLOCK, count))
    index = next((step for step in beyond if not visible(step)), None)
    return index, "unmet" if index is None else "boundary"


def _lossless(bench: Bench, codec: Codec) -> Decision:
    first = len(bench.probes)
    value = codec.knob.grid[-1]
    data, reading = bench.probe(codec, value)
    probes = tuple(bench.probes[first:])
    if reading.jnd > bench.target:
        return Decision(None, "unreachable", probes)
    return Decision(Choice(codec, value, data, reading), "lossless", probes)


def cheapest(bench: Bench, codec: Codec, found: Decision) -> Decision:
    """What `best` effort adds: the codec's other options, each searched, the smallest file kept."""
    for option in codec.options if found.stop != "lossless" else ():
        other = _search(bench, named_codec(option))
        if other.choice and (found.choice is None or len(other.choice.data) < len(found.choice.data)):
            found = replace(other, notes=found.notes)
    return replace(found, probes=tuple(bench.probes))


@dataclass(frozen=True)
class PredictedDecision:
    """What is predicted of one codec without an encode.

    value: the cheapest knob expected to pass, None where none is.  prediction: None for a lossless codec, which passes.
    """

    codec: Codec
    value: float | None
    prediction: Prediction | None
    notes: tuple[str, ...] = ()


def predict_decision(
    codec: Codec,
    predict: Callable[[Codec], Prediction],
    target: float,
    *,
    chroma_free: bool,
    lossless_first: bool = False,
) -> PredictedDecision:
    """What `decide` would come to, by prediction alone. Arguments as there.

    What 4:2:0 alone will read is taken from the best step of its curve, where nothing else is left to see.
    """
    notes: list[str] = []
    if lossless_first and codec.lossless is not None:
        codec = named_codec(codec.lossless)
    elif chroma_free and codec.spec != codec.lossless:
        asked = codec
        codec, notes = _sampled(codec, lambda: math.exp(predict(asked).curve[-1]), target, "is expected to read")
    if codec.spec == codec.lossless:
        return PredictedDecision(codec, codec.knob.grid[-1], None, tuple(notes))
    prediction = predict(codec)
    value = prediction.knob(target).value
    if value is None and codec.lossless is not None:
        lossless = named_codec(codec.lossless)
        notes.append("lossless, since no lossy setting is expected to meet the target")
        return PredictedDecision(lossless, lossless.knob.grid[-1], None, tuple(notes))
    return PredictedDecision(codec, value, prediction, tuple(notes))
