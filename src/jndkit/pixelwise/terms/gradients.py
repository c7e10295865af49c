"""The directional luminance gradient of Chou and Li."""

from __future__ import annotations

import cv2
import numpy as np

from jndkit.pixelwise.terms.borders import border_type
from jndkit.pixelwise.terms.luma import Map, Plane

G1 = np.array([[0, 0, 0, 0, 0], [1, 3, 8, 3, 1], [0, 0, 0, 0, 0], [-1, -3, -8, -3, -1], [0, 0, 0, 0, 0]], np.float32)
G2 = np.array([[0, 0, 1, 0, 0], [0, 8, 3, 0, 0], [1, 3, 0, -3, -1], [0, 0, -3, -8, 0], [0, 0, -1, 0, 0]], np.float32)
G3 = np.array([[0, 0, 1, 0, 0], [0, 0, 3, 8, 0], [-1, -3, 0, 3, 1], [0, -8, -3, 0, 0], [0, 0, -1, 0, 0]], np.float32)
G4 = np.ascontiguousarray(G1.T)


def maximal_gradient(plane: Plane, border: str) -> Map:
    """The largest magnitude of four directional gradients over 5 x 5 pixels, float32 (H, W), code values.

    plane: (H, W), code values.
    Source: Chou and Li 1995, the windows G1 to G4.
    """
    kind = border_type(border)
    largest: Map = np.abs(cv2.filter2D(plane, cv2.CV_32F, G1, borderType=kind))
    for kernel in (G2, G3, G4):
        gradient = cv2.filter2D(plane, cv2.CV_32F, kernel, borderType=kind)
        np.maximum(largest, np.abs(gradient, out=gradient), out=largest)
    largest *= 1 / 16  # what the weights on either side of each window add up to
    return largest
