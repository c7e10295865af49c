"""What each method answers for one picture, codec and display; these are the rows' contents."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from functools import cache, partial
from typing import TYPE_CHECKING, cast

import numpy as np

from jndkit.codecs.contract import Codec
from jndkit.errors import TargetError
from jndkit.evaluation.picturewise.coding import Coding, read_along, spread
from jndkit.evaluation.picturewise.rows import TRUTH, Answer, KnobRow
from jndkit.observers import observer as named_observer
from jndkit.picture import Picture
from jndkit.picturewise.blocks import block_search
from jndkit.picturewise.domain import domain
from jndkit.picturewise.prediction import Prediction, predictor
from jndkit.picturewise.watching import watch_under
from jndkit.pipeline import encode
from jndkit.protocols import Protocol
from jndkit.viewing import DISPLAYS, Viewing

if TYPE_CHECKING:
    from jndkit.observers.vpjnd import WatchedVpjnd

_LEVEL = 0.9
_NOTHING = 1e-6  # JND


class Look:
    """A picture at a display: what is looked at once, whatever the codec."""

    def __init__(self, picture: Picture, fit: Protocol, viewing: Viewing) -> None:
        self.picture = picture
        self.watched = cache(lambda name: watch_under(named_observer(name), picture, viewing, fit))
        self._predictor = cache(lambda near: predictor(picture, viewing, fit, near=near, widen=domain(picture).widen))
        self._looks = fit.look is not None

    def predict(self, codec: Codec, target: float) -> Prediction:
        """What `jnd predict` expects of a codec where it is asked for a target, JND."""
        found: Prediction = self._predictor((target,) if self._looks else ())(codec)
        return found


def by_observer(row: KnobRow, coding: Coding, look: Look) -> None:
    """Read the boundary at each target, and levels enough for the whole curve."""
    observe(row, coding, look, list(row.targets.values()))


def observe(row: KnobRow, coding: Coding, look: Look, targets: Sequence[float]) -> None:
    """Read an even spread of levels, and the boundary at each of the targets, JND."""
    watched = look.watched(TRUTH)
    read = read_along(lambda step: watched(coding.decoded(step)).jnd, len(coding.grid), targets)
    made = [coding.at(step) for step in read]
    row.levels = {
        "value": [coding.grid[step] for step in read],
        "jnd": [round(jnd, 5) for jnd in read.values()],
        "bytes": [len(each.data) for each in made],
        "psnr": [each.psnr for each in made],
        "ssim": [each.ssim for each in made],
    }


def by_prediction(row: KnobRow, coding: Coding, look: Look) -> None:
    """Ask the picture alone. The curve that is kept is that of the first share."""
    for share, target in reversed(row.targets.items()):
        prediction = look.predict(coding.codec, target)
        row.answers[share] = {**prediction.knob(target, _LEVEL)._asdict(), "encodes": 0}
    row.answers = {share: row.answers[share] for share in row.targets}
    _keep(row, prediction, spread(len(coding.grid)))


def by_blocks(row: KnobRow, coding: Coding, look: Look) -> None:
    """The published system: the learned observer, and the binary block search over its answers."""
    watched = cast("WatchedVpjnd", look.watched(row.method))
    found: dict[int, tuple[float, float]] = {}

    def jnd(step: int) -> float:
        if step not in found:
            reading, spread = watched.with_spread(coding.decoded(step))
            found[step] = max(reading.jnd, _NOTHING), spread
        return found[step][0]

    def seen(target: float, step: int) -> bool:
        return jnd(step) > target

    grid = coding.grid
    for share, target in row.targets.items():
        boundary = block_search(partial(seen, target), len(grid))
        first = boundary.first_invisible
        row.answers[share] = {"value": None if first is None else grid[first], "encodes": boundary.asked}
    for step in spread(len(grid)):
        jnd(step)
    learned = _learned(grid, found)
    for share, target in row.targets.items():
        expected = learned.knob(target, _LEVEL)
        row.answers[share] |= {"low": expected.low, "high": expected.high}
    _keep(row, learned, sorted(found))


def by_search(row: KnobRow, coding: Coding, look: Look) -> None:
    """What `jnd encode` does with a codec of that name, its chroma sampling left free."""
    for share in row.targets:
        answer: Answer
        try:
            made = encode(
                look.picture, codec=coding.codec.name, viewers=float(share), protocol=row.protocol,
                viewing=row.ppd if row.viewing not in DISPLAYS else row.viewing, min_saving=0.0, force=True,
            ).row  # fmt: skip
            answer = {"codec": made.codec, "bytes": made.bytes, "jnd": made.jnd, "encodes": made.encodes}
            answer["value"] = made.knob["value"] if made.knob else None
        except TargetError as error:
            answer = {"value": None, "error": str(error)}
        row.answers[share] = answer


METHODS: Mapping[str, Callable[[KnobRow, Coding, Look], None]] = {
    TRUTH: by_observer,
    "vpjnd": by_blocks,
    "knob": by_prediction,
    "search": by_search,
}


def _keep(row: KnobRow, prediction: Prediction, steps: Sequence[int]) -> None:
    row.levels = {
        "value": [prediction.grid[step] for step in steps],
        "jnd": [round(math.exp(prediction.curve[step]), 5) for step in steps],
        "sigma": [round(prediction.sigma[step], 4) for step in steps],
    }


def _learned(grid: tuple[float, ...], found: Mapping[int, tuple[float, float]]) -> Prediction:
    """The curve through an observer's readings. found: step -> JND, and the deviation of ln(JND) that it states."""
    steps = sorted(found)
    jnd, spread = zip(*(found[step] for step in steps), strict=True)
    every = range(len(grid))
    curve, sigma = np.interp(every, steps, np.log(jnd)), np.interp(every, steps, spread)
    return Prediction(grid, tuple(curve.tolist()), tuple(sigma.tolist()), "")
