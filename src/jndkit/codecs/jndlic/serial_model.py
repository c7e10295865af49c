"""The published network of JND-LIC as functions of arrays."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple, Protocol

import numpy as np

from jndkit import weights
from jndkit.codecs.jndlic.coder import Integers, Tables
from jndkit.codecs.jndlic.layout import SERIAL, SerialLayout
from jndkit.codecs.jndlic.model import (
    Floats,
    digest_of,
    graphs_of,
    missing,
    number,
    tables_of_hyper,
    tables_of_symbols,
)
from jndkit.errors import MissingError
from jndkit.inference import Session, session

_LEAST_BATCH = 16  # symbols that are predicted at once


class SerialLatents(NamedTuple):
    """What the published network's analysis gives, before rounding: float32 (channels, rows, columns) each.

    picture: of the latents, H/16.  hyper, steps: hyper-latents, and latents of the step map, H/64.
    steps_hyper: hyper-latents of the step map, H/256, rounded up.
    """

    picture: Floats
    hyper: Floats
    steps: Floats
    steps_hyper: Floats


class SerialPriors(NamedTuple):
    """symbols: as of Priors.  hyper, steps_hyper: of hyper-latents, a row a channel."""

    symbols: Tables
    hyper: Tables
    steps_hyper: Tables


class SerialModel(Protocol):
    """What the codec asks of the published network. Sides are multiples of 64 pixels, knob is a whole number.

    All but `analyse`, `steps` and `paint` decide symbols, and are exact.
    name, digest, layout: as of Model.
    """

    name: str
    digest: bytes
    layout: SerialLayout

    def analyse(self, picture: Floats, jnd: Floats) -> SerialLatents:
        """picture: (3, H, W), RGB in 0..1.  jnd: (H, W), code values of luma."""
        ...

    def priors(self, knob: int) -> SerialPriors:
        """The frequency tables."""
        ...

    def scales(self, steps_hyper: Integers, knob: int) -> Integers:
        """Scales of the step map's symbols, 1..63: int32 (channels, 4 rows, 4 columns)."""
        ...

    def steps(self, symbols: Integers, knob: int) -> Floats:
        """Steps of the latents, (C, H/16, W/16), of the step map's symbols (channels, H/64, W/64)."""
        ...

    def hyper(self, z: Integers, steps: Integers, knob: int) -> Floats:
        """A number for each symbol, (C, H/16, W/16)."""
        ...

    def predict(self, features: Floats, before: Floats) -> tuple[Integers, Integers]:
        """Means, in eighths, and scales, 1..63, of symbols: int32 (n,) each.

        features: (n,), of `hyper`.  before: (n, 665), the symbols before each in its cube, in the order of the volume.
        """
        ...

    def paint(self, symbols: Floats, steps: Floats) -> Floats:
        """The picture, (3, H, W), RGB in 0..1. symbols, steps: (C, H/16, W/16)."""
        ...


def find(name: str) -> SerialNetworks:
    """The networks of a name that `model.is_serial`. Raises MissingError, where one is not there."""
    weights.check_name(name)
    try:
        return SerialNetworks(name)
    except MissingError:
        raise missing(name) from None


class SerialNetworks:
    """The published network's graphs of one name: NAME-analysis, NAME-tables, those of the layout, NAME-synthesis."""

    layout = SERIAL

    def __init__(self, name: str) -> None:
        self.name = name
        analysis, *decoding = (weights.find(graph) for graph in graphs_of(name))
        self.digest = digest_of(decoding)
        self._tables, *others = (session(graph.path) for graph in decoding[:-1])
        self._scales, self._steps, self._hyper, self._serial = others
        # The largest two, of which an encoder needs one and a decoder the other.
        self._analysis, self._synthesis = analysis.path, decoding[-1].path

    def analyse(self, picture: Floats, jnd: Floats) -> SerialLatents:
        return SerialLatents(*(each[0] for each in session(self._analysis)(picture[None], jnd[None, None])))

    def priors(self, knob: int) -> SerialPriors:
        return _serial_priors(self._tables, knob)

    def scales(self, steps_hyper: Integers, knob: int) -> Integers:
        scales: Integers = self._scales(_told(steps_hyper), number(knob))[0][0].astype(np.int32)
        return scales

    def steps(self, symbols: Integers, knob: int) -> Floats:
        steps: Floats = self._steps(_told(symbols), number(knob))[0][0]
        return steps

    def hyper(self, z: Integers, steps: Integers, knob: int) -> Floats:
        features: Floats = self._hyper(_told(np.concatenate([z, steps])), number(knob))[0][0]
        return features

    def predict(self, features: Floats, before: Floats) -> tuple[Integers, Integers]:
        count = len(features)
        # A runtime prepares itself for every new length: there are to be few.
        least = max(_LEAST_BATCH, 1 << (count - 1).bit_length())
        told, shown = np.zeros(least, np.float32), np.zeros((least, before.shape[1]), np.float32)
        told[:count], shown[:count] = features, before
        mean, scale = self._serial(told, shown)
        return mean[:count].astype(np.int32), scale[:count].astype(np.int32)

    def paint(self, symbols: Floats, steps: Floats) -> Floats:
        picture: Floats = session(self._synthesis)(symbols[None], steps[None])[0][0]
        return picture


@lru_cache(maxsize=8)
def _serial_priors(run: Session, knob: int) -> SerialPriors:
    frequencies, hyper, steps_hyper = run(number(knob))
    return SerialPriors(tables_of_symbols(frequencies), tables_of_hyper(hyper), tables_of_hyper(steps_hyper))


def _told(planes: Integers) -> Floats:
    return planes[None].astype(np.float32)
