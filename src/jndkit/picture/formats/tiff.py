"""TIFF files: what they ask for, read before a decoder is let at them, and then the first page.

Source: TIFF 6.0, sections 2 and 8; TIFF Technical Note 1 (sub-images).
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from jndkit.errors import DamagedError, FormatError, JndError, LimitError
from jndkit.limits import MAX_STRIPS, check_size
from jndkit.picture.metadata import ifd
from jndkit.picture.plugins import block, open_image, opencv_16, raster_of
from jndkit.picture.raster import Raster, divided, to_8_bits, upright
from jndkit.picture.silence import quiet_stderr

_KIND, _WIDTH, _LENGTH, _BITS, _ORIENTATION = 254, 256, 257, 258, 274
_TILE_WIDTH, _TILE_LENGTH, _EXTRA_SAMPLES = 322, 323, 338
_ASSOCIATED_ALPHA = 1
_STRIPS, _TILES = 273, 324
_SUB_TABLES = (0x8769, 0x8825, 0xA005)  # EXIF, GPS, interoperability
_DNG_VERSION = 50706
_MOST_PAGES = 1000


@dataclass
class Survey:
    """width, height: of the first page.  bits: of its deepest channel.  previews: how many reduced copies follow.

    premultiplied: colours are stored multiplied by the transparency.
    """

    width: int = 0
    height: int = 0
    bits: int = 1
    premultiplied: bool = False
    previews: int = 0


def _number(data: bytes, order: str, table: ifd.Directory, tag: int, otherwise: int) -> int:
    entry = table.find(tag)
    return otherwise if entry is None else max(ifd.numbers(data, order, entry), default=otherwise)


def _check_tags(data: bytes, order: str, table: ifd.Directory, path: str | None) -> None:
    """A directory whose values add up to more than the file could hold makes a reader copy without end."""
    tables = [table]
    for tag in _SUB_TABLES:
        for parent in list(tables):
            entry = parent.find(tag)
            if entry is not None:
                tables.append(ifd.directory(data, order, ifd.numbers(data, order, entry)[0]))
    if sum(entry.size for each in tables for entry in each.entries) > len(data):
        raise LimitError(path, "the TIFF tags claim more bytes than the file has")
    if any(entry.count > MAX_STRIPS for entry in table.entries if entry.tag in (_STRIPS, _TILES)):
        raise LimitError(path, f"the TIFF picture is cut into more than {MAX_STRIPS} pieces")


def _pages(data: bytes, order: str, first: ifd.Directory, path: str | None) -> int:
    """How many further pages there are, all of which must be previews or masks of the first."""
    seen = {first.at}
    after = first.after
    while after:
        if after in seen or len(seen) > _MOST_PAGES:
            raise DamagedError(path, "the TIFF pages refer to each other in a circle")
        seen.add(after)
        table = ifd.directory(data, order, after)
        if not _number(data, order, table, _KIND, 0) & 0b101:  # neither a reduced copy nor a transparency mask
            raise LimitError(path, "the TIFF file has several pages; only single pictures are read")
        after = table.after
    return len(seen) - 1


def surveyed(data: bytes, path: str | None, max_pixels: int) -> Survey:
    """The first page's header. Raises FormatError, LimitError, DamagedError."""
    try:
        order, at = ifd.header(data)
        table = ifd.directory(data, order, at)
        if table.find(_DNG_VERSION) is not None or data[8:10] == b"CR":  # Adobe's and Canon's raw files are TIFFs
            raise FormatError(path, "it is a camera's raw file, which is not read")
        if _number(data, order, table, _KIND, 0) & 1:
            raise FormatError(path, "its first page is only a preview; camera raw files are not read")
        survey = Survey(
            width=_number(data, order, table, _WIDTH, 0),
            height=_number(data, order, table, _LENGTH, 0),
            bits=_number(data, order, table, _BITS, 1),
            premultiplied=_number(data, order, table, _EXTRA_SAMPLES, 0) == _ASSOCIATED_ALPHA,
        )
        check_size(path, survey.width, survey.height, max_pixels)
        tile = _number(data, order, table, _TILE_WIDTH, 1), _number(data, order, table, _TILE_LENGTH, 1)
        check_size(path, *tile, max_pixels)
        _check_tags(data, order, table, path)
        survey.previews = _pages(data, order, table, path)
    except JndError:
        raise
    except (ValueError, IndexError, struct.error) as error:
        raise DamagedError(path, f"the TIFF header is damaged: {error}") from None
    return survey


def read(data: bytes, path: str | None, max_pixels: int) -> Raster:
    """The first page. Raises what `surveyed` raises, and whatever Pillow does."""
    survey = surveyed(data, path, max_pixels)
    with quiet_stderr():
        return _read(data, survey, path, max_pixels)


def _read(data: bytes, survey: Survey, path: str | None, max_pixels: int) -> Raster:
    image = open_image(data, "TIFF", path, max_pixels)
    exif = _tiff_exif(image)
    turned = image.getexif().get(_ORIENTATION)  # as XMP has it where there is no such tag
    orientation = turned if turned in range(1, 9) else 1
    if image.mode.startswith("I;16") or image.mode in ("I", "F"):
        image.load()
        raster = _deep(np.asarray(image), image.mode, survey.bits)
        raster.icc, raster.xmp = block(image.info, "icc_profile"), block(image.info, "xmp")
    else:
        raster = raster_of(image)
        if survey.bits > 8:
            _sharpen(raster, data, survey, orientation)
    raster.exif = exif
    if orientation != 1:  # Pillow turns TIFF pictures, and no others, while it loads them
        raster.notes.append(f"turned upright (orientation {orientation})")
    if survey.previews:
        raster.notes.append("the file holds further pages (previews); the first is taken")
    return raster


def _sharpen(raster: Raster, data: bytes, survey: Survey, orientation: int) -> None:
    """Replace pixels whose low bytes Pillow dropped by rounded ones, where OpenCV reads the same high bytes."""
    raster.note_bits(survey.bits)
    stored = opencv_16(data) if survey.bits == 16 and raster.pixels.ndim == 3 else None
    if stored is None or stored.ndim != 3:
        return
    alpha = raster.alpha if stored.shape[2] == 4 else None
    # Pillow divides premultiplied colours after it dropped their low bytes: the transparency is what can be compared.
    divides = alpha is not None and survey.premultiplied
    known = alpha if alpha is not None and divides else raster.pixels
    # Whether OpenCV turns a TIFF picture upright depends on its version.
    for turned in (stored, upright(stored, orientation)):
        colours, cover = turned[..., 2::-1], turned[..., -1]
        if not np.array_equal(((cover if divides else colours) >> 8).astype(np.uint8), known):
            continue
        raster.pixels = to_8_bits(divided(colours, cover, 65535) if divides else colours, 16)
        if alpha is not None:
            raster.alpha = to_8_bits(cover, 16)
        return


def _deep(samples: npt.NDArray[Any], mode: str, bits: int) -> Raster:
    """One channel of 16-bit, 32-bit or floating-point samples."""
    if mode == "F":
        values = np.nan_to_num(samples, nan=0.0, posinf=0.0, neginf=0.0)
        # No tag says what white is: the nearest usual one that no sample exceeds.
        top = next((t for t in (1.0, 255.0, 65535.0) if float(values.max()) <= t), float(values.max()))
        raster = Raster(np.round(np.clip(values / top, 0.0, 1.0) * 255).astype(np.uint8), bits=32)
        raster.notes.append(f"floating-point samples are taken as 0 to {top:g} and reduced to 8 bits")
        return raster
    if mode == "I":
        whole = np.clip(samples, 0, None)
        bits = next((b for b in (8, 16, 31) if int(whole.max()) < 1 << b), 31)
        raster = Raster(np.round(whole / ((1 << bits) - 1) * 255).astype(np.uint8), bits=32)
        raster.notes.append(f"32-bit samples are taken as 0 to {(1 << bits) - 1} and reduced to 8 bits")
        return raster
    raster = Raster(to_8_bits(np.minimum(samples, (1 << bits) - 1) if bits < 16 else samples, min(bits, 16)))
    raster.note_bits(bits)
    return raster


def _tiff_exif(image: Any) -> bytes | None:
    """An EXIF block of the tags that describe the picture, not its storage."""
    from PIL import Image

    described = Image.Exif()
    stored = image.getexif()
    # Description, make, model, resolutions and their unit, software, date, artist, copyright.
    for tag in (0x010E, 0x010F, 0x0110, 0x011A, 0x011B, 0x0128, 0x0131, 0x0132, 0x013B, 0x8298):
        if tag in stored:
            described[tag] = stored[tag]
    try:
        for tag in (0x8769, 0x8825):
            if table := stored.get_ifd(tag):
                described.get_ifd(tag).update(table)
        return described.tobytes() if len(described) else None
    except Exception:  # Pillow writes what it read with whatever error the odd value causes
        return None
