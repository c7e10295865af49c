"""Smoothing a picture within a JND map before it is coded, so that the coder has less to write."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import cv2
import numpy as np
import numpy.typing as npt

from jndkit.codecs import card
from jndkit.errors import UsageError, check_choice
from jndkit.observers.contract import Watched
from jndkit.picture import Picture, Pixels
from jndkit.pixelwise import jnd_map
from jndkit.pixelwise.terms.blocks import block_mean, dct, inverse_dct
from jndkit.pixelwise.terms.geometry import BLOCK
from jndkit.pixelwise.terms.luma import Map, Plane, luma_plane
from jndkit.threads import STRIP_PIXELS

_THRESHOLD = 4.0  # times strength and mean JND: the threshold of a coefficient at frequency 8
_HALO = BLOCK

_MOST = 1.0  # strength: no pixel moves further than its JND
_START = 0.5
_READINGS = 5
_NEAR = 0.85  # a reading between this share of what is allowed and all of it ends the search
_AIM = 0.95  # of what is allowed
_EXPONENT = 0.8  # strength grows about so with what is read


@dataclass(frozen=True)
class Form:
    """One way to smooth.

    share: of the target in JND that the prefiltered picture alone may read; chosen by bytes on validation photographs
        (docs/prefilter.md).
    """

    change: Callable[[Plane, Map], Map]
    share: float
    summary: str


def _towards_block_mean(luma: Plane, bound: Map) -> Map:
    """What moves each pixel towards the mean of its block, float32 (H, W), code values."""
    mean = np.repeat(np.repeat(block_mean(luma), BLOCK, axis=0), BLOCK, axis=1)
    change: Map = mean[: luma.shape[0], : luma.shape[1]] - luma
    return np.clip(change, -bound, bound)


def _blockwise(luma: Plane, bound: Map) -> Map:
    return _shrunk(luma, bound, power=2, offsets=(0,))


def _overlapped(luma: Plane, bound: Map) -> Map:
    return _shrunk(luma, bound, power=4, offsets=(0, BLOCK // 2))


FORMS: dict[str, Form] = {
    "wu2017": Form(_towards_block_mean, 0.1, "each pixel towards the mean of its 8 x 8 block"),
    "blockwise": Form(_blockwise, 0.3, "small DCT coefficients towards zero, on the grid of a coder in 8 x 8 blocks"),
    "overlapped": Form(_overlapped, 0.15, "the same on four grids, averaged, and mostly the highest frequencies"),
}


def form_for(codec: str) -> str:
    """The form that saves most before a codec, by its name."""
    return card(codec).prefilter


def prefilter(picture: Picture, model: str = "wu2017", *, strength: float = 1.0, form: str = "wu2017") -> Picture:
    """The picture, smoothed by at most `strength` times its JND.

    model: a name in `pixelwise.MODELS`.  strength: factor on the JND map, at least 0.
    form: "wu2017" pulls each pixel of luma towards the mean of its 8 x 8 block.
        "blockwise" and "overlapped" pull small DCT coefficients towards zero: c (1 - t^2 / c^2) where |c| > t, else 0,
        with t = 4 strength mean(JND) (f / 8)^n, f the length of the vector of the two frequencies in half cycles a
        block; n = 2 on one grid of blocks, or n = 4 on four grids half a block apart, averaged. What a pixel moves by
        is then limited to strength times its JND.
    R, G and B of a pixel move together, by the same whole number of code values, so the change is one of luma: at most
    strength times JND, and half a code value of rounding. A picture with a wide-gamut original gets the same change, in
    code values, there. Transparency, profile and metadata stay.

    Raises UsageError for an unknown name or a strength below 0, InputError for a picture below 8 x 8.

    Source: Wu et al. 2017, Eq. 16 (form "wu2017").  Differs: the strength, 1 there; the other two forms.
    """
    check_choice("form", form, FORMS)
    if not 0.0 <= strength < float("inf"):
        raise UsageError(f"the strength of prefiltering must be a finite number not below 0, not {strength}")
    return _moved(picture, luma_plane(picture), jnd_map(picture, model) * np.float32(strength), form)


@dataclass(frozen=True)
class Prefiltered:
    """A prefiltered picture, and how: `jnd` is what the observer reads on it before it is coded."""

    picture: Picture
    model: str
    form: str
    strength: float
    jnd: float


def prefilter_within(picture: Picture, model: str, watched: Watched, target: float, *, form: str) -> Prefiltered | None:
    """Prefilter as strongly as leaves the picture, not yet coded, within the form's share of the target.

    watched: the original being watched.  target: JND that the coded picture may read.
    Returns None where even a weak prefilter reads more, or where none changes a pixel. Errors as `prefilter`.
    """
    check_choice("form", form, FORMS)
    luma, jnd = luma_plane(picture), jnd_map(picture, model)
    allowed = FORMS[form].share * target
    low, high, strength = 0.0, _MOST, _START
    strongest: Prefiltered | None = None
    for _ in range(_READINGS):
        candidate = _moved(picture, luma, jnd * np.float32(strength), form)
        read = watched(candidate).jnd
        if read <= allowed:
            low = strength
            # A reading of nothing at all is that of a filter which moved no pixel.
            strongest = Prefiltered(candidate, model, form, strength, read) if read > 0.0 else strongest
            if read >= _NEAR * allowed or strength >= _MOST:
                break
        else:
            high = strength
        expected = strength * (_AIM * allowed / max(read, 1e-3)) ** _EXPONENT
        # Within the bracket and not at its ends; the upper end itself while it was not tried.
        ceiling = _MOST if high == _MOST else low + 0.9 * (high - low)
        # Rounded, so that the number in a row repeats the picture.
        strength = round(min(max(expected, low + 0.1 * (high - low)), ceiling), 4)
    return strongest


def _moved(picture: Picture, luma: Plane, bound: Map, form: str) -> Picture:
    change = np.rint(FORMS[form].change(luma, bound)).astype(np.int16)
    native = None if picture.native is None else _added(picture.native, change)
    return replace(picture, rgb=_added(picture.rgb, change), native=native)


def _added(pixels: Pixels, change: npt.NDArray[np.int16]) -> Pixels:
    # All planes alike, which moves luma: smoothing chroma too gained nothing.
    moved: Pixels = np.clip(pixels + change[..., None], 0, 255).astype(np.uint8)
    return moved


def _shrunk(luma: Plane, bound: Map, *, power: int, offsets: tuple[int, ...]) -> Map:
    """What pulls small coefficients towards zero, averaged over grids of blocks, float32 (H, W), code values."""
    # One for the whole picture, as coders quantise it: one that followed the map saved less.
    thresholds = _THRESHOLD * float(bound.mean()) * _weights(power)
    change: Map = np.empty(luma.shape, np.float32)
    for rows, slab, inner in _block_rows(luma.shape):
        part = luma[slab]
        total: Map = np.zeros(part.shape, np.float32)
        for down in offsets:
            for across in offsets:
                total += _shrunk_on(part, thresholds, down, across)
        change[rows] = total[inner]
    change *= np.float32(1 / len(offsets) ** 2)
    return np.clip(change, -bound, bound)


def _shrunk_on(luma: Plane, thresholds: Map, down: int, across: int) -> Map:
    """The change on the grid whose first blocks begin `down` rows and `across` columns before the picture."""
    height, width = luma.shape
    plane = cv2.copyMakeBorder(luma, down, 0, across, 0, cv2.BORDER_REFLECT)
    coefficients = dct(plane)
    power = np.square(coefficients)
    square = np.square(thresholds)
    # The garrote, c - t^2 / c above the threshold: what is far above it hardly changes.
    lost = -np.where(power > square, square / np.maximum(power, np.float32(1e-6)), np.float32(1)) * coefficients
    changed: Map = inverse_dct(lost, plane.shape)[down : down + height, across : across + width]
    return changed


def _weights(power: int) -> Map:
    """(f / 8)^power of each coefficient, float32 (8, 8); 0 for the mean of a block, which stays."""
    vertical, horizontal = np.indices((BLOCK, BLOCK))
    weights: Map = (np.hypot(vertical, horizontal) / BLOCK).astype(np.float32) ** power
    return weights


def _block_rows(shape: tuple[int, ...]) -> Iterator[tuple[slice, slice, slice]]:
    """Strips as in `borders.strips`, that begin with a block so that the grid is the whole picture's."""
    height, width = shape
    step = max(8 * _HALO, STRIP_PIXELS // width // BLOCK * BLOCK)
    for top in range(0, height, step):
        bottom, first = min(top + step, height), max(top - _HALO, 0)
        yield slice(top, bottom), slice(first, min(bottom + _HALO, height)), slice(top - first, bottom - first)
