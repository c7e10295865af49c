"""How far a reading may lie from people, where an observer is known by how far it lies from another."""

from __future__ import annotations

import math
from statistics import NormalDist

from jndkit.protocols import AIC, Protocol
from jndkit.visibility import interval

_LEVEL = 0.9


def reading_interval(jnd: float, error: float, protocol: Protocol = AIC) -> tuple[float, float]:
    """90 % interval of a reading, JND.

    error: root mean square of ln(reading / psychophysical reading). Two errors taken as independent: this factor, and
    the psychophysical observer's own error to the people of a protocol; their half-widths add as squares, on either
    side.
    """
    low, high = interval(jnd, protocol, level=_LEVEL)
    factor = math.exp(NormalDist().inv_cdf(0.5 + _LEVEL / 2.0) * error)
    below, above = math.hypot(jnd - jnd / factor, jnd - low), math.hypot(jnd * factor - jnd, high - jnd)
    return max(0.0, jnd - below), jnd + above
