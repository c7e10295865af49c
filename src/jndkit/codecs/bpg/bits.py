"""The bits of HEVC headers: fixed-length and Exp-Golomb codes, and the bytes that keep start codes out of them.

Source: ITU-R Rec. H.265, clauses 7.2 (u, trailing bits), 7.3.1.1 (emulation prevention), 9.2 (ue and se).
"""

from __future__ import annotations

import re

_LONGEST = 32  # zeros before the marker of an Exp-Golomb code


class BitReader:
    """Reads from the most significant bit of each byte on. Every method raises ValueError beyond the last bit."""

    def __init__(self, data: bytes) -> None:
        self._value = int.from_bytes(data)
        self._left = 8 * len(data)

    def u(self, count: int) -> int:
        """An unsigned number of so many bits."""
        if count > self._left:
            raise ValueError("it ends too early")
        self._left -= count
        return (self._value >> self._left) & ((1 << count) - 1)

    def flag(self) -> bool:
        return bool(self.u(1))

    def ue(self) -> int:
        """An unsigned Exp-Golomb code."""
        zeros = 0
        while not self.u(1):
            zeros += 1
            if zeros > _LONGEST:
                raise ValueError("a number is too long")
        return (1 << zeros) - 1 + self.u(zeros)

    def se(self) -> int:
        """A signed Exp-Golomb code: 0, 1, -1, 2, -2, ..."""
        code = self.ue()
        return (code + 1) // 2 if code % 2 else -(code // 2)

    def rest(self) -> int:
        """What is left, as a number."""
        return self.u(self._left)


class BitWriter:
    """Writes from the most significant bit of each byte on."""

    def __init__(self) -> None:
        self._bits: list[str] = []

    def u(self, value: int, count: int) -> None:
        """An unsigned number of so many bits."""
        self._bits.append(f"{value:0{count}b}")

    def flag(self, value: bool) -> None:
        self.u(int(value), 1)

    def ue(self, value: int) -> None:
        """An unsigned Exp-Golomb code."""
        digits = f"{value + 1:b}"
        self._bits.append("0" * (len(digits) - 1) + digits)

    def aligned(self) -> bytes:
        """The bytes, the last one filled with zeros."""
        bits = "".join(self._bits)
        bits += "0" * (-len(bits) % 8)
        return int(bits, 2).to_bytes(len(bits) // 8) if bits else b""

    def trailed(self) -> bytes:
        """The bytes after the trailing bits of a NAL unit: a one, and zeros."""
        self.u(1, 1)
        return self.aligned()


def escaped(payload: bytes) -> bytes:
    """With a 3 after two zeros before a byte of 0 to 3."""
    return re.sub(b"\0\0(?=[\0-\3])", b"\0\0\3", payload)


def unescaped(payload: bytes) -> bytes:
    """Without the bytes that `escaped` put in."""
    return payload.replace(b"\0\0\3", b"\0\0")
