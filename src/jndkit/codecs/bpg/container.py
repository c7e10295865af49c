"""The `.bpg` file around its HEVC data: header and metadata. docs/reference/bpg.md has every byte.

Source: F. Bellard, "BPG Specification", version 0.9.5, section 3 (what libbpg up to 0.9.8 writes).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from jndkit.errors import DamagedError, FormatError
from jndkit.limits import MAX_CHUNKS, check_size

MAGIC = b"BPG\xfb"
GREY, H420, H422, FULL, H420_VIDEO, H422_VIDEO = range(6)
"""What the field `pixel_format` says of chroma: none; halved both ways; halved across; full; and as video has it, whose
halved samples lie on every second luma sample and not between two."""
YCBCR_601, RGB, YCGCO, YCBCR_709, YCBCR_2020 = range(5)
EXIF, ICC, XMP, THUMBNAIL, ANIMATION = range(1, 6)

_LARGEST = (1 << 32) - 1  # of a number in a header
_LONGEST = 5  # bytes of such a number


@dataclass(frozen=True)
class Contents:
    """What a file holds.

    width, height: of the picture, pixels.  layout: GREY to H422_VIDEO.  bits: of a sample, 8 to 14.
    colour: YCBCR_601 to YCBCR_2020.  transparent: it has a plane of alpha.  premultiplied: colours are multiplied by
    it.  inked: the second plane is what black ink leaves of the colours (CMYK).  limited: samples of colour keep to the
    range of video.  animated: further pictures follow.  blocks: kind -> metadata, the first of each kind.
    stream: one HEVC header, or two where there is a second plane, and the NAL units.
    """

    width: int
    height: int
    layout: int
    bits: int
    stream: bytes
    colour: int = YCBCR_601
    transparent: bool = False
    premultiplied: bool = False
    inked: bool = False
    limited: bool = False
    animated: bool = False
    blocks: dict[int, bytes] = field(default_factory=dict)

    @property
    def planes(self) -> int:
        """HEVC pictures in it: that of the colours, and before it that of the second plane, if any."""
        return 2 if self.transparent or self.inked else 1


def pack(contents: Contents) -> bytes:
    """The bytes of a file."""
    first = contents.transparent  # with both flags the colours are premultiplied, with the second alone it is ink
    second = contents.premultiplied or contents.inked
    flags = first << 4 | (contents.bits - 8), bool(contents.blocks) << 3 | second << 2 | contents.limited << 1
    head = bytes([contents.layout << 5 | flags[0], contents.colour << 4 | flags[1] | contents.animated])
    numbers = [contents.width, contents.height, len(contents.stream)]
    extension = b"".join(ue7(kind) + ue7(len(block)) + block for kind, block in contents.blocks.items())
    if extension:
        numbers.append(len(extension))
    return MAGIC + head + b"".join(map(ue7, numbers)) + extension + contents.stream


def unpack(data: bytes, path: str | Path | None, max_pixels: int) -> Contents:
    """What a file holds, without a look into its HEVC data.

    path: named in errors.  max_pixels: the largest width times height.
    Raises FormatError, LimitError, DamagedError.
    """
    if not data.startswith(MAGIC):
        raise FormatError(path, "this is not a BPG file")
    try:
        return _unpacked(data, path, max_pixels)
    except (IndexError, ValueError):
        raise DamagedError(path, "the file ends inside its header, or a number in it is damaged") from None


def _unpacked(data: bytes, path: str | Path | None, max_pixels: int) -> Contents:
    layout, first, bits = data[4] >> 5, bool(data[4] & 16), (data[4] & 15) + 8
    colour, extended, second = data[5] >> 4, bool(data[5] & 8), bool(data[5] & 4)
    if layout > H422_VIDEO or bits > 14 or colour > YCBCR_2020 or (layout == GREY and colour != YCBCR_601):
        raise FormatError(path, f"its pixels are in a form that BPG reserves ({layout}, {colour}, {bits} bits)")
    width, at = read_ue7(data, 6)
    height, at = read_ue7(data, at)
    length, at = read_ue7(data, at)
    check_size(None if path is None else str(path), width, height, max_pixels)
    blocks: dict[int, bytes] = {}
    if extended:
        size, at = read_ue7(data, at)
        if at + size > len(data):
            raise DamagedError(path, "the file ends inside its metadata")
        blocks = _blocks(data[at : at + size])
        at += size
    there = len(data) - at
    # A length of 0 means: up to the end of the file. Behind the picture anything may follow.
    if length > there:
        raise DamagedError(path, f"the file is cut off: {length - there} of {length} bytes of the picture are missing")
    return Contents(
        width,
        height,
        layout,
        bits,
        data[at : at + (length or there)],
        colour,
        transparent=first,
        premultiplied=first and second,
        inked=second and not first,
        limited=bool(data[5] & 2),
        animated=bool(data[5] & 1),
        blocks=blocks,
    )


def _blocks(extension: bytes) -> dict[int, bytes]:
    """Kind -> the first block of it. Raises ValueError or IndexError for blocks that do not fill the extension."""
    blocks: dict[int, bytes] = {}
    at = 0
    for _ in range(MAX_CHUNKS):
        if at == len(extension):
            return blocks
        kind, at = read_ue7(extension, at)
        size, at = read_ue7(extension, at)
        if at + size > len(extension):
            break
        blocks.setdefault(kind, extension[at : at + size])
        at += size
    raise ValueError("a block of metadata is cut off")


def ue7(number: int) -> bytes:
    """A number in as few bytes as it needs: seven bits in each, the first bit of all but the last set."""
    digits = [number & 127]
    while number := number >> 7:
        digits.append(number & 127 | 128)
    return bytes(reversed(digits))


def read_ue7(data: bytes, at: int) -> tuple[int, int]:
    """The number that begins at a byte, and where it ends.

    Raises IndexError where the data ends first, ValueError for a number that begins with zeros or has over 32 bits.
    """
    if data[at] == 128:
        raise ValueError("a number has zeros before it")
    number = 0
    for place in range(at, at + _LONGEST):
        number = number << 7 | data[place] & 127
        if data[place] < 128:
            break
    else:
        raise ValueError("a number is too long")
    if number > _LARGEST:
        raise ValueError("a number is too large")
    return number, place + 1


def check_bits(bits: int, path: str | Path | None) -> None:
    """Raises FormatError for a depth of samples that the format knows and ffmpeg does not decode."""
    if bits not in (8, 9, 10, 12):
        raise FormatError(path, f"its samples have {bits} bits, and only 8, 9, 10 and 12 are decoded")
