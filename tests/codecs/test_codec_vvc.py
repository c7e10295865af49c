from __future__ import annotations

import subprocess
import sys
import time
import zlib
from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings, strategies as st

pytest.importorskip("imageio_ffmpeg")

from jndkit.codecs import ffmpeg, vvc
from jndkit.errors import CodecError, DamagedError, FormatError, InputError, LimitError
from jndkit.picture import Picture

Photo = Callable[[int, int], npt.NDArray[np.uint8]]


@pytest.fixture(scope="module")
def file(photo: Photo) -> bytes:
    return vvc.Vvc("faster").encode(Picture(photo(35, 21)), 30)


@given(st.integers(1, 40), st.integers(1, 40), st.integers(0, 2**32 - 1))
@settings(max_examples=40)
def test_planes_keep_smooth_colour(width: int, height: int, seed: int) -> None:
    corners = np.random.default_rng(seed).integers(0, 256, (2, 3))
    ramp = np.linspace(0, 1, width)[None, :, None] * np.ones((height, 1, 1))
    rgb = (corners[0] * (1 - ramp) + corners[1] * ramp).astype(np.uint8)
    wide, high = vvc.coded_size(width, height)
    planes = vvc.to_planes(rgb)
    assert len(planes) == wide * high * 3
    back = vvc.from_planes(planes, wide, high)[:height, :width].astype(int)
    # Per pixel, chroma may move as far as half the ramp's step between two pixels.
    step = 255 / max(width - 1, 1)
    assert np.abs(back - rgb).max() <= 1 + step


def test_flat_colour_is_exact() -> None:
    for colour in ((0, 0, 0), (255, 255, 255), (255, 0, 0), (0, 255, 0), (0, 0, 255), (17, 130, 201)):
        flat = np.full((32, 32, 3), colour, np.uint8)
        assert np.array_equal(vvc.from_planes(vvc.to_planes(flat), 32, 32), flat)


def test_header(file: bytes) -> None:
    assert file.startswith(b"\x89JVVC\r\n\x1a\x01\x00\x00\x00\x23\x00\x00\x00\x15\x00\x00\x00")
    assert int.from_bytes(file[44:48], "little") == zlib.crc32(file[:44])
    assert int.from_bytes(file[36:40], "little") == zlib.crc32(file[48:])
    assert len(file) == 48 + sum(int.from_bytes(file[at : at + 4], "little") for at in (20, 24, 28, 32))


def test_read_names_the_file(file: bytes) -> None:
    picture = vvc.read(file, "some.jvvc")
    assert picture.source is not None
    assert (picture.source.path, picture.source.format, picture.source.size) == ("some.jvvc", "VVC", len(file))
    assert (picture.width, picture.height) == (35, 21)


@given(data=st.data())
@settings(max_examples=60, deadline=None)
def test_damage_is_found(file: bytes, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(file) - 1))
    change = data.draw(st.integers(1, 255))
    broken = file[:at] + bytes([file[at] ^ change]) + file[at + 1 :]
    for wrong in (broken, file[:at], file + b"\0"):
        with pytest.raises((DamagedError, FormatError)):
            vvc.read(wrong)


def _forged(file: bytes, **fields: int) -> bytes:
    """The file with header fields changed and its checksums made to match."""
    places = {
        "version": (8, 1),
        "flags": (9, 1),
        "width": (12, 4),
        "height": (16, 4),
        "stream": (32, 4),
        "planes": (40, 4),
    }
    forged = bytearray(file)
    for name, value in fields.items():
        at, size = places[name]
        forged[at : at + size] = value.to_bytes(size, "little")
    forged[36:40] = zlib.crc32(forged[48:]).to_bytes(4, "little")
    forged[44:48] = zlib.crc32(forged[:44]).to_bytes(4, "little")
    return bytes(forged)


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        ({"version": 2}, FormatError),
        ({"flags": 2}, FormatError),
        ({"width": 0}, LimitError),
        ({"width": 20_000}, LimitError),
        ({"width": 16_000, "height": 16_000}, LimitError),
        ({"width": 64}, DamagedError),
        ({"planes": 12345}, DamagedError),
        ({"height": 400}, DamagedError),
        ({"stream": 2**32 - 1}, DamagedError),
    ],
)
def test_headers_that_lie(file: bytes, fields: dict[str, int], error: type[InputError]) -> None:
    with pytest.raises(error, match=r"^some\.jvvc: "):
        vvc.read(_forged(file, **fields), "some.jvvc")


def test_a_stream_that_is_no_stream(file: bytes) -> None:
    start = len(file) - int.from_bytes(file[32:36], "little")
    noise = np.random.default_rng(0).integers(0, 256, len(file) - start, np.uint8).tobytes()
    with pytest.raises(DamagedError, match="the VVC stream cannot be decoded"):
        vvc.read(_forged(file[:start] + noise))


def test_narrow_pictures_decode_the_same_every_time(photo: Photo) -> None:
    # One block wide and several high is where ffmpeg's decoder goes wrong with more than one thread.
    codec = vvc.Vvc("faster")
    picture = Picture(photo(33, 130))
    data = codec.encode(picture, 22)
    assert all(np.abs(codec.decode(data).rgb.astype(int) - picture.rgb).mean() < 6 for _ in range(12))


def test_limit_on_pixels(file: bytes) -> None:
    with pytest.raises(LimitError):
        vvc.read(file, max_pixels=35 * 21 - 1)


def test_a_presets_bytes_differ(photo: Photo) -> None:
    picture = Picture(photo(64, 64))
    assert vvc.Vvc("faster").encode(picture, 30) != vvc.Vvc("fast").encode(picture, 30)


def test_ffmpeg_is_stopped_in_time() -> None:
    endless = ["-f", "lavfi", "-i", "testsrc", "-f", "null", "-"]
    started = time.monotonic()
    with pytest.raises(CodecError, match="did not finish within"):
        ffmpeg.run(endless, b"", 0.4)
    assert time.monotonic() - started < 10


def test_ffmpeg_does_not_outlive_an_interrupt(monkeypatch: pytest.MonkeyPatch) -> None:
    children: list[subprocess.Popen[bytes]] = []

    def interrupted(child: subprocess.Popen[bytes], data: bytes, timeout: float) -> None:
        children.append(child)
        raise KeyboardInterrupt

    monkeypatch.setattr(subprocess.Popen, "communicate", interrupted)
    with pytest.raises(KeyboardInterrupt):
        ffmpeg.run(["-f", "lavfi", "-i", "testsrc", "-f", "null", "-"], b"", 60)
    assert [child.poll() is not None for child in children] == [True]


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux limits the memory of another process")
def test_ffmpeg_is_held_to_its_memory(file: bytes) -> None:
    start = len(file) - int.from_bytes(file[32:36], "little")
    arguments = ["-f", "vvc", "-i", "pipe:0", "-f", "rawvideo", "pipe:1"]
    with pytest.raises(CodecError, match="ffmpeg failed"):
        ffmpeg.run(arguments, file[start:], 20, memory=64 << 20)


def test_ffmpeg_tells_why() -> None:
    source = ["-f", "rawvideo", "-video_size", "16x16", "-i", "pipe:0"]
    with pytest.raises(CodecError, match=r"ffmpeg failed: .*no-such-coder"):
        ffmpeg.run([*source, "-c:v", "no-such-coder", "-f", "rawvideo", "pipe:1"], b"", 20)
