from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings, strategies as st
from PIL import Image

pytest.importorskip("imageio_ffmpeg")

from jndkit.codecs.bpg import Bpg, codec, container, parameters, read, stream
from jndkit.codecs.bpg.bits import escaped
from jndkit.codecs.bpg.container import Contents, pack, unpack
from jndkit.codecs.bpg.planes import LAYOUTS
from jndkit.errors import CodecError, DamagedError, FormatError, InputError, LimitError
from jndkit.opening import load
from jndkit.picture import Picture
from jndkit.picture.difference import psnr

Photo = Callable[[int, int], npt.NDArray[np.uint8]]
MOST = 1 << 30


@pytest.fixture(scope="module")
def file(photo: Photo) -> bytes:
    return Bpg().encode(Picture(photo(35, 21)), 30)


def taken_apart(data: bytes) -> Contents:
    return unpack(data, None, MOST)


def tools(data: bytes) -> parameters.Tools:
    return codec._units(taken_apart(data), None)[0][-1]


def units(data: bytes) -> list[bytes]:
    return codec._units(taken_apart(data), None)[1]


def with_units(data: bytes, nals: list[bytes]) -> bytes:
    """A file without a second plane, with other NAL units behind its header."""
    contents = taken_apart(data)
    start = contents.stream[: 1 + contents.stream[0]]
    return pack(replace(contents, stream=start + stream.joined(nals).removeprefix(stream.START)))


def tried(data: bytes) -> tuple[Picture | None, str]:
    """The picture, or None and what was said of the file."""
    try:
        return read(data, "some.bpg", 10_000), ""
    except InputError as error:
        return None, str(error)


def test_the_bytes_of_a_file(file: bytes) -> None:
    """A header of a few bytes, then the PPS, the slice and the hash of one IDR picture, without VPS and SPS."""
    contents = taken_apart(file)
    assert file.startswith(b"BPG\xfb\x20\x08\x23\x15")
    assert set(contents.blocks) == {container.XMP}
    # Blocks of 8 to 16, transforms of 4 to 16, split no further; sample adaptive offset and strong smoothing.
    assert contents.stream[:3] == b"\2\xab\xd0"
    assert tools(file) == parameters.Tools(3, 1, 2, 2, 0, True, None, True, None)
    assert contents.stream[3:5] == parameters.nal_header(parameters.PPS)
    assert [stream.kind(nal) for nal in units(file)] == [parameters.PPS, 20, stream.SUFFIX_SEI]


def test_units_of_alpha_come_before_those_of_colour(photo: Photo) -> None:
    rgb = photo(40, 30)
    data = Bpg("444", "10bit").encode(Picture(rgb, alpha=rgb[..., 0]), 20)
    assert data[4:6] == b"\x72\x08"
    kinds = [parameters.PPS, 20, stream.SUFFIX_SEI]
    assert [(stream.kind(nal), stream.layer(nal)) for nal in units(data)] == list(product(kinds, (1, 0)))


def test_read_names_the_file(file: bytes) -> None:
    picture = read(file, "some.bpg")
    assert picture.source is not None
    assert (picture.source.path, picture.source.format, picture.source.size) == ("some.bpg", "BPG", len(file))
    assert (picture.width, picture.height) == (35, 21)


def test_ten_bits_are_finer(photo: Photo) -> None:
    ramp = np.repeat(np.linspace(90, 120, 96).astype(np.uint8)[None, :, None], 3, axis=2).repeat(64, axis=0)
    coarse, fine = (Bpg("444", bits) for bits in ("", "10bit"))
    errors = [psnr(ramp, each.decode(each.encode(Picture(ramp), 12)).rgb) for each in (coarse, fine)]
    assert errors[1] >= errors[0]
    assert fine.decode(fine.encode(Picture(photo(40, 30)), 20)).bits == 10


def test_damage_to_the_picture_is_found(file: bytes) -> None:
    """The picture's hash is in the file, so that no flipped bit of its HEVC data goes unnoticed."""
    start = len(file) - len(taken_apart(file).stream)
    changes = np.random.default_rng(0).integers([start, 0], [len(file), 8], (60, 2))
    for at, bit in changes.tolist():
        broken = file[:at] + bytes([file[at] ^ 1 << bit]) + file[at + 1 :]
        seen, reason = tried(broken)
        # A bit may say nothing, such as the last ones, or that the hash is a hash.
        assert reason.startswith("some.bpg: ") if seen is None else np.array_equal(seen.rgb, read(file).rgb)


@given(data=st.data())
@settings(max_examples=25, deadline=None)
def test_damage_anywhere_is_read_or_refused(file: bytes, data: st.DataObject) -> None:
    at, change = data.draw(st.integers(4, len(file) - 1)), data.draw(st.integers(1, 255))
    seen, reason = tried(file[:at] + bytes([file[at] ^ change]) + file[at + 1 :])
    assert seen is not None or (reason.startswith("some.bpg: ") and "\n" not in reason)


@pytest.mark.parametrize("share", [0.0, 0.01, 0.3, 0.9, 0.999])
def test_cut_files_are_refused(file: bytes, share: float) -> None:
    with pytest.raises((DamagedError, FormatError), match=r"^some\.bpg: "):
        read(file[: int(share * len(file))], "some.bpg")


def test_data_that_is_cut_where_the_file_agrees(file: bytes) -> None:
    contents = taken_apart(file)
    for cut, reason in ((8, "no HEVC picture that can be decoded by itself"), (-5, "the hash of .* is cut off")):
        with pytest.raises(DamagedError, match=reason):
            read(pack(replace(contents, stream=contents.stream[:cut])), "some.bpg")


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"width": 100}, DamagedError),
        ({"height": 400}, DamagedError),
        ({"width": 20_000, "height": 20_000}, LimitError),
        ({"layout": container.FULL}, DamagedError),
        ({"layout": container.GREY}, DamagedError),
        ({"bits": 10}, DamagedError),
        ({"bits": 14}, FormatError),
        ({"transparent": True}, DamagedError),
    ],
)
def test_headers_that_lie(file: bytes, change: dict[str, Any], error: type[InputError]) -> None:
    with pytest.raises(error, match=r"^some\.bpg: "):
        read(pack(replace(taken_apart(file), **change)), "some.bpg")


def test_limit_on_pixels(file: bytes) -> None:
    with pytest.raises(LimitError):
        read(file, max_pixels=35 * 21 - 1)


def test_a_stream_that_is_no_stream(file: bytes) -> None:
    contents = taken_apart(file)
    noise = np.random.default_rng(0).integers(0, 256, 3000, np.uint8).tobytes()
    with pytest.raises(DamagedError, match="no HEVC picture that can be decoded by itself"):
        read(pack(replace(contents, stream=contents.stream[:4])))
    with pytest.raises(DamagedError):
        read(pack(replace(contents, stream=contents.stream[:4] + noise)))
    with pytest.raises(DamagedError, match="the header of its HEVC stream is damaged"):
        read(pack(replace(contents, stream=noise)))


def test_parameter_sets_inside_the_data_are_left_out(file: bytes) -> None:
    """A hostile SPS could ask for another size; what a decoder gets are those made of the header."""
    huge = parameters.parameter_sets(tools(file), parameters.Frame(8192, 8192, 1, 8))
    assert np.array_equal(read(with_units(file, huge + units(file))).rgb, read(file).rgb)


def test_of_an_animation_the_first_picture_is_taken(file: bytes, photo: Photo) -> None:
    other = units(Bpg().encode(Picture(photo(35, 21)[::-1].copy()), 40))
    contents = taken_apart(file)
    both = contents.stream + stream.joined(other)
    animated = pack(replace(contents, stream=both, animated=True, blocks={container.ANIMATION: b"\0\1\x19"}))
    picture = read(animated)
    assert np.array_equal(picture.rgb, read(file).rgb)
    assert "the file is an animation; its first picture is taken" in picture.notes


def test_colours_multiplied_by_alpha_are_divided_again(photo: Photo) -> None:
    rgb, alpha = photo(40, 32), np.full((32, 40), 128, np.uint8)
    multiplied = np.rint(rgb * (alpha[..., None] / 255)).astype(np.uint8)
    contents = taken_apart(Bpg("444").encode(Picture(multiplied, alpha=alpha), 6))
    back = read(pack(replace(contents, premultiplied=True)))
    assert psnr(rgb, back.rgb) > 35
    assert back.alpha is not None


def test_four_inks(photo: Photo) -> None:
    rgb, white = photo(40, 32), np.full((32, 40), 100, np.uint8)
    contents = taken_apart(Bpg("444").encode(Picture(rgb, alpha=white), 6))
    back = read(pack(replace(contents, transparent=False, inked=True)))
    assert back.alpha is None
    assert psnr(np.rint(rgb * (100 / 255)).astype(np.uint8), back.rgb) > 38
    assert any("four inks" in note for note in back.notes)


@pytest.mark.parametrize("before", [b"", b"\0", b"Exif\0\0"])
def test_pictures_are_turned_upright(photo: Photo, before: bytes) -> None:
    """As bpgenc keeps the EXIF block of a JPEG file; early versions left bytes of its identifier."""
    tags = Image.Exif()
    tags[0x0112] = 6
    block = before + tags.tobytes().removeprefix(b"Exif\0\0")
    rgb = photo(40, 32)
    contents = taken_apart(Bpg("444").encode(Picture(rgb, alpha=rgb[..., 1]), 6))
    picture = read(pack(replace(contents, blocks={container.EXIF: block})))
    assert (picture.width, picture.height) == (32, 40)
    assert psnr(np.rot90(rgb, -1), picture.rgb) > 35
    assert picture.alpha is not None
    assert picture.alpha.shape == (40, 32)


def test_other_blocks_are_passed_over(file: bytes) -> None:
    contents = taken_apart(file)
    extended = replace(contents, blocks={container.THUMBNAIL: file, 77: b"?", **contents.blocks})
    assert np.array_equal(read(pack(extended)).rgb, read(file).rgb)
    assert read(pack(extended)).marked


def test_any_name_is_opened(file: bytes, tmp_path: Path) -> None:
    path = tmp_path / "a.picture"
    path.write_bytes(file)
    assert np.array_equal(load(path).rgb, read(file).rgb)


def test_damage_to_our_own_is_a_codec_error(file: bytes) -> None:
    with pytest.raises(CodecError, match="the bpg decoder failed"):
        Bpg().decode(file[:-40])


@pytest.mark.parametrize("kind", [0, 2])
def test_every_kind_of_hash_is_checked(file: bytes, kind: int) -> None:
    nals = units(file)
    coded = codec._decoded(taken_apart(file), tools(file), nals, LAYOUTS[container.H420], None)
    right = b"".join(stream._HASHES[kind](plane) for plane in coded)
    for stated in (right, right[:-1] + bytes([right[-1] ^ 1])):
        message = bytes([132, 1 + len(stated), kind]) + stated + b"\x80"
        hashed = with_units(file, [*nals[:-1], parameters.nal_header(stream.SUFFIX_SEI) + escaped(message)])
        if stated == right:
            read(hashed)
        else:
            with pytest.raises(DamagedError, match="do not match the hash"):
                read(hashed)


def test_a_long_message_takes_no_time() -> None:
    endless = parameters.nal_header(stream.SUFFIX_SEI) + b"\xff" * (1 << 24)
    started = time.process_time()
    with pytest.raises(ValueError, match="ends too early"):
        stream.picture_hash([endless])
    assert time.process_time() - started < 1


def test_hashes_of_the_standard() -> None:
    """CRC-16 with 0xFFFF before and 16 zero bits after the samples, and the sum under a mask, bit by bit."""
    plane = np.random.default_rng(3).integers(0, 256, (5, 300), np.uint8)
    register = 0xFFFF
    for byte in [*plane.tobytes(), 0, 0]:
        for bit in range(7, -1, -1):
            top = register >> 15
            register = ((register << 1 | byte >> bit & 1) & 0xFFFF) ^ (0x1021 if top else 0)
    assert stream._crc16(plane) == register.to_bytes(2)
    total = 0
    for y, x in np.ndindex(plane.shape):
        total += int(plane[y, x]) ^ (x & 255) ^ (y & 255) ^ (x >> 8) ^ (y >> 8)
    assert stream._checksum(plane) == total.to_bytes(4)


@pytest.mark.slow
@pytest.mark.parametrize("size", [(4000, 3000), (2001, 999)])
def test_large_pictures_come_back(photo: Photo, size: tuple[int, int]) -> None:
    tile = photo(500, 375)
    rgb = np.tile(tile, (8, 8, 1))[: size[1], : size[0]]
    back = Bpg().decode(Bpg().encode(Picture(rgb), 35))
    assert back.rgb.shape == rgb.shape
    assert psnr(rgb, back.rgb) > 28
