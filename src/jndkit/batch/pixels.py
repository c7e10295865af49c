"""About how large pictures are, told from the files without decoding them."""

from __future__ import annotations

import os
import stat

from jndkit.picture.formats.sniffing import sniff
from jndkit.picture.silence import quiet_pillow

_PER_BYTE = 8  # pixels, of files whose header is not looked at: about what coders need at good quality
_PLAIN = {".png": 1, ".tif": 1, ".tiff": 1, ".bmp": 1, ".ppm": 1, ".pgm": 1}  # pixels per byte where little is lost
_HEADERS = ("JPEG", "PNG", "WEBP", "BMP", "TIFF", "PPM")
_LOOKED_AT = 1024  # bytes that tell the format


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
        with open(path, "rb") as file:
            format = sniff(file.read(_LOOKED_AT), path)
        if format not in _HEADERS:
            return None
        # Asked for more than the one, Pillow may load all that it has.
        with quiet_pillow(), Image.open(path, formats=(format,)) as image:
            return image.width * image.height
    except Exception:  # whatever is wrong with the file, the worker will say
        return None


def guessed_pixels(name: str, size: int | None) -> int:
    """About how many pixels a file has that is not to be opened: rather too many. size: bytes; None is taken for 1 MB.

    Of a name without a known suffix as of a photograph.
    """
    suffix = os.path.splitext(name)[1].lower()
    return (1_000_000 if size is None else size) * _PLAIN.get(suffix, _PER_BYTE)
