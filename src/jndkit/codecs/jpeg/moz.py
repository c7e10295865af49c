"""JPEG by MozJPEG, as libvips' wheels bring it: trellis quantisation, its third table, scans chosen by size.

These are the settings of its own program, cjpeg. libvips would write EXIF blocks anew, so what describes the picture is
put in here.
"""

from __future__ import annotations

import importlib.metadata

from jndkit.codecs.card import needs
from jndkit.codecs.encoding import samples
from jndkit.codecs.jpeg.encoder import CARRIES, Encoder
from jndkit.codecs.jpeg.metadata import with_segments
from jndkit.picture import Picture


def encode(picture: Picture, quality: float, chroma: str) -> bytes:
    import pyvips  # where it is used: the encoder can be named without it

    image = pyvips.Image.new_from_array(samples(picture, CARRIES))
    data = image.jpegsave_buffer(
        Q=int(quality),
        quant_table=3,
        trellis_quant=True,
        overshoot_deringing=True,
        optimize_coding=True,
        optimize_scans=True,
        interlace=True,
        subsample_mode="on" if chroma == "420" else "off",
        keep="none",
    )
    return with_segments(bytes(data), picture)


def _versions() -> dict[str, str]:
    import pyvips

    libvips = ".".join(str(pyvips.version(part)) for part in range(3))
    return {"pyvips-binary": importlib.metadata.version("pyvips-binary"), "libvips": libvips}


ENCODER = Encoder(
    name="moz",
    encode=encode,
    versions=_versions,
    licence="IJG and BSD-3-Clause (MozJPEG), LGPL-2.1 (libvips)",
    install="pip install 'jndkit[jpeg]'",
    present=needs("pyvips", "_libvips"),  # a libvips of the system's may have been built with another libjpeg
)
