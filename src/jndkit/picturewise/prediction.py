"""What a codec will do to a picture, as far as the picture alone tells: where every search starts."""

from __future__ import annotations

import importlib
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from statistics import NormalDist
from typing import NamedTuple, Protocol

from jndkit.codecs.contract import Codec
from jndkit.errors import DamagedError, InputError, MissingError, UsageError
from jndkit.picture import Picture, flatten
from jndkit.picturewise.curves import is_known, typical_curve, typical_sigma
from jndkit.picturewise.masking import table as masking_table
from jndkit.protocols import AIC, Protocol as Asked
from jndkit.viewing import Viewing
from jndkit.weights import find

NETWORK = "knob"
"""The network's own name, under which its weights are looked for."""
TYPICAL = "typical"
UNKNOWN = "unknown"


class PredictedKnob(NamedTuple):
    """A knob, predicted. Each is None where it would lie past the best step of the grid.

    value: the cheapest step expected to pass.  low, high: the same for the lower and the upper end of what the picture
    may read: `low` is the cheap end and `high` the fine one, whichever way the knob counts.
    """

    value: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True)
class Prediction:
    """What is expected of a picture and codec before the first encode.

    grid: the codec's, worst fidelity first.  curve: expected ln(JND) at every step of it.
    sigma: standard deviation of what the observer will read about that, in ln(JND), at every step.
    source: the name of the weights that predicted it; "typical" for the mean photograph's curve, "unknown" for a codec
        of which there is none.
    """

    grid: tuple[float, ...]
    curve: tuple[float, ...]
    sigma: tuple[float, ...]
    source: str

    def knob(self, target: float, level: float = 0.9) -> PredictedKnob:
        """The knob at which a reading of `target` JND is expected, and its interval.

        level: share of pictures whose own knob the interval should hold, 0 < level < 1. The observer's error to people
        is not in it. Raises UsageError for a target that is not positive, and for a level outside.
        """
        if not 0.0 < target < math.inf:
            raise UsageError(f"a target must be a positive number of JND, not {target:g}")
        z = deviate(level)
        return PredictedKnob(*(self._cheapest(math.log(target), z * sign) for sign in (0.0, -1.0, 1.0)))

    def _cheapest(self, ceiling: float, deviates: float) -> float | None:
        """The first step whose curve, moved by so many standard deviations, is not above the ceiling."""
        expected = zip(self.grid, self.curve, self.sigma, strict=True)
        return next((value for value, mean, sigma in expected if mean + deviates * sigma <= ceiling), None)


def deviate(level: float) -> float:
    """Standard deviations on either side of a mean that hold a share `level`. Raises UsageError outside of 0 to 1."""
    if not 0.0 < level < 1.0:
        raise UsageError(f"level must lie between 0 and 1, both excluded, not {level:g}")
    return NormalDist().inv_cdf(0.5 + level / 2.0)


class _Network(Protocol):
    def of(self, codec: Codec) -> tuple[Sequence[float], Sequence[float]] | None:
        """ln(JND) at every step of the codec's grid, and its standard deviation; None for a codec it does not know."""
        ...


def predictor(
    picture: Picture, viewing: Viewing, protocol: Asked = AIC, *, near: Sequence[float] = (), widen: float = 1.0
) -> Callable[[Codec], Prediction]:
    """What is to be expected of a picture at a display, codec by codec.

    picture: judged by its sRGB pixels, over white where it is transparent.  protocol: how people look.
    near: JND around which answers should be best; it takes a little longer where people look from place to place.
    widen: factor on sigma, at least 1, for pictures outside the domain of the scale.
    The picture is looked at once, when the first codec is asked for. Where the network is not there, does not know the
    codec, or the picture is too small for it, the typical curve is the answer.

    Raises UsageError for a factor below 1; the answer raises DamagedError where the network's file is damaged.
    """
    if not 1.0 <= widen < math.inf:
        raise UsageError(f"widen must be at least 1, not {widen:g}")

    @cache
    def network() -> tuple[_Network, str] | None:
        return _network(picture, viewing, protocol, near)

    def of(codec: Codec) -> Prediction:
        taught = network()
        answer = taught[0].of(codec) if taught else None
        # A network of the user's own may answer with numbers that are none; the typical curve never does.
        if taught and answer and all(map(math.isfinite, (*answer[0], *answer[1]))):
            (curve, sigma), source = answer, taught[1]
        else:
            curve, sigma = typical_curve(codec, viewing), typical_sigma(codec, viewing)
            source = TYPICAL if is_known(codec) else UNKNOWN
            if protocol.look is not None:  # the typical curve knows nothing of what this picture masks
                sigma = [math.hypot(value, masking_table()["typical"]) for value in sigma]
        return Prediction(codec.knob.grid, tuple(curve), tuple(widen * value for value in sigma), source)

    return of


def _network(picture: Picture, viewing: Viewing, protocol: Asked, near: Sequence[float]) -> tuple[_Network, str] | None:
    """The network that has looked at a picture, and the name of its weights; None where it is not there or cannot."""
    try:
        name = find(NETWORK).card.name
    except MissingError:
        return None
    seen = replace(picture, rgb=flatten(picture, 255), alpha=None, native=None, icc=None)
    try:
        # Imported only now: without weights nobody waits for the runtime to load.
        module = importlib.import_module(f"jndkit.picturewise.{NETWORK}")
        network: _Network = module.Knob(seen, viewing, protocol, near)
    except DamagedError:  # an InputError as well, but of the weights
        raise
    except InputError:
        return None
    return network, name
