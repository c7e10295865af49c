"""Contrast sensitivity by luminance and spatial frequency, tabulated from castleCSF."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from jndkit.observers.cvvdp.constants import constants
from jndkit.observers.cvvdp.display import Plane

_FINE = 1024  # table entries per step of the published luminance grid: the error stays under 0.02 %


def sensitivity(background: Plane, known: Sequence[Plane]) -> list[Plane]:
    """Three float32 planes: sensitivity (1 / threshold contrast) of the channels at each background.

    background: float32 (H, W), luminance in cd/m2.  known: the `tables` of a frequency.

    Source: castleCSF for a stimulus of fixed size, as tabulated by ColorVideoVDP; linear in the logarithms.
    """
    c = constants()
    steps = (len(c.log_luminance) - 1) * _FINE
    low, high = c.log_luminance[0], c.log_luminance[-1]
    scale = steps / (high - low)
    index = cv2.log(background)
    index *= scale / np.log(10.0)
    index += 0.5 - low * scale
    np.clip(index, 0, steps, out=index)
    entries = index.astype(np.uint16)  # cuts off, which the half above makes rounding
    return [table.take(entries, mode="clip") for table in known]  # which they are, and it is not looked at


def tables(frequency: float) -> list[Plane]:
    """Sensitivity of each channel over the fine luminance grid at one frequency, extrapolated beyond the table."""
    c = constants()
    log_f = np.log10(frequency)
    at = int(np.clip(np.searchsorted(c.log_frequency, log_f) - 1, 0, len(c.log_frequency) - 2))
    part = (log_f - c.log_frequency[at]) / (c.log_frequency[at + 1] - c.log_frequency[at])
    nodes = np.arange(len(c.log_luminance))
    fine = np.arange((len(nodes) - 1) * _FINE + 1) / _FINE
    channels = []
    for rows in c.log_sensitivity:
        curve = rows[:, at] + part * (rows[:, at + 1] - rows[:, at])
        channels.append((10.0 ** np.interp(fine, nodes, curve)).astype(np.float32))
    return channels
