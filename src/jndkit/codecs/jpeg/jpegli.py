"""JPEG by jpegli: its own tables, rounding that follows what each block hides, progressive scans.

The wheel is built without profiles and EXIF blocks, which are put in here with the rest of what describes a picture.
"""

from __future__ import annotations

import importlib.metadata

from jndkit.codecs.card import needs
from jndkit.codecs.encoding import samples
from jndkit.codecs.jpeg.encoder import CARRIES, Encoder
from jndkit.codecs.jpeg.metadata import with_segments
from jndkit.picture import Picture


def encode(picture: Picture, quality: float, chroma: str) -> bytes:
    import ajpegli  # where it is used: the encoder can be named without it

    pixels = samples(picture, CARRIES)
    subsampling = "gray" if pixels.ndim == 2 else chroma
    return with_segments(bytes(ajpegli.encode(pixels, quality=int(quality), subsampling=subsampling)), picture)


def _versions() -> dict[str, str]:
    import ajpegli

    return {"ajpegli": importlib.metadata.version("ajpegli"), "jpegli": str(ajpegli.jpegli_commit())[:12]}


ENCODER = Encoder(
    name="jpegli",
    encode=encode,
    versions=_versions,
    licence="BSD-3-Clause (jpegli)",
    install="pip install 'jndkit[jpeg]'",
    present=needs("ajpegli"),
)
