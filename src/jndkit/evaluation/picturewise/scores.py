"""How far answers lie from the truth, for one picture and over pictures."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from jndkit.codecs import codec as named_codec
from jndkit.evaluation.intervals import Mean, mean
from jndkit.evaluation.picturewise.ground_truth import Truth, read_truth
from jndkit.evaluation.picturewise.methods import ORDER, Said, guesses, nearest, said
from jndkit.evaluation.picturewise.rows import TRUTH, KnobRow
from jndkit.protocols import protocol as named_protocol

NEAR = 15.0
"""Knob units on either side of the boundary."""
FIXED = {"jpeg": (90.0, 75.0), "webp": (90.0, 80.0), "avif": (90.0, 75.0), "heic": (90.0, 50.0)}
"""Quality 90, and what the encoder takes where nothing is said: Pillow's, and libheif's for HEIC."""

Case = tuple[str, str, str]
"""Full spec, display and share of viewers, per cent."""
Truths = Mapping[tuple[str, str, str], Truth]
"""(picture, full spec, display) -> what is true of it."""


@dataclass(frozen=True)
class Score:
    """One method's answer for one picture. Shares are 0 or 1, or between; None where it has no answer of that kind.

    error: knob units between answer and truth.  right: share of levels whose lossy or lossless is told right, `near`
    within 15 knob units of the boundary.  never: whether no level is unseen; found: whether the method says so there.
    seen: whether a difference is seen at the answer.  sur: mean difference of the satisfied share over levels.
    held: whether the interval holds the truth.  saved: share of bytes less than at the best level; over90, default:
    less than at quality 90 and at the encoder's own.
    """

    picture: str
    method: str
    error: float | None = None
    right: float | None = None
    near: float | None = None
    never: bool = False
    found: bool | None = None
    seen: bool | None = None
    sur: float | None = None
    held: bool | None = None
    encodes: int | None = None
    saved: float | None = None
    over90: float | None = None
    default: float | None = None


def score(picture: str, each: Said, truth: Truth, codec: str, share: str, target: float | None) -> Score:
    """Hold one answer against the truth. target: JND of that share, where the method's curve is in the same JND."""
    boundary, last = truth.boundary[share], len(truth.grid)
    saved, over90, default = _saved(_size(each, truth), truth, codec)
    sur = None if each.satisfied is None else float(np.abs(each.satisfied - truth.satisfied).mean())
    sur = None if sur is None or np.isnan(sur) else sur
    if each.step is None:
        return Score(
            picture,
            each.method,
            never=boundary == last,
            seen=each.seen,
            encodes=each.encodes,
            saved=saved,
            over90=over90,
            default=default,
        )
    value, true = truth.value(each.step), truth.value(boundary)
    levels = np.array(truth.grid)
    told = np.arange(last) < each.step if each.jnd is None or target is None else each.jnd > target
    agree = told == (np.arange(last) < boundary)
    close = np.abs(levels - true) <= NEAR
    return Score(
        picture,
        each.method,
        abs(value - true),
        float(agree.mean()),
        float(agree[close].mean()) if close.any() else None,
        boundary == last,
        each.step == last if boundary == last else None,
        each.seen if each.seen is not None else each.step < min(boundary, last),
        sur,
        None if each.low is None or each.high is None else each.low <= boundary <= each.high,
        each.encodes,
        saved,
        over90,
        default,
    )


@dataclass(frozen=True)
class Standing:
    """One method over the pictures. Means of `Score`, each with its 95 % interval, None where no picture has it.

    never: pictures of which no level is unseen.  found: how many of them the method told.
    """

    method: str
    pictures: int
    never: int
    found: int | None
    means: Mapping[str, Mean]

    def of(self, name: str) -> Mean | None:
        return self.means.get(name)


MEANS = ("error", "right", "near", "seen", "sur", "held", "encodes", "saved", "over90", "default")


def standings(scores: Sequence[Score]) -> list[Standing]:
    """Every method of one case, in the order of `ORDER`."""
    found = []
    for method in ORDER:
        some = [each for each in scores if each.method == method]
        if not some:
            continue
        means = dict[str, Mean]()
        for name in MEANS:
            values = [float(value) for each in some if (value := getattr(each, name)) is not None]
            means |= {name: mean(values)} if values else {}
        told = [each.found for each in some if each.found is not None]
        found.append(Standing(method, len(some), sum(each.never for each in some), sum(told) if told else None, means))
    return found


def cases(rows: Sequence[KnobRow], truths: Truths | None = None) -> Iterator[tuple[Case, list[Score]]]:
    """Every codec, display and share of viewers with the scores of all pictures and methods.

    rows: of one protocol.  truths: what people said; without them the observer's readings are the truth.
    """
    grouped: dict[tuple[str, str], dict[str, dict[str, KnobRow]]] = {}
    for row in rows:
        if row.error is None:
            grouped.setdefault((row.codec, row.viewing), {}).setdefault(row.input, {})[row.method] = row
    for (spec, display), pictures in grouped.items():
        known = {name: found for name, found in pictures.items() if TRUTH in found}
        if not known:
            continue
        grid = named_codec(spec).knob.grid
        first = next(iter(known.values()))[TRUTH]
        fit = named_protocol(first.protocol, display if not display.endswith("ppd") else first.ppd)[0]
        own = {name: read_truth(found[TRUTH], grid, fit) for name, found in known.items()}
        held = (
            own if truths is None else {name: truths[key] for name in own if (key := (name, spec, display)) in truths}
        )
        for share, target in first.targets.items():
            told = {name: list(said(known[name], share, own[name], fit)) for name in held}
            for name, truth in held.items():
                if truths is None:
                    told[name] += guesses(known[name][TRUTH], share, truth, fit)
                else:
                    told[name].append(_middle(held, share))
            made = [
                score(name, each, truth, spec, share, target) for name, truth in held.items() for each in told[name]
            ]
            if made:
                yield (spec, display, share), made


def _middle(truths: Mapping[str, Truth], share: str) -> Said:
    """The best constant guess, which knows the answers for all pictures."""
    some = list(truths.values())
    values = [truth.value(truth.boundary[share]) for truth in some]
    return Said("constant", nearest(some[0], float(np.median(values))), encodes=0)


def _size(each: Said, truth: Truth) -> float | None:
    if each.bytes is not None:
        return float(each.bytes)
    return None if each.step is None else float(truth.bytes[min(each.step, len(truth.grid) - 1)])


def _saved(size: float | None, truth: Truth, codec: str) -> tuple[float | None, float | None, float | None]:
    """Share of bytes saved against the best level, quality 90 and the encoder's default."""
    if size is None:
        return None, None, None
    over90, default = (
        1.0 - size / float(truth.bytes[int(np.argmin(np.abs(np.array(truth.grid) - value)))])
        for value in FIXED.get(codec.partition(":")[0], (truth.grid[-1],) * 2)
    )
    return 1.0 - size / float(truth.bytes[-1]), over90, default
