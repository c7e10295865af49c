"""A tile's latents to coded symbols and back: hyper-latents first, then slice by slice and pass by pass."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from jndkit.codecs.jndlic.coder import Decoder, Encoder, Integers, Tables
from jndkit.codecs.jndlic.layout import (
    BLOCK,
    CHANNELS,
    GROUP_OF,
    MULTIPLE,
    ROUNDING,
    SYMBOL_LIMIT,
    Z_LIMIT,
    places,
)
from jndkit.codecs.jndlic.model import FRACTIONS, Floats, Model
from jndkit.errors import CodecError

Symbols = npt.NDArray[np.int16]

STRIP = 8192
"""About how many places a context sees at once; it is free, and costs memory."""


class Tile(NamedTuple):
    """What a decoder knows of a tile.

    symbols: int16 (192, h, w).  step: float32 (GROUPS, h, w).  checksum: CRC-32 of hyper-latents and symbols.
    """

    symbols: Symbols
    step: Floats
    checksum: int


class _Pass(NamedTuple):
    """What is coded at once.

    target: the known symbols of the slice's channels, a view (channels, h * w).  where: their places that are coded.
    centre: means as whole symbols, int32 (channels, n).  coded: where there is anything to code.  rows: its tables.
    """

    channels: slice
    target: Floats
    where: npt.NDArray[np.int64]
    centre: Integers
    coded: npt.NDArray[np.bool_]
    rows: Integers


def write_tile(encoder: Encoder, model: Model, latent: Floats, z: Floats, knob: int, checksum: int) -> Tile:
    """Append a tile. latent, z: as the model's analysis gives them.  checksum: of the tiles before."""
    priors = model.priors(knob)
    # Halves go up, as in training, and not to even.
    rounded = np.clip(np.floor(z + np.float32(0.5)), -Z_LIMIT, Z_LIMIT).astype(np.int16)
    if priors.z is not None:
        encoder.encode(rounded.ravel(), _z_rows(rounded.shape, priors.z), priors.z)
    else:
        whole = rounded.reshape(len(rounded), -1).astype(np.int32)
        for side in _sides(model, np.zeros(rounded.shape, np.float32), knob):
            encoder.encode((whole[:, side.where] - side.centre).ravel(), side.rows, priors.symbols)
            side.target[:, side.where] = whole[:, side.where]
    features, step = model.hyper(rounded, knob)
    # Only an encoder needs these floating-point steps; decoders count on in whole symbols.
    values = (latent * np.exp2(step / np.float32(-16))[GROUP_OF]).reshape(CHANNELS, -1)
    values = np.clip(values, -SYMBOL_LIMIT, SYMBOL_LIMIT)
    known = np.zeros(latent.shape, np.float32)  # float32 is exact up to 2^24, and symbols end at 4095
    for current in _passes(model, features, step, known):
        centre = current.centre[current.coded]
        differences = _rounded(
            values[current.channels][:, current.where][current.coded], centre, current.rows, priors.symbols
        )
        encoder.encode(differences, current.rows, priors.symbols)
        mine = current.centre.copy()
        mine[current.coded] += differences
        current.target[:, current.where] = mine
    return _tile(rounded, known, step, checksum)


def read_tile(decoder: Decoder, model: Model, height: int, width: int, knob: int, checksum: int) -> Tile:
    """The next tile. height, width: in pixels.  checksum: of the tiles before.

    Raises CodecError for what no encoder writes.
    """
    priors = model.priors(knob)
    shape = (priors.channels, height // MULTIPLE, width // MULTIPLE)
    if priors.z is not None:
        z = decoder.decode(_z_rows(shape, priors.z), priors.z).astype(np.int16).reshape(shape)
    else:
        known = np.zeros(shape, np.float32)
        for side in _sides(model, known, knob):
            told = side.centre + decoder.decode(side.rows, priors.symbols).reshape(side.centre.shape)
            if told.size and max(int(told.max()), -int(told.min())) > Z_LIMIT:
                raise CodecError(f"a hyper-latent lies beyond {Z_LIMIT}")
            side.target[:, side.where] = told
        z = known.astype(np.int16)
    features, step = model.hyper(z, knob)
    known = np.zeros((CHANNELS, height // BLOCK, width // BLOCK), np.float32)
    for current in _passes(model, features, step, known):
        mine = current.centre.copy()
        mine[current.coded] += decoder.decode(current.rows, priors.symbols)
        if mine.size and max(int(mine.max()), -int(mine.min())) > SYMBOL_LIMIT:
            raise CodecError(f"a symbol lies beyond {SYMBOL_LIMIT}")
        current.target[:, current.where] = mine
    return _tile(z, known, step, checksum)


def _passes(model: Model, features: Floats, step: Floats, known: Floats) -> Iterator[_Pass]:
    """The passes in their order. known: (192, h, w), which the caller fills in pass by pass."""
    flat = known.reshape(CHANNELS, -1)
    for part, (first, last) in enumerate(model.layout.slices):
        for turn, phases in enumerate(model.layout.passes[part]):
            where = places(known.shape[1], known.shape[2], phases)
            mean, scale = _predicted(model, part, (features, step, known), turn)
            centre, rows = _tabled(mean, scale)
            coded = scale > 0
            yield _Pass(slice(first, last), flat[first:last], where, centre, coded, rows[coded])


def _sides(model: Model, known: Floats, knob: int) -> Iterator[_Pass]:
    """The passes of predicted hyper-latents, all of which are coded. known: (C, h, w), which the caller fills in."""
    flat = known.reshape(len(known), -1)
    for turn, phases in enumerate(model.layout.sides):
        where = places(known.shape[1], known.shape[2], phases)
        mean, scale = model.sides(known, knob, turn, where)
        centre, rows = _tabled(mean, scale)
        if scale.size and not scale.all():
            raise CodecError("the network that predicts hyper-latents is of another kind")
        yield _Pass(slice(0, len(known)), flat, where, centre, scale > 0, rows.ravel())


def _tabled(mean: Integers, scale: Integers) -> tuple[Integers, Integers]:
    """Means as whole symbols, and which table codes what differs from them, of one shape."""
    centre = (mean + FRACTIONS // 2) // FRACTIONS  # to the nearest; floor division also below 0
    return centre, (scale - 1) * FRACTIONS + mean - FRACTIONS * centre + FRACTIONS // 2


def _predicted(model: Model, part: int, planes: tuple[Floats, Floats, Floats], turn: int) -> tuple[Integers, Integers]:
    """What the model predicts for a pass, strip by strip: on whole numbers they leave no seams.

    planes: features, field of steps and known symbols.
    """
    phases, look = model.layout.passes[part][turn], model.layout.looks[part]
    height, width = planes[-1].shape[1:]
    period = phases[0][2]  # the places of a pass are counted modulo it
    tall = max(1, STRIP // width // period) * period
    strips = []
    for top in range(0, height, tall):
        bottom = min(height, top + tall)
        seen = slice(max(0, top - look), min(height, bottom + look))
        first = (top - seen.start) * width
        sets = [places(bottom - top, width, (phase,)) + first for phase in phases]
        features, step, known = (plane[:, seen] for plane in planes)
        predicted = model.predict(part, features, step, known, turn, np.concatenate(sets))
        ends = np.cumsum([*map(len, sets[:-1])])
        strips.append([np.split(values, ends, axis=1) for values in predicted])
    # Of each set of places all strips, as the places follow each other.
    count = range(len(phases))
    mean, scale = (
        np.concatenate([strip[which][index] for index in count for strip in strips], axis=1) for which in (0, 1)
    )
    return mean, scale


def _rounded(values: Floats, centre: Integers, rows: Integers, tables: Tables) -> Integers:
    """The whole number above or below each value, less its centre: the one that is cheaper in bits and error together.

    Files hold what came of it and nothing of the rule.
    """
    whole = np.floor(values)
    below = whole.astype(np.int32) - centre
    # The networks were trained with encoders that pay no more than four bits' worth of error.
    dearer = np.clip(tables.bits(below + 1, rows) - tables.bits(below, rows), -4, 4)
    above = ROUNDING * (1 - 2 * (values - whole)) + dearer < 0
    return np.asarray(below + (above & (values < SYMBOL_LIMIT)))


def _z_rows(shape: tuple[int, ...], tables: Tables) -> npt.NDArray[np.int32]:
    """Each channel has a table of its own. Raises CodecError where there are not as many."""
    if shape[0] != tables.count:
        raise CodecError(f"there are {tables.count} tables for {shape[0]} channels of hyper-latents")
    return np.repeat(np.arange(shape[0], dtype=np.int32), shape[1] * shape[2])


def _tile(z: Symbols, known: Floats, step: Floats, checksum: int) -> Tile:
    symbols = known.astype(np.int16)
    checksum = zlib.crc32(z.astype("<i2").tobytes(), checksum)
    return Tile(symbols, step, zlib.crc32(symbols.astype("<i2").tobytes(), checksum))
