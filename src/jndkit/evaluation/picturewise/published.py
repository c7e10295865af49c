"""What published predictors reached on answers of people. Other pictures, other coders, other displays."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Predicted:
    """What a picture-wise predictor reached.

    right: share of levels told lossy or lossless rightly.  error: mean difference of quality factors.  saved: share of
    bytes less than at the lowest distortion.  None where the paper does not say.
    """

    paper: str
    pictures: str
    codec: str
    saved: float
    right: float | None = None
    error: float | None = None


_VPJND = "VP-JND, Zhang et al. 2025"

PREDICTED = (
    Predicted(_VPJND, "MCL-JCI", "JPEG", 0.8935, right=0.9482, error=3.92),
    Predicted(_VPJND, "KonJND-1k", "JPEG", 0.8546),
    Predicted(_VPJND, "KonJND-1k", "BPG", 0.4113),
)
