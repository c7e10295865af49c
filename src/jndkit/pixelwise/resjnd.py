"""Jiang, Liu, Wang, Wang and Lin, "Rethinking and Conceptualizing Just Noticeable Difference Estimation by Residual
Learning", IEEE TCSVT 2024: ResJND.

A network predicts the critical perceptually lossless picture; how far that is from the picture given is the JND.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from jndkit.errors import check_choice
from jndkit.inference import session
from jndkit.picture import Pixels
from jndkit.pixelwise.card import Card
from jndkit.pixelwise.terms.luma import Map, Pictured
from jndkit.pixelwise.terms.tiles import Colours, Tile, colours, tiles
from jndkit.weights import find

VARIANTS = ("code",)
# Pixels a side: what the networks hold at once stays below a gigabyte.
_TILE = {"resjnd": 320, "resjnd-s": 2048}


def resjnd(
    picture: Pictured,
    *,
    variant: str = "code",
    border: str = "reflect",
    precision: str = "f32",
    weights: str = "resjnd",
) -> Map:
    """JND map, float32 (H, W): the root mean square over R, G and B of the predicted change, in code values.

    picture: what `luma_plane` takes; grey is three equal planes.
    variant: "code".  border: "reflect" or "zero"; the published code has zeros there, in every layer.
    precision: "f32" or "bf16", see `inference.session`.  weights: a name of weights of this network.
    Raises UsageError for an unknown name, InputError for a picture below 8 x 8, MissingError without weights.
    Source: the authors' release, without the division by the largest value. Differs: border="reflect".
    """
    check_choice("variant", variant, VARIANTS)
    rgb = colours(picture)
    jnd: Map = np.empty(rgb.shape[:2], np.float32)
    for tile in _tiles(rgb, weights, border, precision):
        change = np.einsum("cyx,cyx->yx", tile.residual, tile.residual)
        jnd[tile.rows, tile.columns] = np.sqrt(change * np.float32(255.0**2 / 3.0))
    return jnd


def resjnd_s(
    picture: Pictured,
    *,
    variant: str = "code",
    border: str = "reflect",
    precision: str = "f32",
    weights: str = "resjnd-s",
) -> Map:
    """The same by the small network for the same task. Arguments, result and errors as for `resjnd`."""
    return resjnd(picture, variant=variant, border=border, precision=precision, weights=weights)


def critical_picture(picture: Pictured, *, border: str = "reflect", weights: str = "resjnd-s") -> Pixels:
    """The predicted critical perceptually lossless picture, uint8 (H, W, 3). Arguments and errors as for `resjnd`."""
    rgb = colours(picture)
    critical: Pixels = np.empty(rgb.shape, np.uint8)
    for tile in _tiles(rgb, weights, border, "f32"):
        level = np.floor((tile.pixels + tile.residual) * np.float32(255.0) + np.float32(0.5))
        critical[tile.rows, tile.columns] = np.clip(level, 0, 255).transpose(1, 2, 0)
    return critical


def _tiles(rgb: Colours, weights: str, border: str, precision: str) -> Iterator[Tile]:
    network = find(weights)
    card = network.card
    check_choice(f"network of {weights}", card.architecture, _TILE)
    return tiles(
        rgb,
        session(network.path, precision=precision),
        border=border,
        multiple=card.multiple,
        context=card.context,
        side=_TILE[card.architecture],
    )


CARD = Card(
    name="resjnd",
    compute=resjnd,
    summary="a network predicts the critical perceptually lossless picture; how far it is from the picture",
    paper="Jiang et al., Rethinking and conceptualizing just noticeable difference estimation by residual learning, "
    "IEEE TCSVT",
    year=2024,
    options=("precision", "weights"),
)
SMALL = Card(
    name="resjnd-s",
    compute=resjnd_s,
    summary="the same by a network of a four-hundredth of the work",
    paper="the task of Jiang et al., IEEE TCSVT 2024",
    year=2024,
    options=("precision", "weights"),
)
