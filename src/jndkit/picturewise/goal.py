"""What the file of one picture is held to."""

from __future__ import annotations

from dataclasses import dataclass, replace

from jndkit.picturewise.domain import Domain
from jndkit.protocols import Protocol
from jndkit.viewing import Viewing
from jndkit.visibility import jnd_for

_STRICTER = 0.5  # share of the target that a picture outside the scale's domain must meet


@dataclass(frozen=True)
class Goal:
    """The share of viewers who should see no difference, and what it comes to for this picture.

    viewers: per cent.  protocol: how they look.  viewing: at which display.  domain: what kind of picture it is.
    """

    viewers: float
    protocol: Protocol
    viewing: Viewing
    domain: Domain

    @property
    def jnd(self) -> float:
        """The most that the file may read, JND. Raises UsageError where the protocol cannot tell that share."""
        jnd = jnd_for(self.viewers, self.protocol)
        # What a reading means was never measured out there, so the file keeps a distance.
        return jnd if self.domain.inside else _STRICTER * jnd

    def of(self, codec: str) -> Goal:
        """What files of one codec are held to, by its name; see `Protocol.of`."""
        return replace(self, protocol=self.protocol.of(codec))

    @property
    def widen(self) -> float:
        """Factor on the observer's error, as in `visibility.interval`."""
        return self.domain.widen

    def caveats(self, *, lossless: bool) -> list[str]:
        """What to say beside a result where the scale was not fitted. lossless: how the file was made."""
        if self.domain.inside:
            return []
        cure = "coded without loss" if lossless else "held to half of the target, interval doubled"
        return [f"outside the domain of the scale ({self.domain.kind}: {', '.join(self.domain.reasons)}): {cure}"]

    def __str__(self) -> str:
        return f"{self.viewers:g} % of viewers ({self.jnd:.2f} JND)"
