"""The ICC profile that a JPEG XL codestream holds, compressed, after its headers.

Source: ISO/IEC 18181-1, annex E.4 (ICC profile).
"""

from __future__ import annotations

import string

from jndkit.limits import MAX_BLOCK
from jndkit.picture.formats.jxl_bits import Bits
from jndkit.picture.formats.jxl_entropy import Decoder

_CONTEXTS = 41
_HEADER = 128
_LETTERS, _NUMERIC = frozenset(string.ascii_letters), frozenset(string.digits + ".,")
# A number of a code with one symbol takes no bits, so a profile of millions could be declared in a few bytes. Real
# ones come to 3 to 30 bytes for each that holds them; libjxl refuses what comes to more than 256, and looks as often.
_DENSEST = 256
_LOOK = 1 << 16
# What an ICC header is predicted to be before its size and its own bytes are known.
_LIKELY = bytes(8) + b"\4\0\0\0mntrRGB XYZ " + bytes(12) + b"acsp" + bytes(28)
_LIKELY = (_LIKELY.ljust(70, b"\0") + b"\xf6\xd6\0\1\0\0\0\0\xd3\x2d").ljust(_HEADER, b"\0")
_PLATFORMS = (b"APPL", b"MSFT", b"SGI ", b"SUNW")
_TAGS = (  # the first two stand for three curves or three colours
    *(b"rTRC", b"rXYZ"),
    *(b"cprt", b"wtpt", b"bkpt", b"rXYZ", b"gXYZ", b"bXYZ", b"kXYZ", b"rTRC", b"gTRC", b"bTRC", b"kTRC"),
    *(b"chad", b"desc", b"chrm", b"dmnd", b"dmdd", b"lumi"),
)
_OF_20_BYTES = {b"rXYZ", b"gXYZ", b"bXYZ", b"kXYZ", b"wtpt", b"bkpt", b"lumi"}
_TYPES = (b"XYZ ", b"desc", b"text", b"mluc", b"para", b"curv", b"sf32", b"gbd ")


def read(bits: Bits) -> bytes:
    """The profile that begins at `bits`. Raises ValueError where it is damaged or larger than a block may be."""
    size = bits.long()
    if size > MAX_BLOCK:
        raise ValueError("its colour profile is too large")
    coder = Decoder(bits, _CONTEXTS)
    packed = bytearray()
    before, earlier = 0, 0
    start = bits.at
    for at in range(size):
        if at % _LOOK == 0 and at > _DENSEST * (bits.at - start) // 8:
            raise ValueError("its colour profile is too large for the bytes that hold it")
        value = coder.integer(0 if at <= _HEADER else 1 + _NEAR[before] + _FAR[earlier])
        if value > 255:
            raise ValueError("its colour profile holds a number that is not a byte")
        packed.append(value)
        before, earlier = value, before
    coder.finish()
    try:
        return _Profile(bytes(packed)).unpacked()
    except IndexError:
        raise ValueError("its colour profile is cut off") from None


def _near(byte: int) -> int:
    """What the byte before adds to a context."""
    if chr(byte) in _LETTERS:
        return 0
    if chr(byte) in _NUMERIC:
        return 1
    if byte < 16:
        return min(2 + byte, 4)
    return 6 if byte == 255 else 5 if byte > 240 else 7


def _far(byte: int) -> int:
    """What the byte before that one adds, in steps of eight contexts."""
    if chr(byte) in _LETTERS:
        return 0
    if chr(byte) in _NUMERIC:
        return 1
    return 2 if byte < 16 else 3 if byte > 240 else 4


_NEAR = tuple(map(_near, range(256)))
_FAR = tuple(8 * _far(byte) for byte in range(256))


class _Stream:
    """Bytes taken one after the other. Raises IndexError past the end."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def left(self) -> int:
        return len(self._data) - self._at

    def byte(self) -> int:
        return self.bytes(1)[0]

    def bytes(self, count: int) -> bytes:
        if count > self.left():
            raise IndexError
        self._at += count
        return self._data[self._at - count : self._at]

    def number(self) -> int:
        """Seven bits a byte, the lowest first."""
        value = 0
        for shift in range(0, 63, 7):
            byte = self.byte()
            value |= (byte & 127) << shift
            if byte < 128:
                return value
        raise ValueError("its colour profile holds a number without end")


class _Profile:
    """A profile being put together: commands say how the data bytes become its header, tag table and tags."""

    def __init__(self, packed: bytes) -> None:
        start = _Stream(packed)
        self._size = start.number()
        if self._size > MAX_BLOCK:
            raise ValueError("its colour profile is too large")
        commands = start.number()
        self._commands = _Stream(start.bytes(commands))
        self._data = _Stream(start.bytes(start.left()))
        self._out = bytearray()

    def unpacked(self) -> bytes:
        self._header()
        if len(self._out) < self._size and self._commands.left():
            self._tag_table()
            while self._commands.left():
                self._content(self._commands.byte())
                if len(self._out) > self._size:
                    break
        if len(self._out) != self._size:
            raise ValueError("its colour profile is not of the size it says")
        return bytes(self._out)

    def _header(self) -> None:
        likely = bytearray(self._size.to_bytes(4, "big") + _LIKELY[4:])
        for at in range(min(_HEADER, self._size)):
            if at in (41, 42, 43):
                platforms = [name for name in _PLATFORMS if self._out[40:at] == name[: at - 40]]
                likely[at] = platforms[0][at - 40] if platforms else 0
            elif 80 <= at < 84:
                likely[at] = self._out[at - 76]
            self._out.append((self._data.byte() + likely[at]) & 255)

    def _tag_table(self) -> None:
        count = self._commands.number()
        if count == 0:
            return
        count -= 1
        self._out += count.to_bytes(8, "big")[4:]
        start, size = _HEADER + 12 * count, 0
        while (command := self._commands.byte()) & 63:
            kind = command & 63
            if kind > 1 + len(_TAGS):
                raise ValueError("its colour profile has an unknown command")
            tag = self._data.bytes(4) if kind == 1 else _TAGS[kind - 2]
            start = self._commands.number() if command & 64 else start + size
            if command & 128:
                size = self._commands.number()
            elif tag in _OF_20_BYTES:
                size = 20
            self._entry(tag, start, size)
            if kind in (2, 3):
                step = size if kind == 3 else 0
                self._entry(b"g" + tag[1:], start + step, size)
                self._entry(b"b" + tag[1:], start + 2 * step, size)
            if len(self._out) > self._size:
                raise ValueError("its colour profile has too many tags")

    def _entry(self, tag: bytes, start: int, size: int) -> None:
        if start + size > self._size:
            raise ValueError("a tag of its colour profile lies outside")
        self._out += tag + start.to_bytes(4, "big") + size.to_bytes(4, "big")

    def _content(self, command: int) -> None:
        if command in (1, 2, 3):
            plain = self._data.bytes(self._commands.number())
            self._out += plain if command == 1 else _unshuffled(plain, 2 * command - 2)
        elif command == 4:
            self._predicted()
        elif command == 10:
            self._out += b"XYZ \0\0\0\0" + self._data.bytes(12)
        elif 16 <= command < 16 + len(_TYPES):
            self._out += _TYPES[command - 16] + bytes(4)
        else:
            raise ValueError("its colour profile has an unknown command")

    def _predicted(self) -> None:
        """Numbers of 1, 2 or 4 bytes, each stored less what those a stride before it lead to expect."""
        flags = self._commands.byte()
        width, order = (flags & 3) + 1, (flags >> 2) & 3
        stride = self._commands.number() if flags & 16 else width
        if width == 3 or order == 3 or stride < width or 4 * stride >= len(self._out):
            raise ValueError("its colour profile has an unknown prediction")
        stored = self._data.bytes(self._commands.number())
        if width > 1:
            stored = _unshuffled(stored, width)
        out = self._out
        for at in range(0, len(stored), width):
            end = len(out)
            last, second, third = (
                int.from_bytes(out[end - stride * back : end - stride * back + width], "big") for back in (1, 2, 3)
            )
            expected = (last, 2 * last - second, 3 * last - 3 * second + third)[order]
            for place, byte in enumerate(stored[at : at + width]):
                out.append((byte + (expected >> 8 * (width - 1 - place))) & 255)


def _unshuffled(data: bytes, width: int) -> bytes:
    """Numbers of `width` bytes whose first bytes were stored first, then all second ones, and so on."""
    rows = -(-len(data) // width)
    return bytes(byte for row in range(rows) for byte in data[row::rows]) if rows else b""
