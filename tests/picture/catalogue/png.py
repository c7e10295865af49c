"""PNG: every colour type and depth, keys, interlacing, colour chunks in their order, orientation in three places."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable, Iterable
from functools import partial

import numpy as np

from . import profiles
from .case import SEEN, Array, Cases, Shown, cover, deep, eighths, exif, light_of_srgb, photo, srgb_of_light, xmp

GREY, RGB, PALETTE, GREY_ALPHA, RGBA = 0, 2, 3, 4, 6
_PASSES = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))

CASES: Cases = {}


def chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def _rows(samples: Array, depth: int) -> bytes:
    """Each row with filter 1 (sub) or 0, at whole bytes."""
    height = len(samples)
    flat = samples.reshape(height, -1)
    if depth == 16:
        packed = flat.astype(">u2").view(np.uint8)
    elif depth == 8:
        packed = flat.astype(np.uint8)
    else:
        bits = (flat[..., None] >> np.arange(depth - 1, -1, -1)) & 1
        packed = np.packbits(bits.reshape(height, -1).astype(np.uint8), axis=1)
    step = max(1, depth * (samples.shape[2] if samples.ndim == 3 else 1) // 8)
    rows = b""
    for number, row in enumerate(packed):
        filtered = row.copy()
        if number % 2:
            filtered[step:] -= row[:-step]
        rows += bytes([number % 2]) + filtered.tobytes()
    return rows


def file(
    samples: Array, depth: int, colour: int, chunks: Iterable[tuple[bytes, bytes]] = (), interlaced: bool = False
) -> bytes:
    """A PNG file of samples (H, W) or (H, W, C), as they are stored."""
    height, width = samples.shape[:2]
    data = b"\x89PNG\r\n\x1a\n" + chunk(
        b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, interlaced)
    )
    for kind, body in chunks:
        data += chunk(kind, body)
    passes = [samples[y::down, x::across] for x, y, across, down in _PASSES] if interlaced else [samples]
    packed = zlib.compress(b"".join(_rows(each, depth) for each in passes if each.size))
    return data + chunk(b"IDAT", packed[:50]) + chunk(b"IDAT", packed[50:]) + chunk(b"IEND", b"")


def _kinds() -> Iterable[tuple[int, int]]:
    return [(GREY, d) for d in (1, 2, 4, 8, 16)] + [(c, d) for c in (RGB, GREY_ALPHA, RGBA) for d in (8, 16)]


def _plain(colour: int, depth: int, interlaced: bool, height: int = 22, width: int = 30) -> Shown:
    planes = {GREY: 1, RGB: 3, GREY_ALPHA: 2, RGBA: 4}[colour]
    samples = deep(height, width, planes) >> (16 - depth)
    seen = eighths(samples, (1 << depth) - 1)
    alpha = seen[..., -1] if planes in (2, 4) else None
    rgb = seen[..., 0] if planes < 3 else seen[..., :3]
    return Shown(file(samples, depth, colour, interlaced=interlaced), rgb, alpha, within=0.5)


def _palette(depth: int, interlaced: bool, transparent: bool) -> Shown:
    indices = deep(planes=1)[..., 0] >> (16 - depth)
    colours = np.random.default_rng(2).integers(0, 256, (1 << depth, 3), dtype=np.uint8)
    chunks = [(b"PLTE", colours.tobytes())]
    alpha = None
    if transparent:
        levels = np.full(1 << depth, 255, np.uint8)
        levels[: 1 << (depth - 1)] = np.arange(1 << (depth - 1)) * 3
        chunks.append((b"tRNS", levels[: 1 << (depth - 1)].tobytes()))
        alpha = levels[indices]
    return Shown(file(indices, depth, PALETTE, chunks, interlaced), colours[indices], alpha, within=0)


def _key(colour: int, depth: int) -> Shown:
    planes = 3 if colour == RGB else 1
    samples = deep(planes=planes) >> (16 - depth)
    key = samples[3, 4]
    seen = eighths(samples, (1 << depth) - 1)
    clear = (samples == key).all(axis=2)
    data = file(samples, depth, colour, [(b"tRNS", key.astype(">u2").tobytes())])
    return Shown(data, seen if planes == 3 else seen[..., 0], np.where(clear, 0, 255), within=0.5)


for _colour, _depth in _kinds():
    for _interlaced in (False, True):
        _name = f"png {['grey', '', 'rgb', '', 'grey alpha', '', 'rgba'][_colour]} {_depth}"
        CASES[_name + " interlaced" * _interlaced] = partial(_plain, _colour, _depth, _interlaced)
for _depth in (1, 2, 4, 8):
    for _interlaced in (False, True):
        CASES[f"png palette {_depth}" + " interlaced" * _interlaced] = partial(_palette, _depth, _interlaced, False)
    CASES[f"png palette {_depth} transparent"] = partial(_palette, _depth, False, True)
for _colour, _depth in _kinds():
    if _colour in (GREY, RGB):
        CASES[f"png key {'grey' if _colour == GREY else 'rgb'} {_depth}"] = partial(_key, _colour, _depth)
for _height, _width in ((1, 1), (1, 9), (9, 1), (5, 3), (8, 8)):
    CASES[f"png interlaced {_height}x{_width}"] = partial(_plain, RGB, 8, True, _height, _width)


# Colour chunks.  Gamma and chromaticities are stored in hundred thousandths.


def _gama(exponent: float) -> tuple[bytes, bytes]:
    return b"gAMA", struct.pack(">I", round(1e5 / exponent))


def _chrm(primaries: tuple[float, ...], white: tuple[float, float] = profiles.D65) -> tuple[bytes, bytes]:
    return b"cHRM", struct.pack(">8I", *[round(1e5 * value) for value in (*white, *primaries)])


def _cicp(primaries: int, curve: int, matrix: int = 0, full: int = 1) -> tuple[bytes, bytes]:
    return b"cICP", bytes([primaries, curve, matrix, full])


def _iccp(profile: bytes) -> tuple[bytes, bytes]:
    return b"iCCP", b"name\0\0" + zlib.compress(profile)


_SRGB = b"sRGB", b"\0"
_P3_ICC = profiles.icc(b"RGB ", profiles.P3, 2.2, "P3 gamma 2.2")
_BT601 = (0.630, 0.340, 0.310, 0.595, 0.155, 0.070)
_C = (0.310, 0.316)
_MANY = {
    "png": (),
    "png gamma of srgb": (_gama(2.2),),
    "png srgb over gamma": (_gama(1.0), _SRGB),
    "png srgb over chromaticities": (_chrm(profiles.P3), _SRGB),
    "png numbers over gamma": (_gama(1.0), _cicp(1, 13)),
    "png numbers over profile": (_cicp(1, 13), _iccp(_P3_ICC)),
    "png chromaticities of srgb": (_chrm(profiles.SRGB), _gama(2.2)),
    "png numbers of video": (_cicp(1, 1),),
    "png numbers of hdr": (_cicp(9, 16),),
    "png numbers of hlg": (_cicp(9, 18),),
    "png absurd gamma": ((b"gAMA", bytes(4)),),
    "png absurd chromaticities": (_chrm((0.0,) * 6),),
    "png numbers of yuv": (_cicp(9, 13, 9),),
}
_HDR = {"png numbers of hdr": "high dynamic range (PQ)", "png numbers of hlg": "high dynamic range (HLG)"}


def _as_srgb(name: str) -> Shown:
    return Shown(file(photo(), 8, RGB, _MANY[name]), photo(), within=0, note=_HDR.get(name))


for _name in _MANY:
    CASES[_name + " reads as srgb"] = partial(_as_srgb, _name)


def _powers(chunks: tuple[tuple[bytes, bytes], ...], exponent: float, depth: int, colour: int) -> Shown:
    samples = deep(planes=1 if colour == GREY else 3) >> (16 - depth)
    light = (samples / ((1 << depth) - 1)) ** exponent
    rgb = srgb_of_light(light)
    return Shown(file(samples, depth, colour, chunks), rgb[..., 0] if colour == GREY else rgb, note="converted from")


for _exponent in (1.0, 1.4, 1.8, 2.0, 2.6, 3.0):
    for _depth in (8, 16):
        CASES[f"png gamma {_exponent} {_depth}"] = partial(_powers, (_gama(_exponent),), _exponent, _depth, RGB)
    CASES[f"png gamma {_exponent} grey"] = partial(_powers, (_gama(_exponent),), _exponent, 8, GREY)
for _curve, _exponent in ((4, 2.2), (5, 2.8), (8, 1.0), (17, 2.6)):
    CASES[f"png numbers 1/{_curve}"] = partial(_powers, (_cicp(1, _curve), _SRGB), _exponent, 16, RGB)


Light = Callable[[Array], Array]


def _wide(
    chunks: tuple[tuple[bytes, bytes], ...],
    primaries: tuple[float, ...],
    light: Light,
    white: tuple[float, float] = profiles.D65,
) -> Shown:
    data = file(photo(), 8, RGB, chunks)
    return Shown(data, profiles.in_srgb(light(photo()), primaries, white), within=2, note="judged as converted")


def _power(exponent: float) -> Light:
    return lambda codes: (codes / 255) ** exponent


_G18 = profiles.icc(b"RGB ", profiles.ADOBE, 1.8, "Adobe gamma 1.8")
for _name, _arguments in {
    "profile": ((_iccp(_P3_ICC),), profiles.P3, _power(2.2)),
    "profile over gamma": ((_iccp(_P3_ICC), _gama(1.0)), profiles.P3, _power(2.2)),
    "profile over srgb": ((_iccp(_P3_ICC), _SRGB), profiles.P3, _power(2.2)),
    "profile over hdr numbers": ((_cicp(9, 16), _iccp(_P3_ICC)), profiles.P3, _power(2.2)),
    "profile of gamma 1.8": ((_iccp(_G18),), profiles.ADOBE, _power(round(1.8 * 256) / 256)),
    "numbers p3": ((_cicp(12, 13),), profiles.P3, light_of_srgb),
    "numbers bt.2020": ((_cicp(9, 13),), profiles.BT2020, light_of_srgb),
    "numbers bt.2020 video": ((_cicp(9, 14),), profiles.BT2020, light_of_srgb),
    "numbers bt.601": ((_cicp(6, 6),), _BT601, light_of_srgb),
    "numbers over another profile": ((_cicp(12, 13), _iccp(_G18)), profiles.P3, light_of_srgb),
    "numbers over chromaticities": ((_chrm(profiles.ADOBE), _gama(2.2), _cicp(12, 13)), profiles.P3, light_of_srgb),
    "chromaticities and gamma": ((_chrm(profiles.ADOBE), _gama(2.2)), profiles.ADOBE, _power(2.2)),
    "chromaticities alone": ((_chrm(profiles.P3),), profiles.P3, light_of_srgb),
    "chromaticities and linear": ((_chrm(profiles.P3), _gama(1.0)), profiles.P3, _power(1.0)),
    "chromaticities and gamma 1.8": ((_chrm(profiles.P3), _gama(1.8)), profiles.P3, _power(1.8)),
}.items():
    CASES[f"png wide {_name}"] = partial(_wide, *_arguments)
CASES["png wide white of illuminant c"] = partial(
    _wide, (_chrm(profiles.ADOBE, _C), _gama(2.2)), profiles.ADOBE, _power(2.2), _C
)


def _video() -> Shown:
    samples = deep() >> 8
    seen = np.clip((samples.astype(float) - 16) * 255 / 219, 0, 255)
    return Shown(file(samples, 8, RGB, [_cicp(1, 13, 0, 0)]), seen, within=0.5, note="video levels")


def _video_16() -> Shown:
    samples = deep()
    seen = np.clip((samples / 256 - 16) * 255 / 219, 0, 255)
    return Shown(file(samples, 16, RGB, [_cicp(1, 13, 0, 0)]), seen, within=0.6, note="video levels")


def _palette_of_light() -> Shown:
    indices = deep(planes=1)[..., 0] >> 8
    colours = np.random.default_rng(2).integers(0, 256, (256, 3), dtype=np.uint8)
    data = file(indices, 8, PALETTE, [_gama(1.0), (b"PLTE", colours.tobytes())])
    return Shown(data, srgb_of_light(colours[indices] / 255.0))


def _key_of_light() -> Shown:
    """The key is compared with what is stored, not with what it is converted to."""
    samples = deep(planes=1)
    clear = samples[..., 0] == samples[3, 4, 0]
    data = file(samples, 16, GREY, [_gama(1.0), (b"tRNS", samples[3, 4].astype(">u2").tobytes())])
    return Shown(data, srgb_of_light(samples[..., 0] / 65535.0), np.where(clear, 0, 255))


def _grey_profile() -> Shown:
    data = file(photo()[..., :1], 8, GREY, [_iccp(profiles.icc(b"GRAY", profiles.SRGB, 1.8, "Grey"))])
    return Shown(data, srgb_of_light((photo()[..., 0] / 255) ** (round(1.8 * 256) / 256)), note="grey profile")


def _grey_with_rgb_profile() -> Shown:
    return Shown(file(photo()[..., :1], 8, GREY, [_iccp(_P3_ICC)]), srgb_of_light((photo()[..., 0] / 255) ** 2.2))


def _table_profile() -> Shown:
    data = file(photo(), 8, RGB, [_iccp(profiles.lut(b"RGB ", 3, "table"))])
    grey = profiles.grey_of_lightness(100 * (photo() / 255).mean(axis=2))
    return Shown(data, np.repeat(grey[..., None], 3, axis=2), within=2)


CASES["png palette of linear light"] = _palette_of_light
CASES["png key of linear light"] = _key_of_light
CASES["png video levels"] = _video
CASES["png video levels 16"] = _video_16
CASES["png grey profile"] = _grey_profile
CASES["png grey with profile for rgb"] = _grey_with_rgb_profile
CASES["png profile by table"] = _table_profile


# Orientation.


def _hexadecimal(block: bytes, name: bytes) -> bytes:
    digits = block.hex().encode()
    lines = b"\n".join(digits[i : i + 72] for i in range(0, len(digits), 72))
    return b"\n" + name + b"\n%8d\n" % len(block) + lines + b"\n"


def _raw(kind: bytes, name: bytes, block: bytes) -> tuple[bytes, bytes]:
    text = _hexadecimal(block, name)
    keyword = b"Raw profile type " + name + b"\0"
    if kind == b"zTXt":
        return kind, keyword + b"\0" + zlib.compress(text)
    return kind, keyword + (b"\1\0\0\0" + zlib.compress(text) if kind == b"iTXt" else text)


def _turned(chunks: list[tuple[bytes, bytes]], orientation: int, *, transparent: bool = False) -> Shown:
    note = "upright" if orientation != 1 else None
    turn = SEEN[orientation]
    if transparent:
        data = file(np.dstack([photo(), cover()]), 8, RGBA, chunks)
        return Shown(data, turn(photo()), turn(cover()), within=0, note=note)
    return Shown(file(photo(), 8, RGB, chunks), turn(photo()), within=0, note=note)


for _n in range(1, 9):
    _exif, _text = exif(_n), b"XML:com.adobe.xmp\0\0\0\0\0" + xmp(_n)
    CASES[f"png exif {_n}"] = partial(_turned, [(b"eXIf", _exif)], _n, transparent=True)
    CASES[f"png raw exif {_n}"] = partial(_turned, [_raw(b"zTXt", b"exif", b"Exif\0\0" + _exif)], _n)
    CASES[f"png xmp {_n}"] = partial(_turned, [(b"iTXt", _text)], _n)
_block = b"Exif\0\0" + exif(6, ">")
CASES["png raw exif in plain text"] = partial(_turned, [_raw(b"tEXt", b"exif", _block)], 6)
CASES["png raw exif in other text"] = partial(_turned, [_raw(b"iTXt", b"APP1", _block)], 6)
CASES["png raw xmp"] = partial(_turned, [_raw(b"zTXt", b"xmp", xmp(8, True))], 8)
CASES["png exif over raw exif"] = partial(_turned, [_raw(b"zTXt", b"exif", _block), (b"eXIf", exif(3))], 3)
CASES["png exif over xmp"] = partial(
    _turned, [(b"eXIf", exif(1)), (b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + xmp(6))], 1
)
