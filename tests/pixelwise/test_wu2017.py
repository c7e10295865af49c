from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pytest

from jndkit.pixelwise.terms.luminance import luminance_adaptation_13
from jndkit.pixelwise.wu2017 import (
    contrast_and_pattern,
    edge_protection,
    local_contrast,
    pattern_complexity,
    wu2017,
)

if TYPE_CHECKING:
    from tests.pixelwise.conftest import Reference

MEANS = {
    "camera": {"jnd": 8.496817, "LC": 0.903681, "PM": 7.656133},
    "astronaut": {"jnd": 6.748723, "LC": 1.207783, "PM": 8.074453},
}


def test_the_map_is_the_published_one(reference: Reference) -> None:
    jnd = wu2017(reference.luma, border="zero")
    # Pixels on a limit depend on the last bit of double precision, hence on the mathematics library.
    assert (np.abs(reference.kept(jnd) - reference("wu2017", "jnd")) > 1e-4).mean() < 0.0005
    assert jnd.mean(dtype=np.float64) == pytest.approx(MEANS[reference.picture]["jnd"], abs=1e-4)


def test_its_parts_are_the_published_ones(reference: Reference) -> None:
    luma = reference.luma
    parts = {
        "LA": 0.7 * luminance_adaptation_13(luma, "zero"),
        "Lc": local_contrast(luma, "zero"),
        "EdgeProtect": edge_protection(luma, "zero"),
    }
    for key, part in parts.items():
        np.testing.assert_allclose(reference.kept(part), reference("wu2017", key), rtol=0, atol=1e-4)
    assert (pattern_complexity(luma, "zero") != reference("wu2017", "Cp")).mean() < 0.0005
    contrast, pattern = contrast_and_pattern(luma, "zero")
    assert contrast.mean(dtype=np.float64) == pytest.approx(MEANS[reference.picture]["LC"], abs=1e-4)
    assert pattern.mean(dtype=np.float64) == pytest.approx(MEANS[reference.picture]["PM"], abs=1e-3)


def test_a_step_has_published_values() -> None:
    step = np.full((32, 32), 100, np.uint8)
    step[:, 16:] = 150
    expected = [3.077124, 3.077124, 4.411826, 4.745539, 4.602885, 3.933089, 2.477344, 2.477344]
    for border in ("zero", "reflect"):
        np.testing.assert_allclose(wu2017(step, border=border)[16, 12:20], expected, atol=2e-6)


@pytest.mark.parametrize(
    ("level", "code", "paper"), [(0, 8.026621, 17.0), (100, 3.077124, 1.914939), (200, 3.297656, 4.710938)]
)
def test_flat_pictures_have_luminance_alone(level: int, code: float, paper: float) -> None:
    flat = np.full((12, 12), level, np.uint8)
    np.testing.assert_allclose(wu2017(flat), code, atol=1e-5)
    np.testing.assert_allclose(wu2017(flat, variant="paper"), paper, atol=1e-5)


def test_the_paper_form_on_a_step() -> None:
    step = np.full((24, 24), 100, np.uint8)
    step[:, 12:] = 150
    # On either side of the step two kinds of direction meet: none, and across.
    pattern = np.log2(1 + 50) * 0.8 * 2**2.7 / (2**2 + 0.01)
    contrast = 0.115 * 16 * 50**2.4 / (50**2 + 26**2)
    background = 100 + 50 * 13 / 32
    adaptation = 17 * (1 - np.sqrt(background / 127))
    masking = max(pattern, contrast)
    expected = adaptation + masking - 0.3 * min(adaptation, masking)
    assert wu2017(step, variant="paper")[12, 11] == pytest.approx(expected, abs=1e-4)


def test_complexity_counts_directions_and_none_as_one() -> None:
    plane = np.full((16, 16), 80, np.uint8)
    np.testing.assert_array_equal(pattern_complexity(plane, "reflect"), 1)
    plane[8:] = 120
    expected = np.ones((16, 16), np.uint8)
    expected[7:9] = 2
    np.testing.assert_array_equal(pattern_complexity(plane, "reflect"), expected)
    expected[:, [0, -1]] = 1
    np.testing.assert_array_equal(pattern_complexity(plane, "zero"), expected)


@pytest.mark.parametrize(("rise", "complexity"), [(2, 1), (3, 2)])
def test_a_gradient_below_five_has_no_direction(rise: int, complexity: int) -> None:
    ramp = np.full((9, 24), 50, np.uint8)
    ramp[:, 8:16] += (rise * np.arange(8)).astype(np.uint8)
    ramp[:, 16:] = ramp[:, 15:16]
    # Inside the ramp all directions agree; where it begins, direction meets none.
    found = pattern_complexity(ramp, "reflect")[4]
    assert found[12] == 1
    assert found[9] == complexity


def test_complexity_tells_directions_twelve_degrees_apart() -> None:
    y, x = np.mgrid[:15, :15] - 7
    # Around the tip of a cone all directions meet; eight pixels have one and the tip itself none.
    cone = (10 * np.hypot(x, y)).astype(np.float32)
    assert pattern_complexity(cone, "reflect")[6, 7] >= 5
    assert pattern_complexity(cone, "reflect")[7, 7] == 1


def test_protection_is_nothing_on_an_edge_and_all_far_away() -> None:
    step = np.full((32, 48), 40, np.uint8)
    step[:, 24:] = 200
    protection = edge_protection(step, "reflect")
    np.testing.assert_allclose(protection[:, 23:26], 0, atol=0.03)
    np.testing.assert_allclose(protection[:, :18], 1, atol=1e-6)
    assert (np.diff(protection[16, 25:]) >= 0).all()
    np.testing.assert_allclose(edge_protection(np.full((9, 9), 3, np.uint8), "reflect"), 1, atol=1e-6)


def test_local_contrast_is_the_standard_deviation(scene: npt.NDArray[np.uint8]) -> None:
    found = local_contrast(scene, "reflect")
    assert found[20, 80] == pytest.approx(scene[18:23, 78:83].std(), rel=1e-5)
    fractions = scene * np.float32(0.75)
    assert local_contrast(fractions, "reflect")[20, 80] == pytest.approx(fractions[18:23, 78:83].std(), rel=1e-5)
    bordered = local_contrast(scene, "zero")
    assert not bordered[:2].any()
    assert not bordered[:, -2:].any()
    np.testing.assert_array_equal(bordered[2:-2, 2:-2], found[2:-2, 2:-2])


@pytest.mark.parametrize("move", [np.fliplr, np.flipud, np.transpose])
def test_mirrored_and_turned_pictures_have_such_parts(
    move: Callable[[np.ndarray], np.ndarray], scene: npt.NDArray[np.uint8]
) -> None:
    moved = np.ascontiguousarray(move(scene))
    np.testing.assert_array_equal(local_contrast(moved, "reflect"), move(local_contrast(scene, "reflect")))
    np.testing.assert_array_equal(
        luminance_adaptation_13(moved, "reflect"), move(luminance_adaptation_13(scene, "reflect"))
    )


@pytest.mark.parametrize("variant", ["code", "paper"])
@pytest.mark.parametrize("move", [np.fliplr, np.flipud, np.transpose])
def test_mirrored_and_turned_pictures_have_about_such_a_map(
    variant: str, move: Callable[[np.ndarray], np.ndarray], scene: npt.NDArray[np.uint8]
) -> None:
    """The bins of directions are not symmetric, and Canny moves mirrored edges by a pixel: the mean holds to 1 %."""
    found, expected = wu2017(move(scene), variant=variant), move(wu2017(scene, variant=variant))
    assert found.mean() == pytest.approx(expected.mean(), rel=0.01)
    assert np.corrcoef(found.ravel(), expected.ravel())[0, 1] > 0.95
