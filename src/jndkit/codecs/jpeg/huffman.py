"""Huffman codes of at most 16 bits, optimal for a histogram of symbols.

Source: ITU-T T.81, annex C (codes from lengths; none consists of ones alone) and B.2.4.2 (how tables are written);
Larmore and Hirschberg, "A fast algorithm for optimal length-limited Huffman codes", 1990 (package-merge).
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Counts = npt.NDArray[np.int64]

SYMBOLS = 256
_LONGEST = 16  # bits
_HEIGHTS = 1 << 9  # more than a tree of all symbols can be high


@dataclass(frozen=True, eq=False)
class Code:
    """words: uint32 (257,), the bits of each symbol.  lengths: uint8 (257,), how many; 0 for symbols without a word.

    The last entry is for no symbol: bits of a scan that follow no word of their own.
    """

    words: npt.NDArray[np.uint32]
    lengths: npt.NDArray[np.uint8]

    def written(self) -> bytes:
        """As a table in a file: how many words of each length there are, then their symbols in order."""
        used = np.flatnonzero(self.lengths)
        ordered = used[np.argsort(self.lengths[used], kind="stable")]
        return np.bincount(self.lengths[used], minlength=_LONGEST + 1)[1:].astype(np.uint8).tobytes() + bytes(
            ordered.astype(np.uint8)
        )


def code(histogram: Counts) -> Code:
    """The code that takes fewest bits. histogram: (256,), how often each symbol occurs."""
    lengths = np.zeros(SYMBOLS + 1, np.uint8)
    lengths[:SYMBOLS] = code_lengths(histogram)
    words = np.zeros(SYMBOLS + 1, np.uint32)
    used = np.flatnonzero(lengths)
    next_word, before = 0, 0
    for symbol in used[np.argsort(lengths[used], kind="stable")].tolist():
        length = int(lengths[symbol])
        next_word <<= length - before
        words[symbol] = next_word
        next_word, before = next_word + 1, length
    return Code(words, lengths)


def code_lengths(histogram: Counts) -> npt.NDArray[np.uint8]:
    """Bits of each symbol's word, 0 where it does not occur: uint8 (256,)."""
    lengths = np.zeros(SYMBOLS, np.uint8)
    used = np.flatnonzero(histogram)
    order = used[np.argsort(histogram[used], kind="stable")]
    # A symbol that never occurs comes first, and so gets the last of the longest words: that of ones alone.
    weights = np.concatenate([[0], histogram[order]])
    lengths[order] = _package_merge(weights)[1:]
    return lengths


def word_bits(histogram: Counts) -> int:
    """Bits of all words together, quicker than by their lengths."""
    # Huffman's own construction, of numbers that are weight and height of a tree; where it asks for no word that is too
    # long, no limit binds it.
    heap = [0, *(histogram[histogram > 0] * _HEIGHTS).tolist()]
    heapq.heapify(heap)
    total = height = 0
    while len(heap) > 1:
        light = heapq.heappop(heap)
        weight, height = (light + heap[0]) // _HEIGHTS, max(light % _HEIGHTS, heap[0] % _HEIGHTS) + 1
        total += weight
        heapq.heapreplace(heap, weight * _HEIGHTS + height)
    if height > _LONGEST:
        return int(histogram @ code_lengths(histogram).astype(np.int64))
    return total


def _package_merge(weights: Counts) -> npt.NDArray[np.int64]:
    """Lengths of the words of at least two symbols with these weights, which are sorted."""
    count = len(weights)
    merged, packages_in = weights, []
    for _ in range(_LONGEST - 1):
        pairs = merged[: len(merged) // 2 * 2].reshape(-1, 2).sum(axis=1)
        both = np.concatenate([weights, pairs])
        order = np.argsort(both, kind="stable")
        merged = both[order]
        packages_in.append(order >= count)
    lengths = np.zeros(count, np.int64)
    taken = 2 * count - 2
    for is_package in reversed(packages_in):
        packages = int(is_package[:taken].sum())
        lengths[: taken - packages] += 1
        taken = 2 * packages
    lengths[:taken] += 1
    return lengths


def table_bits(histogram: Counts) -> int:
    """Bits that a table in a file takes: lengths and symbols, without headers."""
    return 8 * (16 + int(np.count_nonzero(histogram)))
