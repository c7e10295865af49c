"""The fitted constants of every map, read once from `constants.json`, which `tools/mapped.py` writes."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

FILE = Path(__file__).with_name("constants.json")


@dataclass(frozen=True)
class Constants:
    """Of one map.

    beta: exponent of probability summation, 1, 2, 3 or 4.  chroma: weight of the error of Cb and of Cr.
    gain, power: k and g of k E^g, in JND.
    local_ratio: the worst 3 degrees decide where they read more than this many times the worst window.
    error: root mean square of ln(reading / reading of the psychophysical observer) on pictures left out of the fit.
    """

    beta: int
    chroma: float
    gain: float
    power: float
    local_ratio: float
    error: float


@cache
def constants() -> dict[str, Constants]:
    """Name of the map -> its constants."""
    return {name: Constants(**values) for name, values in _data()["models"].items()}


def version() -> str:
    return f"mapped-{_data()['version']}"


@cache
def _data() -> dict[str, Any]:
    data: dict[str, Any] = json.loads(FILE.read_text(encoding="utf-8"))
    return data
