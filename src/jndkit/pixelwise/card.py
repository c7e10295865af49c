"""The card of a JND model."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from jndkit import cards

if TYPE_CHECKING:
    from jndkit.pixelwise.terms.luma import Map


@dataclass(frozen=True, kw_only=True)
class Card(cards.Card):
    """One model.

    compute: `compute(picture, variant=, border=, **options)`, what `jnd_map` returns and takes.
    variants: the forms it has, the default "code" first.  options: the further keywords it takes.
    weights: of a trained network other than the one that comes along, their name.
    """

    compute: Callable[..., Map]
    variants: tuple[str, ...] = ("code",)
    options: tuple[str, ...] = ()
    weights: str = ""

    def __post_init__(self) -> None:
        if self.variants[:1] != ("code",):
            raise ValueError(f'the first variant of a model is "code", its default, not {self.variants}')
