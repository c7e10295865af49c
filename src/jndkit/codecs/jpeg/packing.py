"""Bits to the bytes of a scan."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt


def packed(values: npt.NDArray[np.uint32], lengths: npt.NDArray[np.uint8]) -> bytes:
    """Words one after the other, the most significant bit first, filled up with ones; after a byte of ones stands a 0.

    values: (N,), each below 2^length.  lengths: (N,), 0 to 32 bits.
    Source: ITU-T T.81, F.1.2.3 (byte stuffing and padding).
    """
    ends = np.cumsum(lengths, dtype=np.int64)
    total = int(ends[-1]) if len(ends) else 0
    if not total:
        return b""
    cells = np.zeros(total // 32 + 2, np.uint32)
    cell = (ends - lengths) >> 5
    # Each word lies in the 64 bits from its cell on; those that begin in one cell stand together.
    shifts = ((cell << 5) + 64 - ends).astype(np.uint64)
    placed = values.astype(np.uint64) << np.minimum(shifts, 63)
    first = np.concatenate([[0], np.flatnonzero(cell[1:] != cell[:-1]) + 1])
    both = np.bitwise_or.reduceat(placed, first)
    cells[cell[first]] |= (both >> 32).astype(np.uint32)
    cells[cell[first] + 1] |= both.astype(np.uint32)
    data = bytearray(cells.astype(">u4").tobytes()[: -(-total // 8)])
    data[-1] |= 0xFF >> ((total - 1) % 8 + 1)
    return bytes(data).replace(b"\xff", b"\xff\0")
