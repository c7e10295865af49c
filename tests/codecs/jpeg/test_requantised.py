"""JPEG from JPEG in the domain of its coefficients."""

from __future__ import annotations

import io
import math
import struct
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from PIL import Image

from jndkit.codecs import codec
from jndkit.codecs.jpeg import read
from jndkit.codecs.jpeg.requantised import clipped_blocks, requantised
from jndkit.codecs.jpeg.tables import tables
from jndkit.errors import CodecError, UsageError
from jndkit.picture import Picture, Pixels, load
from tests.picture.hdr import files

Store = Callable[[bytes], Picture]


def drawn(height: int = 96, width: int = 128) -> Pixels:
    random = np.random.default_rng(4)
    soft = cv2.GaussianBlur(random.normal(0, 1, (height, width, 3)), (0, 0), 6)
    return np.asarray(np.clip(128 + 55 * soft / soft.std() + random.normal(0, 8, soft.shape), 0, 255), np.uint8)


def jpeg(pixels: Pixels | None = None, mode: str = "RGB", **settings: Any) -> bytes:
    file = io.BytesIO()
    Image.fromarray(drawn() if pixels is None else pixels).convert(mode).save(file, "JPEG", **settings)
    return file.getvalue()


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """The picture in a file with these bytes."""

    def opened(data: bytes) -> Picture:
        path = tmp_path / "photo.jpg"
        path.write_bytes(data)
        return load(path)

    return opened


def test_its_spec_says_nothing_of_chroma() -> None:
    requantise = codec("jpeg:requantised")
    assert requantise.spec == "jpeg:requantised"
    assert requantise.options == ()
    assert requantise.lossless is None
    with pytest.raises(UsageError, match="jpeg:requantised keeps the sampling of the file: leave 444 out"):
        codec("jpeg:requantised,444")
    assert requantise.knob.grid[0] == 1.0
    assert requantise.knob.grid[-3:] == (99.0, 99.5, 100.0)


KINDS: dict[str, bytes] = {
    "420": jpeg(quality=80),
    "422": jpeg(quality=80, subsampling=1),
    "444": jpeg(quality=80, subsampling=0),
    "411": cv2.imencode(".jpg", drawn(), [cv2.IMWRITE_JPEG_SAMPLING_FACTOR, 0x411111])[1].tobytes(),
    "grey": jpeg(mode="L", quality=80),
    "progressive": jpeg(quality=80, progressive=True),
    "restarts": jpeg(quality=80, restart_marker_blocks=3),
    "trailing bytes": jpeg(quality=80) + b"left over",
    "odd sides": jpeg(drawn(77, 51), quality=80),
    "one pixel": jpeg(drawn(1, 1), quality=80),
    "best quality": jpeg(quality=100),
    "worst quality": jpeg(quality=1),
    "other tables": jpeg(qtables=[[9] * 64, [30] * 64]),
}


@pytest.mark.parametrize("kind", KINDS)
def test_the_best_setting_loses_nothing(store: Store, kind: str) -> None:
    picture, requantise = store(KINDS[kind]), codec("jpeg:requantised")
    data = requantise.encode(picture, 100)
    assert np.array_equal(requantise.decode(data).rgb, picture.rgb)
    before, after = read(KINDS[kind]), read(data)
    for one, other in zip(before.components, after.components, strict=True):
        assert np.array_equal(one.coefficients, other.coefficients)
        assert np.array_equal(one.table, other.table)
        assert (one.horizontal, one.vertical) == (other.horizontal, other.vertical)


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "one pixel"])
def test_worse_settings_are_smaller_and_further_off(store: Store, kind: str) -> None:
    picture, requantise = store(KINDS[kind]), codec("jpeg:requantised")
    files = [requantise.encode(picture, quality) for quality in (100, 70, 30, 10)]
    assert sorted(map(len, files), reverse=True) == [len(data) for data in files]
    errors = [np.square(requantise.decode(data).rgb.astype(float) - picture.rgb).mean() for data in files]
    assert sorted(errors) == errors


@pytest.mark.parametrize("quality", [30, 70, 80])
def test_steps_are_never_finer(quality: float) -> None:
    stored = read(jpeg(quality=85))
    coarser = requantised(stored, quality, clipped_blocks(stored.components[0]))
    wanted = tables(quality, "420")
    for one, other, table in zip(stored.components, coarser.components, wanted, strict=True):
        assert np.array_equal(other.table, np.maximum(one.table, table))
        assert np.abs(other.coefficients).max() <= np.abs(one.coefficients).max()


def test_blocks_that_are_clipped_are_rounded_to_the_nearest() -> None:
    noise = cv2.GaussianBlur(np.random.default_rng(2).normal(0, 1, (64, 64, 1)), (0, 0), 1.0)
    page = np.asarray(np.clip(248 + 30 * noise, 0, 255), np.uint8)[..., None].repeat(3, axis=2)
    stored = read(jpeg(page, quality=95))
    clipped = clipped_blocks(stored.components[0])
    assert 0 < clipped.sum() < len(clipped)
    luma, without = (requantised(stored, 80, which).components[0] for which in (clipped, np.zeros_like(clipped)))
    steps = stored.components[0].table / luma.table.astype(np.float32)
    here = clipped.reshape(luma.coefficients.shape[:2])
    assert np.array_equal(luma.coefficients[here], np.rint(stored.components[0].coefficients * steps)[here])
    assert np.count_nonzero(without.coefficients) < np.count_nonzero(luma.coefficients)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_what_exif_turns_is_turned_without_loss(store: Store, orientation: int) -> None:
    exif = Image.Exif()
    exif[0x0112], exif[0x010F] = orientation, "camera"
    picture = store(jpeg(quality=85, exif=exif.tobytes()))
    assert picture.width == (96 if orientation >= 5 else 128)
    requantise = codec("jpeg:requantised")
    decoded = requantise.decode(requantise.encode(picture, 100))
    assert np.abs(decoded.rgb.astype(int) - picture.rgb).max() <= 4  # decoders round chroma in one direction
    assert decoded.exif == picture.exif


@pytest.mark.parametrize("orientation", [1, 3, 6])
def test_a_gain_map_stays_with_its_picture(store: Store, orientation: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    gain_map = files.gain_map("xmp")
    primary = jpeg(quality=85, exif=exif.tobytes())
    picture = store(files.file(primary, (0, gain_map), xmp=files.directory(len(gain_map))))
    assert picture.gain_map is not None
    requantise = codec("jpeg:requantised")
    data = requantise.encode(picture, 100)
    assert data.endswith(gain_map)
    path = Path(str(picture.name))
    path.write_bytes(data)
    again = load(path)
    assert np.array_equal(again.rgb, picture.rgb)
    assert again.gain_map == picture.gain_map


def inked() -> bytes:
    return jpeg(mode="CMYK", quality=80)


def red_green_blue() -> bytes:
    return jpeg(quality=80, keep_rgb=True)


def arithmetic() -> bytes:
    """A single grey block, all zero."""
    sof9 = b"\xff\xc9" + struct.pack(">HBHHB3B", 11, 8, 8, 8, 1, 1, 0x11, 0)
    dqt = b"\xff\xdb" + struct.pack(">HB", 67, 0) + bytes([16] * 64)
    sos = b"\xff\xda" + struct.pack(">HB2B3B", 8, 1, 1, 0, 0, 63, 0)
    return b"\xff\xd8" + dqt + sof9 + sos + bytes(4) + b"\xff\xd9"


@pytest.mark.parametrize("made", [inked, red_green_blue, arithmetic])
def test_other_kinds_are_refused_in_a_sentence(store: Store, made: Callable[[], bytes]) -> None:
    with pytest.raises(CodecError, match=r"^jpeg:requantised "):
        codec("jpeg:requantised").encode(store(made()), 80)


def test_only_the_unchanged_picture_of_a_file_is_rounded(store: Store) -> None:
    picture, requantise = store(jpeg(quality=85)), codec("jpeg:requantised")
    assert picture.source is not None
    changed = (
        replace(picture, rgb=255 - picture.rgb),
        replace(picture, source=None),
        replace(picture, source=replace(picture.source, path="none.jpg")),
        replace(picture, source=replace(picture.source, sha256="0" * 64)),
    )
    for other in changed:
        with pytest.raises(CodecError, match=r"^jpeg:requantised rounds "):
            requantise.encode(other, 80)
    assert requantise.encode(replace(picture, exif=None, xmp=b"<x/>"), 80)  # metadata are no pixels


def test_a_file_that_was_cut_off_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "photo.jpg"
    path.write_bytes(jpeg(quality=85)[:-2])
    kept = load(path, damaged="keep")
    with pytest.raises(CodecError, match="rounds whole JPEG files only"):
        codec("jpeg:requantised").encode(kept, 80)


def test_settings_beyond_the_ends_are_refused(store: Store) -> None:
    picture = store(jpeg(quality=85))
    for value in (0, 101, math.nan):
        with pytest.raises(UsageError):
            codec("jpeg:requantised").encode(picture, value)
