"""Pictures to the symbols of the published network and back.

Its attention looks at all of a tile, so tiles, of at most 1024 pixels a side, are coded and painted apart.
"""

from __future__ import annotations

from collections.abc import Iterator

import cv2
import numpy as np

from jndkit.codecs.jndlic.coder import Decoder, Encoder
from jndkit.codecs.jndlic.container import SYMBOLS, Contents
from jndkit.codecs.jndlic.layout import SERIAL_MULTIPLE, SERIAL_TILE
from jndkit.codecs.jndlic.serial import read_tile, write_tile
from jndkit.codecs.jndlic.serial_model import SerialModel
from jndkit.codecs.jndlic.windows import Window, padded, windows
from jndkit.errors import CodecError
from jndkit.picture import Pixels
from jndkit.pixelwise.wu2016 import wu2016


def write(colours: Pixels, model: SerialModel, contents: Contents, checksum: int) -> tuple[bytes, int]:
    """The coded symbols and their checksum. colours: uint8 (H, W, 3).  checksum: what it starts from."""
    sides = padded(contents.height, SERIAL_MULTIPLE), padded(contents.width, SERIAL_MULTIPLE)
    more = (sides[0] - contents.height, sides[1] - contents.width)
    pixels = cv2.copyMakeBorder(colours, 0, more[0], 0, more[1], cv2.BORDER_REPLICATE)
    jnd = wu2016(pixels, variant="paper")
    encoder = Encoder()
    for tile in _tiles(*sides):
        within = np.s_[tile.rows, tile.columns]
        planes = np.ascontiguousarray(pixels[within].transpose(2, 0, 1)) * np.float32(1 / 255)
        latents = model.analyse(planes, np.ascontiguousarray(jnd[within]))
        checksum = write_tile(encoder, model, latents, contents.knob, checksum).checksum
    return encoder.finish(), checksum


def read(contents: Contents, model: SerialModel, checksum: int) -> Pixels:
    """uint8 (H, W, 3). checksum: what it starts from. Raises CodecError for symbols that were not written."""
    sides = padded(contents.height, SERIAL_MULTIPLE), padded(contents.width, SERIAL_MULTIPLE)
    decoder, tiles = Decoder(contents.streams.get(SYMBOLS, b"")), []
    for tile in _tiles(*sides):
        height, width = (side.stop - side.start for side in (tile.rows, tile.columns))
        tiles.append(read_tile(decoder, model, height, width, contents.knob, checksum))
        checksum = tiles[-1].checksum
    decoder.finish()
    if checksum != contents.checksum:
        raise CodecError("the decoded symbols do not match their checksum")
    pixels: Pixels = np.empty((contents.height, contents.width, 3), np.uint8)
    for tile, coded in zip(_tiles(*sides), tiles, strict=True):
        planes = model.paint(coded.symbols.astype(np.float32), model.steps(coded.steps, contents.knob))
        # With its own output type this is OpenCV's rounding, saturating conversion to 8 bits.
        wanted = np.ascontiguousarray(planes.transpose(1, 2, 0))
        whole = cv2.multiply(wanted, (255.0, 255.0, 255.0, 0.0), dtype=cv2.CV_8U)
        place = pixels[tile.rows, tile.columns]
        place[...] = whole[: place.shape[0], : place.shape[1]]
    return pixels


def _tiles(height: int, width: int) -> Iterator[Window]:
    return windows(height, width, 0, SERIAL_TILE, multiple=SERIAL_MULTIPLE)
