"""What was done to one picture, and how to repeat it."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from typing import Any

from jndkit.codecs import versions
from jndkit.codecs.contract import Codec
from jndkit.errors import JndError
from jndkit.observers.contract import Reading
from jndkit.picturewise.decision import Choice, Decision, PredictedDecision, Probe
from jndkit.picturewise.prediction import Prediction
from jndkit.picturewise.sur import ReadSetting, sur_curve
from jndkit.protocols import Protocol
from jndkit.version import VERSION
from jndkit.visibility import viewers, viewers_between, viewers_interval


@dataclass
class Row:
    """One picture x codec x setting. `to_json` gives the line that scripts rely on.

    status: "written", "kept" (the input stays: it is smaller, or the saving is too small), "skipped" (already ours),
        "predicted" (no file asked for), "compared" (`output` is the version that was compared) or "failed".
    jnd: the visible difference read on the returned file, in JND units, as the protocol's people look.
    reading: what the observer reads of it by itself; `jnd` again where the protocol says nothing of how they look.
    viewers: per cent who see no difference.
    interval: 90 % interval of `viewers`, from the observer's error on people's answers that took no part in the
        protocol's fit. Both are None under a protocol whose spread over viewers is not fitted. Where nothing was
        encoded (`encodes` is 0), `jnd`, `reading` and `observer` are None, and viewers and interval are what is
        predicted, the error of prediction included.
    prediction: the knob expected before the first encode: value, the ends low and high of its 90 % interval, the cheap
        end first, each None where it lies past the best setting, and source, the weights' name or "typical"; None for a
        lossless file.
    probes: every encode tried, in order: value, bytes, jnd.  stop: how the search ended.
    sur: of a prediction, [knob, viewers, low, high] for every setting, worst fidelity first: the satisfied-user curve.
    prefilter: what smoothed the picture before it was coded: model, form, strength, and jnd, read on it before coding.
    """

    input: str
    output: str | None = None
    status: str = "written"
    codec: str | None = None
    knob: dict[str, Any] | None = None
    bytes: int | None = None
    input_bytes: int | None = None
    width: int | None = None
    height: int | None = None
    jnd: float | None = None
    reading: float | None = None
    jnd_local: float | None = None
    where: list[int] | None = None
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
    prefilter: dict[str, Any] | None = None
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


def record(row: Row, found: Decision, choice: Choice, target: float, fit: Protocol, widen: float) -> None:
    """Put a decision and its file into the row.

    target: JND that the file was held to.  widen: factor on the observer's error, as in `visibility.interval`.
    """
    codec, reading = choice.codec, choice.reading
    _setting(row, codec, choice.value, found.stop)
    row.bytes = len(choice.data)
    record_reading(row, reading)
    if fit.shares:
        row.viewers = viewers(reading.jnd, fit)
        row.interval = list(viewers_between(reading.interval, reading.jnd, fit, widen=widen))
    row.notes.extend(found.notes)
    row.probes = [
        {"codec": probe.spec, "value": probe.value, "bytes": probe.bytes, "jnd": probe.jnd} for probe in found.probes
    ]
    row.prediction = _told(found.prediction, target)


def record_reading(row: Row, reading: Reading) -> None:
    """Put a reading into the row."""
    row.jnd, row.reading, row.jnd_local, row.where = reading.jnd, reading.raw, reading.jnd_local, list(reading.where)


def record_prediction(row: Row, found: PredictedDecision, target: float, fit: Protocol, widen: float) -> None:
    """Put what is predicted without an encode into the row. Arguments as `record`; `found` has a value."""
    row.status, row.observer = "predicted", None
    _setting(row, found.codec, found.value, None if found.prediction else "lossless")
    row.notes.extend(found.notes)
    row.prediction = _told(found.prediction, target)
    row.sur = satisfied(found.prediction, fit, widen)
    if row.sur is not None:
        _, row.viewers, *row.interval = next(point for point in row.sur if point[0] == found.value)
    elif fit.shares:
        row.viewers, row.interval = viewers(0.0, fit), list(viewers_interval(0.0, fit, widen=widen))


def satisfied(
    prediction: Prediction | None, fit: Protocol, widen: float, probes: tuple[Probe, ...] = ()
) -> list[list[float]] | None:
    """The satisfied-user curve for a row; None for a lossless file, and where the protocol tells no shares."""
    if prediction is None or not fit.shares:
        return None
    readings = {probe.value: ReadSetting(probe.jnd, probe.interval) for probe in probes}
    return [list(point) for point in sur_curve(prediction, fit, readings, widen=widen)]


def _setting(row: Row, codec: Codec, value: float | None, stop: str | None) -> None:
    row.codec = codec.spec
    row.knob = {"name": codec.knob.name, "value": value}
    row.stop = stop
    row.versions = {"jndkit": VERSION, **versions(codec.name)}


def _told(prediction: Prediction | None, target: float) -> dict[str, Any] | None:
    return None if prediction is None else {**prediction.knob(target)._asdict(), "source": prediction.source}


def _rounded(value: Any) -> Any:
    """Floats to six digits: what is below is noise that only makes rows differ between machines."""
    if isinstance(value, float):
        return round(value, 6)
    if isinstance(value, dict):
        return {key: _rounded(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_rounded(item) for item in value]
    return value
