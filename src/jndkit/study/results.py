"""What a fit leaves behind: rows, labels to train with, a protocol to encode by, and lines to read."""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from jndkit import toml_writer
from jndkit.batch import ledger
from jndkit.picture import write_atomic
from jndkit.protocols import LOOKS
from jndkit.study.fit import CodecFit, Fit, Found
from jndkit.study.recalibration import Recalibration
from jndkit.version import VERSION

ROWS, LABELS, PROTOCOL = "fit.jsonl", "labels.csv", "protocol.toml"
_90 = 1.6448536269514722  # standard deviations on either side of 90 %


def write(fit: Fit, folder: str | Path, recalibration: Recalibration | None = None) -> list[Path]:
    """Write all three files into a study's folder, over those of an earlier fit. Raises OutputError.

    recalibration: as of `protocol`.
    """
    home = Path(folder)
    ledger.rewrite(home / ROWS, (json.dumps(row) for row in rows(fit)))
    write_atomic(home / LABELS, labels(fit).encode(), force=True)
    write_atomic(home / PROTOCOL, protocol(fit, recalibration).encode(), force=True)
    return [home / name for name in (ROWS, LABELS, PROTOCOL)]


def rows(fit: Fit) -> Iterator[dict[str, Any]]:
    """One object for the study, each viewer, each codec, each stimulus; intervals are of 90 %."""
    plan = fit.plan
    yield {
        "kind": "study",
        "name": plan.name,
        "method": plan.method,
        "plan": plan.digest,
        "observer": plan.observer,
        "viewing": plan.display.viewing,
        "ppd": plan.display.ppd,
        "viewers": len(fit.viewers),
        "kept": fit.kept,
        "outlying": fit.outlying,
        "shapes": {codec: asdict(shape) for codec, shape in fit.shapes.items()},
        "boosting": None if fit.scale is None else {"factor": float(fit.scale.factor), "power": float(fit.scale.power)},
        "version": VERSION,
    }
    for viewer in fit.viewers:
        yield {"kind": "viewer", "kept": viewer.kept, **asdict(viewer)}
    for codec in fit.codecs:
        yield {"kind": "codec", **asdict(codec)}
    for found in fit.stimuli:
        stimulus = found.stimulus
        told = {key: value for key, value in asdict(found).items() if key not in ("stimulus", "knob")}
        named = {"name": stimulus.name, "picture": stimulus.picture, "codec": stimulus.codec}
        yield {"kind": "stimulus", **named, "knob": {"name": stimulus.knob, "value": found.knob}, **told}


def labels(fit: Fit) -> str:
    """CSV, as `jnd label` writes and `jnd train` reads it, of what people see: 1 JND is where half of them notice.

    Files are below the study's folder, the crops that were shown.
    """
    display = fit.plan.display.viewing
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    ends = [f"low_{display}", f"high_{display}", f"reading_{display}"]
    table.writerow(["file", "width", "height", "sha256", "codec", "knob", "value", "bytes", f"jnd_{display}", *ends])
    for found in fit.stimuli:
        stimulus = found.stimulus
        for level, seen in zip(stimulus.levels, found.levels, strict=True):
            size, original = (stimulus.width, stimulus.height), stimulus.original
            shown = [
                original.file,
                *size,
                original.sha256,
                stimulus.codec,
                stimulus.knob,
                f"{level.knob:g}",
                level.bytes,
            ]
            table.writerow(
                [*shown, *(f"{value:.5g}" for value in (seen.jnd.value, seen.jnd.low, seen.jnd.high, level.jnd))]
            )
    return text.getvalue()


def protocol(fit: Fit, recalibration: Recalibration | None = None) -> str:
    """A protocol as `protocols.own_protocol` reads it: how many of such viewers notice how much.

    recalibration: what told answers better than the observer as it is, where anything did.
    """
    if recalibration is not None and recalibration.changes:
        return _recalibrated(fit, recalibration)
    plan, found = fit.plan, fit.codecs[-1]
    spread = None if found.spread is None else found.spread.value
    about = {
        "name": plan.name,
        "form": "aic" if spread is None else "lognormal",
        "d50": found.d50.value,
        **({} if spread is None else {"spread": spread}),
        **_origin(fit),
    }
    return _file(about, {"error": {"floor": 0.0, "share": math.hypot(found.pictures, _deviation(found.d50))}})


def _recalibrated(fit: Fit, found: Recalibration) -> str:
    """By the readings and the factors that were kept."""
    about = {"name": fit.plan.name, "form": "lognormal", "d50": found.d50, "spread": found.spread, **_origin(fit)}
    about["fitted"] += ", recalibrated"
    if found.reading in LOOKS:
        about["look"] = found.reading
    tables: dict[str, Mapping[str, float]] = {"error": {"floor": 0.0, "share": found.error}}
    return _file(about, tables | ({"factors": found.factors} if found.factors else {}))


def _origin(fit: Fit) -> dict[str, Any]:
    plan = fit.plan
    return {
        "viewing": plan.display.viewing,
        "source": f"own study {plan.name!r} of {plan.created[:10]}: {fit.kept} viewers, {len(fit.stimuli)} stimuli, "
        f"method {plan.method}",
        "fitted": f"jnd study fit {VERSION}, readings of {plan.observer}",
    }


def _file(about: Mapping[str, Any], tables: Mapping[str, Mapping[str, float]]) -> str:
    head = f"# Of the user's own making: jnd encode --protocol {PROTOCOL}\n"
    parts = [f"\n[{name}]\n{toml_writer.lines(table)}" for name, table in tables.items()]
    return f"{head}{toml_writer.lines(about)}{''.join(parts)}"


def summary(fit: Fit) -> Iterator[str]:
    """What is printed: viewers who were left out and why, every codec, and pictures far from the others."""
    yield f"{fit.kept} of {len(fit.viewers)} viewers kept"
    for viewer in fit.viewers:
        if not viewer.kept:
            yield f"  session {viewer.number} left out: {'; '.join(viewer.reasons)}"
    for number in fit.outlying:
        yield f"  session {number} is kept, and answers unlike the others"
    for codec in fit.codecs:
        yield f"{codec.codec}: {_codec(codec)}"
    for found in fit.stimuli:
        if found.outlying:
            yield f"  {found.stimulus.name} is kept, and lies far from the others: d50 {_ranged(found.d50)} JND"


def _codec(found: CodecFit) -> str:
    spread = "" if found.spread is None else f", spread {_ranged(found.spread)} of its logarithm over viewers"
    return (
        f"half of the viewers notice where {_ranged(found.d50)} JND are read{spread}, {found.pictures:.2f} over "
        f"{found.stimuli} pictures"
    )


def _ranged(found: Found) -> str:
    return f"{found.value:.2f} [{found.low:.2f}, {found.high:.2f}]"


def _deviation(found: Found) -> float:
    """Standard deviation of the logarithm."""
    return (math.log(found.high) - math.log(found.low)) / (2.0 * _90)
