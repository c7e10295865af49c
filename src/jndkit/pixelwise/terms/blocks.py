"""The DCT of a plane in blocks of 8 x 8, and what thresholds on its coefficients mean for pixels.

The DCT is the orthonormal DCT-II, so the DC coefficient of a flat block of level L is 8 L.
Inside the package coefficients lie frequency by frequency, (8, 8, h, w), so that what one frequency or one block is
multiplied by acts on contiguous memory; callers see (h, w, 8, 8): block row, block column, vertical frequency,
horizontal frequency.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import NamedTuple, TypeAlias

import cv2
import numpy as np
import numpy.typing as npt

from jndkit.pixelwise.terms.borders import border_type, strips
from jndkit.pixelwise.terms.geometry import BLOCK, Table
from jndkit.pixelwise.terms.luma import Map, Plane

# Subtracted before the transform and given back to DC: float32 then rounds half as much.
MID_GREY = 128.0
# A product of 64 x 64 by 64 x n takes one thread up to this n.
SINGLE_THREADED = 64

Coefficients: TypeAlias = npt.NDArray[np.float32]
Bands: TypeAlias = npt.NDArray[np.float32]


def _basis() -> Table:
    """The DCT-II as a matrix, float64 (8, 8): row k is the k-th cosine."""
    k, x = np.indices((BLOCK, BLOCK))
    cosines: Table = np.cos((2 * x + 1) * k * (math.pi / (2 * BLOCK))) * math.sqrt(2 / BLOCK)
    cosines[0] = math.sqrt(1 / BLOCK)
    return cosines


BASIS = _basis()
_PHI = np.sqrt(np.where(np.arange(BLOCK) == 0, 1 / BLOCK, 2 / BLOCK))
# phi_i phi_j: the amplitude, in code values, of the grating that a coefficient of 1 stands for.
AMPLITUDE: Table = np.outer(_PHI, _PHI)
_KERNEL = np.kron(BASIS, BASIS).astype(np.float32)  # both passes of the transform in one 64 x 64 matrix


def block_grid(shape: tuple[int, ...]) -> tuple[int, int]:
    """How many blocks cover a plane, rows and columns."""
    return -(-shape[0] // BLOCK), -(-shape[1] // BLOCK)


def dct(plane: Plane, border: str = "reflect") -> Coefficients:
    """Coefficients of every block, float32 (ceil(H / 8), ceil(W / 8), 8, 8), in code values times 8 for DC.

    plane: (H, W).  border: what fills the last blocks where a side is no multiple of 8: "reflect" or "zero".
    Raises UsageError for another border.
    """
    return np.transpose(bands(plane, border), (2, 3, 0, 1))


def inverse_dct(coefficients: Coefficients, shape: tuple[int, int]) -> Map:
    """The plane of coefficients (h, w, 8, 8), cropped to `shape`, float32 (H, W), not clipped."""
    rows, columns = coefficients.shape[:2]
    pixels = _transform(_KERNEL.T, _listed(np.transpose(coefficients, (2, 3, 0, 1))))
    plane = pixels.reshape(BLOCK, BLOCK, rows, columns).transpose(2, 0, 3, 1).reshape(rows * BLOCK, columns * BLOCK)
    cropped: Map = np.ascontiguousarray(plane[: shape[0], : shape[1]])
    return cropped


def bands(plane: Plane, border: str) -> Bands:
    """`dct` frequency by frequency, float32 (8, 8, h, w)."""
    rows, columns = block_grid(plane.shape)
    padded = _padded(plane, border).astype(np.float32)
    padded -= np.float32(MID_GREY)
    pixels = padded.reshape(rows, BLOCK, columns, BLOCK).transpose(1, 3, 0, 2).reshape(BLOCK * BLOCK, -1)
    transformed = _transform(_KERNEL, pixels).reshape(BLOCK, BLOCK, rows, columns)
    transformed[0, 0] += np.float32(BLOCK * MID_GREY)
    return transformed


def band_sum(values: Bands, weights: npt.NDArray[np.float64 | np.bool_]) -> Map:
    """Sum over frequencies, float32 (h, w).  values: (8, 8, h, w).  weights: (8, 8)."""
    total: Map = np.einsum("f,fn->n", weights.astype(np.float32).ravel(), _listed(values))
    return total.reshape(values.shape[2:])


class BlockStrip(NamedTuple):
    """Rows of blocks: `rows` counts in blocks, `bands` are their coefficients (8, 8, h, w)."""

    rows: slice
    bands: Bands


def block_strips(plane: Plane, border: str) -> Iterator[BlockStrip]:
    """The coefficients of a plane (H, W), strip by strip from the top."""
    border_type(border)
    grid = block_grid(plane.shape)
    for rows, _, _ in strips((grid[0], grid[1] * BLOCK * BLOCK), 0):
        yield BlockStrip(rows, bands(plane[rows.start * BLOCK : rows.stop * BLOCK], border))


# Thresholds, (8, 8, h, w), of one strip.
Model: TypeAlias = Callable[[BlockStrip], Bands]


def block_thresholds(plane: Plane, border: str, model: Model) -> Coefficients:
    """The thresholds of a whole plane, float32 (h, w, 8, 8)."""
    whole: Bands = np.empty((BLOCK, BLOCK, *block_grid(plane.shape)), np.float32)
    for strip in block_strips(plane, border):
        whole[:, :, strip.rows] = model(strip)
    return np.transpose(whole, (2, 3, 0, 1))


def threshold_map(plane: Plane, border: str, model: Model) -> Map:
    """`expected_amplitude` of a model's thresholds at every pixel, float32 (H, W), in the plane's unit."""
    height, width = plane.shape
    jnd: Map = np.empty((height, width), np.float32)
    for strip in block_strips(plane, border):
        amplitude = _expected_amplitude(model(strip))
        top, bottom = strip.rows.start * BLOCK, min(strip.rows.stop * BLOCK, height)
        wide = np.repeat(amplitude, BLOCK, axis=1)[:, :width]
        jnd[top:bottom] = np.repeat(wide, BLOCK, axis=0)[: bottom - top]
    return jnd


def expected_amplitude(thresholds: Coefficients) -> Map:
    """Root mean square, over a block's pixels, of noise that holds every coefficient at its threshold; float32 (h, w).

    thresholds: (h, w, 8, 8). The root of sum t_ij^2 / 64, DC included; signs of the coefficients do not matter, for the
    transform is orthonormal.
    """
    return _expected_amplitude(np.transpose(thresholds, (2, 3, 0, 1)))


def block_mean(plane: Plane) -> Map:
    """Mean of each block over those of its pixels that lie in the plane, float32 (h, w)."""
    height, width = plane.shape
    rows, columns = block_grid(plane.shape)
    padded = np.pad(plane, ((0, rows * BLOCK - height), (0, columns * BLOCK - width)))
    totals = padded.reshape(rows, BLOCK, columns, BLOCK).sum(axis=(1, 3), dtype=np.float32)
    tall = np.minimum(height - BLOCK * np.arange(rows), BLOCK).astype(np.float32)
    wide = np.minimum(width - BLOCK * np.arange(columns), BLOCK).astype(np.float32)
    mean: Map = totals / np.outer(tall, wide)
    return mean


def edge_density(plane: Plane, low: int, high: int) -> Map:
    """Share of edge pixels in each block, float32 (h, w), by OpenCV's Canny with absolute thresholds.

    plane: (H, W), code values, rounded to whole ones.  low, high: of |Sobel x| + |Sobel y|, code values.
    """
    whole = plane if plane.dtype == np.uint8 else np.rint(plane).astype(np.uint8)
    return block_mean(cv2.Canny(whole, low, high)) / np.float32(255)


def _expected_amplitude(thresholds: Bands) -> Map:
    square = np.square(thresholds)
    amplitude: Map = np.sqrt(band_sum(square, np.full((BLOCK, BLOCK), 1 / BLOCK**2)))
    return amplitude


def _transform(kernel: Bands, listed: Bands) -> Bands:
    """kernel @ listed, (64, 64) by (64, n), a few blocks at a time.

    OpenBLAS spreads larger products over threads that spin while they wait, which costs more than the product.
    """
    product: Bands = np.empty_like(listed)
    for first in range(0, listed.shape[1], SINGLE_THREADED):
        some = slice(first, first + SINGLE_THREADED)
        np.matmul(kernel, listed[:, some], out=product[:, some])
    return product


def _listed(values: Bands) -> Bands:
    """(8, 8, h, w) as (64, h w)."""
    return values.reshape(BLOCK * BLOCK, -1)


def _padded(plane: Plane, border: str) -> Plane:
    """The plane continued below and to the right to whole blocks."""
    rows, columns = block_grid(plane.shape)
    down, across = rows * BLOCK - plane.shape[0], columns * BLOCK - plane.shape[1]
    if not (down or across):
        return plane
    padded: Plane = cv2.copyMakeBorder(plane, 0, down, 0, across, border_type(border), value=0)
    return padded
