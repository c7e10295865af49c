"""What a case is, the picture most cases hold, and the arithmetic of colour and orientation."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from PIL import Image

Array = np.ndarray[Any, Any]

# What Exif 2.32 says row 0 and column 0 of the stored picture are, as numpy operations on it.
SEEN: dict[int, Callable[[Array], Array]] = {
    1: lambda a: a,
    2: lambda a: a[:, ::-1],
    3: lambda a: a[::-1, ::-1],
    4: lambda a: a[::-1],
    5: lambda a: a.swapaxes(0, 1),
    6: lambda a: np.rot90(a, -1),
    7: lambda a: np.rot90(a, 2).swapaxes(0, 1),
    8: lambda a: np.rot90(a, 1),
}


@dataclass(frozen=True)
class Shown:
    """data: a file.  rgb: (H, W, 3), or (H, W) where it is grey, sRGB code values of any dtype.  alpha: (H, W) or None.

    native: (H, W, 3) code values that are coded, where they are not those of sRGB, to 1.
    within: how many code values the loaded picture may differ by.  note: words that a note must hold.
    """

    data: bytes
    rgb: Array
    alpha: Array | None = None
    native: Array | None = None
    within: float = 1
    note: str | None = None


Cases = dict[str, Callable[[], Shown]]


def photo(height: int = 22, width: int = 30) -> Array:
    """uint8 (H, W, 3): smooth colours with some grain, no symmetry."""
    y, x = np.mgrid[0:height, 0:width]
    planes = [40 + 5 * x + 2 * y, 200 - 3 * x + 1.5 * y, 110 + 80 * np.sin(x / 5) * np.cos(y / 4)]
    grain = np.random.default_rng(5).normal(0, 3, (height, width, 3))
    return np.clip(np.stack(planes, axis=-1) + grain, 0, 255).astype(np.uint8)


def deep(height: int = 22, width: int = 30, planes: int = 3) -> Array:
    """uint16 (H, W, planes): values all over the range."""
    return np.random.default_rng(7).integers(0, 65536, (height, width, planes), dtype=np.uint16)


def cover(height: int = 22, width: int = 30) -> Array:
    """uint8 (H, W): transparency with both ends of the range in it."""
    y, x = np.mgrid[0:height, 0:width]
    return np.asarray(np.clip(9 * x + 3 * y - 20, 0, 255), np.uint8)


def eighths(samples: Array, top: int) -> Array:
    """Samples 0 .. top as code values."""
    return samples * (255.0 / top)


def srgb_of_light(light: Array) -> Array:
    """float: sRGB code values of linear light, clipped to 0 .. 1. Source: IEC 61966-2-1."""
    light = np.clip(light, 0, 1)
    return 255 * np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)


def light_of_srgb(codes: Array) -> Array:
    """float: linear light of sRGB code values 0 .. 255."""
    share = codes / 255.0
    return np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)


def exif(orientation: int, order: str = "<") -> bytes:
    """An EXIF block, without prefix, of an orientation and a maker."""
    block = Image.Exif()
    block.endian = order
    block[0x0112], block[0x010F] = orientation, "Maker"
    return block.tobytes()[6:]


def xmp(orientation: int, element: bool = False) -> bytes:
    """An XMP packet of an orientation alone."""
    value = f' tiff:Orientation="{orientation}"/>'
    if element:
        value = f"><tiff:Orientation>{orientation}</tiff:Orientation></rdf:Description>"
    return (
        '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        f'<rdf:Description rdf:about="" xmlns:tiff="http://ns.adobe.com/tiff/1.0/"{value}</rdf:RDF></x:xmpmeta>'
    ).encode()
