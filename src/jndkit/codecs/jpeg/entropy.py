"""What blocks would take in an ideal code for their symbols, without coding them.

Source: ITU-T T.81, F.1.2 (symbols of sequential coding).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from jndkit.codecs.jpeg.symbols import sizes_of

Levels = npt.NDArray[np.int16]
Counts = npt.NDArray[np.float64]
Places = npt.NDArray[np.intp]

SIZES = 16
ZERO_RUN = 15 * SIZES
"""The symbol of sixteen zeros; that of the end of a block is 0."""

_LARGEST_SIZE = 11  # of a difference of DC


def runs(block: Places, place: Places) -> Places:
    """Zeros before each coefficient that is none. block, place: of each, in order; the first AC place is 0."""
    run = place.copy()
    same = block[1:] == block[:-1]
    run[1:][same] -= place[:-1][same] + 1
    return run


def ac_counts(levels: Levels) -> Counts:
    """How often each AC symbol occurs, float64 (256,). levels: int16 (n, 64), blocks in the order of a file."""
    present = levels != 0
    present[:, 0] = False
    at = np.flatnonzero(present)
    run = runs(at >> 6, (at & 63) - 1)
    size = sizes_of(np.abs(levels.reshape(-1)[at]))
    counts = np.bincount((run & 15) * SIZES + size, minlength=16 * SIZES).astype(np.float64)
    counts[ZERO_RUN] += (run >> 4).sum()
    counts[0] += len(levels) - np.count_nonzero(levels[:, 63])
    return counts


def ideal_bits(levels: Levels) -> float:
    """Bits of blocks in an ideal code. levels: int16 (n, 64), in the order of a file and of their rows."""
    differences = np.abs(np.diff(levels[:, 0].astype(np.int32), prepend=0))
    dc = np.bincount(sizes_of(differences), minlength=_LARGEST_SIZE + 1).astype(np.float64)
    ac = ac_counts(levels)
    return _bits(dc, np.arange(len(dc))) + _bits(ac, np.arange(len(ac)) % SIZES)


def _bits(counts: Counts, following: npt.NDArray[np.int_]) -> float:
    """Of words of the least length, and the bits that follow each."""
    found = counts > 0
    words = -np.log2(counts[found] / counts.sum())
    return float(counts[found] @ (words + following[found]))
