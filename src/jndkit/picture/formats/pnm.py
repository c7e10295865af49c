"""PBM, PGM and PPM files, plain and raw.

Source: the Netpbm format specifications of pbm, pgm and ppm.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from jndkit.errors import DamagedError
from jndkit.picture.contract import Pixels

_GAP = rb"(?:\s|#[^\r\n]*[\r\n])+"
_NUMBER = rb"(\d{1,9})"


@dataclass(frozen=True)
class Header:
    """kind: 1 to 6, the digit of the magic number.  start: where the samples begin.  top: the value of white."""

    kind: int
    width: int
    height: int
    top: int
    start: int


def header(data: bytes, path: str | None) -> Header:
    """Raises DamagedError where the header is not complete."""
    kind = int(data[1:2])
    fields = 2 if kind in (1, 4) else 3
    # One whitespace character ends the header; in raw files a comment there would be samples.
    match = re.match(rb"P\d" + fields * (_GAP + _NUMBER) + rb"\s", data[:65536])
    if match is None:
        raise DamagedError(path, "the PNM header is damaged")
    numbers = [int(text) for text in match.groups()]
    top = 1 if fields == 2 else numbers[2]
    if not 1 <= top <= 65535:
        raise DamagedError(path, f"the PNM header claims {top} as its largest value")
    return Header(kind, numbers[0], numbers[1], top, match.end())


def _plain(data: bytes, head: Header, count: int, path: str | None) -> npt.NDArray[np.int64] | npt.NDArray[np.uint8]:
    body = re.sub(rb"#[^\r\n]*", b"", data[head.start :])
    if body.translate(None, b"0123456789 \t\r\n\v\f"):
        raise DamagedError(path, "a sample of the PNM file is not a number")
    if head.kind == 1:  # digits of a plain bitmap need no space between them
        digits = np.frombuffer(body, np.uint8)
        return digits[digits >= ord("0")][:count] - np.uint8(ord("0"))
    # A count would make fromstring fill what is missing with garbage.
    return np.fromstring(body, np.int64, sep=" ")[:count] if body.strip() else np.empty(0, np.int64)


def _raw(data: bytes, head: Header, count: int) -> npt.NDArray[np.uint8] | npt.NDArray[np.uint16]:
    if head.kind == 4:
        row = (head.width + 7) // 8
        packed = np.frombuffer(data, np.uint8, min(row * head.height, len(data) - head.start), head.start)
        if packed.size < row * head.height:
            return packed[:0]
        return np.unpackbits(packed.reshape(head.height, row), axis=1)[:, : head.width].reshape(-1)
    room = len(data) - head.start
    if head.top < 256:
        return np.frombuffer(data, np.uint8, min(count, room), head.start)
    return np.frombuffer(data, ">u2", min(count, room // 2), head.start).astype(np.uint16)


def decode(data: bytes, head: Header, path: str | None) -> Pixels:
    """uint8 (H, W) or (H, W, 3), scaled so that the largest value becomes 255.

    Raises DamagedError where samples are missing or above the largest value.
    """
    planes = 3 if head.kind in (3, 6) else 1
    count = head.width * head.height * planes
    samples = _plain(data, head, count, path) if head.kind < 4 else _raw(data, head, count)
    if samples.size < count:
        raise DamagedError(path, "the PNM file is truncated")
    if (head.kind < 4 or head.top != 255) and (int(samples.max()) > head.top or int(samples.min()) < 0):
        raise DamagedError(path, "a sample of the PNM file is above its largest value")
    if head.kind in (1, 4):
        samples = 1 - samples.astype(np.uint8)  # in bitmaps 1 is black
    if head.top == 255:
        pixels = samples.astype(np.uint8, copy=False)
    else:
        table = (np.arange(head.top + 1) * 255 + head.top // 2) // head.top
        pixels = table.astype(np.uint8)[samples]
    shape = (head.height, head.width, 3) if planes == 3 else (head.height, head.width)
    return pixels.reshape(shape)
