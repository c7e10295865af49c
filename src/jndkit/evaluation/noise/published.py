"""What people said of noise shaped by JND maps, as the papers print it. Other pictures, other noise, other displays."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Advantage:
    """Mean score of one model's noise over another's at equal PSNR, from -3 (much worse) to 3 (much better).

    model: the one that was preferred where `score` is above 0.  other: a name in MODELS, or None where we have none.
    """

    paper: str
    psnr: float
    model: str
    other: str | None
    named: str
    score: float
    viewers: int
    pictures: int


@dataclass(frozen=True)
class Reached:
    """Mean PSNR (dB) of noise as strong as the map, where the viewers of the paper saw about no difference.

    model: a name in MODELS, or None where we have none.
    """

    paper: str
    model: str | None
    named: str
    psnr: float
    viewers: int
    pictures: int


_WU = "Wu et al. 2017"
_YANG = "Yang et al. 2005"
_LIU = "Liu et al. 2010"

ADVANTAGES = (
    Advantage(_WU, 26.65, "wu2017", None, "Zhang et al. 2008", 1.33, viewers=49, pictures=12),
    Advantage(_WU, 26.65, "wu2017", "wei2009", "Wei and Ngan 2009", 1.17, viewers=49, pictures=12),
    Advantage(_WU, 26.65, "wu2017", "liu2010", "Liu et al. 2010", 0.75, viewers=49, pictures=12),
    Advantage(_WU, 26.65, "wu2017", "wu2013", "Wu et al. 2013", 0.37, viewers=49, pictures=12),
)

REACHED = (
    Reached(_YANG, None, "Yang et al. 2005, colour", 29.04, viewers=8, pictures=30),
    Reached(_YANG, "yang2005", "Yang et al. 2005, grey", 30.37, viewers=8, pictures=30),
    Reached(_YANG, "chou1995", "Chou and Li 1995", 31.44, viewers=8, pictures=30),
    Reached(_LIU, "liu2010", "Liu et al. 2010", 31.45, viewers=21, pictures=10),
    Reached(_LIU, "yang2005", "Yang et al. 2005", 32.58, viewers=21, pictures=10),
    Reached(_LIU, "chou1995", "Chou and Li 1995", 32.60, viewers=21, pictures=10),
)
