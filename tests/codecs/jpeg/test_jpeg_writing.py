from __future__ import annotations

import hashlib
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any
from unittest.mock import patch

import cv2
import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings, strategies as st
from PIL import Image

from jndkit.codecs.jpeg import Coefficients, Component, write
from jndkit.codecs.jpeg.scans import Band, Plan, plan
from jndkit.codecs.jpeg.symbols import Ends, Entries, Refinement, in_zigzag
from jndkit.picture.damage.jpeg import damage
from tests.codecs.jpeg.bit_by_bit import Decoder, decoded
from tests.codecs.jpeg.made_coefficients import FULL, GREY, QUARTER, SAMPLINGS, Factors, random_coefficients

Photo = Callable[[int, int], npt.NDArray[np.uint8]]

FORMS = (True, False)


def agrees(data: bytes, coefficients: Coefficients) -> bool:
    """Whether a file holds exactly these, by a decoder that shares nothing with the writer."""
    found = decoded(data)
    assert (found.width, found.height) == (coefficients.width, coefficients.height)
    return all(
        np.array_equal(one.coefficients, other.coefficients)
        and np.array_equal(one.table, other.table)
        and (one.horizontal, one.vertical) == (other.horizontal, other.vertical)
        for one, other in zip(found.components, coefficients.components, strict=True)
    )


def opened(data: bytes) -> Image.Image:
    image = Image.open(BytesIO(data))
    image.load()
    return image


@settings(max_examples=60, deadline=None)
@given(
    width=st.integers(1, 70),
    height=st.integers(1, 70),
    factors=st.sampled_from(SAMPLINGS),
    seed=st.integers(0, 2**32 - 1),
    density=st.sampled_from([0.0, 0.003, 0.05, 0.3, 1.0]),
    largest=st.sampled_from([1, 2, 4, 9, 1023]),
    dc=st.sampled_from([0, 1, 40, 1024]),
)
def test_files_hold_exactly_the_coefficients(width: int, height: int, factors: Factors, **how: Any) -> None:
    coefficients = random_coefficients(width, height, factors, **how)
    for progressive in FORMS:
        data = write(coefficients, progressive=progressive)
        assert agrees(data, coefficients)
        assert opened(data).size == (width, height)
        assert damage(data) is None


@pytest.mark.parametrize("progressive", FORMS)
@pytest.mark.parametrize("factors", [GREY, QUARTER])
def test_one_pixel(factors: Factors, progressive: bool) -> None:
    coefficients = random_coefficients(1, 1, factors)
    assert agrees(write(coefficients, progressive=progressive), coefficients)


@pytest.mark.parametrize("progressive", FORMS)
def test_the_largest_steps_of_dc_and_runs_of_zeros(progressive: bool) -> None:
    coefficients = random_coefficients(64, 8, GREY, density=0)
    blocks = coefficients.components[0].coefficients
    blocks[0, ::2, 0, 0], blocks[0, 1::2, 0, 0] = -1024, 1023
    blocks[0, :, 7, 7] = [1, -1, 2, 1023, -1023, 0, 3, 16]  # after 62 zeros
    assert agrees(write(coefficients, progressive=progressive), coefficients)


@settings(max_examples=40, deadline=None)
@given(
    depth=st.integers(0, 3),
    split=st.sampled_from([63, 1, 5, 62]),
    seed=st.integers(0, 2**32 - 1),
    density=st.sampled_from([0.0, 0.01, 0.3, 1.0]),
    largest=st.sampled_from([1, 3, 15, 1023]),
)
def test_any_scans_hold_the_coefficients(depth: int, split: int, **how: Any) -> None:
    coefficients = random_coefficients(40, 40, QUARTER, **how)
    first = [(1, split), (split + 1, 63)] if split < 63 else [(1, 63)]
    bands = [Band(low, high, 0, depth) for low, high in first]
    bands += [Band(1, 63, shift + 1, shift) for shift in reversed(range(depth))]

    def planned(entries: Entries) -> Plan:
        levels = tuple(entries.shifted(shift) for shift in range(depth + 1))
        return Plan(tuple(bands), levels, 0, np.zeros(256, np.int64), 0)

    with patch("jndkit.codecs.jpeg.writing.plan", planned):
        data = write(coefficients, progressive=True)
    assert agrees(data, coefficients)
    assert damage(data) is None


@pytest.fixture(scope="module")
def fine(photo: Photo) -> Coefficients:
    """Of a picture at high quality, where refinements pay."""
    file = BytesIO()
    Image.fromarray(photo(240, 160)).convert("L").save(file, "JPEG", quality=96)
    return decoded(file.getvalue())


def test_scans_of_refinement_are_chosen_where_they_pay(fine: Coefficients) -> None:
    data = write(fine, progressive=True)
    decoder = Decoder(data)
    decoder.decode()
    assert any(scan[-2] for scan in decoder.scans)
    assert agrees(data, fine)


def test_long_runs_of_empty_blocks_are_split() -> None:
    emits, trails = np.zeros(70_000, bool), np.ones(70_000, bool)
    ends = Ends.of(emits, trails)
    assert ends.lengths.tolist() == [32767, 32767, 4466]
    assert ends.first.tolist() == [0, 32767, 65534]
    emits[40_000] = True
    assert Ends.of(emits, trails).lengths.tolist() == [32767, 7233, 30000]
    assert ends.symbols.tolist() == [0xE0, 0xE0, 0xC0]


@pytest.mark.slow
@pytest.mark.parametrize("factors", [GREY, QUARTER])
def test_flat_pictures_with_many_blocks(factors: Factors) -> None:
    coefficients = random_coefficients(4000, 3000, factors, density=0)
    for component in coefficients.components:
        component.coefficients[:] = 0
        component.coefficients[-1, -1, 0, 1] = 1
    data = write(coefficients, progressive=True)
    assert agrees(data, coefficients)
    assert damage(data) is None


@pytest.mark.slow
def test_a_large_picture_decodes_as_its_other_form() -> None:
    coefficients = random_coefficients(4000, 3000, QUARTER, density=0.08)
    progressive, sequential = (write(coefficients, progressive=form) for form in FORMS)
    assert np.array_equal(np.asarray(opened(progressive)), np.asarray(opened(sequential)))


@pytest.mark.parametrize("progressive", FORMS)
@pytest.mark.parametrize("subsampling", ["4:2:0", "4:2:2", "4:4:4", "grey"])
def test_decoders_show_what_they_show_of_pillows_file(photo: Photo, subsampling: str, progressive: bool) -> None:
    image = Image.fromarray(photo(75, 58))
    file = BytesIO()
    if subsampling == "grey":
        image.convert("L").save(file, "JPEG", quality=88)
    else:
        image.save(file, "JPEG", quality=88, subsampling=subsampling, progressive=True)
    data = write(decoded(file.getvalue()), progressive=progressive)
    assert np.array_equal(np.asarray(opened(data)), np.asarray(opened(file.getvalue())))
    shown, expected = (cv2.imdecode(np.frombuffer(one, np.uint8), -1) for one in (data, file.getvalue()))
    assert shown is not None
    assert expected is not None
    assert np.array_equal(shown, expected)


@pytest.mark.parametrize("progressive", FORMS)
@pytest.mark.parametrize("factors", SAMPLINGS[:4])
def test_libjpeg_reads_the_same(tmp_path: Path, factors: Factors, progressive: bool) -> None:
    jpeglib = pytest.importorskip("jpeglib", reason="needs jpeglib, of the extra parity")
    coefficients = random_coefficients(101, 67, factors, density=0.2)
    (tmp_path / "a.jpg").write_bytes(write(coefficients, progressive=progressive))
    image = jpeglib.read_dct(str(tmp_path / "a.jpg"))
    image.load()
    found = [image.Y, image.Cb, image.Cr][: len(coefficients.components)]
    for number, (blocks, component) in enumerate(zip(found, coefficients.components, strict=True)):
        assert np.array_equal(blocks, component.coefficients)
        assert np.array_equal(image.qt[image.quant_tbl_no[number]], component.table)


def test_many_zero_bits_of_refinement_look_like_no_lost_sector() -> None:
    """Coefficients whose low bits are zero: refined all the same, in ends of bands that libjpeg would write, too."""
    blocks = np.full((40, 40, 8, 8), 2, np.int16)
    blocks[..., ::2, :] = -4
    coefficients = Coefficients(320, 320, (Component(blocks, np.ones((8, 8), np.uint16)),))
    data = write(coefficients, progressive=True)
    assert damage(data) is None
    assert agrees(data, coefficients)


def test_refined_blocks_with_nothing_new_share_an_end_that_stays_short() -> None:
    blocks = np.zeros((40, 40, 8, 8), np.int16)
    blocks[...] = 2
    entries = Entries.of(in_zigzag(blocks)).shifted(0)
    refinement = Refinement.of(entries)
    assert refinement.raw_bits == 63 * 1600
    assert 63 * refinement.ends.lengths.max() <= 1000  # libjpeg's buffer


def test_small_files_have_one_scan_and_large_ones_many(fine: Coefficients) -> None:
    small = write(random_coefficients(16, 16, FULL))
    assert small.count(b"\xff\xda") == 1
    assert write(fine).count(b"\xff\xda") > 1
    assert len(write(fine)) == min(len(write(fine, progressive=form)) for form in FORMS)


def test_a_plan_counts_the_bits_that_are_written(fine: Coefficients) -> None:
    spectrum = in_zigzag(fine.components[0].coefficients)
    expected = plan(Entries.of(spectrum)).bits
    data = write(fine, progressive=True)
    ac = data[data.index(b"\xff\xc4", data.index(b"\xff\xda")) : -2]  # all behind the scan of DC
    stuffed = ac.count(b"\xff\0")
    assert 0 <= 8 * (len(ac) - stuffed) - expected < 8 * len(plan(Entries.of(spectrum)).bands)


def test_equal_tables_are_written_once() -> None:
    made = random_coefficients(32, 32, FULL)
    table = np.full((8, 8), 9, np.uint16)
    shared = Coefficients(32, 32, tuple(Component(one.coefficients, table) for one in made.components))
    assert len(write(made)) - len(write(shared)) == 130
    assert agrees(write(shared), shared)


def test_bands_of_low_frequencies_come_first() -> None:
    bands = [Band(1, 63, 1, 0), Band(9, 63, 0, 2), Band(1, 63, 2, 1), Band(1, 8, 0, 2)]
    assert sorted(bands, key=lambda band: band.turn) == [bands[3], bands[1], bands[2], bands[0]]


@pytest.mark.parametrize(
    ("progressive", "digest"),
    [(True, "f04c3423e8e16259"), (False, "a0159edb789f1e6a")],
)
def test_exact_bytes(progressive: bool, digest: str) -> None:
    data = write(random_coefficients(123, 77, QUARTER, seed=5), progressive=progressive)
    assert hashlib.sha256(data).hexdigest()[:16] == digest
