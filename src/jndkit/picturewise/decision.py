"""The decision for one picture and codec: the knob at which viewers begin to notice, and the file at that knob."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache

from jndkit.codecs import codec as named_codec
from jndkit.codecs.contract import Codec, expected_size
from jndkit.errors import CodecError
from jndkit.observers.contract import Reading
from jndkit.picture import Picture, flatten
from jndkit.picture.hdr.gain_map import GainMap
from jndkit.picture.hdr.gcontainer import ROOM
from jndkit.picturewise.blocks import BLOCK, block_search
from jndkit.picturewise.prediction import Prediction
from jndkit.picturewise.probing import Probe, Prober, Tailor, Tried
from jndkit.picturewise.search import search

BUDGET = {"fast": 3, "normal": 5, "best": 5}
"""Encodes per picture and codec setting, by effort."""
_KEPT_PIXELS = 20_000_000  # what larger files show is decoded again where it is needed, so that memory stays bounded


@dataclass(frozen=True)
class Choice:
    """A file whose own reading stays within the target.

    kept: what its decoder shows, where that was kept; see `decoded`.
    """

    codec: Codec
    value: float
    data: bytes
    reading: Reading
    kept: Picture | None = None

    @property
    def decoded(self) -> Picture:
        """What its decoder shows. Raises CodecError."""
        return self.codec.decode(self.data) if self.kept is None else self.kept


@dataclass(frozen=True)
class Decision:
    """How the search for one codec ended.

    choice: the cheapest passing file found, or None where no tried setting passed (then `best` is the closest).
    probes: every encode, in order.
    stop: see `search.Search.stop`; "lossless"; "boundary", where a noisy observer's answers turn; or "beaten", see
        `Prober.most`.
    prediction: what the search started from, and `searched` the probes it made; None and empty for a lossless file.
    """

    choice: Choice | None
    stop: str
    probes: tuple[Probe, ...] = ()
    notes: tuple[str, ...] = ()
    prediction: Prediction | None = None
    searched: tuple[Probe, ...] = ()

    @property
    def size(self) -> float:
        """Bytes of the file; infinite where there is none."""
        return math.inf if self.choice is None else len(self.choice.data)

    @property
    def best(self) -> Probe | None:
        """The probe that read the least difference."""
        return min(self.probes, key=lambda probe: probe.jnd, default=None)


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
    if picture.gain_map is not None and "gain map" in codec.carries:
        picture = replace(picture, notes=(*picture.notes, _carried_over(picture.gain_map)))
    limit = codec.block_limit
    if limit is not None and picture.exif is not None and len(picture.exif) > limit:
        picture = replace(picture, exif=None, notes=(*picture.notes, _left_out(codec, "EXIF", picture.exif)))
    # A directory of the gain map goes into the same packet.
    room = 0 if picture.gain_map is None else ROOM
    if limit is not None and picture.xmp is not None and len(picture.xmp) + room > limit:
        picture = replace(picture, xmp=None, notes=(*picture.notes, _left_out(codec, "XMP", picture.xmp, room)))
    if picture.native is not None and "icc" not in codec.carries:
        note = f"{codec.name} carries no colour profile: converted to sRGB"
        picture = replace(picture, native=None, icc=None, notes=(*picture.notes, note))
    return picture


def _carried_over(gain_map: GainMap) -> str:
    note = f"the gain map ({len(gain_map.data) / 1000:.1f} kB) is carried over unchanged"
    # Turned upright, the picture would lie across its map.
    stored = gain_map.orientation
    return note if stored == 1 else f"{note}, and the picture is stored as it was (orientation {stored})"


def _left_out(codec: Codec, kind: str, block: bytes, room: int = 0) -> str:
    limit = (codec.block_limit or 0) - room
    beside = " beside the words on the gain map" if room else ""
    return f"{codec.name} holds {limit} bytes of {kind}{beside}, {len(block)} were there: left out"


def leaves_chroma(spec: str) -> bool:
    """Whether a codec's spec leaves the chroma open: "jpeg" does; "jpeg:420", "avif:s6,444" and "webp:sharp" do not.

    Steps that a file has were found with its chroma.
    """
    return not re.search("4[0-4]{2}|sharp|steps-", spec)


def decide(prober: Prober, codec: Codec, *, chroma_free: bool, lossless_first: bool = False) -> Decision:
    """Search the codec's knob; change its chroma sampling or go lossless where the target asks for it.

    chroma_free: the caller left the chroma sampling to us, see `leaves_chroma`.
    lossless_first: the scale does not hold for this picture; where the format has a lossless mode, use it.
    """
    if lossless_first and codec.lossless is not None:
        return _lossless(prober, named_codec(codec.lossless))
    notes: list[str] = []
    if chroma_free:
        codec, note = _sampled(codec, prober.reduced_chroma, prober.target, "reads")
        notes += note
        if note and codec.spec == codec.lossless:
            return replace(_lossless(prober, codec), notes=tuple(notes))
        codec = _smaller_chroma(codec, prober.picture, prober.predict, prober.target)
    decision = _search(prober, codec)
    if decision.choice is None and codec.lossless is not None:
        notes.append("lossless, since no lossy setting met the target")
        decision = replace(_lossless(prober, named_codec(codec.lossless)), probes=tuple(prober.probes))
    return replace(decision, notes=(*decision.notes, *notes))


def _sampled(codec: Codec, alone: Callable[[], float], target: float, verb: str) -> tuple[Codec, list[str]]:
    """The codec with full or sharp chroma, or without loss, where 4:2:0 takes too much of the target; and why.

    alone: JND of 4:2:0 alone, asked only of a codec in 4:2:0, since finding out takes a reading.
    verb: how that is known.
    """
    jnd = alone() if codec.chroma == "420" else 0.0
    # No quality setting brings back what 4:2:0 took, and quantisation is still to come.
    if jnd > 0.5 * target:
        for fuller, what in ((codec.spec.replace("420", "444"), "4:4:4"), (f"{codec.spec},sharp", "sharp chroma")):
            if fuller in codec.options:
                return named_codec(fuller), [f"{what}, since 4:2:0 alone {verb} {jnd:.2f} JND"]
    if jnd > target and codec.lossless is not None:
        return named_codec(codec.lossless), [f"lossless, since 4:2:0 alone {verb} {jnd:.2f} JND"]
    return codec, []


def _smaller_chroma(codec: Codec, picture: Picture, predict: Callable[[Codec], Prediction], target: float) -> Codec:
    """The codec with full chroma, where its file should be the smaller one; for codecs that tell without coding."""
    fuller = codec.spec.replace("420", "444")
    if codec.chroma != "420" or fuller not in codec.options or picture.grey:
        return codec
    other = named_codec(fuller)
    sizes = []
    for rival in (codec, other):
        value = predict(rival).knob(target).value
        sizes.append(None if value is None else expected_size(rival, picture, value))
    own, its = sizes
    return other if own is not None and its is not None and its < own else codec


class _Beaten(Exception):
    """What passes takes more bytes than a file that is there."""


def _search(prober: Prober, codec: Codec) -> Decision:
    """The cheapest file that is not seen, by readings; of a noisy observer, by votes of its answers."""
    grid = codec.knob.grid
    passed: dict[int, Choice] = {}

    @cache
    def read(step: int) -> float:
        tried = prober.probe(codec, grid[step])
        if tried.reading.jnd > prober.target and len(tried.data) >= prober.most:
            raise _Beaten
        if tried.reading.jnd <= prober.target:
            passed[step] = _choice(codec, grid[step], tried)
            for other in sorted(passed)[1:]:  # what costs more than another is hardly chosen, and pictures are large
                passed[other] = replace(passed[other], kept=None)
        return tried.reading.jnd

    first = len(prober.probes)  # others were made for other options of the codec
    prediction = prober.predict(codec)
    if prober.tailor is not None:
        codec, prediction = prober.tailor(codec, prediction)
    try:
        if prober.noisy:
            index, stop = _voted(lambda step: read(step) > prober.target, len(grid))
        else:
            result = search(read, prediction.curve, prober.target, budget=prober.budget)
            index, stop = result.index, result.stop
    except _Beaten:
        index, stop = None, "beaten"
    probes = tuple(prober.probes[first:])
    choice = None if index is None else passed[index]
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


def _lossless(prober: Prober, codec: Codec) -> Decision:
    first = len(prober.probes)
    value = codec.knob.grid[-1]
    tried = prober.probe(codec, value)
    probes = tuple(prober.probes[first:])
    if tried.reading.jnd > prober.target:
        return Decision(None, "unreachable", probes)
    return Decision(_choice(codec, value, tried), "lossless", probes)


def _choice(codec: Codec, value: float, tried: Tried) -> Choice:
    shown = tried.decoded
    return Choice(
        codec, value, tried.data, tried.reading, shown if shown.width * shown.height <= _KEPT_PIXELS else None
    )


def carried_jpeg(prober: Prober, codec: Codec, data: bytes) -> Decision:
    """The decision for the picture's own JPEG file, carried in another format without loss.

    codec: what carried it.  data: the file that holds it.  The choice is None where its decoder shows another picture.
    """
    value = codec.knob.grid[-1]
    tried = prober.read(codec, value, data)
    choice = None if tried.reading.jnd > prober.target else _choice(codec, value, tried)
    note = "the JPEG file itself, carried without loss: jnd decode FILE -o NAME.jpg gives it back"
    if prober.picture.gain_map is not None:
        note += ", with its gain map; the JPEG XL file shows as SDR"
    return Decision(choice, "lossless", tuple(prober.probes), (note,))


def cheapest(prober: Prober, codec: Codec, decision: Decision) -> Decision:
    """What `best` effort adds: the codec's other options, each searched, the smallest file kept."""
    for option in codec.options if decision.stop != "lossless" else ():
        codec = named_codec(option)
        if codec.spec in {probe.spec for probe in prober.probes}:  # the one that was decided on
            continue
        if codec.chroma == "420" and prober.reduced_chroma() > prober.target:  # which no setting mends
            continue
        try:
            other = _search(prober, codec)
        except CodecError:  # what was to be bettered is there
            continue
        if other.size < decision.size:
            decision = replace(other, notes=decision.notes)
    return replace(decision, probes=tuple(prober.probes))


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
    picture: Picture | None = None,
    tailor: Tailor | None = None,
) -> PredictedDecision:
    """What `decide` would come to, judged by what is predicted, without an encode. Arguments as there.

    picture: what would be encoded, of which some codecs can tell how large its file would be.  tailor: as in `Prober`.

    What 4:2:0 alone would read is taken from the best step of its curve, where nothing else is left to see.
    """
    notes: list[str] = []
    if lossless_first and codec.lossless is not None:
        codec = named_codec(codec.lossless)
    elif chroma_free and codec.spec != codec.lossless:
        halved = codec  # the answer is of this one, whatever the name `codec` stands for by then
        codec, notes = _sampled(codec, lambda: math.exp(predict(halved).curve[-1]), target, "is expected to read")
    if codec.spec == codec.lossless:
        return PredictedDecision(codec, codec.knob.grid[-1], None, tuple(notes))
    if chroma_free and picture is not None:
        codec = _smaller_chroma(codec, picture, predict, target)
    prediction = predict(codec)
    if tailor is not None:
        codec, prediction = tailor(codec, prediction)
    value = prediction.knob(target).value
    if value is None and codec.lossless is not None:
        lossless = named_codec(codec.lossless)
        notes.append("lossless, since no lossy setting is expected to meet the target")
        return PredictedDecision(lossless, lossless.knob.grid[-1], None, tuple(notes))
    return PredictedDecision(codec, value, prediction, tuple(notes))
