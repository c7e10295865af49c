from __future__ import annotations

import zlib

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from jndkit.codecs.jndlic.alpha import pack_alpha, unpack_alpha
from jndkit.errors import CodecError


@settings(deadline=None)
@given(st.integers(1, 40), st.integers(1, 40), st.integers(0, 1 << 32), st.integers(1, 256))
def test_planes_come_back(width: int, height: int, seed: int, levels: int) -> None:
    plane = np.random.default_rng(seed).integers(0, levels, (height, width)).astype(np.uint8)
    for each in (plane, np.cumsum(plane, axis=0, dtype=np.uint8), np.cumsum(plane, axis=1, dtype=np.uint8)):
        assert np.array_equal(unpack_alpha(pack_alpha(each), width, height), each)


def test_smooth_planes_are_short() -> None:
    slope = np.add.outer(np.arange(300), np.arange(400)).astype(np.uint8)
    for plane in (np.full((300, 400), 7, np.uint8), slope, slope[:1].repeat(300, axis=0)):
        assert len(pack_alpha(plane)) < 600


def test_every_form_is_read() -> None:
    plane = np.random.default_rng(1).integers(0, 256, (5, 7)).astype(np.uint8)
    left = plane - np.pad(plane, ((0, 0), (1, 0)))[:, :-1]
    up = plane - np.pad(plane, ((1, 0), (0, 0)))[:-1]
    both = left - np.pad(left, ((1, 0), (0, 0)))[:-1]
    for form, differences in enumerate((plane, left, up, both)):
        data = bytes([form]) + zlib.compress(differences.tobytes())
        assert np.array_equal(unpack_alpha(data, 7, 5), plane)


def test_what_does_not_fit_is_refused() -> None:
    plane = np.arange(60, dtype=np.uint8).reshape(6, 10)
    data = pack_alpha(plane)
    wrong = (b"", b"\4" + data[1:], data[:-3], data + b"\0", data[:1] + b"no zlib", data[:1])
    for each in wrong:
        with pytest.raises(CodecError, match="the transparency"):
            unpack_alpha(each, 10, 6)
    for width, height in ((10, 5), (10, 7), (1, 1)):
        with pytest.raises(CodecError, match="not as large"):
            unpack_alpha(data, width, height)


def test_a_bomb_is_not_inflated() -> None:
    with pytest.raises(CodecError, match="not as large"):
        unpack_alpha(b"\0" + zlib.compress(bytes(5_000_000)), 8, 8)
