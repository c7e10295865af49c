"""Damage in a WebP file, by the length of its streams.

A decoder reads its streams to their ends: of a sound file, a stream that is cut by a few bytes cannot be decoded. Where
it can, the decoder had lost its way before and was done early.

Source: RFC 9649 (container, lossless bitstream); RFC 6386, sections 7 (boolean coder), 9.2 to 9.6 and 19.2 (headers).
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from jndkit.picture.formats.webp import TRANSPARENT, Chunk, chunks, header, joined
from jndkit.picture.silence import quiet_opencv

_CUT = 16  # bytes; libwebp ends its streams with one or two that are not needed
_LEAST = 4 * _CUT


def damage(data: bytes) -> str | None:
    """What is wrong with the pixels of a still WebP file that can be decoded, or None."""
    if any(_decodes(shorter) for shorter in _shortened(data)):
        return "the WebP data is damaged: the picture ends before its data does"
    return None


def _shortened(data: bytes) -> Iterator[bytes]:
    """Files of the same picture, each with another of its streams cut."""
    alpha = b""
    for kind, start, end in chunks(data):
        body = data[start:end]
        if kind == b"ALPH":
            alpha = body
        elif kind == b"VP8L":
            yield from (joined((kind, shorter)) for shorter in _cut_at_end(body))
            return
        elif kind == b"VP8 ":
            yield from (joined((kind, shorter)) for shorter in _lossy(body))
            yield from (joined(_canvas(body), (b"ALPH", shorter), (kind, body)) for shorter in _alpha(alpha))
            return


def _cut_at_end(body: bytes) -> Iterator[bytes]:
    if len(body) >= _LEAST:
        yield body[:-_CUT]


def _alpha(body: bytes) -> Iterator[bytes]:
    """An alpha plane cut, unless its samples are not compressed."""
    if body[:1] and body[0] & 3 == 1:
        yield from _cut_at_end(body)


def _canvas(frame: bytes) -> Chunk:
    """The header of a file with transparency, of the size of a lossy frame."""
    width, height = (int.from_bytes(frame[at : at + 2], "little") & 0x3FFF for at in (6, 8))
    return header(TRANSPARENT, width, height)


def _lossy(body: bytes) -> Iterator[bytes]:
    """The frame with its modes cut, and with each of its partitions of coefficients cut."""
    first = int.from_bytes(body[:3], "little") >> 5
    modes_end = 10 + first
    if modes_end > len(body):
        return
    yield from _without_modes(body, first)
    count = _partitions(body)
    sizes_end = modes_end + 3 * (count - 1)
    start = sizes_end
    for index in range(count - 1):
        place = modes_end + 3 * index
        size = int.from_bytes(body[place : place + 3], "little")
        if size >= _LEAST and start + size <= len(body):
            shorter = (size - _CUT).to_bytes(3, "little")
            yield body[:place] + shorter + body[place + 3 : start + size - _CUT] + body[start + size :]
        start += size
    if len(body) - start >= _LEAST:
        yield body[:-_CUT]


def _without_modes(body: bytes, first: int) -> Iterator[bytes]:
    if first >= _LEAST:
        tag = int.from_bytes(body[:3], "little") - (_CUT << 5)
        yield tag.to_bytes(3, "little") + body[3 : 10 + first - _CUT] + body[10 + first :]


class _Flags:
    """Header fields of a lossy frame: numbers whose bits are coded as evenly likely."""

    def __init__(self, data: bytes) -> None:
        self._value = int.from_bytes(data[:64].ljust(64, b"\0"))
        self._left = 8 * 64
        self._range = 255

    def take(self, count: int) -> int:
        number = 0
        for _ in range(count):
            split = (self._range + 1) >> 1
            edge = split << (self._left - 8)
            bit = self._value >= edge
            self._value -= edge if bit else 0
            self._range = self._range - split if bit else split
            shift = 8 - self._range.bit_length()
            self._range <<= shift
            self._left -= shift
            number = number << 1 | bit
        return number

    def skip(self, times: int, width: int) -> None:
        """Fields that are there where their flag is set."""
        for _ in range(times):
            if self.take(1):
                self.take(width)


def _partitions(body: bytes) -> int:
    """How many partitions of coefficients a lossy frame has."""
    flags = _Flags(body[10:])
    flags.take(2)  # colour space, clamping
    if flags.take(1):  # segments
        mapped, measured = flags.take(1), flags.take(1)
        if measured:
            flags.take(1)
            flags.skip(4, 8)  # quantisers, with their signs
            flags.skip(4, 7)  # filter levels
        if mapped:
            flags.skip(3, 8)
    flags.take(10)  # loop filter
    if flags.take(1) and flags.take(1):
        flags.skip(8, 7)
    return 1 << flags.take(2)


def _decodes(data: bytes) -> bool:
    import cv2

    with quiet_opencv():
        try:
            return cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED) is not None
        except cv2.error:
            return False
