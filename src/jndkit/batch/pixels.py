"""About how large pictures are, told from the files without decoding them."""

from __future__ import annotations

import os
import stat

from jndkit.picture.silence import quiet_pillow

_PER_BYTE = 8  # pixels, of files whose header is not looked at: about what coders need at good quality
_HEADERS = ("JPEG", "PNG", "WEBP", "BMP", "TIFF", "PPM")


def pixels_of(path: str) -> int:
    """About how many pixels a file holds: what its header says, else a guess from its size. Never an error."""
    pixels = header_pixels(path)
    if pixels is not None:
        return pixels
    try:
        status = os.stat(path)
    except OSError:
        return 0
    return status.st_size * _PER_BYTE if stat.S_ISREG(status.st_mode) else 0


def header_pixels(path: str) -> int | None:
    """How many pixels the header of a file says; None where it is not read. Never an error."""
    from PIL import Image

    if not os.path.isfile(path):  # opening a pipe would wait for its other end
        return None
    try:
        with quiet_pillow(), Image.open(path, formats=_HEADERS) as image:
            return image.width * image.height
    except Exception:  # whatever is wrong with the file, the worker will say
        return None
