"""JPEG from JPEG: the coefficients of the file that a picture was read from, rounded further and never transformed.

Grid and sampling stay, so that what is not rounded is kept exactly: at quality 100 the file is the same picture in
better codes. No step is finer than the file's own, and what is given up is weighed against what the file shows.

Source: Bauschke et al. 2003, IEEE Trans. Image Processing 12(7) (requantisation of JPEG pictures).
Differs: steps need not be multiples of the file's own. With these tables, and errors weighed against bits, multiples
were tried and saved nothing.
"""

from __future__ import annotations

import weakref
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from jndkit.codecs.contract import Knob
from jndkit.codecs.dct import inverse
from jndkit.codecs.jpeg.coefficients import Coefficients, Component, Table
from jndkit.codecs.jpeg.encoder import Encoder
from jndkit.codecs.jpeg.metadata import segments
from jndkit.codecs.jpeg.reading import read
from jndkit.codecs.jpeg.rounding import rounded
from jndkit.codecs.jpeg.symbols import ZIGZAG, in_blocks, in_zigzag
from jndkit.codecs.jpeg.tables import Shape, exact_tables
from jndkit.codecs.jpeg.turning import upright
from jndkit.codecs.jpeg.writing import write
from jndkit.codecs.own_jpeg import own_jpeg
from jndkit.errors import CodecError, InputError
from jndkit.picture import Picture, Pixels
from jndkit.picture.raster import upright as upright_pixels

PRICE = 0.05
"""Squared steps of error, of the steps that a quality stands for, that a bit is worth; 0.04 to 0.14 were tried."""

_COARSEST = 255  # step of a baseline table
_LEVEL = 128.0
_BEYOND = 1.0  # code values past black or white that rounding may leave

Clipped = npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Opened:
    """The file of a picture, which lies as the picture does. clipped: as `clipped_blocks`, of the first component."""

    coefficients: Coefficients
    clipped: Clipped

    @classmethod
    def of(cls, picture: Picture) -> Opened:
        """Raises CodecError where the picture is not what a JPEG file shows whose coefficients are read and turned."""
        data = own_jpeg(_shown(picture), "jpeg:requantised rounds", with_metadata=False)
        try:
            stored = read(data, max_pixels=picture.width * picture.height)
        except InputError as error:
            raise CodecError(f"jpeg:requantised cannot use this file: {error.reason}") from error
        # Beside a gain map the picture lies as it was stored.
        turn = picture.source.orientation if picture.source and picture.gain_map is None else 1
        whole = upright(stored, turn)
        return cls(whole, clipped_blocks(whole.components[0]))


def _shown(picture: Picture) -> Picture:
    """The picture as it is to be seen, which it is but for one that lies beside its gain map."""
    turn = 1 if picture.gain_map is None else picture.gain_map.orientation
    if turn == 1:
        return picture
    native = None if picture.native is None else upright_pixels(picture.native, turn)
    return replace(picture, rgb=upright_pixels(picture.rgb, turn), native=native)


_recent: list[tuple[weakref.ref[Pixels], Opened]] = []  # of one picture, of which a search asks for many settings


def encode(picture: Picture, quality: float, chroma: str) -> bytes:
    """chroma: of no account, the file's stays."""
    if not any(known() is picture.coded for known, _ in _recent):
        _recent[:] = [(weakref.ref(picture.coded), Opened.of(picture))]
    opened = _recent[0][1]
    return write(requantised(opened.coefficients, quality, opened.clipped), segments(picture))


def requantised(coefficients: Coefficients, quality: float, clipped: Clipped) -> Coefficients:
    """The coefficients rounded as a quality allows; at 100 they are the same.

    quality: 1 to 100, whose steps are those of `jpeg:tuned`.  clipped: as `clipped_blocks`, of the first component.
    """
    luma, *chroma = ((part.horizontal, part.vertical) for part in coefficients.components)
    wanted = exact_tables(quality, "444" if chroma == [luma, luma] else "420")
    components = [
        _requantised(component, goal, None if number else clipped)
        for number, (component, goal) in enumerate(zip(coefficients.components, wanted, strict=False))
    ]
    return Coefficients(coefficients.width, coefficients.height, tuple(components))


def _requantised(component: Component, goal: Shape, clipped: Clipped | None) -> Component:
    """goal: float64 (8, 8), the steps of the quality, not rounded."""
    own = component.table.astype(np.float32)
    steps = np.clip(np.rint(goal), own, _COARSEST).astype(np.float32)
    price = PRICE * float(np.mean(np.square(goal / steps).reshape(-1)[1:]))
    rows, columns = component.coefficients.shape[:2]
    spectrum = in_zigzag(component.coefficients).reshape(-1, 64) * (own / steps).reshape(-1)[ZIGZAG]
    levels = rounded(spectrum, price)
    if clipped is not None:
        levels[clipped] = np.rint(spectrum[clipped])
    table: Table = steps.astype(np.uint16)
    return Component(in_blocks(levels, rows, columns), table, component.horizontal, component.vertical)


def clipped_blocks(luma: Component) -> Clipped:
    """Which blocks a decoder clips to black or white, bool (blocks,).

    What was clipped is not seen, but its coefficients count as much as others: dropped by their error, they would
    take what is seen with them. So these blocks are rounded to the nearest.
    """
    rows, columns = luma.coefficients.shape[:2]
    values = luma.coefficients * luma.table.astype(np.float32)
    pixels = inverse(np.ascontiguousarray(values.transpose(0, 2, 1, 3)), (8 * rows, 8 * columns)) + np.float32(_LEVEL)
    beyond = (pixels < -_BEYOND) | (pixels > 255 + _BEYOND)
    clipped: Clipped = beyond.reshape(rows, 8, columns, 8).any(axis=(1, 3)).reshape(-1)
    return clipped


ENCODER = Encoder(
    name="requantised",
    encode=encode,
    keeps_chroma=True,
    versions=dict,
    licence="Apache-2.0",
    # Of a file that was saved at 75, half a quality more or less is two per cent of the bytes.
    knob=Knob("quality", 1, 100, 0.5, True),
)
