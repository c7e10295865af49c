from __future__ import annotations

import heapq
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, strategies as st

from jndkit.codecs.jpeg.huffman import code, code_lengths, table_bits, word_bits
from jndkit.codecs.jpeg.packing import packed

histograms = st.dictionaries(st.integers(0, 255), st.integers(1, 10**7), min_size=1, max_size=256)


def counted(histogram: dict[int, int]) -> npt.NDArray[np.int64]:
    counts = np.zeros(256, np.int64)
    counts[list(histogram)] = list(histogram.values())
    return counts


def unlimited_bits(counts: list[int]) -> int:
    """Of Huffman's own construction, for these symbols and one that never occurs."""
    heap, total = [0, *counts], 0
    heapq.heapify(heap)
    while len(heap) > 1:
        pair = heapq.heappop(heap) + heapq.heappop(heap)
        total += pair
        heapq.heappush(heap, pair)
    return total


@given(histograms)
def test_a_code_can_be_read_and_has_no_word_of_ones_alone(histogram: dict[int, int]) -> None:
    lengths = code_lengths(counted(histogram))
    assert set(np.flatnonzero(lengths)) == set(histogram)
    assert lengths.max() <= 16
    room = sum(2.0 ** -int(length) for length in lengths if length)
    assert room < 1  # what is left over is the word of ones
    made = code(counted(histogram))
    words = [f"{made.words[symbol]:0{made.lengths[symbol]}b}" for symbol in histogram]
    assert all("0" in word for word in words)
    ordered = sorted(words)
    assert not any(later.startswith(word) for word, later in pairwise(ordered))


@given(histograms)
def test_no_code_is_shorter(histogram: dict[int, int]) -> None:
    counts = counted(histogram)
    lengths = code_lengths(counts)
    assert int(counts @ lengths) >= unlimited_bits(list(histogram.values()))
    assert word_bits(counts) == int(counts @ lengths)
    if max(histogram.values()) < 100 * min(histogram.values()):  # then sixteen bits bind nobody
        assert int(counts @ lengths) == unlimited_bits(list(histogram.values()))


def test_sixteen_bits_are_kept_where_huffman_takes_more() -> None:
    fibonacci = [1, 1]
    while len(fibonacci) < 30:
        fibonacci.append(fibonacci[-1] + fibonacci[-2])
    counts = counted(dict(enumerate(fibonacci)))
    lengths = code_lengths(counts)
    assert lengths.max() == 16
    bits = int(counts @ lengths)
    assert word_bits(counts) == bits
    # Worked out by trying: dearer than without a limit, by less than a thousandth.
    assert unlimited_bits(fibonacci) < bits < 1.001 * unlimited_bits(fibonacci)


def test_one_symbol_has_one_bit() -> None:
    made = code(counted({7: 3}))
    assert (made.lengths[7], made.words[7]) == (1, 0)
    assert made.written() == bytes([1, *[0] * 15, 7])
    assert table_bits(counted({7: 3})) == 8 * len(made.written())


def test_a_table_lists_its_symbols_by_length() -> None:
    made = code(counted({0: 100, 5: 50, 2: 20, 1: 20}))
    assert made.written() == bytes([1, 1, 1, 1, *[0] * 12, 0, 5, 2, 1])


def test_bits_are_packed_from_the_highest_on_and_filled_up_with_ones() -> None:
    values, lengths = np.array([0b101, 0, 0b1], np.uint32), np.array([3, 2, 1], np.uint8)
    assert packed(values, lengths) == bytes([0b10100111])
    assert packed(np.array([0xFF], np.uint32), np.array([8], np.uint8)) == b"\xff\0"
    assert packed(np.array([0x7F], np.uint32), np.array([7], np.uint8)) == b"\xff\0"
    assert packed(np.zeros(0, np.uint32), np.zeros(0, np.uint8)) == b""


@given(st.lists(st.tuples(st.integers(0, 32), st.integers(0, 2**32 - 1)), max_size=200))
def test_packed_bits_are_those_of_the_words(words: list[tuple[int, int]]) -> None:
    written = "".join(f"{value & ((1 << length) - 1):0{length}b}" for length, value in words if length)
    values = np.array([value & ((1 << length) - 1) for length, value in words], np.uint32)
    data = packed(values, np.array([length for length, _ in words], np.uint8)).replace(b"\xff\0", b"\xff")
    assert "".join(f"{byte:08b}" for byte in data) == written + "1" * (-len(written) % 8)


@pytest.mark.parametrize("count", [1, 2, 255, 256])
def test_equal_counts_give_equal_lengths(count: int) -> None:
    lengths = code_lengths(counted(dict.fromkeys(range(count), 9)))
    assert lengths[:count].max() - lengths[:count].min() <= 1
