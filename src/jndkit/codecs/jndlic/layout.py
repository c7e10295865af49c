"""How the symbols of a picture are laid out: channels, slices, passes and the range of the knob.

The networks are trained for it and the files are written in it, so it belongs to the version of the format.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

MULTIPLE = 32  # pixels: of both sides of what the networks see
BLOCK = 8  # pixels a latent
CHANNELS = 192  # three planes of 64 frequencies, in the order of the zigzag: Y0, Cb0, Cr0, Y1, ...

# First and last + 1 channel of each slice: the means, then two, two, three and eight diagonals of the zigzag.
SLICES = ((0, 3), (3, 18), (18, 45), (45, 108), (108, 192))
_QUARTERS = (((0, 0, 2),), ((1, 1, 2),), ((0, 1, 2),), ((1, 0, 2),))
_HALVES = (((0, 0, 2), (1, 1, 2)), ((0, 1, 2), (1, 0, 2)))
# Of each slice the passes, of each pass the places that it codes: row, column and what both are counted modulo.
PHASES = (_QUARTERS, _HALVES, _HALVES, _HALVES, _HALVES)
_PYRAMID = (
    ((0, 0, 8),),
    ((4, 4, 8),),
    ((0, 4, 8), (4, 0, 8)),
    ((2, 2, 4),),
    ((0, 2, 4), (2, 0, 4)),
    *_QUARTERS[1:],
)

KNOB_LOW, KNOB_HIGH = 0, 60  # eight more halve every step
BENT = 1.5  # by how much more the knob counts below the bend of its layout
SYMBOL_LIMIT = 4095  # in steps; latents are clipped there
Z_LIMIT = 31  # 63 columns in a table
STEP_LIMIT = 32  # sixteenths of an octave

Phase = tuple[int, int, int]


class Layout(NamedTuple):
    """In which order one version of the format codes the symbols of the latents.

    slices: first and last + 1 channel of each.  passes: of each slice.  graphs: what predicts each slice, by what is
    put behind the name of the weights.  looks: rows of latents around a place that decide what is predicted there.
    stepped: whether the prediction of a slice is told the field of steps.
    sides: the passes of the hyper-latents; none, where each channel has one table for all.
    bend: the knob below which steps grow faster.
    """

    version: int
    slices: tuple[tuple[int, int], ...]
    passes: tuple[tuple[tuple[Phase, ...], ...], ...]
    graphs: tuple[str, ...]
    looks: tuple[int, ...]
    stepped: tuple[bool, ...]
    sides: tuple[tuple[Phase, ...], ...] = ()
    bend: int = 0

    @property
    def names(self) -> tuple[str, ...]:
        """The graphs that predict, that of the hyper-latents first where there is one."""
        return (*((SIDE,) if self.sides else ()), *self.graphs)


SIDE = "side"
_CONTEXTS = tuple(f"context-{index}" for index in range(len(SLICES)))
LAYOUTS = {
    1: Layout(1, SLICES, PHASES, _CONTEXTS, (2,) * 5, (False,) * 5),
    # Means of luma, then those of chroma, from coarse to fine.
    2: Layout(
        2,
        ((0, 1), (1, 3), *SLICES[1:]),
        (_PYRAMID, _PYRAMID, *PHASES[1:]),
        ("means-0", "means-1", *_CONTEXTS[1:]),
        (16, 16, 2, 2, 2, 2),
        (True, True, False, False, False, False),
    ),
}
# Hyper-latents are predicted as well, and every slice from its neighbours with their signs, in one unit.
LAYOUTS[4] = LAYOUTS[2]._replace(version=4, stepped=(True,) * 6, sides=_QUARTERS, bend=12)


class SerialLayout(NamedTuple):
    """How the published network codes: symbol by symbol; see `serial`. graphs: what decides symbols, in their order."""

    version: int
    graphs: tuple[str, ...]


SERIAL = SerialLayout(3, ("scales", "steps", "hyper", "serial"))
SERIAL_REACH = 5  # channels, rows and columns around a symbol: 665 come before it
SERIAL_BLOCK, SERIAL_MULTIPLE, SERIAL_TILE = 16, 64, 1024  # pixels: a latent, a hyper-latent, the largest tile

# What the square of an error of one step is worth in bits: to training, and to an encoder that chooses how it rounds,
# for whom a little more does best (benchmarks/jndlic_rounding.py).
RD_WEIGHT = 8.0
ROUNDING = 11.0

GROUPS = 4  # of channels that share a step field: luma up to the second slice, luma beyond, chroma alike
GROUP_OF: npt.NDArray[np.int64] = np.array(
    [(2 if channel % 3 else 0) + (channel >= SLICES[1][1]) for channel in range(CHANNELS)]
)


def places(height: int, width: int, phases: tuple[Phase, ...]) -> npt.NDArray[np.int64]:
    """The places that a pass codes, int64 (n,), row * width + column, in the order in which it codes them.

    height, width: of the latents.  phases: of the pass.
    """
    grid = np.arange(height * width, dtype=np.int64).reshape(height, width)
    return np.concatenate([grid[row::step, column::step].ravel() for row, column, step in phases])


def scale_of(knob: float, bend: float = 0.0) -> float:
    """The factor on all quantisation steps: 1 at knob 24, half of it eight knobs higher.

    bend: of the layout.
    """
    return float(2.0 ** ((24.0 - level_of(knob, bend)) / 8.0))


def level_of(knob: float, bend: float) -> float:
    """The knob that would have the same steps without a bend."""
    return knob - BENT * max(0.0, bend - knob)
