"""Transparency, without loss: differences between neighbours, deflated.

Source: the filters are those of PNG (ISO/IEC 15948, clause 9), one for the whole plane; zlib is RFC 1950.
"""

from __future__ import annotations

import zlib

import numpy as np

from jndkit.errors import CodecError
from jndkit.picture import Pixels

# What is subtracted of a sample: nothing, its left, its upper neighbour, left + upper - upper left; beyond the plane 0.
# Each is the sum along an axis, undone in the order given; bytes wrap around.
_AXES: tuple[tuple[int, ...], ...] = ((), (1,), (0,), (1, 0))


def pack_alpha(alpha: Pixels) -> bytes:
    """In the one of four forms that promises to be the shortest. alpha: uint8 (H, W)."""
    # The quickest level is enough to compare by; what is kept is packed as well as zlib can.
    form = min(range(len(_AXES)), key=lambda number: len(_deflated(alpha, _AXES[number], 1)))
    return bytes([form]) + _deflated(alpha, _AXES[form], 9)


def unpack_alpha(data: bytes, width: int, height: int) -> Pixels:
    """uint8 (height, width) from what `pack_alpha` gave; no more than that is ever inflated.

    Raises CodecError.
    """
    if data[:1] not in [bytes([number]) for number in range(len(_AXES))]:
        raise CodecError("the transparency has an unknown form")
    inflating = zlib.decompressobj()
    try:
        # One byte more than is wanted, so that a stream that goes on is noticed.
        samples = inflating.decompress(data[1:], width * height + 1)
    except zlib.error:
        raise CodecError("the transparency is damaged") from None
    if len(samples) != width * height or not inflating.eof or inflating.unused_data:
        raise CodecError("the transparency is not as large as the picture")
    plane = np.frombuffer(samples, np.uint8).reshape(height, width)
    for axis in _AXES[data[0]]:
        plane = np.cumsum(plane, axis=axis, dtype=np.uint8)
    return np.array(plane)


def _deflated(plane: Pixels, axes: tuple[int, ...], level: int) -> bytes:
    for axis in axes:
        plane = np.diff(plane, axis=axis, prepend=np.uint8(0))
    return zlib.compress(np.ascontiguousarray(plane).tobytes(), level)
