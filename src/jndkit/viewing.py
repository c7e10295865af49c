"""Viewing conditions: how large a pixel is to the eye, and how bright the display."""

from __future__ import annotations

import math
from dataclasses import dataclass

from jndkit.errors import UsageError, unknown_choice


@dataclass(frozen=True)
class Viewing:
    """One display and the distance it is seen from.

    ppd: pixels per degree of visual angle at the centre of the display.
    peak: peak luminance in cd/m2.  black: luminance of a black pixel in a dark room, cd/m2.
    ambient: illuminance on the display, lux.  reflectivity: share of it the panel reflects.

    Source: display models of ColorVideoVDP (Mantiuk et al. 2024), `display_models.json`.
    """

    name: str
    ppd: float
    peak: float = 200.0
    black: float = 0.2
    ambient: float = 250.0
    reflectivity: float = 0.005

    @property
    def reflected(self) -> float:
        """Luminance reflected from the panel, cd/m2."""
        return self.ambient / math.pi * self.reflectivity


def pixels_per_degree(resolution: tuple[int, int], diagonal_inches: float, distance_m: float) -> float:
    """Pixels per degree at the centre of a flat display with square pixels."""
    width, height = resolution
    width_m = diagonal_inches * 0.0254 * width / math.hypot(width, height)
    return 1.0 / (2.0 * math.degrees(math.atan(0.5 * width_m / width / distance_m)))


DISPLAYS = {
    "desktop": Viewing("desktop", pixels_per_degree((1920, 1080), 24, 0.6)),
    "4k": Viewing("4k", pixels_per_degree((3840, 2160), 30, 0.7472)),
    "laptop": Viewing("laptop", pixels_per_degree((3072, 1920), 16, 25 * 0.0254), peak=500.0, black=0.37),
    "phone": Viewing("phone", pixels_per_degree((2400, 1080), 6, 0.4), peak=500.0, black=0.05),
}


def viewing(name: str | float | Viewing) -> Viewing:
    """The named display, or the desktop display at a number of pixels per degree.

    Raises UsageError for an unknown name or a number outside 5 .. 300 pixels per degree.
    """
    if isinstance(name, Viewing):
        return name
    if isinstance(name, str) and name in DISPLAYS:
        return DISPLAYS[name]
    try:
        ppd = float(name)
    except ValueError:
        raise unknown_choice("viewing", name, DISPLAYS, beside="a number of pixels per degree") from None
    if not 5.0 <= ppd <= 300.0:
        raise UsageError(f"viewing {name}: pixels per degree must lie between 5 and 300")
    return Viewing(f"{ppd:g}ppd", ppd)
