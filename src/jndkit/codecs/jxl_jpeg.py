"""JPEG files carried by JPEG XL: the same coefficients in fewer bytes, and how the file is made of them again.

libjxl refuses what it cannot make again, such as arithmetic coding, 12 bits, four inks, chroma in quarters and
truncated files; what follows the end of the picture comes back too.
Source: ISO/IEC 18181-2 (file format; JPEG bitstream reconstruction data).
"""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np

from jndkit.codecs.encoding import failing
from jndkit.errors import CodecError, JndError
from jndkit.picture import Picture, from_bytes, mark_xmp
from jndkit.picture.formats.boxes import box


def jpeg_carried(picture: Picture) -> bytes:
    """The JPEG file that the picture was read from, as a JPEG XL file with our mark.

    Raises CodecError where the picture is not what that file shows, and where the file would not come back bit for bit.
    """
    # imagecodecs is imported where it is used: the card can be read without it.
    import imagecodecs

    original = _file_of(picture)
    try:
        data = bytes(imagecodecs.jpegxl_encode_jpeg(original))
    except imagecodecs.JpegxlError as error:  # which does not say why
        kinds = "8 bits, Huffman codes, grey or three colours, chroma whole or halved"
        raise CodecError(f"jxl:jpeg does not carry this kind of JPEG: libjxl takes {kinds}") from error
    with failing("jxl:jpeg", "decoder"):
        # Decoders take the first XMP packet for that of the JPEG, so that ours has to stand behind it.
        data += box(b"xml ", mark_xmp(None, picture.mark))
        restored = bytes(imagecodecs.jpegxl_decode_jpeg(data))
    if restored != original:
        raise CodecError("jxl:jpeg carries only JPEG files that come back bit for bit, and this one does not")
    return data


def _file_of(picture: Picture) -> bytes:
    """The bytes of the JPEG file that shows this very picture."""
    source = picture.source
    if source is None or source.path is None or source.format != "JPEG":
        raise CodecError("jxl:jpeg carries a JPEG file, and the picture comes from none")
    try:
        data = Path(source.path).read_bytes()
    except OSError as error:
        raise CodecError(f"jxl:jpeg carries the JPEG file, which cannot be read again: {error.strerror}") from error
    if hashlib.sha256(data).hexdigest() != source.sha256:
        raise CodecError("jxl:jpeg carries the JPEG file, which has changed since it was read")
    try:
        shown = from_bytes(data, max_pixels=picture.width * picture.height, trusted=True)
    except JndError as error:
        raise CodecError(f"jxl:jpeg carries whole JPEG files only: {error}") from error
    blocks = all(getattr(shown, name) == getattr(picture, name) for name in ("icc", "exif", "xmp"))
    if picture.alpha is not None or not blocks or not np.array_equal(shown.rgb, picture.rgb):
        raise CodecError("jxl:jpeg carries the JPEG file as it is, and the picture or its metadata was changed")
    return data
