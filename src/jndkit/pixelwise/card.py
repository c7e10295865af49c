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
    variants: the forms it has, its default first; "code", that of the published code, is one of them.
    options: the further keywords it takes.
    weights: of a trained network other than the one that comes along, their name.
    """

    compute: Callable[..., Map]
    variants: tuple[str, ...] = ("code",)
    options: tuple[str, ...] = ()
    weights: str = ""

    def __post_init__(self) -> None:
        if "code" not in self.variants:
            raise ValueError(f'a model has the variant "code", not only {self.variants}')
