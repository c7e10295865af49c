"""Pictures and files made up for the tests of this room."""

from __future__ import annotations

import io
import struct
import zlib
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image

from jndkit.picture import Pixels
from tests.picture.catalogue import profiles
from tests.picture.fixture_types import AddChunk, Encode, ToSrgb


@pytest.fixture(scope="session")
def p3_profile() -> bytes:
    return profiles.icc(b"RGB ", profiles.P3, 2.2, "P3 gamma 2.2")


@pytest.fixture(scope="session")
def adobe_profile() -> bytes:
    return profiles.icc(b"RGB ", profiles.ADOBE, 2.19921875, "Adobe RGB like")


@pytest.fixture(scope="session")
def grey_profile() -> bytes:
    return profiles.icc(b"GRAY", profiles.SRGB, 1.8, "Grey gamma 1.8")


@pytest.fixture(scope="session")
def expected_srgb() -> ToSrgb:
    """float64 (H, W, 3): sRGB code values of RGB code values with these primaries and this gamma, clipped."""

    def convert(pixels: npt.NDArray[Any], primaries: tuple[float, ...], gamma: float) -> npt.NDArray[np.float64]:
        return profiles.in_srgb((pixels / 255.0) ** gamma, primaries)

    return convert


@pytest.fixture(scope="session")
def photo() -> Pixels:
    """uint8 (48, 64, 3): smooth colours with some grain, no symmetry."""
    y, x = np.mgrid[0:48, 0:64]
    planes = [40 + 2.5 * x + 1.0 * y, 200 - 1.5 * x + 0.8 * y, 90 + 60 * np.sin(x / 9) * np.cos(y / 7)]
    grain = np.random.default_rng(5).normal(0, 3, (48, 64, 3))
    return np.clip(np.stack(planes, axis=-1) + grain, 0, 255).astype(np.uint8)


@pytest.fixture(scope="session")
def encode() -> Encode:
    """The bytes of an array or a Pillow image in a format."""

    def write(image: npt.NDArray[Any] | Image.Image, format_name: str, **options: Any) -> bytes:
        held = image if isinstance(image, Image.Image) else Image.fromarray(image)
        out = io.BytesIO()
        held.save(out, format_name, **options)
        return out.getvalue()

    return write


@pytest.fixture(scope="session")
def png_chunk() -> AddChunk:
    """A PNG file with one more chunk after its header."""

    def insert(data: bytes, kind: bytes, body: bytes) -> bytes:
        chunk = struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        return data[:33] + chunk + data[33:]

    return insert
