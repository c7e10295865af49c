"""Linear light, with slopes."""

from __future__ import annotations

import torch
from torch import Tensor


def to_light(rgb: Tensor) -> Tensor:
    """Linear light of sRGB-encoded values, both 0..1. Source: IEC 61966-2-1."""
    # Clamped, since `where` takes slopes of both sides, and those of the unused one may not be finite.
    return torch.where(rgb > 0.04045, ((rgb.clamp_min(0.04045) + 0.055) / 1.055) ** 2.4, rgb / 12.92)
