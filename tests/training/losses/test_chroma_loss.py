"""The coarse error of chroma minds colour lost in the dark and over flat places, and little else."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from jndkit.errors import UsageError
from jndkit.viewing import DISPLAYS

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.train


def measure(display: str = "desktop") -> Any:
    from jndkit.training.losses.chroma import CoarseChroma

    return CoarseChroma(DISPLAYS[display])


def flat(*colour: float, side: int = 32) -> Any:
    return torch.tensor(colour).view(1, 3, 1, 1).expand(1, 3, side, side).clone()


def grey(rgb: Any) -> Any:
    from jndkit.training.jndlic.transform import to_rgb, to_ycc

    planes = to_ycc(rgb)
    planes[:, 1:] = 0.0
    return to_rgb(planes)


def test_planes_are_oklab() -> None:
    """Ottosson's own example colours: white, and the primaries as CSS Color 4 gives them."""
    module = measure()
    wanted = {(1, 1, 1): (1, 0, 0), (1, 0, 0): (0.62796, 0.22486, 0.12585), (0, 0, 1): (0.45201, -0.03246, -0.31153)}
    for colour, oklab in wanted.items():
        found = module._planes(flat(*map(float, colour), side=1))[0, :, 0, 0]
        np.testing.assert_allclose(found.numpy(), oklab, atol=2e-4)


def test_equal_pictures_read_nothing_and_have_no_slope() -> None:
    rgb = torch.rand(2, 3, 32, 48, generator=torch.Generator().manual_seed(0))
    version = rgb.clone().requires_grad_()
    read = measure()(rgb, version)
    read.sum().backward()
    assert read.tolist() == [0.0, 0.0]
    assert not bool(version.grad.any())


def test_colour_lost_in_the_dark_counts() -> None:
    """A dark green turned grey is seen as much as a light one, though its code values move less."""
    dark, light = flat(0.08, 0.14, 0.06), flat(0.54, 0.60, 0.52)
    lost = [float(measure()(each, grey(each))) for each in (dark, light)]
    assert lost[0] > 0.01
    assert lost[0] > lost[1]


def test_black_is_only_as_black_as_the_display() -> None:
    """What the panel reflects hides colour in black."""
    black, blue = flat(0.0, 0.0, 0.0), flat(0.0, 0.0, 0.02)
    dim = {name: float(measure(name)(black, blue)) for name in ("desktop", "phone")}
    assert dim["phone"] > dim["desktop"]
    assert dim["desktop"] < 0.03


def test_fine_errors_and_changes_of_light_count_little() -> None:
    rgb = flat(0.4, 0.5, 0.3)
    checks = torch.tensor([[1.0, -1.0], [-1.0, 1.0]]).repeat(16, 16)
    red = torch.tensor([1.0, 0.0, 0.0]).view(1, 3, 1, 1)
    coarse, fine = (float(measure()(rgb, rgb + 0.05 * red * each)) for each in (torch.ones(32, 32), checks))
    assert fine < coarse / 10.0
    assert float(measure()(rgb, rgb * 1.1)) < coarse / 2.0


def test_flat_places_count_more() -> None:
    random = torch.Generator().manual_seed(1)
    plain = flat(0.4, 0.4, 0.4)
    busy = plain + 0.2 * torch.randn(1, 1, 32, 32, generator=random).clamp(-1.5, 1.5)
    tint = torch.tensor([0.03, 0.0, -0.03]).view(1, 3, 1, 1)
    assert float(measure()(plain, plain + tint)) > 2.0 * float(measure()(busy, busy + tint))


def test_slopes_are_those_of_finite_differences() -> None:
    random = torch.Generator().manual_seed(2)
    rgb, other = (torch.rand(1, 3, 32, 48, generator=random, dtype=torch.float64) for _ in range(2))
    module, version = measure().double(), (0.9 * rgb + 0.1 * other).requires_grad_()
    module(rgb, version).sum().backward()
    way = torch.randn(rgb.shape, generator=random, dtype=torch.float64)
    with torch.no_grad():
        above, below = (float(module(rgb, version + side * 1e-6 * way)) for side in (1.0, -1.0))
    assert float((version.grad * way).sum()) == pytest.approx((above - below) / 2e-6, rel=1e-4)


def test_too_small_pictures_are_refused() -> None:
    with pytest.raises(UsageError, match="16 pixels a side"):
        measure()(torch.zeros(1, 3, 15, 40), torch.zeros(1, 3, 15, 40))
