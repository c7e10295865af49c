"""The quantisation tables that JPEG suggests: steps of the 8 x 8 frequencies, code values, which libjpeg scales.

Source: ITU-T T.81, Annex K, tables K.1 and K.2; quality 50 of libjpeg.
"""

from __future__ import annotations

LUMINANCE = (
    (16, 11, 10, 16, 24, 40, 51, 61),
    (12, 12, 14, 19, 26, 58, 60, 55),
    (14, 13, 16, 24, 40, 57, 69, 56),
    (14, 17, 22, 29, 51, 87, 80, 62),
    (18, 22, 37, 56, 68, 109, 103, 77),
    (24, 35, 55, 64, 81, 104, 113, 92),
    (49, 64, 78, 87, 103, 121, 120, 101),
    (72, 92, 95, 98, 112, 100, 103, 99),
)
CHROMINANCE = (
    (17, 18, 24, 47, 99, 99, 99, 99),
    (18, 21, 26, 66, 99, 99, 99, 99),
    (24, 26, 56, 99, 99, 99, 99, 99),
    (47, 66, 99, 99, 99, 99, 99, 99),
    *((99,) * 8,) * 4,
)


def scaled(table: tuple[tuple[int, ...], ...], quality: float) -> tuple[int, ...]:
    """The 64 steps that libjpeg makes of a table for a quality of 1 to 100, in rows, 1 to 255."""
    scale = (5000 / quality if quality < 50 else 200 - 2 * quality) / 100
    # Baseline JPEG has 8 bits for a step, and none for no step at all.
    return tuple(min(max(int(step * scale + 0.5), 1), 255) for row in table for step in row)
