"""What an observer is: it watches a reference once, then says of each version whether anyone sees a difference."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

from jndkit.errors import UsageError
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


class Witness(NamedTuple):
    """What one observer says of a version that another one judges, too.

    observer: its name with its version.  jnd: what it reads.
    least: JND that it insists on, whatever its error; it objects where that lies above the target.
    """

    observer: str
    jnd: float
    least: float


@dataclass(frozen=True)
class Reading:
    """One reading. A reading is the observer's estimate, never a measurement of people.

    jnd: the visible difference in JND units that decides: the worst window, or the local reading where that is
        graver for its size.
    jnd_local: the worst small place alone, in JND units.
    where: the place that decides.
    interval: 90 % interval of `jnd`.
    doubt: JND of it that the observer does not insist on where it objects; None for the lower half of the interval.
    unmasked: the reading before what the protocol says of how people look; None where that changes nothing.
    witnesses: of a panel, what each of its members says; empty where one observer alone read.
    """

    jnd: float
    jnd_local: float
    where: Box
    interval: tuple[float, float]
    unmasked: float | None = None
    witnesses: tuple[Witness, ...] = ()
    doubt: float | None = None

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

    One whose scale does not hold at every display has a method `holds_at(viewing) -> bool`; see `check_viewing`.
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


def holds_at(observer: Observer, viewing: Viewing) -> bool:
    """Whether its scale holds at that display; at every one unless it says otherwise."""
    asked = getattr(observer, "holds_at", None)
    return asked is None or bool(asked(viewing))


def check_viewing(observer: Observer, viewing: Viewing) -> None:
    """Raises UsageError where the observer's scale does not hold at that display."""
    if not holds_at(observer, viewing):
        raise UsageError(f"{observer.name} knows no display and was fitted at the desktop alone, not at {viewing.name}")
