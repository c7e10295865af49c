"""JPEG by libjpeg-turbo with its own tables, progressive and with optimised Huffman codes, as Pillow brings it."""

from __future__ import annotations

import importlib.metadata
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from typing import Any

from PIL import Image, ImageFile, features

from jndkit.codecs.encoding import samples, tiff_block
from jndkit.codecs.jpeg.encoder import CARRIES, Encoder
from jndkit.picture import Picture
from jndkit.picture.silence import quiet_pillow

_BUFFER = threading.Lock()  # Pillow's MAXBLOCK is one number for the whole process


def encode(picture: Picture, quality: float, chroma: str) -> bytes:
    exif = tiff_block(picture.exif)
    settings: dict[str, Any] = {
        "quality": int(quality),
        "subsampling": f"4:{chroma[1]}:{chroma[2]}",
        "progressive": True,
        "optimize": True,
        "comment": picture.mark.encode(),  # JPEG has a segment for remarks; WebP and AVIF carry the mark in XMP
        "icc_profile": picture.icc,
        "exif": b"Exif\0\0" + exif if exif else b"",
        "xmp": picture.xmp or b"",
    }
    metadata = sum(len(block) for block in (exif, picture.xmp, picture.icc) if block)
    file = BytesIO()
    # quiet_pillow, since it warns of what it finds odd in EXIF blocks.
    with _buffer(4 * picture.width * picture.height + metadata + 65536), quiet_pillow():
        Image.fromarray(samples(picture, CARRIES)).save(file, "JPEG", **settings)
    return file.getvalue()


@contextmanager
def _buffer(size: int) -> Iterator[None]:
    """Pillow gives libjpeg one or two bytes a pixel to write to, which noise exceeds (up to 3.3), and then it fails."""
    with _BUFFER:
        before = ImageFile.MAXBLOCK
        ImageFile.MAXBLOCK = max(before, size)
        try:
            yield
        finally:
            ImageFile.MAXBLOCK = before


def _versions() -> dict[str, str]:
    pillow = {"pillow": importlib.metadata.version("pillow")}
    if turbo := features.version("libjpeg_turbo"):
        return pillow | {"libjpeg-turbo": turbo}
    return pillow | {"libjpeg": features.version("jpg") or "unknown"}


ENCODER = Encoder(
    name="plain",
    encode=encode,
    versions=_versions,
    licence="IJG and BSD-3-Clause (libjpeg-turbo)",
)
