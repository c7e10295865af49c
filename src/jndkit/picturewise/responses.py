"""How a picture answers quantisation: a sample of it quantised as codecs do, and read in every band by the observer.

Nothing is coded: blocks are transformed, rounded and transformed back. What a codec will do to a picture depends on
where its detail lies and what hides it there, and this is the shortest question that finds out.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache
from typing import NamedTuple

import cv2
import numpy as np
import numpy.typing as npt

from jndkit.codecs.chroma import double, halve, reduce_chroma
from jndkit.observers.contract import Box
from jndkit.observers.cvvdp import bands
from jndkit.observers.cvvdp.places import Places
from jndkit.observers.cvvdp.pooling import CELL, Cells, cell_areas
from jndkit.observers.cvvdp.windows import WINDOW
from jndkit.picture import Pixels
from jndkit.protocols import Look
from jndkit.viewing import Viewing
from jndkit.visibility import JND_PER_JOD

Floats = npt.NDArray[np.float64]
Plane = npt.NDArray[np.float32]

PATCH = 128  # pixels a side, a multiple of every block and cell
PATCHES = 24  # a larger picture is judged by so many of them
SMALLEST = 64  # pixels a side: what a pyramid and a block of 16 need to say anything
BANDS = 8  # kept of a reading: the seven finest, and the base

JPEG_QUALITIES = (60, 92)
FLAT_STEPS = (8.0, 32.0)
RESPONSES = 1 + len(JPEG_QUALITIES) + len(FLAT_STEPS)
"""Readings of a sample: its chroma merely halved, two quantisations weighted as JPEG weights them, two unweighted."""

_DEAD_ZONE = 0.4  # what is added before flooring: less than a half, as codecs round that weigh bits

# Source: ITU-T T.81, Annex K, tables K.1 and K.2, at quality 50.
_LUMINANCE = (
    (16, 11, 10, 16, 24, 40, 51, 61),
    (12, 12, 14, 19, 26, 58, 60, 55),
    (14, 13, 16, 24, 40, 57, 69, 56),
    (14, 17, 22, 29, 51, 87, 80, 62),
    (18, 22, 37, 56, 68, 109, 103, 77),
    (24, 35, 55, 64, 81, 104, 113, 92),
    (49, 64, 78, 87, 103, 121, 120, 101),
    (72, 92, 95, 98, 112, 100, 103, 99),
)
_CHROMINANCE = (
    (17, 18, 24, 47, 99, 99, 99, 99),
    (18, 21, 26, 66, 99, 99, 99, 99),
    (24, 26, 56, 99, 99, 99, 99, 99),
    (47, 66, 99, 99, 99, 99, 99, 99),
    *((99,) * 8,) * 4,
)


@dataclass(frozen=True)
class Sample:
    """Part of a picture, as one small picture.

    rgb: uint8 (h, w, 3).  shape: of the whole picture.  places: where each patch lies in it.  boxes: where each lies in
    the sample, at multiples of a cell.
    """

    rgb: Pixels
    shape: tuple[int, int]
    places: tuple[Box, ...]
    boxes: tuple[Box, ...]


def sample(rgb: Pixels) -> Sample:
    """All of a picture of up to 24 patches' pixels; of a larger one 24 patches of 128 x 128 at most, evenly spread.

    rgb: uint8 (H, W, 3).
    """
    height, width = rgb.shape[:2]
    if height * width <= PATCHES * PATCH * PATCH or min(height, width) < PATCH:
        rgb = rgb[: PATCHES * PATCH, : PATCHES * PATCH]
        tiles = tuple(_tiles(*rgb.shape[:2]))
        return Sample(rgb, (height, width), tiles, tiles)
    columns = max(1, min(PATCHES, round(math.sqrt(PATCHES * width / height)), width // PATCH))
    rows = max(1, min(PATCHES // columns, height // PATCH))
    columns = min(PATCHES // rows, width // PATCH)
    places: list[Box] = []
    boxes: list[Box] = []
    mosaic = np.empty((rows * PATCH, columns * PATCH, 3), np.uint8)
    for row, y in enumerate(_spread(height, rows)):
        for column, x in enumerate(_spread(width, columns)):
            box = Box(column * PATCH, row * PATCH, PATCH, PATCH)
            mosaic[box.y : box.y + PATCH, box.x : box.x + PATCH] = rgb[y : y + PATCH, x : x + PATCH]
            places.append(Box(x, y, PATCH, PATCH))
            boxes.append(box)
    return Sample(mosaic, (height, width), tuple(places), tuple(boxes))


def _tiles(height: int, width: int) -> list[Box]:
    return [
        Box(x, y, min(PATCH, width - x), min(PATCH, height - y))
        for y in range(0, height, PATCH)
        for x in range(0, width, PATCH)
    ]


def _spread(side: int, count: int) -> list[int]:
    """Starts of `count` patches from one end of a side to the other, at multiples of a cell."""
    free = side - PATCH
    return [round(free * k / max(1, count - 1)) // CELL * CELL if count > 1 else free // 2 for k in range(count)]


class Responses(NamedTuple):
    """How a picture answered, one row for each window of 20 x 13.5 degrees, the whole picture where it is no larger.

    energy: squared visible differences, float64 (windows, RESPONSES, BANDS, 3); axes are response, band from the finest
    with the base last, and channel (achromatic, red-green, violet-yellow).
    looked: JND as people who look from place to place see it, float64 (windows, RESPONSES); None where nobody asked.
    """

    energy: Floats
    looked: Floats | None


def responses(seen: Sample, viewing: Viewing, look: Look | None = None) -> Responses:
    """The answers of a sample to every kind of quantisation.  look: how people look, to be read as well."""
    reference = bands.watch(seen.rgb, viewing)
    count = len(reference.frequencies)
    energy = np.zeros((len(seen.boxes), RESPONSES, BANDS, 3))
    places = None if look is None else Places(seen.rgb, viewing, look)
    looked = np.zeros((len(seen.boxes), RESPONSES, count, 3))
    for index, version in enumerate(_versions(seen.rgb)):
        cells = Cells(seen.rgb.shape[:2], count)
        bands.differences(reference, version, cells.add)
        if places is not None:
            looked[:, index] = _by_patch(places, cells, seen.boxes)
        weighted = cells.grid * cell_areas(cells.shape).astype(np.float32)
        for patch, box in enumerate(seen.boxes):
            rows = slice(box.y // CELL, -(-(box.y + box.height) // CELL))
            columns = slice(box.x // CELL, -(-(box.x + box.width) // CELL))
            sums = weighted[:, :, rows, columns].sum(axis=(2, 3)) / (box.width * box.height)
            kept = min(count - 1, BANDS - 1)
            energy[patch, index, :kept], energy[patch, index, -1] = sums[:kept], sums[-1]
    share = _windows(seen, viewing)
    np.maximum(energy, 0.0, out=energy)
    pooled: Floats = np.tensordot(share, energy, axes=1)
    if places is None:
        return Responses(pooled, None)
    means = np.moveaxis(np.tensordot(share, looked, axes=1), (2, 3), (0, 1))
    return Responses(pooled, JND_PER_JOD * (10.0 - places.pool(reference.frequencies)(means)))


def _by_patch(places: Places, cells: Cells, boxes: tuple[Box, ...]) -> Floats:
    """The mean over every patch of what is pooled over places, float64 (patches, bands, 3).

    A place belongs to the patch that its middle lies in.
    """
    sums, areas = places.sums(cells), places.areas
    rows, columns = (places.side * (np.arange(count) + 0.5) for count in areas.shape)
    means = []
    for box in boxes:
        down = (rows >= box.y) & (rows < max(box.y + box.height, rows[0] + 1))
        across = (columns >= box.x) & (columns < max(box.x + box.width, columns[0] + 1))
        inside = np.ix_(down, across)
        area = areas[inside].sum()
        means.append(sums[:, :, down][..., across].sum(axis=(2, 3)) / area if area else np.zeros(sums.shape[:2]))
    return np.array(means)


def _windows(seen: Sample, viewing: Viewing) -> Floats:
    """The weight of every patch in every window, float64 (windows, patches), rows summing to 1."""
    height, width = seen.shape
    area = np.array([box.width * box.height for box in seen.places], float)
    middle = np.array([(box.x + box.width / 2, box.y + box.height / 2) for box in seen.places])
    found = {}
    for long, short in (WINDOW, WINDOW[::-1]):
        wide, tall = min(width, long * viewing.ppd), min(height, short * viewing.ppd)
        if wide * 1.1 >= width and tall * 1.1 >= height:
            whole: Floats = area[None] / area.sum()
            return whole
        for x, y in middle:
            left, top = np.clip(x - wide / 2, 0, width - wide), np.clip(y - tall / 2, 0, height - tall)
            across = np.abs(middle[:, 0] - left - wide / 2) <= max(wide, PATCH) / 2
            inside = across & (np.abs(middle[:, 1] - top - tall / 2) <= max(tall, PATCH) / 2)
            if inside.any():
                found[inside.tobytes()] = inside
    held = np.array(list(found.values())) * area
    share: Floats = held / held.sum(axis=1, keepdims=True)
    return share


def _versions(rgb: Pixels) -> list[Pixels]:
    """The sample after every kind of quantisation."""
    pixels = cv2.cvtColor(rgb, cv2.COLOR_RGB2YCrCb).astype(np.float32) - np.float32(128)
    planes = [np.ascontiguousarray(pixels[..., 0]), *np.moveaxis(halve(np.ascontiguousarray(pixels[..., 1:])), 2, 0)]
    made = [reduce_chroma(rgb)]
    for side, tables in ((8, _jpeg_tables()), (16, _flat_tables())):
        blocks = [_blocks(plane, side) for plane in planes]
        for luma, chroma in tables:
            rounded = [
                _plane(_rounded(block, luma if index == 0 else chroma), plane.shape)
                for index, (block, plane) in enumerate(zip(blocks, planes, strict=True))
            ]
            made.append(_rgb(rounded))
    return made


def _jpeg_tables() -> list[tuple[Plane, Plane]]:
    """Steps of luma and chroma, float32 (8, 1, 8), as libjpeg scales them with quality."""
    tables = []
    for quality in JPEG_QUALITIES:
        scale = (5000 / quality if quality < 50 else 200 - 2 * quality) / 100
        scaled = [np.clip(np.floor(np.array(table) * scale + 0.5), 1, 255) for table in (_LUMINANCE, _CHROMINANCE)]
        tables.append((scaled[0][:, None].astype(np.float32), scaled[1][:, None].astype(np.float32)))
    return tables


def _flat_tables() -> list[tuple[Plane, Plane]]:
    flat = [np.full((1, 1, 1), step, np.float32) for step in FLAT_STEPS]
    return [(table, table) for table in flat]


def _rounded(blocks: Plane, steps: Plane) -> Plane:
    """Coefficients at the middle of their step: to the nearest for 8 x 8 blocks, with a dead zone for larger ones."""
    scaled: Plane = blocks / steps
    if blocks.shape[1] == 8:
        np.rint(scaled, out=scaled)
    else:
        size = np.abs(scaled)
        size += np.float32(_DEAD_ZONE)
        np.copysign(np.floor(size, out=size), scaled, out=scaled)
    scaled *= steps
    return scaled


@cache
def _basis(side: int) -> Plane:
    """The orthonormal DCT-II as a matrix, float32 (side, side): row k is the k-th cosine."""
    k, x = np.indices((side, side))
    basis = np.cos((2 * x + 1) * k * (math.pi / (2 * side))) * math.sqrt(2 / side)
    basis[0] = math.sqrt(1 / side)
    single: Plane = basis.astype(np.float32)
    return single


def _blocks(plane: Plane, side: int) -> Plane:
    """Coefficients of all blocks where their pixels were, float32 (rows, side, columns, side)."""
    height, width = plane.shape
    padded = cv2.copyMakeBorder(plane, 0, -height % side, 0, -width % side, cv2.BORDER_REPLICATE)
    # Many small products: OpenBLAS spreads large ones over threads that wait by spinning.
    columns = np.matmul(_basis(side), padded.reshape(-1, side, padded.shape[1]))
    blocks: Plane = np.matmul(columns.reshape(len(columns), side, -1, side), _basis(side).T)
    return blocks


def _plane(blocks: Plane, shape: tuple[int, ...]) -> Plane:
    """The pixels of blocks, (rows, side, columns, side), cropped to a shape."""
    rows, side = blocks.shape[:2]
    lines = np.matmul(blocks, _basis(side)).reshape(rows, side, -1)
    pixels = np.matmul(_basis(side).T, lines).reshape(rows * side, -1)
    return np.ascontiguousarray(pixels[: shape[0], : shape[1]])


def _rgb(planes: list[Plane]) -> Pixels:
    height, width = planes[0].shape
    ycc = np.empty((height, width, 3), np.float32)
    ycc[..., 0] = planes[0]
    ycc[..., 1:] = double(np.stack(planes[1:], axis=-1), width, height)
    ycc += np.float32(128)
    return np.asarray(cv2.cvtColor(cv2.add(ycc, 0.0, dtype=cv2.CV_8U), cv2.COLOR_YCrCb2RGB), np.uint8)
