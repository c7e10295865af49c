"""Full-reference measures as losses: nothing between equal pictures, more for more, with slopes that are finite."""

from __future__ import annotations

import math

import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.train


@pytest.mark.parametrize("name", ["gmsd", "masked-bands", "ms-ssim"])
class TestMeasures:
    def test_equal_pictures_are_not_apart(self, name: str) -> None:
        from jndkit.training.losses.full_reference import MEASURES

        picture = torch.rand(2, 3, 96, 88, generator=torch.Generator().manual_seed(0))
        assert float(MEASURES[name](picture, picture, None).abs().max()) < 1e-4

    def test_more_noise_is_farther_and_the_slope_is_finite(self, name: str) -> None:
        from jndkit.training.losses.full_reference import MEASURES

        random = torch.Generator().manual_seed(1)
        picture = 0.2 + 0.6 * torch.rand(2, 3, 96, 88, generator=random)
        noise = torch.randn(2, 3, 96, 88, generator=random)
        near, far = (MEASURES[name](picture, picture + level * noise, None) for level in (0.01, 0.05))
        assert bool((near > 0).all())
        assert bool((far > near).all())
        strength = torch.zeros(1, requires_grad=True)
        MEASURES[name](picture, picture + strength * noise, None).sum().backward()
        assert math.isfinite(float(strength.grad))


def test_noise_in_texture_costs_less_than_in_smooth_parts() -> None:
    from jndkit.training.losses.full_reference import masked_bands

    random = torch.Generator().manual_seed(2)
    picture = torch.full((1, 3, 96, 96), 0.5)
    picture[..., 48:] += 0.15 * torch.randn(1, 1, 96, 48, generator=random)
    noise = 0.03 * torch.randn(1, 1, 96, 96, generator=random)
    smooth, busy = noise.clone(), noise.clone()
    smooth[..., 40:] = 0
    busy[..., :56] = 0
    assert float(masked_bands(picture, picture + busy)) < 0.6 * float(masked_bands(picture, picture + smooth))


def test_the_gradient_is_prewitts() -> None:
    from jndkit.training.losses.full_reference import gradient_size

    ramp = torch.arange(9.0).repeat(7, 1)[None, None]  # one step a column: the mask spans two
    np.testing.assert_allclose(gradient_size(ramp)[0, 0, :, 1:-1].numpy(), 2.0, atol=1e-4)


def test_light_varies_as_the_change_of_luma_that_it_takes() -> None:
    from jndkit.training.losses.full_reference import luma, screen_light, variation

    assert float(screen_light(torch.ones(1, 3, 1, 1))) == pytest.approx(1.0)
    assert float(screen_light(torch.zeros(1, 3, 1, 1))) == pytest.approx((20 / 275) ** 2.2, 1e-4)
    assert float(variation(torch.full((1, 3, 40, 40), 0.5)).max()) < 1e-4
    # On a gentle ramp it is Prewitt's gradient of luma itself, which spans two pixels.
    ramp = torch.linspace(0.4, 0.6, 101).repeat(1, 3, 40, 1)
    np.testing.assert_allclose(variation(ramp)[0, 0, :, 12:-12].numpy(), 2 * 0.002, rtol=0.02)
    # In one place the darker pixel takes the larger change, of the same light.
    steps = torch.where(torch.arange(40) % 2 == 0, 0.2, 0.6).repeat(1, 3, 40, 1)
    found, level = variation(steps)[0, 0, 20, 20:22], luma(steps)[0, 0, 20, 20:22] + 20 / 255
    assert float(found[0] / found[1]) == pytest.approx(float((level[1] / level[0]) ** 1.2), rel=0.01)
