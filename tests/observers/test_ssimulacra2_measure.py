"""SSIMULACRA2: the published implementations' numbers, what must hold for any pictures, and what is refused."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from PIL import Image

from jndkit.errors import UsageError
from jndkit.observers.ssimulacra2.measure import VARIANTS, prepare, ssimulacra2

Damage = Callable[[np.ndarray], np.ndarray]


def smooth_noise(height: int, width: int) -> np.ndarray:
    """Ramps that fold over, under noise: whole numbers only, so that it is the same picture everywhere."""
    y, x = np.mgrid[:height, :width]
    noise = np.random.default_rng(7).integers(0, 40, (height, width, 3))
    return (np.stack([x * 3 + y, x + y * 2, (x * y) // 16], axis=-1) % 200 + noise).astype(np.uint8)


def coarse(rgb: np.ndarray) -> np.ndarray:
    return (rgb // 16 * 16 + 8).astype(np.uint8)


def shifted(rgb: np.ndarray) -> np.ndarray:
    return np.roll(rgb, 1, axis=1)


def blocks(rgb: np.ndarray) -> np.ndarray:
    return rgb[np.arange(rgb.shape[0]) // 2 * 2][:, np.arange(rgb.shape[1]) // 2 * 2]


def darker(rgb: np.ndarray) -> np.ndarray:
    return (rgb // 8 * 7).astype(np.uint8)


def opened(path: Path) -> np.ndarray:
    with Image.open(path) as picture:
        return np.array(picture.convert("RGB"))


def coded(rgb: np.ndarray, quality: int) -> np.ndarray:
    held = io.BytesIO()
    Image.fromarray(rgb).save(held, "JPEG", quality=quality)
    return np.array(Image.open(held))


# What the package ssimulacra2 0.3.0 prints.
@pytest.mark.parametrize(
    ("size", "damage", "score"),
    [
        ((8, 8), coarse, 94.2761),
        ((8, 8), shifted, 84.8539),
        ((9, 31), blocks, 83.1369),
        ((16, 16), darker, 95.3796),
        ((37, 53), coarse, 81.9573),
        ((37, 53), blocks, 29.8614),
        ((250, 131), shifted, -10.4184),
        ((250, 131), darker, 50.4201),
    ],
)
def test_it_reads_what_the_package_reads(size: tuple[int, int], damage: Damage, score: float) -> None:
    rgb = smooth_noise(*size)
    assert ssimulacra2(rgb, damage(rgb), variant="package") == pytest.approx(score, abs=2e-3)


# From the package with the blur of the libjxl program, as zero-padded convolution in float64, put in place of its own.
@pytest.mark.parametrize(("damage", "score"), [(coarse, 82.2146), (blocks, 17.7542), (darker, 46.2499)])
def test_it_reads_what_the_program_reads(damage: Damage, score: float) -> None:
    rgb = smooth_noise(257, 260)
    assert ssimulacra2(rgb, damage(rgb)) == pytest.approx(score, abs=2e-3)


@pytest.mark.shared
@pytest.mark.parametrize(
    ("name", "damage", "package", "libjxl"),
    [
        ("kodim03", coarse, 35.9886, 38.3910),
        ("kodim05", shifted, 1.2244, 2.2020),
        ("kodim13", coarse, 73.9155, 74.4610),
        ("kodim19", darker, 55.2089, 54.0399),
        ("kodim23", blocks, 27.7711, 43.9272),
    ],
)
def test_photographs_read_as_published(shared: Path, name: str, damage: Damage, package: float, libjxl: float) -> None:
    rgb = opened(shared / "data" / "kodak" / f"{name}.png")
    assert ssimulacra2(rgb, damage(rgb), variant="package") == pytest.approx(package, abs=2e-3)
    assert ssimulacra2(rgb, damage(rgb)) == pytest.approx(libjxl, abs=2e-3)


@pytest.mark.shared
def test_jpeg_reads_as_published_and_better_with_quality(shared: Path) -> None:
    rgb = opened(shared / "data" / "kodak" / "kodim05.png")
    against = prepare(rgb, variant="package")
    read = [against.read(coded(rgb, quality)) for quality in (20, 60, 90)]
    assert read == pytest.approx([36.268, 67.620, 84.753], abs=0.3)  # encoders differ a little between releases


def test_the_window_of_the_program_is_the_published_one() -> None:
    weights, place = VARIANTS["libjxl"].weights, np.arange(-4, 5)
    cosines = np.cos(np.pi / 10 * np.outer(place, [1, 3, 5]))
    assert np.linalg.lstsq(cosines, weights)[1] < 1e-18
    assert weights.sum() == pytest.approx(1.0, abs=1e-9)
    assert (weights * place**2).sum() == pytest.approx(1.5**2, abs=1e-8)


@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("size", [(8, 8), (15, 8), (33, 8), (61, 47), (64, 64)])
def test_equal_pictures_read_100(variant: str, size: tuple[int, int]) -> None:
    against = prepare(smooth_noise(*size), variant=variant)
    assert against.read(smooth_noise(*size)) == 100.0
    assert against.read(blocks(smooth_noise(*size))) < 95.0
    assert against.read(smooth_noise(*size)) == 100.0


@pytest.mark.parametrize("variant", VARIANTS)
def test_more_damage_reads_lower(variant: str) -> None:
    smooth = np.kron(smooth_noise(24, 30), np.ones((8, 8, 1), np.uint8))
    against = prepare(smooth, variant=variant)
    read = [against.read(coded(smooth, quality)) for quality in (10, 30, 60, 90)]
    assert read == sorted(read)
    assert read[0] + 20 < read[-1] < 100


@pytest.mark.parametrize("turn", [np.fliplr, np.flipud])
@pytest.mark.parametrize("variant", VARIANTS)
def test_flips_change_nothing(variant: str, turn: Damage) -> None:
    """Where no scale has an odd side: a half pixel is repeated at the right and at the bottom."""
    rgb = smooth_noise(64, 96)
    ours = ssimulacra2(rgb, coarse(rgb), variant=variant)
    assert ssimulacra2(turn(rgb), turn(coarse(rgb)), variant=variant) == pytest.approx(ours, abs=1e-3)


def test_the_program_is_the_same_both_ways_up() -> None:
    rgb = smooth_noise(61, 47)
    turned = ssimulacra2(rgb.swapaxes(0, 1), coarse(rgb).swapaxes(0, 1))
    assert turned == pytest.approx(ssimulacra2(rgb, coarse(rgb)), abs=1e-3)


@settings(max_examples=40, deadline=None)
@given(
    height=st.integers(8, 40),
    width=st.integers(8, 40),
    levels=st.tuples(st.integers(1, 256), st.integers(1, 256)),
    seed=st.integers(0, 99),
    variant=st.sampled_from(sorted(VARIANTS)),
)
def test_any_pictures_read_finite_and_never_above_100(
    height: int, width: int, levels: tuple[int, int], seed: int, variant: str
) -> None:
    random = np.random.default_rng(seed)
    one, other = (random.integers(0, level, (height, width, 3), dtype=np.uint8) for level in levels)
    score = ssimulacra2(one, other, variant=variant)
    assert np.isfinite(score)
    assert score <= 100.0


@pytest.mark.parametrize(
    ("reference", "test", "reason"),
    [
        (np.zeros((7, 40, 3), np.uint8), np.zeros((7, 40, 3), np.uint8), "8 pixels"),
        (np.zeros((40, 7, 3), np.uint8), np.zeros((40, 7, 3), np.uint8), "8 pixels"),
        (np.zeros((0, 0, 3), np.uint8), np.zeros((0, 0, 3), np.uint8), "8 pixels"),
        (np.zeros((16, 16), np.uint8), np.zeros((16, 16), np.uint8), "three channels"),
        (np.zeros((16, 16, 4), np.uint8), np.zeros((16, 16, 4), np.uint8), "three channels"),
        (np.zeros((16, 16, 3), np.float32), np.zeros((16, 16, 3), np.float32), "8-bit"),
        (np.zeros((16, 16, 3), np.uint8), np.zeros((16, 17, 3), np.uint8), "one size"),
        (np.zeros((16, 16, 3), np.uint8), np.zeros((16, 16, 3), np.uint16), "8-bit"),
    ],
)
def test_what_is_refused(reference: np.ndarray, test: np.ndarray, reason: str) -> None:
    with pytest.raises(UsageError, match=reason):
        ssimulacra2(reference, test)


def test_an_unknown_variant_is_refused() -> None:
    with pytest.raises(UsageError, match="variant"):
        prepare(smooth_noise(16, 16), variant="rust")
