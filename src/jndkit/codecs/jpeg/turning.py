"""Coefficients turned and mirrored, as EXIF says that a picture is to be shown, without loss.

Mirroring a block changes the sign of what is odd along that axis; transposing it swaps the frequencies.
Source: CIPA DC-008 (Exif 2.32), tag 0x0112; ITU-T T.81, A.3.3 (the transform).
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from jndkit.codecs.jpeg.coefficients import Coefficients, Component
from jndkit.errors import CodecError

_TRANSPOSED = (5, 6, 7, 8)
_UPSIDE_DOWN = (3, 4, 7, 8)  # after it was transposed
_MIRRORED = (2, 3, 6, 7)


def upright(coefficients: Coefficients, orientation: int) -> Coefficients:
    """The picture as it is to be seen. orientation: as EXIF counts, 1 to 8.

    Raises CodecError where the last blocks of a side are not whole and would come first.
    """
    if orientation in _TRANSPOSED:
        turned = tuple(map(_transposed, coefficients.components))
        coefficients = Coefficients(coefficients.height, coefficients.width, turned)
    across, down = (8 * factor for factor in coefficients.factors)
    for axis, orientations, side, unit in (
        (0, _UPSIDE_DOWN, coefficients.height, down),
        (1, _MIRRORED, coefficients.width, across),
    ):
        if orientation not in orientations:
            continue
        if side % unit:
            raise CodecError(f"a JPEG of {side} pixels cannot be turned without loss: {unit} do not divide them")
        turned = tuple(_mirrored(component, axis) for component in coefficients.components)
        coefficients = replace(coefficients, components=turned)
    return coefficients


def _transposed(component: Component) -> Component:
    return Component(
        np.ascontiguousarray(component.coefficients.transpose(1, 0, 3, 2)),
        np.ascontiguousarray(component.table.T),
        component.vertical,
        component.horizontal,
    )


def _mirrored(component: Component, axis: int) -> Component:
    """axis: 0 puts the lowest row of blocks first, 1 the last column."""
    signs = np.where(np.arange(8) % 2, -1, 1).astype(np.int16)
    flipped = np.flip(component.coefficients, axis) * (signs if axis else signs[:, None])
    return replace(component, coefficients=np.ascontiguousarray(flipped))
