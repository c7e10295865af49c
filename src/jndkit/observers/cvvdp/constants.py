"""The fitted constants of ColorVideoVDP, read once from `constants.json`.

Source: Mantiuk, Hanji, Ashraf, Asano, Chapiro, "ColorVideoVDP", ACM Trans. Graph. 43(4), 2024; calibration 0.5.7.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

from jndkit.observers.contract import Floats

# Added before every power so that the published metric has a gradient at zero; part of its numbers.
EPSILON = 1e-5


@dataclass(frozen=True)
class Constants:
    """Names follow the paper; channels are achromatic, red-green, violet-yellow."""

    version: str
    mask_p: float
    mask_q: Floats
    mask_scale: float
    cross_channel: Floats
    contrast_gain: Floats
    difference_limit: float
    baseband_weight: Floats
    image_integration: float
    jod_a: float
    jod_exponent: float
    blur_sigma: float
    rgb_to_dkl: Floats
    log_luminance: Floats
    log_frequency: Floats
    log_sensitivity: Floats


@cache
def constants() -> Constants:
    data = json.loads(Path(__file__).with_name("constants.json").read_text())
    p = data["parameters"]
    correction = p["sensitivity_correction"] / 20.0  # decibels of amplitude, added to a table of log10
    return Constants(
        version=data["version"],
        mask_p=p["mask_p"],
        mask_q=np.array(p["mask_q"]),
        mask_scale=10.0 ** p["mask_c"],
        cross_channel=2.0 ** np.array(p["xcm_weights"]),
        contrast_gain=np.array([1.0, p["chroma_gain"], 1.0]),
        difference_limit=10.0 ** p["d_max"],
        baseband_weight=np.array(p["baseband_weight"]),
        image_integration=p["image_int"],
        jod_a=p["jod_a"],
        jod_exponent=p["jod_exp"],
        blur_sigma=float(p["pu_dilate"]),
        rgb_to_dkl=np.array(data["lms_to_dkl"]) @ np.array(data["xyz_to_lms"]) @ np.array(data["rgb_to_xyz"]),
        log_luminance=np.log10(data["luminance"]),
        log_frequency=np.log10(data["frequency"]),
        log_sensitivity=np.array(data["log_sensitivity"]) + correction,
    )
