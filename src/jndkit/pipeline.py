"""From a picture to the smallest file that looks the same, with the evidence. The file to read first.

load -> domain -> watch -> (prefilter) -> chroma -> predict -> search (encode, decode, read) -> compare -> Row
"""

from __future__ import annotations

import math
import re
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from jndkit import codecs
from jndkit.codecs.contract import Codec
from jndkit.errors import CodecError, TargetError, UsageError, check_choice
from jndkit.evidence import Row, record, record_prediction, satisfied
from jndkit.observers import observer as named_observer
from jndkit.observers.contract import Observer, is_noisy
from jndkit.picture import Picture, check_damaged, check_policy, load, with_metadata
from jndkit.picturewise.curves import is_known
from jndkit.picturewise.decision import (
    BUDGET,
    Bench,
    Choice,
    Decision,
    PredictedDecision,
    cheapest,
    decide,
    predict_decision,
    suited,
)
from jndkit.picturewise.domain import Domain, domain
from jndkit.picturewise.prediction import Prediction, predictor
from jndkit.picturewise.prefilter import Prefiltered, form_for, prefilter_within
from jndkit.picturewise.watching import watch_under
from jndkit.pixelwise import model_card
from jndkit.protocols import Protocol, protocol as named_protocol
from jndkit.provenance import describe, inscribe, with_mark
from jndkit.viewing import Viewing
from jndkit.visibility import jnd_for

AUTO = ("jpeg", "webp", "avif", "heic", "jxl")
"""What `auto` chooses from, where present; a VVC stream is not a file that programs open."""

_STRICTER = 0.5  # share of the target that a picture outside the scale's domain must meet


@dataclass(frozen=True)
class Encoded:
    """A finished file, or the reason why the input stays. `data` is None unless row.status is "written"."""

    data: bytes | None
    row: Row
    suffix: str


@dataclass(frozen=True)
class Settings:
    """What the caller asked for, checked. Picklable, so that pools of processes can share it.

    encode: False has `predict` answer from the picture alone.
    """

    codec: str = "jpeg"
    viewers: float = 75.0
    protocol: str = "aic"
    viewing: str | float | None = None
    observer: str = "cvvdp"
    effort: str = "normal"
    min_saving: float = 5.0
    keep_metadata: str = "all"
    force: bool = False
    max_pixels: int = 100_000_000
    damaged: str = "refuse"
    prefilter: str | None = None
    encode: bool = True

    def __post_init__(self) -> None:
        if not 50.0 <= self.viewers <= 95.0:
            raise UsageError(f"--viewers must lie between 50 and 95 per cent, not {self.viewers:g}")
        check_choice("effort", self.effort, BUDGET)
        if not 0.0 <= self.min_saving < 100.0:
            raise UsageError(f"--min-saving must lie between 0 and 100 per cent, not {self.min_saving:g}")
        check_policy(self.keep_metadata)
        check_damaged(self.damaged)
        jnd_for(self.viewers, self.fit[0])
        for name in self.codec_specs:
            codecs.codec(name)
        named_observer(self.observer)
        if self.prefilter is not None:
            model_card(self.prefilter)
        if not self.encode:
            self._check_predictable()

    def _check_predictable(self) -> None:
        """Raises UsageError where the request needs what --no-encode does not do."""
        if self.codec == "auto":
            raise UsageError("--no-encode knows no sizes, by which auto chooses: name one codec")
        if self.prefilter is not None:
            raise UsageError("--no-encode reads nothing, by which --prefilter finds its strength")
        if self.effort != "normal":
            raise UsageError("--no-encode makes no encodes, of which --effort says how many")
        if self.observer != "cvvdp":
            raise UsageError("--no-encode asks no observer: leave --observer out")
        codec = codecs.codec(self.codec)
        if codec.spec != codec.lossless and not is_known(codec):
            raise UsageError(f"--no-encode does not know {codec.name}: no photographs were read to predict it by")

    @property
    def fit(self) -> tuple[Protocol, Viewing]:
        return named_protocol(self.protocol, self.viewing)

    @property
    def codec_specs(self) -> tuple[str, ...]:
        if self.codec != "auto":
            return (self.codec,)
        present = codecs.available()
        return tuple(name for name in AUTO if present.get(name) == "")


def encode(source: str | Path | Picture, **options: Any) -> Encoded:
    """The smallest file that looks the same to the wanted share of viewers.

    source: a path, or a Picture from `jndkit.load`.  options: the fields of `Settings`, which are the command line's
    names: codec, viewers (per cent), protocol, viewing, observer, effort, min_saving (per cent), keep_metadata, force,
    max_pixels, damaged ("refuse" or "keep"), prefilter (a JND model: smooth the picture within its map before coding).

    Raises UsageError for the request, InputError for the file, MissingError for an absent extra, TargetError where no
    setting meets the target, CodecError where the encoder fails.
    """
    return run(source, Settings(**options))


def predict(source: str | Path | Picture, **options: Any) -> Row:
    """The decision without the file: knob, predicted viewers, interval, probes, satisfied-user curve.

    As `encode`; encode=False answers from the picture alone, without an encode, for a codec with a typical curve.
    """
    return run(source, Settings(**options), write=False).row


def run(source: str | Path | Picture, settings: Settings, *, write: bool = True) -> Encoded:
    """`encode` with settings that were checked before; without `write`, `predict`."""
    if write and not settings.encode:
        raise UsageError("without an encode there is no file: encode=False is for predict")
    started = time.perf_counter()
    most, damaged = settings.max_pixels, settings.damaged
    picture = source if isinstance(source, Picture) else load(source, max_pixels=most, damaged=damaged)
    row = _opened(picture, settings)
    if picture.marked and write and not settings.force:
        row.status = "skipped"
        row.notes.append("written by jndkit before; --force encodes it again")
        return Encoded(None, row, "")
    picture = with_mark(with_metadata(picture, settings.keep_metadata), settings)
    kind = domain(picture)
    row.domain = kind.kind
    fit, viewing = settings.fit
    target = jnd_for(settings.viewers, fit)
    target *= 1.0 if kind.inside else _STRICTER
    predict_knob = predictor(picture, viewing, fit, near=(target,), widen=kind.widen)
    if not settings.encode:
        predicted = _predicted_decision(picture, kind, settings, target, predict_knob)
        record_prediction(row, predicted, target, fit, kind.widen)
        row.seconds = time.perf_counter() - started
        return Encoded(None, row, predicted.codec.suffix)
    benches = _Benches(picture, settings, target, predict_knob)
    found, choice, prefiltered = _smallest(picture, kind, settings, benches)
    record(row, found, choice, target, fit, kind.widen)
    row.prefilter, row.encodes = _prefiltering(prefiltered), benches.encodes
    if not write:
        row.status = "predicted"
        row.sur = satisfied(found.prediction, fit, kind.widen, found.searched)
    elif _not_worth_it(row, settings):
        row.status = "kept"
    data = inscribe(row, choice.data, picture.mark)
    row.seconds = time.perf_counter() - started
    return Encoded(data if row.status == "written" else None, row, choice.codec.suffix)


class _Benches:
    """The picture watched once as it is, and once composited for codecs without transparency, each when needed."""

    def __init__(
        self,
        picture: Picture,
        settings: Settings,
        target: float,
        predicted: Callable[[Codec], Prediction],
    ) -> None:
        self._picture = picture
        self._observer: Observer = named_observer(settings.observer)
        self._fit, self._viewing = settings.fit
        self.target = target
        self._predict = predicted
        self._budget = BUDGET[settings.effort]
        self._made: dict[bool, Bench] = {}
        self._prefiltered: dict[tuple[bool, bool, str], Prefiltered | None] = {}
        self.encodes = 0

    def of(self, codec: Codec) -> Bench:
        picture = suited(self._picture, codec)
        opaque = picture.alpha is None
        twin = self._made.get(opaque)
        watched = twin.watched if twin else watch_under(self._observer, picture, self._viewing, self._fit)
        bench = Bench(picture, watched, self._predict, self.target, self._budget, noisy=is_noisy(self._observer))
        if twin:
            bench.chroma_jnd = twin.chroma_jnd
        self._made[opaque] = bench
        return bench

    def prefiltered(self, bench: Bench, codec: Codec, model: str) -> tuple[Bench, Prefiltered] | None:
        """The same bench with a smoothed picture to code, the original still watched; None where smoothing shows."""
        form = form_for(codec.name)
        made = bench.picture.alpha is None, bench.picture.native is None, form
        if made not in self._prefiltered:
            self._prefiltered[made] = prefilter_within(bench.picture, model, bench.watched, bench.target, form=form)
        prefiltered = self._prefiltered[made]
        if prefiltered is None:
            return None
        picture = replace(bench.picture, rgb=prefiltered.picture.rgb, native=prefiltered.picture.native)
        return replace(bench, picture=picture, chroma_jnd=bench.reduced_chroma(), probes=[]), prefiltered


def _smallest(
    picture: Picture, kind: Domain, settings: Settings, benches: _Benches
) -> tuple[Decision, Choice, Prefiltered | None]:
    """The decision with the smallest file over the codecs asked for, the file, and how it was filtered. TargetError."""
    best: tuple[Decision, Choice, Prefiltered | None] | None = None
    refused: list[str] = []
    lossless = ("png",) if settings.codec == "auto" and not kind.inside else ()
    for spec in (*settings.codec_specs, *lossless):
        codec = codecs.codec(spec)
        bench = benches.of(codec)
        try:
            found, prefiltered = _decided(bench, codec, spec, settings, kind, benches)
        except CodecError as error:
            if settings.codec != "auto":
                raise CodecError(f"{picture.name}: {error}") from error
            refused.append(str(error))
            continue
        if found.choice is None:
            refused.append(_refusal(spec, found, bench, settings))
        elif best is None or len(found.choice.data) < len(best[1].data):
            notes = (*bench.picture.notes, *_outside_notes(kind, found.stop), *found.notes)
            best = replace(found, notes=notes), found.choice, prefiltered
    if best is None:
        raise TargetError(f"{picture.name}: {'; '.join(refused)}")
    return best


def _decided(
    bench: Bench, codec: Codec, spec: str, settings: Settings, kind: Domain, benches: _Benches
) -> tuple[Decision, Prefiltered | None]:
    """The decision for one codec, on the prefiltered picture where that was asked for and gives a file."""

    def search(some: Bench) -> Decision:
        try:
            found = decide(some, codec, chroma_free=_chroma_free(spec), lossless_first=not kind.inside)
            best = settings.effort == "best" and kind.inside
            return cheapest(some, codec, found) if best else found
        finally:
            benches.encodes += len(some.probes)

    if settings.prefilter is None:
        return search(bench), None
    if not kind.inside:
        return _unfiltered(search(bench), "the scale of visibility does not hold for this picture"), None
    smoothed = benches.prefiltered(bench, codec, settings.prefilter)
    if smoothed is None:
        return _unfiltered(search(bench), f"{settings.prefilter} leaves nothing to smooth unseen"), None
    found, prefiltered = search(smoothed[0]), smoothed[1]
    passed = found.choice is not None and found.stop != "lossless"
    if passed and settings.effort != "best":
        return found, prefiltered
    plain = search(bench)
    probes = (*found.probes, *plain.probes)
    if passed and _size(found) <= _size(plain):
        return replace(found, probes=probes), prefiltered
    reason = "the file is smaller without" if passed else "no lossy setting met the target with it"
    return _unfiltered(replace(plain, probes=probes), reason), None


def _chroma_free(spec: str) -> bool:
    return not re.search("4[0-4]{2}", spec)


def _size(found: Decision) -> float:
    return math.inf if found.choice is None else len(found.choice.data)


def _unfiltered(found: Decision, reason: str) -> Decision:
    return replace(found, notes=(*found.notes, f"not prefiltered: {reason}"))


def _prefiltering(prefiltered: Prefiltered | None) -> dict[str, Any] | None:
    return (
        None
        if prefiltered is None
        else {key: getattr(prefiltered, key) for key in ("model", "form", "strength", "jnd")}
    )


def _outside_notes(kind: Domain, stop: str | None) -> list[str]:
    """What a reading means where the scale was not fitted."""
    if kind.inside:
        return []
    cure = "coded without loss" if stop == "lossless" else "held to half of the target, interval doubled"
    return [f"outside the domain of the scale ({kind.kind}: {', '.join(kind.reasons)}): {cure}"]


def _refusal(spec: str, found: Decision, bench: Bench, settings: Settings) -> str:
    best = found.best
    reached = f"the best tried, {best.spec} at {best.value:g}, reads {best.jnd:.2f} JND" if best else "nothing tried"
    return f"{spec} does not reach {settings.viewers:g} % of viewers ({bench.target:.2f} JND): {reached}"


def _predicted_decision(
    picture: Picture, kind: Domain, settings: Settings, target: float, predicted: Callable[[Codec], Prediction]
) -> PredictedDecision:
    """What is predicted without an encode. TargetError."""
    codec = codecs.codec(settings.codec)
    picture = suited(picture, codec)
    free = _chroma_free(settings.codec) and not picture.grey
    found = predict_decision(codec, predicted, target, chroma_free=free, lossless_first=not kind.inside)
    if found.value is None and found.prediction is not None:
        wanted = f"{settings.viewers:g} % of viewers ({target:.2f} JND)"
        read = math.exp(found.prediction.curve[-1])
        best = f"the best setting, {found.prediction.grid[-1]:g}, should read {read:.2f} JND"
        raise TargetError(f"{picture.name}: {found.codec.spec} is not expected to reach {wanted}: {best}")
    outside = _outside_notes(kind, None if found.prediction else "lossless")
    return replace(found, notes=(*picture.notes, *outside, *found.notes))


def _not_worth_it(row: Row, settings: Settings) -> bool:
    """Whether the input should stay, and why, in the notes."""
    if row.input_bytes is None or row.bytes is None or settings.force:
        return False
    limit = row.input_bytes * (1.0 - settings.min_saving / 100.0)
    if row.bytes < limit or (row.bytes == limit and settings.min_saving > 0.0):
        return False
    if row.bytes >= row.input_bytes:
        row.notes.append(f"the input is already the smallest: {row.input_bytes} bytes against {row.bytes}")
    else:
        saving = 100.0 * (1.0 - row.bytes / row.input_bytes)
        row.notes.append(f"would save {saving:.1f} %, less than {settings.min_saving:g} %")
    return True


def _opened(picture: Picture, settings: Settings) -> Row:
    row = Row(input=picture.name, width=picture.width, height=picture.height)
    if picture.source is not None:
        row.input_bytes, row.input_sha256 = picture.source.size, picture.source.sha256
    describe(row, settings)
    return row
