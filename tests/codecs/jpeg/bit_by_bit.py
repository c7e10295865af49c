"""A decoder of JPEG coefficients that reads bit by bit, as the figures of ITU-T T.81 draw it: slow, and short."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import ceil

import numpy as np
import numpy.typing as npt

from jndkit.codecs.jpeg import Coefficients, Component

# T.81, figure A.6, as it is printed there.
ZIGZAG = [
    *(0, 1, 8, 16, 9, 2, 3, 10, 17, 24, 32, 25, 18, 11, 4, 5),
    *(12, 19, 26, 33, 40, 48, 41, 34, 27, 20, 13, 6, 7, 14, 21, 28),
    *(35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23, 30, 37, 44, 51),
    *(58, 59, 52, 45, 38, 31, 39, 46, 53, 60, 61, 54, 47, 55, 62, 63),
]

Codes = dict[tuple[int, int], int]  # length and word -> symbol


@dataclass
class Part:
    """One component: sampling factors, number of its table, blocks a row and a column, and what was decoded."""

    across: int
    down: int
    table: int
    rows: int = 0
    columns: int = 0
    blocks: dict[tuple[int, int], list[int]] = field(default_factory=dict)

    def block(self, row: int, column: int) -> list[int]:
        return self.blocks.setdefault((row, column), [0] * 64)

    def array(self) -> npt.NDArray[np.int16]:
        """int16 (rows, columns, 8, 8), without what only pads a unit."""
        found = np.zeros((self.rows, self.columns, 64), np.int16)
        for row in range(self.rows):
            for column in range(self.columns):
                found[row, column, ZIGZAG] = self.block(row, column)
        return found.reshape(self.rows, self.columns, 8, 8)


@dataclass
class Decoder:
    data: bytes
    parts: dict[int, Part] = field(default_factory=dict)
    tables: dict[int, list[int]] = field(default_factory=dict)
    codes: dict[int, Codes] = field(default_factory=dict)
    width: int = 0
    height: int = 0
    scans: list[tuple[int, ...]] = field(default_factory=list)
    bits: str = ""
    at: int = 0
    ended: int = 0

    def decode(self) -> list[npt.NDArray[np.int16]]:
        """The coefficients of each component."""
        at = 2
        while self.data[at + 1] != 0xD9:
            marker, length = self.data[at + 1], int.from_bytes(self.data[at + 2 : at + 4])
            body = self.data[at + 4 : at + 2 + length]
            at += 2 + length
            if marker in (0xC0, 0xC2):
                self.frame(body)
            elif marker == 0xDB:
                for start in range(0, len(body), 65):
                    self.tables[body[start]] = list(body[start + 1 : start + 65])
            elif marker == 0xC4:
                self.huffman(body)
            elif marker == 0xDA:
                end = at
                while self.data[end] != 0xFF or self.data[end + 1] == 0:
                    end += 1
                self.scan(body, self.data[at:end].replace(b"\xff\0", b"\xff"))
                at = end
        return [part.array() for part in self.parts.values()]

    def frame(self, body: bytes) -> None:
        self.height, self.width = int.from_bytes(body[1:3]), int.from_bytes(body[3:5])
        for start in range(6, len(body), 3):
            self.parts[body[start]] = Part(body[start + 1] >> 4, body[start + 1] & 15, body[start + 2])
        for part in self.parts.values():
            part.rows = ceil(ceil(self.height * part.down / self.most("down")) / 8)
            part.columns = ceil(ceil(self.width * part.across / self.most("across")) / 8)

    def most(self, axis: str) -> int:
        return max(int(getattr(part, axis)) for part in self.parts.values())

    def huffman(self, body: bytes) -> None:
        while body:
            kind, counts, body = body[0], body[1:17], body[17:]
            codes, word = {}, 0
            for length, count in enumerate(counts, 1):
                for symbol in body[:count]:
                    codes[length, word] = symbol
                    word += 1
                body = body[count:]
                assert word < 1 << length or not count, "a code of ones alone"
                word <<= 1
            self.codes[kind] = codes

    def scan(self, header: bytes, data: bytes) -> None:
        chosen = [(self.parts[header[1 + 2 * n]], header[2 + 2 * n]) for n in range(header[0])]
        low, high, bits = header[-3:]
        self.scans.append((*header[1 : 1 + 2 * header[0] : 2], low, high, bits >> 4, bits & 15))
        self.bits, self.at, self.ended = "".join(f"{byte:08b}" for byte in data), 0, 0
        predictions = dict.fromkeys((id(part) for part, _ in chosen), 0)
        for part, row, column, selectors in self.order(chosen):
            block = part.block(row, column)
            if low == 0:
                self.dc(block, self.codes.get(selectors >> 4, {}), predictions, id(part), bits)
            if high and not bits >> 4:
                self.ac(block, self.codes[0x10 | selectors & 15], max(low, 1), high, bits & 15)
            elif high:
                self.refine(block, self.codes[0x10 | selectors & 15], low, high, bits & 15)
        assert self.bits[self.at :] == "1" * (len(self.bits) - self.at)
        assert len(self.bits) - self.at < 8

    def order(self, chosen: list[tuple[Part, int]]) -> list[tuple[Part, int, int, int]]:
        if len(chosen) == 1:
            ((part, tables),) = chosen
            return [(part, row, column, tables) for row in range(part.rows) for column in range(part.columns)]
        down, across = ceil(self.height / 8 / self.most("down")), ceil(self.width / 8 / self.most("across"))
        return [
            (part, row * part.down + y, column * part.across + x, tables)
            for row in range(down)
            for column in range(across)
            for part, tables in chosen
            for y in range(part.down)
            for x in range(part.across)
        ]

    def take(self, count: int) -> int:
        self.at += count
        assert self.at <= len(self.bits)
        return int(self.bits[self.at - count : self.at] or "0", 2)

    def symbol(self, codes: Codes) -> int:
        word = 0
        for length in range(1, 17):
            word = word << 1 | self.take(1)
            if (length, word) in codes:
                return codes[length, word]
        raise AssertionError("no such code")

    def value(self, size: int) -> int:
        bits = self.take(size)
        return bits if not size or bits >> (size - 1) else bits - (1 << size) + 1

    def dc(self, block: list[int], codes: Codes, before: dict[int, int], key: int, bits: int) -> None:
        if bits >> 4:
            block[0] |= self.take(1) << (bits & 15)
            return
        before[key] += self.value(self.symbol(codes))
        block[0] = before[key] << (bits & 15)

    def ac(self, block: list[int], codes: Codes, low: int, high: int, shift: int) -> None:
        if self.ended:
            self.ended -= 1
            return
        place = low
        while place <= high:
            symbol = self.symbol(codes)
            run, size = symbol >> 4, symbol & 15
            if size:
                place += run
                block[place] = self.value(size) * (1 << shift)
            elif run < 15:
                self.ended = (1 << run) + self.take(run) - 1
                return
            else:
                place += 15
            place += 1

    def refine(self, block: list[int], codes: Codes, low: int, high: int, shift: int) -> None:
        place = low
        while place <= high and not self.ended:
            symbol = self.symbol(codes)
            run, size = symbol >> 4, symbol & 15
            if not size and run < 15:
                self.ended = (1 << run) + self.take(run)
                break
            sign = self.take(1) if size else 0
            while place <= high and (block[place] or run):
                if block[place]:
                    self.correct(block, place, shift)
                else:
                    run -= 1
                place += 1
            if size:
                block[place] = (1 if sign else -1) << shift
            place += 1
        if self.ended:
            for rest in range(place, high + 1):
                if block[rest]:
                    self.correct(block, rest, shift)
            self.ended -= 1

    def correct(self, block: list[int], place: int, shift: int) -> None:
        if self.take(1):
            block[place] += (1 << shift) if block[place] > 0 else -(1 << shift)


def decoded(data: bytes) -> Coefficients:
    """The coefficients of any file, bit by bit."""
    decoder = Decoder(data)
    found = decoder.decode()
    components = []
    for part, blocks in zip(decoder.parts.values(), found, strict=True):
        table = np.zeros(64, np.uint16)
        table[ZIGZAG] = decoder.tables[part.table]
        components.append(Component(blocks, table.reshape(8, 8), part.across, part.down))
    return Coefficients(decoder.width, decoder.height, tuple(components))
