"""Which part of what is seen, and of the bits, lies in which group of a quantised picture's frequencies.

Three readings of a sample, one for each component quantised alone, tell how much of what is seen lies in which band of
the eye; what part of a band comes from which group follows from the errors themselves and from the pyramid.
"""

from __future__ import annotations

from functools import cache, cached_property

import numpy as np

from jndkit.codecs.chroma import double
from jndkit.codecs.dct import Plane, inverse
from jndkit.codecs.jpeg.coefficients import Table
from jndkit.codecs.jpeg.entropy import ideal_bits
from jndkit.codecs.jpeg.spectra import SIDE, UNIT, Spectra, spectra
from jndkit.codecs.jpeg.symbols import in_zigzag
from jndkit.codecs.jpeg.tables import GROUPS, tables
from jndkit.codecs.jpeg.tuned import quantised
from jndkit.observers.cvvdp import pyramid
from jndkit.observers.cvvdp.constants import constants
from jndkit.picture import Picture, Pixels
from jndkit.picturewise.responses import BANDS, Floats, WatchedSample, sample
from jndkit.viewing import Viewing

_FIRST_JUDGE = 0.6  # its share, as in tools/jpeg_tables.py; the other is taken to see every bit alike
_LITTLE = 0.002  # a share: less is as good as none
_NONE = -1  # the number of no component
_TO_RGB = np.array([[1.0, 0.0, 1.402], [1.0, -0.344136286, -0.714136286], [1.0, 1.772, 0.0]], np.float32)


def excess(picture: Picture, chroma: str, viewing: Viewing, value: float) -> Floats:
    """ln of each group's share of the bits over its share of what is seen, float64 (groups,), at a quality."""
    watched = WatchedSample(sample(picture.rgb), viewing)
    return excess_of(watched, Quantised(spectra(watched.sample.rgb, halved=chroma == "420"), tables(value, chroma)))


def excess_of(watched: WatchedSample, version: Quantised) -> Floats:
    """The same of a sample that is quantised."""
    seen, bits = _seen(watched, version), version.bits()
    shown: Floats = np.log((bits + _LITTLE) / (_FIRST_JUDGE * seen + (1 - _FIRST_JUDGE) * bits + _LITTLE))
    return shown


class Quantised:
    """A sample's blocks in code values, float32 (rows, 8, columns, 8), as they are and rounded to their steps."""

    def __init__(self, spectrum: Spectra, steps: tuple[Table, ...], price: float = 0.0) -> None:
        """price: as in `codecs.jpeg.rounding.rounded`."""
        self.spectrum = spectrum
        self.exact = [plane * np.float32(1.0 / UNIT) for plane in spectrum.planes]
        self._steps = [np.asarray(table, np.float32).reshape(SIDE, 1, SIDE) for table in steps]
        levels = [component.coefficients for component in quantised(spectrum, steps, price).components]
        self._levels = levels
        self.rounded = [
            np.ascontiguousarray(level.transpose(0, 2, 1, 3)) * step
            for level, step in zip(levels, self._steps, strict=True)
        ]

    def size(self) -> float:
        """Bits of the blocks in an ideal code."""
        return sum(ideal_bits(in_zigzag(levels).reshape(-1, SIDE * SIDE)) for levels in self._levels)

    def errors(self) -> Floats:
        """Mean squares of the errors of each group's coefficients, summed over the group."""
        squares = [
            ((after - before) ** 2).mean(axis=(0, 2), dtype=np.float64)
            for before, after in zip(self.exact, self.rounded, strict=True)
        ]
        return np.array([squares[number][inside].sum() for number, inside in GROUPS])

    def bits(self) -> Floats:
        """Each group's share of the bits that a step takes when it is halved, about: by how much is not zero."""
        sizes = [
            np.minimum(np.abs(plane / step), 1.0).sum(axis=(0, 2), dtype=np.float64)
            for plane, step in zip(self.exact, self._steps, strict=True)
        ]
        taken = np.array([sizes[number][inside].sum() for number, inside in GROUPS])
        share: Floats = taken / max(taken.sum(), 1e-9)
        return share

    def shown(self, number: int | None = None) -> Pixels:
        """The sample as a decoder shows it; with one component alone rounded where a number is given."""
        planes = [
            (self._after if number in (None, index) else self._before)[index] for index in range(len(self.rounded))
        ]
        ycc = np.stack(planes, axis=-1)
        ycc[..., 0] += 128.0
        rgb: Pixels = np.clip(np.rint(ycc @ _TO_RGB.T), 0, 255).astype(np.uint8)
        return rgb

    @cached_property
    def _before(self) -> list[Plane]:
        return [self._samples(blocks, index) for index, blocks in enumerate(self.exact)]

    @cached_property
    def _after(self) -> list[Plane]:
        return [self._samples(blocks, index) for index, blocks in enumerate(self.rounded)]

    def _samples(self, blocks: Plane, index: int) -> Plane:
        """A component at full resolution."""
        width, height = self.spectrum.width, self.spectrum.height
        if not (self.spectrum.halved and index):
            return inverse(blocks, (height, width))
        return double(inverse(blocks, ((height + 1) // 2, (width + 1) // 2)), width, height)


def _seen(watched: WatchedSample, version: Quantised) -> Floats:
    """Each group's share of what is seen, in the window that decides."""
    weights = np.ones((BANDS, 3))
    weights[-1] = constants().baseband_weight

    def energy(number: int) -> Floats:
        shown: Floats = watched.answer(watched.cells(version.shown(number))).energy * weights**2
        return shown

    every = [energy(number) for number in range(len(version.exact))]
    # What halving alone shows is in each of them, and no step's doing.
    alone: Floats | float = energy(_NONE) if version.spectrum.halved else 0.0
    energies = [np.maximum(one - alone, 0.0) for one in every]
    together = alone + np.sum(energies, axis=0)  # errors of components are independent, and so their energies add
    decisive = int((together**2).sum(axis=(1, 2)).argmax())
    # The pooled difference is a fourth root of squared energies: a part counts by its energy times that of its band.
    parts = [(energy[decisive] * together[decisive]).sum(axis=1) for energy in energies]
    total = max(float(np.sum(parts)), 1e-12)
    errors = version.errors()
    shares = np.zeros(len(GROUPS))
    for number, part in enumerate(parts):
        own = [index for index, (component, _) in enumerate(GROUPS) if component == number]
        spread = _passed(version.spectrum.halved and number > 0, number > 0) * errors[own, None]
        shares[own] = (spread / np.maximum(spread.sum(axis=0), 1e-12)) @ part / total
    return shares


@cache
def _passed(halved: bool, chroma: bool) -> Floats:
    """Mean squares in each band of noise of unit energy in each group of one component, float64 (groups, BANDS).

    halved: at half resolution.
    """
    drawn = np.random.default_rng(0)
    count = 16 if halved else 32
    rows = []
    for _, inside in (group for group in GROUPS if group[0] == int(chroma)):
        blocks = drawn.standard_normal((count, SIDE, count, SIDE)).astype(np.float32)
        blocks *= inside[None, :, None, :] / np.sqrt(inside.sum())
        plane = inverse(blocks, (count * SIDE, count * SIDE))
        if halved:
            plane = double(plane, 2 * count * SIDE, 2 * count * SIDE)
        energy = []
        for _ in range(BANDS - 1):
            smaller = pyramid.reduce(plane)
            pyramid.subtract_expansion(plane, smaller)
            energy.append(float((plane**2).mean()))
            plane = smaller
        rows.append([*energy, float((plane**2).mean())])
    return np.array(rows)
