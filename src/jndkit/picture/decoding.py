"""Decoding by Pillow of the formats it reads: from bytes to a Raster."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from jndkit.errors import DamagedError, JndError, LimitError
from jndkit.limits import MAX_RUN_LENGTH_BYTES, check_size
from jndkit.picture.colour import cicp, transfer
from jndkit.picture.formats import jpeg, png, png_colour, pnm, tiff, webp
from jndkit.picture.hdr.boxed import note_gain_map
from jndkit.picture.hdr.finding import further_pictures
from jndkit.picture.metadata import exif as exif_blocks, xmp
from jndkit.picture.plugins import open_image, opencv_16, raster_of
from jndkit.picture.raster import Raster, to_8_bits
from jndkit.picture.silence import quiet_pillow

_LOSSLESS = frozenset({"PNG", "BMP", "PPM"})
_AVIF_HEAD = 65536  # bytes in which the properties of the picture are looked for
_ROUNDED_EARLY = 8  # code values that libavif may be off for 10 and 12 bits


def decode(data: bytes, format_name: str, path: str | None, max_pixels: int) -> Raster:
    """The stored picture in `data`, which `formats.sniff` found to be `format_name`.

    Raises LimitError, FormatError, DamagedError; nothing a decoder raises passes through.
    """
    try:
        with quiet_pillow():
            raster = _READERS[format_name](data, path, max_pixels)
    except JndError:
        raise
    except Exception as error:
        # Decoders raise anything: SyntaxError, struct.error, ZeroDivisionError, MemoryError ...
        raise DamagedError(path, f"the {format_name} data cannot be decoded: {_reason(error)}") from None
    if format_name in _LOSSLESS:
        raster.lossy = False
    return raster


def _reason(error: Exception) -> str:
    text = " ".join(str(error).split())
    if isinstance(error, KeyError):  # its text is the key alone
        return f"it has the unknown or missing value {text[:200]}"
    return text[:200] if text else type(error).__name__


def _orientation(raster: Raster) -> int:
    """What EXIF says, else what XMP says, else 1."""
    stated = exif_blocks.orientation(raster.exif) if raster.exif else None
    if stated is None and raster.xmp:
        stated = xmp.orientation(raster.xmp)
    return stated or 1


def _read_jpeg(data: bytes, path: str | None, max_pixels: int) -> Raster:
    survey = jpeg.surveyed(data, path)
    check_size(path, survey.width, survey.height, max_pixels)
    jpeg.require_enough(survey, path)
    raster = raster_of(open_image(data, "JPEG", path, max_pixels))
    raster.marked, raster.lossy, raster.jpeg = survey.marked, True, survey.coding
    if survey.junk:
        raster.notes.append("bytes between the JPEG segments that belong to none are skipped")
    further = further_pictures(data, survey, raster.xmp)
    raster.hdr, raster.gain_map = further.gain_map is not None, further.gain_map
    raster.notes += further.notes
    raster.orientation = _orientation(raster)
    return raster


def _read_png(data: bytes, path: str | None, max_pixels: int) -> Raster:
    check_size(path, *png.header_size(data, path), max_pixels)
    chunks = png.take_apart(data, path)
    meaning = png_colour.meaning_of(chunks)
    if chunks.depth == 16:
        raster, samples = _png_16(chunks, meaning.exponent)
    else:
        image = open_image(chunks.pixels, "PNG", path, max_pixels)
        raster = raster_of(image)
        samples = raster.pixels
        raster.pixels = png_colour.full_range(chunks, samples)
        if meaning.exponent is not None:
            raster.pixels = transfer.recoded(raster.pixels, 255, meaning.exponent)
        # A decoder leaves what is missing black, so that only pictures that end so need the look.
        last = image.crop((0, max(0, image.height - 2), image.width, image.height))
        if not np.asarray(last).reshape(last.height, -1).any(axis=1).all():
            png.require_all_rows(chunks, path)
    if chunks.key is not None and raster.alpha is None:
        key = np.array(chunks.key, np.uint16)
        if chunks.depth < 8:
            key = key * np.uint16(255 // ((1 << chunks.depth) - 1))
        raster.alpha = np.where(np.atleast_3d(samples == key).all(axis=2), 0, 255).astype(np.uint8)
    raster.exif, raster.xmp, raster.marked = chunks.exif, chunks.xmp, chunks.marked
    raster.notes += chunks.notes
    cicp.note_meaning(raster, meaning)
    raster.orientation = _orientation(raster)
    return raster


def _png_16(chunks: png.Chunks, exponent: float | None) -> tuple[Raster, npt.NDArray[Any]]:
    """Raster and 16-bit samples, whose light is this power of them. By OpenCV, since Pillow drops the low byte."""
    stored = opencv_16(chunks.pixels)
    if stored is None or stored.shape[:2] != (chunks.height, chunks.width):
        raise ValueError("the 16-bit samples cannot be read")
    alpha = None
    if chunks.colour in (4, 6):
        if stored.ndim != 3 or stored.shape[2] != 4:
            raise ValueError("the transparency cannot be read")
        alpha = to_8_bits(stored[..., 3], 16)
    if chunks.colour in (0, 4):
        stored = stored if stored.ndim == 2 else stored[..., 0]
    else:
        stored = stored[..., 2::-1]
    spread = png_colour.full_range(chunks, stored)
    raster = Raster(to_8_bits(spread, 16) if exponent is None else transfer.recoded(spread, 65535, exponent), alpha)
    raster.note_bits(16)
    return raster, stored


def _read_webp(data: bytes, path: str | None, max_pixels: int) -> Raster:
    raster = raster_of(open_image(data, "WEBP", path, max_pixels))
    raster.lossy = webp.is_lossy(data)
    raster.orientation = _orientation(raster)
    return raster


def _read_avif(data: bytes, path: str | None, max_pixels: int) -> Raster:
    raster = raster_of(open_image(data, "AVIF", path, max_pixels))
    raster.lossy = True
    # Pillow reports the file's own rotation (irot, imir) as orientation, in place of that of EXIF.
    raster.orientation = _orientation(raster)
    at = data.find(b"av1C", 0, _AVIF_HEAD)
    if at >= 0 and len(data) > at + 6 and data[at + 6] & 0x40:  # high_bitdepth
        bits = 12 if data[at + 6] & 0x20 else 10  # twelve_bit
        raster.note_bits(bits)
        _sharpen_avif(raster, data, bits)
    name_avif_colour(raster, data)
    note_gain_map(raster, data, "AVIF")
    return raster


def name_avif_colour(raster: Raster, data: bytes) -> None:
    """Give the raster the profile that the colour numbers (nclx) of an AVIF file stand for, unless it has one.

    Source: ISO/IEC 14496-12, section 12.1.5 (colour information).
    """
    at = data.find(b"colrnclx", 0, _AVIF_HEAD)
    if 0 <= at <= len(data) - 12:
        cicp.name_colour(raster, int.from_bytes(data[at + 8 : at + 10]), int.from_bytes(data[at + 10 : at + 12]))


def _sharpen_avif(raster: Raster, data: bytes, bits: int) -> None:
    """Replace pixels that were rounded to 8 bits before they became RGB, where OpenCV reads the same at full depth."""
    stored = opencv_16(data)
    if stored is None or stored.ndim != raster.pixels.ndim or stored.shape[:2] != raster.pixels.shape[:2]:
        return
    colours = to_8_bits(stored if stored.ndim == 2 else stored[..., 2::-1], bits)
    if int(np.abs(colours.astype(np.int16) - raster.pixels).max()) <= _ROUNDED_EARLY:
        raster.pixels = colours


def _read_bmp(data: bytes, path: str | None, max_pixels: int) -> Raster:
    # Pillow unpacks run lengths in Python, a microsecond or more for each two bytes.
    run_lengths = data[30:34] in (b"\1\0\0\0", b"\2\0\0\0")  # of 8 and of 4 bits
    if run_lengths and len(data) > MAX_RUN_LENGTH_BYTES:
        raise LimitError(path, f"it is a run-length coded BMP of more than {MAX_RUN_LENGTH_BYTES / 1e6:.0f} MB")
    image = open_image(data, "BMP", path, max_pixels)
    if run_lengths and image.width * image.height > 128 * len(data):  # two bytes code at most 255 pixels
        raise DamagedError(path, f"{len(data)} bytes of run lengths cannot hold {image.width} x {image.height} pixels")
    return raster_of(image)


def _read_pnm(data: bytes, path: str | None, max_pixels: int) -> Raster:
    head = pnm.header(data, path)
    check_size(path, head.width, head.height, max_pixels)
    raster = Raster(pnm.decode(data, head, path))
    if head.top > 255:
        raster.note_bits(head.top.bit_length())
    return raster


_READERS = {
    "JPEG": _read_jpeg,
    "PNG": _read_png,
    "WEBP": _read_webp,
    "AVIF": _read_avif,
    "TIFF": tiff.read,
    "BMP": _read_bmp,
    "PPM": _read_pnm,
}
