from __future__ import annotations

import struct
import zlib
from dataclasses import replace

import pytest
from hypothesis import given, settings, strategies as st

from jndkit.codecs.jndlic.container import ALPHA, EXIF, ICC, MARK, SYMBOLS, XMP, Contents, pack, unpack
from jndkit.errors import DamagedError, FormatError, InputError, LimitError

STREAMS = {SYMBOLS: b"symbols!", ALPHA: b"alpha", MARK: b"jndkit 1"}
CONTENTS = Contents(35, 21, 17, False, "jndlic-s.some.v1", b"\1\2\3\4\5\6\7\x08", 0xDEADBEEF, STREAMS)
FILE = pack(CONTENTS)
START = 38 + len(CONTENTS.weights)  # of the list of streams
END = START + 3 * 5  # of the header, before its checksum


def sealed(header: bytes, rest: bytes = FILE[END + 4 :]) -> bytes:
    """A file whose checksum of the header is right."""
    return header + struct.pack("<I", zlib.crc32(header)) + rest


def forged(at: int, field: str, value: int) -> bytes:
    header = bytearray(FILE[:END])
    struct.pack_into(f"<{field}", header, at, value)
    return sealed(bytes(header))


def test_every_byte() -> None:
    body = b"symbols!alphajndkit 1"
    header = b"\x89JLIC\r\n\x1a" + bytes([1, 0, 17, 0, 35, 0, 0, 0, 21, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8])
    header += bytes.fromhex("efbeadde") + struct.pack("<I", zlib.crc32(body)) + bytes([3, 16]) + b"jndlic-s.some.v1"
    header += bytes([1, 8, 0, 0, 0, 2, 5, 0, 0, 0, 6, 8, 0, 0, 0])
    assert sealed(header, body) == FILE


@settings(deadline=None)
@given(
    st.builds(
        Contents,
        width=st.integers(1, 9999),
        height=st.integers(1, 9999),
        knob=st.integers(0, 65535),
        grey=st.booleans(),
        weights=st.text("abcdefg-.019", max_size=100),
        digest=st.binary(min_size=8, max_size=8),
        checksum=st.integers(0, (1 << 32) - 1),
        streams=st.dictionaries(st.integers(1, 6), st.binary(min_size=1, max_size=200), max_size=6),
    )
)
def test_contents_come_back(contents: Contents) -> None:
    assert unpack(pack(contents), None, 10**8) == contents


def test_the_version_is_kept() -> None:
    assert pack(replace(CONTENTS, version=2))[8] == 2
    assert unpack(pack(replace(CONTENTS, version=2)), None, 10**8).version == 2


def test_empty_streams_are_left_out() -> None:
    assert unpack(pack(replace(CONTENTS, streams={**STREAMS, ICC: b""})), None, 10**8) == CONTENTS


@pytest.mark.parametrize(
    ("data", "error", "says"),
    [
        (b"", FormatError, "not a .jlic file"),
        (FILE[:20], DamagedError, "ends inside its header"),
        (FILE[: END + 3], DamagedError, "ends inside its header"),
        (FILE[:-1], DamagedError, "ends before its streams do"),
        (FILE + b"\0", DamagedError, "goes on after its last stream"),
        (forged(8, "B", 5), FormatError, "version 5 "),
        (forged(9, "B", 2), FormatError, r"features .* \(flags 2\)"),
        (forged(12, "I", 0), DamagedError, "0 x 21"),
        (forged(12, "I", 10**7), LimitError, "more than the limit"),
        (forged(16, "I", 2**32 - 1), LimitError, "more than the limit"),
        (forged(32, "I", 1), DamagedError, "streams do not match"),
        (forged(36, "B", 255), DamagedError, "ends inside its header"),
        (forged(37, "B", 255), DamagedError, "ends inside its header"),
        (forged(START, "B", 0), FormatError, "stream of kind 0"),
        (forged(START + 10, "B", 7), FormatError, "stream of kind 7"),
        (forged(START + 5, "B", 1), DamagedError, "not in their order"),
        (forged(START + 10, "B", 2), DamagedError, "not in their order"),
        (forged(START + 1, "I", 0), DamagedError, "that is empty"),
        (forged(START + 1, "I", 2**32 - 1), DamagedError, "ends before"),
        (forged(START + 11, "I", 256), LimitError, "block of metadata"),
        (FILE[:50] + b"?" + FILE[51:], DamagedError, "header does not match"),
        (FILE[:-1] + b"?", DamagedError, "streams do not match"),
    ],
)
def test_files_that_lie(data: bytes, error: type[InputError], says: str) -> None:
    with pytest.raises(error, match=rf"^some\.jlic: .*{says}"):
        unpack(data, "some.jlic", 10**6)


@pytest.mark.parametrize("kind", [ICC, EXIF, XMP])
def test_blocks_are_bounded(kind: int) -> None:
    data = pack(replace(CONTENTS, streams={kind: bytes(4_000_001)}))
    with pytest.raises(LimitError, match=r"4\.0 MB"):
        unpack(data, None, 10**8)


def test_limits_on_pixels() -> None:
    assert unpack(FILE, None, 35 * 21) == CONTENTS
    with pytest.raises(LimitError, match=r"35 x 21 .* --max-pixels"):
        unpack(FILE, None, 35 * 21 - 1)
    with pytest.raises(LimitError, match="65535 a side"):
        unpack(pack(replace(CONTENTS, width=65536, height=1)), None, 10**8)


@settings(deadline=None)
@given(st.integers(0, len(FILE) - 1), st.integers(1, 255))
def test_no_byte_may_change(at: int, change: int) -> None:
    damaged = bytearray(FILE)
    damaged[at] ^= change
    with pytest.raises(InputError):
        unpack(bytes(damaged), None, 10**8)
