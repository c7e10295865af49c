from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pytest

from jndkit.errors import UsageError
from jndkit.pixelwise.terms import borders
from jndkit.pixelwise.terms.blocks import bands, expected_amplitude, inverse_dct
from jndkit.pixelwise.zhang2005 import (
    HIGH,
    LOW,
    MIDDLE,
    base_thresholds,
    block_masking,
    luminance_factor,
    thresholds,
    zhang2005,
)

if TYPE_CHECKING:
    from tests.pixelwise.conftest import Reference

both_variants = pytest.mark.parametrize("variant", ["code", "paper"])


def test_thresholds_are_the_published_ones(reference: Reference) -> None:
    plane = thresholds(reference.luma).transpose(0, 2, 1, 3).reshape(512, 512)
    np.testing.assert_allclose(reference.kept(plane), reference("zhang2005", "code_dct"), rtol=0, atol=1e-4)
    coefficients = bands(reference.luma, "reflect")
    factor = luminance_factor(coefficients[0, 0])
    np.testing.assert_allclose(factor, reference("zhang2005", "aLum"), rtol=0, atol=1e-6)
    np.testing.assert_allclose(block_masking(coefficients)[0], reference("zhang2005", "TexMask"), rtol=0, atol=1e-6)


def test_the_base_table_is_the_published_one() -> None:
    expected = np.load(Path(__file__).parent / "published" / "zhang2005_base_tij.npy")
    np.testing.assert_allclose(base_thresholds(), expected, rtol=0, atol=1e-12)


def test_the_base_table() -> None:
    base = base_thresholds()
    for place, expected in {(0, 1): 5.0717, (1, 1): 3.2496, (0, 2): 2.0087, (7, 7): 24.3241}.items():
        assert base[place] == pytest.approx(expected, abs=5e-5)
    assert base[0, 0] == base[0, 1]
    np.testing.assert_array_equal(base, base.T)
    # Farther away, fine detail is harder to see.
    assert base_thresholds(60.0)[7, 7] > 4 * base[7, 7]


def test_frequencies_fall_into_three_bands() -> None:
    assert (LOW.sum(), MIDDLE.sum(), HIGH.sum()) == (5, 12, 46)
    assert (LOW.astype(int) + MIDDLE + HIGH).sum() == 63


def test_luminance_factor() -> None:
    dc = np.array([[0, 512, 1024, 1536, 2048]], np.float32)
    np.testing.assert_allclose(luminance_factor(dc), [[3, 1.25, 1, 1.2, 1.8]], rtol=1e-6)


@both_variants
def test_flat_pictures_have_luminance_alone(variant: str) -> None:
    scale = {"code": 0.3, "paper": 1.0}[variant]
    for level, factor in ((0, 3.0), (64, 1.25), (128, 1.0), (192, 1.2)):
        flat = np.full((19, 21), level, np.uint8)
        expected = scale * factor * np.sqrt(np.mean(base_thresholds() ** 2))
        np.testing.assert_allclose(zhang2005(flat, variant=variant), expected, rtol=1e-5)


def block(**amounts: float) -> npt.NDArray[np.float32]:
    """One block about mid grey, with an amount of energy spread evenly over a band; (8, 8, 1, 1)."""
    coefficients = np.zeros((8, 8), np.float32)
    coefficients[0, 0] = 1024
    for name, mask in (("low", LOW), ("middle", MIDDLE), ("high", HIGH)):
        coefficients[mask] = amounts.get(name, 0.0) / mask.sum()
    return coefficients[:, :, None, None]


@pytest.mark.parametrize(
    ("amounts", "code", "paper"),
    [
        ({"high": 120}, 1, 1),  # plain, whatever else
        ({"middle": 120, "low": 900}, 1, 1),
        ({"middle": 100, "high": 100}, 1, 1),  # no edge, not enough for texture
        ({"middle": 200, "low": 150, "high": 20}, "edge", "edge"),  # 106: above gamma
        ({"middle": 300, "low": 300, "high": 1}, "strong edge", "strong edge"),
        # E1 = 8.5 and E2 = 4.9: an edge to the code, not to the paper.
        ({"middle": 120, "low": 245, "high": 319}, "edge", 439),
        ({"middle": 200, "high": 400}, 600, 600),
        ({"middle": 400, "high": 1100}, 1500, 1500),
        # Above 900 the limits are lower: E1 = 1.75 and E2 = 1.1, then E1 = 1.07 and E2 = 0.62.
        ({"middle": 360, "low": 165, "high": 1656}, "strong edge", "strong edge"),
        ({"middle": 480, "low": 125, "high": 2760}, 3240, "strong edge"),
    ],
)
def test_blocks_are_plain_edge_or_texture(amounts: dict[str, float], code: float | str, paper: float | str) -> None:
    for variant, outcome, gain in (("code", code, 1.5), ("paper", paper, 1.25)):
        masking, edge = block_masking(block(**amounts), variant)
        assert edge == isinstance(outcome, str)
        if isinstance(outcome, str):
            assert masking == {"edge": 1.125, "strong edge": 1.25}[outcome]
        else:
            expected = 1 if outcome == 1 else 1 + gain * (outcome - 290) / 1510
            assert masking == pytest.approx(expected, rel=1e-5)


@both_variants
def test_a_block_with_one_band_only_is_judged_without_dividing_by_nothing(variant: str) -> None:
    for amounts in ({"high": 2000}, {"middle": 2000}, {"low": 2000}, {}):
        masking, _ = block_masking(block(**amounts), variant)
        assert np.isfinite(masking).all()


def picture_of(coefficients: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    return inverse_dct(coefficients.transpose(2, 3, 0, 1), (8, 8))


def test_a_coefficient_raises_its_own_threshold_but_not_on_edges() -> None:
    base = base_thresholds()
    plain = block()
    plain[5, 5] = 60
    found = thresholds(picture_of(plain), variant="paper")[0, 0]
    expected = base.copy()
    expected[5, 5] *= (60 / base[5, 5]) ** 0.36
    np.testing.assert_allclose(found, expected, rtol=1e-4)

    edge = block(middle=200, low=150)
    edge[7, 7] = 100
    found = thresholds(picture_of(edge), variant="paper")[0, 0]
    expected = 1.125 * base
    expected[0, 0] = base[0, 0]
    expected[7, 7] *= (100 / base[7, 7]) ** 0.36
    np.testing.assert_allclose(found, expected, rtol=1e-4)


@both_variants
def test_the_map_is_the_amplitude_of_its_thresholds(variant: str, scene: npt.NDArray[np.uint8]) -> None:
    cropped = scene[:93, :117]
    for border in ("reflect", "zero"):
        amplitude = expected_amplitude(thresholds(cropped, variant=variant, border=border))
        expected = amplitude.repeat(8, axis=0).repeat(8, axis=1)[:93, :117]
        np.testing.assert_array_equal(zhang2005(cropped, variant=variant, border=border), expected)


@both_variants
@pytest.mark.parametrize("move", [np.fliplr, np.flipud, np.transpose, np.rot90])
def test_a_turned_picture_has_such_a_map(
    variant: str, move: Callable[[np.ndarray], np.ndarray], scene: npt.NDArray[np.uint8]
) -> None:
    found, expected = zhang2005(move(scene), variant=variant), move(zhang2005(scene, variant=variant))
    np.testing.assert_allclose(found, expected, atol=1e-4)


def test_strips_of_a_tall_picture_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    tall = np.random.default_rng(5).integers(0, 256, (301, 20), np.uint8)
    whole, whole_thresholds = zhang2005(tall), thresholds(tall)
    monkeypatch.setattr(borders, "STRIP_PIXELS", 1)
    np.testing.assert_allclose(zhang2005(tall), whole, rtol=1e-5)
    np.testing.assert_allclose(thresholds(tall), whole_thresholds, rtol=1e-5)


def test_unknown_names_and_impossible_distances_are_refused() -> None:
    plane = np.zeros((8, 8), np.uint8)
    for function in (zhang2005, thresholds):
        with pytest.raises(UsageError, match="choose code, paper"):
            function(plane, variant="print")
        with pytest.raises(UsageError, match="choose reflect, zero"):
            function(plane, border="wrap")
        with pytest.raises(UsageError, match="pixels per degree must be a positive number"):
            function(plane, pixels_per_degree=0)
