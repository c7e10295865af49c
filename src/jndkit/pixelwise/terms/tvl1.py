"""Structure by total variation with an L1 data term: the plane without its fine texture, edges kept.

The minimiser of TV(u) + 0.8 |u - f|_1, TV the sum of differences between horizontal and vertical neighbours, is found
exactly in whole grey levels: eight maximal flows, each of which tells for every pixel in which half of its levels u
lies. All pixels push at once, down distances found by searches of 64 pixels a word; docs/reference/tvl1.md has the
proof.
"""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from jndkit.errors import UsageError
from jndkit.picture import Pixels

# 0.8 = 4 / 5: one grey level between neighbours costs 5, one grey level off the picture 4.
EDGE_COST, DATA_COST = 5, 4

# How far the first searches look, in pixels: most flow has a short way, and a short search is cheap.
DEPTHS = (8, 8, 16, 16, 32, 32, 64, 64)
ANY_DEPTH = 1 << 62
# Below these shares of pixels, or of words, work goes by lists instead of over the whole plane.
FEW_PIXELS = 1 / 100
FEW_WORDS = 1 / 32

Bytes: TypeAlias = npt.NDArray[np.uint8]
Words: TypeAlias = npt.NDArray[np.uint64]
Flags: TypeAlias = npt.NDArray[np.bool_]
Places: TypeAlias = npt.NDArray[np.intp]


def tvl1(luma: Pixels, *, leave: float = 0.0) -> Pixels:
    """The structure u of a plane, uint8 (H, W), within the range of the plane; the texture is luma - u.

    luma: uint8 (H, W), code values, of any size.
    leave: 0 is exact, and of several minimisers gives the one that is smallest at every pixel; above 0, each flow may
        end while this share of pixels could still send some, which is faster and not quite minimal.
    Raises UsageError for another array.
    Source: the functional of Liu et al. 2010, with the 4-neighbour TV of the authors' code.
    """
    if luma.dtype != np.uint8 or luma.ndim != 2 or not luma.size:
        raise UsageError(f"TV-L1 needs a plane (H, W) of uint8, not {luma.dtype} {luma.shape}")
    height, width = luma.shape
    flow = _Flow(height, width)
    excess = flow.excess.reshape(height, -1)[:, :width]
    below = luma < 128
    excess[:] = np.where(below, DATA_COST, -DATA_COST)
    structure: Pixels = np.zeros(luma.shape, np.uint8)
    for step in (128, 64, 32, 16, 8, 4, 2, 1):
        above = flow.maximise(leave)
        structure += above.reshape(height, -1)[:, :width] * np.uint8(step)
        if step == 1:
            break
        flow.separate(above)
        # The flow stays valid for the next level; only the pixels on its other side now pull the other way.
        was, below = below, luma < structure + np.uint8(step // 2)
        excess += (below.view(np.int8) - was.view(np.int8)) * np.int8(2 * DATA_COST)
    return structure


def energy(structure: Pixels, luma: Pixels) -> float:
    """TV(u) + 0.8 |u - f|_1 of two planes, uint8 (H, W); a whole number of fifths."""
    u, f = structure.astype(np.int64), luma.astype(np.int64)
    variation = int(np.abs(np.diff(u, axis=0)).sum() + np.abs(np.diff(u, axis=1)).sum())
    return (EDGE_COST * variation + DATA_COST * int(np.abs(u - f).sum())) / EDGE_COST


def energy_gap(structure: Pixels, luma: Pixels) -> float:
    """How far the energy of a structure lies above the least one, as a share of the least; finds the least exactly."""
    least = energy(tvl1(luma), luma)
    above = energy(structure, luma) - least
    return above / least if above else 0.0


class _Flow:
    """Flow between neighbouring pixels, to be made as large as the edges carry.

    Planes are flat, their rows padded to whole 64-bit words by pixels without edges, so that neighbours lie a fixed
    step apart.  excess: what a pixel has to give, or needs if negative, -24 .. 24.  residual: what each arc can still
    carry, 0 .. 10, for the arcs to the right, left, lower and upper neighbour.
    """

    def __init__(self, height: int, width: int) -> None:
        self.row_words = -(-width // 64)
        row = 64 * self.row_words
        self.steps = (1, -1, row, -row)
        self.excess = np.zeros(height * row, np.int8)
        arcs = np.zeros((4, height, row), np.uint8)
        arcs[0, :, : width - 1] = arcs[1, :, 1:width] = EDGE_COST
        arcs[2, :-1, :width] = arcs[3, 1:, :width] = EDGE_COST
        self.residual: list[Bytes] = [arc.ravel() for arc in arcs]

    def maximise(self, leave: float) -> Flags:
        """Sends all excess that can reach a pixel in need; returns where one could still be reached, bool (H * row,).

        leave: see `tvl1`.
        """
        depths = iter(DEPTHS)
        while True:
            ways = _Ways(self.excess < 0, self.residual, self.row_words, next(depths, ANY_DEPTH))
            active = _packed(self.excess > 0) & ways.reached
            count = int(np.bitwise_count(active).sum())
            if ways.complete and count <= leave * self.excess.size:
                return _unpacked(ways.reached).view(np.bool_)
            self._push(ways, active, count)

    def separate(self, above: Flags) -> None:
        """Takes away the arcs between the two sides: from now on each is a problem of its own.

        The cut arcs are full, so every level between the sides is already paid for.
        """
        for arc, step in ((0, self.steps[0]), (2, self.steps[2])):
            together = above[:-step] == above[step:]
            self.residual[arc][:-step] *= together
            self.residual[arc + 1][step:] *= together

    def _push(self, ways: _Ways, active: Words, count: int) -> None:
        """Moves excess down the ways until none moves any more."""
        few = FEW_PIXELS * self.excess.size
        if count > few:
            self._push_everywhere(ways, few)
            active = _packed(self.excess > 0) & ways.reached
        place = _places(active)
        while place.size:
            place = self._push_from(place, ways)

    def _push_everywhere(self, ways: _Ways, few: float) -> None:
        # As unsigned bytes, need looks like plenty; but no way leaves a pixel in need, so the masks hold it back.
        excess = self.excess.view(np.uint8)
        masks = [np.negative(_unpacked(arcs)) for arcs in ways.arcs]
        sent = np.empty_like(excess)
        moved = excess.size
        while moved > few:
            moved = 0
            for arc, step in enumerate(self.steps):
                here, there = _pair(step)
                np.bitwise_and(self.residual[arc], masks[arc], out=sent)
                np.minimum(sent, excess, out=sent)
                senders = int(np.count_nonzero(sent))
                if senders:
                    excess[here] -= sent[here]
                    excess[there] += sent[here]
                    self.residual[arc] -= sent
                    self.residual[arc ^ 1][there] += sent[here]  # opposite arcs are numbered in pairs
                    moved += senders

    def _push_from(self, place: Places, ways: _Ways) -> Places:
        """One push from the listed pixels; returns those with excess after it, none if nothing moved."""
        excess = self.excess.view(np.uint8)
        octet, bit = place >> 3, (place & 7).astype(np.uint8)
        touched: list[Places] = []
        for arc, step in enumerate(self.steps):
            amount = np.minimum(excess[place], self.residual[arc][place])
            amount *= (ways.arcs[arc].view(np.uint8)[octet] >> bit) & np.uint8(1)
            senders = np.flatnonzero(amount)
            if senders.size:
                sent, here = amount[senders], place[senders]
                there = here + step
                excess[here] -= sent
                excess[there] += sent
                self.residual[arc][here] -= sent
                self.residual[arc ^ 1][there] += sent
                touched += [here, there]
        if not touched:
            return place[:0]
        now = np.concatenate(touched)
        # A pixel may stand in the list twice: what is computed and stored for it is the same both times.
        now = now[self.excess[now] > 0]
        return np.unique(now) if now.size > 200 else now


class _Ways:
    """Shortest ways to a pixel in need, found from there outwards, one pixel per bit of a word.

    reached: the pixels with a way, and those in need themselves.  arcs: for the four neighbours, the pixels from which
    the arc to that neighbour is a first step of a shortest way.  complete: whether there is no farther pixel.
    """

    def __init__(self, need: Flags, residual: list[Bytes], row: int, depth: int) -> None:
        # A row of zeros above and below stands for the neighbours that the first and last row lack.
        self._row = row
        self._open = [_framed(plane, row) for plane in residual]
        self._front = _framed(need, row)
        self._reached = self._front.copy()
        self._arcs = [np.zeros_like(self._front) for _ in residual]
        left = self._spread_everywhere(depth)
        self.complete = self._spread_from(np.flatnonzero(self._front), left)
        inside = slice(row, -row)
        self.reached = self._reached[inside]
        self.arcs = [arcs[inside] for arcs in self._arcs]

    def _spread_everywhere(self, depth: int) -> int:
        """Steps over whole planes while the front is long; returns how many steps are left."""
        row, end = self._row, self._front.size - self._row
        inside, words = slice(row, end), end - row
        front, after = self._front, np.zeros_like(self._front)
        arrived = [np.empty(words, np.uint64) for _ in range(4)]  # from the right, the left, below and above
        carry = np.empty(words, np.uint64)
        while depth and np.count_nonzero(front) > FEW_WORDS * words:
            depth -= 1
            np.right_shift(front[inside], np.uint64(1), out=arrived[0])
            arrived[0] |= np.left_shift(front[row + 1 : end + 1], np.uint64(63), out=carry)
            np.left_shift(front[inside], np.uint64(1), out=arrived[1])
            arrived[1] |= np.right_shift(front[row - 1 : end - 1], np.uint64(63), out=carry)
            arrived[2][:], arrived[3][:] = front[2 * row :], front[:words]
            for plane, is_open in zip(arrived, self._open, strict=True):
                plane &= is_open[inside]
            new = after[inside]
            np.bitwise_or(arrived[0], arrived[1], out=new)
            new |= arrived[2]
            new |= arrived[3]
            new &= np.bitwise_not(self._reached[inside], out=carry)
            self._reached[inside] |= new
            for plane, arcs in zip(arrived, self._arcs, strict=True):
                plane &= new
                arcs[inside] |= plane
            front, after = after, front
        self._front = front
        return depth

    def _spread_from(self, at: Places, depth: int) -> bool:
        """Steps from the listed words, which hold the front; returns whether it came to an end."""
        front, row = self._front, self._row
        last = np.empty(front.size, np.int32)
        while depth and at.size:
            depth -= 1
            near = np.concatenate((at, at - 1, at + 1, at - row, at + row))
            order = np.arange(near.size, dtype=np.int32)
            # Keeps each word once without sorting: whoever wrote last there finds its own number.
            last[near] = order
            near = near[last[near] == order]
            here = front[near]
            arrived = [
                (here >> np.uint64(1)) | (front.take(near + 1, mode="clip") << np.uint64(63)),
                (here << np.uint64(1)) | (front.take(near - 1, mode="clip") >> np.uint64(63)),
                front.take(near + row, mode="clip"),
                front.take(near - row, mode="clip"),
            ]
            for plane, is_open in zip(arrived, self._open, strict=True):
                plane &= is_open[near]
            reached = self._reached[near]
            new = (arrived[0] | arrived[1] | arrived[2] | arrived[3]) & ~reached
            grown = np.flatnonzero(new)
            front[at] = 0
            at, new = near[grown], new[grown]
            front[at] = new
            self._reached[at] = reached[grown] | new
            for plane, arcs in zip(arrived, self._arcs, strict=True):
                arcs[at] |= plane[grown] & new
        return not at.size


def _pair(step: int) -> tuple[slice, slice]:
    """The pixels that have a neighbour this step away, and those neighbours."""
    if step > 0:
        return slice(None, -step), slice(step, None)
    return slice(-step, None), slice(None, step)


def _packed(plane: Bytes | Flags) -> Words:
    """One bit per pixel, set where the plane is not zero."""
    words: Words = np.packbits(plane, bitorder="little").view("<u8")
    return words


def _framed(plane: Bytes | Flags, row: int) -> Words:
    words: Words = np.zeros(plane.size // 64 + 2 * row, np.uint64)
    words[row:-row] = _packed(plane)
    return words


def _unpacked(words: Words) -> Bytes:
    """One byte per pixel, 0 or 1."""
    return np.unpackbits(words.view(np.uint8), bitorder="little")


def _places(words: Words) -> Places:
    """Where the bits are set."""
    at = np.flatnonzero(words)
    index, bit = np.divmod(np.flatnonzero(_unpacked(words[at])), 64)
    return at[index] * 64 + bit
