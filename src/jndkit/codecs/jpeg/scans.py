"""Which scans a progressive file has: for each component the bands and bits that take fewest bytes, of a small set.

A size is that of the optimal codes for the symbols, so that only what is chosen has to be packed.
Source: ITU-T T.81, G.1.1 (spectral selection and successive approximation).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import numpy.typing as npt

from jndkit.codecs.jpeg.huffman import SYMBOLS, Counts, table_bits, word_bits
from jndkit.codecs.jpeg.symbols import Entries, Refinement, band_ends, sizes_of
from jndkit.threads import together

SPLITS = (2, 3, 5, 8, 12, 18)
"""Last coefficients of the lower band, where the spectrum is split."""

DEEPEST = 3
"""The most bits that are left to refinements."""

_HEADERS = 8 * 15  # bits of the headers of a scan and of its table
_SIZES = 12  # numbers of bits that a coefficient may have, 0 included


@dataclass(frozen=True)
class Band:
    """One scan of AC coefficients low to high, refined from bit `previous` (0 for none) down to bit `shift`."""

    low: int
    high: int
    previous: int
    shift: int

    @property
    def turn(self) -> tuple[int, int]:
        """What shows most comes first: low frequencies, and whole coefficients before their last bits."""
        return (1, -self.shift) if self.previous else (0, self.low)


@dataclass(frozen=True)
class Plan:
    """The scans of a component's AC coefficients, and the bits they take.

    levels: the coefficients at every shift that was tried, from 0 on.
    whole: how often each symbol occurs when one scan codes all of them and every block for itself, int64 (256,).
    following: the bits that follow those symbols.
    """

    bands: tuple[Band, ...]
    levels: tuple[Entries, ...]
    bits: int
    whole: Counts
    following: int


def is_smaller_in_one_scan(plans: Sequence[Plan]) -> bool:
    """Whether the AC coefficients of a file take fewer bits in sequential form. plans: of its components."""
    luma, *chroma = plans
    tables = [luma.whole] + ([sum((one.whole for one in chroma), np.zeros(SYMBOLS, np.int64))] if chroma else [])
    bits = sum(coded_bits(table) for table in tables) + sum(one.following for one in plans)
    return bits <= sum(one.bits for one in plans)


def coded_bits(histogram: Counts) -> int:
    """Bits of the words and their table. histogram: int64 (256,)."""
    return word_bits(histogram) + table_bits(histogram)


@dataclass(frozen=True, eq=False)
class _Spectrum:
    """How often each place, run of zeros and size occurs together at one shift; a band's symbols follow from it."""

    entries: Entries
    place: npt.NDArray[np.int64]
    zeros: npt.NDArray[np.int64]
    sizes: npt.NDArray[np.int64]
    counts: Counts

    @classmethod
    def of(cls, entries: Entries) -> _Spectrum:
        keys = (entries.place.astype(np.int32) << 6) + entries.zeros_before()
        keys *= _SIZES
        keys += sizes_of(entries.magnitudes)
        counts = np.bincount(keys)
        found = np.flatnonzero(counts)
        places, sizes = np.divmod(found, _SIZES)
        return cls(entries, places >> 6, places & 63, sizes, counts[found])

    def histogram(self, low: int, high: int) -> tuple[Counts, int]:
        """Of a band's symbols without those of its ends, and the bits that follow them."""
        kept = (self.place >= low) & (self.place <= high)
        # A run reaches no further down than the band.
        zeros = np.minimum(self.zeros[kept], self.place[kept] - low)
        sizes, counts = self.sizes[kept], self.counts[kept]
        histogram = np.bincount(((zeros & 15) << 4) + sizes, counts, minlength=SYMBOLS).astype(np.int64)
        histogram[0xF0] += (zeros >> 4) @ counts
        return histogram, int(sizes @ counts)

    def bits(self, low: int, high: int) -> int:
        histogram, following = self.histogram(low, high)
        ends = band_ends(self.entries.masks, low, high)
        histogram += np.bincount(ends.symbols, minlength=SYMBOLS)
        return coded_bits(histogram) + following + int(ends.sizes.sum(dtype=np.int64)) + _HEADERS


def _refined_bits(entries: Entries) -> int:
    """Bits of the scan that brings the last bit of entries."""
    refinement = Refinement.of(entries)
    histogram = np.bincount(((refinement.zeros & 15) << 4) + 1, minlength=SYMBOLS)
    histogram[0xF0] += int((refinement.zeros >> 4).sum(dtype=np.int64))
    histogram += np.bincount(refinement.ends.symbols, minlength=SYMBOLS)
    following = len(refinement.zeros) + refinement.raw_bits + int(refinement.ends.sizes.sum(dtype=np.int64))
    return coded_bits(histogram) + following + _HEADERS


def plan(entries: Entries) -> Plan:
    """The scans of a component. entries: all, at no shift."""
    spectrum = _Spectrum.of(entries)
    whole, following = spectrum.histogram(1, 63)
    whole[0] = np.count_nonzero(entries.masks >> np.uint64(63) == 0)
    bands, bits = _first_bands(entries, spectrum)
    refinements: tuple[Band, ...] = ()
    refined = 0
    levels = [entries]
    for shift in range(1, DEEPEST + 1):
        finer, coarser = levels[-1], levels[-1].shifted(shift)
        levels.append(coarser)
        added, (first, taken) = together(partial(_refined_bits, finer), partial(_first_bands, coarser))
        refined += added
        refinements = (Band(1, 63, shift, shift - 1), *refinements)
        if taken + refined >= bits:
            break  # deeper ones take more and more
        bands, bits = first + refinements, taken + refined
    return Plan(bands, tuple(levels), bits, whole, following)


def _first_bands(entries: Entries, spectrum: _Spectrum | None = None) -> tuple[tuple[Band, ...], int]:
    spectrum = spectrum or _Spectrum.of(entries)
    shift = entries.shift
    bands: tuple[Band, ...] = (Band(1, 63, 0, shift),)
    fewest = spectrum.bits(1, 63)
    for split in SPLITS:
        bits = spectrum.bits(1, split) + spectrum.bits(split + 1, 63)
        if bits < fewest:
            bands, fewest = (Band(1, split, 0, shift), Band(split + 1, 63, 0, shift)), bits
    return bands, fewest
