"""Where each method expects a picture's knob, in one form: from rows, and from baselines that need none."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from jndkit.codecs import codec as named_codec
from jndkit.errors import UsageError
from jndkit.evaluation.picturewise.ground_truth import Floats, GroundTruth, first_after, jnd_curve, measure, satisfied
from jndkit.evaluation.picturewise.rows import GROUND_TRUTH, KnobRow
from jndkit.evaluation.search import display_of
from jndkit.picturewise.curves import is_known, typical_curve
from jndkit.protocols import Protocol
from jndkit.viewing import viewing as named_viewing

BASELINES = ("constant", "psnr", "ssim")
"""One knob for all pictures, and one threshold of a measure for all; fitted on training pictures."""
BISECTION = "bisection"
ORDER = ("vpjnd", "knob", *BASELINES, BISECTION, "search")


@dataclass(frozen=True)
class Estimate:
    """Where a method expects the knob of one picture, codec, display and share of viewers.

    step: from which on it expects nothing to be seen; the number of steps where it expects none, None where it says no
        such thing.  low, high: the ends of its interval.  jnd: its own curve.  satisfied: the same in viewers, 0 to 1.
    encodes: it took.  bytes, seen: of a file that it made, its size and whether its own reading lies above the target.
    """

    method: str
    step: int | None = None
    low: int | None = None
    high: int | None = None
    jnd: Floats | None = None
    satisfied: Floats | None = None
    encodes: int | None = None
    bytes: int | None = None
    seen: bool | None = None


def estimates(rows: Mapping[str, KnobRow], share: str, ground_truth: GroundTruth, fit: Protocol) -> Iterator[Estimate]:
    """Of the methods that look at a picture, codec and display. rows: method -> its row; that of the observer too."""
    for method in ("vpjnd", "knob"):
        if method in rows:
            yield _predicted(rows[method], share, ground_truth, fit)
    observed = rows[GROUND_TRUTH]
    jnd = jnd_curve(observed, ground_truth.grid)
    step, encodes = bisect(jnd > observed.targets[share])
    yield Estimate(BISECTION, step, satisfied=satisfied(jnd, fit), encodes=encodes)
    if "search" in rows:
        yield _searched(rows["search"], share, ground_truth)


def baselines(observed: KnobRow, share: str, ground_truth: GroundTruth, fit: Protocol) -> Iterator[Estimate]:
    """Of the baselines that are fitted for this codec, display and share; none where none are."""
    fitted = fitted_baselines(observed, share)
    if fitted is None:
        return
    codec, share_satisfied = named_codec(observed.codec), None
    if is_known(codec):
        display = named_viewing(display_of(observed.viewing, observed.ppd))
        share_satisfied = satisfied(np.exp(typical_curve(codec, display)), fit)
    yield Estimate("constant", nearest(ground_truth, fitted["constant"]), satisfied=share_satisfied, encodes=0)
    for name in ("psnr", "ssim"):
        step = first_after(measure(observed, name, ground_truth.grid) < fitted[name])
        yield Estimate(name, step)


def nearest(ground_truth: GroundTruth, value: float) -> int:
    """The step whose knob is nearest to a value, that past the best among them."""
    return min(range(len(ground_truth.grid) + 1), key=lambda step: abs(ground_truth.value(step) - value))


def fitted_baselines(row: KnobRow, share: str) -> dict[str, float] | None:
    """ "constant", "psnr" and "ssim" for a row's codec, display and protocol; None where none were fitted."""
    of_codecs = baseline_constants()["protocols"].get(row.protocol, {})
    fitted: dict[str, float] | None = of_codecs.get(row.codec, {}).get(row.viewing, {}).get(share)
    return fitted


def bisect(visible: Any) -> tuple[int, int]:
    """The boundary by plain bisection, and how many steps it looked at. visible: bool for every step.

    The number of steps where the last it looks at is visible and all were: then it says that none will do.
    """
    low, high, looked = 0, len(visible), 0
    while low < high:
        middle = (low + high) // 2
        looked += 1
        low, high = (middle + 1, high) if visible[middle] else (low, middle)
    return low, looked


def _predicted(row: KnobRow, share: str, ground_truth: GroundTruth, fit: Protocol) -> Estimate:
    answer = row.answers.get(share)
    if answer is None:
        raise UsageError(f"the row of {row.input}, {row.part} has no answer for {share} % of viewers")
    steps = {key: ground_truth.step(_number(answer.get(key))) for key in ("value", "low", "high")}
    jnd = jnd_curve(row, ground_truth.grid)
    encodes = int(answer.get("encodes") or 0)
    # What was read is held against the truth level by level, what was predicted by its boundary alone.
    read = jnd if encodes else None
    return Estimate(row.method, steps["value"], steps["low"], steps["high"], read, satisfied(jnd, fit), encodes)


def _searched(row: KnobRow, share: str, ground_truth: GroundTruth) -> Estimate:
    """The file that was returned. Its knob is an answer where its codec is the one that is judged."""
    answer = row.answers.get(share, {})
    if answer.get("bytes") is None:
        # No setting met the target.
        return Estimate(row.method, len(ground_truth.grid))
    same = answer["codec"] == row.codec
    jnd, size = _number(answer["jnd"]), _number(answer["bytes"])
    return Estimate(
        row.method,
        ground_truth.step(_number(answer["value"])) if same else None,
        encodes=int(_number(answer["encodes"]) or 0),
        bytes=int(size or 0),
        seen=(jnd or 0.0) > row.targets[share],
    )


def _number(value: Any) -> float | None:
    return None if value is None else float(value)


@cache
def baseline_constants() -> dict[str, Any]:
    """As `tools/picturewise_baselines.py` fitted them: protocols -> name -> spec -> display -> share -> values."""
    loaded: dict[str, Any] = json.loads(Path(__file__).with_name("baselines.json").read_text(encoding="utf-8"))
    return loaded
