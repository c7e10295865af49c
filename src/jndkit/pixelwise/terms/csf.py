"""Contrast sensitivity functions: how faint a grating may be and still be seen.

Sensitivity is 1 / contrast at threshold, the contrast being the amplitude over the mean (Michelson's, or Weber's of the
amplitude). All take and return float64 arrays of one shape or numbers.
Frequency is in cycles per degree, luminance in cd/m2, area in square degrees, eccentricity in degrees; UsageError is
raised where luminance, area, size or distance is not a positive number.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from jndkit.errors import UsageError, check_choice

Numbers: TypeAlias = npt.ArrayLike
Values: TypeAlias = npt.NDArray[np.float64]


def mannos_sakrison(frequency: Numbers) -> Values:
    """Sensitivity relative to its peak, about 0.98 near 8 cycles per degree.

    2.6 (0.0192 + 0.114 f) exp(-(0.114 f)^1.1).
    Source: Mannos and Sakrison 1974.
    """
    scaled = 0.114 * _array(frequency)
    sensitivity: Values = 2.6 * (0.0192 + scaled) * np.exp(-(scaled**1.1))
    return sensitivity


@dataclass(frozen=True)
class Daly:
    """The constants of `daly`: published ones, or those of the refit in castleCSF."""

    peak: float = 250.0
    epsilon: float = 0.9
    eccentricity: float = 0.24
    oblique: float = 0.78
    luminance_a: float = 0.7
    luminance_b: float = 100.0


DALY_1993 = Daly()
DALY_REFITTED = Daly(133.9, 1.39533, 0.206707, 1.44757, 1.967, 13.5589)


def daly(
    frequency: Numbers,
    luminance: float = 100.0,
    area: float = 1.0,
    *,
    distance: float = 0.5,
    eccentricity: Numbers = 0.0,
    orientation: Numbers = 0.0,
    constants: Daly = DALY_1993,
) -> Values:
    """Sensitivity of the visible differences predictor.

    distance: of the accommodated eye, metres.  orientation: of the grating, degrees.
    constants: DALY_1993 or DALY_REFITTED.
    Source: Daly 1993; the refit is gfxdisp/castleCSF's CSF_A_Daly (Ashraf et al. 2024).
    """
    _check_positive(luminance=luminance, area=area, distance=distance)
    c = constants
    low = 0.801 * (1 + c.luminance_a / luminance) ** -0.2
    fall = 0.3 * (1 + c.luminance_b / luminance) ** 0.15 * c.epsilon

    def sensitivity(at: Values) -> Values:
        # Each factor is written so that frequency 0 gives 0 and no frequency overflows.
        size = (at * at * area) ** 0.3
        summation = size / (3.23**5 + size**5) ** 0.2
        decay = np.sqrt(np.exp(-2 * fall * at) + 0.06 * np.exp(-fall * at))
        value: Values = summation * low * c.epsilon * at * decay
        return value

    f = _array(frequency)
    turn = np.cos(np.radians(4 * _array(orientation)))
    stretch = 0.856 * distance**0.14 / (1 + c.eccentricity * _array(eccentricity))
    stretch = stretch * ((1 - c.oblique) / 2 * turn + (1 + c.oblique) / 2)
    smaller: Values = c.peak * np.minimum(sensitivity(f), sensitivity(f / stretch))
    return smaller


# Barten 1999, equation by equation.
BARTEN_PHOTONS = 1.2274e6


def pupil_diameter(luminance: Numbers, size: float = 60.0) -> Values:
    """Diameter of the pupil, mm.  size: side of the square field of view, degrees.

    5 - 3 tanh(0.4 log10(L X0^2 / 40^2)).
    Source: Barten 1999, equation 3.9; Le Grand 1969 with the area of Bouma 1965.
    """
    diameter: Values = 5 - 3 * np.tanh(0.4 * np.log10(_array(luminance) * size**2 / 40**2))
    return diameter


def optical_blur(diameter: Numbers, *, foveal: float = 0.5 / 60, aberration: float = 0.08 / 60) -> Values:
    """Standard deviation of the eye's line spread function, degrees.

    diameter: of the pupil, mm.  foveal: its value for a small pupil, degrees.  aberration: degrees per mm.
    Source: Barten 1999, sigma = sqrt(sigma0^2 + (Cab d)^2).
    """
    blur: Values = np.hypot(foveal, aberration * _array(diameter))
    return blur


def optical_transfer(frequency: Numbers, blur: Numbers) -> Values:
    """Share of contrast the eye's optics pass, exp(-2 pi^2 sigma^2 u^2).  blur: sigma, degrees.

    Source: Barten 1999, Mopt.
    """
    share: Values = np.exp(-2 * math.pi**2 * _array(blur) ** 2 * _array(frequency) ** 2)
    return share


def retinal_illuminance(luminance: Numbers, diameter: Numbers, *, stiles_crawford: bool = True) -> Values:
    """Illuminance of the retina, Troland.  diameter: of the pupil, mm.

    pi d^2 / 4 L (1 - (d / 9.7)^2 + (d / 12.4)^4); the bracket is the Stiles-Crawford effect.
    Source: Barten 1999.
    """
    d = _array(diameter)
    effect = 1 - (d / 9.7) ** 2 + (d / 12.4) ** 4 if stiles_crawford else 1.0
    illuminance: Values = math.pi * d**2 / 4 * _array(luminance) * effect
    return illuminance


def integration_size(frequency: Numbers, *, size: float = 60.0, largest: float = 12.0, cycles: float = 15.0) -> Values:
    """Side of the field over which the eye sums, degrees.

    (1 / X0^2 + 1 / Xmax^2 + u^2 / Nmax^2)^-1/2.  size: X0, side of the field of view, degrees.
    largest: Xmax, degrees.  cycles: Nmax.
    Source: Barten 1999.
    """
    angle: Values = (1 / size**2 + 1 / largest**2 + _array(frequency) ** 2 / cycles**2) ** -0.5
    return angle


def barten1999(
    frequency: Numbers,
    luminance: float = 20.0,
    *,
    size: float = 60.0,
    diameter: float | None = None,
    photons: float = BARTEN_PHOTONS,
) -> Values:
    """Sensitivity of the physical model, binocular viewing of a square field.

    size: X0, side of the field, degrees.  diameter: of the pupil, mm; by `pupil_diameter` unless given.
    photons: per second, square degree and Troland; 1.2274e6 to 1.285e6 by illuminant.
    Constants: signal-to-noise ratio 3, integration 0.1 s, quantum efficiency 0.03, neural noise 3e-8 s deg^2, lateral
    inhibition below 7 cycles per degree.
    Source: Barten 1999, equation 3.26.
    """
    _check_positive(luminance=luminance, size=size)
    u = _array(frequency)
    pupil = pupil_diameter(luminance, size) if diameter is None else _array(diameter)
    photon_noise = 1 / (0.03 * photons * retinal_illuminance(luminance, pupil))
    with np.errstate(divide="ignore"):
        neural_noise = 3e-8 / -np.expm1(-((u / 7) ** 2))
    noise = 2 / 0.1 / integration_size(u, size=size) ** 2 * (photon_noise + neural_noise)
    sensitivity: Values = optical_transfer(u, optical_blur(pupil)) / 3 / np.sqrt(noise)
    return sensitivity


def barten2004(frequency: Numbers, luminance: float = 100.0, area: float = 100.0) -> Values:
    """Sensitivity in closed form.

    5200 exp(-0.0016 u^2 (1 + 100/L)^0.08) / sqrt((1 + 144/X0^2 + 0.64 u^2) (63/L^0.83 + 1/(1 - exp(-0.02 u^2)))),
    X0^2 being the area.
    Source: Barten 2004.
    """
    _check_positive(luminance=luminance, area=area)
    squared = _array(frequency) ** 2
    with np.errstate(divide="ignore"):
        # expm1 keeps low frequencies exact; at 0 the noise is infinite, and the sensitivity 0.
        noise = 63 / luminance**0.83 + 1 / -np.expm1(-0.02 * squared)
    top = 5200 * np.exp(-0.0016 * squared * (1 + 100 / luminance) ** 0.08)
    sensitivity: Values = top / np.sqrt((1 + 144 / area + 0.64 * squared) * noise)
    return sensitivity


def castle(
    frequency: Numbers,
    luminance: float = 100.0,
    area: float = 1.0,
    *,
    flicker: float = 0.0,
    eccentricity: Numbers = 0.0,
    field: str = "temporal",
) -> Values:
    """Achromatic sensitivity of castleCSF, the sum of a sustained and a transient channel.

    flicker: temporal frequency, Hz.  field: "temporal" or "nasal", the side of the visual field `eccentricity` is on.
    Raises UsageError for an unknown field or a luminance or area that is not positive.
    Source: Ashraf et al. 2024 with the parameters of gfxdisp/castleCSF.
    """
    check_choice("field", field, _CASTLE_FIELDS)
    _check_positive(luminance=luminance, area=area)
    f = _array(frequency)
    peak = 56.4947 * (1 + 7.54726 / luminance) ** -0.144532 * (1 - (1 + 5.58341e-7 / luminance) ** -9.66862e9)
    middle = 1.78119 * (1 + 91.5718 / luminance) ** -0.256682
    sustained = peak * _log_parabola(f, middle, 0.000213047, 0.100207) * _summation(f, area, 157.103, 0.702338)
    transient = 2748.09 * luminance**0.193434 * _log_parabola(f, 0.000316696, 2.6761, 0.000241177)
    transient = transient * _summation(f, area, 3.81611, 3.01389)
    best = 4.7036 + 2.41482 * math.log10(luminance)
    total = sustained * math.exp(-(flicker**1.3314) / 10.5795)
    total = total + transient * math.exp(-(abs(flicker**0.1898 - best**0.1898) ** 2) / 0.0844836)
    constant, slope = _CASTLE_FIELDS[field]
    sensitivity: Values = total * 10 ** (-(constant + slope * f) * _array(eccentricity))
    return sensitivity


# log10 of the sensitivity lost in a degree: at frequency 0, and more for each cycle per degree.
_CASTLE_FIELDS = {"temporal": (0.0239853, 0.0189038), "nasal": (0.0400662, 0.00813619)}


def _log_parabola(frequency: Values, middle: float, bandwidth: float, floor: float) -> Values:
    """1 at `middle`, falling as a parabola of log frequency, below `middle` no lower than 1 - `floor`."""
    away = np.log10(np.maximum(frequency, 1e-9)) - math.log10(middle)  # frequency 0 has no logarithm
    parabola = 10 ** -(away**2 / 2**bandwidth)
    shape: Values = np.where(frequency < middle, np.maximum(parabola, 1 - floor), parabola)
    return shape


def _summation(frequency: Values, area: float, largest: float, corner: float) -> Values:
    """What the size of a grating does to sensitivity: it grows with the root of the area up to a critical one."""
    critical = largest / (1 + (frequency / corner) ** 2)
    gain: Values = frequency * np.sqrt(critical / (1 + critical / area))
    return gain


def ahumada_peterson(frequency: Numbers, luminance: float, *, oblique: Numbers = 0.0, r: float, s: float) -> Values:
    """Luminance amplitude at threshold, cd/m2, of the grating or cross of gratings that a DCT coefficient is.

    log10 T = log10(s Tmin / (r + (1 - r) cos^2 phi)) + K (log10 f - log10 fp)^2.
    luminance: of the background.  oblique: sin phi.  r: share of sensitivity left at 45 degrees.  s: spatial summation.
    Frequency must be positive.
    Source: Ahumada and Peterson 1992, as Zhang et al. 2005 print it.
    """
    _check_positive(luminance=luminance, r=r, s=s)
    lowest = luminance / 94.7 if luminance > 13.45 else 0.142 * (luminance / 13.45) ** 0.649
    dim = min(luminance / 300, 1.0)
    best, steepness = 6.78 * dim**0.182, 3.125 * dim**0.0706
    direction = r + (1 - r) * (1 - _array(oblique) ** 2)
    away = np.log10(_array(frequency)) - math.log10(best)
    threshold: Values = s * lowest / direction * 10 ** (steepness * away**2)
    return threshold


# Acuity away from fixation.
LEAST_CONTRAST = 1 / 64
DECAY = 0.106
HALF_RESOLUTION = 2.3


def cutoff_frequency(eccentricity: Numbers) -> Values:
    """Highest frequency that can be seen, e2 ln(1 / CT0) / (a (e + e2)), cycles per degree.

    Source: Geisler and Perry 1998, with CT0 = 1/64, a = 0.106, e2 = 2.3 degrees, in Li et al. 2016.
    """
    cutoff: Values = HALF_RESOLUTION * math.log(1 / LEAST_CONTRAST) / (DECAY * (_array(eccentricity) + HALF_RESOLUTION))
    return cutoff


def foveation(eccentricity: Numbers, distance: float) -> Values:
    """Highest frequency that can be seen on a display, over that at fixation: 1 there, falling outward.

    distance: viewing distance in pixels; the display itself ends at pi v / 360 cycles per degree.
    Source: Li et al. 2016, Sf.
    """
    _check_positive(distance=distance)
    display = math.pi * distance / 360
    at_fixation = min(float(cutoff_frequency(0.0)), display)
    ratio: Values = np.minimum(cutoff_frequency(eccentricity), display) / at_fixation
    return ratio


def _array(numbers: Numbers) -> Values:
    return np.asarray(numbers, np.float64)


def _check_positive(**numbers: float) -> None:
    for name, number in numbers.items():
        if not (math.isfinite(number) and number > 0):
            raise UsageError(f"{name} must be a positive number, not {number}")
