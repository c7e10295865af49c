"""Mean, contrast and structure: a patch is what they make together, and each does what it is called."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, strategies as st
from hypothesis.extra.numpy import arrays

from jndkit.pixelwise.terms.structure import CONTRAST, compose, decompose, least_noticed, with_structure

PATCHES = arrays(np.uint8, st.tuples(st.integers(1, 3), st.integers(2, 12), st.integers(2, 12)))


@given(PATCHES)
def test_the_parts_make_the_patch(patches: npt.NDArray[np.uint8]) -> None:
    parts = decompose(patches)
    np.testing.assert_allclose(compose(parts), patches, atol=1e-3)
    np.testing.assert_allclose(parts.structure.sum((1, 2)), 0, atol=1e-4)
    norms = np.square(parts.structure).sum((1, 2))
    flat = np.ptp(patches, axis=(1, 2)) == 0
    np.testing.assert_allclose(norms, np.where(flat, 0, 1), atol=1e-4)


@given(PATCHES, st.floats(0.1, 3.0), st.floats(-50, 50))
def test_structure_knows_neither_brightness_nor_gain(
    patches: npt.NDArray[np.uint8], gain: float, offset: float
) -> None:
    first, second = decompose(patches), decompose(patches * gain + offset)
    np.testing.assert_allclose(second.structure, first.structure, atol=1e-3)
    np.testing.assert_allclose(second.contrast, gain * first.contrast, rtol=1e-3, atol=1e-2)


def test_contrast_is_a_norm_not_a_deviation() -> None:
    patch = np.array([[100, 104], [104, 100]])
    mean, contrast, structure = decompose(patch)
    assert mean.item() == 102
    assert contrast.item() == 4
    assert structure.tolist() == [[-0.5, 0.5], [0.5, -0.5]]


@pytest.mark.parametrize(
    ("level", "sign", "mean"),
    [(0, 1, 20), (0, -1, 0), (127, 1, 130), (127, -1, 124), (255, 1, 255), (255, -1, 249), (31.75, 1, 43.25)],
)
def test_the_mean_moves_by_luminance_adaptation(level: float, sign: int, mean: float) -> None:
    flat = np.full((1, 8, 8), level)
    np.testing.assert_allclose(least_noticed(flat, flat, sign), mean, atol=1e-4)


def test_contrast_shrinks_and_structure_is_the_predicted_one() -> None:
    random = np.random.default_rng(3)
    pristine, predicted = random.uniform(60, 180, (2, 4, 16, 16))
    parts = decompose(least_noticed(pristine, 3 * predicted + 7))
    np.testing.assert_allclose(parts.contrast, CONTRAST * decompose(pristine).contrast, rtol=1e-5)
    np.testing.assert_allclose(parts.structure, decompose(predicted).structure, atol=1e-5)


@pytest.mark.parametrize("terms", [("luminance",), ("contrast",), ("structure",), ("luminance", "structure"), ()])
def test_terms_that_are_not_asked_for_stay(terms: tuple[str, ...]) -> None:
    random = np.random.default_rng(4)
    pristine, predicted = random.uniform(60, 180, (2, 4, 16, 16))
    before, after = decompose(pristine), decompose(least_noticed(pristine, predicted, terms=terms))
    assert ("luminance" in terms) == bool((np.abs(after.mean - before.mean) > 2).all())
    assert ("contrast" in terms) == bool((after.contrast < 0.95 * before.contrast).all())
    wanted = decompose(predicted) if "structure" in terms else before
    np.testing.assert_allclose(after.structure, wanted.structure, atol=1e-5)


def test_what_is_learnt_keeps_mean_and_contrast() -> None:
    random = np.random.default_rng(4)
    pristine, version = random.integers(0, 256, (2, 4, 16, 16))
    before, after = decompose(pristine), decompose(with_structure(pristine, version))
    np.testing.assert_allclose(after.mean, before.mean, atol=1e-3)
    np.testing.assert_allclose(after.contrast, before.contrast, rtol=1e-5)
    np.testing.assert_allclose(after.structure, decompose(version).structure, atol=1e-5)
    np.testing.assert_allclose(with_structure(pristine, pristine), pristine, atol=1e-3)
