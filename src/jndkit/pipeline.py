"""From a picture to the smallest file that looks the same, with the evidence. The file to read first.

load -> domain -> predict -> [watch -> prefilter -> chroma -> search: encode, decode, read] -> second -> compare -> Row

What stands in brackets is done for every codec that is tried, in `picturewise/choosing.py`; what is read is always the
difference from the original. The file that is chosen is shown to a second observer, whose word is noted, and compared
with the input, which stays where little would be saved.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jndkit.errors import UsageError
from jndkit.evidence import Row, record, record_history, record_prediction, satisfied, worth_writing
from jndkit.limits import MAX_PIXELS
from jndkit.observers import OBSERVERS, observer as named_observer, second_to
from jndkit.opening import opened
from jndkit.picture import Damaged, Picture, with_metadata
from jndkit.picturewise.choosing import Chooser, predict_choice
from jndkit.picturewise.domain import domain
from jndkit.picturewise.goal import Goal
from jndkit.picturewise.history import history
from jndkit.picturewise.originals import check_original
from jndkit.picturewise.prediction import predictor
from jndkit.picturewise.probing import Told
from jndkit.pixelwise import model_package
from jndkit.provenance import first_row, inscribe, with_mark
from jndkit.settings import Effort, KeepMetadata, Settings


@dataclass(frozen=True)
class Encoded:
    """A finished file, or the reason why the input stays.

    data: the file; None unless row.status is "written".  suffix: that its name should have, ".jpg".
    """

    data: bytes | None
    row: Row
    suffix: str


def encode(
    source: str | Path | Picture,
    *,
    codec: str = "jpeg",
    viewers: float = 75.0,
    protocol: str = "aic",
    viewing: str | float | None = None,
    observer: str = "cvvdp",
    effort: Effort = "normal",
    min_saving: float = 5.0,
    keep_metadata: KeepMetadata = "all",
    force: bool = False,
    max_pixels: int = MAX_PIXELS,
    damaged: Damaged = "refuse",
    sdr: bool = False,
    width: int | None = None,
    prefilter: str | None = None,
    against: str | Path | Picture | None = None,
) -> Encoded:
    """The smallest file that looks the same to the wanted share of viewers.

    source: a path, or a Picture from `jndkit.load`.  codec: a spec such as "webp" or "avif:s6,444"; or "auto".
    viewers: per cent who should see no difference, 50 to 95.  protocol: how they look, a name in `protocols.PROTOCOLS`.
    viewing: a display's name or pixels per degree; the protocol's own where None.  effort: how many encodes to try.
    observer: who judges, a name in `jndkit.models()`.  keep_metadata: which of it goes into the file.
    min_saving: per cent of the input's bytes; where the file would save less, the input stays.
    force: encode files that jndkit wrote, and give the file even where it is larger than the input.
    max_pixels: the largest width times height that is decoded.  width: pixels across to resample to, where it has more.
    damaged: whether a picture whose coded data is damaged is refused, or taken as far as it decodes, with a note.
    sdr: leave out the gain map by which a picture shows as HDR; without it a codec that cannot hold one is refused.
    prefilter: a JND model within whose map the picture is smoothed before coding, in `jndkit.models()`.
    against: a better original of the same size, which visibility is judged against; the input itself where None.
    Raises UsageError for the request, InputError for the file, MissingError for an absent extra, TargetError where no
    setting meets the target or the codec cannot hold the gain map, CodecError where the encoder fails.
    """
    settings = Settings(
        codec=codec,
        viewers=viewers,
        protocol=protocol,
        viewing=viewing,
        observer=observer,
        effort=effort,
        min_saving=min_saving,
        keep_metadata=keep_metadata,
        force=force,
        max_pixels=max_pixels,
        damaged=damaged,
        sdr=sdr,
        width=width,
        prefilter=prefilter,
        against=against,
    )
    return run(source, settings)


def predict(
    source: str | Path | Picture,
    *,
    codec: str = "jpeg",
    viewers: float = 75.0,
    protocol: str = "aic",
    viewing: str | float | None = None,
    observer: str = "cvvdp",
    effort: Effort = "normal",
    keep_metadata: KeepMetadata = "all",
    max_pixels: int = MAX_PIXELS,
    damaged: Damaged = "refuse",
    sdr: bool = False,
    width: int | None = None,
    prefilter: str | None = None,
    against: str | Path | Picture | None = None,
    encode: bool = True,
) -> Row:
    """The decision without the file: knob, predicted viewers, interval, probes, satisfied-user curve.

    encode: False answers from the picture alone, without an encode, for a codec with a typical curve.
    Other arguments and errors as `jndkit.encode`.
    """
    settings = Settings(
        codec=codec,
        viewers=viewers,
        protocol=protocol,
        viewing=viewing,
        observer=observer,
        effort=effort,
        keep_metadata=keep_metadata,
        max_pixels=max_pixels,
        damaged=damaged,
        sdr=sdr,
        width=width,
        prefilter=prefilter,
        against=against,
        encode=encode,
    )
    return run(source, settings, write=False).row


def run(source: str | Path | Picture, settings: Settings, *, write: bool = True, told: Told = None) -> Encoded:
    """`encode` with settings that were checked before; without `write`, `predict`. told: called with every probe."""
    if write and not settings.encode:
        raise UsageError("without an encode there is no file: encode=False is for predict")
    started = time.perf_counter()
    picture = opened(source, **settings.opening)
    row = first_row(picture, settings)
    if write and picture.marked and not settings.force:
        row.status, row.notes = "skipped", [*row.notes, "written by jndkit before; --force encodes it again"]
        return Encoded(None, row, "")
    original = None if settings.against is None else opened(settings.against, **settings.opening)
    check_original(picture, original)
    record_history(row, history(picture), original)
    picture = with_mark(with_metadata(picture, settings.keep_metadata, sdr=settings.sdr), settings)
    goal = Goal(settings.viewers, *settings.fit, domain(original or picture))
    row.domain, row.hdr_lost = goal.domain.kind, (picture.gain_map is None if picture.hdr else None)
    predict_curve = predictor(picture, goal.viewing, goal.protocol, near=(goal.jnd,), widen=goal.widen)
    if not settings.encode:
        expected = predict_choice(picture, settings.codec, goal, predict_curve)
        record_prediction(row, expected, goal.of(expected.codec.name))
        row.seconds = time.perf_counter() - started
        return Encoded(None, row, expected.codec.suffix)
    observer = named_observer(settings.observer)
    effort, model, carry = settings.effort, settings.prefilter, settings.keep_metadata == "all"
    reading: dict[str, Any] = {"second": second_to(settings.observer), "original": original, "told": told}
    chooser = Chooser(picture, goal, observer, predict_curve, effort=effort, prefilter=model, carry=carry, **reading)
    chosen = chooser.smallest(settings.codec_specs, auto=settings.codec == "auto")
    record(row, chosen, goal := goal.of(chosen.choice.codec.name))
    row.versions |= OBSERVERS.package(settings.observer) | (model_package(model) if model else {})
    if not write:
        row.status = "predicted"
        row.sur = satisfied(chosen.decision.prediction, goal, chosen.decision.searched)
    elif not settings.force and not worth_writing(row, settings.min_saving):
        row.status = "kept"
    data = inscribe(row, chosen.choice.data, picture.mark)
    row.seconds = time.perf_counter() - started
    return Encoded(data if row.status == "written" else None, row, chosen.choice.codec.suffix)
