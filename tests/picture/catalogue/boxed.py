"""AVIF and HEIC: depths, chroma, transparency, rotation in boxes, colour by number and by profile.

AVIF pixels are those of imagecodecs' own libavif. HEIC files hold what was drawn, without loss, or colours so even that
chroma sampling cannot change them.

Source: ISO/IEC 14496-12 (boxes), 23008-12 (`prem`, the reference of premultiplied colours to their transparency).
"""

from __future__ import annotations

import io
import struct
from functools import partial
from typing import Any

import imagecodecs
import numpy as np
import pillow_heif
from PIL import Image

from . import profiles
from .case import SEEN, Array, Cases, Shown, cover, exif, light_of_srgb, photo, srgb_of_light, xmp

CASES: Cases = {}


def avif(pixels: Array, **options: Any) -> bytes:
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, "AVIF", **{"quality": 95, "subsampling": "4:4:4", **options})
    return out.getvalue()


def heic(mode: str, pixels: Array, **options: Any) -> bytes:
    out = io.BytesIO()
    pillow_heif.encode(mode, pixels.shape[1::-1], pixels.tobytes(), out, **{"quality": -1, "chroma": 444, **options})
    return out.getvalue()


def premultiplied(data: bytes) -> bytes:
    """The file whose first item's colours are said to be multiplied by the transparency, the second item."""
    entry = struct.pack(">I4sHHH", 14, b"prem", 1, 1, 2)
    changed = bytearray(data)
    at = data.index(b"iloc") + 4
    assert data[at] == 0
    offset_size, base_size = data[at + 4] >> 4, data[at + 5] >> 4
    place = at + 8
    for _ in range(struct.unpack_from(">H", data, at + 6)[0]):
        field = place + 4 if base_size else place + 6
        assert (base_size or offset_size) == 4
        struct.pack_into(">I", changed, field, struct.unpack_from(">I", data, field)[0] + len(entry))
        place += 6 + base_size + 8
    for box in (b"iref", b"meta"):
        start = data.index(box) - 4
        struct.pack_into(">I", changed, start, struct.unpack_from(">I", data, start)[0] + len(entry))
    start = data.index(b"iref") - 4
    end = start + struct.unpack_from(">I", data, start)[0]
    changed[end:end] = entry
    return bytes(changed)


def _divided(stored: Array) -> Array:
    with np.errstate(all="ignore"):
        return np.asarray(np.clip(255 * np.nan_to_num(stored[..., :-1] / stored[..., -1:].astype(float)), 0, 255))


def _numbered(data: bytes, primaries: int, curve: int) -> bytes:
    at = data.index(b"colrnclx") + 8
    return data[:at] + struct.pack(">HH", primaries, curve) + data[at + 4 :]


# AVIF


def _deep(bits: int, chroma: str) -> Shown:
    pixels = photo(24, 32).astype(np.uint16) << (bits - 8) if bits > 8 else photo(24, 32)
    if chroma == "400":
        pixels = pixels[..., 1]
    data = bytes(imagecodecs.avif_encode(pixels, level=95, bitspersample=bits, pixelformat=chroma))
    stored = imagecodecs.avif_decode(data)
    return Shown(data, stored * (255.0 / ((1 << bits) - 1)), note=f"{bits} bits" if bits > 8 else None)


def _deep_transparent() -> Shown:
    pixels = np.dstack([photo(), cover()]).astype(np.uint16) << 2
    data = bytes(imagecodecs.avif_encode(pixels, level=95, bitspersample=10, pixelformat="444"))
    stored = imagecodecs.avif_decode(data) * (255.0 / 1023)
    return Shown(data, stored[..., :3], stored[..., 3])


def _avif(size: tuple[int, int], transparent: bool, options: dict[str, Any]) -> Shown:
    pixels = np.dstack([photo(*size), cover(*size)]) if transparent else photo(*size)
    data = avif(pixels, **options)
    stored = imagecodecs.avif_decode(data)
    return Shown(data, stored[..., :3], stored[..., 3] if transparent else None, within=2)


def _avif_grey(transparent: bool) -> Shown:
    grey = photo()[..., 1]
    data = avif(np.dstack([grey, cover()]) if transparent else grey, subsampling="4:0:0")
    stored = imagecodecs.avif_decode(data)
    rgb = stored if stored.ndim == 2 else stored[..., 0]
    return Shown(data, rgb, stored[..., -1] if transparent else None)


def _avif_premultiplied() -> Shown:
    plain = avif(np.dstack([np.minimum(photo(), cover()[..., None]), cover()]), quality=100)
    stored = imagecodecs.avif_decode(plain)
    return Shown(premultiplied(plain), _divided(stored), stored[..., 3], within=2)


def _avif_turned(orientation: int, how: str) -> Shown:
    block = {"exif": b"Exif\0\0" + exif(orientation), "xmp": xmp(orientation, element=True)}[how]
    stored = imagecodecs.avif_decode(avif(photo()))
    note = "upright" if orientation != 1 else None
    return Shown(avif(photo(), **{how: block}), SEEN[orientation](stored), within=2, note=note)


def _avif_of_numbers(primaries: int, curve: int, chromaticities: tuple[float, ...], exponent: float | None) -> Shown:
    plain = avif(photo())
    stored = imagecodecs.avif_decode(plain)
    light = light_of_srgb(stored) if exponent is None else (stored / 255.0) ** exponent
    return Shown(_numbered(plain, primaries, curve), profiles.in_srgb(light, chromaticities), within=3)


def _avif_hdr(curve: int, name: str) -> Shown:
    plain = avif(photo())
    return Shown(_numbered(plain, 9, curve), imagecodecs.avif_decode(plain), within=2, note=name)


def _avif_profile(over_numbers: bool) -> Shown:
    plain = avif(photo())
    data = avif(photo(), icc_profile=profiles.icc(b"RGB ", profiles.P3, 2.2, "wide"))
    if over_numbers and b"colrnclx" in data:
        data = _numbered(data, 9, 13)
    light = (imagecodecs.avif_decode(plain) / 255.0) ** 2.2
    return Shown(data, profiles.in_srgb(light, profiles.P3), within=3, note="'wide'")


def _avif_grey_profile() -> Shown:
    grey = photo()[..., 1]
    stored = imagecodecs.avif_decode(avif(grey, subsampling="4:0:0"))
    data = avif(grey, subsampling="4:0:0", icc_profile=profiles.icc(b"GRAY", profiles.SRGB, 1.8, "Grey"))
    plane = stored if stored.ndim == 2 else stored[..., 0]
    return Shown(data, srgb_of_light((plane / 255.0) ** (round(1.8 * 256) / 256)), within=2)


for _bits in (8, 10, 12):
    for _chroma in ("444", "422", "420", "400"):
        CASES[f"avif {_bits} bits {_chroma}"] = partial(_deep, _bits, _chroma)
CASES["avif 10 bits transparent"] = _deep_transparent
for _size in ((22, 30), (1, 1), (17, 9)):
    for _transparent in (False, True):
        CASES[f"avif {_size[0]}x{_size[1]}" + " transparent" * _transparent] = partial(_avif, _size, _transparent, {})
for _quality in (20, 100):
    CASES[f"avif quality {_quality}"] = partial(_avif, (22, 30), False, {"quality": _quality})
CASES["avif limited range"] = partial(_avif, (22, 30), False, {"range": "limited"})
CASES["avif 420 transparent"] = partial(_avif, (22, 30), True, {"subsampling": "4:2:0"})
CASES["avif grey"] = partial(_avif_grey, False)
CASES["avif grey transparent"] = partial(_avif_grey, True)
CASES["avif premultiplied"] = _avif_premultiplied
for _n in range(1, 9):
    CASES[f"avif turned {_n}"] = partial(_avif_turned, _n, "exif")
    CASES[f"avif xmp {_n}"] = partial(_avif_turned, _n, "xmp")
CASES["avif numbers p3"] = partial(_avif_of_numbers, 12, 13, profiles.P3, None)
CASES["avif numbers bt.2020"] = partial(_avif_of_numbers, 9, 14, profiles.BT2020, None)
CASES["avif numbers linear"] = partial(_avif_of_numbers, 1, 8, profiles.SRGB, 1.0)
CASES["avif numbers gamma 2.2"] = partial(_avif_of_numbers, 1, 4, profiles.SRGB, 2.2)
CASES["avif numbers gamma 2.8"] = partial(_avif_of_numbers, 1, 5, profiles.SRGB, 2.8)
CASES["avif numbers of pq"] = partial(_avif_hdr, 16, "(PQ)")
CASES["avif numbers of hlg"] = partial(_avif_hdr, 18, "(HLG)")
CASES["avif profile"] = partial(_avif_profile, False)
CASES["avif profile over numbers"] = partial(_avif_profile, True)
CASES["avif profile for grey"] = _avif_grey_profile


# HEIC


def _heic(mode: str, size: tuple[int, int] = (22, 30)) -> Shown:
    colours, alpha = photo(*size), cover(*size)
    pixels = {
        "RGB": colours,
        "RGBA": np.dstack([colours, alpha]),
        "L": colours[..., 1],
        "LA": np.dstack([colours[..., 1], alpha]),
    }[mode]
    seen = colours[..., 1] if mode in ("L", "LA") else colours
    return Shown(heic(mode, np.ascontiguousarray(pixels)), seen, alpha if "A" in mode else None)


def _heic_deep(mode: str) -> Shown:
    pixels = {"RGB;16": photo(), "L;16": photo()[..., 1], "RGBA;16": np.dstack([photo(), cover()])}[mode]
    seen = pixels[..., :3] if mode == "RGBA;16" else pixels
    alpha = cover() if mode == "RGBA;16" else None
    return Shown(heic(mode, pixels.astype(np.uint16) * 257), seen, alpha, note="10 bits")


def _heic_sampled(chroma: int) -> Shown:
    """Greys, of which every way to sample the chroma gives the same."""
    grey = photo()[..., 1]
    data = heic("RGB", np.repeat(grey[..., None], 3, axis=2), chroma=chroma)
    return Shown(data, np.repeat(grey[..., None], 3, axis=2), within=2)


def _heic_premultiplied(mode: str) -> Shown:
    """Of 8 bits, whose products with 255 do not fit them, and of 10."""
    colours = np.minimum(photo(), cover()[..., None])
    pixels = np.dstack([colours, cover()])
    top = 255 if mode == "RGBA" else 1023
    plain = heic(mode, pixels if mode == "RGBA" else pixels.astype(np.uint16) * 257)
    held = pillow_heif.open_heif(io.BytesIO(plain), convert_hdr_to_8bit=False)
    stored = np.asarray(held[0]) >> (0 if mode == "RGBA" else 6)
    return Shown(premultiplied(plain), _divided(stored), stored[..., 3] * (255.0 / top))


def _heic_turned(orientation: int) -> Shown:
    data = heic("RGB", photo(), exif=b"Exif\0\0" + exif(orientation))
    return Shown(data, SEEN[orientation](photo()))


def _heic_profile(how: str) -> Shown:
    stored = np.asarray(pillow_heif.open_heif(io.BytesIO(heic("RGB", photo())))[0])
    assert np.abs(stored - photo().astype(int)).max() <= 1
    if how == "profile":
        profile = profiles.icc(b"RGB ", profiles.P3, 2.2, "wide")
        data = heic("RGB", photo(), icc_profile=profile, icc_profile_type="prof")
        return Shown(data, profiles.in_srgb((stored / 255.0) ** 2.2, profiles.P3), within=2)
    data = _numbered(heic("RGB", photo()), 12, 13)
    return Shown(data, profiles.in_srgb(light_of_srgb(stored), profiles.P3), within=2)


def _heic_hdr() -> Shown:
    return Shown(_numbered(heic("RGB", photo()), 9, 16), photo(), note="(PQ)")


for _mode in ("RGB", "RGBA", "L", "LA"):
    CASES[f"heic {_mode.lower()}"] = partial(_heic, _mode)
CASES["heic odd size"] = partial(_heic, "RGB", (17, 21))
for _mode in ("RGB;16", "L;16", "RGBA;16"):
    CASES[f"heic {_mode.lower()}"] = partial(_heic_deep, _mode)
for _sampling in (420, 422, 444):
    CASES[f"heic {_sampling}"] = partial(_heic_sampled, _sampling)
CASES["heic premultiplied"] = partial(_heic_premultiplied, "RGBA")
CASES["heic premultiplied, 10 bits"] = partial(_heic_premultiplied, "RGBA;16")
for _n in range(1, 9):
    CASES[f"heic turned {_n}"] = partial(_heic_turned, _n)
CASES["heic profile"] = partial(_heic_profile, "profile")
CASES["heic numbers p3"] = partial(_heic_profile, "numbers")
CASES["heic numbers of pq"] = _heic_hdr
