"""Noise in the shape of a JND map: I' = clip(round(I + beta r JND)), r = +-1."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from jndkit.errors import UsageError
from jndkit.picture import Picture, Pixels
from jndkit.picture.difference import psnr
from jndkit.pixelwise.terms.borders import strips

Signs: TypeAlias = npt.NDArray[np.int8]
Shape: TypeAlias = npt.NDArray[np.floating[Any]]

LARGEST_SEED = 2**64 - 1
_FULL = 256.0  # a change after which every pixel is black or white
_NOTHING = 0.49  # a change that rounding undoes
_TIES = 1  # the stream that says which pixels move first


def signs(height: int, width: int, seed: int) -> Signs:
    """The pattern r, int8 (H, W) of -1 and +1, equally likely and independent.

    Bit k of the raw 64-bit words of PCG64, lowest bit first, is pixel k in rows; a set bit is +1. The words of a seed
    are the same in every version of NumPy. Raises UsageError for a seed below 0 or above 2^64 - 1.
    """
    if not 0 <= seed <= LARGEST_SEED:
        raise UsageError(f"a seed is a whole number from 0 to {LARGEST_SEED}, not {seed}")
    count = height * width
    words = np.random.PCG64(seed).random_raw(-(-count // 64))
    bits = np.unpackbits(words.astype("<u8").view(np.uint8), count=count, bitorder="little")
    pattern: Signs = (2 * bits.view(np.int8) - 1).reshape(height, width)
    return pattern


def uniform(height: int, width: int, seed: int, stream: int) -> npt.NDArray[np.float64]:
    """Numbers of [0, 1), float64 (H, W), from raw words of PCG64 as in `signs`; another `stream` gives others."""
    words = np.random.PCG64([seed, stream]).random_raw(height * width)
    # The upper 53 bits, as many as a float64 holds.
    numbers: npt.NDArray[np.float64] = np.multiply(words >> np.uint64(11), 2.0**-53).reshape(height, width)
    return numbers


@dataclass(frozen=True)
class Dose:
    """A picture with noise in it. beta: the regulator.  psnr: over R, G and B, dB; infinite where nothing changed.

    ties: share of the pixels with the next larger regulator, see `Noise.between`.
    """

    beta: float
    picture: Picture
    psnr: float
    ties: float = 0.0


class Noise:
    """One picture's noise, to be given at any strength."""

    def __init__(self, picture: Picture, jnd: Shape, seed: int = 0) -> None:
        """The noise r times `jnd`.

        jnd: float (H, W), code values of luma: R, G and B of a pixel change by the same amount, and with them its luma;
            or float (H, W, 3), code values of R, G and B, which share the sign.
        seed: of r, see `signs`.
        Raises UsageError where sizes differ, or the map has negative values or values that are not finite.
        """
        size = picture.rgb.shape[:2]
        if jnd.shape not in (size, (*size, 3)):
            raise UsageError(f"a map of {jnd.shape} does not fit a picture of {size}")
        if not (np.isfinite(jnd).all() and jnd.min() >= 0.0):
            raise UsageError("a map that noise is made from holds finite values, none of them negative")
        self._coloured = jnd.ndim == 3
        self._rgb = picture.rgb
        pattern = signs(picture.height, picture.width, seed)
        self._shaped = (pattern[..., None] if self._coloured else pattern) * jnd.astype(np.float32, copy=False)
        self._seed = seed
        self._first: npt.NDArray[np.float64] | None = None
        self._clean = replace(
            picture,
            grey=picture.grey and not self._coloured,
            native=None,
            icc=picture.icc if picture.native is None else None,
            bits=8,
        )
        squares = (float(np.square(jnd[rows], dtype=np.float64).sum()) for rows, _, _ in strips(jnd.shape, 0))
        self._energy = math.fsum(squares) / jnd.size
        least = float(jnd.min(where=jnd > 0.0, initial=math.inf))
        self.span = (_NOTHING / float(jnd.max()), _FULL / least) if self._energy else None
        """From the strength that changes nothing to the one that changes all there is; None of a map of zeros."""

    def unclipped(self, psnr: float) -> float:
        """The strength that gives `psnr` (dB) where nothing is rounded or clipped. Infinite of a map of zeros.

        Source: Wu et al. 2017, Eq. 15, solved for the regulator.
        """
        return 255.0 * 10.0 ** (-psnr / 20.0) / math.sqrt(self._energy) if self._energy else math.inf

    def at(self, beta: float) -> Dose:
        """The picture with the noise at this strength; in sRGB, without a wide gamut of its own.

        Raises UsageError where `beta` is negative or not finite.
        """
        if not 0.0 <= beta < math.inf:
            raise UsageError(f"a strength is a finite number from 0 up, not {beta:g}")
        return self._dose(beta, beta, 0.0)

    def between(self, low: float, high: float, share: float) -> Dose:
        """The picture with the strength `high` on a random `share` of its pixels, and `low` on the others.

        Where many pixels have one value in the map, rounding moves them all at one strength; between two strengths
        that are hardly apart, a share of them moves. Raises UsageError as `at`.
        """
        if not 0.0 <= low <= high < math.inf:
            raise UsageError(f"strengths are finite numbers from 0 up, not {low:g} and {high:g}")
        return self._dose(low, high, share)

    def _dose(self, low: float, high: float, share: float) -> Dose:
        if share and self._first is None:
            self._first = uniform(self._clean.height, self._clean.width, self._seed, _TIES)
        noisy: Pixels = np.empty_like(self._rgb)
        for rows, _, _ in strips(self._rgb.shape, 0):
            beta = np.float32(low) if self._first is None else self._mixed(self._first[rows], low, high, share)
            # Code values are whole, so rounding the change rounds the sum: halves go up, as in the published codes.
            change = np.clip(np.floor(self._shaped[rows] * beta + np.float32(0.5)), -_FULL, _FULL).astype(np.int16)
            noisy[rows] = np.clip(self._rgb[rows] + (change if self._coloured else change[..., None]), 0, 255)
        return Dose(low, replace(self._clean, rgb=noisy), psnr(self._rgb, noisy), share)

    def _mixed(self, first: npt.NDArray[np.float64], low: float, high: float, share: float) -> Shape:
        mixed = np.where(first < share, np.float32(high), np.float32(low))
        return mixed[..., None] if self._coloured else mixed
