"""How far two pictures are apart, as losses: 0 for equal ones, differentiable, a number a picture.

Pictures are float32 (N, 3, H, W), RGB in 0..1 or a little beyond, at least 88 pixels a side.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

import torch
from torch import Tensor
from torch.nn import functional as F

_SCALES = (0.0517, 0.3295, 0.3462, 0.2726)  # of the five published weights the first four, as 1
_BANDS = 4
_GAMMA, _REFLECTED = 2.2, 20.0 / 255.0
_SEEN = 0.02  # contrast, in the light nearby: what masks where nothing else does


def luma(picture: Tensor) -> Tensor:
    """(N, 1, H, W), 0..1."""
    weights = torch.tensor([0.299, 0.587, 0.114], dtype=picture.dtype, device=picture.device)
    return (picture * weights[:, None, None]).sum(dim=1, keepdim=True)


def screen_light(picture: Tensor) -> Tensor:
    """What a screen in a lit room shows of a picture's luma Y, as a share of white: ((Y + 20) / 275)^2.2; (N, 1, H, W).

    Y is in code values. Black reflects 0.3 % of white.
    """
    # Pictures may go a little below 0, where there is no such power.
    return ((luma(picture).clamp_min(0.0) + _REFLECTED) / (1.0 + _REFLECTED)) ** _GAMMA


def variation(picture: Tensor) -> Tensor:
    """How much the light varies nearby, as the change of the pixel's own luma that it takes, (N, 1, H, W) in 0..1.

    The size of the gradient of `screen_light`, averaged over 17 x 17 pixels, over the slope of `screen_light` at the
    pixel: steps of a dark pixel are small steps of light.
    """
    shown = screen_light(picture)
    nearby = gradient_size(shown)
    for _ in range(4):
        nearby = smooth(nearby)
    return nearby * (luma(picture).clamp_min(0.0) + _REFLECTED) / (_GAMMA * shown)


def gradient_size(plane: Tensor) -> Tensor:
    """The length of the 3 x 3 Prewitt gradient, each mask divided by 3, the edge repeated. (N, 1, H, W) to the same."""
    across = torch.tensor([[1.0, 0.0, -1.0]] * 3, dtype=plane.dtype, device=plane.device) / 3.0
    masks = torch.stack([across, across.T])[:, None]
    both = F.conv2d(F.pad(plane, (1, 1, 1, 1), mode="replicate"), masks)
    # The root has no slope at 0.
    return torch.sqrt((both * both).sum(dim=1, keepdim=True) + 1e-10)


def ms_ssim(reference: Tensor, test: Tensor, masks: Tensor | None = None) -> Tensor:
    """1 - MS-SSIM of luma, on four scales; (N,).

    Source: Wang, Simoncelli, Bovik, "Multi-scale structural similarity for image quality assessment", 2003.
    Differs: four scales, since crops of 176 pixels are too small for five.
    """
    a, b = luma(reference), luma(test)
    product = torch.ones(len(a), dtype=a.dtype, device=a.device)
    for scale, weight in enumerate(_SCALES):
        mean_a, mean_b = _blur(a), _blur(b)
        variance_a, variance_b = _blur(a * a) - mean_a**2, _blur(b * b) - mean_b**2
        covariance = _blur(a * b) - mean_a * mean_b
        # K1 = 0.01 and K2 = 0.03 as published, of a range of 1.
        similar = (2 * covariance + 0.03**2) / (variance_a + variance_b + 0.03**2)
        if scale == len(_SCALES) - 1:
            similar = similar * (2 * mean_a * mean_b + 0.01**2) / (mean_a**2 + mean_b**2 + 0.01**2)
        product = product * similar.mean(dim=(1, 2, 3)).clamp_min(1e-4) ** weight  # below 0 there is no such power
        a, b = F.avg_pool2d(a, 2), F.avg_pool2d(b, 2)
    return 1.0 - product


def gmsd(reference: Tensor, test: Tensor, masks: Tensor | None = None) -> Tensor:
    """The deviation of the similarity of gradients of luma at half the size; (N,).

    Source: Xue, Zhang, Mou, Bovik, "Gradient magnitude similarity deviation", IEEE TIP 23(2), 2014.
    """
    a, b = (gradient_size(F.avg_pool2d(luma(picture), 2)) for picture in (reference, test))
    constant = 170.0 / 255.0**2  # 170 as published, for code values
    similar = (2 * a * b + constant) / (a * a + b * b + constant)
    return torch.sqrt(similar.var(dim=(1, 2, 3), unbiased=False) + 1e-10)


def smooth(plane: Tensor) -> Tensor:
    """The binomial filter of 5 x 5 pixels, reflected at the frame. (N, 1, H, W) to the same."""
    taps = torch.tensor([1.0, 4.0, 6.0, 4.0, 1.0], dtype=plane.dtype, device=plane.device) / 16.0
    wide = F.pad(plane, (2, 2, 2, 2), mode="reflect")
    return F.conv2d(F.conv2d(wide, taps[None, None, :, None]), taps[None, None, None])


def masked_bands(reference: Tensor, test: Tensor, masks: Tensor | None = None) -> Tensor:
    """The difference of contrasts in a Laplacian pyramid of `screen_light`, over the contrast nearby that masks it.

    Returns (N,).

    masks: the picture whose contrast does; the reference where none is given.

    Fourth powers are taken before the mean over a band: of one and the same energy, what stands out most costs most.
    Source: the normalisation of Laparra, Balle, Berardino, Simoncelli, "Perceptual image quality assessment using a
    normalized Laplacian pyramid", 2016.
    Differs: both pictures are divided by one amplitude, so that noise does not mask itself; the power.
    """
    a, b = screen_light(reference), screen_light(test)
    mask = a if masks is None else screen_light(masks)
    total = torch.zeros(len(a), dtype=a.dtype, device=a.device)
    for _ in range(_BANDS):
        low_a, low_b = smooth(a), smooth(b)
        band_a, band_b = a - low_a, b - low_b
        low_mask = smooth(mask)
        nearby = smooth(smooth((mask - low_mask).abs())) + _SEEN * smooth(low_mask)
        total = total + (((band_a - band_b) / nearby) ** 4).mean(dim=(1, 2, 3))
        a, b, mask = (low[:, :, ::2, ::2] for low in (low_a, low_b, low_mask))
    return (total / _BANDS + 1e-8) ** 0.25 - 1e-2  # a slope at 0, and 0 for equal pictures


MEASURES: dict[str, Callable[[Tensor, Tensor, Tensor | None], Tensor]] = {
    "gmsd": gmsd,
    "masked-bands": masked_bands,
    "ms-ssim": ms_ssim,
}


def _blur(plane: Tensor) -> Tensor:
    """A Gaussian of 11 x 11 pixels, sigma 1.5, inside the plane only."""
    window = _gaussian().to(plane)
    return F.conv2d(F.conv2d(plane, window[None, None, :, None]), window[None, None, None])


@lru_cache(maxsize=1)
def _gaussian() -> Tensor:
    steps = torch.arange(11.0) - 5.0
    window = torch.exp(-(steps**2) / (2 * 1.5**2))
    return window / window.sum()
