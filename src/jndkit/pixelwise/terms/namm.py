"""The nonlinear additivity model for masking: two thresholds add, less their overlap."""

from __future__ import annotations

import cv2

from jndkit.pixelwise.terms.luma import Map


def namm(first: Map, second: Map, overlap: float = 0.3) -> Map:
    """first + second - overlap * min(first, second), float32 (H, W), code values.

    Source: Yang et al. 2005 (overlap 0.3 for luma).
    """
    total: Map = first + second - overlap * cv2.min(first, second)
    return total
