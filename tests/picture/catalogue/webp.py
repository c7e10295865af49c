"""WebP: lossless and lossy, transparency, profiles and orientation. Lossy pixels are those of imagecodecs' libwebp."""

from __future__ import annotations

import io
from functools import partial
from typing import Any

import imagecodecs
import numpy as np
from PIL import Image

from . import profiles
from .case import SEEN, Array, Cases, Shown, cover, exif, photo, xmp

CASES: Cases = {}


def file(pixels: Array, **options: Any) -> bytes:
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, "WEBP", **options)
    return out.getvalue()


def _lossless(size: tuple[int, int], transparent: bool) -> Shown:
    pixels = photo(*size)
    if transparent:
        data = file(np.dstack([pixels, cover(*size)]), lossless=True, exact=True)
        return Shown(data, pixels, cover(*size), within=0)
    return Shown(file(pixels, lossless=True), pixels, within=0)


def _lossy(size: tuple[int, int], options: dict[str, Any]) -> Shown:
    data = file(photo(*size), **options)
    return Shown(data, imagecodecs.webp_decode(data)[..., :3])


def _lossy_transparent(options: dict[str, Any]) -> Shown:
    data = file(np.dstack([photo(), cover()]), **options)
    stored = imagecodecs.webp_decode(data)
    return Shown(data, stored[..., :3], stored[..., 3])


def _palette(colours: int) -> Shown:
    pixels = np.asarray(Image.fromarray(photo()).quantize(colours).convert("RGB"))
    return Shown(file(pixels, lossless=True), pixels, within=0)


def _grey() -> Shown:
    pixels = np.repeat(photo()[..., 1:2], 3, axis=2)
    return Shown(file(pixels, lossless=True), photo()[..., 1], within=0)


def _turned(orientation: int, how: str) -> Shown:
    blocks = {"exif": exif(orientation), "xmp": xmp(orientation)}
    data = file(photo(), lossless=True, **{how: blocks[how]})
    return Shown(data, SEEN[orientation](photo()), within=0, note="upright" if orientation != 1 else None)


def _profile(lossless: bool) -> Shown:
    options: dict[str, Any] = {"lossless": True} if lossless else {"quality": 90}
    stored = imagecodecs.webp_decode(file(photo(), **options))[..., :3]
    data = file(photo(), icc_profile=profiles.icc(b"RGB ", profiles.P3, 2.2, "wide"), **options)
    return Shown(data, profiles.in_srgb((stored / 255.0) ** 2.2, profiles.P3), within=2, note="'wide'")


for _size in ((22, 30), (1, 1), (17, 5)):
    for _transparent in (False, True):
        _name = f"webp lossless {_size[0]}x{_size[1]}" + " transparent" * _transparent
        CASES[_name] = partial(_lossless, _size, _transparent)
    CASES[f"webp lossy {_size[0]}x{_size[1]}"] = partial(_lossy, _size, {"quality": 80})
for _quality in (0, 50, 100):
    CASES[f"webp quality {_quality}"] = partial(_lossy, (22, 30), {"quality": _quality})
    CASES[f"webp quality {_quality} transparent"] = partial(_lossy_transparent, {"quality": _quality})
CASES["webp lossy transparency"] = partial(_lossy_transparent, {"quality": 80, "alpha_quality": 20})
for _colours in (2, 4, 16, 200):
    CASES[f"webp lossless of {_colours} colours"] = partial(_palette, _colours)
CASES["webp lossless grey"] = _grey
CASES["webp profile"] = partial(_profile, True)
CASES["webp profile, lossy"] = partial(_profile, False)
for _n in range(1, 9):
    CASES[f"webp exif {_n}"] = partial(_turned, _n, "exif")
    CASES[f"webp xmp {_n}"] = partial(_turned, _n, "xmp")
