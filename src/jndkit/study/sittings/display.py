"""What the check of a viewer's display found, and whether it will do for a study."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from jndkit.errors import UsageError
from jndkit.study.plan import Plan
from jndkit.study.sittings.plates import Plate

_LEAST_TONES = 3  # of five squares on black, and on white
_GAMMA = (1.4, 3.2)  # of sRGB it is 2.2; what lies outside shows other pictures
_MISREAD = 1  # colour plates, at most: some are missed by anybody in a hurry
_LIMITS = {
    "ratio": (1.0, 8.0),
    "refresh": (1.0, 1000.0),
    "late": (0.0, 1.0),
    "pixels_per_millimetre": (1.0, 50.0),
    "distance": (50.0, 10_000.0),
    "ppd": (5.0, 600.0),
    "dark": (0.0, 5.0),
    "light": (0.0, 5.0),
    "gamma": (0.1, 20.0),
}


@dataclass(frozen=True)
class Found:
    """ratio: device pixels of a CSS pixel.  window: its width and height, device pixels.  touch: no mouse.

    refresh: frames a second.  late: share of them.  pixels_per_millimetre: device pixels.  distance: millimetres.
    ppd: device pixels of a degree.  dark, light: squares that were seen, of five.  gamma: by lines against grey.
    plates: what was read in each, "" for nothing.
    """

    ratio: float
    window: tuple[int, int]
    touch: bool
    refresh: float
    late: float
    pixels_per_millimetre: float
    distance: float
    ppd: float
    dark: float
    light: float
    gamma: float
    plates: tuple[str, ...]


def found_in(told: Mapping[str, Any], plates: Sequence[Plate]) -> Found:
    """What the page tells. Raises UsageError for anything else."""
    numbers = {}
    for name, (least, most) in _LIMITS.items():
        value = told.get(name)
        if not isinstance(value, (int, float)) or isinstance(value, bool) or not least <= value <= most:
            raise UsageError(f"{name} is {value!r}: a number between {least:g} and {most:g} is expected")
        numbers[name] = float(value)
    window, read, touch = told.get("window"), told.get("plates"), told.get("touch")
    if not isinstance(window, list) or len(window) != 2 or not all(_is_count(side) for side in window):
        raise UsageError("window: width and height are expected, in device pixels")
    if (
        not isinstance(read, list)
        or len(read) != len(plates)
        or not all(isinstance(text, str) and text in _READINGS for text in read)
    ):
        raise UsageError(f"plates: {len(plates)} digits are expected")
    if not isinstance(touch, bool):
        raise UsageError("touch: true or false is expected")
    return Found(window=(window[0], window[1]), touch=touch, plates=tuple(read), **numbers)


def refused(found: Found, plan: Plan, plates: Sequence[Plate]) -> list[str]:
    """Why the display, as it stands before the viewer, will not do: sentences to the viewer; none where it will."""
    why = []
    if found.ratio != math.floor(found.ratio):
        why.append(
            "The page is zoomed, or the system scales it by a fraction: a pixel of a picture is none of the screen."
        )
    if found.refresh < plan.display.refresh:
        why.append(f"The display draws {found.refresh:g} pictures a second, and {plan.display.refresh:g} are needed.")
    apart = max(found.ppd / plan.display.ppd, plan.display.ppd / found.ppd)
    if apart > plan.display.tolerance * 1.005:
        nearer = "further away" if found.ppd < plan.display.ppd else "nearer"
        why.append(f"Pixels look too {'large' if found.ppd < plan.display.ppd else 'small'}: sit {nearer}.")
    if min(found.dark, found.light) < _LEAST_TONES:
        end = "black" if found.dark < found.light else "white"
        why.append(f"Squares on {end} could not be told from it: change the display's brightness or contrast.")
    if not _GAMMA[0] <= found.gamma <= _GAMMA[1]:
        why.append("Lines and grey were not equally light where a display has them so: look from straight ahead.")
    misread = [plate.kind for plate, read in zip(plates, found.plates, strict=True) if plate.digit != read]
    if "luminance" in misread:
        why.append("The first digit, of light and dark dots, was not read.")
    if len(misread) > _MISREAD:
        why.append(
            "Colours were not told apart as this study needs it: turn off night mode and filters. If there are none, "
            "your eyes may see colours in another way, as one man in twelve's do; then please do not take part."
        )
    return why


_READINGS = ("", *"0123456789")


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= 100_000
