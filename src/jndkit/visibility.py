"""The scale of visibility: just noticeable differences (JND) and the share of viewers who see no difference."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from statistics import NormalDist
from typing import Literal

from jndkit.errors import UsageError
from jndkit.viewing import DISPLAYS, Viewing, viewing as named_viewing

# Every number below is an output of benchmarks/protocols.py; a test repeats the fits and compares.

JND_PER_JOD = 3.20
"""JND per unit of ColorVideoVDP quality lost: d = 3.20 (10 - Q_JOD). A round number: least squares give 3.17."""

RESIDUAL_BELOW = 0.247
"""Root mean square error of that line where it reads less than 1.5 JND, in JND."""
RESIDUAL = 0.263
"""The same over all 300 stimuli."""
RESIDUAL_LEFT_OUT = 0.272
"""The same with the slope fitted without the source that is judged."""

ERROR_FLOOR = 0.250
"""Error of the line on a source left out of the fit, where it reads less than 1.5 JND, in JND."""
ERROR_SHARE = 0.136
"""The same from 1.5 JND up, as a share of the reading."""

_NORMAL = NormalDist()
# 0.6745: the deviate at which a two-alternative choice of half detecting viewers is 75 % correct.
_PROBIT_75 = _NORMAL.inv_cdf(0.75)


@dataclass(frozen=True)
class Protocol:
    """One way of asking viewers, as a curve from JND to the share who see no difference.

    form: "aic", SUR(d) = 2 (1 - Phi(0.6745 d)); "lognormal", SUR(d) = 1 - Phi(ln(d / d50) / spread).
    d50: JND at which half of the viewers notice.  spread: of ln d over viewers; None where it is not fitted.
    viewing: name of the display it was fitted at.  source: where the answers of people come from.
    fitted: how the numbers were found.  note: what to say beside a result, where the viewing is not the fitted one.
    """

    name: str
    form: Literal["aic", "lognormal"]
    d50: float
    spread: float | None
    viewing: str
    source: str
    fitted: str
    note: str | None = None

    @property
    def shares(self) -> bool:
        """Whether it can tell any share of viewers; False where it knows only the JND of 50 %."""
        return self.form == "aic" or self.spread is not None


_MCL_JCI = "MCL-JCI, Jin et al. 2016; satisfied-user curves of Lin et al. 2020"
_MCL_JCI_FIT = (
    "least squares of the mean satisfied-user curve over JPEG quality 15 to 97, readings on JPEG-coded photographs"
)

# The first fit of a name is the one that sets the viewing.
PROTOCOLS: dict[str, tuple[Protocol, ...]] = {
    "aic": (
        Protocol(
            "aic",
            "aic",
            1.0,
            None,
            "desktop",
            "JPEG AIC-3/AIC-4, Testolina et al. 2025; Jenadeleh et al. 2025",
            "the definition of the unit; the observer was fitted to it on 300 stimuli",
        ),
    ),
    "konjnd": (
        Protocol(
            "konjnd",
            "lognormal",
            1.83,
            None,
            "desktop",
            "KonJND-1k, Lin et al. 2022; JPEG AIC-4 for the unit",
            "distortion in JND at which JPEG pictures read SSIMULACRA2 63.1, mean of five sources",
        ),
    ),
    "mcl-jci": (
        Protocol("mcl-jci", "lognormal", 1.45, 0.39, "4k", _MCL_JCI, _MCL_JCI_FIT),
        Protocol("mcl-jci", "lognormal", 3.08, 0.31, "desktop", _MCL_JCI, _MCL_JCI_FIT),
    ),
}


def protocol(name: str, viewing: str | float | Viewing | None = None) -> tuple[Protocol, Viewing]:
    """The protocol's fit at a viewing, and that viewing; without one, the viewing the protocol was fitted at.

    name: "aic", "konjnd" or "mcl-jci".  viewing: a display's name, pixels per degree, or a Viewing.
    `aic` is the definition of the unit and so is answered at every viewing, with a note where it is not the fitted one.

    Raises UsageError for an unknown protocol or viewing, and for a combination that has no fit.
    """
    if name not in PROTOCOLS:
        raise UsageError(f"unknown protocol {name!r}: choose {', '.join(PROTOCOLS)}")
    fits = PROTOCOLS[name]
    if viewing is None:
        return fits[0], DISPLAYS[fits[0].viewing]
    wanted = named_viewing(viewing)
    for fit in fits:
        if _same_display(wanted, DISPLAYS[fit.viewing]):
            return fit, wanted
    if fits[0].form == "aic":
        return replace(
            fits[0], note=f"the observer's scale was fitted at {fits[0].viewing}, not at {wanted.name}"
        ), wanted
    fitted_at = " and ".join(fit.viewing for fit in fits)
    raise UsageError(f"protocol {name} has no fit at viewing {wanted.name}: it was fitted at {fitted_at}")


def _same_display(a: Viewing, b: Viewing) -> bool:
    """Equal but for the name; 37.84 typed as a number is the desktop's 37.8355."""
    return math.isclose(a.ppd, b.ppd, rel_tol=1e-3) and replace(a, name="", ppd=0.0) == replace(b, name="", ppd=0.0)


def viewers(d: float, protocol: Protocol) -> float:
    """Viewers who see no difference, in per cent, at a difference of `d` JND.

    Raises UsageError where `d` is negative or not finite, and where the protocol's spread is not fitted.

    Source: aic, the JND unit of JPEG AIC-3 (ISO/IEC 29170-3); lognormal, our choice for skewed thresholds.
    """
    _check(d)
    if protocol.form == "aic":
        return 100.0 * math.erfc(_PROBIT_75 * d / math.sqrt(2.0))
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
        return -_probit(viewers / 200.0) / _PROBIT_75
    if viewers == 50.0:
        return protocol.d50
    if protocol.spread is None:
        raise UsageError(_half_only(protocol))
    return protocol.d50 * math.exp(-protocol.spread * _probit(viewers / 100.0))


def observer_sigma(d: float) -> float:
    """Standard deviation in JND of the observer's error where it reads `d` JND. Raises UsageError as `viewers` does.

    A floor, and a share of the reading where that is larger. Measured on five sources, each left out of the fit in
    turn: within one source the errors share a sign.
    """
    _check(d)
    return max(ERROR_FLOOR, ERROR_SHARE * d)


def interval(d: float, *, level: float = 0.9, widen: float = 1.0) -> tuple[float, float]:
    """Two-sided interval in JND of a reading of `d` JND, its lower end not below 0.

    level: share of readings it should hold, 0 < level < 1.  widen: factor on the standard deviation, at least 1,
    for pictures outside the domain the observer was fitted on.

    Raises UsageError for a `d`, level or factor outside its range.
    """
    if not 0.0 < level < 1.0:
        raise UsageError(f"level must lie between 0 and 1, both excluded, not {level:g}")
    if not 1.0 <= widen < math.inf:
        raise UsageError(f"widen must be at least 1, not {widen:g}")
    half = _NORMAL.inv_cdf(0.5 + level / 2.0) * widen * observer_sigma(d)
    return max(0.0, d - half), d + half


def viewers_interval(d: float, protocol: Protocol, *, level: float = 0.9, widen: float = 1.0) -> tuple[float, float]:
    """Interval in per cent of viewers who see no difference, from the observer's error alone.

    The error of the protocol's own constants is not in it. Arguments and errors as in `interval` and `viewers`.
    """
    low, high = interval(d, level=level, widen=widen)
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
