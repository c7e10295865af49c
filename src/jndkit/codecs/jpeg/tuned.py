"""JPEG by an encoder of our own: fitted tables, and rounding that weighs error against bits.

What it writes is baseline coefficients in progressive scans, which every decoder reads.
"""

from __future__ import annotations

import copy
from functools import partial

import cv2
import numpy as np

from jndkit.codecs.encoding import samples
from jndkit.codecs.jpeg.coefficients import Blocks, Coefficients, Component, Table
from jndkit.codecs.jpeg.encoder import CARRIES, Encoder, Factors
from jndkit.codecs.jpeg.entropy import ideal_bits
from jndkit.codecs.jpeg.metadata import segments
from jndkit.codecs.jpeg.rounding import Floats, rounded
from jndkit.codecs.jpeg.spectra import SIDE, UNIT, Fixed, Spectra, spectra, thinned
from jndkit.codecs.jpeg.symbols import ZIGZAG, in_blocks
from jndkit.codecs.jpeg.tables import tables
from jndkit.codecs.jpeg.writing import write
from jndkit.picture import Picture
from jndkit.threads import over_strips

PRICE = 0.05
"""Squared steps of error that a bit is worth."""

_ESTIMATED = 1 << 13  # blocks whose entropy is taken for all
_THIN = 4  # times as many, from which only those are transformed for it
_LARGEST = 1023  # of an AC coefficient, by ITU-T T.81, F.1.2.2; of DC too


class Tuned:
    """A picture whose blocks are transformed when a file is first asked for."""

    def __init__(self, picture: Picture, chroma: str, factors: Factors | None = None) -> None:
        """factors: as in `tables`."""
        self._metadata = segments(picture)
        self._samples = samples(picture, CARRIES)
        self._halved = chroma == "420"
        self._tables = partial(tables, chroma=chroma, factors=factors)
        self._spectra: list[Spectra] = []  # one, once it was made

    def with_factors(self, factors: Factors | None) -> Tuned:
        moved = copy.copy(self)
        moved._tables = partial(self._tables, factors=factors)
        return moved

    def encode(self, value: float) -> bytes:
        """The file at a quality."""
        return write(quantised(self._whole(), self._tables(value), PRICE), self._metadata)

    def expected_size(self, value: float) -> float:
        """Bytes by the entropy of every so many rows of blocks, rounded to the nearest."""
        height, width = self._samples.shape[:2]
        if height * width > _THIN * _ESTIMATED * SIDE * SIDE:
            parts = thinned(self._samples, halved=self._halved, blocks=_ESTIMATED)
        else:
            parts = self._whole().thinned(_ESTIMATED)
        bits = sum(
            ideal_bits(rounded(_in_steps(plane, table), 0.0)) * rows
            for (plane, rows), table in zip(parts, self._tables(value), strict=False)
        )
        return len(self._metadata) + bits / 8.0

    def _whole(self) -> Spectra:
        if not self._spectra:
            self._spectra.append(spectra(self._samples, halved=self._halved))
        return self._spectra[0]


def encode(picture: Picture, quality: float, chroma: str) -> bytes:
    """A file. Other arguments as `Encoder.encode`."""
    return Tuned(picture, chroma).encode(quality)


def quantised(spectrum: Spectra, steps: tuple[Table, ...], price: float) -> Coefficients:
    """The coefficients of a file. steps: uint16 (8, 8) of each component.  price: as in `rounded`."""
    components = [
        Component(_blocks(plane, table, price), table, *_sampling(spectrum, number))
        for number, (plane, table) in enumerate(zip(spectrum.planes, steps, strict=False))
    ]
    return Coefficients(spectrum.width, spectrum.height, tuple(components))


def _sampling(spectrum: Spectra, number: int) -> tuple[int, int]:
    return (2, 2) if spectrum.halved and number == 0 else (1, 1)


def _blocks(plane: Fixed, table: Table, price: float) -> Blocks:
    rows, _, columns, _ = plane.shape
    levels = rounded(_in_steps(plane, table), price)
    np.clip(levels, -_LARGEST, _LARGEST, out=levels)
    return in_blocks(levels, rows, columns)


def _in_steps(plane: Fixed, table: Table) -> Floats:
    """float32 (n, 64): blocks in units of their steps, in the order of a file."""
    rows, _, columns, _ = plane.shape
    share = (1.0 / (UNIT * table.reshape(-1)[ZIGZAG].astype(np.float64))).astype(np.float32)
    steps: Floats = np.empty((rows, columns * SIDE * SIDE), np.float32)
    # Where the coefficients of all blocks of a row lie in it.
    places = (SIDE * np.arange(columns)[:, None] + ZIGZAG // SIDE * (SIDE * columns) + ZIGZAG % SIDE).reshape(-1)
    every = np.tile(share, columns)

    def work(top: int, bottom: int) -> None:
        np.multiply(np.take(plane[top:bottom].reshape(bottom - top, -1), places, axis=1), every, out=steps[top:bottom])

    over_strips(work, rows, columns * SIDE * SIDE)
    return steps.reshape(-1, SIDE * SIDE)


ENCODER = Encoder(
    name="tuned",
    encode=encode,
    prepare=Tuned,
    tables=tables,
    # They work out the coefficients, whose last bits they may round in their own ways.
    versions=lambda: {"numpy": np.__version__, "opencv": cv2.__version__},
    licence="Apache-2.0",
)
