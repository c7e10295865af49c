"""Which format a file is in, by its first bytes, never by its name."""

from __future__ import annotations

import struct
from pathlib import PurePath

from jndkit.errors import FormatError

READ = "JPEG, PNG, WebP, AVIF, TIFF, BMP, PPM, HEIC, JPEG XL"

ENDINGS = {
    "JPEG": (".jpg", ".jpeg", ".jpe", ".jfif", ".mpo"),
    "PNG": (".png", ".apng"),
    "WEBP": (".webp",),
    "AVIF": (".avif", ".avifs", ".avci"),
    "TIFF": (".tif", ".tiff"),
    "BMP": (".bmp", ".dib"),
    "PPM": (".ppm", ".pgm", ".pbm", ".pnm"),
    "HEIF": (".heic", ".heif", ".hif", ".heics", ".heifs"),
    "JXL": (".jxl",),
}
_STARTS = (
    (b"\xff\xd8\xff", "JPEG"),
    (b"\x89PNG\r\n\x1a\n", "PNG"),
    (b"II*\0", "TIFF"),
    (b"MM\0*", "TIFF"),
    (b"BM", "BMP"),
    (b"\xff\x0a", "JXL"),
    (b"\0\0\0\x0cJXL \r\n\x87\n", "JXL"),
)
_NOT_READ = (
    (b"GIF8", "a GIF"),
    (b"%PDF", "a PDF document"),
    (b"8BPS", "a Photoshop document"),
    (b"II+\0", "a BigTIFF"),
    (b"MM\0+", "a BigTIFF"),
    (b"\0\0\0\x0cjP  \r\n\x87\n", "a JPEG 2000 picture"),
    (b"\xff\x4f\xff\x51", "a JPEG 2000 picture"),
    (b"II\xbc", "a JPEG XR picture"),
    (b"v/1\x01", "an OpenEXR picture"),
    (b"#?RADIANCE", "a Radiance HDR picture"),
    (b"P7\n", "a PAM picture"),
    (b"Pf\n", "a floating-point map"),
    (b"PF\n", "a floating-point map"),
    (b"qoif", "a QOI picture"),
    (b"\0\0\x01\0", "an icon"),
    (b"<?xml", "XML or SVG text"),
    (b"<svg", "SVG text"),
    (b"<!DOCTYPE html", "a web page"),
    (b"<!doctype html", "a web page"),
    (b"<html", "a web page"),
    (b"PK\x03\x04", "a ZIP archive"),
    (b"\x1f\x8b", "a gzip archive"),
)
_HEIC_BRANDS = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs", b"mif1", b"mif2", b"msf1"}


def _brands(data: bytes) -> list[bytes]:
    """Major and compatible brands of an ISO base media file."""
    (size,) = struct.unpack(">I", data[:4])  # a larger one than 1024 is damaged: brands are a few words
    box = data[8 : min(max(size, 16), 1024)]
    return [box[:4]] + [box[i : i + 4] for i in range(8, len(box) - 3, 4)]


def _boxed(data: bytes, path: str | None) -> str:
    brands = _brands(data)
    # AVIF files have mif1 among their brands, too, so they are looked for first.
    if b"avif" in brands or b"avis" in brands:
        return "AVIF"
    if _HEIC_BRANDS.intersection(brands):
        return "HEIF"
    raise FormatError(
        path, f"it is a video or another file with the brand {brands[0].decode('latin-1')!r}, not a picture"
    )


def sniff(data: bytes, path: str | None) -> str:
    """Pillow's name of the format `data` is in, plus "HEIF" and "JXL". Raises FormatError for any other."""
    if data[4:8] == b"ftyp" and len(data) >= 16:
        return _boxed(data, path)
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "WEBP"
    # Text may begin with "P1", too, but hardly with a space after it.
    if data[:1] == b"P" and data[1:2] in b"123456" and data[2:3] in (b" ", b"\t", b"\r", b"\n", b"#"):
        return "PPM"
    for start, name in _STARTS:
        if data.startswith(start):
            return name
    for start, name in _NOT_READ:
        if data.startswith(start):
            raise FormatError(path, f"it is {name}, which is not read; jnd reads {READ}")
    raise FormatError(path, f"it is in no known picture format; jnd reads {READ}")


def is_known(start: bytes) -> bool:
    """Whether a file that begins so is in a format that is read here. start: at least the first 1024 bytes, if any."""
    try:
        sniff(start, None)
    except FormatError:
        return False
    return True


def naming_note(format_name: str, path: str | None) -> str | None:
    """A note where the name's ending promises something else, or None."""
    ending = PurePath(path).suffix.lower() if path else ""
    if not ending or ending in ENDINGS[format_name]:
        return None
    return f"named {ending} but holds {format_name}"
