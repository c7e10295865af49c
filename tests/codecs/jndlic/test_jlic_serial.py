"""The published network's coder: symbols come back, each predicted from those before it alone."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings, strategies as st

from jndkit.codecs.jndlic import serial
from jndkit.codecs.jndlic.coder import Decoder, Encoder, Tables
from jndkit.codecs.jndlic.layout import (
    SERIAL,
    SERIAL_BLOCK,
    SERIAL_MULTIPLE,
    SERIAL_REACH,
    SERIAL_TILE,
    SYMBOL_LIMIT,
    Z_LIMIT,
)
from jndkit.codecs.jndlic.serial import read_tile, write_tile
from jndkit.codecs.jndlic.serial_model import SerialLatents, SerialPriors
from jndkit.errors import CodecError
from tests.codecs.jndlic.made_model import hyper_tables, priors

Array = npt.NDArray[Any]
CHANNELS, STEPS = 7, 3


class Made:
    """A published network of plain arithmetic on whole numbers. scale: of all symbols, where it is not told by them."""

    name = "made.serial.v1"
    digest = b"made9012"
    layout = SERIAL

    def __init__(self, scale: int = 0) -> None:
        self._scale = scale
        self.seen: list[Array] = []

    def analyse(self, picture: Array, jnd: Array) -> SerialLatents:
        raise AssertionError("latents are made here, not analysed")

    def priors(self, knob: int) -> SerialPriors:
        symbols, z = priors().symbols, hyper_tables()
        both = np.concatenate([z._counts >> 8] * 2)[:3]
        return SerialPriors(symbols, z, Tables(both, -Z_LIMIT, escapes=False))

    def scales(self, steps_hyper: Array, knob: int) -> Array:
        wide = np.repeat(np.repeat(np.abs(steps_hyper).astype(np.int32), 4, axis=1), 4, axis=2)
        return np.clip(wide + 20 + knob % 3, 1, 63)

    def steps(self, symbols: Array, knob: int) -> Array:
        wide = np.repeat(np.repeat(symbols[:1], 4, axis=1), 4, axis=2)
        return np.repeat(np.exp2(wide / 8.0), CHANNELS, axis=0).astype(np.float32)

    def hyper(self, z: Array, steps: Array, knob: int) -> Array:
        wide = np.repeat(np.repeat(z[:1] + steps[:1], 4, axis=1), 4, axis=2)
        return np.repeat(np.abs(wide), CHANNELS, axis=0).astype(np.float32)

    def predict(self, features: Array, before: Array) -> tuple[Array, Array]:
        assert before.shape == (len(features), 665)
        self.seen.append(before)
        mean = np.clip(before[:, -1] + 3 * before[:, -60] - before[:, 3], -500, 500).astype(np.int32)
        spread = features + np.minimum(np.abs(before).sum(axis=1), 25) + 10
        return mean, np.clip(self._scale or spread, 1, 63).astype(np.int32) * np.ones(len(features), np.int32)

    def paint(self, symbols: Array, steps: Array) -> Array:
        raise AssertionError("symbols are looked at here, not painted")


def latents(high: int, wide: int, seed: int, size: float) -> SerialLatents:
    random = np.random.default_rng(seed)
    shapes = (
        (CHANNELS, 4 * high, 4 * wide),
        (2, high, wide),
        (STEPS, high, wide),
        (STEPS, -(-high // 4), -(-wide // 4)),
    )
    given = (random.standard_cauchy(shapes[0]) * size, *(random.normal(0, 9, shape) for shape in shapes[1:]))
    return SerialLatents(*(each.astype(np.float32) for each in given))


def test_the_layout_is_that_of_the_format() -> None:
    """docs/reference/jlic.md has these numbers; files of version 3 are read by them for ever."""
    assert (SERIAL.version, SERIAL_REACH, SERIAL_BLOCK, SERIAL_MULTIPLE, SERIAL_TILE) == (3, 5, 16, 64, 1024)
    assert SERIAL.graphs == ("scales", "steps", "hyper", "serial")


@settings(max_examples=15, deadline=None)
@given(
    st.integers(1, 5), st.integers(1, 5), st.integers(0, 60), st.integers(0, 1 << 31), st.sampled_from([0.1, 3, 900])
)
def test_tiles_come_back(high: int, wide: int, knob: int, seed: int, size: float) -> None:
    encoder, reader = Encoder(), Made()
    written = write_tile(encoder, Made(), latents(high, wide, seed, size), knob, seed)
    found = read_tile(Decoder(encoder.finish()), reader, 64 * high, 64 * wide, knob, seed)
    assert np.array_equal(found.symbols, written.symbols)
    assert np.array_equal(found.steps, written.steps)
    assert found.checksum == written.checksum
    assert np.abs(found.symbols).max() <= SYMBOL_LIMIT


def test_symbols_are_rounded_in_their_steps() -> None:
    given = latents(2, 3, 5, 2.0)
    found = write_tile(Encoder(), Made(), given, 30, 0)
    steps = Made().steps(found.steps, 30)
    wanted = np.clip(given.picture / steps, -SYMBOL_LIMIT, SYMBOL_LIMIT)
    assert np.abs(found.symbols - wanted).max() <= 0.5 + 1e-3
    assert np.ptp(steps) > 1


def test_each_is_predicted_from_all_before_it_and_nothing_else() -> None:
    """The cube before a symbol, taken from the whole volume, is what the coder shows when it is that symbol's turn."""
    model, given = Made(), latents(2, 2, 3, 3.0)
    found = write_tile(Encoder(), model, given, 30, 0)
    wide = np.pad(found.symbols, SERIAL_REACH).astype(np.float32)
    waves = serial._waves(found.symbols.shape)
    assert sorted(np.concatenate(waves)) == list(range(found.symbols.size))
    for places, seen in zip(waves, model.seen, strict=True):
        for place, before in zip(places, seen, strict=True):
            channel, row, column = np.unravel_index(place, found.symbols.shape)
            cube = wide[channel : channel + 11, row : row + 11, column : column + 11]
            assert np.array_equal(before, cube.ravel()[:665])


def test_damage_is_refused() -> None:
    encoder = Encoder()
    write_tile(encoder, Made(), latents(2, 2, 1, 3.0), 30, 0)
    data, random, refused = encoder.finish(), np.random.default_rng(4), 0
    for _ in range(40):
        damaged = bytearray(data)
        for at in random.integers(0, len(data), 3):
            damaged[at] ^= int(random.integers(1, 256))
        decoder = Decoder(bytes(damaged[: 4 * int(random.integers(1, len(data) // 4 + 1))]))
        try:
            found = read_tile(decoder, Made(), 128, 128, 30, 0)
            decoder.finish()
        except CodecError:
            refused += 1
        else:
            assert np.abs(found.symbols).max() <= SYMBOL_LIMIT
    assert refused > 5


@pytest.mark.parametrize(
    ("beyond", "says"), [("step", "step map lies beyond 31"), ("symbol", "symbol lies beyond 4095")]
)
def test_what_no_encoder_writes(beyond: str, says: str) -> None:
    model, encoder = Made(scale=40), Encoder()
    of = model.priors(0)
    for tables in (of.hyper, of.steps_hyper):
        encoder.encode(np.zeros(tables.count, int), np.arange(tables.count), tables)
    steps = np.full(STEPS, 32 if beyond == "step" else 0)
    rows = (model.scales(np.zeros((STEPS, 1, 1), np.int16), 0)[:, :1, :1].ravel() - 1) * 8 + 4
    encoder.encode(steps, rows, of.symbols)
    encoder.encode(np.array([SYMBOL_LIMIT + 1]), np.array([39 * 8 + 4]), of.symbols)
    with pytest.raises(CodecError, match=says):
        read_tile(Decoder(encoder.finish()), model, 64, 64, 0, 0)
