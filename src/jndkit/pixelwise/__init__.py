"""Models that say, pixel by pixel, how far a code value may move before anyone sees it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from jndkit.cards import Registry
from jndkit.errors import UsageError, check_choice
from jndkit.pixelwise.card import Card
from jndkit.weights import PACKAGED, cards, check_name, stored_card

if TYPE_CHECKING:
    from jndkit.pixelwise.terms.luma import Map, Pictured

__all__ = ["MODELS", "Card", "check_own_name", "jnd_map", "model_card", "model_package", "own_models"]

# Named, not imported: `jnd --help` and a single map load no other model.
MODELS = Registry(
    Card,
    "model",
    "jndkit.models",
    {
        "chou1995": "jndkit.pixelwise.chou1995:CARD",
        "yang2005": "jndkit.pixelwise.yang2005:CARD",
        "liu2010": "jndkit.pixelwise.liu2010:CARD",
        "wu2013": "jndkit.pixelwise.wu2013:CARD",
        "wu2016": "jndkit.pixelwise.wu2016:CARD",
        "li2016": "jndkit.pixelwise.li2016:CARD",
        "wu2017": "jndkit.pixelwise.wu2017:CARD",
        "jiang2022": "jndkit.pixelwise.jiang2022:CARD",
        "watson1993": "jndkit.pixelwise.watson1993:CARD",
        "zhang2005": "jndkit.pixelwise.zhang2005:CARD",
        "wei2009": "jndkit.pixelwise.wei2009:CARD",
        "bae2013": "jndkit.pixelwise.bae2013:CARD",
        "shen2020": "jndkit.pixelwise.shen2020:CARD",
        "hvssd": "jndkit.pixelwise.hvssd:CARD",
        "resjnd": "jndkit.pixelwise.resjnd:CARD",
        "resjnd-s": "jndkit.pixelwise.resjnd:SMALL",
    },
)


def own_models() -> Mapping[str, Card]:
    """Networks of the user's own, imported or trained: name -> card. Raises DamagedError for an unreadable card."""
    return {
        name: _trained(name, card.architecture, card.summary)
        for name, card in cards().items()
        if card.architecture in MODELS and name not in MODELS and not _comes_along(name)
    }


def model_card(name: str) -> Card:
    """The card of a model: of one that comes along, of the user's own, of a network's version, of another package.

    Raises UsageError for an unknown name.
    """
    if name in MODELS:
        return MODELS[name]
    trained = stored_card(name)
    if trained is not None and trained.architecture in MODELS:
        return _trained(name, trained.architecture, trained.summary)
    check_choice("model", name, (*MODELS.names(), *own_models()))
    return MODELS.find(name)


def model_package(name: str) -> dict[str, str]:
    """The distribution -> its version, of a model of another package; nothing for ours and for the user's own."""
    return {} if stored_card(name) is not None else MODELS.package(name)


def check_own_name(name: str) -> None:
    """Raises UsageError unless a network of the user's own may have this name, whether one has it already or not."""
    check_name(name)
    if name in MODELS or _comes_along(name):
        raise UsageError(f"{name} is a model that comes with jndkit; choose another name")


def jnd_map(
    picture: Pictured, model: str = "resjnd-s", *, variant: str | None = None, border: str = "reflect", **options: Any
) -> Map:
    """The just noticeable difference at every pixel, float32 (H, W), in 8-bit code values of luma.

    picture: a Picture; or uint8 or float (H, W), luma in code values 0 .. 255, taken as it is; or uint8 or float
        (H, W, 3), sRGB-encoded code values.
    model: a name in MODELS, of a network of the user's own, or of a model of another package.
    variant: "code", the published code's form, "paper", the printed one, or another that the model has; None is the
        model's default: "code" but for shen2020, whose patches would show.
    border: "reflect" repeats the picture beyond its frame, "zero" puts black there, as the published codes do.
    options: of the model alone, as its card lists them, such as `fixation=(x, y)` of li2016.
    Raises UsageError for an unknown name, an option the model does not have or an unusable array, InputError for less
    than 8 pixels a side.
    """
    card, variant = model_card(model), chosen_variant(model, variant)
    for option in options:
        if option not in card.options:
            has = f"it has {', '.join(card.options)}" if card.options else "it has none"
            raise UsageError(f"{model} has no option {option!r}: {has}")
    if card.weights:
        options.setdefault("weights", card.weights)
    return card.compute(picture, variant=variant, border=border, **options)


def chosen_variant(model: str, variant: str | None) -> str:
    """The variant of a model, its default for None. Raises UsageError for one that it does not have."""
    variants = model_card(model).variants
    if variant is not None:
        check_choice(f"variant of {model}", variant, variants)
    return variant or variants[0]


def _trained(name: str, architecture: str, summary: str) -> Card:
    """The card of a model's network with other weights than those that its own name stands for."""
    return replace(MODELS[architecture], name=name, summary=summary, weights=name)


def _comes_along(name: str) -> bool:
    return (PACKAGED / f"{name}.toml").exists()
