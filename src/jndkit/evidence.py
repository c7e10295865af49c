"""What was done to one picture, and how to repeat it."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from typing import Any

from jndkit.codecs import versions
from jndkit.codecs.contract import Codec
from jndkit.codecs.jpeg.codec import Jpeg
from jndkit.errors import JndError
from jndkit.observers.contract import Reading, Witness
from jndkit.picture import Picture
from jndkit.picturewise.choosing import Chosen
from jndkit.picturewise.decision import PredictedDecision
from jndkit.picturewise.goal import Goal
from jndkit.picturewise.history import History
from jndkit.picturewise.prediction import Prediction
from jndkit.picturewise.probing import Probe
from jndkit.picturewise.sur import sur_curve
from jndkit.version import VERSION
from jndkit.visibility import viewers, viewers_between, viewers_interval


@dataclass
class Row:
    """One picture x codec x setting. `to_json` gives the line that scripts rely on.

    status: "written", "kept" (the input stays: it is smaller, or the saving is too small), "skipped" (already ours),
        "predicted" (no file asked for), "compared" (`output` is the version that was compared) or "failed".
    knob: name and value of the codec's setting; and steps, of JPEG with steps moved for the picture: with the codec
        `CODEC,STEPS` the same is coded again.
    jnd: the visible difference read on the returned file, in JND units, as the protocol's people look.
    reading: what the observer reads of it by itself; `jnd` again where the protocol says nothing of how they look.
    viewers: per cent who see no difference.
    interval: 90 % interval of `viewers`, from the observer's error on people's answers that took no part in the
        protocol's fit. Both are None under a protocol whose spread over viewers is not fitted. Where nothing was
        encoded (`encodes` is 0), `jnd`, `reading` and `observer` are None, and viewers and interval are what is
        predicted, with the error of the prediction in the interval.
    prediction: the knob expected before the first encode: value, the ends low and high of its 90 % interval, the cheap
        end first, each None where it lies past the best setting, and source, the weights' name or "typical"; None for a
        lossless file.
    probes: every encode tried, in order: value, bytes, jnd.  stop: how the search ended.
    second: another observer's word on the returned file: observer, jnd, and agrees, false where it reads more than the
        target by more than its own error. None where its scale does not hold at the display, where nothing was encoded,
        and in rows that are told from a file's mark.
    panel: where a panel judged, what each member reads: observer, jnd. `jnd` is then the first one's, or what the
        second insists on where that is more.
    sur: of a prediction, [knob, viewers, low, high] for every setting, worst fidelity first: the satisfied-user curve.
    hdr_lost: of a picture that shows as HDR by a gain map, whether the file lacks it; None for any other picture,
        and where the picture was not opened.
    resampled: [width, height] of the input, where it was made smaller before it was coded; else None.
    variants: of a responsive set, every file: file, type, codec, knob, width, height, bytes, jnd, viewers, interval,
        encodes, sha256. The row is then that of the smallest file of the largest width, but for `encodes` and
        `seconds`, which are of all, and `output`, which is the manifest.
    input_coding: what the input lost before, None where that is not known: format; lossy; of a JPEG file also quality,
        that of libjpeg with the nearest tables, exact, whether they are these, family, "annex-k" or "unknown",
        sampling and progressive; and earlier_quality, of the JPEG that the pixels were before, where they show it.
    against: what visibility was judged against, where that was not the input: name; sha256, None of pixels without a
        file; and jnd, which the input itself reads.
    prefilter: what smoothed the picture before it was coded: model, form, strength, and jnd, read on it before coding.
    """

    input: str
    output: str | None = None
    status: str = "written"
    codec: str | None = None
    knob: dict[str, Any] | None = None
    bytes: int | None = None
    input_bytes: int | None = None
    input_coding: dict[str, Any] | None = None
    width: int | None = None
    height: int | None = None
    resampled: list[int] | None = None
    jnd: float | None = None
    reading: float | None = None
    jnd_local: float | None = None
    where: list[int] | None = None
    second: dict[str, Any] | None = None
    panel: list[dict[str, Any]] | None = None
    viewers: float | None = None
    interval: list[float] | None = None
    target: dict[str, float] | None = None
    prediction: dict[str, Any] | None = None
    stop: str | None = None
    encodes: int = 0
    probes: list[dict[str, Any]] = field(default_factory=list)
    sur: list[list[float]] | None = None
    seconds: float | None = None
    observer: str | None = None
    protocol: str | None = None
    viewing: str | None = None
    ppd: float | None = None
    domain: str | None = None
    hdr_lost: bool | None = None
    against: dict[str, Any] | None = None
    prefilter: dict[str, Any] | None = None
    variants: list[dict[str, Any]] | None = None
    input_sha256: str | None = None
    output_sha256: str | None = None
    notes: list[str] = field(default_factory=list)
    versions: dict[str, str] = field(default_factory=dict)
    error: dict[str, str] | None = None

    def to_json(self) -> str:
        """One line of JSON, keys in the order above."""
        return json.dumps({key: _rounded(value) for key, value in asdict(self).items()}, ensure_ascii=False)


def failed(path: str, error: JndError, **known: Any) -> Row:
    """The row of a picture that could not be done."""
    return Row(input=path, status="failed", error={"type": type(error).__name__, "message": str(error)}, **known)


def record(row: Row, chosen: Chosen, goal: Goal) -> None:
    """Put a decision and its file into the row."""
    decision, choice = chosen.decision, chosen.choice
    _setting(row, choice.codec, choice.value, decision.stop)
    row.bytes = len(choice.data)
    record_reading(row, choice.reading)
    if chosen.second is not None:
        record_second(row, chosen.second, goal.jnd)
    if goal.protocol.shares:
        row.viewers = viewers(choice.reading.jnd, goal.protocol)
        interval = viewers_between(choice.reading.interval, choice.reading.jnd, goal.protocol, widen=goal.widen)
        row.interval = list(interval)
    row.notes.extend(decision.notes)
    row.probes = [
        {"codec": probe.spec, "value": probe.value, "bytes": probe.bytes, "jnd": probe.jnd} for probe in decision.probes
    ]
    row.encodes = chosen.encodes
    row.prediction = _knob(decision.prediction, goal)
    if row.against is not None:
        row.against["jnd"] = chosen.own_jnd
    if chosen.prefiltered is not None:
        row.prefilter = {key: getattr(chosen.prefiltered, key) for key in ("model", "form", "strength", "jnd")}


def record_history(row: Row, known: History | None, original: Picture | None = None) -> None:
    """Put what the input lost before into the row, and what visibility is judged against, and say so.

    original: that, where it is not the input itself.
    """
    if original is not None:
        sha256 = original.source.sha256 if original.source else None
        row.against = {"name": original.name, "sha256": sha256, "jnd": None}
    lost = str(known) if known else ""
    if lost or original is not None:
        judged = f"visibility is judged against {original.name if original else 'it'}"
        row.notes.append(f"{lost}; {judged}" if lost else judged)
    if known is None:
        return
    row.input_coding = {"format": known.format, "lossy": known.lossy}
    if known.quality is not None:
        row.input_coding |= {"quality": known.quality.value, "exact": known.quality.exact}
        row.input_coding |= {"family": known.quality.family, "sampling": known.sampling or None}
        row.input_coding["progressive"] = known.progressive
    row.input_coding["earlier_quality"] = known.earlier


def record_reading(row: Row, reading: Reading) -> None:
    """Put a reading into the row."""
    row.jnd, row.reading, row.jnd_local, row.where = reading.jnd, reading.raw, reading.jnd_local, list(reading.where)
    if reading.witnesses:
        row.panel = [{"observer": said.observer, "jnd": said.jnd} for said in reading.witnesses]


def record_second(row: Row, second: Witness, target: float) -> None:
    """Put what the second witness says into the row, and a note where it objects. target: JND the file may read."""
    agrees = second.least <= target
    row.second = {"observer": second.observer, "jnd": second.jnd, "agrees": agrees}
    if not agrees:
        row.notes.append(
            f"the second observer reads {second.jnd:.2f} JND: {second.observer} objects, "
            f"since that is above {target:.2f} by more than its own error"
        )


def record_prediction(row: Row, decision: PredictedDecision, goal: Goal) -> None:
    """Put what is predicted without an encode into the row. decision: one with a value."""
    row.status, row.observer = "predicted", None
    _setting(row, decision.codec, decision.value, None if decision.prediction else "lossless")
    row.notes.extend(decision.notes)
    row.prediction = _knob(decision.prediction, goal)
    row.sur = satisfied(decision.prediction, goal)
    if row.sur is not None:
        _, row.viewers, *row.interval = next(point for point in row.sur if point[0] == decision.value)
    elif goal.protocol.shares:
        row.viewers = viewers(0.0, goal.protocol)
        row.interval = list(viewers_interval(0.0, goal.protocol, widen=goal.widen))


def satisfied(prediction: Prediction | None, goal: Goal, probes: Iterable[Probe] = ()) -> list[list[float]] | None:
    """The satisfied-user curve for a row; None for a lossless file, and where the protocol tells no shares.

    probes: those that the prediction's own codec made.
    """
    if prediction is None or not goal.protocol.shares:
        return None
    return [list(point) for point in sur_curve(prediction, goal.protocol, probes, widen=goal.widen)]


def worth_writing(row: Row, min_saving: float) -> bool:
    """Whether the file should take the input's place; where not, the notes say why. min_saving: per cent."""
    if row.input_bytes is None or row.bytes is None or row.resampled is not None:
        return True
    limit = row.input_bytes * (1.0 - min_saving / 100.0)
    # With no saving asked for, a file of the input's own size is still no gain.
    if row.bytes < limit or (row.bytes == limit and min_saving > 0.0):
        return True
    if row.bytes >= row.input_bytes:
        row.notes.append(f"the input is already the smallest: {row.input_bytes} bytes against {row.bytes}")
    else:
        saving = 100.0 * (1.0 - row.bytes / row.input_bytes)
        row.notes.append(f"would save {saving:.1f} %, less than {min_saving:g} %")
    return False


def _setting(row: Row, codec: Codec, value: float | None, stop: str | None) -> None:
    row.codec = codec.spec
    row.knob = {"name": codec.knob.name, "value": value}
    if isinstance(codec, Jpeg) and codec.steps:
        row.knob["steps"] = codec.steps
    row.stop = stop
    row.versions = {"jndkit": VERSION, **versions(codec.spec)}


def _knob(prediction: Prediction | None, goal: Goal) -> dict[str, Any] | None:
    return None if prediction is None else {**prediction.knob(goal.jnd)._asdict(), "source": prediction.source}


def _rounded(value: Any) -> Any:
    """Floats to six digits: what is below is noise that only makes rows differ between machines."""
    if isinstance(value, float):
        return round(value, 6)
    if isinstance(value, dict):
        return {key: _rounded(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_rounded(item) for item in value]
    return value
