"""Profile, EXIF, XMP and the mark as segments of a JPEG file.

Source: ITU-T T.81, B.2.4 (segments); CIPA DC-008 (EXIF); Adobe, "XMP specification, part 3"; ICC.1, annex B (profiles).
"""

from __future__ import annotations

from jndkit.codecs.encoding import tiff_block
from jndkit.errors import CodecError
from jndkit.picture import Picture
from jndkit.picture.formats.jpeg import APP1, APP2, XMP, segment

JFIF = b"\xff\xe0\0\x10JFIF\0\1\1\0\0\1\0\1\0\0"
"""The segment that opens a file: version 1.1, square pixels of no stated size, no thumbnail. JFIF 1.02."""

_COM = 0xFE
_LARGEST = 65533  # bytes: a segment's length, 16 bits, counts its own two
_EXIF_NAME, _ICC_NAME = b"Exif\0\0", b"ICC_PROFILE\0"
_ICC_PART = _LARGEST - len(_ICC_NAME) - 2  # bytes of a profile in each segment, which two numbers precede
_ICC_PARTS = 255

XMP_LIMIT = _LARGEST - len(XMP)
"""Bytes of a block of XMP. One of EXIF may have a few more."""


def check_metadata(picture: Picture) -> None:
    """Raises CodecError for metadata that the segments of a file cannot hold."""
    for what, block, name in (("EXIF", tiff_block(picture.exif), _EXIF_NAME), ("XMP", picture.xmp, XMP)):
        _check(what, block, _LARGEST - len(name))
    _check("colour profile", picture.icc, _ICC_PARTS * _ICC_PART)


def _check(what: str, block: bytes | None, limit: int) -> None:
    if block is not None and len(block) > limit:
        raise CodecError(f"jpeg holds at most {limit} bytes of {what}, and there are {len(block)}")


def segments(picture: Picture) -> bytes:
    """EXIF, XMP, profile and mark of a picture that `check_metadata` let pass, in the order Pillow writes them in.

    They stand behind the segment of JFIF.
    """
    parts = []
    if exif := tiff_block(picture.exif):
        parts.append(segment(APP1, _EXIF_NAME + exif))
    if picture.xmp:
        parts.append(segment(APP1, XMP + picture.xmp))
    profile = picture.icc or b""
    pieces = [profile[start : start + _ICC_PART] for start in range(0, len(profile), _ICC_PART)]
    parts += [segment(APP2, _ICC_NAME + bytes([n, len(pieces)]) + piece) for n, piece in enumerate(pieces, 1)]
    parts.append(segment(_COM, picture.mark.encode()))
    return b"".join(parts)


def with_segments(data: bytes, picture: Picture) -> bytes:
    """A JPEG file that has no metadata yet, with those of a picture.

    data: begins with a JFIF segment; where it does not, that of `JFIF` is put there.
    """
    if data[2:4] != JFIF[:2]:
        data = data[:2] + JFIF + data[2:]
    at = 4 + int.from_bytes(data[4:6])
    return data[:at] + segments(picture) + data[at:]
