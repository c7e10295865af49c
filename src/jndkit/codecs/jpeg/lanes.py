"""The words of a scan, found in many places of it at once.

Where a word begins is known only once all words before it are read. But a reader that begins anywhere soon falls into
step with the true words, as codes of several lengths do. So the scan is cut into lanes, which are read side by side,
each from a guess; then each lane is read again from where the lane before it ended, until it meets what it has read.
Source: Klein and Wiseman, "Parallel Huffman decoding with applications to JPEG files", 2003; Weissenberger and Schmidt,
"Accelerating JPEG decompression on GPUs", 2021.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Integers = npt.NDArray[np.int64]

PLACES = 128
"""States of a block: the coefficient that is due, and what a run may reach beyond the last one."""

_LANE = 2048  # bits
_STEPS = 8  # words read between two looks at which lanes have ended
_PASSES = 24  # over lanes that are not in step, before they are read one after the other
_MARGIN = 8  # bytes behind the data that may be looked at


@dataclass(frozen=True, eq=False)
class Machine:
    """How a state and sixteen bits lead to the next state. A state is PLACES times the number of a block in its turn,
    plus the coefficient that is due.

    start: the state that a scan begins in.  table_of: int64, state -> where its table begins in `moves`.
    moves: uint16 (tables * 65536,), bits to go on times 256, plus coefficients to go on; of all that sixteen bits say.
    follows: int64, state plus coefficients gone on -> state.
    """

    start: int
    table_of: Integers
    moves: npt.NDArray[np.uint16]
    follows: Integers


@dataclass(frozen=True, eq=False)
class Bits:
    """Bytes of one or more intervals, each of which begins anew.

    windows: uint32, of each byte that and the next three.  starts, ends: the first bit of each interval, and that after
    its last.
    """

    windows: npt.NDArray[np.uint32]
    starts: Integers
    ends: Integers

    @classmethod
    def of(cls, intervals: Sequence[bytes]) -> Bits:
        sizes = np.array([len(interval) for interval in intervals], np.int64)
        stops = np.cumsum(sizes)
        data = np.frombuffer(b"".join([*intervals, bytes(_MARGIN)]), np.uint8).astype(np.uint32)
        windows = data[:-3] << 24 | data[1:-2] << 16 | data[2:-1] << 8 | data[3:]
        return cls(np.asarray(windows, np.uint32), 8 * (stops - sizes), 8 * stops)

    def peek(self, at: Integers) -> npt.NDArray[np.uint32]:
        """Sixteen bits from each place on, which a margin may reach behind the last."""
        shifts = (16 - (at & 7)).astype(np.uint32)
        return np.asarray(self.windows[at >> 3] >> shifts & 0xFFFF)

    def values(self, at: Integers, counts: npt.NDArray[np.integer]) -> Integers:
        """`counts` bits from each place on, at most 16."""
        return self.peek(at).astype(np.int64) >> (16 - counts.astype(np.int64))


def words(bits: Bits, machine: Machine) -> tuple[Integers, Integers]:
    """The bit that each word begins at and the state it is read in, in order; of every interval up to its end.

    What stands behind the last block of an interval is read like words.
    """
    marks = _Marks(bits, machine)
    marks.read_apart()
    for _ in range(_PASSES):
        if not marks.read_on():
            break
    else:
        marks.read_in_turn()
    at = np.flatnonzero(marks.states)
    return at, marks.states[at].astype(np.int64) - 1


class _Marks:
    """states: uint16, of each bit 0, or one more than the state that a word begins in there."""

    def __init__(self, bits: Bits, machine: Machine) -> None:
        self.bits, self.machine = bits, machine
        counts = np.maximum((bits.ends - bits.starts) // _LANE, 1)
        firsts = np.cumsum(counts) - counts
        nth = np.arange(counts.sum()) - np.repeat(firsts, counts)
        self.starts = np.repeat(bits.starts, counts) + nth * _LANE
        self.ends = np.append(self.starts[1:], bits.ends[-1])
        self.opens = nth == 0  # lanes that begin an interval, where nothing is a guess
        self.states = np.zeros(8 * len(bits.windows), np.uint16)
        self.entry = self.starts.copy()
        self.entry_state = np.full(len(self.starts), machine.start)
        self.exit, self.exit_state = self.entry.copy(), self.entry_state.copy()

    def read_apart(self) -> None:
        """Every lane from a guess."""
        self._read(np.arange(len(self.starts)))

    def read_on(self) -> bool:
        """Every lane that began where the one before it did not end, from there. Whether there was any."""
        wrong = np.flatnonzero(self._out_of_step())
        if not len(wrong):
            return False
        self.entry[wrong], self.entry_state[wrong] = self.exit[wrong - 1], self.exit_state[wrong - 1]
        self._read(wrong)
        return True

    def read_in_turn(self) -> None:
        """One lane after the other, word by word: for codes that never fall into step, where reading in passes would
        mend one lane in each.
        """
        windows, moves, marks = self.bits.windows.data, self.machine.moves.data, self.states.data
        table_of, follows = self.machine.table_of.tolist(), self.machine.follows.tolist()
        for lane in range(1, len(self.starts)):
            at, state, end = int(self.exit[lane - 1]), int(self.exit_state[lane - 1]), int(self.ends[lane])
            if self.opens[lane] or (at, state) == (self.entry[lane], self.entry_state[lane]):
                continue
            found: list[tuple[int, int]] = []
            while at < end and marks[at] != state + 1:
                found.append((at, state))
                move = moves[table_of[state] + (windows[at >> 3] >> (16 - (at & 7)) & 0xFFFF)]
                at, state = at + (move >> 8), follows[state + (move & 255)]
            if at >= end:
                self.exit[lane], self.exit_state[lane] = at, state
            self.states[self.starts[lane] : min(at, end)] = 0
            for place, before in found:
                marks[place] = before + 1

    def _out_of_step(self) -> npt.NDArray[np.bool_]:
        differs = np.zeros(len(self.starts), bool)
        differs[1:] = (self.entry[1:] != self.exit[:-1]) | (self.entry_state[1:] != self.exit_state[:-1])
        return np.asarray(differs & ~self.opens)

    def _read(self, lanes: Integers) -> None:
        """Mark the words of lanes from their entries on, until they meet what was marked before, or end."""
        at, state, ends = self.entry[lanes], self.entry_state[lanes], self.ends[lanes]
        met = self.ends[lanes].copy()  # up to which bit marks are replaced
        live = np.arange(len(lanes))
        found: list[tuple[Integers, Integers]] = []
        while len(live):
            ats, states = self._steps(at, state)
            inside = ats < ends[live]
            # What was marked before in the same state goes on from there as it did.
            stop = ~inside | (self.states[np.where(inside, ats, 0)] == states + 1)
            first = stop.argmax(axis=0)
            stopped = stop[first, np.arange(len(live))]
            first[~stopped] = _STEPS
            kept = np.arange(len(ats))[:, None] < np.minimum(first, _STEPS)
            found.append((ats[kept], states[kept]))
            done = np.flatnonzero(stopped)
            rows = first[done]
            ended = ~inside[rows, done]
            self.exit[lanes[live[done[ended]]]] = ats[rows[ended], done[ended]]
            self.exit_state[lanes[live[done[ended]]]] = states[rows[ended], done[ended]]
            met[live[done[~ended]]] = ats[rows[~ended], done[~ended]]
            going = np.flatnonzero(~stopped)
            live, at, state = live[going], ats[-1, going], states[-1, going]
        for start, stop_at in zip(self.starts[lanes].tolist(), met.tolist(), strict=True):
            self.states[start:stop_at] = 0
        for ats, states in found:
            self.states[ats] = states + 1

    def _steps(self, at: Integers, state: Integers) -> tuple[Integers, Integers]:
        """A few words of each lane: where they begin and in which state; as the last row, where the next one does."""
        machine, peek = self.machine, self.bits.peek
        last = 8 * (len(self.bits.windows) - 1)
        ats, states = np.empty((_STEPS + 1, len(at)), np.int64), np.empty((_STEPS + 1, len(at)), np.int64)
        ats[0], states[0] = at, state
        for step in range(_STEPS):
            move = machine.moves[machine.table_of[state] + peek(at)].astype(np.int64)
            at = np.minimum(at + (move >> 8), last)
            state = machine.follows[state + (move & 255)]
            ats[step + 1], states[step + 1] = at, state
        return ats, states
