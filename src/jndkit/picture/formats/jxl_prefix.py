"""Prefix codes of JPEG XL, as Brotli has them.

Source: ISO/IEC 18181-1, annex C.2 (prefix codes); RFC 7932, sections 3.4 and 3.5.
"""

from __future__ import annotations

from collections.abc import Callable

from jndkit.picture.formats.jxl_bits import Bits

_MOST_LENGTH = 15
_LENGTH_ORDER = (1, 2, 3, 4, 0, 5, 17, 6, 16, 7, 8, 9, 10, 11, 12, 13, 14, 15)
# Code, least significant bit first, and width of the lengths of code lengths 0 to 5.
_LENGTH_CODES = ((0b00, 2), (0b0111, 4), (0b011, 3), (0b10, 2), (0b01, 2), (0b1111, 4))


def small_code(codes: tuple[tuple[int, int], ...]) -> Callable[[Bits], int]:
    """A function that reads one symbol of a small prefix code given by (code, width) for each symbol."""
    symbols = {code: symbol for symbol, code in enumerate(codes)}

    def read(bits: Bits) -> int:
        for width in range(1, 8):
            symbol = symbols.get((bits.peek(width), width))
            if symbol is not None:
                bits.skip(width)
                return symbol
        raise ValueError("a prefix code is damaged")

    return read


_code_length = small_code(_LENGTH_CODES)


class Prefix:
    """A canonical prefix code; `lengths` gives the bits of each symbol's code, 0 for none."""

    def __init__(self, lengths: list[int]) -> None:
        used = [symbol for symbol, length in enumerate(lengths) if length]
        self._only = used[0] if len(used) == 1 else None
        self._codes: dict[tuple[int, int], int] = {}
        if self._only is not None:
            return
        code = 0
        for width in range(1, _MOST_LENGTH + 1):
            for symbol in used:
                if lengths[symbol] == width:
                    self._codes[width, code] = symbol
                    code += 1
            code <<= 1
        if code != 2 << _MOST_LENGTH:
            raise ValueError("a prefix code is not complete")

    def symbol(self, bits: Bits) -> int:
        if self._only is not None:
            return self._only
        code = 0
        for width in range(1, _MOST_LENGTH + 1):
            code = code << 1 | bits.take(1)
            symbol = self._codes.get((width, code))
            if symbol is not None:
                return symbol
        raise ValueError("a prefix code is damaged")


def read_prefix(bits: Bits, size: int) -> Prefix:
    """The code of an alphabet of `size` symbols. Raises ValueError where it is damaged."""
    if size == 1:
        return Prefix([1])
    skipped = bits.take(2)
    lengths = [0] * size
    if skipped == 1:
        _few_symbols(bits, lengths)
        return Prefix(lengths)
    of_lengths, room = [0] * 18, 32  # lengths of up to 5 bits fill 32 places; full, the code is complete
    for place in _LENGTH_ORDER[skipped:]:
        if room <= 0:
            break
        of_lengths[place] = _code_length(bits)
        room -= 32 >> of_lengths[place] if of_lengths[place] else 0
    _many_symbols(bits, lengths, Prefix(of_lengths))
    return Prefix(lengths)


def _few_symbols(bits: Bits, lengths: list[int]) -> None:
    count = bits.take(2) + 1
    symbols = [bits.take((len(lengths) - 1).bit_length()) for _ in range(count)]
    if len(set(symbols)) < count or max(symbols) >= len(lengths):
        raise ValueError("a prefix code names a symbol twice, or one that does not exist")
    widths = ((1,), (1, 1), (1, 2, 2), (1, 2, 3, 3) if count == 4 and bits.flag() else (2, 2, 2, 2))[count - 1]
    for symbol, width in zip(symbols, widths, strict=True):
        lengths[symbol] = width


def _many_symbols(bits: Bits, lengths: list[int], code: Prefix) -> None:
    at, room, before, repeated, repeating = 0, 1 << _MOST_LENGTH, 8, 0, 0
    while at < len(lengths) and room > 0:
        length = code.symbol(bits)
        if length < 16:
            lengths[at] = length
            at, repeated = at + 1, 0
            if length:
                before = length
                room -= 1 << (_MOST_LENGTH - length)
            continue
        width, value = (2, before) if length == 16 else (3, 0)
        if repeating != length:
            repeated = 0
        done, repeating = repeated, length
        repeated = ((repeated - 2) << width if repeated else 0) + 3 + bits.take(width)
        count = repeated - done
        if at + count > len(lengths):
            raise ValueError("a prefix code has too many symbols")
        lengths[at : at + count] = [value] * count
        at += count
        room -= count << (_MOST_LENGTH - value) if value else 0
