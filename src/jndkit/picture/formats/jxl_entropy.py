"""Entropy-coded integers of JPEG XL: prefix codes or ANS, hybrid integers, LZ77, clustered contexts.

Source: ISO/IEC 18181-1, annex C (entropy decoding).
"""

from __future__ import annotations

from dataclasses import dataclass

from jndkit.picture.formats.jxl_ans import Alias, read_counts
from jndkit.picture.formats.jxl_bits import Bits
from jndkit.picture.formats.jxl_prefix import Prefix, read_prefix

_INITIAL_STATE = 0x130000  # where an ANS decoder must end
_WINDOW = 1 << 20


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
        self._prefixes: list[Prefix] = []
        self._aliases: list[Alias] = []
        self._state: int | None = None
        if by_prefix:
            sizes = [1 + (_short(bits) if bits.flag() else 0) for _ in range(clusters)]
            self._prefixes = [read_prefix(bits, size) for size in sizes]
        else:
            counts = [read_counts(bits, 1 << alphabet_bits) for _ in range(clusters)]
            self._aliases = [Alias(distribution, alphabet_bits) for distribution in counts]
        self._values: list[int] = []
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
                    self._values.append(value)
                return value
            self._copying = self._length.value(self._bits, token - self._least_copy) + self._shortest
            last = self._cluster[-1]
            back = self._hybrids[last].value(self._bits, self._symbol(last)) + 1
            self._from = len(self._values) - min(back, len(self._values), _WINDOW)
        value = self._values[self._from] if self._from < len(self._values) else 0
        self._copying, self._from = self._copying - 1, self._from + 1
        self._values.append(value)
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
        clusters = [bits.take(width) for _ in range(contexts)]
    else:
        moved = bits.flag()
        inner = Decoder(bits, 1, copies=contexts > 2)
        clusters = [inner.integer(0) for _ in range(contexts)]
        inner.finish()
        if max(clusters) > 255:
            raise ValueError("a context has no code")
        if moved:
            recent = list(range(256))
            for i, place in enumerate(clusters):
                clusters[i] = recent.pop(place)
                recent.insert(0, clusters[i])
    if len(set(clusters)) != max(clusters) + 1:
        raise ValueError("a code has no context")
    return clusters
