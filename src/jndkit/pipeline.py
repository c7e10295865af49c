"""From a picture to the smallest file that looks the same, with the evidence. The file to read first.

load -> domain -> predict -> [watch -> prefilter -> chroma -> search: encode, decode, read] -> compare -> Row

What stands in brackets is done for every codec that is tried, in `picturewise/choosing.py`; what is read is always the
difference from the original. The file is then compared with the input, which stays where little would be saved.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

from jndkit.errors import UsageError
from jndkit.evidence import Row, record, record_prediction, satisfied, worth_writing
from jndkit.limits import MAX_PIXELS
from jndkit.observers import OBSERVERS, observer as named_observer
from jndkit.opening import load
from jndkit.picture import Damaged, Picture, with_metadata
from jndkit.picturewise.choosing import Chooser, predict_choice
from jndkit.picturewise.domain import domain
from jndkit.picturewise.goal import Goal
from jndkit.picturewise.prediction import predictor
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
    prefilter: str | None = None,
) -> Encoded:
    """The smallest file that looks the same to the wanted share of viewers.

    source: a path, or a Picture from `jndkit.load`.  codec: a spec such as "webp" or "avif:s6,444"; or "auto".
    viewers: per cent who should see no difference, 50 to 95.  protocol: how they look, a name in `protocols.PROTOCOLS`.
    viewing: a display's name or pixels per degree; the protocol's own where None.
    observer: who judges, a name in `jndkit.models()`.  effort: how many encodes to try.
    min_saving: per cent of the input's bytes; where the file would save less, the input stays.
    keep_metadata: what of colour profile, EXIF and XMP goes into the file.
    force: encode files that jndkit wrote, and give the file even where it is larger than the input.
    max_pixels: the largest width times height that is decoded.
    damaged: whether a picture whose coded data is damaged is refused, or taken as far as it decodes, with a note.
    prefilter: a JND model within whose map the picture is smoothed before coding, in `jndkit.models()`.

    Raises UsageError for the request, InputError for the file, MissingError for an absent extra, TargetError where no
    setting meets the target, CodecError where the encoder fails.
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
        prefilter=prefilter,
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
    prefilter: str | None = None,
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
        prefilter=prefilter,
        encode=encode,
    )
    return run(source, settings, write=False).row


def run(source: str | Path | Picture, settings: Settings, *, write: bool = True) -> Encoded:
    """`encode` with settings that were checked before; without `write`, `predict`."""
    if write and not settings.encode:
        raise UsageError("without an encode there is no file: encode=False is for predict")
    started = time.perf_counter()
    limit, damaged = settings.max_pixels, settings.damaged
    picture = source if isinstance(source, Picture) else load(source, max_pixels=limit, damaged=damaged)
    row = first_row(picture, settings)
    if write and picture.marked and not settings.force:
        row.status = "skipped"
        row.notes.append("written by jndkit before; --force encodes it again")
        return Encoded(None, row, "")
    picture = with_mark(with_metadata(picture, settings.keep_metadata), settings)
    goal = Goal(settings.viewers, *settings.fit, domain(picture))
    row.domain = goal.domain.kind
    predict_curve = predictor(picture, goal.viewing, goal.protocol, near=(goal.jnd,), widen=goal.widen)
    if not settings.encode:
        expected = predict_choice(picture, settings.codec, goal, predict_curve)
        record_prediction(row, expected, goal)
        row.seconds = time.perf_counter() - started
        return Encoded(None, row, expected.codec.suffix)
    observer, effort, model = named_observer(settings.observer), settings.effort, settings.prefilter
    chooser = Chooser(picture, goal, observer, predict_curve, effort=effort, prefilter=model)
    chosen = chooser.smallest(settings.codec_specs, auto=settings.codec == "auto")
    record(row, chosen, goal)
    row.versions |= OBSERVERS.package(settings.observer) | (model_package(model) if model else {})
    if not write:
        row.status = "predicted"
        row.sur = satisfied(chosen.decision.prediction, goal, chosen.decision.searched)
    elif not settings.force and not worth_writing(row, settings.min_saving):
        row.status = "kept"
    data = inscribe(row, chosen.choice.data, picture.mark)
    row.seconds = time.perf_counter() - started
    return Encoded(data if row.status == "written" else None, row, chosen.choice.codec.suffix)
