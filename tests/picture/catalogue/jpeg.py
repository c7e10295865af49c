"""JPEG: sampling, colour models, scans, orientation, profiles, and what stands between segments.

Pixels of colour files are those of imagecodecs' own build of libjpeg-turbo; other files are held against arithmetic.
"""

from __future__ import annotations

import base64
import io
import struct
from functools import partial
from typing import Any

import imagecodecs
import numpy as np
from PIL import Image

from . import profiles
from .case import SEEN, Array, Cases, Shown, exif, photo, srgb_of_light, xmp

CASES: Cases = {}

# The photo of the other cases at quality 40, written with arithmetic codes by libjpeg-turbo, which no wheel does.
_ARITHMETIC = base64.b64decode(
    "/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDABQODxIPDRQSEBIXFRQYHjIhHhwcHj0sLiQySUBMS0dARkVQWnNiUFVtVkVGZIhlbXd7gYKBTmCNl4"
    "x9lnN+gXz/2wBDARUXFx4aHjshITt8U0ZTfHx8fHx8fHx8fHx8fHx8fHx8fHx8fHx8fHx8fHx8fHx8fHx8fHx8fHx8fHx8fHx8fHz/yQARCAAW"
    "AB4DASIAAhEBAxEB/8wACgAQEAUBEBEF/9oADAMBAAIRAxEAPwDPsTngre6k8cBzdUixNrOtHsjyNEqzglbyMEOR11BDpCslMJwTkKQMSlUWHY"
    "AIlGr/2Q=="
)


def file(pixels: Array | Image.Image, **options: Any) -> bytes:
    out = io.BytesIO()
    held = pixels if isinstance(pixels, Image.Image) else Image.fromarray(pixels)
    held.save(out, "JPEG", **{"quality": 92, **options})
    return out.getvalue()


def _inserted(data: bytes, *segments: bytes, at: int = 2) -> bytes:
    return data[:at] + b"".join(segments) + data[at:]


def _segment(marker: int, body: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, marker, len(body) + 2) + body


def _decoded(data: bytes) -> Array:
    return np.asarray(imagecodecs.jpeg8_decode(data))


def _as_decoded(size: tuple[int, int], options: dict[str, Any]) -> Shown:
    data = file(photo(*size), **options)
    return Shown(data, _decoded(data))


_SIZES = ((22, 30), (1, 1), (17, 9), (33, 8))
_OPTIONS: dict[str, dict[str, Any]] = {
    "444": {"subsampling": 0},
    "422": {"subsampling": 1},
    "420": {"subsampling": 2},
    "411": {"subsampling": "4:1:1"},
    "progressive": {"progressive": True},
    "progressive 444": {"progressive": True, "subsampling": 0},
    "restart blocks": {"restart_marker_blocks": 1},
    "restart rows": {"restart_marker_rows": 1, "subsampling": 2},
    "optimised": {"optimize": True},
    "quality 1": {"quality": 1},
    "quality 100": {"quality": 100},
}
for _name, _options in _OPTIONS.items():
    for _size in _SIZES if _name in ("444", "422", "420", "progressive") else _SIZES[:1]:
        CASES[f"jpeg {_name} {_size[0]}x{_size[1]}"] = partial(_as_decoded, _size, _options)


def _sampled(subsampling: str) -> Shown:
    data = imagecodecs.jpeg8_encode(photo(), 90, subsampling=subsampling)
    return Shown(data, _decoded(data))


for _subsampling in ("440", "411"):
    CASES[f"jpeg sampled {_subsampling} by another encoder"] = partial(_sampled, _subsampling)


def _faithful() -> Shown:
    return Shown(file(photo(), quality=100, subsampling=0), photo(), within=3)  # what quality 100 costs


def _grey(options: dict[str, Any]) -> Shown:
    data = file(photo()[..., 1], **options)
    return Shown(data, _decoded(data))


def _grey_with_factors() -> Shown:
    """One component with sampling factors 2 x 2, which mean nothing there."""
    data = bytearray(file(photo(16, 16)[..., 1]))
    data[data.index(b"\xff\xc0") + 11] = 0x22
    return Shown(bytes(data), _decoded(bytes(data)))


def _arithmetic() -> Shown:
    return Shown(_ARITHMETIC, _decoded(_ARITHMETIC))


def _rgb(marked: bool) -> Shown:
    data = imagecodecs.jpeg8_encode(photo(), 100, colorspace="RGB", outcolorspace="RGB")
    if not marked:  # libjpeg tells it by the names of the components
        at = data.index(b"\xff\xee")
        data = data[:at] + data[at + 16 :]
    return Shown(data, photo(), within=2)


def _inks() -> Array:
    """uint8 (H, W, 4): 255 is all ink."""
    y, x = np.mgrid[0:22, 0:30]
    return np.stack([8 * x, 255 - 10 * y, 4 * (x + y), 3 * y + x], -1).astype(np.uint8)


def _printed(model: str, marked: bool) -> Shown:
    """Inks as Adobe stores them, by the paper that is left; files without its marker are taken for such too."""
    data = imagecodecs.jpeg8_encode(255 - _inks(), 100, colorspace="CMYK", outcolorspace=model)
    if not marked:
        at = data.index(b"\xff\xee")
        data = data[:at] + data[at + 16 :]
    paper = _decoded(data) / 255.0
    return Shown(data, 255 * paper[..., :3] * paper[..., 3:], note="CMYK")


def _printed_by_profile() -> Shown:
    data = imagecodecs.jpeg8_encode(255 - _inks(), 100, colorspace="CMYK", outcolorspace="CMYK")
    with_profile = _inserted(data, *_in_segments(profiles.lut(b"CMYK", 4, "inks", grid=5), 40_000))
    grey = profiles.grey_of_lightness(100 * (1 - (_inks() / 255.0).mean(axis=2)))
    return Shown(with_profile, np.repeat(grey[..., None], 3, axis=2), within=3, note="'inks'")


CASES["jpeg as drawn"] = _faithful
CASES["jpeg grey"] = partial(_grey, {})
CASES["jpeg grey progressive"] = partial(_grey, {"progressive": True})
CASES["jpeg grey restart"] = partial(_grey, {"restart_marker_blocks": 2})
CASES["jpeg grey with sampling factors"] = _grey_with_factors
CASES["jpeg arithmetic"] = _arithmetic
CASES["jpeg rgb by adobe marker"] = partial(_rgb, True)
CASES["jpeg rgb by component names"] = partial(_rgb, False)
CASES["jpeg cmyk of adobe"] = partial(_printed, "CMYK", True)
CASES["jpeg ycck of adobe"] = partial(_printed, "YCCK", True)
CASES["jpeg cmyk without marker"] = partial(_printed, "CMYK", False)
CASES["jpeg cmyk with profile"] = _printed_by_profile


# Profiles, some in several segments and out of order.


def _in_segments(profile: bytes, size: int) -> list[bytes]:
    parts = [profile[i : i + size] for i in range(0, len(profile), size)]
    return [_segment(0xE2, b"ICC_PROFILE\0" + bytes([i + 1, len(parts)]) + part) for i, part in enumerate(parts)]


def _wide(primaries: tuple[float, ...], exponent: float, size: int, backwards: bool) -> Shown:
    data = file(photo(), quality=95, subsampling=0)
    segments = _in_segments(profiles.icc(b"RGB ", primaries, exponent, "wide"), size)
    light = (_decoded(data) / 255.0) ** (round(exponent * 256) / 256)
    whole = _inserted(data, *(segments[::-1] if backwards else segments), at=20)
    return Shown(whole, profiles.in_srgb(light, primaries), within=2, note="'wide'")


def _grey_profile() -> Shown:
    data = file(photo()[..., 1])
    profile = profiles.icc(b"GRAY", profiles.SRGB, 1.8, "Grey")
    return Shown(
        _inserted(data, *_in_segments(profile, 60000)),
        srgb_of_light((_decoded(data) / 255) ** (round(1.8 * 256) / 256)),
    )


def _by_table() -> Shown:
    data = file(photo(), quality=95, subsampling=0)
    whole = _inserted(data, *_in_segments(profiles.lut(b"RGB ", 3, "table", grid=17), 9000))
    grey = profiles.grey_of_lightness(100 * (_decoded(data) / 255).mean(axis=2))
    return Shown(whole, np.repeat(grey[..., None], 3, axis=2), within=2)


CASES["jpeg profile p3"] = partial(_wide, profiles.P3, 2.2, 60000, False)
CASES["jpeg profile adobe"] = partial(_wide, profiles.ADOBE, 2.19921875, 60000, False)
CASES["jpeg profile in segments"] = partial(_wide, profiles.P3, 2.2, 100, False)
CASES["jpeg profile in segments backwards"] = partial(_wide, profiles.P3, 1.8, 100, True)
CASES["jpeg profile grey"] = _grey_profile
CASES["jpeg profile by table"] = _by_table


# Orientation.


def _turned(block: bytes, orientation: int) -> Shown:
    data = file(photo())
    note = "upright" if orientation != 1 else None
    return Shown(_inserted(data, _segment(0xE1, block)), SEEN[orientation](_decoded(data)), note=note)


_XMP = b"http://ns.adobe.com/xap/1.0/\0"
for _n in range(1, 9):
    CASES[f"jpeg exif {_n}"] = partial(_turned, b"Exif\0\0" + exif(_n), _n)
    CASES[f"jpeg exif big-endian {_n}"] = partial(_turned, b"Exif\0\0" + exif(_n, ">"), _n)
    CASES[f"jpeg xmp {_n}"] = partial(_turned, _XMP + xmp(_n, element=_n % 2 == 0), _n)


# What decoders pass over.


def _with(*pieces: bytes, at: bytes | None = None, note: str | None = None, tail: bytes = b"") -> Shown:
    """The photo's file with these bytes before the segment `at`, or after the start of the picture."""
    data = file(photo())
    place = 2 if at is None else data.index(at)
    return Shown(_inserted(data, *pieces, at=place) + tail, _decoded(data), note=note)


_JUNK = "belong to none"
_CUT_ADOBE = b"\xff\xee\0\x0cAdobe\0d\0\0\0"  # the last flags and the transform are missing
CASES["jpeg fill bytes"] = partial(_with, b"\xff\xff\xff", at=b"\xff\xc0")
CASES["jpeg junk before a table"] = partial(_with, b"junk\x80\1", at=b"\xff\xdb", note=_JUNK)
CASES["jpeg junk before the frame"] = partial(_with, bytes(40), at=b"\xff\xc0", note=_JUNK)
CASES["jpeg junk before the scan"] = partial(_with, b"\0\1\2\3", at=b"\xff\xda", note=_JUNK)
CASES["jpeg escaped bytes before the frame"] = partial(_with, b"\xff\0\xff\0", at=b"\xff\xc0", note=_JUNK)
CASES["jpeg escaped bytes before a table"] = partial(_with, b"\xff\0", at=b"\xff\xc4", note=_JUNK)
CASES["jpeg escaped bytes after the start"] = partial(_with, b"\xff\0", note=_JUNK)
CASES["jpeg restart marker before a table"] = partial(_with, b"\xff\xd0", at=b"\xff\xdb")
CASES["jpeg cut adobe segment"] = partial(_with, _CUT_ADOBE)
CASES["jpeg adobe segment shorter than its content"] = partial(_with, b"\xff\xee\0\x0cAdobe\0d\0\0\0\0\1", note=_JUNK)
CASES["jpeg comment, empty and long"] = partial(_with, _segment(0xFE, b""), _segment(0xFE, b"x" * 60_000))
CASES["jpeg bytes after the end"] = partial(_with, tail=b"and more")
CASES["jpeg zeros after the end"] = partial(_with, tail=bytes(2000))
CASES["jpeg unknown application segments"] = partial(_with, *(_segment(0xE0 + n, b"abc") for n in range(3, 14)))


def _several() -> Shown:
    out = io.BytesIO()
    first, second = Image.fromarray(photo()), Image.fromarray(photo()[::-1].copy())
    first.save(out, "MPO", save_all=True, append_images=[second], quality=92)
    return Shown(out.getvalue(), _decoded(file(photo())), note="MPO")


CASES["jpeg several pictures"] = _several
