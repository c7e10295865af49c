"""The scale of visibility: just noticeable differences (JND) and the share of viewers who see no difference."""

from __future__ import annotations

import math
from statistics import NormalDist

from jndkit.errors import UsageError
from jndkit.protocols import AIC, Protocol

# Every number below is an output of tools/protocols.py; a test repeats the fits and compares.

JND_PER_JOD = 3.20
"""JND per unit of ColorVideoVDP quality lost: d = 3.20 (10 - Q_JOD). A round number: least squares give 3.17."""

RESIDUAL_BELOW = 0.247
"""Root mean square error of that line where it reads less than 1.5 JND, in JND."""
RESIDUAL = 0.263
"""The same over all 300 stimuli."""
RESIDUAL_LEFT_OUT = 0.272
"""The same with the slope fitted without the source that is judged."""

_NORMAL = NormalDist()
# 0.6745: the deviate at which a two-alternative choice of half detecting viewers is 75 % correct.
_PROBIT_75 = _NORMAL.inv_cdf(0.75)


def viewers(d: float, protocol: Protocol) -> float:
    """Viewers who see no difference, in per cent, at a difference of `d` JND.

    Raises UsageError where `d` is negative or not finite, and where the protocol's spread is not fitted.

    Source: aic, the JND unit of JPEG AIC-3 (ISO/IEC 29170-3); lognormal, our choice for skewed thresholds.
    """
    _check(d)
    if protocol.form == "aic":
        return 100.0 * math.erfc(_PROBIT_75 * d / protocol.d50 / math.sqrt(2.0))
    if protocol.spread is None:
        raise UsageError(_half_only(protocol))
    if d == 0.0:
        return 100.0
    return 50.0 * math.erfc((math.log(d) - math.log(protocol.d50)) / (protocol.spread * math.sqrt(2.0)))


def jnd_for(viewers: float, protocol: Protocol) -> float:
    """The difference in JND at which `viewers` per cent see none: the inverse of `viewers`.

    Raises UsageError outside 0 < viewers < 100, and for any share but 50 where the protocol's spread is not fitted.
    """
    if not 0.0 < viewers < 100.0:
        raise UsageError(f"viewers must lie between 0 and 100 per cent, both excluded, not {viewers:g}")
    if protocol.form == "aic":
        return -_probit(viewers / 200.0) / _PROBIT_75 * protocol.d50
    if viewers == 50.0:
        return protocol.d50
    if protocol.spread is None:
        raise UsageError(_half_only(protocol))
    return protocol.d50 * math.exp(-protocol.spread * _probit(viewers / 100.0))


def observer_sigma(d: float, protocol: Protocol = AIC) -> float:
    """Standard deviation in JND of the observer's error where it reads `d` JND. Raises UsageError as `viewers` does.

    Measured on answers of people that took no part in the fit: of sources or pictures left out in turn, within each
    of which the errors share a sign.
    """
    _check(d)
    return protocol.error(d)


def interval(d: float, protocol: Protocol = AIC, *, level: float = 0.9, widen: float = 1.0) -> tuple[float, float]:
    """Two-sided interval in JND of a reading of `d` JND, its lower end not below 0.

    level: share of readings it should hold, 0 < level < 1.  widen: factor on the standard deviation, at least 1,
    for pictures outside the domain the observer was fitted on.

    Raises UsageError for a `d`, level or factor outside its range.
    """
    if not 0.0 < level < 1.0:
        raise UsageError(f"level must lie between 0 and 1, both excluded, not {level:g}")
    if not 1.0 <= widen < math.inf:
        raise UsageError(f"widen must be at least 1, not {widen:g}")
    _check(d)
    return protocol.error.around(d, _NORMAL.inv_cdf(0.5 + level / 2.0) * widen)


def viewers_interval(d: float, protocol: Protocol, *, level: float = 0.9, widen: float = 1.0) -> tuple[float, float]:
    """Interval in per cent of viewers who see no difference, from the observer's error alone.

    The error of the protocol's own constants is not in it. Arguments and errors as in `interval` and `viewers`.
    """
    low, high = interval(d, protocol, level=level, widen=widen)
    return viewers(high, protocol), viewers(low, protocol)


def _probit(share: float) -> float:
    # A share next to 0 or 1 rounds to it, where the normal distribution has no inverse.
    return _NORMAL.inv_cdf(min(max(share, math.ulp(0.0)), 1.0 - math.ulp(0.5)))


def viewers_between(
    between: tuple[float, float], d: float, protocol: Protocol, *, widen: float = 1.0
) -> tuple[float, float]:
    """Interval in per cent of viewers, from an observer's own interval in JND around its reading of `d` JND.

    widen: factor on either side, as in `interval`.  Raises UsageError as `viewers` does.
    """
    low, high = between
    return viewers(d + widen * (high - d), protocol), viewers(max(0.0, d - widen * (d - low)), protocol)


def _check(d: float) -> None:
    if not 0.0 <= d < math.inf:
        raise UsageError(f"a difference must be a finite number of JND, not negative; got {d:g}")


def _half_only(protocol: Protocol) -> str:
    return f"protocol {protocol.name} answers 50 % of viewers only: how far viewers differ is not fitted"
