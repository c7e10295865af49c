"""Scans of several components, whose blocks take turns in minimum coded units.

Source: ITU-T T.81, A.2 (order of coded blocks), F.1.2 (sequential coding), G.1.2.1 (DC of progressive coding).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from jndkit.codecs.jpeg.coefficients import Blocks, Coefficients
from jndkit.codecs.jpeg.symbols import SYMBOL_SPACE, Ends, Entries, Integers, Stream, coded, sizes_of

Array = npt.NDArray[np.int16]


def turns_of(
    blocks: tuple[int, int], factors: tuple[int, int], units: tuple[int, int]
) -> tuple[Integers, npt.NDArray[np.bool_]]:
    """Of a component that takes turns with others, which block by rows stands where in the scan, unit by unit; and
    whether it only pads a unit.

    blocks: rows and columns.  factors: the component's, horizontal and vertical.  units: how many down and across.
    Those that pad get the block before them, so that their DC takes the fewest bits.  Both are (units, blocks a unit).
    """
    rows, columns = blocks
    horizontal, vertical = factors
    places = np.full((units[0] * vertical, units[1] * horizontal), -1)
    places[:rows, :columns] = np.arange(rows * columns).reshape(rows, columns)
    turns = places.reshape(units[0], vertical, units[1], horizontal).transpose(0, 2, 1, 3).reshape(-1)
    pads = turns < 0
    turns = turns[np.maximum.accumulate(np.where(pads, 0, np.arange(len(turns))))]
    shape = (-1, vertical * horizontal)
    return turns.reshape(shape), pads.reshape(shape)


def units_of(width: int, height: int, factors: tuple[int, int]) -> tuple[int, int]:
    """Minimum coded units down and across. factors: the largest of all components, horizontal and vertical."""
    return -(-height // (8 * factors[1])), -(-width // (8 * factors[0]))


def _unit_order(coefficients: Coefficients, number: int) -> tuple[Integers, npt.NDArray[np.bool_]]:
    component = coefficients.components[number]
    rows, columns = component.coefficients.shape[:2]
    if len(coefficients.components) == 1:  # which takes no turns
        return np.arange(rows * columns).reshape(-1, 1), np.zeros((rows * columns, 1), bool)
    units = units_of(coefficients.width, coefficients.height, coefficients.factors)
    return turns_of((rows, columns), (component.horizontal, component.vertical), units)


def _differences(dc: Array, turns: Integers) -> Array:
    """What each DC value adds to the one before it. dc: (rows, columns).  Returns as `turns`."""
    ordered = dc.reshape(-1)[turns.reshape(-1)]
    return np.diff(ordered, prepend=np.int16(0)).reshape(turns.shape)


def dc_first(coefficients: Coefficients, spectra: Sequence[Blocks], tables: Sequence[int]) -> Stream:
    """The DC coefficients of all components in one scan.

    spectra: of each component, `in_zigzag`.  tables: which one codes each component.
    """
    parts, offsets = [], []
    for number, table in enumerate(tables):
        turns, _ = _unit_order(coefficients, number)
        parts.append(_differences(spectra[number][..., 0], turns))
        offsets += [SYMBOL_SPACE * table] * turns.shape[1]
    values = np.concatenate(parts, axis=1)
    sizes = sizes_of(np.abs(values))
    symbols = sizes.astype(np.uint16) + np.array(offsets, np.uint16)
    return Stream(symbols.reshape(-1), coded(values, sizes).reshape(-1), sizes.reshape(-1))


def sequential(coefficients: Coefficients, spectra: Sequence[Blocks]) -> Stream:
    """All coefficients in one scan. Tables 0 and 1 are for DC, of the first component and of the others; 2 and 3 for
    AC. Grey has no others: its tables are 0 and 1.
    """
    parts, chroma = [], []
    for number, spectrum in enumerate(spectra):
        turns, pads = _unit_order(coefficients, number)
        blocks = spectrum.reshape(-1, 64)[turns]
        blocks[pads] = 0
        blocks[..., 0] = _differences(spectrum[..., 0], turns)
        parts.append(blocks)
        chroma += [number > 0] * turns.shape[1]
    flat = np.concatenate(parts, axis=1).reshape(-1, 64)
    grey = len(spectra) == 1
    tables = np.tile(np.array(chroma), len(flat) // len(chroma)) + (1 if grey else 2)
    stream, dc = _whole_blocks(flat, tables.astype(np.uint16))
    stream.symbols[dc] -= np.uint16(SYMBOL_SPACE * (1 if grey else 2))
    return stream


def _whole_blocks(flat: Array, tables: npt.NDArray[np.uint16]) -> tuple[Stream, Integers]:
    """Each block for itself, its DC like any other coefficient; and which words are of DC. tables: of the blocks."""
    entries = Entries.of(flat, dc=True)
    unended = np.flatnonzero(entries.masks >> np.uint64(63) == 0)
    stream, last = entries.stream(Ends(unended, np.ones_like(unended)), low=0)
    runs = np.bincount(entries.block, entries.zeros_before(0) >> 4, minlength=len(flat)).astype(np.int64)
    words = np.bincount(entries.block, minlength=len(flat)) + runs
    words[unended] += 1
    stream.symbols[:] += np.repeat(tables * np.uint16(SYMBOL_SPACE), words)
    return stream, last[entries.opens]
