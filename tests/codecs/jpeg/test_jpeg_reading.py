from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from io import BytesIO
from typing import Any
from unittest.mock import patch

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings, strategies as st
from PIL import Image

from jndkit.codecs.jpeg import Coefficients, Component, lanes, read, reading, write
from jndkit.codecs.jpeg.metadata import JFIF
from jndkit.codecs.jpeg.scans import Band, Plan
from jndkit.codecs.jpeg.symbols import Entries
from jndkit.errors import DamagedError, FormatError, InputError, LimitError
from jndkit.picture.formats.jpeg import segment
from tests.codecs.jpeg.bit_by_bit import decoded
from tests.codecs.jpeg.made_coefficients import FULL, GREY, HALF, QUARTER, SAMPLINGS, Factors, random_coefficients

Photo = Callable[[int, int], npt.NDArray[np.uint8]]
How = dict[str, Any]


def same(one: Coefficients, other: Coefficients) -> bool:
    assert (one.width, one.height) == (other.width, other.height)
    return all(
        np.array_equal(a.coefficients, b.coefficients)
        and np.array_equal(a.table, b.table)
        and (a.horizontal, a.vertical) == (b.horizontal, b.vertical)
        for a, b in zip(one.components, other.components, strict=True)
    )


def opened(data: bytes) -> Image.Image:
    return Image.open(BytesIO(data)).convert("RGB")


def saved(pixels: npt.NDArray[np.uint8], mode: str = "RGB", **how: Any) -> bytes:
    file = BytesIO()
    Image.fromarray(pixels).convert(mode).save(file, "JPEG", **how)
    return file.getvalue()


@pytest.mark.parametrize("quality", [30, 97])
@pytest.mark.parametrize("form", [{}, {"optimize": True}, {"progressive": True}])
@pytest.mark.parametrize("subsampling", ["4:2:0", "4:2:2", "4:4:4"])
def test_pillows_files_are_read_as_bit_by_bit(photo: Photo, subsampling: str, form: How, quality: int) -> None:
    data = saved(photo(75, 58), subsampling=subsampling, quality=quality, **form)
    assert same(read(data), decoded(data))


@pytest.mark.parametrize("form", [{}, {"progressive": True}])
def test_grey(photo: Photo, form: How) -> None:
    data = saved(photo(61, 40), "L", **form)
    assert same(read(data), decoded(data))


@pytest.mark.parametrize("form", [{}, {"progressive": True}])
@pytest.mark.parametrize(
    "restart", [{"restart_marker_blocks": 1}, {"restart_marker_blocks": 7}, {"restart_marker_rows": 1}]
)
def test_restarts_change_nothing(photo: Photo, restart: How, form: How) -> None:
    plain, broken = saved(photo(90, 70), **form), saved(photo(90, 70), **form, **restart)
    assert b"\xff\xdd\0\x04" in broken
    assert same(read(broken), read(plain))


@settings(max_examples=50, deadline=None)
@given(
    width=st.integers(1, 90),
    height=st.integers(1, 90),
    factors=st.sampled_from(SAMPLINGS),
    progressive=st.booleans(),
    seed=st.integers(0, 2**32 - 1),
    density=st.sampled_from([0.0, 0.01, 0.1, 0.5, 1.0]),
    largest=st.sampled_from([1, 3, 9, 1023]),
    dc=st.sampled_from([0, 40, 1024]),
)
def test_what_was_written_is_read(width: int, height: int, factors: Factors, progressive: bool, **how: Any) -> None:
    coefficients = random_coefficients(width, height, factors, **how)
    assert same(read(write(coefficients, progressive=progressive)), coefficients)


@settings(max_examples=30, deadline=None)
@given(
    depth=st.integers(0, 3),
    split=st.sampled_from([63, 1, 5, 62]),
    seed=st.integers(0, 2**32 - 1),
    density=st.sampled_from([0.0, 0.01, 0.3, 1.0]),
    largest=st.sampled_from([1, 3, 15, 1023]),
)
def test_any_scans_are_read(depth: int, split: int, **how: Any) -> None:
    coefficients = random_coefficients(60, 50, QUARTER, **how)
    first = [(1, split), (split + 1, 63)] if split < 63 else [(1, 63)]
    bands = [Band(low, high, 0, depth) for low, high in first]
    bands += [Band(1, 63, shift + 1, shift) for shift in reversed(range(depth))]

    def planned(entries: Entries) -> Plan:
        levels = tuple(entries.shifted(shift) for shift in range(depth + 1))
        return Plan(tuple(bands), levels, 0, np.zeros(256, np.int64), 0)

    with patch("jndkit.codecs.jpeg.writing.plan", planned):
        data = write(coefficients, progressive=True)
    assert same(read(data), coefficients)


@pytest.mark.parametrize("passes", [0, 1])
@pytest.mark.parametrize("factors", [GREY, HALF, FULL])
def test_codes_that_fall_into_step_late_are_read_in_turn(
    monkeypatch: pytest.MonkeyPatch, factors: Factors, passes: int
) -> None:
    monkeypatch.setattr(lanes, "_LANE", 64)
    monkeypatch.setattr(lanes, "_PASSES", passes)
    coefficients = random_coefficients(80, 64, factors, density=0.4, largest=30)
    assert same(read(write(coefficients, progressive=False)), coefficients)


def test_words_of_one_length_never_fall_into_step() -> None:
    """Magnitudes of which every word takes four bits with its own: guesses off by one stay off."""
    blocks = np.zeros((60, 60, 8, 8), np.int16)
    blocks[..., 0, 1:4] = np.random.default_rng(0).choice([-1, 1], (60, 60, 3))
    coefficients = Coefficients(480, 480, (Component(blocks, np.ones((8, 8), np.uint16)),))
    for progressive in (True, False):
        assert same(read(write(coefficients, progressive=progressive)), coefficients)


@pytest.mark.slow
@pytest.mark.parametrize("progressive", [True, False])
def test_a_large_picture(progressive: bool) -> None:
    coefficients = random_coefficients(4000, 3000, QUARTER, density=0.08)
    assert same(read(write(coefficients, progressive=progressive)), coefficients)


def test_metadata_and_further_pictures_are_passed_over(photo: Photo) -> None:
    data = saved(photo(40, 40))
    thumbnail = segment(0xE1, b"Exif\0\0" + data)
    assert same(read(data[:20] + thumbnail + data[20:] + b"\0\0" + data), read(data))


KINDS = [
    ("CMYK", FormatError, "a JPEG of 4 components; coefficients are read of one or three"),
    ("RGB", FormatError, "a JPEG of red, green and blue"),
    ("arithmetic", FormatError, "an arithmetic-coded JPEG"),
    ("lossless", FormatError, "a lossless or hierarchical JPEG"),
    ("12 bits", FormatError, "a JPEG of 12 bits per sample"),
    ("no height", FormatError, "states its height late"),
    ("wide steps", FormatError, "steps above 255"),
    ("step of 0", DamagedError, "a step of 0"),
    ("truncated", DamagedError, "truncated"),
    ("cut", DamagedError, "a scan ends early"),
    ("PNG", FormatError, "not a JPEG file"),
    ("huge", LimitError, "60000 x 60000 pixels are more than the limit"),
    ("no tables", DamagedError, "names a Huffman table that is not there"),
    ("two frames", DamagedError, "several frame headers"),
    ("factors", DamagedError, "sampling factors are out of range"),
]


def odd(kind: str, photo: Photo) -> bytes:
    pixels = photo(64, 48)
    data = saved(pixels)
    frame, scan, steps = data.index(b"\xff\xc0"), data.index(b"\xff\xda"), data.index(b"\xff\xdb")
    size = frame + 5
    if kind == "CMYK":
        return saved(pixels, "CMYK")
    if kind == "RGB":
        return saved(pixels, keep_rgb=True)
    if kind in ("arithmetic", "lossless"):
        return data.replace(b"\xff\xc0", {"arithmetic": b"\xff\xc9", "lossless": b"\xff\xc3"}[kind])
    if kind == "12 bits":
        return data[: frame + 4] + b"\x0c" + data[frame + 5 :]
    if kind == "no height":
        return data[:size] + b"\0\0" + data[size + 2 :]
    if kind == "wide steps":
        return data[:steps] + segment(0xDB, b"\x10" + b"\1\0" * 64) + data[steps:]
    if kind == "step of 0":
        return data[: steps + 9] + b"\0" + data[steps + 10 :]
    if kind == "truncated":
        return data[:-300]
    if kind == "cut":
        return data[:-300] + b"\xff\xd9"
    if kind == "PNG":
        return b"\x89PNG\r\n\x1a\n" + data
    if kind == "huge":
        return data[:size] + b"\xea\x60\xea\x60" + data[size + 4 :]
    if kind == "no tables":
        return data[: data.index(b"\xff\xc4")] + data[scan:]
    if kind == "two frames":
        return data[:frame] + data[frame : frame + 19] * 2 + data[frame + 19 :]
    assert kind == "factors"
    return data[: frame + 11] + b"\x52" + data[frame + 12 :]


@pytest.mark.parametrize(("kind", "error", "says"), KINDS, ids=[kind for kind, _, _ in KINDS])
def test_what_is_not_read_is_refused(photo: Photo, kind: str, error: type[InputError], says: str) -> None:
    with pytest.raises(error, match=f"^a.jpg: .*{says}"):
        read(odd(kind, photo), "a.jpg")


def test_colours_are_told_as_libjpeg_tells_them(photo: Photo) -> None:
    """By JFIF, else by Adobe's segment, else by the numbers of the components; whatever a thumbnail holds."""
    data = saved(photo(40, 40), keep_rgb=True)
    adobe, rest = data[2:18], data[18:]
    numbered = rest.replace(b"R\x11\0G\x11\0B\x11\0", b"\1\x11\0\2\x11\0\3\x11\0").replace(
        b"R\0G\0B\0", b"\1\0\2\0\3\0"
    )
    thumbnail = segment(0xE1, b"Exif\0\0" + saved(photo(16, 16)))
    start = b"\xff\xd8" + thumbnail
    for refused in (start + adobe + rest, start + adobe + numbered, start + rest):
        assert np.array_equal(np.asarray(opened(refused)), np.asarray(opened(data)))
        with pytest.raises(FormatError, match="red, green and blue"):
            read(refused)
    for taken in (start + JFIF + adobe + rest, start + adobe[:-1] + b"\1" + rest, start + numbered):
        assert not np.array_equal(np.asarray(opened(taken)), np.asarray(opened(data)))
        assert len(read(taken).components) == 3


def test_progressive_scans_have_to_follow_from_each_other(photo: Photo) -> None:
    data = saved(photo(64, 48), progressive=True)
    scans = [at for at in range(len(data)) if data[at : at + 2] == b"\xff\xda"]
    last = data.rindex(b"\xff\xc4", 0, scans[-1])
    with pytest.raises(DamagedError, match="do not follow from each other"):
        read(data[:-2] + data[last:])  # the last scan twice
    frame_end = data.index(b"\xff\xc4")
    first_band = data[data.index(b"\xff\xc4", scans[0]) : data.index(b"\xff\xc4", scans[1])]
    with pytest.raises(DamagedError, match="do not hold every colour component"):
        read(data[:frame_end] + first_band + b"\xff\xd9")


FORMS: dict[str, How] = {
    "sequential": {},
    "progressive": {"progressive": True},
    "restarts": {"progressive": True, "restart_marker_blocks": 5},
    "grey": {"mode": "L", "progressive": True},
}


@settings(max_examples=120, deadline=None)
@given(data=st.data(), form=st.sampled_from(sorted(FORMS)))
def test_damaged_files_are_read_or_refused(photo: Photo, data: st.DataObject, form: str) -> None:
    file = bytearray(saved(photo(56, 40), **FORMS[form]))
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(file) - 1))
        change = data.draw(st.sampled_from(["set", "cut", "twice", "zeros"]))
        if change == "set":
            file[at] = data.draw(st.integers(0, 255))
        elif change == "cut":
            del file[at : at + data.draw(st.integers(1, 60))]
        elif change == "twice":
            file[at:at] = file[at : at + 40]
        else:
            file[at : at + 20] = bytes(20)
    with suppress(InputError):
        found = read(bytes(file))
        assert same(read(write(found)), found)


def test_more_words_of_refinement_than_the_bytes_are_worth_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    file = BytesIO()
    rng = np.random.default_rng(0)
    Image.fromarray(rng.integers(0, 256, (64, 96), dtype=np.uint8)).save(file, "JPEG", quality=60, progressive=True)
    data = file.getvalue()
    monkeypatch.setattr(reading, "_WORDS", 0)
    assert read(data).width == 96
    monkeypatch.setattr(reading, "_WORDS_A_BYTE", 0.1)
    with pytest.raises(LimitError, match="noise: a JPEG scan has more words"):
        read(data, "noise")


def test_a_bit_a_block_is_not_read_for_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    """Scans that end the band of every block by a word of one bit: eight words a byte."""
    monkeypatch.setattr(reading, "_WORDS", 10_000)
    coefficients = Coefficients(
        1600, 1600, (Component(np.zeros((200, 200, 8, 8), np.int16), np.ones((8, 8), np.uint16)),)
    )
    data = write(coefficients, progressive=True)
    table = segment(0xC4, bytes([0x10, 1, *[0] * 15, 0]))
    scans = b"".join(
        table + segment(0xDA, bytes([1, 1, 0, 1, 63, previous << 4 | shift])) + bytes(200 * 200 // 8)
        for previous, shift in ((0, 3), (3, 2), (2, 1), (1, 0))
    )
    first = data.index(b"\xff\xc4", data.index(b"\xff\xda"))  # behind the scan of DC
    with pytest.raises(LimitError, match="more words"):
        read(data[:first] + scans + b"\xff\xd9")
