"""Visible difference within one band: contrast, masking by the picture itself, and a soft limit."""

from __future__ import annotations

from functools import cache

import cv2
import numpy as np

from jndkit.observers.cvvdp.constants import EPSILON, constants
from jndkit.observers.cvvdp.display import Plane

_KERNEL_SIDE = 13  # 4 sigma and the middle, as published
HALO = _KERNEL_SIDE // 2  # rows a strip needs beyond its own


@cache
def _blur_kernel() -> Plane:
    """Phase uncertainty: a Gaussian whose two passes together also apply the masking constant."""
    c = constants()
    kernel = cv2.getGaussianKernel(_KERNEL_SIDE, c.blur_sigma, cv2.CV_64F).ravel()
    scaled: Plane = (kernel * np.sqrt(c.mask_scale)).astype(np.float32)
    return scaled


def _power(x: Plane, exponent: float) -> Plane:
    """x ** exponent in place, for x > 0; several times faster than a general power."""
    cv2.log(x, dst=x)
    x *= np.float32(exponent)
    cv2.exp(x, dst=x)
    return x


def visible_difference(test: list[Plane], reference: list[Plane], inside: slice) -> list[Plane]:
    """Masked difference of the three channels, in units of threshold.

    test, reference: three float32 (h, w) planes of contrast times sensitivity.
    inside: the rows wanted; the others are the halo that blurring reads (`HALO` rows, fewer at the picture's edge).

    Source: mutual masking of ColorVideoVDP ("mult-mutual"), section 3.5 of the paper; every power is
    (x + 1e-5)^p - 1e-5^p as published.
    """
    c = constants()
    # The published metric does not blur bands smaller than this.
    blurred = min(test[0].shape) > HALO
    energy = [_mask_energy(t, r, q, blurred)[inside] for t, r, q in zip(test, reference, c.mask_q, strict=True)]
    offsets = EPSILON**c.mask_q
    limit = np.float32(c.difference_limit)
    out = []
    for channel, (t, r) in enumerate(zip(test, reference, strict=True)):
        weights = c.cross_channel[:, channel]
        mask = energy[0] * np.float32(weights[0])
        for other in (1, 2):
            mask = cv2.scaleAdd(energy[other], float(weights[other]), mask)
        # What the epsilons put into the three energies is taken off here at once.
        mask += np.float32(1.0 - float(weights @ offsets))
        difference = cv2.absdiff(t[inside], r[inside])
        difference += np.float32(EPSILON)
        _power(difference, c.mask_p)
        difference -= np.float32(EPSILON**c.mask_p)
        difference /= mask
        # Soft limit: limit * d / (limit + d).
        np.add(difference, limit, out=mask)
        difference /= mask
        difference *= limit
        out.append(difference)
    return out


def _mask_energy(test: Plane, reference: Plane, exponent: float, blurred: bool) -> Plane:
    """(blur(min(|T|, |R|)) + eps) ** q of one channel."""
    masker = cv2.min(np.abs(test), np.abs(reference))
    if blurred:
        kernel = _blur_kernel()
        # The kernel has the masking constant in it, and the filter adds the epsilon of the power as it goes.
        masker = cv2.sepFilter2D(masker, -1, kernel, kernel, delta=EPSILON, borderType=cv2.BORDER_REFLECT_101)
    else:
        masker *= np.float32(constants().mask_scale)
        masker += np.float32(EPSILON)
    return _power(masker, float(exponent))
