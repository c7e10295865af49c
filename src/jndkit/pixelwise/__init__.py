"""Models that say, pixel by pixel, how far a code value may move before anyone sees it."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from jndkit.errors import UsageError, check_choice
from jndkit.weights import PACKAGED, cards, check_name

if TYPE_CHECKING:
    from jndkit.pixelwise.terms.luma import Map, Pictured

__all__ = ["MODELS", "Card", "check_own_name", "jnd_map", "model_card", "own_models"]


@dataclass(frozen=True)
class Card:
    """One model. `where` is "module:function", imported on use; the first of `variants` is the default.

    options: further keywords the model takes.
    weights: of a trained network other than the one that comes along, their name.
    """

    name: str
    where: str
    paper: str
    year: int
    summary: str
    variants: tuple[str, ...]
    options: tuple[str, ...] = ()
    weights: str = ""


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
    "liu2010": Card(
        name="liu2010",
        where="jndkit.pixelwise.liu2010:liu2010",
        paper="Liu et al., Just noticeable difference for images with decomposition model for separating edge and "
        "textured regions, IEEE TCSVT 20(11)",
        year=2010,
        summary="edges and texture told apart by total variation, texture masking more",
        variants=("code", "paper", "fast"),
    ),
    "wu2013": Card(
        name="wu2013",
        where="jndkit.pixelwise.wu2013:wu2013",
        paper="Wu et al., Just noticeable difference estimation for images with free-energy principle, "
        "IEEE Transactions on Multimedia 15(7)",
        year=2013,
        summary="what can be predicted from nearby masks by luminance and contrast, the rest hides more",
        variants=("code", "paper"),
    ),
    "wu2016": Card(
        name="wu2016",
        where="jndkit.pixelwise.wu2016:wu2016",
        paper="Wu et al., Enhanced just noticeable difference model with visual regularity consideration, IEEE ICASSP",
        year=2016,
        summary="the map that guides the JND-LIC codec; code is its 8-bit arithmetic, paper the same in real numbers",
        variants=("code", "paper"),
    ),
    "li2016": Card(
        name="li2016",
        where="jndkit.pixelwise.li2016:li2016",
        paper="Li, Liu and Chen, Perceptually-lossless image coding based on foveated-JND and H.265/HEVC, "
        "Journal of Visual Communication and Image Representation 40",
        year=2016,
        summary="for an eye resting on one point: thresholds grow away from it",
        variants=("code", "paper"),
        options=("fixation", "distance", "up", "down"),
    ),
    "wu2017": Card(
        name="wu2017",
        where="jndkit.pixelwise.wu2017:wu2017",
        paper="Wu et al., Enhanced just noticeable difference model for images with pattern complexity, IEEE TIP 26(6)",
        year=2017,
        summary="masking by contrast and by the number of directions that meet",
        variants=("code", "paper"),
    ),
    "jiang2022": Card(
        name="jiang2022",
        where="jndkit.pixelwise.jiang2022:jiang2022",
        paper="Jiang et al., Toward top-down just noticeable difference estimation of natural images, IEEE TIP 31",
        year=2022,
        summary="what a picture loses when rebuilt from as few of its own components as nobody notices",
        variants=("code",),
    ),
    "watson1993": Card(
        name="watson1993",
        where="jndkit.pixelwise.watson1993:watson1993",
        paper="Watson, DCTune: A technique for visual optimization of DCT quantization matrices for individual images, "
        "SID Digest 24",
        year=1993,
        summary="a threshold per DCT coefficient, by luminance of the block and by the coefficient itself",
        variants=("code",),
    ),
    "zhang2005": Card(
        name="zhang2005",
        where="jndkit.pixelwise.zhang2005:zhang2005",
        paper="Zhang, Lin and Xue, Improved estimation for just-noticeable visual distortion, Signal Processing 85(4)",
        year=2005,
        summary="a threshold per DCT coefficient; plain, edge and texture blocks mask differently",
        variants=("code", "paper"),
    ),
    "wei2009": Card(
        name="wei2009",
        where="jndkit.pixelwise.wei2009:wei2009",
        paper="Wei and Ngan, Spatio-temporal just noticeable distortion profile for grey scale image/video in DCT "
        "domain, IEEE TCSVT 19(3)",
        year=2009,
        summary="a threshold per DCT coefficient, for any viewing distance; texture by density of edges",
        variants=("code",),
    ),
    "bae2013": Card(
        name="bae2013",
        where="jndkit.pixelwise.bae2013:bae2013",
        paper="Bae and Kim, A novel DCT-based JND model for luminance adaptation effect in DCT frequency, "
        "IEEE SPL 20(9)",
        year=2013,
        summary="a threshold per DCT coefficient; luminance adaptation depends on frequency",
        variants=("code",),
    ),
    "shen2020": Card(
        name="shen2020",
        where="jndkit.pixelwise.shen2020:shen2020",
        paper="Shen et al., Just noticeable distortion profile inference: a patch-level structural visibility learning "
        "approach, IEEE TIP 30",
        year=2020,
        summary="patch by patch: brightness moves, contrast shrinks, a network changes the structure",
        variants=("code", "paper"),
        options=("sign", "weights"),
    ),
    "hvssd": Card(
        name="hvssd",
        where="jndkit.pixelwise.hvssd:hvssd",
        paper="Jin et al., HVS-inspired signal degradation network for just noticeable difference estimation, "
        "arXiv 2208.07583",
        year=2022,
        summary="a small codec degrades the picture; where it errs tells a second network how far each pixel may move",
        variants=("code", "paper"),
        options=("weights",),
    ),
    "resjnd": Card(
        name="resjnd",
        where="jndkit.pixelwise.resjnd:resjnd",
        paper="Jiang et al., Rethinking and conceptualizing just noticeable difference estimation by residual "
        "learning, IEEE TCSVT",
        year=2024,
        summary="a network predicts the critical perceptually lossless picture; how far it is from the picture",
        variants=("code",),
        options=("precision", "weights"),
    ),
    "resjnd-s": Card(
        name="resjnd-s",
        where="jndkit.pixelwise.resjnd:resjnd_s",
        paper="the task of Jiang et al., IEEE TCSVT 2024",
        year=2024,
        summary="the same by a network of a four-hundredth of the work",
        variants=("code",),
        options=("precision", "weights"),
    ),
}


def own_models() -> Mapping[str, Card]:
    """Networks of the user's own, imported or trained: name -> card. Raises DamagedError for an unreadable card."""
    found = {}
    for name, card in cards().items():
        if card.architecture in MODELS and name not in MODELS:
            found[name] = replace(MODELS[card.architecture], name=name, summary=card.summary, weights=name)
    return found


def model_card(name: str) -> Card:
    """The card of a model that comes along, or of the user's own. Raises UsageError for an unknown name."""
    if name in MODELS:
        return MODELS[name]
    own = own_models()
    check_choice("model", name, (*MODELS, *own))
    return own[name]


def check_own_name(name: str) -> None:
    """Raises UsageError unless a network of the user's own may have this name, whether one has it already or not."""
    check_name(name)
    if name in MODELS or (PACKAGED / f"{name}.toml").exists():
        raise UsageError(f"{name} is a model that comes along; choose another name")


def jnd_map(
    picture: Pictured, model: str = "resjnd-s", *, variant: str = "code", border: str = "reflect", **options: Any
) -> Map:
    """The just noticeable difference at every pixel, float32 (H, W), in 8-bit code values of luma.

    picture: a Picture; or uint8 or float (H, W), luma in code values 0 .. 255, taken as it is; or uint8 or float
        (H, W, 3), sRGB-encoded code values.
    model: a name in MODELS, or of a network of the user's own.
    variant: "code", the published code's form, or "paper", the printed one.
    border: "reflect" repeats the picture beyond its frame, "zero" puts black there, as the published codes do.
    options: of the model alone, as its card lists them, such as `fixation=(x, y)` of li2016.
    Raises UsageError for an unknown name, an option the model does not have or an unusable array, InputError for less
    than 8 pixels a side.
    """
    card = model_card(model)
    check_choice(f"variant of {model}", variant, card.variants)
    module, function = card.where.split(":")
    for option in options:
        if option not in card.options:
            has = f"it has {', '.join(card.options)}" if card.options else "it has none"
            raise UsageError(f"{model} has no option {option!r}: {has}")
    if card.weights:
        options.setdefault("weights", card.weights)
    compute = getattr(importlib.import_module(module), function)
    computed: Map = compute(picture, variant=variant, border=border, **options)
    return computed
