"""Blocks of coefficients as symbols and the bits that follow each, for all blocks of a scan at once.

A symbol's high four bits are a run of zeros, its low four how many bits of a coefficient follow. Whatever is worked out
here is worked out for the coefficients other than zero, of which a picture has few.
Source: ITU-T T.81, F.1.2 (sequential coding), G.1.2 (progressive coding).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from jndkit.codecs.jpeg.coefficients import Blocks

Integers = npt.NDArray[np.int64]
Masks = npt.NDArray[np.uint64]

NO_SYMBOL = 256  # of bits that follow no word of their own
SYMBOL_SPACE = 257  # numbers that each table of a scan takes
_ZERO_RUN = 0xF0  # sixteen zeros
_LONGEST_RUN = 0x7FFF  # blocks that one end of band may cover
# Bits of refinement after one end of band: libjpeg's buffer holds 1000, and readers may know that it does.
_TAIL_BITS = 1000 - 2 * 64

# Row and column frequency of T.81's figure A.6: along rising diagonals, whose direction alternates.
_BY_DIAGONAL = sorted(range(64), key=lambda n: (n // 8 + n % 8, n % 8 if (n // 8 + n % 8) % 2 == 0 else n // 8))
ZIGZAG = np.array(_BY_DIAGONAL)
"""Places in an 8 x 8 array, read by rows, in the order of a file."""

_NATURAL = np.argsort(ZIGZAG)

_SIZES = np.array([value.bit_length() for value in range(4096)], np.uint8)


@dataclass(frozen=True, eq=False)
class Stream:
    """A scan before its Huffman codes are known.

    symbols: uint16 (N,), symbol plus 257 times the number of its table; `NO_SYMBOL` of any table has no word.
    bits: uint32 (N,), what follows each word.  counts: uint8 (N,), how many bits that is.
    """

    symbols: npt.NDArray[np.uint16]
    bits: npt.NDArray[np.uint32]
    counts: npt.NDArray[np.uint8]


def in_zigzag(blocks: Blocks) -> Blocks:
    """int16 (rows, columns, 8, 8) -> (rows, columns, 64), in the order of a file."""
    return np.take(blocks.reshape(*blocks.shape[:2], 64), ZIGZAG, axis=2)


def in_blocks(levels: Blocks, rows: int, columns: int) -> Blocks:
    """int16 (rows * columns, 64), in the order of a file -> (rows, columns, 8, 8)."""
    return np.take(levels, _NATURAL, axis=1).reshape(rows, columns, 8, 8)


def sizes_of(magnitudes: npt.NDArray[np.integer]) -> npt.NDArray[np.uint8]:
    """Bits that a magnitude below 4096 takes."""
    return np.asarray(_SIZES[magnitudes])


def coded(values: npt.NDArray[np.int16], sizes: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint32]:
    """The bits of signed values: those of a negative one are of the value less one. Source: T.81, F.1.2.1."""
    low = values.astype(np.int32) - (values < 0)
    return np.asarray((low & ((1 << sizes.astype(np.int32)) - 1)).astype(np.uint32))


@dataclass(frozen=True, eq=False)
class Entries:
    """The AC coefficients of a component that are not zero once `shift` low bits are gone, block after block.

    count: blocks.  block: int32 (N,).  place: uint8 (N,), 1 to 63 in the order of a file.  values: int16 (N,), whole.
    shift: of T.81, Al.
    """

    count: int
    block: npt.NDArray[np.int32]
    place: npt.NDArray[np.uint8]
    values: npt.NDArray[np.int16]
    shift: int = 0

    @classmethod
    def of(cls, zigzag: Blocks, dc: bool = False) -> Entries:
        """zigzag: as `in_zigzag`.  dc: whether the DC coefficients are entries, too, zero or not."""
        flat = zigzag.reshape(-1, 64)
        present = flat != 0
        present[:, 0] = dc
        at = np.flatnonzero(present)
        place = (at & 63).astype(np.uint8)
        return cls(len(flat), (at >> 6).astype(np.int32), place, flat.reshape(-1)[at])

    def shifted(self, shift: int) -> Entries:
        """Those that are left at a larger shift."""
        if shift == self.shift:
            return self
        return self._kept(self.all_magnitudes >> shift != 0, shift)

    def within(self, low: int, high: int) -> Entries:
        """Those of a band, both ends included."""
        if (low, high) == (1, 63):
            return self
        return self._kept((self.place >= low) & (self.place <= high), self.shift)

    def _kept(self, kept: npt.NDArray[np.bool_], shift: int) -> Entries:
        at = np.flatnonzero(kept)  # several times as fast as the mask itself
        return Entries(self.count, self.block.take(at), self.place.take(at), self.values.take(at), shift)

    @cached_property
    def all_magnitudes(self) -> npt.NDArray[np.int16]:
        return np.abs(self.values)

    @cached_property
    def magnitudes(self) -> npt.NDArray[np.int16]:
        """Without the low bits: the sign is no part of what is shifted."""
        return self.all_magnitudes >> self.shift if self.shift else self.all_magnitudes

    @cached_property
    def opens(self) -> npt.NDArray[np.bool_]:
        """Whether each is the first of its block."""
        return np.asarray(np.diff(self.block, prepend=-1) != 0)

    @cached_property
    def masks(self) -> Masks:
        """Of each block, bit k where coefficient k is there: uint64 (count,)."""
        masks = np.zeros(self.count, np.uint64)
        starts = np.flatnonzero(self.opens)
        if len(starts):
            bits = np.uint64(1) << self.place.astype(np.uint64)
            masks[self.block[starts]] = np.bitwise_or.reduceat(bits, starts)
        return masks

    def zeros_before(self, low: int = 1) -> npt.NDArray[np.int16]:
        """How many zeros stand before each, from the one before it, or from the start of the band at `low`."""
        place = self.place.astype(np.int16)
        before = np.empty_like(place)
        before[1:] = place[:-1]
        before[self.opens] = low - 1
        return place - before - 1

    def stream(self, ends: Ends, low: int) -> tuple[Stream, Integers]:
        """The words of a band from `low` on, and which of them is the last of each entry."""
        zeros = self.zeros_before(low)
        sizes = sizes_of(self.magnitudes)
        last, placed, words = _in_order(self.block, zeros >> 4, ends, self.count)
        stream = _blank(words)
        stream.symbols[last] = ((zeros & 15) << 4) + sizes
        stream.bits[last] = coded(np.where(self.values < 0, -self.magnitudes, self.magnitudes), sizes)
        stream.counts[last] = sizes
        _put_ends(stream, ends, placed)
        return stream, last


@dataclass(frozen=True, eq=False)
class Ends:
    """Runs of blocks of which nothing more is coded in a band.

    first: (N,), the block each begins in.  lengths: (N,), in blocks.
    """

    first: Integers
    lengths: Integers

    @classmethod
    def of(cls, emits: npt.NDArray[np.bool_], trails: npt.NDArray[np.bool_], tails: Integers | None = None) -> Ends:
        """emits: whether a block has symbols of its own, which end a run.  trails: whether zeros or bits are left after
        them, as after none.  tails: bits of refinement left, which bound a run.
        """
        if tails is None:
            emitting = np.flatnonzero(emits)
            first = np.concatenate([[0], emitting + 1 - trails[emitting]])
            lengths = np.append(emitting, len(emits)) - first
            first, lengths = first[lengths > 0], lengths[lengths > 0]
        else:
            blocks = np.flatnonzero(trails)
            # Both grow only, so that their sum keeps them apart.
            keys = np.cumsum(emits, dtype=np.int64)[blocks] + np.cumsum(tails)[blocks] // _TAIL_BITS
            opens = np.flatnonzero(np.diff(keys, prepend=-1))
            first, lengths = blocks[opens], np.diff(opens, append=len(blocks))
        if lengths.max(initial=0) > _LONGEST_RUN:
            pieces = -(-lengths // _LONGEST_RUN)
            index = np.arange(pieces.sum()) - np.repeat(np.cumsum(pieces) - pieces, pieces)
            first = np.repeat(first, pieces) + index * _LONGEST_RUN
            lengths = np.minimum(np.repeat(lengths, pieces) - index * _LONGEST_RUN, _LONGEST_RUN)
        return cls(first, lengths)

    @cached_property
    def sizes(self) -> npt.NDArray[np.uint8]:
        """Bits that follow each word."""
        return np.asarray(np.frexp(self.lengths.astype(np.float64))[1] - 1, np.uint8)

    @property
    def symbols(self) -> npt.NDArray[np.uint16]:
        return np.asarray(self.sizes.astype(np.uint16) << 4, np.uint16)

    @property
    def bits(self) -> npt.NDArray[np.uint32]:
        return np.asarray((self.lengths - (1 << self.sizes.astype(np.int64))).astype(np.uint32))


def band_ends(masks: Masks, low: int, high: int) -> Ends:
    """Of a band's first scan. masks: as `Entries.masks`, of the whole spectrum."""
    band = masks & np.uint64((2 << high) - (1 << low))
    return Ends.of(band != 0, band >> np.uint64(high) == 0)


def _in_order(
    block: npt.NDArray[np.int32], runs: npt.NDArray[np.integer], ends: Ends, count: int
) -> tuple[Integers, Integers, int]:
    """Where the words of a scan stand: of each entry the last one, before which stand its runs of sixteen zeros; of
    each end; and how many there are. count: blocks.
    """
    words = np.cumsum(runs.astype(np.int64) + 1)
    last = words - 1
    if len(ends.first):
        last += _up_to(ends.first, count)[block]
        until = _up_to(block, count)[ends.first + 1]
        placed = np.concatenate([[0], words])[until] + np.arange(len(ends.first))
    else:
        placed = ends.first
    return last, placed, (int(words[-1]) if len(words) else 0) + len(ends.first)


def _up_to(blocks: npt.NDArray[np.integer], count: int) -> Integers:
    """How many of some blocks lie before each of all, int64 (count + 1,)."""
    before = np.zeros(count + 1, np.int64)
    np.cumsum(np.bincount(blocks, minlength=count), out=before[1:])
    return before


def first_scan(entries: Entries, low: int, high: int) -> Stream:
    """The first scan of a band of AC coefficients. entries: of the whole spectrum, at the scan's shift."""
    return entries.within(low, high).stream(band_ends(entries.masks, low, high), low)[0]


def _blank(count: int) -> Stream:
    """All words are runs of zeros, until others are put in their place."""
    return Stream(np.full(count, _ZERO_RUN, np.uint16), np.zeros(count, np.uint32), np.zeros(count, np.uint8))


def _put_ends(stream: Stream, ends: Ends, placed: Integers) -> None:
    stream.symbols[placed], stream.bits[placed], stream.counts[placed] = ends.symbols, ends.bits, ends.sizes


@dataclass(frozen=True, eq=False)
class Refinement:
    """A scan that adds one bit to the AC coefficients 1 to 63, worked out as far as its size asks.

    entries: at the scan's shift.  new, old: which of them are other than zero from this scan on, and from one before.
    zeros: of the new ones, how many zeros stand before each since the new one before it.  groups: of the old ones, how
    many runs of sixteen zeros stand between the new one before and each.  tail: of the old ones, whether no new one
    follows in the block.
    """

    entries: Entries
    new: Integers
    old: Integers
    zeros: npt.NDArray[np.int16]
    groups: npt.NDArray[np.int16]
    tail: npt.NDArray[np.bool_]
    ends: Ends

    @classmethod
    def of(cls, entries: Entries) -> Refinement:
        is_new = entries.magnitudes == 1
        new, old = np.flatnonzero(is_new), np.flatnonzero(~is_new)
        # Place less index grows by the zeros in between. They are counted from the start of a block, and anew after
        # each new one.
        here = entries.place - np.arange(len(is_new), dtype=np.int32)
        opens = entries.opens.copy()
        opens[1:] |= is_new[:-1]
        at = np.flatnonzero(opens)
        start = np.where(entries.opens.take(at), 1 - at, here.take(at - 1)).astype(np.int32)
        since = (here - np.repeat(start, np.diff(at, append=len(is_new)))).astype(np.int16)
        last_new = np.zeros(entries.count, np.uint8)
        last_new[entries.block.take(new)] = entries.place.take(new)  # of several in a block the last one stays
        block = entries.block.take(old)
        tail = entries.place.take(old) > last_new.take(block)
        tails = np.bincount(block[tail], minlength=entries.count)
        ends = Ends.of(last_new > 0, last_new < 63, tails)
        return cls(entries, new, old, since.take(new), since.take(old) >> 4, tail, ends)

    @property
    def raw_bits(self) -> int:
        """Bits that follow no word of their own."""
        return len(self.groups)

    def stream(self) -> Stream:
        entries, runs = self.entries, self.zeros >> 4
        last, placed, words = _in_order(entries.block.take(self.new), runs, self.ends, entries.count)
        # Each raw bit follows a word: that of the new coefficient after it or of a run of zeros before that one; in a
        # tail, that of the end of the band.
        count = np.arange(self.raw_bits)
        word = np.zeros(self.raw_bits, np.int64)
        if len(last):
            following = np.minimum(self.old - count, len(last) - 1)
            word = (last - runs).take(following) + self.groups
        if len(placed):
            covering = _up_to(self.ends.first, entries.count)[1:] - 1
            word = np.where(self.tail, placed.take(covering).take(entries.block.take(self.old)), word)
        stream = _blank(words + self.raw_bits)
        raw = count + word + 1
        worded = np.ones(words + self.raw_bits, bool)
        worded[raw] = False
        at = np.flatnonzero(worded)
        said = at.take(last)
        stream.symbols[said] = ((self.zeros & 15) << 4) + 1
        stream.bits[said] = entries.values.take(self.new) > 0
        stream.counts[said] = 1
        _put_ends(stream, self.ends, at[placed])
        stream.symbols[raw] = NO_SYMBOL
        stream.bits[raw] = entries.magnitudes.take(self.old) & 1
        stream.counts[raw] = 1
        return stream
