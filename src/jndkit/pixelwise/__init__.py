"""Models that say, pixel by pixel, how far a code value may move before anyone sees it."""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from jndkit.pixelwise.choices import check_choice

if TYPE_CHECKING:
    from jndkit.pixelwise.luma import Map, Pictured

__all__ = ["MODELS", "Card", "jnd_map"]


@dataclass(frozen=True)
class Card:
    """One model. `where` is "module:function", imported on use; the first of `variants` is the default."""

    name: str
    where: str
    paper: str
    year: int
    summary: str
    variants: tuple[str, ...]


MODELS: dict[str, Card] = {
    "chou1995": Card(
        name="chou1995",
        where="jndkit.pixelwise.chou1995:chou1995",
        paper="Chou and Li, A perceptually tuned subband image coder based on the measure of "
        "just-noticeable-distortion profile, IEEE TCSVT 5(6)",
        year=1995,
        summary="luminance adaptation and contrast masking",
        variants=("code", "paper"),
    ),
    "yang2005": Card(
        name="yang2005",
        where="jndkit.pixelwise.yang2005:yang2005",
        paper="Yang et al., Just noticeable distortion model and its applications in video coding, "
        "Signal Processing: Image Communication 20(7)",
        year=2005,
        summary="the same, added with their overlap taken off, masking less on edges",
        variants=("code", "paper"),
    ),
    "wu2017": Card(
        name="wu2017",
        where="jndkit.pixelwise.wu2017:wu2017",
        paper="Wu et al., Enhanced just noticeable difference model for images with pattern complexity, IEEE TIP 26(6)",
        year=2017,
        summary="masking by contrast and by the number of directions that meet",
        variants=("code", "paper"),
    ),
}


def jnd_map(picture: Pictured, model: str = "wu2017", *, variant: str = "code", border: str = "reflect") -> Map:
    """The just noticeable difference at every pixel, float32 (H, W), in 8-bit code values of luma.

    picture: a Picture; or uint8 or float (H, W), luma in code values 0 .. 255, taken as it is; or uint8 or float
        (H, W, 3), sRGB-encoded code values.
    model: a name in MODELS.  variant: "code", the published code's form, or "paper", the printed one.
    border: "reflect" repeats the picture beyond its frame, "zero" puts black there, as the published codes do.
    Raises UsageError for an unknown name or unusable array, InputError for less than 8 pixels a side.
    """
    check_choice("model", model, MODELS)
    card = MODELS[model]
    check_choice(f"variant of {model}", variant, card.variants)
    module, function = card.where.split(":")
    computed: Map = getattr(importlib.import_module(module), function)(picture, variant=variant, border=border)
    return computed
