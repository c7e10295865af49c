"""The discrete cosine transform of square blocks, as the codecs that are modelled and written here use it.

Source: ITU-T T.81, A.3.3; Rao and Yip 1990, "Discrete Cosine Transform" (DCT-II, orthonormal).
"""

from __future__ import annotations

import math
from functools import cache

import cv2
import numpy as np
import numpy.typing as npt

Plane = npt.NDArray[np.float32]


@cache
def basis(side: int) -> Plane:
    """The orthonormal DCT-II as a matrix, float32 (side, side): row k is the k-th cosine."""
    k, x = np.indices((side, side))
    cosines = np.cos((2 * x + 1) * k * (math.pi / (2 * side))) * math.sqrt(2 / side)
    cosines[0] = math.sqrt(1 / side)
    single: Plane = cosines.astype(np.float32)
    return single


def forward(plane: Plane, side: int) -> Plane:
    """Coefficients of all blocks where their pixels were, float32 (rows, side, columns, side).

    plane: float32 (H, W); its last row and column are repeated up to whole blocks.
    """
    height, width = plane.shape
    padded = cv2.copyMakeBorder(plane, 0, -height % side, 0, -width % side, cv2.BORDER_REPLICATE)
    # Many small products: OpenBLAS spreads large ones over threads that wait by spinning.
    columns = np.matmul(basis(side), padded.reshape(-1, side, padded.shape[1]))
    blocks: Plane = np.matmul(columns.reshape(len(columns), side, -1, side), basis(side).T)
    return blocks


def inverse(blocks: Plane, shape: tuple[int, ...]) -> Plane:
    """The pixels of blocks, (rows, side, columns, side), cropped to a shape."""
    rows, side = blocks.shape[:2]
    lines = np.matmul(blocks, basis(side)).reshape(rows, side, -1)
    pixels = np.matmul(basis(side).T, lines).reshape(rows * side, -1)
    return np.ascontiguousarray(pixels[: shape[0], : shape[1]])
