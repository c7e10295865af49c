"""JND-LIC: the learned codec guided by a JND map, and its `.jlic` files.

Source: Pan, Zhang, Peng, Lei, Xie, Wang, Ling, "JND-LIC: Learned Image Compression via Just Noticeable Difference for
Human Visual Perception", IEEE Transactions on Broadcasting 71(1), 2025.
Differs: it has files. The published code counts likelihoods and writes nothing; networks and steps differ as the cards
of the weights say.
"""

from __future__ import annotations

import struct
import zlib
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from jndkit.codecs.card import Card
from jndkit.codecs.contract import Knob, checked
from jndkit.codecs.encoding import check_size, described, failing, samples, tiff_block
from jndkit.codecs.jndlic import container, model as networks, published, serial_model
from jndkit.codecs.jndlic.alpha import pack_alpha, unpack_alpha
from jndkit.codecs.jndlic.coder import Decoder, Encoder
from jndkit.codecs.jndlic.container import ALPHA, EXIF, ICC, MARK, SYMBOLS, XMP, Contents
from jndkit.codecs.jndlic.layout import BLOCK, CHANNELS, GROUPS, KNOB_HIGH, KNOB_LOW, MULTIPLE
from jndkit.codecs.jndlic.model import Floats, Model
from jndkit.codecs.jndlic.passes import read_tile, write_tile
from jndkit.codecs.jndlic.serial_model import SerialNetworks
from jndkit.codecs.jndlic.windows import TILE, Window, padded, windows
from jndkit.codecs.spec import Grammar, Option
from jndkit.errors import CodecError, DamagedError, UsageError
from jndkit.limits import MAX_BLOCK
from jndkit.picture import MAX_PIXELS, Picture, Pixels, Source
from jndkit.picture.metadata.mark import is_mark
from jndkit.pixelwise.wu2016 import wu2016

SEEN = 1280
"""The largest side of what is analysed or painted at once, pixels; it is free, and costs memory."""
_KEY = struct.Struct("<BHII")


class JndLic:
    """JND-LIC. Alpha is coded without loss; grey pictures cost no chroma.

    weights: the name of networks that somebody trained; by default those that come along.
    """

    # A name like q30 would be taken for the knob's value.
    grammar = Grammar("jndlic", (Option("weights", (), "", form="(?!q[0-9])[A-Za-z0-9][A-Za-z0-9._-]*"),), "q")

    def __init__(self, weights: str = "") -> None:
        self.name = "jndlic"
        self.suffix = ".jlic"
        self.spec = self.grammar.spec(weights=weights)
        self.weights = weights
        if weights:
            networks.check(weights)
        self.chroma = "444"
        self.knob = Knob("quality", KNOB_LOW, KNOB_HIGH, 1, True)
        self.carries = frozenset({"alpha", "icc", "exif", "xmp", "grey"})
        self.options: tuple[str, ...] = ()
        self.lossless: str | None = None
        self.block_limit: int | None = MAX_BLOCK

    def encode(self, picture: Picture, value: float) -> bytes:
        knob = int(checked(self.name, self.knob, value))
        check_size(self.name, picture, container.SIDE)
        with failing(self.name, "encoder"):
            pixels = samples(picture, self.carries)
            planes = pixels[..., None] if pixels.ndim == 2 else pixels
            colours = planes[..., :3] if planes.shape[2] > 2 else np.repeat(planes[..., :1], 3, axis=2)
            model = _find(self.weights or networks.current())
            grey = planes.shape[2] < 3
            contents = Contents(
                picture.width, picture.height, knob, grey, model.name, model.digest, 0, version=model.layout.version
            )
            if isinstance(model, SerialNetworks):
                symbols, checksum = published.write(colours, model, contents, _key(contents))
            else:
                symbols, checksum = _write(colours, model, contents)
            streams = {
                SYMBOLS: symbols,
                ALPHA: pack_alpha(planes[..., -1]) if planes.shape[2] in (2, 4) else b"",
                ICC: picture.icc or b"",
                EXIF: tiff_block(picture.exif) or b"",
                XMP: picture.xmp or b"",
                MARK: picture.mark.encode(),
            }
            return container.pack(replace(contents, checksum=checksum, streams=streams))

    def decode(self, data: bytes) -> Picture:
        with failing(self.name, "decoder"):
            return read(data)


def read(data: bytes, path: str | Path | None = None, max_pixels: int = MAX_PIXELS) -> Picture:
    """The picture in a `.jlic` file, which may come from anywhere.

    path: named in errors and in `source`.
    Raises FormatError, LimitError, DamagedError; MissingError where the networks that wrote it are not installed.
    """
    contents = container.unpack(data, path, max_pixels)
    named = _model_of(contents, path)
    try:
        if isinstance(named, SerialNetworks):
            pixels = published.read(contents, named, _key(contents))
        else:
            pixels = _read(contents, named)
        alpha = contents.streams.get(ALPHA)
        transparency = None if alpha is None else unpack_alpha(alpha, contents.width, contents.height)
    except CodecError as error:
        raise DamagedError(path, str(error)) from None
    if contents.grey:
        pixels = np.repeat(pixels[..., 1:2], 3, axis=2)
    icc, exif, xmp, mark = (contents.streams.get(kind, b"") for kind in (ICC, EXIF, XMP, MARK))
    picture = described(pixels, grey=contents.grey, icc=icc, exif=exif, xmp=xmp, max_pixels=max_pixels)
    source = Source(None if path is None else str(path), "JLIC", len(data), sha256(data).hexdigest())
    return replace(picture, alpha=transparency, marked=picture.marked or is_mark(mark), source=source)


def _find(name: str) -> Model | SerialNetworks:
    return serial_model.find(name) if networks.is_serial(name) else networks.find(name)


def _model_of(contents: Contents, path: str | Path | None) -> Model | SerialNetworks:
    try:
        model = _find(contents.weights)
    except UsageError:
        raise DamagedError(path, "the name of its weights is not a valid name") from None
    if (model.digest, model.layout.version) != (contents.digest, contents.version):
        raise DamagedError(path, f"it was written with other weights than those installed as {model.name}")
    return model


def _key(contents: Contents) -> int:
    """What the checksum of the symbols starts from, so that it covers all that paints them."""
    return zlib.crc32(_KEY.pack(contents.grey, contents.knob, contents.width, contents.height))


def _write(colours: Pixels, model: Model, contents: Contents) -> tuple[bytes, int]:
    """The coded symbols and their checksum. colours: uint8 (H, W, 3)."""
    height, width = padded(contents.height), padded(contents.width)
    more = (height - contents.height, width - contents.width)
    pixels = cv2.copyMakeBorder(colours, 0, more[0], 0, more[1], cv2.BORDER_REPLICATE)
    jnd = wu2016(pixels, variant="paper")
    encoder, checksum = Encoder(), _key(contents)
    for tile in windows(height, width, 0, TILE):
        latent, z = _analysed(pixels, jnd, model, tile, contents.knob)
        checksum = write_tile(encoder, model, latent, z, contents.knob, checksum).checksum
    return encoder.finish(), checksum


def _analysed(pixels: Pixels, jnd: Floats, model: Model, tile: Window, knob: int) -> tuple[Floats, Floats]:
    """Latents and hyper-latents of a tile."""
    height, width = tile.rows.stop - tile.rows.start, tile.columns.stop - tile.columns.start
    latent = np.empty((CHANNELS, height // BLOCK, width // BLOCK), np.float32)
    z = np.empty((model.priors(knob).channels, height // MULTIPLE, width // MULTIPLE), np.float32)
    for window in windows(jnd.shape[0], jnd.shape[1], model.analysis_reach, SEEN, (tile.rows, tile.columns)):
        seen = np.s_[window.seen_rows, window.seen_columns]
        colours = np.ascontiguousarray(pixels[seen].transpose(2, 0, 1)) * np.float32(1 / 255)
        analysed = model.analyse(colours, jnd[seen], knob)
        for planes, part, unit in zip((latent, z), analysed, (BLOCK, MULTIPLE), strict=True):
            rows = _units(window.rows, unit, tile.rows.start)
            columns = _units(window.columns, unit, tile.columns.start)
            within = (_units(side, unit) for side in window.within)
            planes[:, rows, columns] = part[:, *within]
    return latent, z


def _read(contents: Contents, model: Model) -> Pixels:
    """uint8 (H, W, 3). Raises CodecError where the symbols are not those that were written."""
    height, width = padded(contents.height), padded(contents.width)
    symbols = np.empty((CHANNELS, height // BLOCK, width // BLOCK), np.int16)  # none beyond 4095
    step = np.empty((GROUPS, height // BLOCK, width // BLOCK), np.int8)  # none beyond 32
    decoder, checksum = Decoder(contents.streams.get(SYMBOLS, b"")), _key(contents)
    for window in windows(height, width, 0, TILE):
        rows, columns = window.rows, window.columns
        tile = read_tile(decoder, model, rows.stop - rows.start, columns.stop - columns.start, contents.knob, checksum)
        place = np.s_[:, _units(rows), _units(columns)]
        symbols[place], step[place], checksum = tile.symbols, tile.step, tile.checksum
    decoder.finish()
    if checksum != contents.checksum:
        raise CodecError("the decoded symbols do not match their checksum")
    return _painted(symbols, step, contents, model)


def _painted(symbols: npt.NDArray[np.int16], step: npt.NDArray[np.int8], contents: Contents, model: Model) -> Pixels:
    pixels: Pixels = np.empty((contents.height, contents.width, 3), np.uint8)
    for window in windows(padded(contents.height), padded(contents.width), model.painting_reach, SEEN):
        seen = np.s_[:, _units(window.seen_rows), _units(window.seen_columns)]
        planes = model.paint(symbols[seen].astype(np.float32), step[seen].astype(np.float32), contents.knob)
        wanted = np.ascontiguousarray(planes[:, window.within[0], window.within[1]].transpose(1, 2, 0))
        # With its own output type this is OpenCV's rounding, saturating conversion to 8 bits.
        whole = cv2.multiply(wanted, (255.0, 255.0, 255.0, 0.0), dtype=cv2.CV_8U)
        place = pixels[window.rows, window.columns]
        place[...] = whole[: place.shape[0], : place.shape[1]]
    return pixels


def _units(pixels: slice, unit: int = BLOCK, start: int = 0) -> slice:
    """Rows or columns of planes that have one for so many pixels. start: the pixel of their first."""
    return slice((pixels.start - start) // unit, (pixels.stop - start) // unit)


CARD = Card(
    name="jndlic",
    codec=JndLic,
    summary="JND-LIC, a learned codec guided by a JND map, in files of our own",
    paper="Pan et al., JND-LIC: Learned image compression via just noticeable difference for human visual perception, "
    "IEEE Transactions on Broadcasting 71(1)",
    year=2025,
    suffix=".jlic",
    install="pip install --force-reinstall jndkit",
    present=networks.is_present,
    versions=networks.versions,
    spec_versions=lambda spec: networks.versions(JndLic.grammar.chosen(spec)["weights"]),
    pace=2.7,
    learned=True,
    sweep=(14, 19, 24, 29, 34, 39, 44),
    magic=container.MAGIC,
    read=read,
    seal=container.sealed,
)
