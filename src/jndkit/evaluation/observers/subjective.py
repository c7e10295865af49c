"""The tables of what people answered, as the data folder keeps them. Only what is derived from them leaves here."""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from jndkit.datasets.ratings import read_columns
from jndkit.errors import InputError
from jndkit.study.psychometric import Counts, Floats

Names = npt.NDArray[np.str_]

MIDD = Path("people/midd/answers.csv")
ENCODERS = Path("labels/jpeg_encoders_elo.csv")
AIC = Path("labels/JPEG-AIC_metric_scores.csv")
MCL_JCI = Path("labels/derived_MCL-JCI_SUR_by_QF.csv")
METRICS = ("PSNR-Y", "SSIM", "MS-SSIM", "IW-SSIM", "VMAF-neg", "SSIMULACRA2", "HDR-VDP-2 Q", "HDR-VDP-3 Q", "CVVDP")
"""Of the AIC-4 table."""
QUALITY = np.arange(15.0, 98.0)
"""JPEG qualities at which shares of satisfied viewers are compared."""


@dataclass(frozen=True)
class Shares:
    """Of each coded version how many noticed it, a row each: names of reference and file, codec, setting, counts."""

    picture: Names
    file: Names
    codec: Names
    setting: Names
    counts: Counts

    @property
    def pictures(self) -> list[str]:
        return sorted(set(self.picture.tolist()))

    @property
    def cells(self) -> list[npt.NDArray[np.bool_]]:
        """The rows of each setting of each codec."""
        pairs = sorted(set(zip(self.codec.tolist(), self.setting.tolist(), strict=True)))
        return [(self.codec == codec) & (self.setting == setting) for codec, setting in pairs]


@dataclass(frozen=True)
class Ranking:
    """Settings of encoders by what people prefer. encoder: "t", "j" or "m".  rate: bits per pixel."""

    method: tuple[str, ...]
    elo: Floats
    rate: Floats

    @property
    def encoder(self) -> Names:
        return np.array([method[0] for method in self.method])


@dataclass(frozen=True)
class AicSample:
    """Stimuli of the AIC-4 sample. jnd: as people see them.  metrics: name -> values."""

    source: Names
    codec: Names
    level: Names
    jnd: Floats
    metrics: dict[str, Floats]


def shares(data: Path) -> Shares:
    """MIDD-GAR. Raises InputError."""
    path = data / MIDD
    rows = read_columns(path, ("reference", "file", "codec", "setting", "noticed", "viewers"))
    noticed, viewers = (_numbers(path, rows, name) for name in ("noticed", "viewers"))
    for (number, _), count, asked in zip(rows, noticed, viewers, strict=True):
        if not 0 <= count <= asked or asked < 1:
            raise InputError(path, f"row {number} has {count:g} of {asked:g} viewers")
    names = [np.array([row[name] for _, row in rows]) for name in ("reference", "file", "codec", "setting")]
    return Shares(names[0], names[1], names[2], names[3], Counts(noticed, viewers))


def ranking(data: Path) -> Ranking:
    """JPEG encoders by Elo. Raises InputError."""
    path = data / ENCODERS
    rows = read_columns(path, ("method", "elo", "bpp"))
    return Ranking(tuple(row["method"] for _, row in rows), _numbers(path, rows, "elo"), _numbers(path, rows, "bpp"))


def aic_sample(data: Path) -> AicSample:
    """The AIC-4 sample. Raises InputError."""
    path = data / AIC
    rows = read_columns(path, ("img_num", "codec", "dlevel", "distortion", *METRICS))
    source, codec, level = (np.array([row[name] for _, row in rows]) for name in ("img_num", "codec", "dlevel"))
    metrics = {name: _numbers(path, rows, name) for name in METRICS}
    return AicSample(source, codec, level, _numbers(path, rows, "distortion"), metrics)


def satisfied(data: Path) -> Floats:
    """MCL-JCI: first satisfied-user ratio, float64 (sources, QUALITY). Raises InputError."""
    path = data / MCL_JCI
    rows = read_columns(path, ("ref_img", "qf", "first_SUR"))
    curves: dict[str, dict[float, float]] = defaultdict(dict)
    for (_, row), quality, share in zip(
        rows, _numbers(path, rows, "qf"), _numbers(path, rows, "first_SUR"), strict=True
    ):
        curves[row["ref_img"]][float(quality)] = float(share)
    for name, curve in curves.items():
        if missing := [quality for quality in QUALITY if quality not in curve]:
            raise InputError(path, f"{name} lacks quality {missing[0]:g}")
    return np.array([[curve[quality] for quality in QUALITY] for curve in curves.values()])


def _numbers(path: Path, rows: list[tuple[int, dict[str, str]]], name: str) -> Floats:
    return np.array([_number(path, number, name, row[name]) for number, row in rows])


def _number(path: Path, number: int, name: str, text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        # One sentence for what is no number, and for "nan" and "inf", which Python takes for some.
        value = math.nan
    if not math.isfinite(value):
        raise InputError(path, f"row {number} has no number as {name}: {text[:20]!r}")
    return value
