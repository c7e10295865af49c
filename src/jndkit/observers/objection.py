"""When a second observer objects to a file that another one let pass.

It objects where it reads more than the target by more than its own error: an observer that errs by 0.6 JND and reads
0.7 has said nothing against 0.47. What counts as its error is the doubt of its reading, or the lower half of the 90 %
interval where it names none, times a factor, fitted so that fewer than 3 in 100 ordinary encodes meet an objection.

`tools/objection.py` writes the factors.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

from jndkit.observers.contract import Observer, Reading, Witness

FILE = Path(__file__).with_name("objection.json")


def witness(observer: Observer, reading: Reading) -> Witness:
    """What the observer says by that reading, and how much of it it insists on."""
    return Witness(f"{observer.name} {observer.version}", reading.jnd, insisted(reading, factor(observer.name)))


def insisted(reading: Reading, factor: float) -> float:
    """JND that lies so many times the reading's doubt below it; at least 0."""
    return max(0.0, reading.jnd - factor * doubted(reading))


def doubted(reading: Reading) -> float:
    """JND of the reading that may be the observer's own error."""
    return reading.jnd - reading.interval[0] if reading.doubt is None else reading.doubt


def factor(name: str) -> float:
    """Of the observer of that name; 1, its own error and no more, where none was fitted."""
    return float(_fitted()["factors"].get(name, 1.0))


def version() -> str:
    """What changes whenever a factor does."""
    return str(_fitted()["version"])


@cache
def _fitted() -> dict[str, Any]:
    fitted: dict[str, Any] = json.loads(FILE.read_text(encoding="utf-8"))
    return fitted
