"""How many more or fewer bytes one codec takes than another at equal quality, over a range of qualities.

Source: Bjontegaard, "Calculation of average PSNR differences between RD-curves", ITU-T VCEG-M33, 2001.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

OVERLAP = 1.0 / 3.0
"""Share of the narrower range of qualities that two curves must have in common."""
POINTS = 3
"""Settings that a curve must have, at least."""


class Curve(NamedTuple):
    """What a codec's settings came to. bytes: above 0.  quality: in any unit, higher is better."""

    bytes: Sequence[float]
    quality: Sequence[float]


def rate_difference(curve: Curve, against: Curve, between: tuple[float, float] = (-math.inf, math.inf)) -> float | None:
    """Mean of ln(bytes of `curve` / bytes of `against`) over the qualities that both reach, `between` two of them.

    None where a curve has fewer than three settings that count, or the ranges of quality overlap by less than a third
    of the narrower.

    Source: Bjontegaard 2001, with ln(bytes) as a function of quality.
    Differs: monotone piecewise cubics (`slopes`) in the place of one cubic through four points, as the field does now;
    a setting that takes more bytes than another and is no better does not count.
    """
    fronts = front(curve), front(against)
    if min(len(quality) for quality, _ in fronts) < POINTS:
        return None
    low = max(between[0], *(float(quality[0]) for quality, _ in fronts))
    high = min(between[1], *(float(quality[-1]) for quality, _ in fronts))
    widest = min(between[1] - between[0], *(float(quality[-1] - quality[0]) for quality, _ in fronts))
    if high - low < OVERLAP * widest:
        return None
    ours, theirs = (integral(quality, logarithm, low, high) for quality, logarithm in fronts)
    return (ours - theirs) / (high - low)


def front(curve: Curve) -> tuple[Floats, Floats]:
    """Quality and ln(bytes) of the settings that count, both rising."""
    best, kept = -math.inf, []
    # Of equal sizes the best comes first, and the others then do not count.
    for size, quality in sorted(zip(curve.bytes, curve.quality, strict=True), key=lambda point: (point[0], -point[1])):
        if quality > best:
            best = quality
            kept.append((quality, math.log(size)))
    points = np.array(kept).reshape(-1, 2)
    return points[:, 0], points[:, 1]


def slopes(x: Floats, y: Floats) -> Floats:
    """Slopes at the points of a piecewise cubic that rises and falls only where they do.

    x: float64 (n,), rising, n >= 3.  y: float64 (n,).
    Source: Fritsch and Butland, "A method for constructing local monotone piecewise cubic interpolants", SIAM J. Sci.
    Stat. Comput. 5(2), 1984, the weighted harmonic mean; at both ends the parabola through three points, held monotone.
    """
    wide = np.diff(x)
    steep = np.diff(y) / wide
    before, after = steep[:-1], steep[1:]
    near, far = wide[:-1] + 2.0 * wide[1:], 2.0 * wide[:-1] + wide[1:]
    bends = before * after <= 0.0
    # Where the slope is zero anyway, ones keep the harmonic mean from dividing by nothing.
    safe_before, safe_after = np.where(bends, 1.0, before), np.where(bends, 1.0, after)
    inner = np.where(bends, 0.0, (near + far) / (near / safe_before + far / safe_after))
    first = _end(wide[0], wide[1], steep[0], steep[1])
    last = _end(wide[-1], wide[-2], steep[-1], steep[-2])
    return np.array([first, *inner, last])


def integral(x: Floats, y: Floats, low: float, high: float) -> float:
    """Of the piecewise cubic through the points, from low to high, both within x."""
    cuts = np.array([low, *x[(x > low) & (x < high)], high])
    middle, half = (cuts[1:] + cuts[:-1]) / 2.0, np.diff(cuts) / 2.0
    reach = half / math.sqrt(3.0)  # Gauss' two points, exact for cubics
    gradient = slopes(x, y)
    sums = _between(x, y, gradient, middle - reach) + _between(x, y, gradient, middle + reach)
    return float((half * sums).sum())


def _end(near: float, far: float, steep: float, beyond: float) -> float:
    """The slope at an end. near, far: widths of the two intervals next to it.  steep, beyond: their mean slopes."""
    slope = ((2.0 * near + far) * steep - near * beyond) / (near + far)
    if slope * steep <= 0.0:
        return 0.0
    if steep * beyond <= 0.0 and abs(slope) > 3.0 * abs(steep):
        return 3.0 * steep
    return slope


def _between(x: Floats, y: Floats, gradient: Floats, at: Floats) -> Floats:
    """The cubic of Hermite in each interval."""
    left = np.clip(np.searchsorted(x, at, "right") - 1, 0, len(x) - 2)
    wide = x[left + 1] - x[left]
    t = (at - x[left]) / wide
    ends = y[left] * (1.0 + 2.0 * t) * (1.0 - t) ** 2 + y[left + 1] * t**2 * (3.0 - 2.0 * t)
    bows = gradient[left] * t * (1.0 - t) ** 2 - gradient[left + 1] * t**2 * (1.0 - t)
    between: Floats = ends + wide * bows
    return between
