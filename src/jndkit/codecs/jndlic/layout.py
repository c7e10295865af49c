"""How the symbols of a picture are laid out: channels, slices, passes and the range of the knob.

The networks are trained for it and the files are written in it, so it belongs to the version of the format.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

MULTIPLE = 32  # pixels: of both sides of what the networks see
BLOCK = 8  # pixels a latent
CHANNELS = 192  # three planes of 64 frequencies, in the order of the zigzag: Y0, Cb0, Cr0, Y1, ...

# First and last + 1 channel of each slice: the means, then two, two, three and eight diagonals of the zigzag.
SLICES = ((0, 3), (3, 18), (18, 45), (45, 108), (108, 192))
_QUARTERS = (((0, 0),), ((1, 1),), ((0, 1),), ((1, 0),))
_HALVES = (((0, 0), (1, 1)), ((0, 1), (1, 0)))
# Of each slice the passes, of each pass the places modulo 2, row and column, that it codes.
PHASES = (_QUARTERS, _HALVES, _HALVES, _HALVES, _HALVES)

KNOB_LOW, KNOB_HIGH = 0, 60  # eight more halve every step
SYMBOL_LIMIT = 4095  # in steps; latents are clipped there
Z_LIMIT = 31  # 63 columns in a table
STEP_LIMIT = 32  # sixteenths of an octave

# What the square of an error of one step is worth, in bits, to an encoder that chooses how it rounds.
RD_WEIGHT = 8.0

GROUPS = 4  # of channels that share a step field: luma up to the second slice, luma beyond, chroma alike
GROUP_OF: npt.NDArray[np.int64] = np.array(
    [(2 if channel % 3 else 0) + (channel >= SLICES[1][1]) for channel in range(CHANNELS)]
)


def places(height: int, width: int, phases: tuple[tuple[int, int], ...]) -> npt.NDArray[np.int64]:
    """The places that a pass codes, int64 (n,), row * width + column, in the order in which it codes them.

    height, width: of the latents, even.  phases: an element of PHASES[slice].
    """
    grid = np.arange(height * width, dtype=np.int64).reshape(height, width)
    return np.concatenate([grid[row::2, column::2].ravel() for row, column in phases])


def scale_of(knob: float) -> float:
    """The factor on all quantisation steps: 1 at knob 24, half of it eight knobs higher."""
    return float(2.0 ** ((24.0 - knob) / 8.0))
