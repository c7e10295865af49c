from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import assume, given, strategies as st

from jndkit.codecs.bpg.bits import BitReader, BitWriter, escaped, unescaped
from jndkit.codecs.bpg.parameters import (
    SPS,
    VPS,
    Frame,
    Pcm,
    Tools,
    header,
    parameter_sets,
    read_header,
    read_sps,
)

# What bpgenc wrote into a picture of 400 x 400 that was published with a wrapper of it.
BPGENC = Tools(3, 3, 2, 3, 2, True, None, True, None)
BPGENC_BYTES = bytes.fromhex("924740")
FRAME = Frame(400, 400, 1, 8)


@st.composite
def tools(draw: st.DrawFn) -> Tools:
    smallest = draw(st.integers(3, 6))
    span = draw(st.integers(0, 6 - smallest))
    transform = draw(st.integers(2, min(smallest - 1, 5)))
    pcm = draw(st.none() | st.builds(Pcm, *[st.integers(0, 15)] * 2, *[st.integers(0, 3)] * 2, st.booleans()))
    return Tools(
        smallest,
        span,
        transform,
        draw(st.integers(0, min(smallest + span, 5) - transform)),
        draw(st.integers(0, 4)),
        draw(st.booleans()),
        pcm,
        draw(st.booleans()),
        draw(st.none() | st.integers(0, 511).map(lambda flags: flags & 0b111101010)),
    )


@given(tools())
def test_headers_come_back(wanted: Tools) -> None:
    assert read_header(header(wanted)) == wanted


@given(tools(), st.integers(1, 5000), st.integers(1, 5000), st.integers(0, 3), st.sampled_from([8, 9, 10, 12]))
def test_an_sps_made_of_a_header_says_the_same(wanted: Tools, width: int, height: int, chroma: int, bits: int) -> None:
    frame = Frame(wanted.coded(width), wanted.coded(height), chroma, bits)
    vps, sps = parameter_sets(wanted, frame)
    assert (vps[0] >> 1, sps[0] >> 1) == (VPS, SPS)
    assert read_sps(sps) == (wanted, frame)
    for nal in (vps, sps):
        assert not re.search(b"\0\0[\0-\2]", nal)


def test_the_header_of_bpgenc() -> None:
    assert read_header(BPGENC_BYTES) == BPGENC
    assert header(BPGENC) == BPGENC_BYTES


def test_the_bytes_of_parameter_sets() -> None:
    vps, sps = parameter_sets(BPGENC, FRAME)
    assert vps.hex() == "40010c01ffff04080000030090300000030000fff024"
    assert sps.hex() == "42010104080000030090300000030000ffa00c88064597e491b6b2"


def test_the_sps_of_x265() -> None:
    """Of x265 4.3, with usability information, a picture of 576 x 576."""
    sps = "420101040800000300 9fa80000030000 5a a00482009059 6ea4932b9a0200000300020000030032 10"
    assert read_sps(bytes.fromhex(sps)) == (Tools(3, 3, 2, 3, 0, True, None, True, None), Frame(576, 576, 1, 8))


def test_an_sps_that_no_header_can_say() -> None:
    _, sps = parameter_sets(BPGENC, FRAME)
    fields = unescaped(sps[2:])
    layers = sps[:2] + escaped(bytes([fields[0] | 2]) + fields[1:])
    with pytest.raises(ValueError, match="several temporal layers"):
        read_sps(layers)
    numbered = sps[:2] + escaped(fields[:13] + bytes([fields[13] & 0x3F | 0x40]) + fields[14:])
    with pytest.raises(ValueError, match="not numbered 0"):
        read_sps(numbered)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"block_range": 4}, "block sizes that HEVC does not have"),
        ({"smallest_transform": 3}, "block sizes that HEVC does not have"),
        ({"transform_range": 4}, "transform sizes that HEVC does not have"),
        ({"depth": 5}, "block sizes that HEVC does not have"),
        ({"extension": 1}, "tools that BPG excludes"),
    ],
)
def test_headers_that_ask_for_too_much(change: dict[str, Any], reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        read_header(header(replace(BPGENC, **change)))


@given(st.binary(max_size=12))
def test_any_header_is_read_or_refused(data: bytes) -> None:
    try:
        read = read_header(data)
    except ValueError:
        return
    assert header(read) == data


def test_a_header_with_a_tail_is_refused() -> None:
    for wrong in (BPGENC_BYTES + b"\0", bytes.fromhex("924741"), BPGENC_BYTES[:1], b"", BPGENC_BYTES + bytes(1 << 24)):
        with pytest.raises(ValueError, match=r"^it (goes on|ends)"):
            read_header(wrong)


@given(st.binary(max_size=40))
def test_any_sps_is_read_or_refused(data: bytes) -> None:
    try:
        read_sps(b"\x42\x01" + data)
    except ValueError:
        return


@given(
    st.lists(st.one_of(st.tuples(st.just("ue"), st.integers(0, 1 << 20)), st.tuples(st.just("u"), st.integers(0, 255))))
)
def test_codes_come_back(codes: list[tuple[str, int]]) -> None:
    assume(codes)
    out = BitWriter()
    for form, value in codes:
        out.ue(value) if form == "ue" else out.u(value, 8)
    bits = BitReader(out.trailed())
    assert [bits.ue() if form == "ue" else bits.u(8) for form, _ in codes] == [value for _, value in codes]


def test_exponential_golomb_codes() -> None:
    # H.265, table 9-2.
    bits = BitReader(bytes([0b10100110, 0b01000010, 0b10011000, 0b11100000]))
    assert [bits.ue() for _ in range(6)] == [0, 1, 2, 3, 4, 5]
    with pytest.raises(ValueError, match="too long"):
        BitReader(bytes(9)).ue()


@given(st.binary(max_size=60).map(lambda data: data.replace(b"\1", b"\0")))
def test_start_codes_are_kept_out(payload: bytes) -> None:
    data = payload + b"\x80"
    assert unescaped(escaped(data)) == data
    assert not re.search(b"\0\0[\0-\2]", escaped(data))


def test_escapes() -> None:
    assert escaped(b"\0\0\0\0\1") == b"\0\0\3\0\0\3\1"
    assert escaped(b"\0\0\4") == b"\0\0\4"
