"""Rounding by rate and error together: which coefficients are worth their bits.

In every block the coefficients that plain rounding leaves are kept or dropped so that squared error plus price times
bits is least, by dynamic programming over where the last one that was kept lies. All blocks are done at once.

Source: Ramchandran and Vetterli 1994, IEEE Trans. Image Processing 3(5) (thresholding that any JPEG decoder reads);
Crouse and Ramchandran 1997, IEEE Trans. Image Processing 6(2) (magnitudes too).
Differs: bits are those of an ideal code for the symbols that plain rounding gives; no more than `_LOOK` - 1 neighbours
are dropped between two that are kept; of magnitudes only those are lowered that then take a bit less.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from jndkit.codecs.jpeg.entropy import SIZES, ZERO_RUN, Counts, Levels, Places, ac_counts, runs
from jndkit.codecs.jpeg.symbols import sizes_of
from jndkit.threads import side_by_side

Floats = npt.NDArray[np.float32]

_LOOK = 6
_CHUNK = 1 << 12  # blocks at a time: the working arrays stay in the cache


@dataclass(frozen=True, eq=False)
class Costs:
    """What symbols cost: bits times the price.

    words: float32 (64 * 16,), by run of zeros and size, with the bits that follow.  end: of the end of a block.
    """

    words: Floats
    end: float

    @classmethod
    def of(cls, counts: Counts, price: float) -> Costs:
        """Of an ideal code for AC symbols. counts: as `ac_counts`."""
        counts = counts + 0.5  # what did not occur could
        bits = -np.log2(counts / counts.sum())
        run, size = np.divmod(np.arange(64 * SIZES), SIZES)
        words = bits[(run & 15) * SIZES + size] + size + (run >> 4) * bits[ZERO_RUN]
        return cls((price * words).astype(np.float32), price * float(bits[0]))


def rounded(steps: Floats, price: float) -> Levels:
    """Blocks of whole numbers for blocks in units of their steps. DC is rounded to the nearest.

    steps: float32 (n, 64) in the order of a file.  price: squared steps of error that a bit is worth; 0 for none.
    Returns int16 (n, 64).
    """
    levels = np.empty(steps.shape, np.int16)
    chunks = [slice(start, start + _CHUNK) for start in range(0, len(levels), _CHUNK)]

    def near(chunk: slice) -> Counts | None:
        np.rint(steps[chunk], out=levels[chunk], casting="unsafe")
        return ac_counts(levels[chunk]) if price else None

    counts = [count for count in side_by_side(near, chunks) if count is not None]
    if not counts:
        return levels
    costs = Costs.of(sum(counts, np.zeros_like(counts[0])), price)

    def weigh(chunk: slice) -> None:
        kept = _kept(np.abs(steps[chunk]), np.abs(levels[chunk]), costs)
        levels[chunk, 1:] = np.copysign(kept, steps[chunk])[:, 1:]

    side_by_side(weigh, chunks)
    return levels


def _kept(magnitudes: Floats, nearest: Levels, costs: Costs) -> Levels:
    """What is left of blocks. magnitudes: float32 (n, 64).  nearest: int16 (n, 64), what they are rounded to."""
    nearest[:, 0] = 0
    at = np.flatnonzero(nearest != 0)
    if not len(at):
        return nearest
    block, place = at >> 6, at & 63
    value, exact = nearest.reshape(-1)[at], magnitudes.reshape(-1)[at]
    size = sizes_of(value).astype(np.intp)
    value, size = _lowered(value, exact, size, runs(block, place - 1), costs)
    gain = value * (2.0 * exact - value)  # the error of dropping it, less that of keeping it
    counts = np.bincount(block, minlength=len(nearest))
    turn = np.arange(len(block)) - (np.cumsum(counts) - counts)[block]
    order = np.argsort(-counts, kind="stable")
    column = np.empty_like(order)
    column[order] = np.arange(len(order))
    trellis = _Trellis.of(turn, column[block], place, size, gain.astype(np.float32))
    nearest.reshape(-1)[at] = np.where(trellis.survivors(len(nearest), costs), value, 0)
    return nearest


def _lowered(value: Levels, exact: Floats, size: Places, run: Places, costs: Costs) -> tuple[Levels, Places]:
    """Values and sizes, less by one where that saves more bits than it costs error, after the run as it is."""
    word = run * SIZES + size
    saved = costs.words[word] - costs.words[np.maximum(word - 1, 0)]
    error = (exact - value + 1) ** 2 - (exact - value) ** 2
    lower = ((value & (value - 1)) == 0) & (value > 1) & (saved > error)
    return value - lower.astype(np.int16), size - lower


@dataclass(frozen=True, eq=False)
class _Trellis:
    """The candidates of all blocks, turn by turn: every block's first, every block's second, and so on.

    Of a turn they stand in one order of blocks, those with most candidates first: so all that have a k-th one come
    before all that have none.

    at: intp (n,), where each candidate stands, of those in the order of blocks.  starts: where each turn begins.
    place: intp (n,), times `SIZES`.  word: intp (n,), its symbol after all that is before it in the block.
    gain: float32 (n,).
    """

    at: Places
    starts: list[int]
    place: Places
    word: Places
    gain: Floats

    @classmethod
    def of(cls, turn: Places, column: Places, place: Places, size: Places, gain: Floats) -> _Trellis:
        """Of candidates in the order of blocks. turn: their number in the block.  column: the place of the block."""
        starts = np.concatenate([[0], np.cumsum(np.bincount(turn))])
        at = starts[turn] + column
        places, words = np.empty_like(at), np.empty_like(at)
        places[at], words[at] = place * SIZES, (place - 1) * SIZES + size
        gains = np.empty_like(gain)
        gains[at] = gain
        return cls(at, starts.tolist(), places, words, gains)

    def survivors(self, blocks: int, costs: Costs) -> npt.NDArray[np.bool_]:
        """Which candidates are kept, bool (n,), in the order of blocks."""
        cost = np.empty(len(self.at), np.float32)  # least of all ways that keep a candidate last
        back = np.ones(len(self.at), np.int8)
        best = np.full(blocks, costs.end, np.float32)
        last = np.zeros(blocks, np.intp)
        turns = [slice(start, stop) for start, stop in pairwise(self.starts)]
        for number, here in enumerate(turns):
            self._step(number, here, cost, back, costs)
            whole = cost[here] + np.where(self.place[here] == 63 * SIZES, 0.0, costs.end)
            count = here.stop - here.start
            better = whole < best[:count]
            np.copyto(best[:count], whole, where=better)
            np.copyto(last[:count], number + 1, where=better)
        kept = np.zeros(len(self.at), bool)
        for number, here in reversed(list(enumerate(turns))):
            chosen = np.flatnonzero(last[: here.stop - here.start] == number + 1)
            kept[here.start + chosen] = True
            last[chosen] -= back[here.start + chosen]
        return kept[self.at]

    def _step(self, number: int, here: slice, cost: Floats, back: npt.NDArray[np.int8], costs: Costs) -> None:
        """The least cost of keeping each block's candidate of a turn, and how many before it the last one kept lies."""
        word, count = self.word[here], here.stop - here.start
        least = np.full(count, np.inf, np.float32)
        for steps in range(1, min(_LOOK, number) + 1):
            start = self.starts[number - steps]
            before = slice(start, start + count)
            total = costs.words[word - self.place[before]]
            total += cost[before]
            better = total < least
            np.copyto(least, total, where=better)
            np.copyto(back[here], steps, where=better)
        if number < _LOOK:  # with all before it dropped
            total = costs.words[word]
            better = total < least
            np.copyto(least, total, where=better)
            np.copyto(back[here], number + 1, where=better)
        np.subtract(least, self.gain[here], out=cost[here])
