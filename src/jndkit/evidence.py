"""What was done to one picture, and how to repeat it."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from typing import Any

from jndkit.errors import JndError


@dataclass
class Row:
    """One picture x codec x setting. `to_json` gives the line that scripts rely on.

    status: "written", "kept" (the input stays: it is smaller, or the saving is too small), "skipped" (already ours),
        "predicted" (no file asked for), "compared" (`output` is the version that was compared) or "failed".
    jnd: the visible difference read on the returned file, in JND units.  viewers: per cent who see no difference.
    interval: 90 % interval of `viewers`, from the observer's error alone. Both are None under a protocol whose spread
        over viewers is not fitted.
    probes: every encode tried, in order: value, bytes, jnd.  stop: how the search ended.
    shave: what smoothed the picture before it was coded: model, form, strength, and jnd, read on it before coding.
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
    jnd_local: float | None = None
    where: list[int] | None = None
    viewers: float | None = None
    interval: list[float] | None = None
    target: dict[str, float] | None = None
    stop: str | None = None
    encodes: int = 0
    probes: list[dict[str, Any]] = field(default_factory=list)
    seconds: float | None = None
    observer: str | None = None
    protocol: str | None = None
    viewing: str | None = None
    ppd: float | None = None
    domain: str | None = None
    shave: dict[str, Any] | None = None
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


def _rounded(value: Any) -> Any:
    """Floats to six digits: what is below is noise that only makes rows differ between machines."""
    if isinstance(value, float):
        return round(value, 6)
    if isinstance(value, dict):
        return {key: _rounded(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_rounded(item) for item in value]
    return value
