"""Jin, Xue, Zhang, Meng, Zhao and Lin, "HVS-Inspired Signal Degradation Network for Just Noticeable Difference
Estimation", arXiv 2208.07583.

A small codec degrades the picture; what its errors depend on, and how much at every pixel, tells a second network how
far each pixel may move.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, NamedTuple

import cv2
import numpy as np
import numpy.typing as npt

from jndkit.errors import check_choice
from jndkit.inference import Session, session
from jndkit.picture import Picture
from jndkit.pixelwise.card import Card
from jndkit.pixelwise.terms.borders import border_type
from jndkit.pixelwise.terms.luma import Map, Pictured, luma_plane
from jndkit.weights import Weights, find

VARIANTS = ("code", "paper")
ARCHITECTURES = ("hvssd-degradation", "hvssd")

PUBLISHED_SIDE = 176  # pixels
MOST_PIXELS = 1 << 19
"""The degradation network takes a picture no larger than this: memory grows with it, by about 500 bytes a pixel."""

_MULTIPLE = 8  # the codec halves a side three times
_TILE = 384
_HALO = 24  # pixels: the generator reaches 20; a multiple of 4, so that tiles are halved where the picture is

Pixels = npt.NDArray[Any]
Place = tuple[slice, slice]


def hvssd(picture: Pictured, *, variant: str = "code", border: str = "reflect", weights: str = "hvssd") -> Map:
    """JND map, float32 (H, W), in code values: the root mean square over R, G and B of `hvssd_colour`.

    picture: what `luma_plane` takes; luma alone is taken as a grey picture.
    variant: "code" works at the picture's own size; "paper" at 176 x 176 pixels whatever the picture, as published, so
        that the map of a larger one is smooth.
    border: what lies beyond the frame, "reflect" or "zero".  weights: a name of weights of the second network.
    Raises UsageError for an unknown name, InputError for a picture below 8 x 8, MissingError without weights.
    Differs: the published model gives a map of each colour. Of a picture above 2^19 pixels the degradation network sees
    a reduced one.
    """
    pixels = _rgb(picture)
    jnd: Map = np.empty(pixels.shape[:2], np.float32)
    for place, part in _parts(pixels, variant, border, weights):
        jnd[place] = np.sqrt(np.mean(np.square(part), axis=2))
    return jnd


def hvssd_colour(picture: Pictured, *, variant: str = "code", border: str = "reflect", weights: str = "hvssd") -> Map:
    """The JND of R, G and B, float32 (H, W, 3), in code values. Arguments and errors as for `hvssd`."""
    pixels = _rgb(picture)
    jnd: Map = np.empty(pixels.shape, np.float32)
    for place, part in _parts(pixels, variant, border, weights):
        jnd[place] = part
    return jnd


def stages(weights: str = "hvssd") -> tuple[Weights, Weights]:
    """The degradation network and the generator of this name, which was trained with it.

    Raises UsageError for weights of another network, MissingError or DamagedError where there are none.
    """
    generator = find(weights)
    degradation = find(generator.card.needs or ARCHITECTURES[0])
    for stage, architecture in zip((degradation, generator), ARCHITECTURES, strict=True):
        check_choice(f"network of {stage.card.name}", stage.card.architecture, (architecture,))
    return degradation, generator


class Priors(NamedTuple):
    """What the degradation network says, float32 (h, w, 1) and (h, w, 3) in 0..1, of a picture that may be reduced."""

    cam: Map
    gradient: Map


def priors(pixels: Pixels, degradation: Session, border: str = "reflect", most: int = MOST_PIXELS) -> Priors:
    """Of a picture (H, W, 3), code values, that is reduced to `most` pixels first where it is larger."""
    height, width = pixels.shape[:2]
    factor = math.sqrt(most / (height * width))
    if factor < 1.0:
        height, width = (max(1, int(side * factor)) for side in (height, width))  # cut off: no more than `most`
        pixels = _resized(pixels, height, width)
    filled = _extended(pixels, 0, border)
    return Priors(*(maps[0].transpose(1, 2, 0)[:height, :width] for maps in degradation(_given(filled))))


def generated(
    pixels: Pixels, known: Priors, generator: Session, border: str = "reflect", tile: int = _TILE
) -> Iterator[tuple[Place, Map]]:
    """Tile by tile the place in the picture and its JND of R, G and B, float32 (h, w, 3), in code values.

    pixels: (H, W, 3), code values.  tile: pixels a side, a multiple of 4.
    """
    height, width = pixels.shape[:2]
    beyond = _HALO if border == "zero" else 0
    wide = _extended(pixels, beyond, border)
    for top in range(0, height, tile):
        for left in range(0, width, tile):
            bottom, right = min(top + tile, height), min(left + tile, width)
            # In the wide picture, whose multiples of 4 are those of the picture.
            first, start = max(0, top + beyond - _HALO), max(0, left + beyond - _HALO)
            last = min(wide.shape[0], -(-(bottom + beyond) // 4) * 4 + _HALO)
            end = min(wide.shape[1], -(-(right + beyond) // 4) * 4 + _HALO)
            rows, columns = np.arange(first, last) - beyond, np.arange(start, end) - beyond
            maps = (_enlarged(prior, rows, columns, (height, width), border) for prior in known)
            jnd = generator(_given(wide[first:last, start:end]), *map(_tensor, maps))[0][0]
            inner = np.s_[
                top + beyond - first : bottom + beyond - first, left + beyond - start : right + beyond - start
            ]
            yield np.s_[top:bottom, left:right], np.float32(255.0) * jnd.transpose(1, 2, 0)[inner]


def _parts(pixels: Pixels, variant: str, border: str, weights: str) -> Iterator[tuple[Place, Map]]:
    """Places and their JND."""
    check_choice("variant", variant, VARIANTS)
    border_type(border)
    degradation, generator = (session(stage.path) for stage in stages(weights))
    if variant == "code":
        yield from generated(pixels, priors(pixels, degradation, border), generator, border)
        return
    height, width = pixels.shape[:2]
    small = _resized(pixels, PUBLISHED_SIDE, PUBLISHED_SIDE)
    ((_, jnd),) = generated(small, priors(small, degradation, border), generator, border)
    yield np.s_[:height, :width], cv2.resize(jnd, (width, height), interpolation=cv2.INTER_LINEAR)


def _rgb(picture: Pictured) -> Pixels:
    """(H, W, 3), code values."""
    luma_plane(picture)  # refuses what is no picture
    pixels = picture.rgb if isinstance(picture, Picture) else np.asarray(picture)
    if pixels.dtype not in (np.uint8, np.float32):
        pixels = pixels.astype(np.float32)
    return np.repeat(pixels[..., None], 3, axis=2) if pixels.ndim == 2 else pixels


def _resized(pixels: Pixels, height: int, width: int) -> Map:
    """The picture at another size, float32, so that bytes are not rounded."""
    how = cv2.INTER_AREA if min(pixels.shape[0] / height, pixels.shape[1] / width) > 1 else cv2.INTER_CUBIC
    planes = (np.ascontiguousarray(pixels[..., colour], np.float32) for colour in range(pixels.shape[2]))
    return np.dstack([cv2.resize(plane, (width, height), interpolation=how) for plane in planes])


def _extended(pixels: Pixels, beyond: int, border: str) -> Pixels:
    """The picture with what lies beyond its frame: that many pixels, and on to whole multiples of 8."""
    fill = (-(side + 2 * beyond) % _MULTIPLE for side in pixels.shape[:2])
    down, right = (beyond + pixels for pixels in fill)
    wide: Pixels = cv2.copyMakeBorder(pixels, beyond, down, beyond, right, border_type(border), value=(0, 0, 0))
    return wide


def _enlarged(maps: Map, rows: npt.NDArray[Any], columns: npt.NDArray[Any], size: tuple[int, int], border: str) -> Map:
    """Rows and columns of maps (h, w, C) enlarged bilinearly to a picture's size; beyond it, what `border` says."""
    for axis, (index, length) in enumerate(zip((rows, columns), size, strict=True)):
        folded = index % (2 * length)
        inside = np.minimum(folded, 2 * length - 1 - folded)  # mirrored
        # By the centres of pixels, as networks enlarge that do not align corners.
        at = np.clip((inside + 0.5) * (maps.shape[axis] / length) - 0.5, 0, maps.shape[axis] - 1)
        low = at.astype(np.intp)
        part = (at - low).astype(np.float32).reshape((-1, 1, 1) if axis == 0 else (1, -1, 1))
        take: Callable[..., Map] = partial(np.take, maps, axis=axis)
        taken = take(low)
        if part.any():
            taken = taken + part * (take(np.minimum(low + 1, maps.shape[axis] - 1)) - taken)
        if border == "zero":
            shape = (-1, 1, 1) if axis == 0 else (1, -1, 1)
            taken = taken * ((index >= 0) & (index < length)).astype(np.float32).reshape(shape)
        maps = taken
    return maps


def _given(pixels: Pixels) -> Map:
    """float32 (1, 3, H, W) in 0..1."""
    return _tensor(pixels) / np.float32(255.0)


def _tensor(maps: Pixels) -> Map:
    """(H, W, C) to float32 (1, C, H, W)."""
    return np.ascontiguousarray(maps.transpose(2, 0, 1)[None], np.float32)


CARD = Card(
    name="hvssd",
    compute=hvssd,
    summary="a small codec degrades the picture; where it errs tells a second network how far each pixel may move",
    paper="Jin et al., HVS-inspired signal degradation network for just noticeable difference estimation, arXiv "
    "2208.07583",
    year=2022,
    variants=("code", "paper"),
    options=("weights",),
)
