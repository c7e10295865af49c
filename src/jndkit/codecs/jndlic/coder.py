"""Whole numbers to bytes and back, by range coding with frequency tables of whole numbers.

Source: G. N. N. Martin, "Range encoding", Video and Data Recording Conference, 1979; the coder is constriction's.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt

from jndkit.errors import CodecError

Integers = npt.NDArray[np.integer[Any]]
Symbols = npt.NDArray[np.int32]

PRECISION = 24
"""Bits of the coder's probabilities; the sum of a table is a power of two and at most 2^24."""
LIMIT = (1 << 15) - 1
"""The largest symbol there is, and the smallest with its sign changed."""
ESCAPE_BITS = 20.0
"""What a symbol beyond its table costs, roughly."""
_CLASSES = 17  # bits that the excess of a symbol beyond its table may need, plus one: 1 .. 17


@cache
def _stream() -> Any:
    """constriction's coders, imported on use: the codec's card can be read where the library is missing or broken."""
    import constriction

    return constriction.stream


class Tables:
    """Frequency tables; the rows of `encode` and `decode` name one for each symbol."""

    def __init__(self, frequencies: Integers, first: int, *, escapes: bool) -> None:
        """
        frequencies: (tables, columns), whole numbers; the sum of every row is the same power of two up to 2^24.  A row
            may begin and end with zeros and has none between.
        first: the symbol of the first column.
        escapes: the last column of each row, never zero, stands for all symbols beyond the others.
        Raises CodecError for frequencies that are none.
        """
        counts = np.asarray(frequencies).astype(np.int64)
        if counts.ndim != 2 or counts.shape[1] < 2 + escapes or not counts.size or int(counts.min()) < 0:
            raise CodecError("the frequency tables are not rows of whole numbers")
        sums = counts.sum(axis=1)
        total = int(sums[0])
        if total < 2 or total & (total - 1) or total > 1 << PRECISION or (sums != total).any():
            raise CodecError("the frequency tables do not all have the same sum, a power of two up to 2^24")
        plain = counts[:, : counts.shape[1] - escapes]
        starts = np.argmax(plain > 0, axis=1)
        sizes = np.count_nonzero(plain, axis=1)
        ends = plain.shape[1] - np.argmax(plain[:, ::-1] > 0, axis=1)
        if (ends - starts != sizes).any() or (escapes and not counts[:, -1].all()) or int(sizes.min()) + escapes < 2:
            raise CodecError("the frequency tables have gaps")
        self.count = len(counts)
        self.escapes = escapes
        self.lows = (starts + first).astype(np.int32)
        self.sizes = sizes.astype(np.int32)
        self._first, self._starts = first, starts
        with np.errstate(divide="ignore"):
            bits = np.log2(total) - np.log2(plain)
        bits[plain == 0] = ESCAPE_BITS
        # A column more on either side, to which `bits` clips all symbols beyond the table.
        self._bits = np.pad(bits, ((0, 0), (1, 1)), constant_values=ESCAPE_BITS).astype(np.float32)
        self._counts = counts * ((1 << PRECISION) // total)  # exact: both are powers of two
        self._models: list[Any] = [None] * self.count

    def model(self, row: int) -> Any:
        """What the coder takes for one table; its symbols are counted from 0, and the escape is the last."""
        if self._models[row] is None:
            start, size = int(self._starts[row]), int(self.sizes[row])
            counts = self._counts[row, start : start + size]
            self._models[row] = exact_model(np.append(counts, self._counts[row, -1]) if self.escapes else counts)
        return self._models[row]

    def bits(self, symbols: Integers, rows: Integers) -> npt.NDArray[np.float32]:
        """About what each symbol costs, float32 (n,), for an encoder that has a choice."""
        columns = np.clip(symbols - (self._first - 1), 0, self._bits.shape[1] - 1)
        bits: npt.NDArray[np.float32] = self._bits[rows, columns]
        return bits

    def order(self, rows: Integers) -> tuple[npt.NDArray[np.intp], list[tuple[int, slice]]]:
        """The order in which symbols are coded, table by table; and each table that is used with its stretch of it.

        Raises CodecError where there is no such table.
        """
        if rows.size and not 0 <= int(rows.min()) <= int(rows.max()) < self.count:
            raise CodecError(
                f"there are {self.count} frequency tables, and rows {rows.min()} to {rows.max()} are asked"
            )
        # numpy sorts 16-bit numbers stably by radix, which is faster.
        small = rows.astype(np.uint16 if self.count <= 1 << 16 else np.int64)
        counts = np.bincount(small, minlength=self.count)
        used = np.flatnonzero(counts)
        ends = np.cumsum(counts[used]).tolist()
        stretches = [(row, slice(start, end)) for row, start, end in zip(used.tolist(), [0, *ends], ends, strict=False)]
        # Stable, since within a table the format keeps the order of places.
        return np.argsort(small, kind="stable"), stretches


def exact_model(counts: Integers) -> Any:
    """The coder's model with just these frequencies, whose sum is 2^24.

    constriction takes floating-point weights, gives every column 1 and shares the rest out: of 2^24 - n, by weights
    that sum to 2^24 - n, so that its factor is 1 and all its sums are whole numbers below 2^53.
    """
    return _stream().model.Categorical(counts.astype(np.float64) - 1, perfect=False)


@cache
def _classes() -> Any:
    """How many bits an excess has: each further bit is half as likely."""
    counts = 1 << np.arange(PRECISION - 1, PRECISION - 1 - _CLASSES, -1)
    counts[-1] += (1 << PRECISION) - counts.sum()  # the halves leave this to the sum of 2^24
    return exact_model(counts)


class Encoder:
    """Symbols to bytes, call by call."""

    def __init__(self) -> None:
        self._coder = _stream().queue.RangeEncoder()

    def encode(self, symbols: Integers, rows: Integers, tables: Tables) -> None:
        """Append symbols. symbols, rows: (n,); each symbol with the table that its row names.

        Raises CodecError for symbols beyond LIMIT.
        """
        if symbols.size and max(int(symbols.max()), -int(symbols.min())) > LIMIT:
            raise CodecError(f"a symbol lies beyond {LIMIT}")
        order, stretches = tables.order(rows)
        sizes = tables.sizes[rows[order]]
        columns = symbols[order].astype(np.int32) - tables.lows[rows[order]]
        beyond = (columns < 0) | (columns >= sizes)
        if beyond.any() and not tables.escapes:
            raise CodecError("a symbol lies beyond its table")
        coded = np.where(beyond, sizes, columns)
        for row, stretch in stretches:
            self._coder.encode(coded[stretch], tables.model(row))
        if beyond.any():
            self._encode_excess(columns[beyond], sizes[beyond])

    def _encode_excess(self, columns: Symbols, sizes: Symbols) -> None:
        below = columns < 0
        excess = np.where(below, -columns, columns - sizes + 1)
        bits = np.frexp(excess.astype(np.float64))[1].astype(np.int32)  # the exponent: exact, as no logarithm would be
        uniform = _stream().model.Uniform
        self._coder.encode(below.astype(np.int32), uniform(2))
        self._coder.encode(bits - 1, _classes())
        longer = bits > 1
        leading = np.left_shift(1, bits[longer] - 1, dtype=np.int32)
        self._coder.encode(excess[longer] - leading, uniform(), leading)

    def finish(self) -> bytes:
        """All that was encoded."""
        return bytes(self._coder.get_compressed().astype("<u4").tobytes())


class Decoder:
    """Bytes to symbols, in the calls and with the tables that encoded them."""

    def __init__(self, data: bytes) -> None:
        """Raises CodecError for bytes that no encoder wrote."""
        if len(data) % 4:
            raise CodecError("the coded symbols are not whole words")
        self._coder = _stream().queue.RangeDecoder(np.frombuffer(data, "<u4").astype(np.uint32))

    def decode(self, rows: Integers, tables: Tables) -> Symbols:
        """The next symbols, int32 (n,). rows: (n,), which table each has. Raises CodecError where there are none."""
        order, stretches = tables.order(rows)
        columns = np.empty(len(rows), np.int32)
        try:
            for row, stretch in stretches:
                columns[stretch] = self._coder.decode(tables.model(row), stretch.stop - stretch.start)
            sizes = tables.sizes[rows[order]]
            beyond = columns >= sizes
            if beyond.any():
                columns[beyond] = self._decode_excess(sizes[beyond])
        except AssertionError:  # constriction's word for a state that no encoder leaves
            raise CodecError("the coded symbols are damaged") from None
        symbols = np.empty_like(columns)
        symbols[order] = columns + tables.lows[rows[order]]
        if symbols.size and max(int(symbols.max()), -int(symbols.min())) > LIMIT:
            raise CodecError(f"a symbol lies beyond {LIMIT}")
        return symbols

    def _decode_excess(self, sizes: Symbols) -> Symbols:
        uniform = _stream().model.Uniform
        below = self._coder.decode(uniform(2), len(sizes)) == 1
        bits = self._coder.decode(_classes(), len(sizes)) + 1
        excess = np.left_shift(1, bits - 1, dtype=np.int32)
        longer = bits > 1
        excess[longer] += self._coder.decode(uniform(), excess[longer])
        columns: Symbols = np.where(below, -excess, excess + sizes - 1)
        return columns

    def finish(self) -> None:
        """Raises CodecError where words are left."""
        # False where words are left for certain, which is the most that a range decoder can tell.
        if not self._coder.maybe_exhausted():
            raise CodecError("the coded symbols go on after the last one")
