"""Damage that decoders paint over: found where the format allows it, and never in a sound file."""

from __future__ import annotations

import io
import struct
import subprocess
import time
import tracemalloc
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from jndkit.errors import DamagedError, UsageError
from jndkit.picture import Pixels, damage, from_bytes, load
from jndkit.picture.damage import isobmff, jpeg, tiff, webp
from tests.picture.fixture_types import Encode

END = b"\xff\xd9"
BLOCK = 4096


@pytest.fixture(scope="module")
def busy() -> Pixels:
    """uint8 (320, 480, 3): grain over smooth colours, so that a file of it is some ten blocks long."""
    y, x = np.mgrid[0:320, 0:480]
    smooth = np.stack([128 + 90 * np.sin(x / 31 + y / 57), 60 + 0.3 * x, 200 - 0.4 * y], axis=-1)
    return np.clip(smooth + np.random.default_rng(3).normal(0, 14, smooth.shape), 0, 255).astype(np.uint8)


@pytest.fixture(scope="module")
def files(busy: Pixels, encode: Encode) -> dict[str, tuple[str, bytes]]:
    """Name -> format and file."""
    files = {
        "baseline": ("JPEG", encode(busy, "JPEG", quality=92)),
        "progressive": ("JPEG", encode(busy, "JPEG", quality=92, progressive=True)),
        "restarts": ("JPEG", encode(busy, "JPEG", quality=92, restart_marker_rows=1)),
        "cmyk": ("JPEG", encode(Image.fromarray(busy).convert("CMYK"), "JPEG", quality=92)),
        "grey": ("JPEG", encode(Image.fromarray(busy).convert("L"), "JPEG", quality=92)),
        "webp": ("WEBP", encode(busy, "WEBP", quality=92)),
        "lossless webp": ("WEBP", encode(busy, "WEBP", lossless=True)),
        "avif": ("AVIF", encode(busy, "AVIF", quality=92, speed=8)),
        "deflate tiff": ("TIFF", encode(busy, "TIFF", compression="tiff_adobe_deflate")),
        "jpeg tiff": ("TIFF", encode(busy, "TIFF", compression="jpeg", quality=92)),
    }
    return files


NAMES = (
    *("baseline", "progressive", "restarts", "cmyk", "grey", "webp", "lossless webp", "avif", "deflate tiff"),
    "jpeg tiff",
)


def zeroed(data: bytes, at: int) -> bytes:
    return data[:at] + bytes(BLOCK) + data[at + BLOCK :]


@pytest.mark.parametrize("name", NAMES)
def test_a_block_of_zeros(name: str, files: dict[str, tuple[str, bytes]]) -> None:
    _, data = files[name]
    assert from_bytes(data).notes == (
        ("converted from CMYK without a usable profile to sRGB",) if name == "cmyk" else ()
    )
    for share in (0.3, 0.45, 0.6, 0.75):
        with pytest.raises(DamagedError) as caught:
            from_bytes(zeroed(data, int(share * len(data))), path="a")
        assert str(caught.value).startswith("a: ")
        assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", ["baseline", "progressive", "restarts", "cmyk", "grey"])
def test_a_jpeg_cut_with_its_end_put_back(name: str, files: dict[str, tuple[str, bytes]]) -> None:
    _, data = files[name]
    for share in (0.4, 0.6, 0.9):
        with pytest.raises(DamagedError, match=r"JPEG scan.*; --damaged keep takes it as it is"):
            from_bytes(data[: int(share * len(data))] + END)


def test_a_jpeg_that_lost_the_scans_of_a_component(files: dict[str, tuple[str, bytes]]) -> None:
    """Cut between two scans: every code is sound."""
    _, data = files["progressive"]
    third = data.index(b"\xff\xc2") + 16
    renamed = data[:third] + b"\x07" + data[third + 1 :]  # no scan has a component of this name
    assert jpeg.damage(renamed) == "the JPEG scans do not hold every colour component"


def test_keep_takes_what_the_decoder_makes_of_it(files: dict[str, tuple[str, bytes]], tmp_path: Path) -> None:
    _, data = files["baseline"]
    for broken in (zeroed(data, len(data) // 2), data[: len(data) * 6 // 10] + END):
        kept = from_bytes(broken, damaged="keep")
        assert np.array_equal(kept.rgb, np.asarray(Image.open(io.BytesIO(broken)).convert("RGB")))
        assert len(kept.notes) == 1
        assert kept.notes[0].startswith("taken as it was decoded, although a JPEG scan is damaged (")
    (tmp_path / "a.jpg").write_bytes(broken)
    assert load(tmp_path / "a.jpg", damaged="keep").notes == kept.notes


def test_keep_reads_a_truncated_jpeg_too(files: dict[str, tuple[str, bytes]]) -> None:
    for name in ("baseline", "progressive"):
        _, data = files[name]
        whole = from_bytes(data)
        for end, reason in ((len(data) // 2, "premature end"), (len(data) - 2, "its end marker is missing")):
            with pytest.raises(DamagedError, match="end marker is missing"):
                from_bytes(data[:end])
            kept = from_bytes(data[:end], damaged="keep")
            assert reason in kept.notes[0]
            assert kept.source is not None
            assert kept.source.size == end
        assert np.array_equal(kept.rgb, whole.rgb)  # all but the marker is there


@pytest.mark.parametrize("name", ["webp", "lossless webp", "avif", "deflate tiff", "jpeg tiff"])
def test_keep_of_other_formats(name: str, files: dict[str, tuple[str, bytes]]) -> None:
    _, data = files[name]
    kept, refused = 0, []
    for share in (0.3, 0.45, 0.6, 0.75):
        try:
            picture = from_bytes(zeroed(data, int(share * len(data))), damaged="keep")
        except DamagedError as error:
            refused.append(str(error))
            continue
        kept += 1
        assert any(note.startswith("taken as it was decoded, although the ") for note in picture.notes)
    assert kept
    assert all("cannot be decoded" in reason for reason in refused)


def test_keep_refuses_what_cannot_be_decoded(files: dict[str, tuple[str, bytes]]) -> None:
    for data in (files["baseline"][1][:300], b"\xff\xd8\xff\xd9", b"\xff\xd8\xff"):
        with pytest.raises(DamagedError):
            from_bytes(data, damaged="keep")


def test_keep_of_a_sound_file_says_nothing(files: dict[str, tuple[str, bytes]]) -> None:
    for name in ("baseline", "webp", "avif", "deflate tiff"):
        assert not from_bytes(files[name][1], damaged="keep").notes


def test_unknown_treatment(files: dict[str, tuple[str, bytes]]) -> None:
    misspelt: Any = "ignore"
    with pytest.raises(UsageError, match="choose refuse, keep"):
        from_bytes(files["baseline"][1], damaged=misspelt)


@pytest.mark.parametrize("kind", ["heic", "jxl"])
def test_a_block_of_zeros_in_extra_formats(kind: str, busy: Pixels) -> None:
    if kind == "heic":
        out = io.BytesIO()
        pytest.importorskip("pillow_heif").from_pillow(Image.fromarray(busy)).save(out, quality=92)
        data, reason = out.getvalue(), "bytes that its coding does not allow"
    else:
        data = pytest.importorskip("imagecodecs").jpegxl_encode(busy, lossless=False, distance=0.5)
        reason = "cannot be decoded"
    assert not from_bytes(data).notes
    for share in (0.4, 0.7):
        with pytest.raises(DamagedError, match=reason):
            from_bytes(zeroed(data, int(share * len(data))))
    if kind == "heic":
        kept = from_bytes(zeroed(data, len(data) // 2), damaged="keep")
        assert kept.notes[0].startswith("taken as it was decoded, although the HEIC data is damaged")


def test_heic_units_that_do_not_fill_their_item(busy: Pixels) -> None:
    out = io.BytesIO()
    pytest.importorskip("pillow_heif").from_pillow(Image.fromarray(busy)).save(out, quality=92)
    data = bytearray(out.getvalue())
    at = data.rindex(b"mdat") + 4
    while data[at + 4] >> 1 > 31:  # parameter sets and messages come before the slice
        at += 4 + int.from_bytes(data[at : at + 4])
    size = int.from_bytes(data[at : at + 4])
    assert damage.find_damage(bytes(data), "HEIF") is None
    data[at : at + 4] = (size + 9).to_bytes(4)
    assert damage.find_damage(bytes(data), "HEIF") == "the HEIC data is damaged: its units do not fill it"


@pytest.mark.parametrize(("name", "least"), [("webp", 30), ("deflate tiff", 30), ("progressive", 4), ("baseline", 2)])
def test_flipped_bits(name: str, least: int, files: dict[str, tuple[str, bytes]]) -> None:
    """How many of 30 are found: all where lengths or checksums tell, some where the codes soon fall into step again."""
    _, data = files[name]
    random = np.random.default_rng(5)
    refused = 0
    for _ in range(30):
        broken = bytearray(data)
        broken[int(random.integers(len(data) // 5, len(data) * 9 // 10))] ^= 1 << int(random.integers(0, 8))
        try:
            from_bytes(bytes(broken))
        except DamagedError:
            refused += 1
    assert refused >= least


# --- no false alarm --------------------------------------------------------------------------------------------------


def pictures(busy: Pixels) -> Iterator[Pixels]:
    y, x = np.mgrid[0:64, 0:90]
    yield busy[:77, :131]
    yield busy[:1, :1]
    yield busy[:3, :200]
    yield np.full((130, 90, 3), 255, np.uint8)
    yield np.repeat((((x // 4 + y // 4) % 2) * 255).astype(np.uint8)[..., None], 3, axis=2)
    half = busy[:128, :128].copy()
    half[64:] = 0
    yield half


def jpegs(array: Pixels, encode: Encode) -> Iterator[bytes]:
    import cv2

    image = Image.fromarray(np.ascontiguousarray(array))
    for quality in (1, 75, 100):
        for options in (
            {},
            {"progressive": True},
            {"optimize": True, "subsampling": 0},
            {"subsampling": 1, "restart_marker_blocks": 2},
            {"progressive": True, "restart_marker_rows": 1},
            {"keep_rgb": True},
        ):
            yield encode(image, "JPEG", quality=quality, **options)
        yield encode(image.convert("CMYK"), "JPEG", quality=quality, progressive=quality == 75)
        yield encode(image.convert("L"), "JPEG", quality=quality, progressive=quality == 75)
        for sampling in (cv2.IMWRITE_JPEG_SAMPLING_FACTOR_411, cv2.IMWRITE_JPEG_SAMPLING_FACTOR_440):
            flags = [cv2.IMWRITE_JPEG_QUALITY, quality, cv2.IMWRITE_JPEG_SAMPLING_FACTOR, sampling]
            yield cv2.imencode(".jpg", np.asarray(image), [*flags, cv2.IMWRITE_JPEG_RST_INTERVAL, 3])[1].tobytes()
            yield cv2.imencode(".jpg", np.asarray(image), [*flags, cv2.IMWRITE_JPEG_PROGRESSIVE, 1])[1].tobytes()


def test_sound_jpegs(busy: Pixels, encode: Encode) -> None:
    count = 0
    for array in pictures(busy):
        for data in jpegs(array, encode):
            assert damage.find_damage(data, "JPEG") is None
            count += 1
    assert count == 6 * 36


def test_sound_jpegs_with_odd_surroundings(files: dict[str, tuple[str, bytes]], busy: Pixels, encode: Encode) -> None:
    _, data = files["baseline"]
    scan = data.index(b"\xff\xda")
    odd = {
        "rubbish behind": data + bytes(range(256)) * 9,
        "a second picture behind": data + data,
        "junk before a marker": data[:scan] + b"junk" + data[scan:],
        "a stuffed byte before a marker": data[:scan] + b"\xff\0" + data[scan:],
        "fill bytes": data[:scan] + b"\xff" * 9 + data[scan:],
        "fill bytes before the end": data[:-2] + b"\xff" * 9 + END,
        "zeros before the end": data[:-2] + bytes(12) + END,
        "a stray byte before the end": data[:-2] + b"\x5a" + END,
        "a cut Adobe segment": data[:2] + b"\xff\xee\0\x09Adobe\0\x64" + data[2:],
        "a thumbnail": data[:2]
        + b"\xff\xe1\x40\0"
        + (b"Exif\0\0" + b"\xff\xd8\xff\xda\xff\xd9" * 2730)[:0x3FFE]
        + data[2:],
    }
    for name, each in odd.items():
        assert jpeg.damage(each) is None, name
        assert jpeg.completed(each) is each, name
    pair = io.BytesIO()
    Image.fromarray(busy).save(pair, "MPO", save_all=True, append_images=[Image.fromarray(busy[::-1])])
    assert damage.find_damage(pair.getvalue(), "JPEG") is None


def test_more_than_padding_before_the_end_is_damage(files: dict[str, tuple[str, bytes]]) -> None:
    _, data = files["baseline"]
    for tail in (bytes(40), b"\x5a" * 20, bytes(range(64))):
        assert "extraneous bytes" in str(jpeg.damage(data[:-2] + tail + END))


def test_sound_files_of_other_formats(busy: Pixels, encode: Encode) -> None:
    for array in pictures(busy):
        image = Image.fromarray(np.ascontiguousarray(array))
        clear = image.copy()
        clear.putalpha(image.convert("L"))
        for quality in (0, 80, 100):
            for method in (0, 4):
                for lossless in (False, True):
                    for each in (image, clear):
                        data = encode(each, "WEBP", quality=quality, method=method, lossless=lossless)
                        assert damage.find_damage(data, "WEBP") is None
            assert damage.find_damage(encode(clear, "AVIF", quality=quality, speed=9), "AVIF") is None
        for options in ({"compression": "jpeg", "quality": 60}, {"compression": "tiff_deflate"}, {}):
            assert damage.find_damage(encode(image, "TIFF", **options), "TIFF") is None


def test_long_runs_of_zeros_in_sound_webp(encode: Encode) -> None:
    """A flat picture at the highest quality: they alone prove nothing in this format."""
    data = encode(np.full((1024, 1024, 3), 128, np.uint8), "WEBP", quality=100, method=0)
    assert bytes(2048) in data
    assert damage.find_damage(data, "WEBP") is None


@pytest.mark.parametrize("count", [1, 2, 4, 8])
def test_webp_of_several_partitions(count: int, busy: Pixels) -> None:
    """Those of libwebp have one; VP8 video has more, and a frame of it is a WebP picture."""
    program = pytest.importorskip("imageio_ffmpeg").get_ffmpeg_exe()
    size = f"{busy.shape[1]}x{busy.shape[0]}"
    raw = ["-f", "rawvideo", "-pix_fmt", "rgb24", "-s", size, "-i", "-", "-frames:v", "1"]
    coded = ["-c:v", "libvpx", "-crf", "6", "-b:v", "9M", "-slices", str(count), "-f", "ivf", "-"]
    video = subprocess.run([program, "-v", "error", *raw, *coded], input=busy.tobytes(), stdout=subprocess.PIPE)
    if video.returncode:
        pytest.skip("this ffmpeg has no libvpx")
    frame = video.stdout[44 : 44 + struct.unpack_from("<I", video.stdout, 32)[0]]

    def boxed(body: bytes) -> bytes:
        chunk = b"VP8 " + struct.pack("<I", len(body)) + body + bytes(len(body) % 2)
        return b"RIFF" + struct.pack("<I", 4 + len(chunk)) + b"WEBP" + chunk

    assert len(list(webp._lossy(frame))) == 1 + count  # the modes, and each partition
    assert from_bytes(boxed(frame)).height == 320
    random = np.random.default_rng(count)
    refused = 0
    for _ in range(8):
        at = int(random.integers(len(frame) // 4, len(frame) * 7 // 8))
        try:
            from_bytes(boxed(frame[:at] + random.bytes(60) + frame[at + 60 :]))
        except DamagedError:
            refused += 1
    assert refused >= 7


@contextmanager
def within(seconds: float, megabytes: float) -> Iterator[None]:
    """Hold what is done to so much time of a processor, however busy it is, and so much memory."""
    tracemalloc.start()
    started = time.process_time()
    try:
        yield
        assert time.process_time() - started < seconds
        assert tracemalloc.get_traced_memory()[1] < megabytes * 1e6
    finally:
        tracemalloc.stop()


def test_endless_fill_bytes(files: dict[str, tuple[str, bytes]]) -> None:
    _, data = files["baseline"]
    scan = data.index(b"\xff\xda")
    with within(1, 30):
        assert jpeg.damage(data[:scan] + b"\xff" * 1_000_000 + b"\0" + data[scan:]) is None


def test_strips_that_unpack_to_more_than_the_picture(busy: Pixels, encode: Encode) -> None:
    packed = zlib.compress(bytes(200_000_000), 9)
    strip = encode(busy, "JPEG")
    with within(3, 30):
        assert tiff._deflate_damage([packed] * 1000, busy.size) is None
        assert tiff._jpeg_damage([strip] * 100_000, b"", 480 * 320) is None


def test_strips_that_lie_over_each_other() -> None:
    """A thousand times 8 MB, all the same bytes of the file."""
    places, sizes = struct.pack("<1000I", *[8] * 1000), struct.pack("<1000I", *[8_000_000] * 1000)
    at = 8 + 8_000_000
    tags = [(256, 4, 1, 9000), (257, 4, 1, 9000), (259, 3, 1, 8), (273, 4, 1000, at), (279, 4, 1000, at + 4000)]
    table = struct.pack("<H", len(tags)) + b"".join(struct.pack("<HHII", *tag) for tag in tags) + bytes(4)
    data = b"II*\0" + struct.pack("<I", at + 8000) + bytes(8_000_000) + places + sizes + table
    with within(1, 30):
        assert damage.find_damage(data, "TIFF") is None


def test_items_that_lie_over_each_other_or_nowhere() -> None:
    def box(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", 8 + len(body)) + kind + body

    items = box(b"infe", b"\2\0\0\0\0\1\0\0av01\0")
    info = box(b"iinf", bytes(4) + b"\0\1" + items)
    nowhere = box(b"iloc", bytes(4) + b"\0\0\xff\xff" + b"\0\1\0\0\xff\xff" * 65535)
    twice = box(b"iloc", bytes(4) + b"\x44\0\0\1" + b"\0\1\0\0\xff\xff" + struct.pack(">II", 0, 0) * 65535)
    for place in (nowhere, twice):
        data = box(b"meta", bytes(4) + info + place) + box(b"mdat", b"x" * 1_000_000)
        with within(2, 30), pytest.raises(ValueError, match="extents"):
            isobmff.extents(data, b"av01")
        assert damage.find_damage(data, "AVIF") is None


def test_webp_of_one_frame_in_an_animation(files: dict[str, tuple[str, bytes]]) -> None:
    sound = files["webp"][1]

    def chunk(kind: bytes, body: bytes) -> bytes:
        return kind + struct.pack("<I", len(body)) + body + bytes(len(body) % 2)

    def animated(still: bytes) -> bytes:
        size = (480 - 1).to_bytes(3, "little") + (320 - 1).to_bytes(3, "little")
        frame = chunk(b"ANMF", bytes(6) + size + bytes(4) + still[12:])
        body = b"WEBP" + chunk(b"VP8X", b"\2\0\0\0" + size) + chunk(b"ANIM", bytes(6)) + frame
        return b"RIFF" + struct.pack("<I", len(body)) + body

    assert np.array_equal(from_bytes(animated(sound)).rgb, from_bytes(sound).rgb)
    with pytest.raises(DamagedError, match="before its data does"):
        from_bytes(animated(zeroed(sound, len(sound) // 2)))


def test_webp_with_a_damaged_alpha_plane(busy: Pixels, encode: Encode) -> None:
    data = encode(np.dstack([busy, busy[..., 1]]), "WEBP", quality=80)
    assert not from_bytes(data).notes
    at = data.index(b"ALPH")
    size = int.from_bytes(data[at + 4 : at + 8], "little")
    assert size > 3 * BLOCK
    for share in (0.3, 0.5, 0.7):
        with pytest.raises(DamagedError):
            from_bytes(zeroed(data, at + int(share * size)))


def test_webp_of_endless_chunks(files: dict[str, tuple[str, bytes]]) -> None:
    data = files["webp"][1]
    empty = b"JUNK\0\0\0\0" * 1_000_000
    again = data[12:] * 40
    with within(4, 60):
        assert damage.find_damage(data[:12] + empty + data[12:], "WEBP") is None
        assert damage.find_damage(data + again, "WEBP") is None
