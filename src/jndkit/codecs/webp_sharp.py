"""Lossy WebP whose halved chroma is fitted to what decoders make of it ("sharp YUV"), as libvips' wheels bring it.

Pillow does not pass that option of libwebp on. Colour keeps its edges, so that far fewer pictures need WebP without
loss; encoding takes about twice as long.
"""

from __future__ import annotations

import importlib.metadata

from jndkit.codecs.card import needs
from jndkit.picture import Pixels
from jndkit.picture.formats import webp

present = needs("pyvips", "_libvips")
"""Whether the wheels are there."""
INSTALL = "pip install 'jndkit[webp]'"


def sharp_webp(pixels: Pixels, quality: int, method: int, *, icc: bytes, exif: bytes, xmp: bytes) -> bytes:
    """A WebP file, by libwebp.

    pixels: uint8 (H, W, 3), or (H, W, 4) with alpha, which loses nothing.  method: 0 to 6.
    icc, exif, xmp: each may be empty.  exif: from its TIFF header on.
    """
    import pyvips  # where it is used: the codec can be named without it

    image = pyvips.Image.new_from_array(pixels)
    # libvips would write EXIF blocks anew, so that the file is put together here.
    data = bytes(image.webpsave_buffer(Q=quality, effort=method, smart_subsample=True, alpha_q=100, keep="none"))
    # A file without alpha has its frame alone; of one with alpha the header is written again.
    picture = [(kind, data[start:end]) for kind, start, end in webp.chunks(data) if kind in (b"ALPH", b"VP8 ")]
    transparent = any(kind == b"ALPH" for kind, _ in picture)
    flags = webp.TRANSPARENT * transparent | webp.PROFILE * bool(icc) | webp.EXIF * bool(exif) | webp.XMP * bool(xmp)
    height, width = pixels.shape[:2]
    before, after = [(b"ICCP", icc)], [(b"EXIF", exif), (b"XMP ", xmp)]
    chunks = [chunk for chunk in (*before, *picture, *after) if chunk[1]]
    return webp.joined(*([webp.header(flags, width, height)] if flags else []), *chunks)


def versions() -> dict[str, str]:
    """Of libvips, in whose wheel libwebp is."""
    import pyvips

    libvips = ".".join(str(pyvips.version(part)) for part in range(3))
    return {"pyvips-binary": importlib.metadata.version("pyvips-binary"), "libvips": libvips}
