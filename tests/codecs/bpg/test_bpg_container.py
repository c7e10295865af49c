from __future__ import annotations

import math
from dataclasses import replace

import pytest
from hypothesis import given, strategies as st

from jndkit.codecs.bpg import container
from jndkit.codecs.bpg.container import Contents, pack, read_ue7, ue7, unpack
from jndkit.errors import DamagedError, FormatError, InputError, LimitError

MOST = 1 << 40
SMALL = Contents(35, 300, container.H420, 8, b"\3\x92\x47\x40rest")


@st.composite
def contents(draw: st.DrawFn) -> Contents:
    layout = draw(st.integers(container.GREY, container.H422_VIDEO))
    second = draw(st.sampled_from(["", "transparent", "premultiplied", "inked"]))
    return Contents(
        draw(st.integers(1, 1 << 20)),
        draw(st.integers(1, 1 << 20)),
        layout,
        draw(st.integers(8, 14)),
        draw(st.binary(min_size=1, max_size=300)),
        container.YCBCR_601 if layout == container.GREY else draw(st.integers(0, container.YCBCR_2020)),
        transparent=second in ("transparent", "premultiplied"),
        premultiplied=second == "premultiplied",
        inked=second == "inked",
        limited=draw(st.booleans()),
        animated=draw(st.booleans()),
        blocks=draw(st.dictionaries(st.integers(1, 1 << 20), st.binary(max_size=200), max_size=4)),
    )


@given(contents())
def test_what_is_packed_is_unpacked(wanted: Contents) -> None:
    data = pack(wanted)
    assert unpack(data, None, MOST) == wanted
    # What follows the picture belongs to nobody.
    assert unpack(data + b"more", None, MOST) == wanted


def test_the_bytes_of_a_file() -> None:
    whole = replace(SMALL, transparent=True, blocks={container.XMP: b"<x/>", container.ICC: b"p" * 130})
    assert pack(SMALL) == b"BPG\xfb" + b"\x20\x00" + b"\x23" + b"\x82\x2c" + b"\x08" + SMALL.stream
    head = b"BPG\xfb" + b"\x30\x08" + b"\x23" + b"\x82\x2c" + b"\x08" + b"\x81\x0b"
    assert pack(whole) == head + b"\x03\x04<x/>" + b"\x02\x81\x02" + b"p" * 130 + SMALL.stream
    assert pack(replace(SMALL, layout=container.FULL, bits=10, colour=container.YCGCO))[4:6] == b"\x62\x20"
    assert pack(replace(SMALL, transparent=True, premultiplied=True, limited=True))[4:6] == b"\x30\x06"
    assert pack(replace(SMALL, inked=True, animated=True))[4:6] == b"\x20\x05"


@pytest.mark.parametrize(("number", "data"), [(8, "08"), (542, "841e"), (728855, "acbe17"), (0, "00"), (128, "8100")])
def test_numbers_of_the_specification(number: int, data: str) -> None:
    assert ue7(number).hex() == data
    assert read_ue7(bytes.fromhex(data), 0) == (number, len(data) // 2)


@given(st.integers(0, (1 << 32) - 1))
def test_every_number_comes_back(number: int) -> None:
    assert read_ue7(b"?" + ue7(number), 1) == (number, 1 + len(ue7(number)))


@pytest.mark.parametrize("data", ["80", "8001", "ffffffffff7f", "9f8080808000", "ffffffff7f", "84"])
def test_numbers_that_are_none(data: str) -> None:
    with pytest.raises((ValueError, IndexError)):
        read_ue7(bytes.fromhex(data), 0)


def test_a_length_of_zero_reaches_to_the_end() -> None:
    data = b"BPG\xfb\x20\x00\x23\x82\x2c\x00" + SMALL.stream
    assert unpack(data, None, MOST) == SMALL


@given(contents(), st.data())
def test_what_is_cut_off_is_refused(wanted: Contents, data: st.DataObject) -> None:
    whole = pack(wanted)
    end = data.draw(st.integers(0, len(whole) - 1))
    with pytest.raises((DamagedError, FormatError), match=r"^some\.bpg: "):
        unpack(whole[:end], "some.bpg", MOST)


@given(st.binary(max_size=60))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    said = ""
    try:
        pixels = math.prod(vars(unpack(container.MAGIC + data, "some.bpg", 1000))[side] for side in ("width", "height"))
    except InputError as error:
        said, pixels = str(error), 0
    assert said.startswith("some.bpg: ") or 0 < pixels <= 1000


@pytest.mark.parametrize(
    ("data", "error", "reason"),
    [
        ("42504700 2000", FormatError, "this is not a BPG file"),
        ("425047fb c000 01 01 00", FormatError, "in a form that BPG reserves"),
        ("425047fb 2700 01 01 00", FormatError, "15 bits"),
        ("425047fb 2050 01 01 00", FormatError, "in a form that BPG reserves"),
        ("425047fb 0010 01 01 00", FormatError, "in a form that BPG reserves"),
        ("425047fb 2000 00 01 00", DamagedError, "claims 0 x 1 pixels"),
        ("425047fb 2000 8fffffff7f 8fffffff7f 00", LimitError, "more than the limit"),
        ("425047fb 2000 01 01 05 00", DamagedError, "4 of 5 bytes of the picture are missing"),
        ("425047fb 2008 01 01 00 03 010201", DamagedError, "a number in it is damaged"),
        ("425047fb 2008 01 01 00 05 010900", DamagedError, "ends inside its metadata"),
        ("425047fb 2008 01 01 00 04 01090000", DamagedError, "a number in it is damaged"),
    ],
)
def test_headers_that_lie(data: str, error: type[InputError], reason: str) -> None:
    with pytest.raises(error, match=reason):
        unpack(bytes.fromhex(data), "some.bpg", 100_000_000)
