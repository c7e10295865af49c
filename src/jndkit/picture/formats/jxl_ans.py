"""Distributions of JPEG XL's asymmetric numeral systems, and the alias tables that decode with them.

Source: ISO/IEC 18181-1, annex C.2 (ANS distributions and symbols).
"""

from __future__ import annotations

from jndkit.picture.formats.jxl_bits import Bits
from jndkit.picture.formats.jxl_prefix import small_code

_TABLE_BITS = 12  # of an ANS distribution, whose counts add up to 4096
_TABLE = 1 << _TABLE_BITS
# Code, least significant bit first, and width of the logarithms 0 to 13 of ANS counts; 13 repeats.
_COUNT_CODES = (
    *((17, 5), (11, 4), (15, 4), (3, 4), (9, 4), (7, 4), (4, 3), (2, 3), (5, 3), (6, 3), (0, 3)),
    *((33, 6), (1, 7), (65, 7)),
)
_REPEAT = 13
_logarithm = small_code(_COUNT_CODES)


def _byte(bits: Bits) -> int:
    """U8: a number 0 to 255, small ones in few bits."""
    if not bits.flag():
        return 0
    width = bits.take(3)
    return (1 << width) + bits.take(width)


def read_counts(bits: Bits, size: int) -> list[int]:
    """An ANS distribution: how many of the 4096 states each symbol has."""
    if bits.flag():
        symbols = [_byte(bits) for _ in range(2 if bits.flag() else 1)]
        counts = [0] * (max(symbols) + 1)
        counts[symbols[0]] = bits.take(_TABLE_BITS) if len(symbols) == 2 else _TABLE
        if len(symbols) == 2:
            if symbols[0] == symbols[1]:
                raise ValueError("a distribution names a symbol twice")
            counts[symbols[1]] = _TABLE - counts[symbols[0]]
    elif bits.flag():
        alphabet = _byte(bits) + 1
        counts = [_TABLE // alphabet + (symbol < _TABLE % alphabet) for symbol in range(alphabet)]
    else:
        counts = _measured_counts(bits)
    if len(counts) > size:
        raise ValueError("a distribution has too many symbols")
    return counts + [0] * (size - len(counts))


def _measured_counts(bits: Bits) -> list[int]:
    length = 0
    while length < 3 and bits.flag():
        length += 1
    shift = bits.take(length) + (1 << length) - 1
    if shift > _TABLE_BITS + 1:
        raise ValueError("the precision of a distribution is too high")
    alphabet = _byte(bits) + 3
    logarithms: list[int] = []
    repeated: dict[int, int] = {}
    while len(logarithms) < alphabet:
        logarithm = _logarithm(bits)
        if logarithm == _REPEAT:
            repeated[len(logarithms)] = _byte(bits) + 4
            logarithms += [0] * repeated[len(logarithms)]
        else:
            logarithms.append(logarithm)
    if len(logarithms) > alphabet:
        raise ValueError("a distribution repeats beyond its end")
    implied = logarithms.index(max(logarithms))
    counts: list[int] = []
    while len(counts) < alphabet:
        at = len(counts)
        if at in repeated:
            counts += [counts[-1] if counts else 0] * repeated[at]
        elif at == implied or logarithms[at] < 2:
            counts.append(0 if at == implied else logarithms[at])
        else:
            whole = logarithms[at] - 1
            width = min(max(0, shift - ((_TABLE_BITS - whole) >> 1)), whole)
            counts.append((1 << whole) + (bits.take(width) << (whole - width)))
    counts[implied] = _TABLE - sum(counts)
    if counts[implied] <= 0 or implied + 1 in repeated:
        raise ValueError("the counts of a distribution do not add up")
    return counts


class Alias:
    """The alias table of an ANS distribution: from the low bits of the state to a symbol and its next state."""

    def __init__(self, counts: list[int], alphabet_bits: int) -> None:
        self._counts = counts
        self._bucket_bits = _TABLE_BITS - alphabet_bits
        bucket, size = 1 << self._bucket_bits, 1 << alphabet_bits
        self._other, self._offset, self._cut = list(range(size)), [0] * size, list(counts)
        if _TABLE in counts:
            self._other = [counts.index(_TABLE)] * size
            self._offset, self._cut = [bucket * i for i in range(size)], [0] * size
            return
        over = [i for i in range(size) if self._cut[i] > bucket]
        under = [i for i in range(size) if self._cut[i] < bucket]
        while over:
            full, part = over.pop(), under.pop()
            self._cut[full] -= bucket - self._cut[part]
            self._other[part], self._offset[part] = full, self._cut[full]
            if self._cut[full] < bucket:
                under.append(full)
            elif self._cut[full] > bucket:
                over.append(full)
        for i in range(size):
            if self._cut[i] == bucket:
                self._other[i], self._offset[i], self._cut[i] = i, 0, 0
            else:
                self._offset[i] -= self._cut[i]

    def step(self, state: int) -> tuple[int, int]:
        """A symbol and the state after it, before it is filled up."""
        low = state & (_TABLE - 1)
        bucket, place = low >> self._bucket_bits, low & ((1 << self._bucket_bits) - 1)
        if place >= self._cut[bucket]:
            symbol, place = self._other[bucket], place + self._offset[bucket]
        else:
            symbol = bucket
        return symbol, self._counts[symbol] * (state >> _TABLE_BITS) + place
