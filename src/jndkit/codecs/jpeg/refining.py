"""Scans that add one bit to AC coefficients. Where their words stand hangs on what is known of each block, so that they
are read in turn; the bits that correct coefficients are only passed over, and taken all at once in the end.

Source: ITU-T T.81, G.2.3 (successive approximation of AC coefficients).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from jndkit.codecs.jpeg.lanes import Bits, Integers
from jndkit.codecs.jpeg.parsing import File, Scan, Words
from jndkit.errors import LimitError

Spectrum = npt.NDArray[np.int16]

_COUNT = 22  # bits that hold how many corrections follow one word: at most 63 in each of 32767 blocks


def refine_ac(file: File, scan: Scan, bits: Bits, spectrum: Spectrum, bounds: Integers, most: int) -> int:
    """Add the bit that a scan holds, which has at most so many words; how many of them are left over.

    spectrum: of its component, int16 (blocks, 64), changed in place.  bounds: the first block of each interval, and
    their count.

    Raises DamagedError, and LimitError for more words.
    """
    low, high = scan.low, scan.high
    known = spectrum[:, low : high + 1] != 0
    masks = np.zeros((len(spectrum), 64), bool)
    masks[:, low : high + 1] = known
    table = scan.ac[0]
    assert table is not None
    walk = _Walk(file, bits, table, np.packbits(masks, axis=1, bitorder="little").view("<u8")[:, 0], low, high, most)
    for interval in range(len(bounds) - 1):
        walk.interval(interval, int(bounds[interval]), int(bounds[interval + 1]))
    one = np.int16(1 << scan.shift)
    block, place = np.nonzero(known)
    corrected = bits.values(walk.corrections(len(block)), np.ones(len(block), np.int64)) != 0
    block, place = block[corrected], place[corrected] + low
    spectrum[block, place] += np.where(spectrum[block, place] > 0, one, -one)
    new, signs = np.array(walk.new, np.int64), np.array(walk.signs, np.int64)
    positive = bits.values(signs, np.ones(len(signs), np.int64)) != 0
    spectrum.reshape(-1)[new] = np.where(positive, one, -one)
    return walk.left


class _Walk:
    """new: places in the spectrum of what is other than zero from this scan on.  signs: the bit of the sign of each.
    passed: of each run of corrections its first bit times 2^22, plus their number.  left: words that may still come.
    """

    def __init__(
        self, file: File, bits: Bits, table: Words, masks: npt.NDArray[np.uint64], low: int, high: int, left: int
    ) -> None:
        self.file, self.bits, self.low, self.high, self.left = file, bits, low, high, left
        self.words, self.windows = table.found.data, bits.windows.data
        self.masks: list[int] = masks.tolist()
        counts = np.cumsum(np.bitwise_count(masks), dtype=np.int64)
        self.before: list[int] = [0, *counts.tolist()]  # coefficients that are known in the blocks before each
        self.new: list[int] = []
        self.signs: list[int] = []
        self.passed: list[int] = []

    def corrections(self, expected: int) -> Integers:
        """The bit of each coefficient that was known, block after block."""
        starts, counts = np.divmod(np.array(self.passed, np.int64), 1 << _COUNT)
        if counts.sum() != expected:
            raise self.file.damaged("the JPEG file is truncated: a scan ends early")
        return np.repeat(starts - (np.cumsum(counts) - counts), counts) + np.arange(expected)

    def interval(self, number: int, block: int, stop: int) -> None:
        """Read the words of one interval, which codes the blocks up to `stop`."""
        words, windows, masks, before, low, high = (
            self.words, self.windows, self.masks, self.before, self.low, self.high
        )  # fmt: skip
        new, sign, passed_over = self.new.append, self.signs.append, self.passed.append
        at, end, place = int(self.bits.starts[number]), int(self.bits.ends[number]), low
        left = self.left
        while block < stop:
            left -= 1
            if at >= end:
                raise self.file.damaged("the JPEG file is truncated: a scan ends early")
            word = words[windows[at >> 3] >> (16 - (at & 7)) & 0xFFFF]
            if not word:
                raise self.file.damaged("a JPEG scan is damaged")
            at += word >> 8
            run, size = word >> 4 & 15, word & 15
            if not size and run < 15:
                covered = 1 << run
                if run:
                    covered += windows[at >> 3] >> (32 - run - (at & 7)) & covered - 1
                    at += run
                covered = min(covered, stop - block)
                # What is known in the rest of this block and in those that follow it.
                passed = (masks[block] >> place).bit_count() + before[block + covered] - before[block + 1]
                block, place = block + covered, low
            else:
                # The zero that ends the run is as many places on as there are zeros and known ones before it.
                mask, passed = masks[block] >> place, 0
                while (found := (mask & (2 << (run + passed)) - 1).bit_count()) != passed:
                    passed = found
                place += run + passed
                if place > high or size > 1:
                    raise self.file.damaged("a JPEG scan is damaged")
                if size:
                    new(block << 6 | place)
                    sign(at)
                    at += 1
                place += 1
                if place > high:
                    block, place = block + 1, low
            if passed:
                passed_over(at << _COUNT | passed)
                at += passed
            if left < 0:
                raise LimitError(self.file.path, "a JPEG scan has more words than its bytes are worth the time to read")
        if at > end:
            raise self.file.damaged("the JPEG file is truncated: a scan ends early")
        self.left = left
