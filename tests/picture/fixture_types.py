"""What the fixtures of this room give to a test."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
from PIL import Image

# A PNG file, the kind and the body of a chunk: the file with that chunk after its header.
AddChunk = Callable[[bytes, bytes, bytes], bytes]
# Code values (H, W, 3), xy of the primaries and white, gamma: float sRGB code values.
ToSrgb = Callable[[npt.NDArray[Any], tuple[float, ...], float], npt.NDArray[np.float64]]


class Encode(Protocol):
    def __call__(self, image: npt.NDArray[Any] | Image.Image, format_name: str, **options: Any) -> bytes: ...
