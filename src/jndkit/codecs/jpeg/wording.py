"""What the words of a scan say: how long they are, which coefficient each gives, and in which block.

Source: ITU-T T.81, F.2.2 (decoding of DC and AC coefficients), G.2.2 (runs of ended bands).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from jndkit.codecs.jpeg.lanes import PLACES, Bits, Integers, Machine, words
from jndkit.codecs.jpeg.parsing import File, Scan, Words
from jndkit.codecs.jpeg.turns import Turns


@dataclass(frozen=True, eq=False)
class Tables:
    """The Huffman tables of a scan. machine: as `lanes` takes it.  found: uint16, those of all `Words`, one after the
    other, as `machine.table_of` counts them.
    """

    machine: Machine
    found: npt.NDArray[np.uint16]

    @classmethod
    def of(cls, scan: Scan, pattern: npt.NDArray[np.int64]) -> Tables:
        used: list[tuple[Words, bool]] = []

        def place(table: Words | None, dc: bool) -> int:
            assert table is not None
            for at, (other, kind) in enumerate(used):
                if kind == dc and (other is table or np.array_equal(other.found, table.found)):
                    return at
            used.append((table, dc))
            return len(used) - 1

        at_block = []
        for number in pattern.tolist():
            selected = scan.parts.index(number)
            dc = place(scan.dc[selected], True) if scan.low == 0 else -1
            at_block.append((dc, place(scan.ac[selected], False) if scan.high else -1))
        if len({*at_block}) == 1:
            at_block = at_block[:1]  # turns that no table tells apart would never fall into step
        count = len(at_block)
        table_of = np.zeros(count * PLACES, np.int64)
        follows = np.arange((count + 1) * PLACES)
        for block, (dc, ac) in enumerate(at_block):
            here = block * PLACES
            table_of[here : here + PLACES] = ac * 65536
            if scan.low == 0:
                table_of[here] = dc * 65536
            follows[here + scan.high + 1 : here + PLACES] = (block + 1) % count * PLACES + scan.low
        moves = [_moves(table.found, dc, scan.low > 0) for table, dc in used]
        machine = Machine(scan.low, table_of, np.concatenate(moves), follows)
        return cls(machine, np.concatenate([table.found for table, _ in used]))


def _moves(found: npt.NDArray[np.uint16], dc: bool, progressive: bool) -> npt.NDArray[np.uint16]:
    lengths, runs, sizes = found >> 8, (found & 255) >> 4, found & 15
    onward = runs + 1
    following = sizes.copy()
    if dc:
        onward[:], following = 1, np.minimum(found & 255, 16)
    else:
        ends = (sizes == 0) & (runs < 15)
        onward[ends] = 64
        if progressive:
            following[ends] = runs[ends]
    # What is no word leads on all the same: a guess may stand anywhere.
    return np.where(found == 0, 1 << 8 | 64, (lengths + following) << 8 | onward).astype(np.uint16)


@dataclass(frozen=True, eq=False)
class Symbols:
    """What the words of a first scan say.

    block: (N,), in the order of the scan.  place: (N,), 0 to 63.  value: (N,), without the bits still to come.
    """

    block: Integers
    place: Integers
    value: Integers

    @classmethod
    def of(cls, file: File, scan: Scan, turns: Turns, bits: Bits) -> Symbols:
        """Raises DamagedError."""
        tables = Tables.of(scan, turns.pattern)
        at, state = words(bits, tables.machine)
        found = tables.found[tables.machine.table_of[state] + bits.peek(at)].astype(np.int64)
        length, run, size = found >> 8, (found & 255) >> 4, found & 15
        place = state % PLACES
        dc = place == 0
        size[dc] = np.minimum(found[dc] & 255, 16)
        run[dc] = 0
        end = ~dc & (size == 0) & (run < 15)
        # How many blocks each word ends.
        ended = (end | (place + run >= scan.high)).astype(np.int64)
        if scan.low:
            ended[end] = (1 << run[end]) + bits.values(at[end] + length[end], run[end])
        block = np.cumsum(ended) - ended
        first = np.searchsorted(at, bits.starts)
        total = np.append(block, block[-1:] + ended[-1:] if len(block) else [0])
        interval = np.searchsorted(bits.starts, at, "right") - 1
        block += (turns.bounds[:-1] - total[first])[interval]
        inside = block < turns.bounds[1:][interval]
        if (np.diff(np.append(total[first], total[-1])) < np.diff(turns.bounds)).any():
            raise file.damaged("the JPEG file is truncated: a scan ends early")
        last = at + length + np.where(end & (scan.low > 0), run, size)
        if (inside & ((found == 0) | (last > bits.ends[interval]) | (~end & (place + run > scan.high)))).any():
            raise file.damaged("a JPEG scan is damaged")
        kept = inside & (size > 0)
        block, place, size = block[kept], (place + run)[kept], size[kept]
        value = bits.values((at + length)[kept], size)
        value -= np.where(value >> (size - 1) == 0, (1 << size) - 1, 0)
        return cls(block, place, value)
