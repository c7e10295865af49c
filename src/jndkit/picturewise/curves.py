"""What a codec's ln(JND) over its knob looks like on an ordinary photograph: where every search starts.

`curves.json` holds means over training photographs at two displays, made by benchmarks/curves.py.
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


@cache
def _table() -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(Path(__file__).with_name("curves.json").read_text())
    return loaded


def typical_curve(codec: Codec, viewing: Viewing) -> list[float]:
    """ln(JND) an ordinary photograph reads at every step of the codec's grid, worst fidelity first.

    Linear in ln(pixels per degree) through the two displays it was made at; a codec without a curve of its own gets a
    straight line, which costs an encode or two.
    """
    grid = codec.knob.grid
    row = _table().get(f"{codec.name}:{codec.chroma}") or _table().get(codec.name)
    if row is None:
        return [float(value) for value in np.linspace(math.log(8.0), math.log(0.05), len(grid))]
    sign = 1.0 if codec.knob.higher_is_better else -1.0
    knots = np.array(row["knob"], dtype=float) * sign
    order = np.argsort(knots)
    curves = [
        _extend(knots[order], np.array(values)[order], np.array(grid) * sign) for values in row["ln_jnd"].values()
    ]
    near, far = (math.log(float(ppd)) for ppd in row["ln_jnd"])
    part = (math.log(viewing.ppd) - near) / (far - near)
    return [float(value) for value in curves[0] + part * (curves[1] - curves[0])]


def _extend(knots: np.ndarray[Any, Any], values: np.ndarray[Any, Any], at: np.ndarray[Any, Any]) -> Any:
    """Linear interpolation, with the end slopes beyond the ends."""
    out = np.interp(at, knots, values)
    low, high = at < knots[0], at > knots[-1]
    out[low] = values[0] + (at[low] - knots[0]) * (values[1] - values[0]) / (knots[1] - knots[0])
    out[high] = values[-1] + (at[high] - knots[-1]) * (values[-1] - values[-2]) / (knots[-1] - knots[-2])
    return out
