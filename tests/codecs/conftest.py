"""Pictures the codecs are tried on: like photographs, but made here."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image

from jndkit.codecs import Codec, available, codec

Photo = Callable[[int, int], npt.NDArray[np.uint8]]


def _photo(width: int, height: int) -> npt.NDArray[np.uint8]:
    """Smooth colour, texture of every scale, and edges."""
    rng = np.random.default_rng(7)
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    base = np.stack([90 + 60 * np.sin(x / 37), 110 + 50 * np.cos(y / 29), 130 + 40 * np.sin((x + y) / 51)], axis=-1)
    for sigma, strength in ((1, 40.0), (3, 25.0), (9, 90.0)):
        grain = rng.normal(0, 1, (height, width)).astype(np.float32)
        base += strength * cv2.GaussianBlur(grain, (0, 0), sigma)[..., None]
    base[(x - width / 2) ** 2 + (y - height / 2) ** 2 < (min(width, height) / 4) ** 2] *= (1.3, 0.8, 0.6)
    return np.asarray(np.clip(base, 0, 255), np.uint8)


@pytest.fixture(scope="session")
def photo() -> Photo:
    return _photo


@pytest.fixture(scope="session")
def exif() -> bytes:
    block = Image.Exif()
    block[0x010F] = "A maker"
    block[0x9003] = "2020:02:02 10:20:30"
    return block.tobytes().removeprefix(b"Exif\0\0")


@pytest.fixture(scope="session")
def xmp() -> bytes:
    return (
        b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        b'<rdf:Description rdf:about="" xmlns:photoshop="http://ns.adobe.com/photoshop/1.0/"'
        b' photoshop:Headline="A headline"/></rdf:RDF></x:xmpmeta>'
    )


@pytest.fixture
def make() -> Callable[[str], Codec]:
    """The codec of a spec; the test is skipped where it is not installed."""

    def made(spec: str) -> Codec:
        install = available()[spec.partition(":")[0]]
        if install:
            pytest.skip(f"needs {install}")
        return codec(spec)

    return made
