"""The bits of a JPEG XL codestream, least significant first, and the numbers its headers are made of.

Source: ISO/IEC 18181-1, annex B (headers: U32, U64, Enum).
"""

from __future__ import annotations


class Bits:
    """A reader of `data`. at: how many bits have been taken.  All methods raise ValueError past the end."""

    def __init__(self, data: bytes | memoryview, at: int = 0) -> None:
        self._data = memoryview(data)
        self._end = 8 * len(data)
        self.at = at

    def peek(self, count: int) -> int:
        """The next bits without taking them; zeros follow the end."""
        whole = int.from_bytes(self._data[self.at >> 3 : (self.at + count + 7) >> 3], "little")
        return (whole >> (self.at & 7)) & ((1 << count) - 1)

    def skip(self, count: int) -> None:
        if self.at + count > self._end:
            raise ValueError("the header is cut off")
        self.at += count

    def take(self, count: int) -> int:
        value = self.peek(count)
        self.skip(count)
        return value

    def flag(self) -> bool:
        return bool(self.take(1))

    def number(self, *choices: tuple[int, int]) -> int:
        """U32: two bits choose a (base, width of the rest) pair."""
        base, width = choices[self.take(2)]
        return base + self.take(width)

    def enum(self) -> int:
        return self.number((0, 0), (1, 0), (2, 4), (18, 6))

    def long(self) -> int:
        """U64."""
        kind = self.take(2)
        if kind < 3:
            base, width = ((0, 0), (1, 4), (17, 8))[kind]
            return base + self.take(width)
        value, shift = self.take(12), 12
        while self.flag():
            width = 4 if shift == 60 else 8
            value |= self.take(width) << shift
            if width == 4:
                break
            shift += width
        return value

    def align(self) -> None:
        """Go on at the next whole byte."""
        self.skip(-self.at & 7)
