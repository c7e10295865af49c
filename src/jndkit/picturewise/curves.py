"""What a codec's ln(JND) over its knob looks like on an ordinary photograph: where every search starts.

`curves.json` holds means over training photographs at two displays, how far single photographs lie from them, and how
these distances depend on each other along a curve; made by tools/curves.py.
"""

from __future__ import annotations

import json
import math
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from jndkit.codecs.contract import Codec
from jndkit.viewing import Viewing

UNKNOWN = 1.0  # of ln(JND), for a codec of which no photograph was read: wider than any that was


@cache
def _table() -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(Path(__file__).with_name("curves.json").read_text())
    return loaded


def is_known(codec: Codec) -> bool:
    """Whether photographs coded by this codec were read, so that there is a typical curve of it."""
    return _row(codec) is not None


def typical_curve(codec: Codec, viewing: Viewing) -> list[float]:
    """ln(JND) an ordinary photograph reads at every step of the codec's grid, worst fidelity first.

    Linear in ln(pixels per degree) through the two displays it was made at; a codec without a curve of its own gets a
    straight line, which costs an encode or two.
    """
    row = _row(codec)
    if row is None:
        return [float(value) for value in np.linspace(math.log(8.0), math.log(0.05), len(codec.knob.grid))]
    near, far = _at_displays(row, "ln_jnd", codec, _extend)
    return [float(value) for value in near + _between(row, viewing) * (far - near)]


def typical_sigma(codec: Codec, viewing: Viewing) -> list[float]:
    """Standard deviation of photographs' ln(JND) about the typical curve, at every step of the codec's grid.

    As at the nearest of the two displays and the nearest knobs where these lie outside of what was read.
    """
    row = _row(codec)
    if row is None:
        return [UNKNOWN] * len(codec.knob.grid)
    near, far = _at_displays(row, "sigma", codec, np.interp)
    part = min(max(_between(row, viewing), 0.0), 1.0)  # a straight line beyond the displays could turn negative
    return [float(value) for value in near + part * (far - near)]


def likeness(codec: Codec) -> tuple[str, float] | None:
    """The spec of a codec that finds the same pictures hard, and how much the two differ, in ln(JND); None without one.

    That is the standard deviation of the difference between how far photographs lie from the two typical curves.
    """
    row = _row(codec)
    return (row["like"], float(row["unlike"])) if row is not None and "like" in row else None


def reach() -> float:
    """How far along ln(JND) an error of the curve reaches: two of them correlate as exp(-distance / reach)."""
    return float(_table()["reach"])


def _row(codec: Codec) -> dict[str, Any] | None:
    """Of the rows whose words a codec's spec has, the one with the most: `jpeg:jpegli,420` before `jpeg:420`."""
    found: tuple[int, dict[str, Any] | None] = -1, None
    for key, row in _table().items():
        words = key.replace(":", ",").split(",")
        if len(words) > found[0] and set(words) <= {codec.name, *codec.spec.partition(":")[2].split(",")}:
            found = len(words), row
    return found[1]


def _between(row: dict[str, Any], viewing: Viewing) -> float:
    """Where a display lies between the two of the table: 0 at the first, 1 at the second."""
    near, far = (math.log(float(ppd)) for ppd in row["ln_jnd"])
    return (math.log(viewing.ppd) - near) / (far - near)


def _at_displays(row: dict[str, Any], key: str, codec: Codec, interpolate: Any) -> list[np.ndarray[Any, Any]]:
    """What a row holds under `key` for each display, at every step of the codec's grid."""
    sign = 1.0 if codec.knob.higher_is_better else -1.0
    knots = np.array(row["knob"], dtype=float) * sign
    order = np.argsort(knots)
    at = np.array(codec.knob.grid) * sign
    return [interpolate(at, knots[order], np.array(values)[order]) for values in row[key].values()]


def _extend(at: np.ndarray[Any, Any], knots: np.ndarray[Any, Any], values: np.ndarray[Any, Any]) -> Any:
    """Linear interpolation, with the end slopes beyond the ends."""
    out = np.interp(at, knots, values)
    low, high = at < knots[0], at > knots[-1]
    out[low] = values[0] + (at[low] - knots[0]) * (values[1] - values[0]) / (knots[1] - knots[0])
    out[high] = values[-1] + (at[high] - knots[-1]) * (values[-1] - values[-2]) / (knots[-1] - knots[-2])
    return out
