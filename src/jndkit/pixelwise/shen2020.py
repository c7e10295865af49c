"""Shen, Ni, Yang, Zhang, Wang and Kwong, "Just Noticeable Distortion Profile Inference: A Patch-Level Structural
Visibility Learning Approach", IEEE TIP 30, 2021 (online 2020).

Patch by patch: the mean moves by luminance adaptation, contrast shrinks to 0.9474, a network changes the structure.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection
from typing import Any

import numpy as np
import numpy.typing as npt

from jndkit.errors import UsageError, check_choice
from jndkit.inference import Session, session
from jndkit.pixelwise.card import Card
from jndkit.pixelwise.terms.borders import border_type, strips
from jndkit.pixelwise.terms.gaussian import smooth
from jndkit.pixelwise.terms.luma import Map, Pictured, Plane, luma_plane
from jndkit.pixelwise.terms.structure import CONTRAST, TERMS, Patches, least_noticed, moved
from jndkit.weights import find

TERMS_OF = {"smooth": ("contrast", "structure"), "code": TERMS}
"""Which terms change in each variant unless it is asked for others. The default comes first.

How far the mean of a patch may move as one is no threshold of its pixels: noise in that shape is seen sooner than flat
noise, that of the other two terms later.
"""
VARIANTS = tuple(TERMS_OF)
ARCHITECTURES = ("shen2020",)
SIDE, STRIDE = 64, 50  # pixels, as published
OVERLAP = SIDE - STRIDE
WINDOW = 113  # pixels of the window of means: three standard deviations either way
_AT_ONCE = 8  # patches: what they need stays in the processor's cache

Change = Callable[[Patches], Patches]
"""What is done to patches: float32 (N, 64, 64), code values, to the same."""


def shen2020(
    picture: Pictured,
    *,
    variant: str = "smooth",
    border: str = "reflect",
    sign: int = 1,
    terms: Collection[str] | None = None,
    weights: str = "shen2020",
) -> Map:
    """JND map of luma, float32 (H, W), in code values of luma: how far `shen2020_picture` is from the picture.

    picture: what `luma_plane` takes.
    variant: "smooth" takes mean and contrast around every pixel, so that no patch shows, and leaves the mean where it
        is; "code" takes those of each patch, moves the mean too, and averages patches in pairs, in raster order and in
        whole code values, as the published script does.
    border: what lies beyond the frame, "reflect" or "zero".
    sign: +1 or -1, which way means move.
    terms: which of "luminance", "contrast" and "structure" change; by default the variant's own.
    weights: a name of weights of this network.
    Raises UsageError for an unknown name or sign, InputError for a picture below 8 x 8, MissingError without weights.
    Differs: the published script draws the sign for each picture at random, here it is +1 unless asked; patches also
    cover what it crops, up to 63 columns and rows. "smooth" is ours.
    """
    plane = luma_plane(picture)
    change = shen2020_picture(plane, variant=variant, border=border, sign=sign, terms=terms, weights=weights)
    change -= plane
    return np.abs(change, out=change)


def shen2020_picture(
    picture: Pictured,
    *,
    variant: str = "smooth",
    border: str = "reflect",
    sign: int = 1,
    terms: Collection[str] | None = None,
    weights: str = "shen2020",
) -> Map:
    """The luma at the edge of being noticed, float32 (H, W), code values. Arguments and errors as for `shen2020`."""
    check_choice("variant", variant, VARIANTS)
    border_type(border)
    if sign not in (1, -1):
        raise UsageError(f"the sign is 1 or -1, not {sign!r}")
    terms = TERMS_OF[variant] if terms is None else terms
    for term in terms:
        check_choice("term", term, TERMS)
    plane = luma_plane(picture)
    network = find(weights)
    check_choice(f"network of {weights}", network.card.architecture, ARCHITECTURES)
    run = session(network.path)
    if variant == "code":
        return stitched(plane, structural(run, sign, whole=True, terms=terms), smooth=False, border=border)
    if "structure" in terms:
        structured = stitched(plane, structural(run, sign, whole=False, terms=("structure",)), border=border)
    else:
        structured = plane.astype(np.float32)
    return around_every_pixel(plane, structured, sign, terms, border)


def structural(run: Session, sign: int, *, whole: bool, terms: Collection[str] = TERMS) -> Change:
    """The change of patches by a network, which takes and gives float32 (N, 1, 64, 64) in -1..1.

    whole: what the network gives is rounded to whole code values first, as where it goes through a file.
    terms: which of the three change.
    """

    def change(patches: Patches) -> Patches:
        if "structure" not in terms:
            return least_noticed(patches, patches, sign, terms)
        scaled = (patches / np.float32(127.5) - np.float32(1.0))[:, None]
        structure = (run(scaled)[0][:, 0] + np.float32(1.0)) * np.float32(127.5)
        return least_noticed(patches, np.floor(structure + np.float32(0.5)) if whole else structure, sign, terms)

    return change


def around_every_pixel(plane: Plane, structured: Map, sign: int, terms: Collection[str], border: str) -> Map:
    """Mean and contrast changed, each about the mean around the pixel: float32 (H, W), code values.

    plane: (H, W), code values.  structured: the same with its structure changed, or as it was; it is worked on.
    The mean is under a Gaussian window as wide as a patch: with the variance of 64 pixels in a row.
    """
    kept = np.float32(CONTRAST if "contrast" in terms else 1.0)
    for rows, slab, inner in strips(plane.shape, WINDOW // 2):
        mean = smooth(plane[slab], WINDOW, SIDE / math.sqrt(12), border)[inner]
        level = moved(mean, sign) if "luminance" in terms else mean
        structured[rows] = level + kept * (structured[rows] - mean)
    return np.clip(structured, 0.0, 255.0, out=structured)


def stitched(plane: Plane, change: Change, *, smooth: bool = True, border: str = "reflect") -> Map:
    """A picture changed patch by patch, float32 (H, W), code values: 64 x 64 pixels every 50.

    plane: (H, W), code values.  smooth: overlaps are blended by raised cosines, else averaged in pairs in raster order.
    border: "reflect" repeats the picture beyond its frame as often as needed, "zero" puts black there.
    """
    height, width = plane.shape
    rows, columns = (_beyond(length) for length in (height, width))
    changed: Map = np.empty((height, width), np.float32)
    band = _Blend(len(columns)) if smooth else _Pairs(len(columns))
    for top in range(0, len(rows) - OVERLAP, STRIDE):
        slab = plane[rows[top : top + SIDE]][:, columns].astype(np.float32)
        if border == "zero":
            slab[max(0, height - top) :] = 0.0
            slab[:, width:] = 0.0
        lefts = range(0, len(columns) - OVERLAP, STRIDE)
        for start in range(0, len(lefts), _AT_ONCE):
            some = lefts[start : start + _AT_ONCE]
            for left, patch in zip(some, change(np.stack([slab[:, at : at + SIDE] for at in some])), strict=True):
                band.paint(left, patch)
        last = top + SIDE >= len(rows)
        done = band.finished(SIDE if last else STRIDE)[: height - top, :width]
        changed[top : top + len(done)] = done
    return np.clip(changed, 0.0, 255.0, out=changed)


def _beyond(length: int) -> npt.NDArray[np.intp]:
    """Where patches that cover `length` pixels take theirs from: the picture, then its mirror image, and so on."""
    patches = max(1, -(-(length - OVERLAP) // STRIDE))
    index = np.arange(patches * STRIDE + OVERLAP) % (2 * length)
    return np.minimum(index, 2 * length - 1 - index)


class _Blend:
    """A band of 64 rows to which every patch gives its share."""

    def __init__(self, width: int) -> None:
        self.sum = np.zeros((SIDE, width), np.float32)
        self.weight = np.zeros((SIDE, width), np.float32)
        # The ramps of neighbours add up to 1.
        ramp = np.sin(np.pi / (2 * OVERLAP) * (np.arange(OVERLAP) + 0.5)) ** 2
        window = np.concatenate([ramp, np.ones(SIDE - 2 * OVERLAP), ramp[::-1]])
        self.window = np.outer(window, window).astype(np.float32)

    def paint(self, left: int, patch: Patches) -> None:
        self.sum[:, left : left + SIDE] += self.window * patch
        self.weight[:, left : left + SIDE] += self.window

    def finished(self, rows: int) -> Map:
        """The first rows, float32 (rows, W); the band moves down by them."""
        done: Map = self.sum[:rows] / self.weight[:rows]
        for band in (self.sum, self.weight):
            band[: SIDE - rows] = band[rows:].copy()
            band[SIDE - rows :] = 0.0
        return done


class _Pairs:
    """A band of 64 rows where a patch is averaged with what was painted before, in whole code values."""

    def __init__(self, width: int) -> None:
        self.band = np.zeros((SIDE, width), np.float32)
        self.above = 0  # rows painted by the row of patches above

    def paint(self, left: int, patch: Patches) -> None:
        place = self.band[:, left : left + SIDE]
        above, beside = self.above, OVERLAP if left else 0
        place[:above] = _whole((place[:above] + patch[:above]) / 2)
        place[above:, :beside] = _whole((place[above:, :beside] + patch[above:, :beside]) / 2)
        place[above:, beside:] = patch[above:, beside:]

    def finished(self, rows: int) -> Map:
        """The first rows, float32 (rows, W); the band moves down by them."""
        done: Map = _whole(self.band[:rows])
        self.band[: SIDE - rows] = self.band[rows:].copy()
        self.above = OVERLAP
        return done


def _whole(values: npt.NDArray[Any]) -> Map:
    """Rounded as MATLAB's uint8() does, for values that are not negative."""
    rounded: Map = np.clip(np.floor(values + np.float32(0.5)), 0.0, 255.0)
    return rounded


CARD = Card(
    name="shen2020",
    compute=shen2020,
    summary="contrast shrinks, a network changes the structure; as published patch by patch, and their means move",
    paper="Shen et al., Just noticeable distortion profile inference: a patch-level structural visibility learning "
    "approach, IEEE TIP 30",
    year=2020,
    variants=VARIANTS,
    options=("sign", "terms", "weights"),
)
