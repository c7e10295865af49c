"""The order of blocks in a scan that is read.

Source: ITU-T T.81, A.2 (order of coded blocks), B.2.4.4 (restart intervals).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from jndkit.codecs.jpeg.interleaving import turns_of, units_of
from jndkit.codecs.jpeg.lanes import Integers
from jndkit.codecs.jpeg.parsing import File, Scan


@dataclass(frozen=True, eq=False)
class Turns:
    """pattern: of each block of a unit its component, as numbered in the frame.  rows: of each block of the scan its
    row among those of all components, by rows of each, or the row behind them, where it only pads a unit.
    bounds: (intervals + 1,), the first block of each interval, and their count.
    """

    pattern: npt.NDArray[np.int64]
    rows: Integers
    bounds: Integers

    @classmethod
    def of(cls, file: File, scan: Scan) -> Turns:
        shapes = file.shapes
        firsts = np.cumsum([0, *(rows * columns for rows, columns in shapes)])
        if len(scan.parts) == 1:
            (number,) = scan.parts
            pattern, rows = [number], np.arange(firsts[number], firsts[number + 1])
        else:
            units = units_of(file.width, file.height, file.factors)
            pattern, columns = [], []
            for number in scan.parts:
                part = file.parts[number]
                order, pads = turns_of(shapes[number], (part.horizontal, part.vertical), units)
                columns.append(np.where(pads, firsts[-1], order + firsts[number]))
                pattern += [number] * order.shape[1]
            rows = np.concatenate(columns, axis=1).reshape(-1)
        count = len(rows) // len(pattern)
        restart = scan.restart or count
        bounds = np.minimum(np.arange(-(-count // restart) + 1) * restart, count) * len(pattern)
        return cls(np.array(pattern), rows, bounds)

    @property
    def intervals(self) -> int:
        return len(self.bounds) - 1
