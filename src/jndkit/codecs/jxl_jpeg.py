"""JPEG files carried by JPEG XL: the same coefficients in fewer bytes, and how the file is made of them again.

libjxl refuses what it cannot make again, such as arithmetic coding, 12 bits, four inks, chroma in quarters and
truncated files; what follows the end of the picture comes back too.
Source: ISO/IEC 18181-2 (file format; JPEG bitstream reconstruction data).
"""

from __future__ import annotations

from jndkit.codecs.encoding import failing
from jndkit.codecs.own_jpeg import own_jpeg
from jndkit.errors import CodecError
from jndkit.picture import Picture, mark_xmp
from jndkit.picture.formats.boxes import box


def jpeg_carried(picture: Picture) -> bytes:
    """The JPEG file that the picture was read from, as a JPEG XL file with our mark.

    Raises CodecError where the picture is not what that file shows, and where the file would not come back bit for bit.
    """
    # imagecodecs is imported where it is used: the card can be read without it.
    import imagecodecs

    original = own_jpeg(picture, "jxl:jpeg carries", with_metadata=True)
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
