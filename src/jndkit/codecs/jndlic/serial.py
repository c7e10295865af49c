"""A tile of the published network to coded symbols and back: each symbol is predicted from those before it.

Symbols that do not decide each other are coded together: with a cube of 11 x 11 x 11 those of channel c, row i and
column j for which 36 c + 6 i + j is the same.
"""

from __future__ import annotations

import zlib
from functools import lru_cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from jndkit.codecs.jndlic.coder import Decoder, Encoder, Integers, Tables
from jndkit.codecs.jndlic.layout import SERIAL_BLOCK, SERIAL_MULTIPLE, SERIAL_REACH, SYMBOL_LIMIT, Z_LIMIT
from jndkit.codecs.jndlic.model import FRACTIONS, Floats
from jndkit.codecs.jndlic.serial_model import SerialLatents, SerialModel
from jndkit.errors import CodecError

Symbols = npt.NDArray[np.int16]
Places = npt.NDArray[np.int64]

_SIDE = 2 * SERIAL_REACH + 1
_SHRINK = SERIAL_MULTIPLE // SERIAL_BLOCK  # latents to a hyper-latent, and those to one of the step map's


class Coded(NamedTuple):
    """symbols: int16 (C, H/16, W/16).  steps: int16 (S, H/64, W/64), of the step map.  checksum: of all symbols."""

    symbols: Symbols
    steps: Symbols
    checksum: int


def write_tile(encoder: Encoder, model: SerialModel, latents: SerialLatents, knob: int, checksum: int) -> Coded:
    """Append a tile. checksum: of the tiles before."""
    priors = model.priors(knob)
    z, steps, steps_hyper = (_whole(each, Z_LIMIT) for each in (latents.hyper, latents.steps, latents.steps_hyper))
    encoder.encode(z.ravel(), _channel_rows(z.shape), priors.hyper)
    encoder.encode(steps_hyper.ravel(), _channel_rows(steps_hyper.shape), priors.steps_hyper)
    encoder.encode(steps.ravel(), _step_rows(model, steps_hyper, steps.shape[1], steps.shape[2], knob), priors.symbols)
    # Only an encoder divides by these floating-point steps; decoders count on in whole symbols.
    values = _whole(latents.picture / model.steps(steps, knob), SYMBOL_LIMIT)
    volume = _Volume(values.shape)
    features = model.hyper(z, steps, knob).reshape(-1)
    flat = values.reshape(-1).astype(np.int32)
    for places in _waves(values.shape):
        centre, rows = _predicted(model, features, volume, places)
        encoder.encode(flat[places] - centre, rows, priors.symbols)
        volume.put(places, flat[places])
    return Coded(values, steps, _checked((z, steps_hyper, steps, values), checksum))


def read_tile(decoder: Decoder, model: SerialModel, height: int, width: int, knob: int, checksum: int) -> Coded:
    """The next tile. height, width: in pixels.  checksum: of the tiles before.

    Raises CodecError for what no encoder writes.
    """
    priors = model.priors(knob)
    rows, columns = height // SERIAL_MULTIPLE, width // SERIAL_MULTIPLE
    z = _read_hyper(decoder, priors.hyper, rows, columns)
    steps_hyper = _read_hyper(decoder, priors.steps_hyper, -(-rows // _SHRINK), -(-columns // _SHRINK))
    of_steps = _step_rows(model, steps_hyper, rows, columns, knob)
    steps = decoder.decode(of_steps, priors.symbols).astype(np.int16).reshape(-1, rows, columns)
    if int(np.abs(steps).max()) > Z_LIMIT:
        raise CodecError(f"a symbol of the step map lies beyond {Z_LIMIT}")
    features = model.hyper(z, steps, knob)
    shape = (features.shape[0], height // SERIAL_BLOCK, width // SERIAL_BLOCK)
    volume, features, flat = _Volume(shape), features.reshape(-1), np.zeros(features.size, np.int32)
    for places in _waves(shape):
        centre, tables = _predicted(model, features, volume, places)
        found = centre + decoder.decode(tables, priors.symbols)
        if int(np.abs(found).max()) > SYMBOL_LIMIT:
            raise CodecError(f"a symbol lies beyond {SYMBOL_LIMIT}")
        flat[places] = found
        volume.put(places, found)
    values = flat.astype(np.int16).reshape(shape)
    return Coded(values, steps, _checked((z, steps_hyper, steps, values), checksum))


class _Volume:
    """The symbols so far, 0 elsewhere, with a border of zeros; a place is counted without it."""

    def __init__(self, shape: tuple[int, ...]) -> None:
        self._wide = tuple(side + 2 * SERIAL_REACH for side in shape)
        self._known = np.zeros(int(np.prod(self._wide)), np.float32)
        grid = np.arange(self._known.size).reshape(self._wide)
        inside = (slice(SERIAL_REACH, -SERIAL_REACH),) * 3
        self._at = grid[inside].ravel()
        cube = grid[:_SIDE, :_SIDE, :_SIDE].ravel()
        middle = len(cube) // 2
        self._before = cube[:middle] - cube[middle]

    def before(self, places: Places) -> Floats:
        """The symbols before each place in its cube, (n, 665)."""
        known: Floats = self._known[self._at[places][:, None] + self._before]
        return known

    def put(self, places: Places, symbols: Integers) -> None:
        self._known[self._at[places]] = symbols


@lru_cache(maxsize=4)
def _waves(shape: tuple[int, int, int]) -> tuple[Places, ...]:
    """The places of (C, h, w) that are coded together, in their order; each ascending."""
    channel, row, column = np.indices(shape).reshape(3, -1)
    step = SERIAL_REACH + 1
    wave = step * step * channel + step * row + column
    order = np.argsort(wave, kind="stable")
    cuts = np.flatnonzero(np.diff(wave[order])) + 1
    return tuple(np.split(order, cuts))


def _predicted(model: SerialModel, features: Floats, volume: _Volume, places: Places) -> tuple[Integers, Integers]:
    """Means as whole symbols, and the rows of the tables of what differs from them."""
    mean, scale = model.predict(features[places], volume.before(places))
    centre = (mean + FRACTIONS // 2) // FRACTIONS
    return centre, (scale - 1) * FRACTIONS + mean - FRACTIONS * centre + FRACTIONS // 2


def _step_rows(model: SerialModel, steps_hyper: Symbols, height: int, width: int, knob: int) -> Integers:
    """The rows of the tables of the step map's symbols, whose mean is 0. height, width: in symbols."""
    scales = model.scales(steps_hyper, knob)[:, :height, :width]
    return (scales.ravel() - 1) * FRACTIONS + FRACTIONS // 2


def _channel_rows(shape: tuple[int, ...]) -> npt.NDArray[np.int32]:
    """Each channel has a table of its own."""
    return np.repeat(np.arange(shape[0], dtype=np.int32), shape[1] * shape[2])


def _read_hyper(decoder: Decoder, tables: Tables, rows: int, columns: int) -> Symbols:
    shape = (tables.count, rows, columns)
    return decoder.decode(_channel_rows(shape), tables).astype(np.int16).reshape(shape)


def _whole(values: Floats, limit: int) -> Symbols:
    """Halves go up, as in training, and not to even."""
    whole: Symbols = np.clip(np.floor(values + np.float32(0.5)), -limit, limit).astype(np.int16)
    return whole


def _checked(symbols: tuple[Symbols, ...], checksum: int) -> int:
    for each in symbols:
        checksum = zlib.crc32(each.astype("<i2").tobytes(), checksum)
    return checksum
