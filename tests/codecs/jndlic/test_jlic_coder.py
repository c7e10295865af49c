from __future__ import annotations

import hashlib

import constriction
import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from jndkit.codecs.jndlic.coder import LIMIT, PRECISION, Decoder, Encoder, Tables, exact_model
from jndkit.errors import CodecError

TOTAL = 1 << PRECISION


def drawn(seed: int, rows: int, columns: int, total: int = 1 << 16) -> np.ndarray:
    """Frequency tables, int64 (rows, columns), that fall from one column to both sides."""
    random = np.random.default_rng(seed)
    weights = np.exp(-np.abs(np.arange(columns) - columns // 2) / random.uniform(0.2, 9, (rows, 1)))
    counts = np.floor(weights / weights.sum(axis=1, keepdims=True) * (total - columns)).astype(np.int64) + 1
    counts[:, columns // 2] += total - counts.sum(axis=1)
    return np.asarray(counts)


TABLES = Tables(drawn(1, 50, 30), -15, escapes=True)


def coded(symbols: np.ndarray, rows: np.ndarray, tables: Tables = TABLES) -> bytes:
    encoder = Encoder()
    encoder.encode(symbols, rows, tables)
    return encoder.finish()


@settings(deadline=None)
@given(st.integers(0, 1 << 32))
def test_symbols_come_back(seed: int) -> None:
    random = np.random.default_rng(seed)
    encoder = Encoder()
    calls = []
    for size in (0, 1, 300, 7):
        rows = random.integers(0, TABLES.count, size)
        symbols = np.clip(random.standard_cauchy(size) * 10, -LIMIT, LIMIT).astype(np.int32)
        encoder.encode(symbols, rows, TABLES)
        calls.append((symbols, rows))
    decoder = Decoder(encoder.finish())
    for symbols, rows in calls:
        assert np.array_equal(decoder.decode(rows, TABLES), symbols)
    decoder.finish()


@pytest.mark.parametrize("low", [-15, 0, 3, -200])
def test_symbols_far_beyond_the_table(low: int) -> None:
    tables = Tables(drawn(2, 3, 4), low, escapes=True)
    symbols = np.array([-LIMIT, LIMIT, low - 1, low, low + 2, low + 3, 0, 1, -1, 1 << 14, -(1 << 14)], np.int32)
    rows = np.arange(len(symbols)) % 3
    assert np.array_equal(Decoder(coded(symbols, rows, tables)).decode(rows, tables), symbols)


def test_symbols_beyond_the_limit_are_refused() -> None:
    for symbol in (LIMIT + 1, -LIMIT - 1):
        with pytest.raises(CodecError, match="beyond 32767"):
            coded(np.array([symbol]), np.array([0]))


@settings(deadline=None)
@given(st.integers(0, 1 << 32), st.integers(2, 40))
def test_models_have_exactly_the_frequencies(seed: int, columns: int) -> None:
    """Where one column ends and the next begins, to one part in 2^24, as the decoder tells them apart."""
    counts = drawn(seed, 1, columns, TOTAL)[0]
    model = exact_model(counts)
    width = ((1 << 64) - 1) >> PRECISION  # of one part, in the decoder's first state
    for column, start in enumerate(np.cumsum(counts) - counts):
        for part, wanted in ((start, column), (start - 1, column - 1), (start + counts[column] - 1, column)):
            if part >= 0:
                point = int(part) * width
                words = np.array([point >> 32, point & 0xFFFFFFFF], np.uint32)
                assert constriction.stream.queue.RangeDecoder(words).decode(model) == wanted


def test_the_words_of_a_stream_are_for_ever() -> None:
    random = np.random.default_rng(3)
    rows = random.integers(0, 50, 2000)
    symbols = np.rint(random.standard_t(2, 2000) * 4).astype(np.int32)
    data = coded(symbols, rows)
    assert (np.abs(symbols) > 15).any()
    assert len(data) == 1432
    assert hashlib.sha256(data).hexdigest()[:16] == "3dc221aa523a7686"
    assert coded(np.array([0, 1, -1, 20, -40]), np.array([0, 1, 2, 3, 4])).hex() == "9d385b82004b1e60"


def test_a_stream_is_as_long_as_its_tables_say() -> None:
    random = np.random.default_rng(4)
    counts = drawn(5, 50, 30)
    rows = random.integers(0, 50, 20000)
    columns = (random.random((20000, 1)) * (1 << 16) > np.cumsum(counts, axis=1)[rows]).sum(axis=1)
    inside = columns < 29
    bits = -np.log2(counts[rows[inside], columns[inside]] / (1 << 16)).sum()
    data = coded(columns[inside] - 15, rows[inside], Tables(counts, -15, escapes=True))
    assert bits / 8 <= len(data) <= bits / 8 + 12


def test_rows_may_begin_and_end_with_zeros() -> None:
    counts = np.zeros((2, 9), np.int64)
    counts[0, 3:5], counts[0, 8] = (6, 8), 2
    counts[1, :8], counts[1, 8] = 1, 8
    tables = Tables(counts, -4, escapes=True)
    assert tables.lows.tolist() == [-1, -4]
    symbols, rows = np.tile(np.arange(-9, 9), 2), np.repeat([0, 1], 18)
    assert np.array_equal(Decoder(coded(symbols, rows, tables)).decode(rows, tables), symbols)


def test_tables_without_an_escape_end_where_they_end() -> None:
    tables = Tables(np.array([[1, 2, 5], [0, 4, 4]]), -1, escapes=False)
    symbols, rows = np.array([-1, 0, 1, 0, 1]), np.array([0, 0, 0, 1, 1])
    assert np.array_equal(Decoder(coded(symbols, rows, tables)).decode(rows, tables), symbols)
    for symbol, row in ((2, 0), (-2, 0), (-1, 1)):
        with pytest.raises(CodecError, match="beyond its table"):
            coded(np.array([symbol]), np.array([row]), tables)


@pytest.mark.parametrize(
    ("counts", "escapes"),
    [
        (np.zeros((0, 4), int), False),
        (np.full((2, 1), 8), False),
        (np.full((2, 2), 8), True),
        (np.full(4, 2), False),
        (np.full((1, 3), 1), False),
        (np.array([[4, 4], [2, 2]]), False),
        (np.array([[9, -1]]), False),
        (np.array([[8, 0]]), False),
        (np.array([[4, 4, 0]]), True),
        (np.array([[4, 0, 4]]), False),
        (np.array([[2, 0, 4, 2]]), True),
        (np.full((1, 2), 1 << 24), False),
        (np.array([[0, 0, 0, 8]]), True),
    ],
)
def test_tables_that_are_none(counts: np.ndarray, escapes: bool) -> None:
    with pytest.raises(CodecError, match="frequency tables"):
        Tables(counts, 0, escapes=escapes)


def test_rows_without_a_table() -> None:
    for row in (-1, 50, 1 << 16):
        with pytest.raises(CodecError, match="50 frequency tables"):
            coded(np.array([0]), np.array([row]))
        with pytest.raises(CodecError, match="50 frequency tables"):
            Decoder(bytes(8)).decode(np.array([row]), TABLES)


@settings(deadline=None)
@given(st.binary(max_size=64), st.integers(0, 1 << 32))
def test_any_bytes_are_symbols_or_an_error(data: bytes, seed: int) -> None:
    rows = np.random.default_rng(seed).integers(0, 50, 500)
    try:
        symbols = Decoder(data).decode(rows, TABLES)
    except CodecError:
        return
    assert symbols.shape == (500,)
    assert np.abs(symbols).max() <= LIMIT


def test_words_that_are_left_are_noticed() -> None:
    symbols, rows = np.zeros(100, np.int32), np.zeros(100, np.int64)
    decoder = Decoder(coded(symbols, rows) + b"\1\2\3\4" * 8)
    decoder.decode(rows, TABLES)
    with pytest.raises(CodecError, match="go on after the last"):
        decoder.finish()
    with pytest.raises(CodecError, match="whole words"):
        Decoder(b"\1\2\3")


def test_what_symbols_cost() -> None:
    counts = np.array([[0, 2, 4, 1, 1], [1, 1, 3, 1, 2]])
    tables = Tables(counts, -1, escapes=True)
    symbols, rows = np.array([-2, -1, 0, 1, 2, 3, -1, 1]), np.array([0, 0, 0, 0, 0, 0, 1, 1])
    wanted = [20, 20, 2, 1, 3, 20, 3, 3 - np.log2(3)]
    assert tables.bits(symbols, rows) == pytest.approx(wanted, abs=1e-5)
