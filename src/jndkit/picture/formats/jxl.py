"""JPEG XL pictures, by imagecodecs (libjxl), which turns them upright itself.

It hands over samples without their profile, and those of a lossy file with a profile in linear light of 8 bits, too
coarse for shadows. So headers and profile are read here, and such a file is decoded as one of 16 bits in BT.2020.

Source: ISO/IEC 18181-1 (codestream), 18181-2 (container).
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from jndkit.errors import DamagedError, FormatError, InputError, LimitError
from jndkit.limits import MAX_BLOCK, check_bytes, check_size
from jndkit.picture.colour import cicp, profiles, transfer
from jndkit.picture.colour.primaries import profile_of
from jndkit.picture.contract import Pixels
from jndkit.picture.formats.boxes import boxes
from jndkit.picture.formats.jxl_bits import Bits
from jndkit.picture.formats.jxl_header import SIGNATURE, Header, Span, codestream, read_header
from jndkit.picture.metadata.xmp import marked
from jndkit.picture.raster import Raster, divided, to_8_bits

Samples = npt.NDArray[Any]
Fields = list[tuple[int, int]]  # (value, width) pairs, least significant bit first

_DEEP: Fields = [(0, 1), (3, 2), (15, 6)]  # not floating point; 1 + 15 bits
_RGB: Fields = [(0, 2)]
_GREY: Fields = [(1, 2)]
_D65: Fields = [(1, 2)]
_SRGB_PRIMARIES: Fields = [(1, 2)]
_BT2020: Fields = [(2, 2), (7, 4)]
_SRGB_CURVE: Fields = [(0, 1), (2, 2), (11, 4)]
_RELATIVE: Fields = [(1, 2)]
_WIDE = 9  # the number of BT.2020
_PIXELS_AT_ONCE = 1 << 20


def decode(data: bytes, path: str | None, max_pixels: int) -> Raster:
    """The still picture. Raises FormatError, LimitError, DamagedError, and whatever imagecodecs raises."""
    header = read_header(data, path)
    check_size(path, header.width, header.height, max_pixels)
    if header.animated:
        raise LimitError(path, "the picture is animated; only still pictures are read")
    if header.black:
        raise FormatError(path, "it is a JPEG XL picture in printing inks (CMYK), which is not read")
    lossy = header.xyb or holds_jpeg(data)
    depth = header.bits  # `_stored` raises it to 16 where it lets libjxl decode to 16
    stored, notes = _stored(data, header)
    planes = stored.shape[2] if stored.ndim == 3 else 1
    if stored.ndim not in (2, 3) or planes > 4:
        raise DamagedError(path, f"its channels {stored.shape} are not those of a picture")
    meaning = header.meaning()
    # Whole numbers are 0 .. top, floating-point ones 0 .. 1.
    top = (1 << min(header.bits, 8 * stored.dtype.itemsize)) - 1 if stored.dtype.kind == "u" else 1
    alpha = None
    if planes in (2, 4):  # libjxl brings transparency to the depth of the colours
        alpha, stored = stored[..., -1], stored[..., 0] if planes == 2 else stored[..., :-1]
        if header.premultiplied:
            stored = divided(stored, alpha, top)
    raster = Raster(
        _to_8_bits(stored, top, meaning.exponent), None if alpha is None else _to_8_bits(alpha, top, None), notes=notes
    )
    raster.bits = max(depth, 8)
    # Lossless pictures keep the space of their samples; JPEG files that are carried keep theirs, and lost before.
    raster.lossy = lossy
    cicp.note_meaning(raster, meaning)
    _describe(raster, data)
    return raster


def _stored(data: bytes, header: Header) -> tuple[Samples, list[str]]:
    """The samples in the space of `header`, which is brought up to date, and notes."""
    import imagecodecs

    notes = [f"{header.bits} bits per channel are reduced to 8"] if header.bits > 8 else []
    meaning = header.meaning()
    if not header.xyb or (meaning.icc is None and meaning.exponent is None):
        return imagecodecs.jpegxl_decode(data, numthreads=1), notes
    described = None if header.icc is None else profiles.profile(header.icc)
    wide = described is not None and described.mode == "RGB" and not header.grey
    stream, icc = codestream(data), header.icc
    stored: Samples = imagecodecs.jpegxl_decode(_rewritten(stream, header, wide), numthreads=1)
    header.bits = 16
    if icc is None:
        return stored, notes
    if wide:
        try:
            return _in_profile(stored, icc), notes
        except imagecodecs.CmsError:  # a profile that leads from its space but not into it
            stored = imagecodecs.jpegxl_decode(_rewritten(stream, header, False), numthreads=1)
    header.icc = None
    return stored, [*notes, _replaced(described)]


def _replaced(described: profiles.Profile | None) -> str:
    if described is None:
        return "the colour profile is damaged; its colours are read as sRGB"
    return f"converted from the colour space {described.name!r} to sRGB"


def _in_profile(stored: Samples, icc: bytes) -> Samples:
    """uint16 (H, W, 3 or 4) samples in the space of `icc`, from those in BT.2020 with the sRGB curve, in place."""
    import imagecodecs

    wide = profile_of(*cicp.PRIMARIES[_WIDE])
    height, width = stored.shape[:2]
    rows = max(1, _PIXELS_AT_ONCE // width)
    for top in range(0, height, rows):
        # Whole numbers would be rounded to 16 bits of light on the way, which is coarse in shadows.
        changed = imagecodecs.cms_transform(
            np.ascontiguousarray(stored[top : top + rows, :, :3]) / np.float32(65535),
            wide,
            icc,
            colorspace="RGB",
            outcolorspace="RGB",
            outdtype="float32",
            intent=imagecodecs.CMS.INTENT.RELATIVE_COLORIMETRIC,
            flags=imagecodecs.CMS.FLAGS.NOOPTIMIZE | imagecodecs.CMS.FLAGS.BLACKPOINTCOMPENSATION,
        )
        stored[top : top + rows, :, :3] = np.rint(np.clip(changed, 0, 1) * np.float32(65535))
    return stored


def _rewritten(stream: bytes, header: Header, wide: bool) -> bytes:
    """The codestream of the same picture that calls for 16 bits, and in place of a profile names sRGB or BT.2020."""
    bits = Bits(stream[2:])
    fields: Fields = []

    def keep(span: Span) -> None:
        bits.at = span[0]
        fields.append((bits.take(span[1] - span[0]), span[1] - span[0]))

    keep((0, header.depth_at[0]))
    fields += _DEEP
    keep((header.depth_at[1], header.colour_at[0]))
    if header.icc is None:
        keep(header.colour_at)
    else:
        primaries = [] if header.grey else _BT2020 if wide else _SRGB_PRIMARIES
        # Not the default, and no profile; then space, white, primaries, curve and rendering intent.
        fields += [(0, 2), *(_GREY if header.grey else _RGB), *_D65, *primaries, *_SRGB_CURVE, *_RELATIVE]
    keep((header.colour_at[1], header.icc_at[0]))
    whole, width = 0, 0
    for value, count in fields:
        whole |= value << width
        width += count
    return SIGNATURE + whole.to_bytes(-(-width // 8), "little") + stream[2 + -(-header.icc_at[1] // 8) :]


def _to_8_bits(stored: Samples, top: int, exponent: float | None) -> Pixels:
    """Integer samples come as stored, 0 .. top; floating-point ones as 0 .. 1."""
    if exponent is not None:
        return transfer.recoded(stored, top, exponent)
    if stored.dtype.kind == "u":
        return to_8_bits(np.minimum(stored, top), top.bit_length())
    values: Samples = np.clip(np.nan_to_num(stored.astype(np.float32)), 0, 1)
    return np.asarray(np.round(values * 255), np.uint8)


def _describe(raster: Raster, data: bytes) -> None:
    """Give the raster the metadata blocks of the container."""
    if data[:2] == SIGNATURE:
        return
    for kind, view in boxes(memoryview(data)):
        body = bytes(view) if kind in (b"Exif", b"xml ") and len(view) <= MAX_BLOCK else b""
        if kind == b"brob":
            kind, body = bytes(view[:4]), _uncompressed(view)
            if not body:
                raster.notes.append("its compressed metadata is not kept")
        if kind == b"Exif" and len(body) > 4:
            raster.exif = body[4 + int.from_bytes(body[:4]) :]  # the TIFF header lies so many bytes further on
        elif kind == b"xml " and body and raster.xmp is None:
            raster.xmp = body
        elif kind == b"xml " and body:  # behind the packet of a JPEG that is carried stands our mark
            raster.marked |= marked(body)


def _uncompressed(view: memoryview) -> bytes:
    """What a box `brob` of EXIF or XMP holds behind the type it stands for; nothing of others and damaged ones."""
    import imagecodecs

    if bytes(view[:4]) not in (b"Exif", b"xml "):
        return b""
    try:
        return bytes(imagecodecs.brotli_decode(bytes(view[4:]), out=MAX_BLOCK))
    except imagecodecs.BrotliError:
        return b""


def holds_jpeg(data: bytes) -> bool:
    """Whether the file tells how a JPEG file is made of it again."""
    return data[:2] != SIGNATURE and any(kind == b"jbrd" for kind, _ in boxes(memoryview(data)))


def restore_jpeg(data: bytes, path: str | None, max_pixels: int) -> bytes:
    """The JPEG file that a JPEG XL file carries. Raises InputError without one, LimitError, DamagedError."""
    import imagecodecs

    header = read_header(data, path)
    check_size(path, header.width, header.height, max_pixels)
    if not holds_jpeg(data):
        raise InputError(path, "it carries no JPEG file that could be given back; decode it to a .png")
    jpeg = bytes(imagecodecs.jpegxl_decode_jpeg(data))
    check_bytes(path, len(jpeg))
    return jpeg
