"""How far the estimates for a picture lie from its ground truth."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from jndkit.codecs import codec as named_codec
from jndkit.evaluation.picturewise.estimates import Estimate, baselines, estimates, nearest
from jndkit.evaluation.picturewise.ground_truth import GroundTruth, observed_ground_truth
from jndkit.evaluation.picturewise.rows import GROUND_TRUTH, KnobRow
from jndkit.evaluation.search import display_of
from jndkit.protocols import protocol as named_protocol

NEAR = 15.0
"""Knob units on either side of the boundary."""
FIXED = {"jpeg": (90.0, 75.0), "webp": (90.0, 80.0), "avif": (90.0, 75.0), "heic": (90.0, 50.0), "bpg": (2.0, 29.0)}
"""Quality 90, and what the encoder takes where nothing is said: Pillow's, libheif's for HEIC, bpgenc's for BPG, which
has no quality and is held against its best level instead.
"""

Case = tuple[str, str, str]
"""Full spec, display and share of viewers, per cent."""
GroundTruths = Mapping[tuple[str, str, str], GroundTruth]
"""(picture, full spec, display) -> what holds of it."""


@dataclass(frozen=True)
class Score:
    """One method's estimate for one picture. Shares are 0 to 1; None where it has no answer of that kind.

    error: knob units between estimate and ground truth.  right: share of levels rightly called lossy or not, `near`
    within 15 knob units of the boundary.  unreachable: whether no level is unseen, recognised: that it is.
    seen: whether a difference is seen at the estimate.  sur: mean difference of the satisfied share over levels.
    held: whether the interval holds the ground truth.  saved: share of bytes less than at the best level; over90,
    default: less than at quality 90 and at the encoder's own.
    """

    picture: str
    method: str
    error: float | None = None
    right: float | None = None
    near: float | None = None
    unreachable: bool = False
    recognised: bool | None = None
    seen: bool | None = None
    sur: float | None = None
    held: bool | None = None
    encodes: int | None = None
    saved: float | None = None
    over90: float | None = None
    default: float | None = None


def score(
    picture: str, estimate: Estimate, ground_truth: GroundTruth, codec: str, share: str, target: float | None
) -> Score:
    """Hold one estimate against the ground truth.

    target: JND of that share, where the method's curve is in the same JND.
    """
    boundary, last = ground_truth.boundary[share], len(ground_truth.grid)
    common = _common(picture, estimate, ground_truth, codec, boundary)
    if estimate.step is None:
        return common
    value, true = ground_truth.value(estimate.step), ground_truth.value(boundary)
    levels = np.array(ground_truth.grid)
    lossy = np.arange(last) < estimate.step
    if estimate.jnd is not None and target is not None:
        lossy = estimate.jnd > target
    agree = lossy == (np.arange(last) < boundary)
    close = np.abs(levels - true) <= NEAR
    held = None
    if estimate.low is not None and estimate.high is not None:
        held = estimate.low <= boundary <= estimate.high
    return replace(
        common,
        error=abs(value - true),
        right=float(agree.mean()),
        near=float(agree[close].mean()) if close.any() else None,
        recognised=estimate.step == last if boundary == last else None,
        # A method that expects no level to do is given the best one.
        seen=estimate.seen if estimate.seen is not None else estimate.step < min(boundary, last),
        sur=_sur(estimate, ground_truth),
        held=held,
    )


def _common(picture: str, estimate: Estimate, ground_truth: GroundTruth, codec: str, boundary: int) -> Score:
    """What can be said of an estimate without a step, too: of a file in another codec."""
    saved, over90, default = _saved(_size(estimate, ground_truth), ground_truth, codec)
    return Score(
        picture,
        estimate.method,
        unreachable=boundary == len(ground_truth.grid),
        seen=estimate.seen,
        encodes=estimate.encodes,
        saved=saved,
        over90=over90,
        default=default,
    )


def _sur(estimate: Estimate, ground_truth: GroundTruth) -> float | None:
    if estimate.satisfied is None:
        return None
    difference = float(np.abs(estimate.satisfied - ground_truth.satisfied).mean())
    return None if math.isnan(difference) else difference


def cases(rows: Sequence[KnobRow], ground_truths: GroundTruths | None = None) -> Iterator[tuple[Case, list[Score]]]:
    """Every codec, display and share of viewers with the scores of all pictures and methods.

    rows: of one protocol.  ground_truths: what people said; without them the observer's readings take their place.
    """
    grouped: dict[tuple[str, str], dict[str, dict[str, KnobRow]]] = {}
    for row in rows:
        if row.error is None:
            grouped.setdefault((row.codec, row.viewing), {}).setdefault(row.input, {})[row.method] = row
    for (spec, display), pictures in grouped.items():
        known = {name: by_method for name, by_method in pictures.items() if GROUND_TRUTH in by_method}
        if not known:
            continue
        grid = named_codec(spec).knob.grid
        first = next(iter(known.values()))[GROUND_TRUTH]
        fit, _ = named_protocol(first.protocol, display_of(display, first.ppd))
        own = {name: observed_ground_truth(of_name[GROUND_TRUTH], grid, fit) for name, of_name in known.items()}
        held = own
        if ground_truths is not None:
            held = {name: ground_truths[key] for name in own if (key := (name, spec, display)) in ground_truths}
        for share, target in first.targets.items():
            scores = []
            for name, ground_truth in held.items():
                of_methods = list(estimates(known[name], share, own[name], fit))
                if ground_truths is None:
                    of_methods += baselines(known[name][GROUND_TRUTH], share, ground_truth, fit)
                else:
                    of_methods.append(_median(held, share))
                scores += [score(name, estimate, ground_truth, spec, share, target) for estimate in of_methods]
            if scores:
                yield (spec, display, share), scores


def _median(ground_truths: Mapping[str, GroundTruth], share: str) -> Estimate:
    """The best constant there is, which knows the answers for all pictures."""
    everyone = list(ground_truths.values())
    values = [ground_truth.value(ground_truth.boundary[share]) for ground_truth in everyone]
    return Estimate("constant", nearest(everyone[0], float(np.median(values))), encodes=0)


def _size(estimate: Estimate, ground_truth: GroundTruth) -> float | None:
    if estimate.bytes is not None:
        return float(estimate.bytes)
    if estimate.step is None:
        return None
    return float(ground_truth.bytes[min(estimate.step, len(ground_truth.grid) - 1)])


def _saved(
    size: float | None, ground_truth: GroundTruth, codec: str
) -> tuple[float | None, float | None, float | None]:
    """Share of bytes saved against the best level, quality 90 and the encoder's default."""
    if size is None:
        return None, None, None
    grid = np.array(ground_truth.grid)
    over90, default = (
        1.0 - size / float(ground_truth.bytes[int(np.argmin(np.abs(grid - value)))])
        # A codec without such settings is held against its best level.
        for value in FIXED.get(codec.partition(":")[0], (ground_truth.grid[-1],) * 2)
    )
    return 1.0 - size / float(ground_truth.bytes[-1]), over90, default
