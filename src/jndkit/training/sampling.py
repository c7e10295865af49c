"""Random crops of the pictures below a folder, and what tasks draw and turn alike."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import torch
from torch import Generator, Tensor

from jndkit.errors import InputError
from jndkit.picture import Pixels, load
from jndkit.picture.formats.sniffing import ENDINGS

FORMS = 8
"""Ways in which a square can lie; see `turned`."""


def pictures_below(folder: str | Path) -> list[Path]:
    """The pictures in a folder and the folders inside it, by name. Raises InputError where there are none."""
    if not Path(folder).is_dir():
        raise InputError(folder, "there is no such folder")
    suffixes = {suffix for group in ENDINGS.values() for suffix in group}
    # In one order on every file system.
    paths = sorted(path for path in Path(folder).rglob("*") if path.suffix.lower() in suffixes)
    if not paths:
        raise InputError(folder, "it holds no picture")
    return paths


class Crops:
    """Square crops at random places of random pictures, reduced at random, flipped and transposed at random.

    folder: of pictures, read when they are first drawn.  side: of the crops, pixels.
    reduce: the smallest factor by which a picture may be reduced before it is cropped; 1 keeps it as it is.
    Source: the published code of HVS-SD JND, which reduces by 0.6 to 1.0 with cubic interpolation.
    """

    def __init__(self, folder: str | Path, side: int, reduce: float = 1.0) -> None:
        self._paths = pictures_below(folder)
        self._side, self._reduce = side, reduce

    def draw(self, count: int, generator: Generator) -> Tensor:
        """float32 (count, 3, side, side), RGB in 0..1. Raises InputError for a picture smaller than a crop."""
        return to_tensor(np.stack([self._one(generator) for _ in range(count)]))

    def _one(self, generator: Generator) -> Pixels:
        path = self._paths[below(len(self._paths), generator)]
        picture = _pixels(path)
        share = float(torch.rand((), generator=generator))
        if min(picture.shape[:2]) < self._side:
            raise InputError(path, f"it is smaller than a crop of {self._side} pixels")
        # A larger crop reduced is the crop of a reduced picture, without reducing all of it.
        wanted = round(self._side / (self._reduce + (1.0 - self._reduce) * share))
        side = min(wanted, *picture.shape[:2])
        top, left = (below(length - side + 1, generator) for length in picture.shape[:2])
        form = below(FORMS, generator)
        crop = picture[top : top + side, left : left + side]
        if side != self._side:
            crop = cv2.resize(crop, (self._side, self._side), interpolation=cv2.INTER_CUBIC)
        return turned(crop, form)


def centres(folder: str | Path, count: int, most: int, multiple: int) -> list[Pixels]:
    """The middles of `count` pictures of a folder, spread over its names: at most `most` pixels a side, of `multiple`.

    Returns uint8 (H, W, 3) each.
    """
    paths = pictures_below(folder)
    paths = [paths[index * len(paths) // count] for index in range(count)] if len(paths) > count else paths
    middles = []
    for path in paths:
        picture = _pixels(path)
        height, width = (min(most, side // multiple * multiple) for side in picture.shape[:2])
        top, left = (picture.shape[0] - height) // 2, (picture.shape[1] - width) // 2
        middles.append(np.ascontiguousarray(picture[top : top + height, left : left + width]))
    return middles


def below(limit: int, generator: Generator) -> int:
    """A whole number in 0..limit - 1."""
    return int(torch.randint(limit, (), generator=generator))


def turned(plane: npt.NDArray[Any], form: int) -> npt.NDArray[Any]:
    """A picture or plane (H, W, ...) in one of its eight forms, mirrored and transposed; 0 leaves it as it is."""
    plane = plane[:, ::-1] if form & 1 else plane
    plane = plane[::-1] if form & 2 else plane
    return plane.swapaxes(0, 1) if form & 4 else plane


def to_tensor(pixels: Pixels) -> Tensor:
    """uint8 (N, H, W, 3) to float32 (N, 3, H, W) in 0..1, channels last in memory."""
    return torch.from_numpy(pixels.astype(np.float32)).permute(0, 3, 1, 2).div_(255.0)


@lru_cache(maxsize=1000)  # drawn again and again: decoding takes longer than a step
def _pixels(path: Path) -> Pixels:
    return load(path).rgb
