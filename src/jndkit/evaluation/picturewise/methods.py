"""The methods that find the knob of a picture, codec and display: each fills its rows."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from functools import cache, partial
from typing import TYPE_CHECKING, cast

import numpy as np

from jndkit.codecs.contract import Codec
from jndkit.evaluation.picturewise.levels import CodedLevels, read_along, spread
from jndkit.evaluation.picturewise.rows import GROUND_TRUTH, KnobRow
from jndkit.evaluation.search import search
from jndkit.observers import observer as named_observer
from jndkit.picture import Picture
from jndkit.picturewise.blocks import block_search
from jndkit.picturewise.domain import domain
from jndkit.picturewise.prediction import Prediction, predictor
from jndkit.picturewise.watching import watch_under
from jndkit.protocols import Protocol
from jndkit.viewing import Viewing

if TYPE_CHECKING:
    from jndkit.observers.vpjnd import WatchedVpjnd

_LEVEL = 0.9  # of the intervals
_NOTHING = 1e-6  # JND: the curve is in logarithms, and a learned observer may read none at all


class WatchedPicture:
    """A picture at a display, watched as the protocol's people look: once, whatever the codec."""

    def __init__(self, picture: Picture, fit: Protocol, viewing: Viewing) -> None:
        self.picture = picture
        self.by = cache(lambda name: watch_under(named_observer(name), picture, viewing, fit))
        self._predictor = cache(lambda near: predictor(picture, viewing, fit, near=near, widen=domain(picture).widen))
        self._looks = fit.look is not None

    def predict(self, codec: Codec, target: float) -> Prediction:
        """What `jnd predict` expects of a codec where it is asked for a target, JND."""
        # How people look moves a prediction near its target, so that each target has a predictor of its own.
        prediction: Prediction = self._predictor((target,) if self._looks else ())(codec)
        return prediction


def by_observer(row: KnobRow, coded: CodedLevels, watched: WatchedPicture) -> None:
    """Read the boundary at each target, and levels enough for the whole curve."""
    observe(row, coded, watched, list(row.targets.values()))


def observe(row: KnobRow, coded: CodedLevels, watched: WatchedPicture, targets: Sequence[float]) -> None:
    """Read an even spread of levels, and the boundary at each of the targets, JND."""
    observed = watched.by(GROUND_TRUTH)
    read = read_along(lambda step: observed(coded.decoded(step)).jnd, len(coded.grid), targets)
    levels = [coded.at(step) for step in read]
    row.levels = {
        "value": [coded.grid[step] for step in read],
        "jnd": [round(jnd, 5) for jnd in read.values()],
        "bytes": [len(level.data) for level in levels],
        "psnr": [level.psnr for level in levels],
        "ssim": [level.ssim for level in levels],
    }


def by_prediction(row: KnobRow, coded: CodedLevels, watched: WatchedPicture) -> None:
    """Ask the picture alone. The curve that is kept is that of the first share."""
    predictions = {share: watched.predict(coded.codec, target) for share, target in row.targets.items()}
    for share, prediction in predictions.items():
        row.answers[share] = {**prediction.knob(row.targets[share], _LEVEL)._asdict(), "encodes": 0}
    first = next(iter(predictions.values()))
    _keep(row, first, spread(len(coded.grid)))


def by_blocks(row: KnobRow, coded: CodedLevels, watched: WatchedPicture) -> None:
    """The published system: the learned observer, and the binary block search over its answers."""
    observed = cast("WatchedVpjnd", watched.by(row.method))
    readings: dict[int, tuple[float, float]] = {}

    def jnd(step: int) -> float:
        if step not in readings:
            reading, sigma = observed.with_spread(coded.decoded(step))
            readings[step] = max(reading.jnd, _NOTHING), sigma
        return readings[step][0]

    def seen(target: float, step: int) -> bool:
        return jnd(step) > target

    grid = coded.grid
    for share, target in row.targets.items():
        boundary = block_search(partial(seen, target), len(grid))
        first = boundary.first_invisible
        row.answers[share] = {"value": None if first is None else grid[first], "encodes": boundary.asked}
    for step in spread(len(grid)):
        jnd(step)  # what the search did not ask for is read for the curve, and is no encode of the answer
    learned = _learned(grid, readings)
    for share, target in row.targets.items():
        expected = learned.knob(target, _LEVEL)
        row.answers[share] |= {"low": expected.low, "high": expected.high}
    _keep(row, learned, sorted(readings))


def by_search(row: KnobRow, coded: CodedLevels, watched: WatchedPicture) -> None:
    """What `jnd encode` does with a codec of that name, its chroma sampling left free."""
    for share in row.targets:
        picture, codec = watched.picture, coded.codec.name
        row.answers[share] = search(picture, codec, share, row.protocol, row.viewing, row.ppd)


BY_NAME: Mapping[str, Callable[[KnobRow, CodedLevels, WatchedPicture], None]] = {
    GROUND_TRUTH: by_observer,
    "vpjnd": by_blocks,
    "knob": by_prediction,
    "search": by_search,
}


def _keep(row: KnobRow, prediction: Prediction, steps: Sequence[int]) -> None:
    """Keep a predicted curve at these steps as the levels of the row."""
    row.levels = {
        "value": [prediction.grid[step] for step in steps],
        "jnd": [round(math.exp(prediction.curve[step]), 5) for step in steps],
        "sigma": [round(prediction.sigma[step], 4) for step in steps],
    }


def _learned(grid: tuple[float, ...], readings: Mapping[int, tuple[float, float]]) -> Prediction:
    """The curve through an observer's readings. readings: step -> JND, and the deviation of ln(JND) that it states."""
    steps = sorted(readings)
    jnd, deviations = zip(*(readings[step] for step in steps), strict=True)
    every = range(len(grid))
    curve, sigma = np.interp(every, steps, np.log(jnd)), np.interp(every, steps, deviations)
    return Prediction(grid, tuple(curve.tolist()), tuple(sigma.tolist()), "")
