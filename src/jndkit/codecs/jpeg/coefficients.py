"""What a JPEG file codes: quantised DCT coefficients and the tables they were quantised by.

Source: ITU-T T.81, A.1.1 (sizes of components), A.3.3 (the transform), F.1.2 (ranges of 8-bit samples).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from jndkit.errors import CodecError

Blocks = npt.NDArray[np.int16]
Table = npt.NDArray[np.uint16]

LARGEST_SIDE = 65500
"""Pixels: libjpeg keeps its coordinates below."""

_LARGEST_DC = 1024  # eight times the largest sample after the level shift
_LARGEST_AC = 1023  # what the ten categories of magnitudes reach
_LARGEST_STEP = 255  # of a baseline table, which holds bytes
_MCU_BLOCKS = 10  # that interleaved components may have in one minimum coded unit


@dataclass(frozen=True, eq=False)
class Component:
    """One colour component.

    coefficients: int16 (rows, columns, 8, 8), quantised; the last two axes are vertical and horizontal frequency.
    table: uint16 (8, 8), the step of each frequency, 1 to 255.  horizontal, vertical: sampling factors, 1 to 4.

    Raises CodecError for what baseline JPEG of 8 bits does not hold.
    """

    coefficients: Blocks
    table: Table
    horizontal: int = 1
    vertical: int = 1

    def __post_init__(self) -> None:
        blocks, table = self.coefficients, self.table
        if blocks.dtype != np.int16 or blocks.ndim != 4 or blocks.shape[2:] != (8, 8):
            raise CodecError(f"coefficients are int16 (rows, columns, 8, 8), not {blocks.dtype} {blocks.shape}")
        if table.dtype != np.uint16 or table.shape != (8, 8):
            raise CodecError(f"a quantisation table is uint16 (8, 8), not {table.dtype} {table.shape}")
        if not (1 <= self.horizontal <= 4 and 1 <= self.vertical <= 4):
            raise CodecError(f"sampling factors are 1 to 4, not {self.horizontal} and {self.vertical}")
        if table.min() < 1 or table.max() > _LARGEST_STEP:
            raise CodecError(f"the steps of a quantisation table are 1 to 255, not {table.min()} to {table.max()}")
        if blocks.size:
            self._check_ranges()

    def _check_ranges(self) -> None:
        blocks = self.coefficients
        # Two passes over everything are all that most pictures need: DC is nearly always what is largest.
        if blocks.min() >= -_LARGEST_AC and blocks.max() <= _LARGEST_AC:
            return
        dc = blocks[..., 0, 0]
        if dc.min() < -_LARGEST_DC or dc.max() >= _LARGEST_DC:
            raise CodecError(f"a DC coefficient of 8-bit JPEG is -1024 to 1023, not {dc.min()} to {dc.max()}")
        ac = blocks.reshape(-1, 64)[:, 1:]
        if ac.min() < -_LARGEST_AC or ac.max() > _LARGEST_AC:
            raise CodecError(f"an AC coefficient of 8-bit JPEG is -1023 to 1023, not {ac.min()} to {ac.max()}")


@dataclass(frozen=True, eq=False)
class Coefficients:
    """A picture as JPEG codes it: grey has one component; colour has three, Y, Cb and Cr of JFIF.

    width, height: pixels, 1 to 65500.  components: each with `blocks_of` so many blocks.

    Raises CodecError where the parts do not fit each other.
    """

    width: int
    height: int
    components: tuple[Component, ...]

    def __post_init__(self) -> None:
        if not (1 <= self.width <= LARGEST_SIDE and 1 <= self.height <= LARGEST_SIDE):
            raise CodecError(f"jpeg holds 1 to {LARGEST_SIDE} pixels a side, not {self.width} x {self.height}")
        if len(self.components) not in (1, 3):
            raise CodecError(f"a JPEG picture has one or three components here, not {len(self.components)}")
        samplings = [(component.horizontal, component.vertical) for component in self.components]
        if len(samplings) > 1 and sum(across * down for across, down in samplings) > _MCU_BLOCKS:
            raise CodecError(f"the sampling factors {samplings} give more than {_MCU_BLOCKS} blocks to a coded unit")
        for number, component in enumerate(self.components):
            expected, found = self.blocks_of(number), component.coefficients.shape[:2]
            if found != expected:
                raise CodecError(f"component {number} has {found} rows and columns of blocks, and {expected} are due")

    @property
    def factors(self) -> tuple[int, int]:
        """The largest horizontal and vertical sampling factors."""
        return max(c.horizontal for c in self.components), max(c.vertical for c in self.components)

    def blocks_of(self, number: int) -> tuple[int, int]:
        """Rows and columns of blocks of a component, those that pad a coded unit not counted."""
        component = self.components[number]
        return blocks_of(self.width, self.height, (component.horizontal, component.vertical), self.factors)


def blocks_of(width: int, height: int, own: tuple[int, int], largest: tuple[int, int]) -> tuple[int, int]:
    """Rows and columns of blocks of a component. own, largest: its sampling factors and the largest, horizontal and
    vertical.
    """
    return -(-height * own[1] // (8 * largest[1])), -(-width * own[0] // (8 * largest[0]))
