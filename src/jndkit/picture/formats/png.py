"""The chunks of a PNG file, so that a decoder sees only those that carry pixels.

Source: PNG Specification (third edition), sections 5 (datastream structure) and 11 (chunks).
"""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass, field

from jndkit.errors import DamagedError, LimitError
from jndkit.limits import MAX_BLOCK, MAX_CHUNKS
from jndkit.picture.metadata.mark import is_mark

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_CRITICAL = (b"IHDR", b"PLTE", b"IDAT", b"IEND")
_RAW = tuple(b"Raw profile type " + name for name in (b"exif", b"APP1", b"app1", b"xmp"))
_XMP_PREFIX = b"http://ns.adobe.com/xap/1.0/\0"
# First column and row, and steps between columns and rows, of the seven interlaced passes.
_ADAM7 = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))


@dataclass
class Chunks:
    """A PNG file taken apart.

    pixels: a PNG stream of the critical chunks (with tRNS where the picture has a palette).
    key: the transparent sample values of a picture without palette, (grey,) or (red, green, blue), as stored.
    numbers: of cICP: primaries, curve, matrix, full range.  srgb: an sRGB chunk is there.
    gamma, chromaticities: of gAMA and cHRM (white, red, green, blue), in hundred thousandths.
    room: bytes that compressed metadata may still unpack to.
    """

    width: int
    height: int
    depth: int
    colour: int
    interlaced: bool
    pixels: bytes = b""
    key: tuple[int, ...] | None = None
    icc: bytes | None = None
    exif: bytes | None = None
    xmp: bytes | None = None
    marked: bool = False
    numbers: tuple[int, ...] | None = None
    srgb: bool = False
    gamma: int | None = None
    chromaticities: tuple[int, ...] | None = None
    room: int = 4 * MAX_BLOCK
    notes: list[str] = field(default_factory=list)

    @property
    def palette(self) -> bool:
        return self.colour == 3

    def note(self, sentence: str) -> None:
        if sentence not in self.notes:
            self.notes.append(sentence)


def _inflate(chunks: Chunks, packed: bytes) -> bytes | None:
    """Unpacked bytes, or None where they are damaged or exceed the limit of a metadata block or of the whole file."""
    if chunks.room <= 0:
        return None
    worker = zlib.decompressobj()
    try:
        plain = worker.decompress(packed, MAX_BLOCK + 1)
    except zlib.error:
        return None
    chunks.room -= len(plain)
    return plain if worker.eof and len(plain) <= MAX_BLOCK else None


def _text(chunks: Chunks, kind: bytes, body: bytes) -> None:
    keyword, _, rest = body.partition(b"\0")
    if keyword not in (b"Software", b"XML:com.adobe.xmp", *_RAW):
        return
    value: bytes | None = rest
    if kind == b"iTXt":
        # Flag and method of compression, language, translated keyword, text.
        parts = rest[2:].split(b"\0", 2)
        value = parts[2] if len(parts) == 3 else None
        if value is not None and rest[:1] == b"\1":
            value = _inflate(chunks, value)
    elif kind == b"zTXt":
        value = _inflate(chunks, rest[1:])
    if keyword == b"Software":
        chunks.marked |= value is not None and is_mark(value)
    elif keyword in _RAW:
        _raw(chunks, value)
    elif value is not None:
        chunks.xmp = value
    else:
        chunks.note("the XMP text is damaged or too large and is dropped")


def _raw(chunks: Chunks, text: bytes | None) -> None:
    """A block as ImageMagick writes it: its name, its length and its bytes in hexadecimal digits, a line each."""
    fields = [] if text is None else text.split(maxsplit=2)
    try:
        block = bytes.fromhex(fields[2].decode("ascii"))
    except (ValueError, IndexError):
        chunks.note("an EXIF or XMP block in text is damaged and is dropped")
        return
    if block.startswith(_XMP_PREFIX):
        chunks.xmp = chunks.xmp or block[len(_XMP_PREFIX) :]
    elif fields[0] == b"xmp":
        chunks.xmp = chunks.xmp or block
    else:
        chunks.exif = chunks.exif or block


def _ancillary(chunks: Chunks, kind: bytes, body: bytes, path: str | None) -> None:
    if kind == b"acTL" and len(body) >= 4 and struct.unpack(">I", body[:4])[0] > 1:
        raise LimitError(path, "the picture is animated; only still pictures are read")
    if kind == b"iCCP":
        chunks.icc = _inflate(chunks, body.partition(b"\0")[2][1:])  # after its name and the method of compression
        if chunks.icc is None:
            chunks.note("the colour profile is damaged or too large and is ignored")
    elif kind == b"eXIf":
        chunks.exif = body
    elif kind in (b"tEXt", b"zTXt", b"iTXt"):
        _text(chunks, kind, body)
    elif kind == b"gAMA" and len(body) == 4:
        chunks.gamma = struct.unpack(">I", body)[0]
    elif kind == b"cHRM" and len(body) == 32:
        chunks.chromaticities = struct.unpack(">8I", body)
    elif kind == b"cICP" and len(body) == 4:
        chunks.numbers = tuple(body)
    elif kind == b"sRGB":
        chunks.srgb = True
    elif kind == b"tRNS" and chunks.colour in (0, 2) and len(body) == 2 * (1 + chunks.colour):
        chunks.key = struct.unpack(f">{1 + chunks.colour}H", body)


def _header(data: bytes, path: str | None) -> Chunks:
    if len(data) < 33 or data[8:16] != b"\0\0\0\x0dIHDR":
        raise DamagedError(path, "the PNG header is missing")
    width, height, depth, colour = struct.unpack_from(">IIBB", data, 16)
    return Chunks(width, height, depth, colour, interlaced=data[28] == 1)


def header_size(data: bytes, path: str | None) -> tuple[int, int]:
    """Width and height the header claims. Raises DamagedError."""
    chunks = _header(data, path)
    return chunks.width, chunks.height


def take_apart(data: bytes, path: str | None) -> Chunks:
    """The chunks of a whole, undamaged PNG file.

    Raises DamagedError where a chunk is cut off or fails its checksum, LimitError for an animation or absurdly many
    chunks.
    """
    chunks = _header(data, path)
    view = memoryview(data)
    parts: list[bytes | memoryview] = [_SIGNATURE]
    at = 8
    for _ in range(MAX_CHUNKS):
        if at + 12 > len(data):
            raise DamagedError(path, "the PNG file is truncated")
        (length,) = struct.unpack_from(">I", data, at)
        kind, end = data[at + 4 : at + 8], at + 12 + length
        if end > len(data):
            raise DamagedError(path, "the PNG file is truncated")
        needed = kind in _CRITICAL or (kind == b"tRNS" and chunks.palette)
        if zlib.crc32(view[at + 4 : end - 4]) == struct.unpack_from(">I", data, end - 4)[0]:
            if needed:
                parts.append(view[at:end])
            elif length <= MAX_BLOCK:
                _ancillary(chunks, kind, data[at + 8 : end - 4], path)
            else:
                chunks.note(f"a {length / 1e6:.0f} MB {kind.decode('latin-1')!r} block is dropped")
        elif needed:
            raise DamagedError(path, f"a PNG chunk ({kind.decode('latin-1')!r}) fails its checksum")
        if kind == b"IEND":
            chunks.pixels = b"".join(parts)
            return chunks
        at = end
    raise LimitError(path, f"the PNG file has more than {MAX_CHUNKS} chunks")


def require_all_rows(chunks: Chunks, path: str | None) -> None:
    """Raise DamagedError where the compressed data is damaged or ends before the last row, which decoders leave black.

    Unpacks everything once more, so it is for pictures whose last rows came out black.
    """
    channels = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}.get(chunks.colour, 1)  # 3 is a palette
    passes = _ADAM7 if chunks.interlaced else ((0, 0, 1, 1),)
    expected = 0
    for x, y, across, down in passes:
        columns, rows = -(-(chunks.width - x) // across), -(-(chunks.height - y) // down)
        if columns > 0 and rows > 0:
            expected += rows * (1 + (columns * channels * chunks.depth + 7) // 8)  # a row begins with its filter
    worker, unpacked, at = zlib.decompressobj(), 0, 8
    while at < len(chunks.pixels) and not worker.eof and unpacked < expected:
        length, kind = struct.unpack_from(">I4s", chunks.pixels, at)
        pending = memoryview(chunks.pixels)[at + 8 : at + 8 + length] if kind == b"IDAT" else b""
        try:
            while pending and not worker.eof:
                unpacked += len(worker.decompress(pending, 1 << 20))
                pending = worker.unconsumed_tail
        except zlib.error:
            raise DamagedError(path, "the PNG pixels cannot be unpacked") from None
        at += 12 + length
    if unpacked + len(worker.flush()) < expected:
        raise DamagedError(path, "the PNG pixels end before the last row")
