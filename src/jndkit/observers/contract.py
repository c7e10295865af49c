"""What an observer is: it watches a reference once, then says of each version whether anyone sees a difference."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

from jndkit.picture import Picture
from jndkit.protocols import AIC, Protocol as Asked
from jndkit.viewing import Viewing

Map = npt.NDArray[np.float32]
Floats = npt.NDArray[np.float64]


class Box(NamedTuple):
    """A place in the picture, in pixels."""

    x: int
    y: int
    width: int
    height: int


@dataclass(frozen=True)
class Reading:
    """One reading. A reading is the observer's estimate, never a measurement of people.

    jnd: the visible difference in JND units that decides: the worst window, or the local reading where that is
        graver for its size.
    jnd_local: the worst small place alone, in JND units.
    where: the place that decides.
    interval: 90 % interval of `jnd`.
    unmasked: the reading before what the protocol says of how people look; None where that changes nothing.
    """

    jnd: float
    jnd_local: float
    where: Box
    interval: tuple[float, float]
    unmasked: float | None = None

    @property
    def raw(self) -> float:
        """JND that the observer reads of itself, whatever the protocol."""
        return self.jnd if self.unmasked is None else self.unmasked


class Watched(Protocol):
    """A reference being watched; calling it reads a decoded version of the same size."""

    def __call__(self, decoded: Picture) -> Reading: ...

    def map(self, decoded: Picture) -> Map:
        """float32 (H, W): local visible difference in JND units."""
        ...


class Observer(Protocol):
    """Who looks. One whose single answers may be wrong says so by an attribute `noisy = True`; see `is_noisy`.

    One that can look as a protocol's people do says so by `looks = True`; see `can_look`. The others take of the
    protocol its error alone.
    """

    @property
    def name(self) -> str: ...

    @property
    def version(self) -> str:
        """What changes whenever its readings do; rows of other versions are made again."""
        ...

    def watch(self, reference: Picture, viewing: Viewing, protocol: Asked = AIC) -> Watched: ...


def is_noisy(observer: Observer) -> bool:
    """Whether several of its answers must agree before one is believed; not unless it says so."""
    return bool(getattr(observer, "noisy", False))


def can_look(observer: Observer) -> bool:
    """Whether it looks by itself as a protocol's people do; not unless it says so."""
    return bool(getattr(observer, "looks", False))
