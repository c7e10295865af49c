"""A patch as mean, contrast and structure, and what each may lose before anyone sees it.

Source: Shen et al., IEEE TIP 30, 2021, and its code: X = mu + C S, with mu the mean, C the Euclidean norm of X - mu,
not a standard deviation, and S = (X - mu) / C.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from jndkit.pixelwise.terms.luminance import luminance_adaptation

Patches = npt.NDArray[np.float32]

CONTRAST = 0.9474
"""The share of its contrast that a patch keeps; the published constant, whose origin is not public."""

TERMS = ("luminance", "contrast", "structure")
"""What of a patch changes."""


class Parts(NamedTuple):
    """mean, contrast: float32 (..., 1, 1), code values.  structure: float32 (..., H, W), of unit norm; 0 where flat."""

    mean: Patches
    contrast: Patches
    structure: Patches


def decompose(patches: npt.NDArray[np.generic]) -> Parts:
    """Mean, contrast and structure of every patch. patches: (..., H, W), code values."""
    given = np.asarray(patches, np.float32)
    mean = given.mean(axis=(-2, -1), keepdims=True, dtype=np.float64)
    centred = given - mean
    contrast = np.sqrt(np.square(centred).sum(axis=(-2, -1), keepdims=True))
    # The mean of equal numbers may differ from them by its rounding, and what is left is no structure.
    contrast[contrast < 1e-6] = 0.0
    structure = np.divide(centred, contrast, out=np.zeros_like(centred), where=contrast > 0)
    return Parts(mean.astype(np.float32), contrast.astype(np.float32), structure.astype(np.float32))


def compose(parts: Parts) -> Patches:
    """The patches of these parts, float32 (..., H, W), code values; may lie outside 0 to 255."""
    patches: Patches = parts.mean + parts.contrast * parts.structure
    return patches


def least_noticed(
    pristine: npt.NDArray[np.generic],
    predicted: npt.NDArray[np.generic],
    sign: int = 1,
    terms: Collection[str] = TERMS,
) -> Patches:
    """The patches at the edge of being noticed: mean moved, contrast shrunk, structure the predicted one's.

    pristine: (..., H, W), code values.  predicted: the same of the network, whose mean and contrast do not matter.
    sign: +1 or -1, which way the mean moves.  terms: which of the three change; the others stay.
    Returns float32 (..., H, W), code values.
    Source: mu' = clip(mu + sign LA(mu), 0, 255), C' = 0.9474 C, S' predicted, of the published code.
    """
    mean, contrast, structure = decompose(pristine)
    if "luminance" in terms:
        mean = moved(mean, sign)
    if "contrast" in terms:
        contrast = np.float32(CONTRAST) * contrast
    if "structure" in terms:
        structure = decompose(predicted).structure
    return compose(Parts(mean, contrast, structure))


def moved(mean: Patches, sign: int = 1) -> Patches:
    """Means, float32, code values, as far away as nobody notices: up for a sign of +1, down for -1."""
    return np.clip(mean + np.float32(sign) * luminance_adaptation(mean), 0.0, 255.0)


def with_structure(pristine: npt.NDArray[np.generic], version: npt.NDArray[np.generic]) -> Patches:
    """Pristine patches with the structure of another version, what the network learns: (..., H, W), code values."""
    mean, contrast, _ = decompose(pristine)
    return compose(Parts(mean, contrast, decompose(version).structure))
