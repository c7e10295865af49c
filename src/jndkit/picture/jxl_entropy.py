"""Entropy-coded integers of JPEG XL: prefix codes or ANS, hybrid integers, LZ77, clustered contexts.

Source: ISO/IEC 18181-1, annex C (entropy decoding); RFC 7932, sections 3.4 and 3.5 (prefix codes).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from jndkit.picture.jxl_bits import Bits

_TABLE_BITS = 12  # of an ANS distribution, whose counts add up to 4096
_TABLE = 1 << _TABLE_BITS
_INITIAL_STATE = 0x130000  # where an ANS decoder must end
_WINDOW = 1 << 20
_MOST_LENGTH = 15
_LENGTH_ORDER = (1, 2, 3, 4, 0, 5, 17, 6, 16, 7, 8, 9, 10, 11, 12, 13, 14, 15)
# Code, least significant bit first, and width of the lengths of code lengths 0 to 5.
_LENGTH_CODES = ((0b00, 2), (0b0111, 4), (0b011, 3), (0b10, 2), (0b01, 2), (0b1111, 4))
# The same for the logarithms 0 to 13 of ANS counts; 13 repeats.
_COUNT_CODES = (
    *((17, 5), (11, 4), (15, 4), (3, 4), (9, 4), (7, 4), (4, 3), (2, 3), (5, 3), (6, 3), (0, 3)),
    *((33, 6), (1, 7), (65, 7)),
)
_REPEAT = 13


@dataclass(frozen=True)
class _Hybrid:
    """Tokens below 2^split stand for themselves; others for a range whose place is coded in further bits."""

    split: int
    high: int
    low: int

    def value(self, bits: Bits, token: int) -> int:
        if token < 1 << self.split:
            return token
        inner = self.high + self.low
        width = self.split - inner + ((token - (1 << self.split)) >> inner)
        if width > 32:
            raise ValueError("a number of the codestream is too large")
        top = (1 << self.high) | (token >> self.low) & ((1 << self.high) - 1)
        return ((top << width | bits.take(width)) << self.low) | token & ((1 << self.low) - 1)


def _hybrid(bits: Bits, alphabet_bits: int) -> _Hybrid:
    split = bits.take(alphabet_bits.bit_length())
    if split > alphabet_bits:
        raise ValueError("the split of an integer code is too large")
    if split == alphabet_bits:
        return _Hybrid(split, 0, 0)
    high = bits.take(split.bit_length())
    low = bits.take((split - high).bit_length()) if high <= split else split
    if high + low > split:
        raise ValueError("the parts of an integer code are too large")
    return _Hybrid(split, high, low)


def _reader(codes: tuple[tuple[int, int], ...]) -> Callable[[Bits], int]:
    """Reads one symbol of a small prefix code given by (code, width) for each symbol."""
    symbols = {code: symbol for symbol, code in enumerate(codes)}

    def read(bits: Bits) -> int:
        for width in range(1, 8):
            symbol = symbols.get((bits.peek(width), width))
            if symbol is not None:
                bits.skip(width)
                return symbol
        raise ValueError("a prefix code is damaged")

    return read


_code_length, _logarithm = _reader(_LENGTH_CODES), _reader(_COUNT_CODES)


class _Prefix:
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
            found = self._codes.get((width, code))
            if found is not None:
                return found
        raise ValueError("a prefix code is damaged")


def _prefix(bits: Bits, size: int) -> _Prefix:
    if size == 1:
        return _Prefix([1])
    skipped = bits.take(2)
    lengths = [0] * size
    if skipped == 1:
        _few_symbols(bits, lengths)
        return _Prefix(lengths)
    of_lengths, room = [0] * 18, 32
    for place in _LENGTH_ORDER[skipped:]:
        if room <= 0:
            break
        of_lengths[place] = _code_length(bits)
        room -= 32 >> of_lengths[place] if of_lengths[place] else 0
    _many_symbols(bits, lengths, _Prefix(of_lengths))
    return _Prefix(lengths)


def _few_symbols(bits: Bits, lengths: list[int]) -> None:
    count = bits.take(2) + 1
    symbols = [bits.take((len(lengths) - 1).bit_length()) for _ in range(count)]
    if len(set(symbols)) < count or max(symbols) >= len(lengths):
        raise ValueError("a prefix code names a symbol twice or one it has not")
    widths = ((1,), (1, 1), (1, 2, 2), (1, 2, 3, 3) if count == 4 and bits.flag() else (2, 2, 2, 2))[count - 1]
    for symbol, width in zip(symbols, widths, strict=True):
        lengths[symbol] = width


def _many_symbols(bits: Bits, lengths: list[int], code: _Prefix) -> None:
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


def _byte(bits: Bits) -> int:
    """U8: a number 0 to 255, small ones in few bits."""
    if not bits.flag():
        return 0
    width = bits.take(3)
    return (1 << width) + bits.take(width)


def _counts(bits: Bits, size: int) -> list[int]:
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


class _Alias:
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


class Decoder:
    """Integers of `contexts` contexts, whose codes are read from `bits` first.

    Raises ValueError for codes and numbers that the standard does not allow.
    """

    def __init__(self, bits: Bits, contexts: int, *, copies: bool = True) -> None:
        self._bits = bits
        self._least_copy: int | None = None
        if bits.flag():
            if not copies:
                raise ValueError("a code of so few contexts may not copy")
            self._least_copy = bits.number((224, 0), (512, 0), (4096, 0), (8, 15))
            self._shortest = bits.number((3, 0), (4, 0), (5, 2), (9, 8))
            self._length = _hybrid(bits, 8)
            contexts += 1
        self._cluster = _clusters(bits, contexts) if contexts > 1 else [0]
        clusters = max(self._cluster) + 1
        by_prefix = bits.flag()
        alphabet_bits = 15 if by_prefix else 5 + bits.take(2)
        self._hybrids = [_hybrid(bits, alphabet_bits) for _ in range(clusters)]
        self._prefixes: list[_Prefix] = []
        self._aliases: list[_Alias] = []
        self._state: int | None = None
        if by_prefix:
            sizes = [1 + (_short(bits) if bits.flag() else 0) for _ in range(clusters)]
            self._prefixes = [_prefix(bits, size) for size in sizes]
        else:
            counts = [_counts(bits, 1 << alphabet_bits) for _ in range(clusters)]
            self._aliases = [_Alias(each, alphabet_bits) for each in counts]
        self._said: list[int] = []
        self._copying = 0
        self._from = 0

    def _symbol(self, cluster: int) -> int:
        if self._prefixes:
            return self._prefixes[cluster].symbol(self._bits)
        if self._state is None:
            self._state = self._bits.take(32)
        symbol, state = self._aliases[cluster].step(self._state)
        if state < 1 << 16:
            state = state << 16 | self._bits.take(16)
        self._state = state
        return symbol

    def integer(self, context: int) -> int:
        """The next integer, which lies in this context."""
        if self._copying == 0:
            cluster = self._cluster[context]
            token = self._symbol(cluster)
            if self._least_copy is None or token < self._least_copy:
                value = self._hybrids[cluster].value(self._bits, token)
                if self._least_copy is not None:
                    self._said.append(value)
                return value
            self._copying = self._length.value(self._bits, token - self._least_copy) + self._shortest
            last = self._cluster[-1]
            back = self._hybrids[last].value(self._bits, self._symbol(last)) + 1
            self._from = len(self._said) - min(back, len(self._said), _WINDOW)
        value = self._said[self._from] if self._from < len(self._said) else 0
        self._copying, self._from = self._copying - 1, self._from + 1
        self._said.append(value)
        return value

    def finish(self) -> None:
        """Raise ValueError unless the coder ended where it began, as it does in undamaged data."""
        if self._state is not None and self._state != _INITIAL_STATE:
            raise ValueError("the checksum of its entropy coder does not hold")


def _short(bits: Bits) -> int:
    width = bits.take(4)
    return (1 << width) + bits.take(width)


def _clusters(bits: Bits, contexts: int) -> list[int]:
    """Which code each context uses."""
    if bits.flag():
        width = bits.take(2)
        found = [bits.take(width) for _ in range(contexts)]
    else:
        moved = bits.flag()
        inner = Decoder(bits, 1, copies=contexts > 2)
        found = [inner.integer(0) for _ in range(contexts)]
        inner.finish()
        if max(found) > 255:
            raise ValueError("a context has no code")
        if moved:
            recent = list(range(256))
            for i, place in enumerate(found):
                found[i] = recent.pop(place)
                recent.insert(0, found[i])
    if len(set(found)) != max(found) + 1:
        raise ValueError("a code has no context")
    return found
