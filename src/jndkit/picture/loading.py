"""From a file or bytes to a Picture: upright, sRGB, with metadata that is true of it."""

from __future__ import annotations

import hashlib
import os
import stat
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from jndkit.errors import DamagedError, InputError, UsageError
from jndkit.limits import MAX_BYTES, MAX_PIXELS, check_bytes, check_max_pixels
from jndkit.picture import damage
from jndkit.picture.contract import Picture, Pixels, Source
from jndkit.picture.damage import Damaged
from jndkit.picture.formats.sniffing import naming_note, sniff
from jndkit.picture.metadata import exif as exif_blocks, xmp as xmp_packets
from jndkit.picture.raster import upright

if TYPE_CHECKING:
    from jndkit.picture.colour import profiles
    from jndkit.picture.raster import Raster


def load(path: str | os.PathLike[str], *, max_pixels: int = MAX_PIXELS, damaged: Damaged = "refuse") -> Picture:
    """The picture in a file.

    max_pixels: the largest width times height that is decoded.  damaged: see `from_bytes`.
    Raises InputError where the file cannot be read, and what `from_bytes` raises.
    """
    name = os.fspath(path)
    return from_bytes(_bytes_of(name), path=name, max_pixels=max_pixels, damaged=damaged)


def load_carried_jpeg(path: str | os.PathLike[str], *, max_pixels: int = MAX_PIXELS) -> bytes:
    """The JPEG file that a JPEG XL file carries, as it was before.

    max_pixels: the largest width times height that is decoded.
    Raises UsageError where the file is no JPEG XL, InputError where it carries none, LimitError, DamagedError;
    MissingError without imagecodecs.
    """
    from jndkit.picture import sandbox

    name = os.fspath(path)
    check_max_pixels(max_pixels)
    data = _bytes_of(name)
    if sniff(data, name) != "JXL":
        raise UsageError(f"{name}: only JPEG XL files carry a JPEG file; other pictures are decoded to a .png")
    return sandbox.restore_jpeg_in_child(data, name, max_pixels)


def digest(path: str | os.PathLike[str]) -> str | None:
    """SHA-256 of a file, or None where it cannot be read: whoever opens it says why."""
    try:
        if not os.path.isfile(path):  # opening a pipe would wait for its other end
            return None
        with open(path, "rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return None


def from_bytes(
    data: bytes,
    *,
    path: str | os.PathLike[str] | None = None,
    max_pixels: int = MAX_PIXELS,
    trusted: bool = False,
    damaged: Damaged = "refuse",
) -> Picture:
    """The picture in the bytes of a file.

    path: the name used in messages.  max_pixels: the largest width times height that is decoded.
    trusted: the bytes are our own; HEIC and JPEG XL are then decoded in this process, and no damage is looked for.
    damaged: "refuse" raises DamagedError where the coded pixels are damaged, "keep" takes what the decoder makes of
        them, and says so in a note; what cannot be decoded at all is refused all the same.
    Raises FormatError, LimitError, DamagedError; UsageError for another treatment of damage; MissingError for HEIC and
    JPEG XL without their libraries.
    """
    name = None if path is None else os.fspath(path)
    check_max_pixels(max_pixels)
    damage.check_damaged(damaged)
    check_bytes(name, len(data))
    data = bytes(data)
    format_name = sniff(data, name)
    readable = damage.completed(data, format_name) if damaged == "keep" else data
    raster = _decoded(readable, format_name, name, max_pixels, trusted)
    reason = None if trusted else damage.find_damage(data, format_name)
    if reason is not None:
        if damaged == "refuse":
            raise DamagedError(name, f"{reason}; --damaged keep takes it as it is")
        raster.notes.append(f"taken as it was decoded, although {reason}")
    if raster.gain_map is not None and not trusted:
        harm = damage.find_damage(raster.gain_map.data, "JPEG")
        raster.notes += [] if harm is None else [f"the gain map is taken as it is, although {harm}"]
    note = naming_note(format_name, name)
    if note is not None:
        raster.notes.insert(0, note)
    kept = raster.lossy, raster.jpeg, raster.orientation
    return from_raster(raster, Source(name, format_name, len(data), hashlib.sha256(data).hexdigest(), *kept))


def _bytes_of(name: str) -> bytes:
    try:
        status = os.stat(name)
        if stat.S_ISDIR(status.st_mode):
            raise InputError(name, "it is a folder, not a file")
        if not stat.S_ISREG(status.st_mode):  # opening a pipe would wait for its other end
            raise InputError(name, "it is not a regular file")
        check_bytes(name, status.st_size)
        with open(name, "rb") as file:
            return file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        raise InputError(name, "there is no such file") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise InputError(name, f"it cannot be read: {reason}") from None


def _decoded(data: bytes, format_name: str, name: str | None, max_pixels: int, trusted: bool) -> Raster:
    if format_name in ("HEIF", "JXL"):
        from jndkit.picture import sandbox

        if trusted:
            return sandbox.decode_here(data, format_name, name, max_pixels)
        return sandbox.decode_in_child(data, format_name, name, max_pixels)
    from jndkit.picture import decoding

    return decoding.decode(data, format_name, name, max_pixels)


def from_raster(raster: Raster, source: Source) -> Picture:
    """The picture in a decoded file: upright, in sRGB, with the metadata that is true of it."""
    pixels, alpha, notes = raster.pixels, raster.alpha, raster.notes
    raster.bound_blocks()
    if raster.orientation != 1:
        pixels = upright(pixels, raster.orientation)
        alpha = None if alpha is None else upright(alpha, raster.orientation)
        notes.append(f"turned upright (orientation {raster.orientation})")
    if alpha is not None and int(alpha.min()) == 255:
        alpha = None
    rgb, grey, native, icc = _in_srgb(pixels, raster.icc, notes)
    exif = None if raster.exif is None else exif_blocks.cleaned(raster.exif)
    xmp = None if raster.xmp is None else xmp_packets.cleaned(raster.xmp)
    marked = raster.marked or (raster.xmp is not None and xmp_packets.marked(raster.xmp))
    if raster.exif and exif is None:
        notes.append("the EXIF block is damaged and is dropped")
    gain_map = raster.gain_map
    if gain_map is not None:
        gain_map = replace(gain_map, orientation=raster.orientation)
        notes.append(f"HDR by a gain map ({gain_map}); what is judged is the picture without it")
    if raster.xmp and xmp is None and not marked and gain_map is None:
        notes.append("the XMP block is empty or damaged and is dropped")
    return Picture(
        rgb=rgb,
        alpha=alpha,
        grey=grey,
        native=native,
        icc=icc,
        exif=exif,
        xmp=xmp,
        hdr=raster.hdr,
        gain_map=gain_map,
        marked=marked,
        bits=raster.bits,
        source=source,
        notes=tuple(notes),
    )


def _is_grey(pixels: Pixels) -> bool:
    """Whether the three planes are equal; most colour pictures differ in the few rows looked at first."""
    return all(
        np.array_equal(rows[..., 0], rows[..., 1]) and np.array_equal(rows[..., 1], rows[..., 2])
        for rows in (pixels[::64], pixels)
    )


def _in_srgb(pixels: Pixels, icc: bytes | None, notes: list[str]) -> tuple[Pixels, bool, Pixels | None, bytes | None]:
    """`rgb`, `grey`, `native` and `icc` of the picture with these stored pixels."""
    from jndkit.picture.colour import profiles

    described = profiles.profile(icc) if icc else None
    if icc and described is None:
        notes.append("the colour profile is damaged and is ignored")
    if pixels.ndim == 3 and _is_grey(pixels):
        pixels = np.ascontiguousarray(pixels[..., 1])
    if pixels.ndim == 2:
        if described is not None:
            pixels = _grey_in_srgb(pixels, described, notes)
        import cv2

        return cv2.cvtColor(pixels, cv2.COLOR_GRAY2RGB), True, None, None
    if described is None:
        return pixels, False, None, None
    if described.mode != "RGB":
        notes.append(f"the colour profile {described.name!r} is not for RGB and is ignored")
        return pixels, False, None, None
    if described.srgb:
        return pixels, False, None, icc
    notes.append(f"in the colour space {described.name!r}; judged as converted to sRGB")
    return profiles.apply(described.transform, pixels), False, pixels, icc


def _grey_in_srgb(pixels: Pixels, described: profiles.Profile, notes: list[str]) -> Pixels:
    from jndkit.picture.colour import profiles

    table = profiles.grey_table(described)
    if table is None:
        notes.append(f"the colour profile {described.name!r} is not for grey and is ignored")
        return pixels
    if int(np.abs(table.astype(np.int16) - np.arange(256)).max()) <= 1:
        return pixels
    notes.append(f"converted from the grey profile {described.name!r} to sRGB")
    return table[pixels]
