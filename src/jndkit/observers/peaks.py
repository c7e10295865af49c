"""From the energy of a patch to what people see of it who look from place to place: where inside of it the energy lies.

An observer that knows a patch's mean energy alone cannot tell its worst place. Where a version errs is plain from its
pixels; how visible errors are in a place hangs on the picture, and a few versions whose places are known tell it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np

from jndkit.observers.contract import Box, Floats
from jndkit.observers.pooling.cells import CELL
from jndkit.picture import Pixels

_FAINT = 1e-9  # of energies and of squared code values
_CHANNELS = 3


@dataclass(frozen=True)
class Peaks:
    """What is known of the places of a picture's patches. V: bands times channels.

    reference: uint8 (h, w, 3), the patches in one small picture.  patches: where each lies in it, row by row.
    cut: from a version of the picture to the same of it.
    errors, energy: of known versions, in places of CELL pixels: squared errors, see `errors`, and visible energies,
    float64 (versions, V, rows, columns).
    worth: from energy to what counts of it, (V, rows, columns): what the place hides is divided out.
    exponent: of places.  error: standard deviation of ln(JND) by what all this does not tell.
    """

    reference: Pixels
    patches: tuple[Box, ...]
    cut: Callable[[Pixels], Pixels]
    errors: Floats
    energy: Floats
    worth: Floats
    exponent: float
    error: float

    def raised(self, version: Pixels, energy: Floats) -> Floats:
        """The mean over the places of each patch of what is pooled there, float64 (N, V).

        version: uint8, as large as the picture.  energy: of its patches, (N, V).
        """
        here = errors(self.reference, self.cut(version), len(energy[0]) // _CHANNELS)
        seen = np.exp(_between(np.log(here + _FAINT), np.log(self.errors + _FAINT), np.log(self.energy + _FAINT)))
        inside = [_cells(box) for box in self.patches]
        means = np.array([seen[part].mean(axis=(1, 2)) for part in inside])
        # Half way between what was read of each patch and what was read of all: one patch alone errs more.
        own, whole = energy / means, energy.sum(axis=0) / means.sum(axis=0)
        scale = np.sqrt(np.maximum(own * whole, 0.0))[:, :, None, None]
        return np.array(
            [
                # Energies are squares: half of the exponent.
                ((seen[part] * factor * self.worth[part]) ** (0.5 * self.exponent)).mean(axis=(1, 2))
                for part, factor in zip(inside, scale, strict=True)
            ]
        )


def _cells(box: Box) -> tuple[slice, slice, slice]:
    rows, columns = (
        slice(start // CELL, -(-(start + side) // CELL)) for start, side in ((box.y, box.height), (box.x, box.width))
    )
    return slice(None), rows, columns


Peaked = Callable[[Pixels, list[int], list[int]], Peaks]
"""Of a picture, uint8 (H, W, 3) with sides of at least a patch, and the tops and lefts of its patches."""


def errors(reference: Pixels, version: Pixels, scales: int) -> Floats:
    """Mean squared difference in every place by scale and colour channel, float64 (3 scales, rows, columns).

    Luma, Cr and Cb in code values; bands of a Laplacian pyramid, the last of all that is coarser.
    """
    height, width = reference.shape[:2]
    plane = cv2.cvtColor(reference, cv2.COLOR_RGB2YCrCb).astype(np.float32)
    plane -= cv2.cvtColor(version, cv2.COLOR_RGB2YCrCb)
    down, right = (-side % CELL for side in (height, width))
    plane = cv2.copyMakeBorder(plane, 0, down, 0, right, cv2.BORDER_REFLECT)
    rows, columns = plane.shape[0] // CELL, plane.shape[1] // CELL
    bands = []
    for scale in range(scales):
        band = plane
        if scale < scales - 1:
            plane = cv2.pyrDown(plane)
            band = band - cv2.pyrUp(plane, dstsize=band.shape[1::-1])
        means = cv2.resize(band * band, (columns, rows), interpolation=cv2.INTER_AREA)
        bands.append(np.moveaxis(means, 2, 0))
    return np.concatenate(bands).astype(np.float64)


def _between(at: Floats, levels: Floats, values: Floats) -> Floats:
    """Straight lines through the values over the levels, along the first axis; beyond the ends as steep as 1."""
    order = levels.argsort(axis=0)
    levels, values = np.take_along_axis(levels, order, 0), np.take_along_axis(values, order, 0)
    inside = np.clip(at, levels[0], levels[-1])
    between = values[0].copy()
    for low, high, left, right in zip(levels[:-1], levels[1:], values[:-1], values[1:], strict=True):
        part = np.clip((inside - low) / np.maximum(high - low, 1e-9), 0.0, 1.0)
        between = np.where(inside > low, left + part * (right - left), between)
    out: Floats = between + at - inside
    return out
