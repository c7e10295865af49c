"""Quantisation tables that two judges agree on: fitted shapes, scaled by quality as libjpeg scales those of Annex K.

`tables.json` is made by tools/jpeg_tables.py.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from jndkit.codecs.jpeg.coefficients import Table

Shape = npt.NDArray[np.float64]

_LUMA = ((0, 0), (1, 1), (2, 2), (3, 3), (4, 4), (5, 6), (7, 8), (9, 14))
_CHROMA = ((0, 0), (1, 1), (2, 2), (3, 4), (5, 14))
_DIAGONAL = np.add.outer(np.arange(8), np.arange(8))

GROUPS: tuple[tuple[int, npt.NDArray[np.bool_]], ...] = tuple(
    (number, (low <= _DIAGONAL) & (high >= _DIAGONAL))
    for number, diagonals in enumerate((_LUMA, _CHROMA, _CHROMA))
    for low, high in diagonals
)
"""Frequencies whose steps are moved together: the number of a component (Y, Cb, Cr), and which of its 8 x 8."""

_FINEST, _COARSEST = 1, 255  # what a baseline table holds


def tables(quality: float, chroma: str, factors: tuple[Shape, ...] | None = None) -> tuple[Table, ...]:
    """Steps of Y, Cb and Cr, uint16 (8, 8).

    quality: 1 to 100.  chroma: "420" or "444".  factors: float64 (8, 8) of each, on its steps.

    A quality reads about what it reads with the tables of Annex K, on photographs at the desktop display.
    """
    steps = exact_tables(quality, chroma)
    if factors is not None:
        steps = tuple(table * own for table, own in zip(steps, factors, strict=True))
    return tuple(np.clip(np.rint(table), _FINEST, _COARSEST).astype(np.uint16) for table in steps)


def exact_tables(quality: float, chroma: str) -> tuple[Shape, ...]:
    """The same before they are rounded, float64 (8, 8); all zero at quality 100."""
    factor = scale(quality)
    return tuple(shape * factor for shape in _shapes(chroma))


def scale(quality: float) -> float:
    """What libjpeg multiplies the tables of Annex K by: 1 at quality 50, 0 at 100."""
    return (5000.0 / quality if quality < 50 else 200.0 - 2.0 * quality) / 100.0


def expected_ratio(excess: Shape, chroma: str) -> Shape:
    """ln of each group's share of the bits over its share of what is seen, as steps moved one by one would tell it.

    excess: the same as three readings tell it, float64 (groups,), which is far off for some groups.  Returns (groups,).
    """
    own = _stored()["own"][chroma]
    expected: Shape = np.array(own["slope"]) * excess + np.array(own["start"])
    return expected


@cache
def _shapes(chroma: str) -> tuple[Shape, ...]:
    """Steps at quality 50 of Y, Cb and Cr, float64 (8, 8)."""
    return tuple(np.array(table) for table in _stored()[chroma])


@cache
def _stored() -> dict[str, Any]:
    stored: dict[str, Any] = json.loads(Path(__file__).with_name("tables.json").read_text())
    return stored
