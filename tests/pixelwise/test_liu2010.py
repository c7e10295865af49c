from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pytest

from jndkit.errors import UsageError
from jndkit.pixelwise.liu2010 import liu2010, masked
from jndkit.pixelwise.terms.luminance import background_luminance, luminance_adaptation
from jndkit.pixelwise.terms.tvl1 import tvl1

if TYPE_CHECKING:
    from tests.pixelwise.conftest import Reference

Bytes = npt.NDArray[np.uint8]


@pytest.mark.parametrize("variant", ["code", "paper"])
def test_maps_are_the_published_ones(variant: str, reference: Reference) -> None:
    expected = reference("liu2010", variant)
    from_stored = masked(reference.luma, reference("liu2010", "tvl1_u"), variant=variant, border="zero")
    np.testing.assert_allclose(reference.kept(from_stored), expected, rtol=0, atol=1e-4)
    from_picture = liu2010(reference.luma, variant=variant, border="zero")
    np.testing.assert_allclose(reference.kept(from_picture), expected, rtol=0, atol=1e-4)


@pytest.mark.parametrize("level", [0, 60, 100, 200])
def test_flat_pictures_have_luminance_alone(level: int) -> None:
    flat = np.full((16, 16), level, np.uint8)
    adaptation = luminance_adaptation(background_luminance(flat, "reflect"))
    np.testing.assert_allclose(liu2010(flat, variant="paper"), adaptation, atol=1e-5)
    # The linear form is not zero without gradient, but falls below on backgrounds over 50.
    offset = 0.7 * 2.1 * max(0.5 - 0.01 * level, 0)
    np.testing.assert_allclose(liu2010(flat), adaptation + offset, atol=1e-5)


@pytest.mark.parametrize("variant", ["code", "paper", "fast"])
@pytest.mark.parametrize("move", [np.fliplr, np.flipud, np.transpose])
def test_a_turned_or_mirrored_picture_has_such_a_map(
    variant: str, move: Callable[[np.ndarray], np.ndarray], scene: Bytes
) -> None:
    found, expected = liu2010(move(scene), variant=variant), move(liu2010(scene, variant=variant))
    if variant == "fast":
        # Where a flow ends early depends on the order of neighbours.
        assert found.mean() == pytest.approx(expected.mean(), rel=1e-3)
    else:
        np.testing.assert_allclose(found, expected, atol=1e-4)


@pytest.mark.parametrize("variant", ["code", "paper"])
def test_texture_masks_more_than_an_edge_of_the_same_gradient(variant: str) -> None:
    """Lines too thin to be structure, against one step; both have a largest gradient of 13 sixteenths of 40."""
    lines = np.full((40, 40), 100, np.uint8)
    lines[:, 20] = 140
    assert (tvl1(lines) == 100).all()
    step = np.full((40, 40), 100, np.uint8)
    step[:, 20:] = 140
    np.testing.assert_array_equal(tvl1(step), step)
    adaptation = [luminance_adaptation(background_luminance(plane, "reflect"))[20] for plane in (lines, step)]
    texture, edge = (liu2010(plane, variant=variant)[20] for plane in (lines, step))
    assert (texture - adaptation[0]).max() > 1.3 * (edge - adaptation[1]).max()


def test_masking_is_clipped() -> None:
    """A step of 200 masks by 200 * 13/16 * 0.117, far over the 10 that the authors' code allows an edge."""
    step = np.full((40, 40), 30, np.uint8)
    step[:, 20:] = 230
    adaptation = luminance_adaptation(background_luminance(step, "reflect"))[20]
    masking = liu2010(step)[20] - adaptation
    assert masking.max() == pytest.approx(0.7 * 10 - 0.3 * adaptation[masking.argmax()], abs=1e-4)


def test_fast_is_near(scene: Bytes) -> None:
    exact, fast = liu2010(scene), liu2010(scene, variant="fast")
    assert 0 < np.abs(fast - exact).mean() < 0.05


def test_fractions_belong_to_the_texture(scene: Bytes) -> None:
    plane = scene.astype(np.float32)
    plane[::2] = np.minimum(plane[::2] + np.float32(0.25), 255)
    np.testing.assert_array_equal(liu2010(plane), masked(plane, tvl1(scene)))


def test_unknown_names_are_refused() -> None:
    plane = np.zeros((8, 8), np.uint8)
    with pytest.raises(UsageError, match="choose code, paper, fast"):
        liu2010(plane, variant="print")
    with pytest.raises(UsageError, match="choose reflect, zero"):
        liu2010(plane, border="wrap")
