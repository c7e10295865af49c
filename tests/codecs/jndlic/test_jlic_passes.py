from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings, strategies as st

from jndkit.codecs.jndlic import passes
from jndkit.codecs.jndlic.coder import Decoder, Encoder
from jndkit.codecs.jndlic.layout import (
    BLOCK,
    CHANNELS,
    GROUPS,
    LAYOUTS,
    MULTIPLE,
    PHASES,
    ROUNDING,
    SLICES,
    SYMBOL_LIMIT,
    Z_LIMIT,
    places,
    scale_of,
)
from jndkit.codecs.jndlic.passes import read_tile, write_tile
from jndkit.errors import CodecError
from tests.codecs.jndlic.made_model import Made, MadeFourth, MadeSecond, hyper_tables

Array = npt.NDArray[Any]


def test_the_layout_is_that_of_the_format() -> None:
    """docs/reference/jlic.md has these numbers; files of version 1 are read by them for ever."""
    assert (MULTIPLE, BLOCK, CHANNELS, GROUPS, SYMBOL_LIMIT, Z_LIMIT) == (32, 8, 192, 4, 4095, 31)
    assert SLICES == ((0, 3), (3, 18), (18, 45), (45, 108), (108, 192))
    assert PHASES[0] == (((0, 0, 2),), ((1, 1, 2),), ((0, 1, 2),), ((1, 0, 2),))
    assert all(phases == (((0, 0, 2), (1, 1, 2)), ((0, 1, 2), (1, 0, 2))) for phases in PHASES[1:])
    assert places(4, 4, PHASES[1][0]).tolist() == [0, 2, 8, 10, 5, 7, 13, 15]
    first, second = LAYOUTS[1], LAYOUTS[2]
    assert (first.slices, first.passes) == (SLICES, PHASES)
    assert second.slices == ((0, 1), (1, 3), (3, 18), (18, 45), (45, 108), (108, 192))
    coarse = ((0, 0, 8),), ((4, 4, 8),), ((0, 4, 8), (4, 0, 8)), ((2, 2, 4),), ((0, 2, 4), (2, 0, 4))
    assert second.passes == ((*coarse, *PHASES[0][1:]),) * 2 + PHASES[1:]
    fourth = LAYOUTS[4]
    assert (fourth.slices, fourth.passes, fourth.sides) == (second.slices, second.passes, PHASES[0])
    assert (first.sides, second.sides) == ((), ())
    assert [scale_of(knob, fourth.bend) for knob in (0, 4, 12, 20)] == [2.0**5.25, 2.0**4, 2.0**1.5, 2.0**0.5]
    for layout in (first, second, fourth):
        for phases in layout.passes:
            assert sorted(place for each in phases for place in places(4, 12, each)) == list(range(48))


@settings(max_examples=20, deadline=None)
@given(
    st.sampled_from([Made(), MadeSecond(), MadeFourth()]),
    st.integers(1, 3),
    st.integers(1, 3),
    st.integers(0, 60),
    st.integers(0, 1 << 32),
)
def test_tiles_come_back(model: Made, high: int, wide: int, knob: int, seed: int) -> None:
    random = np.random.default_rng(seed)
    latent = (random.standard_cauchy((CHANNELS, 4 * high, 4 * wide)) * random.choice([0.1, 3, 900])).astype(np.float32)
    z = random.normal(0, 30, (2, high, wide)).astype(np.float32)
    encoder = Encoder()
    written = write_tile(encoder, model, latent, z, knob, seed)
    found = read_tile(Decoder(encoder.finish()), model, 32 * high, 32 * wide, knob, seed)
    assert np.array_equal(found.symbols, written.symbols)
    assert np.array_equal(found.step, written.step)
    assert found.checksum == written.checksum
    assert np.abs(found.symbols).max() <= SYMBOL_LIMIT


class _Looking(Made):
    """Predictions from all that lies as far away as the layout says, nothing beyond the border."""

    def __init__(self, version: int) -> None:
        self.layout = LAYOUTS[version]

    def predict(
        self, part: int, features: Array, step: Array, known: Array, turn: int, places: Array
    ) -> tuple[Array, Array]:
        first, last = self.layout.slices[part]
        look = self.layout.looks[part]
        wide = np.pad(features[0] + 5 * step[0] + known[first:last], ((0, 0), (look, look), (look, look)))
        height, width = known.shape[1:]
        shifts = ((down, right) for down in (0, look, 2 * look) for right in (0, look, 2 * look))
        sums: Array = np.sum([(3 * i + j + 1) * wide[:, i : i + height, j : j + width] for i, j in shifts], axis=0)
        mean = sums.reshape(last - first, -1)[:, places].astype(np.int32)
        return mean, mean % 64


@pytest.mark.parametrize(("version", "part"), [(1, part) for part in range(5)] + [(2, 0), (2, 1), (2, 2)])
@pytest.mark.parametrize("strip", [1, 24, 56, 88])
def test_strips_leave_no_seams(version: int, part: int, strip: int, monkeypatch: pytest.MonkeyPatch) -> None:
    random, model = np.random.default_rng(part), _Looking(version)
    features = random.integers(0, 99, (4, 44, 8)).astype(np.float32)
    step = random.integers(-9, 9, (GROUPS, 44, 8)).astype(np.float32)
    known = random.integers(-99, 99, (CHANNELS, 44, 8)).astype(np.float32)
    for turn, phases in enumerate(model.layout.passes[part]):
        whole = model.predict(part, features, step, known, turn, places(44, 8, phases))
        monkeypatch.setattr(passes, "STRIP", strip)
        found = passes._predicted(model, part, (features, step, known), turn)
        assert all(np.array_equal(mine, theirs) for mine, theirs in zip(found, whole, strict=True))


def test_rounding_weighs_bits_against_error() -> None:
    """Neither neighbour of a value is further than the other by more than the bits are worth, nor is a third taken."""
    random = np.random.default_rng(2)
    latent = random.laplace(0, 2, (CHANNELS, 8, 8)).astype(np.float32)
    z = np.zeros((2, 2, 2), np.float32)
    found = write_tile(Encoder(), Made(), latent, z, 24, 0)
    values = latent[:180] * np.exp2(found.step / -16)[0]
    off = np.abs(found.symbols[:180] - values)
    assert off.max() < 1
    assert (np.abs(found.symbols) <= np.ceil(np.abs(latent * 2))).all()
    # Most are simply rounded, and more of the others go towards zero than away from it.
    other = off > 0.5
    assert 0.02 < other.mean() < 0.3
    towards = np.abs(found.symbols[:180]) < np.abs(values)
    assert towards[other].mean() > 0.7
    assert 3 < ROUNDING * (2 * off.max() - 1) < 4.01


def test_a_symbol_beyond_the_limit_is_refused() -> None:
    encoder = Encoder()
    model = Made()
    encoder.encode(np.zeros(2, int), np.arange(2), hyper_tables())
    encoder.encode(np.full(12, SYMBOL_LIMIT + 1), np.full(12, 300), model.priors(0).symbols)
    with pytest.raises(CodecError, match="beyond 4095"):
        read_tile(Decoder(encoder.finish()), _Even(), 32, 32, 0, 0)


class _Even(Made):
    """The same table for every symbol."""

    def predict(
        self, part: int, features: Array, step: Array, known: Array, turn: int, places: Array
    ) -> tuple[Array, Array]:
        shape = (3, len(places)) if part == 0 else (1, 1)
        return np.zeros(shape, np.int32), np.full(shape, 300 // 8 + 1, np.int32)


def test_a_predicted_hyper_latent_beyond_the_limit_is_refused() -> None:
    encoder, model = Encoder(), MadeFourth()
    encoder.encode(np.full(2, Z_LIMIT + 1), np.full(2, 29 * 8 + 4), model.priors(0).symbols)
    with pytest.raises(CodecError, match="hyper-latent lies beyond 31"):
        read_tile(Decoder(encoder.finish()), model, 32, 32, 0, 0)


def test_every_hyper_latent_is_coded() -> None:
    class Silent(MadeFourth):
        def sides(self, known: Array, knob: int, turn: int, places: Array) -> tuple[Array, Array]:
            mean, scale = super().sides(known, knob, turn, places)
            return mean, 0 * scale

    with pytest.raises(CodecError, match="hyper-latents is of another kind"):
        write_tile(Encoder(), Silent(), np.zeros((CHANNELS, 4, 4), np.float32), np.zeros((2, 1, 1), np.float32), 0, 0)


def test_as_many_tables_as_channels() -> None:
    with pytest.raises(CodecError, match="2 tables for 3 channels"):
        write_tile(Encoder(), Made(), np.zeros((CHANNELS, 4, 4), np.float32), np.zeros((3, 1, 1), np.float32), 0, 0)


def test_hyper_latents_stay_in_their_range() -> None:
    encoder = Encoder()
    z = np.array([1e9, -1e9], np.float32).reshape(2, 1, 1)
    write_tile(encoder, Made(), np.zeros((CHANNELS, 4, 4), np.float32), z, 0, 0)
    decoder = Decoder(encoder.finish())
    assert decoder.decode(np.arange(2), hyper_tables()).tolist() == [Z_LIMIT, -Z_LIMIT]
