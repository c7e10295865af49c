"""A JPEG file to its quantised coefficients, without decoding a pixel.

Everything here is arithmetic on arrays with checked bounds: whatever a file holds, it is read or refused.
Source: ITU-T T.81, F.2 (sequential decoding), G.2 (progressive decoding).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from jndkit.codecs.jpeg.coefficients import Coefficients, Component
from jndkit.codecs.jpeg.lanes import Bits, Integers
from jndkit.codecs.jpeg.parsing import File, Scan, parsed
from jndkit.codecs.jpeg.refining import refine_ac
from jndkit.codecs.jpeg.symbols import ZIGZAG
from jndkit.codecs.jpeg.turns import Turns
from jndkit.codecs.jpeg.wording import Symbols
from jndkit.errors import CodecError
from jndkit.limits import MAX_PIXELS

Spectrum = npt.NDArray[np.int16]

# Words of refinements, which are read one after the other in about a microsecond each: photographs
# and noise have at most 1.9 for each byte of their files, which could be built to hold eight.
_WORDS, _WORDS_A_BYTE = 500_000, 2.0
_LARGEST = 4095  # of a coefficient as read; `Component` asks for less once all scans are


def read(data: bytes, path: str | None = None, max_pixels: int = MAX_PIXELS) -> Coefficients:
    """The quantised coefficients of a JPEG file, grey or of three components, sequential or progressive, of 8 bits.

    path: for messages.  max_pixels: the largest width times height.

    Raises FormatError for other kinds of JPEG, DamagedError for what is cut off or corrupt, LimitError.
    """
    file = parsed(data, path, max_pixels)
    reader = _Reader(file, _WORDS + int(_WORDS_A_BYTE * len(data)))
    for scan in file.scans:
        reader.read(scan)
    return reader.coefficients()


class _Reader:
    """spectrum: int16 (blocks of all components + 1, 64), in the order of a file; the last row takes what only pads.
    known: of each coefficient of each component, the bits that are still to come; -1 where no scan held it.
    words: that scans which are read in turn may still have.
    """

    def __init__(self, file: File, words: int) -> None:
        self.file, self.words = file, words
        self.firsts = np.cumsum([0, *(rows * columns for rows, columns in file.shapes)]).tolist()
        self.spectrum = np.zeros((self.firsts[-1] + 1, 64), np.int16)
        self.known = np.full((len(file.parts), 64), -1)

    def of_part(self, number: int) -> Spectrum:
        return self.spectrum[self.firsts[number] : self.firsts[number + 1]]

    def coefficients(self) -> Coefficients:
        if (self.known[:, 0] < 0).any():
            raise self.file.damaged("the JPEG scans do not hold every colour component")
        components = []
        try:
            for number, (part, shape) in enumerate(zip(self.file.parts, self.file.shapes, strict=True)):
                blocks = np.take(self.of_part(number), np.argsort(ZIGZAG), axis=1).reshape(*shape, 8, 8)
                components.append(Component(blocks, self.file.steps[number], part.horizontal, part.vertical))
            return Coefficients(self.file.width, self.file.height, tuple(components))
        except CodecError as error:
            raise self.file.damaged(f"the JPEG file is corrupt: {error}") from None

    def read(self, scan: Scan) -> None:
        self._check_progress(scan)
        turns = Turns.of(self.file, scan)
        if len(scan.intervals) != turns.intervals:
            raise self.file.damaged(f"a JPEG scan has {len(scan.intervals)} intervals, and {turns.intervals} are due")
        bits = Bits.of(scan.intervals)
        if scan.previous and not scan.low:
            self._refine_dc(scan, turns, bits)
        elif scan.previous:
            self.words = refine_ac(self.file, scan, bits, self.of_part(scan.parts[0]), turns.bounds, self.words)
        else:
            self._first(scan, turns, bits)

    def _check_progress(self, scan: Scan) -> None:
        expected = scan.shift + 1 if scan.previous else -1
        for part in scan.parts:
            if (self.known[part, scan.low : scan.high + 1] != expected).any():
                raise self.file.damaged("the JPEG scans do not follow from each other")
            self.known[part, scan.low : scan.high + 1] = scan.shift

    def _first(self, scan: Scan, turns: Turns, bits: Bits) -> None:
        found = Symbols.of(self.file, scan, turns, bits)
        self._check_range(found.value, scan)
        self.spectrum[turns.rows[found.block], found.place] = found.value << scan.shift
        if scan.low == 0:
            differences = np.zeros(len(turns.rows), np.int64)
            dc = found.place == 0
            differences[found.block[dc]] = found.value[dc]
            values = _summed(differences, turns)
            self._check_range(values, scan)
            self.spectrum[turns.rows, 0] = values << scan.shift

    def _check_range(self, values: Integers, scan: Scan) -> None:
        if len(values) and max(-int(values.min()), int(values.max())) > _LARGEST >> scan.shift:
            raise self.file.damaged("a JPEG coefficient is out of range")

    def _refine_dc(self, scan: Scan, turns: Turns, bits: Bits) -> None:
        counts = np.diff(turns.bounds)
        if (counts > bits.ends - bits.starts).any():
            raise self.file.damaged("the JPEG file is truncated: a scan ends early")
        at = np.repeat(bits.starts - turns.bounds[:-1], counts) + np.arange(len(turns.rows))
        self.spectrum[turns.rows, 0] |= bits.values(at, np.ones_like(at)).astype(np.int16) << scan.shift


def _summed(differences: Integers, turns: Turns) -> Integers:
    """DC coefficients from what each adds to the one before it in its component and interval."""
    units = differences.reshape(-1, len(turns.pattern))
    summed = np.empty_like(units)
    opens = turns.bounds[1:-1] // len(turns.pattern)
    for part in sorted({*turns.pattern.tolist()}):
        columns = np.flatnonzero(turns.pattern == part)
        own = np.cumsum(units[:, columns].reshape(-1)).reshape(-1, len(columns))
        before = np.zeros(len(own), np.int64)
        before[opens] = np.diff(own[opens - 1, -1], prepend=0)
        summed[:, columns] = own - np.cumsum(before)[:, None]
    return summed.reshape(-1)
