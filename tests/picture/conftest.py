"""Pictures and files made up for the tests of this room."""

from __future__ import annotations

import io
import struct
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from PIL import Image

P3 = (0.680, 0.320, 0.265, 0.690, 0.150, 0.060)
ADOBE = (0.640, 0.330, 0.210, 0.710, 0.150, 0.060)
SRGB = (0.640, 0.330, 0.300, 0.600, 0.150, 0.060)
BRADFORD = np.array([[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]])


def matrix_to_d50(primaries: tuple[float, ...]) -> np.ndarray:
    """3 x 3: linear RGB with a D65 white to XYZ adapted to D50."""

    def xyz(x: float, y: float) -> np.ndarray:
        return np.array([x / y, 1, (1 - x - y) / y])

    columns = np.column_stack([xyz(*primaries[i : i + 2]) for i in (0, 2, 4)])
    white, d50 = xyz(0.3127, 0.3290), np.array([0.9642, 1, 0.8249])
    scale = np.diag((BRADFORD @ d50) / (BRADFORD @ white))
    return np.linalg.inv(BRADFORD) @ scale @ BRADFORD @ columns @ np.diag(np.linalg.solve(columns, white))


def icc(space: bytes, primaries: tuple[float, ...], gamma: float, name: str) -> bytes:
    """A minimal version 2 display profile: matrix and one gamma, or for grey the gamma alone."""
    curve = b"curv\0\0\0\0" + struct.pack(">IH", 1, round(gamma * 256)) + b"\0\0"
    text = name.encode() + b"\0"
    tags = [
        (b"desc", b"desc\0\0\0\0" + struct.pack(">I", len(text)) + text + bytes(78)),
        (b"cprt", b"text\0\0\0\0none\0"),
    ]

    def xyz(values: Any) -> bytes:
        return b"XYZ \0\0\0\0" + struct.pack(">3i", *[round(v * 65536) for v in values])

    tags.append((b"wtpt", xyz((0.9642, 1, 0.8249))))
    if space == b"GRAY":
        tags.append((b"kTRC", curve))
    else:
        matrix = matrix_to_d50(primaries)
        tags += [(b"rXYZ", xyz(matrix[:, 0])), (b"gXYZ", xyz(matrix[:, 1])), (b"bXYZ", xyz(matrix[:, 2]))]
        tags += [(name, curve) for name in (b"rTRC", b"gTRC", b"bTRC")]
    table, body, start = b"", b"", 132 + 12 * len(tags)
    for tag, value in tags:
        value += bytes(-len(value) % 4)
        table += struct.pack(">4sII", tag, start + len(body), len(value))
        body += value
    head = struct.pack(">I4sI4s4s4s", start + len(body), b"", 0x02100000, b"mntr", space, b"XYZ ")
    head += struct.pack(">6H4s", 2020, 1, 1, 0, 0, 0, b"acsp")
    head = head.ljust(68, b"\0") + struct.pack(">3i", round(0.9642 * 65536), 65536, round(0.8249 * 65536))
    return head.ljust(128, b"\0") + struct.pack(">I", len(tags)) + table + body


@pytest.fixture(scope="session")
def p3_profile() -> bytes:
    return icc(b"RGB ", P3, 2.2, "P3 gamma 2.2")


@pytest.fixture(scope="session")
def adobe_profile() -> bytes:
    return icc(b"RGB ", ADOBE, 2.19921875, "Adobe RGB like")


@pytest.fixture(scope="session")
def grey_profile() -> bytes:
    return icc(b"GRAY", SRGB, 1.8, "Grey gamma 1.8")


@pytest.fixture(scope="session")
def expected_srgb() -> Callable[[np.ndarray, tuple[float, ...], float], np.ndarray]:
    """float (H, W, 3): sRGB code values of RGB code values with these primaries and this gamma, clipped."""

    def convert(pixels: np.ndarray, primaries: tuple[float, ...], gamma: float) -> np.ndarray:
        linear = (pixels / 255.0) ** gamma
        to_srgb = np.linalg.inv(matrix_to_d50(SRGB)) @ matrix_to_d50(primaries)
        light = np.clip(linear @ to_srgb.T, 0, 1)
        return 255 * np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)

    return convert


@pytest.fixture(scope="session")
def photo() -> np.ndarray:
    """uint8 (48, 64, 3): smooth colours with some grain, no symmetry."""
    y, x = np.mgrid[0:48, 0:64]
    planes = [40 + 2.5 * x + 1.0 * y, 200 - 1.5 * x + 0.8 * y, 90 + 60 * np.sin(x / 9) * np.cos(y / 7)]
    grain = np.random.default_rng(5).normal(0, 3, (48, 64, 3))
    return np.clip(np.stack(planes, axis=-1) + grain, 0, 255).astype(np.uint8)


@pytest.fixture(scope="session")
def encode() -> Callable[..., bytes]:
    """The bytes of an array or a Pillow image in a format."""

    def write(image: np.ndarray | Image.Image, format_name: str, **options: Any) -> bytes:
        held = image if isinstance(image, Image.Image) else Image.fromarray(image)
        out = io.BytesIO()
        held.save(out, format_name, **options)
        return out.getvalue()

    return write


@pytest.fixture(scope="session")
def png_chunk() -> Callable[[bytes, bytes, bytes], bytes]:
    """A PNG file with one more chunk after its header."""
    import zlib

    def insert(data: bytes, kind: bytes, body: bytes) -> bytes:
        chunk = struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        return data[:33] + chunk + data[33:]

    return insert
