"""Decoding by Pillow of the formats it reads: from bytes to a Raster."""

from __future__ import annotations

import importlib
import io
import logging
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import numpy.typing as npt

from jndkit.errors import DamagedError, JndError, LimitError
from jndkit.picture import cicp, colour, exif as exif_blocks, jpeg, png, pnm, tiff
from jndkit.picture.contract import Pixels
from jndkit.picture.limits import MAX_RUN_LENGTH_BYTES, check_size
from jndkit.picture.raster import Raster, to_8_bits, upright

_PLUGINS = {
    "JPEG": ("JpegImagePlugin", "JpegImageFile"),
    "PNG": ("PngImagePlugin", "PngImageFile"),
    "WEBP": ("WebPImagePlugin", "WebPImageFile"),
    "AVIF": ("AvifImagePlugin", "AvifImageFile"),
    "TIFF": ("TiffImagePlugin", "TiffImageFile"),
    "BMP": ("BmpImagePlugin", "BmpImageFile"),
}
_lock = threading.Lock()
_users = 0
_restore: list[Any] = []


@contextmanager
def quiet() -> Iterator[None]:
    """Pillow without its own limits, leniency and warnings.

    These are global: the first to enter sets them, the last to leave restores them.
    """
    from PIL import Image, ImageFile

    global _users
    with _lock:
        _users += 1
        if _users == 1:
            logging.getLogger("PIL").addHandler(logging.NullHandler())
            caught = warnings.catch_warnings()
            caught.__enter__()
            warnings.filterwarnings("ignore", module=r"PIL(\.|$)")
            _restore[:] = [caught, Image.MAX_IMAGE_PIXELS, ImageFile.LOAD_TRUNCATED_IMAGES]
            Image.MAX_IMAGE_PIXELS, ImageFile.LOAD_TRUNCATED_IMAGES = None, False
    try:
        yield
    finally:
        with _lock:
            _users -= 1
            if _users == 0:
                caught, Image.MAX_IMAGE_PIXELS, ImageFile.LOAD_TRUNCATED_IMAGES = _restore
                caught.__exit__(None, None, None)


def decode(data: bytes, format_name: str, path: str | None, max_pixels: int) -> Raster:
    """The stored picture in `data`, which `formats.sniff` found to be `format_name`.

    Raises LimitError, FormatError, DamagedError; nothing a decoder raises passes through.
    """
    try:
        with quiet():
            return _READERS[format_name](data, path, max_pixels)
    except JndError:
        raise
    except Exception as error:
        # Decoders raise anything: SyntaxError, struct.error, ZeroDivisionError, MemoryError ...
        raise DamagedError(path, f"the {format_name} data cannot be decoded: {_reason(error)}") from None


def _reason(error: Exception) -> str:
    text = " ".join(str(error).split())
    return text[:200] if text else type(error).__name__


def _open(data: bytes, format_name: str, path: str | None, max_pixels: int) -> Any:
    """A Pillow image with its header read. The plugin is called itself, so that no other is tried."""
    module, name = _PLUGINS[format_name]
    image = getattr(importlib.import_module(f"PIL.{module}"), name)(io.BytesIO(data))
    check_size(path, image.width, image.height, max_pixels)
    if format_name != "TIFF" and getattr(image, "n_frames", 1) > 1:
        raise LimitError(path, "the picture is animated; only still pictures are read")
    return image


def _block(info: dict[str, Any], name: str) -> bytes | None:
    block = info.get(name)
    return block if isinstance(block, bytes) and block else None


def _as(image: Any, mode: str) -> Any:
    return image if image.mode == mode else image.convert(mode)


def _raster(image: Any) -> Raster:
    """Pixels and blocks of a Pillow image of 8 bits or fewer per channel."""
    info = image.info
    image.load()
    raster = Raster(
        np.empty((0, 0), np.uint8), icc=_block(info, "icc_profile"), exif=_block(info, "exif"), xmp=_block(info, "xmp")
    )
    raster.bound_blocks()
    mode = image.mode
    if mode in ("CMYK", "LAB"):
        raster.pixels = _printed(image, raster)
    elif mode in ("1", "L"):
        raster.pixels = np.asarray(_as(image, "L"))
    elif mode in ("LA", "La"):
        image = _as(image, "LA")
        raster.pixels, raster.alpha = np.asarray(image.getchannel("L")), np.asarray(image.getchannel("A"))
    elif mode in ("RGBA", "RGBa", "PA") or (mode == "P" and "transparency" in info):
        image = _as(image, "RGBA")
        raster.pixels, raster.alpha = np.asarray(image.convert("RGB")), np.asarray(image.getchannel("A"))
    elif mode in ("RGB", "RGBX", "P", "YCbCr"):
        raster.pixels = np.asarray(_as(image, "RGB"))
    else:
        raise ValueError(f"pixels of the kind {mode!r} are not read")
    if mode in ("P", "PA"):
        raster.notes.append("the palette is expanded")
    return raster


def _printed(image: Any, raster: Raster) -> Pixels:
    """sRGB of a CMYK or Lab image. Its profile describes other channels than those we write, so it goes."""
    mode: str = image.mode
    described = colour.profile(raster.icc) if raster.icc and mode == "CMYK" else None
    raster.icc = None
    if mode == "LAB":
        raster.notes.append("converted from Lab to sRGB")
        return colour.image_to_srgb(colour.lab_transform(), image)
    if described is None or described.mode != mode:
        raster.notes.append("converted from CMYK without a usable profile to sRGB")
        return np.asarray(image.convert("RGB"))
    raster.notes.append(f"converted from CMYK with the profile {described.name!r} to sRGB")
    return colour.image_to_srgb(described.transform, image)


def _reduced(raster: Raster, bits: int) -> None:
    raster.bits = bits
    raster.notes.append(f"{bits} bits per channel are reduced to 8")


def _read_jpeg(data: bytes, path: str | None, max_pixels: int) -> Raster:
    found = jpeg.survey(data, path)
    check_size(path, found.width, found.height, max_pixels)
    raster = _raster(_open(data, "JPEG", path, max_pixels))
    raster.marked = found.marked
    if found.several:
        raster.notes.append("the file holds further pictures (MPO); the first is taken")
    raster.orientation = exif_blocks.orientation(raster.exif) if raster.exif else 1
    return raster


def _read_png(data: bytes, path: str | None, max_pixels: int) -> Raster:
    check_size(path, *png.header_size(data, path), max_pixels)
    chunks = png.take_apart(data, path)
    if chunks.depth == 16:
        raster, samples = _png_16(chunks)
    else:
        raster = _raster(_open(chunks.pixels, "PNG", path, max_pixels))
        samples = raster.pixels
    if chunks.key is not None and raster.alpha is None:
        key = np.array(chunks.key, np.uint16)
        if chunks.depth < 8:
            key = key * np.uint16(255 // ((1 << chunks.depth) - 1))
        raster.alpha = np.where(np.atleast_3d(samples == key).all(axis=2), 0, 255).astype(np.uint8)
    raster.icc, raster.exif, raster.xmp, raster.marked = chunks.icc, chunks.exif, chunks.xmp, chunks.marked
    raster.notes += chunks.notes
    if chunks.icc is None and chunks.gamma is not None and abs(chunks.gamma - 45455) > 2300:
        raster.notes.append(f"the gamma value {chunks.gamma / 1e5:.3f} is ignored")
    raster.orientation = exif_blocks.orientation(raster.exif) if raster.exif else 1
    return raster


def _png_16(chunks: png.Chunks) -> tuple[Raster, npt.NDArray[Any]]:
    """Raster and 16-bit samples. By OpenCV, since Pillow drops the low byte."""
    stored = _opencv(chunks.pixels)
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
    raster = Raster(to_8_bits(stored, 16), alpha)
    _reduced(raster, 16)
    return raster, stored


def _opencv(data: bytes) -> npt.NDArray[np.uint16] | None:
    """Samples of 16 bits in OpenCV's order (blue first), or None where it cannot read them."""
    import cv2

    level = cv2.utils.logging.getLogLevel()
    cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)
    try:
        stored = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    except cv2.error:
        return None
    finally:
        cv2.utils.logging.setLogLevel(level)
    return stored if stored is not None and stored.dtype == np.uint16 else None


def _read_webp(data: bytes, path: str | None, max_pixels: int) -> Raster:
    raster = _raster(_open(data, "WEBP", path, max_pixels))
    raster.orientation = exif_blocks.orientation(raster.exif) if raster.exif else 1
    return raster


def _read_avif(data: bytes, path: str | None, max_pixels: int) -> Raster:
    raster = _raster(_open(data, "AVIF", path, max_pixels))
    # Pillow reports the file's own rotation (irot, imir) as orientation, and those alone count in AVIF.
    raster.orientation = exif_blocks.orientation(raster.exif) if raster.exif else 1
    at = data.find(b"av1C", 0, 65536)
    if at >= 0 and len(data) > at + 6 and data[at + 6] & 0x40:
        _reduced(raster, 12 if data[at + 6] & 0x20 else 10)
    cicp.read_numbers(raster, data)
    return raster


def _read_tiff(data: bytes, path: str | None, max_pixels: int) -> Raster:
    found = tiff.survey(data, path, max_pixels)
    image = _open(data, "TIFF", path, max_pixels)
    exif = _tiff_exif(image)
    if image.mode.startswith("I;16") or image.mode in ("I", "F"):
        image.load()
        raster = _deep(np.asarray(image), image.mode, found.bits)
        raster.icc, raster.xmp = _block(image.info, "icc_profile"), _block(image.info, "xmp")
    else:
        raster = _raster(image)
        if found.bits > 8:
            _sharpen(raster, data, found)
    raster.exif = exif
    if found.orientation != 1:  # Pillow turns TIFF pictures, and no others, while it loads them
        raster.notes.append(f"turned upright (orientation {found.orientation})")
    if found.previews:
        raster.notes.append("the file holds further pages (previews); the first is taken")
    return raster


def _sharpen(raster: Raster, data: bytes, found: tiff.Survey) -> None:
    """Replace pixels whose low bytes Pillow dropped by rounded ones, where OpenCV reads the same high bytes."""
    _reduced(raster, found.bits)
    stored = _opencv(data) if found.bits == 16 and raster.pixels.ndim == 3 else None
    if stored is None or stored.ndim != 3:
        return
    # Whether OpenCV turns a TIFF picture upright depends on its version.
    for turned in (stored, upright(stored, found.orientation)):
        colours = turned[..., 2::-1]
        if np.array_equal((colours >> 8).astype(np.uint8), raster.pixels):
            raster.pixels = to_8_bits(colours, 16)
            if raster.alpha is not None and turned.shape[2] == 4:
                raster.alpha = to_8_bits(turned[..., 3], 16)
            return


def _deep(samples: npt.NDArray[Any], mode: str, bits: int) -> Raster:
    """One channel of 16-bit, 32-bit or floating-point samples."""
    if mode == "F":
        values = np.nan_to_num(samples, nan=0.0, posinf=0.0, neginf=0.0)
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
    _reduced(raster, bits)
    return raster


def _tiff_exif(image: Any) -> bytes | None:
    """An EXIF block of the tags that describe the picture, not its storage."""
    from PIL import Image

    described = Image.Exif()
    stored = image.getexif()
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


def _read_bmp(data: bytes, path: str | None, max_pixels: int) -> Raster:
    # Pillow unpacks run lengths in Python, a microsecond or more for each two bytes.
    if data[30:34] in (b"\1\0\0\0", b"\2\0\0\0") and len(data) > MAX_RUN_LENGTH_BYTES:
        raise LimitError(path, f"it is a run-length coded BMP of more than {MAX_RUN_LENGTH_BYTES / 1e6:.0f} MB")
    return _raster(_open(data, "BMP", path, max_pixels))


def _read_pnm(data: bytes, path: str | None, max_pixels: int) -> Raster:
    head = pnm.header(data, path)
    check_size(path, head.width, head.height, max_pixels)
    raster = Raster(pnm.decode(data, head, path))
    if head.top > 255:
        _reduced(raster, head.top.bit_length())
    return raster


_READERS = {
    "JPEG": _read_jpeg,
    "PNG": _read_png,
    "WEBP": _read_webp,
    "AVIF": _read_avif,
    "TIFF": _read_tiff,
    "BMP": _read_bmp,
    "PPM": _read_pnm,
}
