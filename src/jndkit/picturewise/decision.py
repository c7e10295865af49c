"""The decision for one picture and codec: the knob at which viewers begin to notice, and the file at that knob."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from jndkit.codecs import codec as named_codec
from jndkit.codecs.chroma import reduce_chroma
from jndkit.codecs.contract import Codec
from jndkit.observers.contract import Sight, Watch
from jndkit.picture import Picture, flatten
from jndkit.picturewise.curves import typical_curve
from jndkit.picturewise.search import search
from jndkit.viewing import Viewing

BUDGET = {"fast": 3, "normal": 5, "best": 5}
"""Encodes per picture and codec setting, by effort."""


@dataclass(frozen=True)
class Probe:
    """One encode that was looked at."""

    spec: str
    value: float
    bytes: int
    jnd: float


@dataclass(frozen=True)
class Choice:
    """A file whose own reading stays within the target."""

    codec: Codec
    value: float
    data: bytes
    sight: Sight


@dataclass(frozen=True)
class Decision:
    """How the search for one codec ended.

    choice: the cheapest passing file found, or None where no tried setting passed (then `best` is the closest).
    probes: every encode, in order.  stop: see `search.Search.stop`, or "lossless".
    """

    choice: Choice | None
    stop: str
    probes: tuple[Probe, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def best(self) -> Probe | None:
        """The probe that read the least difference."""
        return min(self.probes, key=lambda probe: probe.jnd, default=None)


@dataclass
class Bench:
    """One picture, watched: what every probe of it shares."""

    picture: Picture
    watch: Watch
    viewing: Viewing
    target: float
    budget: int
    chroma_jnd: float | None = None
    probes: list[Probe] = field(default_factory=list)

    def probe(self, codec: Codec, value: float) -> tuple[bytes, Sight]:
        """Encode, decode and look."""
        data = codec.encode(self.picture, value)
        sight = self.watch(codec.decode(data))
        self.probes.append(Probe(codec.spec, value, len(data), sight.jnd))
        return data, sight

    def reduced_chroma(self) -> float:
        """JND of the picture with its chroma merely reduced to 4:2:0 and restored: no codec can do better in 4:2:0."""
        if self.chroma_jnd is None:
            reduced = replace(self.picture, rgb=reduce_chroma(self.picture.rgb), native=None, icc=None)
            self.chroma_jnd = 0.0 if self.picture.grey else self.watch(reduced).jnd
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
    if chroma_free and codec.chroma == "420" and bench.reduced_chroma() > 0.5 * bench.target:
        fuller = codec.spec.replace("420", "444")
        if fuller in codec.options:
            codec = named_codec(fuller)
            notes.append(f"4:4:4, since 4:2:0 alone reads {bench.reduced_chroma():.2f} JND")
        elif bench.reduced_chroma() > bench.target and codec.lossless is not None:
            notes.append(f"lossless, since 4:2:0 alone reads {bench.reduced_chroma():.2f} JND")
            return replace(_lossless(bench, named_codec(codec.lossless)), notes=tuple(notes))
    found = _search(bench, codec)
    if found.choice is None and codec.lossless is not None:
        notes.append("lossless, since no lossy setting met the target")
        found = replace(_lossless(bench, named_codec(codec.lossless)), probes=tuple(bench.probes))
    return replace(found, notes=(*found.notes, *notes))


def _search(bench: Bench, codec: Codec) -> Decision:
    grid = codec.knob.grid
    passed: dict[int, tuple[bytes, Sight]] = {}

    def read(step: int) -> float:
        data, sight = bench.probe(codec, grid[step])
        if sight.jnd <= bench.target:
            passed[step] = (data, sight)
        return sight.jnd

    first = len(bench.probes)
    curve = typical_curve(codec, bench.viewing)
    result = search(read, curve, bench.target, budget=bench.budget)
    probes = tuple(bench.probes[first:])
    if result.index is None:
        return Decision(None, result.stop, probes)
    data, sight = passed[result.index]
    return Decision(Choice(codec, grid[result.index], data, sight), result.stop, probes)


def _lossless(bench: Bench, codec: Codec) -> Decision:
    first = len(bench.probes)
    value = codec.knob.grid[-1]
    data, sight = bench.probe(codec, value)
    probes = tuple(bench.probes[first:])
    if sight.jnd > bench.target:
        return Decision(None, "unreachable", probes)
    return Decision(Choice(codec, value, data, sight), "lossless", probes)


def cheapest(bench: Bench, codec: Codec, found: Decision) -> Decision:
    """What `best` effort adds: the codec's other options, each searched, the smallest file kept."""
    for option in codec.options if found.stop != "lossless" else ():
        other = _search(bench, named_codec(option))
        if other.choice and (found.choice is None or len(other.choice.data) < len(found.choice.data)):
            found = replace(other, notes=found.notes)
    return replace(found, probes=tuple(bench.probes))
