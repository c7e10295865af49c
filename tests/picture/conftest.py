"""Pictures and files made up for the tests of this room."""

from __future__ import annotations

import importlib
import importlib.util
import io
import struct
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image


def _load_catalogue() -> None:
    """Make the folder beside this file importable; tests are no package, so it is loaded by its path."""
    folder = Path(__file__).with_name("catalogue")
    spec = importlib.util.spec_from_file_location(
        "picture_catalogue", folder / "__init__.py", submodule_search_locations=[str(folder)]
    )
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)


_load_catalogue()
profiles = importlib.import_module("picture_catalogue.profiles")


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
def expected_srgb() -> Callable[[np.ndarray, tuple[float, ...], float], np.ndarray]:
    """float (H, W, 3): sRGB code values of RGB code values with these primaries and this gamma, clipped."""

    def convert(pixels: np.ndarray, primaries: tuple[float, ...], gamma: float) -> np.ndarray:
        return profiles.in_srgb((pixels / 255.0) ** gamma, primaries)

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
