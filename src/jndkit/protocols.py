"""Ways of asking people whether they see a difference: how they look, and how many notice how much."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from jndkit.errors import InputError, UsageError, check_choice
from jndkit.viewing import DISPLAYS, Viewing, viewing as named_viewing

# Every number below is an output of tools/protocols.py or of tools/side_by_side.py; tests compare.


@dataclass(frozen=True)
class Error:
    """How far a reading lies from people's answers that took no part in its fit, one standard deviation.

    Widened for how few pictures say so: 1.645 of it hold 90 % of new ones.
    floor: in JND.  share: of the reading; the larger of the two holds. Without a floor it is of the logarithm: such
    readings err by factors.
    """

    floor: float
    share: float

    def __call__(self, d: float) -> float:
        """In JND, where `d` JND are read."""
        return max(self.floor, self.share * d)

    def around(self, d: float, deviates: float) -> tuple[float, float]:
        """The two ends, in JND, that lie so many standard deviations below and above `d`; none is negative."""
        if self.floor == 0.0:
            factor = math.exp(deviates * self.share)
            return d / factor, d * factor
        half = deviates * self(d)
        return max(0.0, d - half), d + half


@dataclass(frozen=True)
class Look:
    """How people look at two pictures beside each other: from place to place, for fine detail, and texture masks.

    A place is a square of 0.42 degrees. What is visible in it is divided by its own mean pixel-wise JND, so that each
    place masks itself; the worst places decide, since viewers search for them; what is finer than the eye's best
    frequency counts by its frequency, since nobody is held at a distance.

    masking: name of the pixel-wise JND model.  exponent: of its mean in a place.
    unit: that mean in code values which leaves a reading as it is: photographs read the same on average.
    places: exponent of the mean over places.  detail: exponent of frequency, above 6.1 cycles per degree.
    """

    masking: str
    exponent: float
    unit: float
    places: float
    detail: float


@dataclass(frozen=True)
class Protocol:
    """One way of asking viewers, as a curve from JND to the share who see no difference.

    form: "aic", SUR(d) = 2 (1 - Phi(0.6745 d / d50)); "lognormal", SUR(d) = 1 - Phi(ln(d / d50) / spread).
    d50: JND at which half of the viewers notice.  spread: of ln d over viewers; None where it is not fitted.
    viewing: name of the display it was fitted at.  source: where the answers of people come from.
    fitted: how the numbers were found.  error: what a reading errs by, by those answers.
    factors: (codec's name, factor on d50) where answers to that codec were better told by one; see `of`.
    look: how people look, where nothing flickers; None where two pictures take turns in one place, and whoever looks
    sees through texture.
    note: what to say beside a result, where the viewing is not the fitted one.
    """

    name: str
    form: Literal["aic", "lognormal"]
    d50: float
    spread: float | None
    viewing: str
    source: str
    fitted: str
    error: Error
    look: Look | None = None
    note: str | None = None
    factors: tuple[tuple[str, float], ...] = ()

    @property
    def shares(self) -> bool:
        """Whether it can tell any share of viewers; False where it knows only the JND of 50 %."""
        return self.form == "aic" or self.spread is not None

    def of(self, codec: str) -> Protocol:
        """The same for one codec: what the observer reads too high or too low of it is made good in d50.

        codec: its name, without options. One without a factor is read as it is.
        """
        factor = dict(self.factors).get(codec)
        return self if factor is None else replace(self, d50=factor * self.d50, factors=())


SIDE_BY_SIDE = Look("wu2017", exponent=1.0, unit=1.75, places=8.0, detail=1.0)
LOOKS = {"side-by-side": SIDE_BY_SIDE}
"""By the name that a protocol's file calls them."""

# For a source and a codec that the sample does not have.
_AIC_ERROR = Error(floor=0.27, share=0.19)
# Of pictures, 0.15, and of d50, 0.05, as squares, widened for ten pictures; of MCL-JCI, whose pictures are not public,
# nothing else is known.
_SIDE_BY_SIDE_ERROR = Error(floor=0.0, share=0.18)
# Pictures about the mean threshold spread by 17 %, which is less than what a reading errs by.
_KONJND_ERROR = _AIC_ERROR

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
            _AIC_ERROR,
        ),
    ),
    "side-by-side": (
        Protocol(
            "side-by-side",
            "lognormal",
            1.66,
            0.35,
            "desktop",
            "MIDD-GAR, Fukushima: 30 viewers, ten grey pictures, JPEG and WebP",
            "binomial likelihood over 100 pairs, 6 in 100 answers taken for false alarms",
            _SIDE_BY_SIDE_ERROR,
            SIDE_BY_SIDE,
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
            _KONJND_ERROR,
        ),
    ),
    "mcl-jci": tuple(
        Protocol("mcl-jci", "lognormal", d50, spread, at, _MCL_JCI, _MCL_JCI_FIT, _SIDE_BY_SIDE_ERROR, SIDE_BY_SIDE)
        for at, d50, spread in (("4k", 1.39, 0.28), ("desktop", 2.95, 0.22))
    ),
}

AIC = PROTOCOLS["aic"][0]
"""The definition of the unit, by which a reading is what the observer says and nothing else."""

_EVERYWHERE = {"aic", "side-by-side"}  # what the observer's model of a display carries to others


def protocol(name: str, viewing: str | float | Viewing | None = None) -> tuple[Protocol, Viewing]:
    """The protocol's fit at a viewing, and that viewing; without one, the viewing the protocol was fitted at.

    name: of PROTOCOLS, or the path of a .toml file that `jnd study fit` wrote.
    viewing: a display's name, pixels per degree, or a Viewing.
    `aic` is the definition of the unit, and `side-by-side` is what people ask for on every display: both are answered
    at every viewing, with a note where it is not the fitted one.

    Raises UsageError for an unknown protocol or viewing, and for a combination that has no fit; InputError for a file
    that is no protocol.
    """
    if is_own(name):
        return _own_at(own_protocol(name), viewing)
    check_choice("protocol", name, PROTOCOLS)
    fits = PROTOCOLS[name]
    if viewing is None:
        return fits[0], DISPLAYS[fits[0].viewing]
    wanted = named_viewing(viewing)
    for fit in fits:
        if _same_display(wanted, DISPLAYS[fit.viewing]):
            return fit, wanted
    if name in _EVERYWHERE:
        note = f"the scale of {name} was fitted at {fits[0].viewing}, not at {wanted.name}"
        return replace(fits[0], note=note), wanted
    fitted_at = " and ".join(fit.viewing for fit in fits)
    raise UsageError(f"protocol {name} has no fit at viewing {wanted.name}: it was fitted at {fitted_at}")


def is_own(name: str) -> bool:
    """Whether a protocol's name is that of a file of the user's own."""
    return name.endswith(".toml")


def own_protocol(path: str | Path) -> Protocol:
    """A protocol of the user's own, from a file that `jnd study fit` wrote. Its name is its path.

    Raises InputError where there is no such file, and where it is no protocol.
    """
    import tomllib  # here, since few bring a protocol of their own

    try:
        values = tomllib.loads(Path(path).read_bytes().decode("utf-8"))
        spread, about = values.get("spread"), values["error"]
        numbers = [values["d50"], about["floor"], about["share"], *([] if spread is None else [spread])]
        made = Protocol(
            str(path),
            values["form"],
            float(values["d50"]),
            None if spread is None else float(spread),
            str(values["viewing"]),
            str(values["source"]),
            str(values["fitted"]),
            Error(float(about["floor"]), float(about["share"])),
            look=LOOKS[values["look"]] if "look" in values else None,
            factors=tuple((str(codec), float(factor)) for codec, factor in values.get("factors", {}).items()),
            note=f"the protocol is the user's own: {values['source']}",
        )
    except OSError as error:
        raise InputError(path, f"it cannot be read: {error.strerror}") from None
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise InputError(path, f"it is no protocol ({error!r}); jnd study fit writes one") from None
    if made.form not in ("aic", "lognormal") or (made.form == "lognormal" and made.spread is None):
        raise InputError(path, f"its form {made.form!r} is neither aic nor lognormal with a spread")
    if not all(0.0 <= float(number) < math.inf for number in numbers) or made.d50 <= 0.0 or made.spread == 0.0:
        raise InputError(path, "its d50 and spread must be positive numbers, and its error none below zero")
    if not all(0.0 < factor < math.inf for _, factor in made.factors):
        raise InputError(path, "its factors must be positive numbers")
    return made


def contents(name: str) -> str:
    """What stands for a protocol where no path may: its name, or of the user's own the hash of the file."""
    import hashlib  # as tomllib

    return f"own:{hashlib.sha256(Path(name).read_bytes()).hexdigest()[:16]}" if is_own(name) else name


def _own_at(own: Protocol, viewing: str | float | Viewing | None) -> tuple[Protocol, Viewing]:
    at = named_viewing(own.viewing)
    wanted = at if viewing is None else named_viewing(viewing)
    if wanted != at and not _same_display(wanted, at):
        raise UsageError(f"protocol {own.name} has no fit at viewing {wanted.name}: its people looked at {at.name}")
    return own, wanted


def _same_display(a: Viewing, b: Viewing) -> bool:
    """Equal but for the name; 37.84 typed as a number is the desktop's 37.8355."""
    return math.isclose(a.ppd, b.ppd, rel_tol=1e-3) and replace(a, name="", ppd=0.0) == replace(b, name="", ppd=0.0)
