"""The headers of a JPEG XL file: its boxes, and the size, samples and colour that its codestream names.

Source: ISO/IEC 18181-1, annexes D (image header) and E (colour encoding); 18181-2 (container).
"""

from __future__ import annotations

from dataclasses import dataclass

from jndkit.errors import DamagedError
from jndkit.limits import MAX_BLOCK
from jndkit.picture.colour import cicp
from jndkit.picture.colour.cicp import Meaning
from jndkit.picture.colour.primaries import D65, SRGB, profile_of
from jndkit.picture.formats import jxl_icc
from jndkit.picture.formats.boxes import boxes
from jndkit.picture.formats.jxl_bits import Bits

SIGNATURE = b"\xff\x0a"
_RATIOS = ((1, 1), (12, 10), (4, 3), (3, 2), (16, 9), (5, 4), (2, 1))
_ALPHA, _SPOT, _BLACK, _CFA = 0, 2, 4, 5
_GREY, _XYB = 1, 2
_CUSTOM = 2
_SRGB, _DCI = 13, 17
_DCI_EXPONENT = 2.6
_WHITES = {1: D65, 10: (1 / 3, 1 / 3), 11: cicp.PRIMARIES[11][2]}
_HEAD = 4 * MAX_BLOCK  # bytes of the codestream that may hold headers and profile

Span = tuple[int, int]


@dataclass
class Header:
    """What the codestream says of the picture.

    xyb: the samples are in the codec's own space and can be decoded to any other.  black: there is a channel of ink.
    icc: the profile inside, or None.  Without one, primaries and white are chromaticities, None where `number`, the
    H.273 number of both, says it; curve is the H.273 number of the transfer curve, or `exponent` is its power.
    depth_at, colour_at, icc_at: the bits that hold depth, colour and profile, after the signature.
    """

    width: int
    height: int
    bits: int = 8
    animated: bool = False
    premultiplied: bool = False
    black: bool = False
    grey: bool = False
    xyb: bool = True
    icc: bytes | None = None
    primaries: tuple[float, ...] | None = None
    white: tuple[float, float] = D65
    number: int = 1
    curve: int = _SRGB
    exponent: float | None = None
    depth_at: Span = (0, 0)
    colour_at: Span = (0, 0)
    icc_at: Span = (0, 0)

    def meaning(self) -> Meaning:
        """How samples are to be read that come in the space of the file."""
        if self.icc is not None:
            return Meaning(self.icc)
        numbered = cicp.meaning_of(self.number, self.curve)
        exponent = self.exponent or numbered.exponent
        if numbered.note is not None or (self.primaries is None and numbered.icc is None):
            return Meaning(None, exponent, numbered.note)
        if self.primaries is not None:
            named: tuple[str, tuple[float, ...], tuple[float, float]]
            named = ("primaries of the file", self.primaries, self.white)
        else:
            named = cicp.PRIMARIES[self.number]
        # 8 bits are not rounded a second time for the sRGB curve: the profile takes their own.
        own = exponent if self.bits <= 8 else None
        try:
            return Meaning(profile_of(*named, own), None if own else exponent)
        except ValueError as error:
            return Meaning(None, exponent, f"its colours are read as if they were sRGB: {error}")


def _size(bits: Bits) -> tuple[int, int]:
    wide = ((1, 9), (1, 13), (1, 18), (1, 30))
    small = bits.flag()
    height = 8 * (bits.take(5) + 1) if small else bits.number(*wide)
    ratio = bits.take(3)
    if ratio:
        over, under = _RATIOS[ratio - 1]
        return height * over // under, height
    return (8 * (bits.take(5) + 1) if small else bits.number(*wide)), height


def _preview(bits: Bits) -> None:
    choices = ((16, 0), (32, 0), (1, 5), (33, 9)) if bits.flag() else ((1, 6), (65, 8), (321, 10), (1345, 12))
    bits.number(*choices)
    if bits.take(3) == 0:
        bits.number(*choices)


def _depth(bits: Bits) -> int:
    if bits.flag():
        depth = bits.number((32, 0), (16, 0), (24, 0), (1, 6))
        bits.skip(4)  # of the exponent
        return depth
    return bits.number((8, 0), (10, 0), (12, 0), (1, 6))


def _extra_channel(bits: Bits, header: Header) -> None:
    if bits.flag():
        return
    kind = bits.enum()
    _depth(bits)
    bits.number((0, 0), (3, 0), (4, 0), (1, 3))  # how much smaller it is stored
    bits.skip(8 * bits.number((0, 0), (0, 4), (16, 5), (48, 10)))
    if kind == _ALPHA:
        header.premultiplied |= bits.flag()
    elif kind == _SPOT:
        bits.skip(64)  # its colour and how much it covers
    elif kind == _BLACK:
        header.black = True
    elif kind == _CFA:
        bits.number((1, 0), (0, 2), (3, 4), (19, 8))


def _chromaticity(bits: Bits) -> float:
    packed = bits.number((0, 19), (524288, 19), (1048576, 20), (2097152, 21))
    return (-(packed + 1) // 2 if packed & 1 else packed // 2) / 1e6


def _colour(bits: Bits, header: Header) -> bool:
    """Whether a profile follows."""
    if bits.flag():
        return False
    profile = bits.flag()
    space = bits.enum()
    header.grey = space == _GREY
    if profile:
        return True
    if space != _XYB:
        white = bits.enum()
        header.white = (_chromaticity(bits), _chromaticity(bits)) if white == _CUSTOM else _WHITES.get(white, D65)
        if space != _GREY:
            _primaries(bits, header, white)
        if bits.flag():
            header.exponent = 1e7 / max(bits.take(24), 1)
        else:
            header.curve = bits.enum()
            if header.curve == _DCI:
                header.curve, header.exponent = _SRGB, _DCI_EXPONENT
    bits.enum()  # the rendering intent
    return False


def _primaries(bits: Bits, header: Header, white: int) -> None:
    number = bits.enum()
    if number == _CUSTOM:
        header.primaries = tuple(_chromaticity(bits) for _ in range(6))
        return
    # They have the numbers of H.273 but for P3, whose white point is told apart here.
    header.number = {1: 1, 9: 9, 11: 12}.get(number, 0)
    if white != 1:
        header.primaries = SRGB if number == 1 else cicp.PRIMARIES[header.number][1] if header.number else None


def _after_colour(bits: Bits, header: Header, further: bool) -> None:
    """What stands between colour and profile: tone mapping, extensions, the codec's own matrix and filters."""
    if further and not bits.flag():
        bits.skip(16 + 16 + 1 + 16)  # brightest and darkest light, whether relative, up to where linear
    known = bits.long()
    bits.skip(sum(bits.long() for _ in range(known.bit_count())))
    if bits.flag():
        return
    if header.xyb and not bits.flag():
        bits.skip(16 * 16)  # 9 of a matrix, 3 of an offset, 4 of quantisation, in half precision
    mask = bits.take(3)  # weights of its own for enlarging by 2, 4 and 8
    bits.skip(16 * sum(count for place, count in enumerate((15, 55, 210)) if mask >> place & 1))


def codestream(data: bytes, most: int | None = None) -> bytes:
    """The bare codestream of a file, or its first `most` bytes. Raises ValueError where there is none."""
    if data[:2] == SIGNATURE:
        return data if most is None else data[:most]
    whole, pieces = b"", []
    # All boxes are looked at first, so that a damaged one behind the picture is not passed over.
    for kind, body in list(boxes(memoryview(data))):
        if kind == b"jxlc":
            whole = bytes(body[:most])
            break
        if kind == b"jxlp":  # a piece of it, after its number
            pieces.append(bytes(body[4:][:most]))
            if most is not None and sum(map(len, pieces)) >= most:
                break
    whole = whole or b"".join(pieces)
    if whole[:2] != SIGNATURE:
        raise ValueError("no codestream begins where it should")
    return whole


def read_header(data: bytes, path: str | None) -> Header:
    """Size and colour of a JPEG XL file, undecoded. Raises DamagedError."""
    try:
        return _read(Bits(codestream(data, _HEAD)[2:]))
    except (ValueError, IndexError) as error:
        raise DamagedError(path, f"the JPEG XL header is damaged: {error}") from None


def _read(bits: Bits) -> Header:
    header = Header(*_size(bits))
    if bits.flag():
        return header
    further = bits.flag()
    if further:
        bits.skip(3)  # orientation, which libjxl honours
        if bits.flag():
            _size(bits)
        if bits.flag():
            _preview(bits)
        if bits.flag():
            header.animated = True
            return header
    start = bits.at
    header.bits = _depth(bits)
    header.depth_at = start, bits.at
    bits.flag()  # whether 16 bits are enough on the way
    for _ in range(bits.number((0, 0), (1, 0), (2, 4), (1, 12))):
        _extra_channel(bits, header)
    header.xyb = bits.flag()
    start = bits.at
    profile = _colour(bits, header)
    header.colour_at = start, bits.at
    if profile or header.meaning() != Meaning():
        _after_colour(bits, header, further)
        start = bits.at
        header.icc = jxl_icc.read(bits) if profile else None
        header.icc_at = start, bits.at
    return header
