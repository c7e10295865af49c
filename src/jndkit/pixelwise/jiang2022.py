"""Jiang, Liu, Wang, Shao and Lin, "Toward top-down just noticeable difference estimation of natural images", IEEE
Transactions on Image Processing 31, 2022: KLT-JND.

A picture is rebuilt from the first components of its own Karhunen-Loeve transform. The critical number of them, from
which on people see no difference, is predicted from how energy gathers in them; what is left out is the JND.
"""

from __future__ import annotations

import math
from typing import TypeAlias

import cv2
import numpy as np
import numpy.typing as npt

from jndkit.errors import check_choice
from jndkit.picture import Picture, Pixels
from jndkit.pixelwise.card import Card
from jndkit.pixelwise.terms.borders import border_type, strips
from jndkit.pixelwise.terms.luma import Map, Pictured, Plane, luma_plane
from jndkit.pixelwise.wu2017 import edge_protection

VARIANTS = ("code",)
BLOCK = 8
COMPONENTS = BLOCK * BLOCK
# Shape and scale of the Weibull distribution that says at which share of energy pictures become critical.
WEIBULL_SHAPE = 894.16
WEIBULL_SCALE = 0.99805
# An eigenvalue below this share of the largest is the rounding of zero.
NO_VARIANCE = 1e-12
# Taken off the code values so that their sums stay exact.
MIDDLE = 128.0

Matrix: TypeAlias = npt.NDArray[np.float64]


def jiang2022(picture: Pictured, *, variant: str = "code", border: str = "reflect") -> Map:
    """JND map, float32 (H, W), in code values of luma.

    picture: what `luma_plane` takes.  variant: "code", the authors' release; the paper has no form of its own here.
    border: "reflect" or "zero", of the filter that protects edges, to match the release on the frame too.
    Raises UsageError for an unknown name, InputError for a picture below 8 x 8.
    Source: the authors' release in MATLAB. Differs: sizes that are no multiples of 8 are extended by reflection, where
    the release crops; see `basis`.
    """
    check_choice("variant", variant, VARIANTS)
    border_type(border)
    luma = luma_plane(picture)
    jnd, _ = critical_picture(luma)
    protection = edge_protection(luma, border)
    for rows, _, _ in strips(luma.shape, 0):
        np.subtract(luma[rows], jnd[rows], out=jnd[rows])
        np.abs(jnd[rows], out=jnd[rows])
        jnd[rows] *= protection[rows]
    return jnd


def critical_picture(picture: Pictured) -> tuple[Map, int]:
    """The critical perceptually lossless picture: luma, float32 (H, W), code values, not clipped; and how many
    components it is made of, 1 .. 64.

    picture: what `luma_plane` takes.
    Raises UsageError for an unusable array, InputError for a picture below 8 x 8.
    Source: the authors' release. Differs: as `jiang2022`.
    """
    luma = luma_plane(picture)
    height, width = luma.shape
    padded: Plane = cv2.copyMakeBorder(luma, 0, -height % BLOCK, 0, -width % BLOCK, cv2.BORDER_REFLECT)
    components, energy = basis(*_moments(padded))
    count = critical_count(energy)
    kept = components[:, :count] @ components[:, :count].T
    critical: Map = np.empty(luma.shape, np.float32)
    for rows in _block_rows(padded):
        patches = _patches(padded[rows])
        rebuilt = (patches @ kept).reshape(-1, padded.shape[1] // BLOCK, BLOCK, BLOCK)
        wanted = critical[rows]
        wanted[:] = rebuilt.transpose(0, 2, 1, 3).reshape(-1, padded.shape[1])[: wanted.shape[0], :width]
    return critical, count


def critical_picture_colour(picture: Pictured) -> tuple[Pixels, int]:
    """The critical picture in colour, uint8 (H, W, 3), sRGB-encoded, and its number of components.

    picture: what `luma_plane` takes; a plane (H, W) counts as grey.
    What luma loses or gains is added to red, green and blue alike, so that the colour differences stay; then each is
    rounded and clipped. Errors as for `critical_picture`.
    Differs: the release is for grey pictures.
    """
    luma = luma_plane(picture)
    critical, count = critical_picture(luma)
    rgb = np.asarray(picture.rgb if isinstance(picture, Picture) else picture)
    coloured: Pixels = np.empty((*luma.shape, 3), np.uint8)
    for rows, _, _ in strips(luma.shape, 0):
        change = critical[rows] - luma[rows]
        level = (rgb[rows] if rgb.ndim == 3 else rgb[rows, :, None]).astype(np.float32) + change[..., None]
        coloured[rows] = np.clip(np.floor(level + np.float32(0.5)), 0, 255)
    return coloured, count


def basis(covariance: Matrix, mean: Matrix) -> tuple[Matrix, Matrix]:
    """The components by falling variance, float64 (64, 64), one per column, and the energy of each, float64 (64,).

    covariance: float64 (64, 64), of patches.  mean: float64 (64,), of patches; energy is that of uncentred patches.
    Differs: where patches leave some dimensions empty, as fewer than 65 always do, the components there are arbitrary;
    the first of them takes what the mean has there, and the rest have no energy.
    """
    values, components = np.linalg.eigh(covariance)
    # eigh has the smallest first, and by rounding some below zero.
    values, components = values[::-1].clip(0), components[:, ::-1]
    rank = int(np.count_nonzero(values > NO_VARIANCE * values[0]))
    if rank < COMPONENTS:
        empty = components[:, rank:]
        first = empty.T @ mean
        # QR keeps the direction of its first column: all that the mean has there comes into one component.
        turned, _ = np.linalg.qr(np.column_stack([first, np.eye(COMPONENTS - rank)]))
        components = np.column_stack([components[:, :rank], empty @ turned])
        values = np.where(np.arange(COMPONENTS) < rank, values, 0)
    energy: Matrix = values + (mean @ components) ** 2
    return components, energy


def critical_count(energy: Matrix) -> int:
    """How many components make the picture critical, 1 .. 64, from the energy of each, float64 (64,).

    Source: the authors' release: the mean of the number, weighed by a Weibull density of the share of energy reached.
    Differs: the weights are divided by the largest, so that they cannot all vanish; black pictures reach all at once.
    """
    total = energy.sum()
    reached = np.cumsum(energy) / total if total > 0 else np.ones_like(energy)
    with np.errstate(divide="ignore"):
        ratio = np.log(reached / WEIBULL_SCALE)
    # In logarithms, for powers near 900 underflow.
    logarithm = (WEIBULL_SHAPE - 1) * ratio - np.exp(WEIBULL_SHAPE * ratio)
    weight = np.exp(logarithm - logarithm.max())
    return math.ceil(float(np.average(np.arange(1, energy.size + 1), weights=weight)))


def _moments(padded: Plane) -> tuple[Matrix, Matrix]:
    """Covariance and mean of the patches of a plane whose sides are multiples of 8."""
    count = padded.size // COMPONENTS
    total = np.zeros(COMPONENTS)
    products = np.zeros((COMPONENTS, COMPONENTS))
    for rows in _block_rows(padded):
        patches = _patches(padded[rows]) - MIDDLE
        total += patches.sum(axis=0)
        products += patches.T @ patches
    # Whole code values leave every number here exact, so that a flat picture has no variance.
    covariance: Matrix = (products * count - np.outer(total, total)) / count**2
    return covariance, total / count + MIDDLE


def _patches(rows: Plane) -> Matrix:
    """The 8 x 8 patches of some rows of blocks, float64 (patches, 64)."""
    patches: Matrix = (
        rows.reshape(-1, BLOCK, rows.shape[1] // BLOCK, BLOCK)
        .transpose(0, 2, 1, 3)
        .reshape(-1, COMPONENTS)
        .astype(np.float64)
    )
    return patches


def _block_rows(padded: Plane) -> list[slice]:
    """The rows of a plane in strips of whole blocks."""
    blocks = (padded.shape[0] // BLOCK, padded.shape[1] * BLOCK)
    return [slice(BLOCK * strip.rows.start, BLOCK * strip.rows.stop) for strip in strips(blocks, 0)]


CARD = Card(
    name="jiang2022",
    compute=jiang2022,
    summary="what a picture loses when rebuilt from as few of its own components as nobody notices",
    paper="Jiang et al., Toward top-down just noticeable difference estimation of natural images, IEEE TIP 31",
    year=2022,
)
