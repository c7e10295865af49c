from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import cv2
import numpy as np
import numpy.typing as npt
import pytest

from jndkit.errors import UsageError
from jndkit.picture import Picture
from jndkit.pixelwise.terms.canny import canny
from jndkit.pixelwise.yang2005 import yang2005, yang2005_colour

if TYPE_CHECKING:
    from tests.pixelwise.conftest import Reference


@pytest.mark.parametrize("variant", ["code", "paper"])
def test_maps_are_the_published_ones(variant: str, reference: Reference) -> None:
    jnd = reference.kept(yang2005(reference.luma, variant=variant, border="zero"))
    np.testing.assert_allclose(jnd, reference("yang2005", variant), rtol=0, atol=1e-4)


def test_flat_pictures_have_luminance_alone() -> None:
    flat = np.full((16, 16), 100, np.uint8)
    np.testing.assert_allclose(yang2005(flat, variant="paper"), 4.914939, atol=1e-5)
    np.testing.assert_allclose(yang2005(flat, variant="code"), 4.564939, atol=1e-5)


@pytest.mark.parametrize("variant", ["code", "paper"])
def test_a_turned_picture_has_such_a_map(variant: str, scene: npt.NDArray[np.uint8]) -> None:
    np.testing.assert_allclose(yang2005(scene.T, variant=variant), yang2005(scene, variant=variant).T, atol=1e-4)


@pytest.mark.parametrize("variant", ["code", "paper"])
@pytest.mark.parametrize("move", [np.fliplr, np.flipud])
def test_a_mirrored_picture_has_such_a_map_but_near_edges(
    variant: str, move: Callable[[np.ndarray], np.ndarray], scene: npt.NDArray[np.uint8]
) -> None:
    """Canny's even kernels move edges by a pixel: within 10 pixels of one the weight differs, the mean by 0.5 %."""
    found, expected = yang2005(move(scene), variant=variant), move(yang2005(scene, variant=variant))
    assert found.mean() == pytest.approx(expected.mean(), rel=0.005)
    calm = move(cv2.dilate(canny(scene, 0.5), np.ones((21, 21), np.uint8)) == 0)
    assert 0.05 < calm.mean() < 0.9
    np.testing.assert_allclose(found[calm], expected[calm], atol=1e-4)


def test_an_edge_masks_less_than_its_gradient() -> None:
    step = np.full((40, 40), 60, np.uint8)
    step[:, 20:] = 160
    unprotected = 100 * 0.117
    on_the_edge = yang2005(step, variant="paper")[20, 20]
    background = 160 - 100 * 13 / 32
    adaptation = 17 * (1 - np.sqrt(background / 127)) + 3
    assert adaptation < on_the_edge < adaptation + 0.7 * unprotected


def test_colour_has_the_luma_map_and_chroma_without_gradient_is_adaptation(scene: npt.NDArray[np.uint8]) -> None:
    jnd = yang2005_colour(scene, variant="paper")
    assert jnd.shape == (*scene.shape, 3)
    assert jnd.dtype == np.float32
    np.testing.assert_array_equal(jnd[..., 0], yang2005(scene, variant="paper"))
    np.testing.assert_array_equal(jnd[..., 1], jnd[..., 2])
    grey = Picture(np.dstack([scene] * 3), grey=True)
    np.testing.assert_allclose(yang2005_colour(grey, variant="paper"), jnd, atol=1e-4)


def test_chroma_is_masked_by_its_own_gradient() -> None:
    rgb = np.full((24, 40, 3), 100.0)
    # Luma stays 100 while Cb steps by 20: no edge on luma, so the full weight.
    rgb[:, 20:, 2] += 1.772 * 20
    rgb[:, 20:, 1] -= 0.344136 * 20
    jnd = yang2005_colour(rgb, variant="paper")[12]
    adaptation, masking = 4.914939, 0.65 * 20
    assert jnd[20, 1] == pytest.approx(adaptation + masking - 0.25 * min(adaptation, masking), abs=2e-3)
    np.testing.assert_allclose(jnd[20, 2], adaptation, atol=2e-3)
    np.testing.assert_allclose(jnd[5], adaptation, atol=2e-3)


def test_unknown_names_are_refused() -> None:
    plane = np.zeros((8, 8), np.uint8)
    for model in (yang2005, yang2005_colour):
        with pytest.raises(UsageError, match="choose code, paper"):
            model(plane, variant="print")
        with pytest.raises(UsageError, match="choose reflect, zero"):
            model(plane, border="wrap")
