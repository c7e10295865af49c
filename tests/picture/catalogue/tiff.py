"""TIFF: both byte orders, compressions, predictors, tiles, planes, every photometric kind that is read.

Files are written here byte by byte, but for the compressed strips, which are imagecodecs'.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable
from functools import partial
from typing import Any

import imagecodecs
import numpy as np
import numpy.typing as npt

from . import profiles
from .case import SEEN, Array, Cases, Shown, cover, deep, eighths, photo, srgb_of_light, xmp

CASES: Cases = {}

_SHORT, _LONG = 3, 4
_NONE, _LZW, _JPEG, _DEFLATE, _PACKBITS, _ZSTD = 1, 5, 7, 8, 32773, 50000
_MINISWHITE, _MINISBLACK, _RGB, _PALETTE, _CMYK, _YCBCR = 0, 1, 2, 3, 5, 6
Packer = Callable[[bytes], bytes]
_PACKERS: dict[int, Packer] = {
    _NONE: bytes,
    _LZW: lambda data: bytes(imagecodecs.lzw_encode(data)),
    _DEFLATE: zlib.compress,
    _PACKBITS: lambda data: bytes(imagecodecs.packbits_encode(data)),
    _ZSTD: lambda data: bytes(imagecodecs.zstd_encode(data)),
}


def _written(order: str, entries: list[tuple[int, int, Any]], pieces: list[bytes], tiled: bool) -> bytes:
    """A file of one directory. entries: (tag, type, number, numbers or bytes)."""
    code = {"<": b"II*\0", ">": b"MM\0*"}[order]
    body, places = b"", []
    for piece in pieces:
        places.append(8 + len(body))
        body += piece + bytes(len(piece) % 2)
    at, counts = (324, 325) if tiled else (273, 279)
    entries = sorted([*entries, (at, _LONG, places), (counts, _LONG, [len(piece) for piece in pieces])])
    table, extra = b"", b""
    start = 8 + len(body)
    behind = start + 2 + 12 * len(entries) + 4
    for tag, kind, value in entries:
        if isinstance(value, bytes):
            packed, count = value, len(value)
        else:
            numbers = list(value) if isinstance(value, (list, tuple)) else [value]
            packed, count = struct.pack(f"{order}{len(numbers)}{'.BxHI'[kind]}", *numbers), len(numbers)
        if len(packed) > 4:
            field = struct.pack(order + "I", behind + len(extra))
            extra += packed + bytes(len(packed) % 2)
        else:
            field = packed.ljust(4, b"\0")
        table += struct.pack(order + "HHI", tag, kind, count) + field
    return (
        code
        + struct.pack(order + "I", start)
        + body
        + struct.pack(order + "H", len(entries))
        + table
        + bytes(4)
        + extra
    )


def _packed(samples: Array, bits: int, order: str, predictor: int) -> bytes:
    """Rows of samples (H, W, C), at whole bytes."""
    if predictor == 2:
        samples = samples.copy()
        samples[:, 1:] -= samples[:, :-1].copy()
    if bits >= 8:
        return samples.astype(samples.dtype.newbyteorder(order)).tobytes()
    rows = samples.reshape(len(samples), -1)
    unpacked = (rows[..., None] >> np.arange(bits - 1, -1, -1)) & 1
    return np.packbits(unpacked.reshape(len(rows), -1).astype(np.uint8), axis=1).tobytes()


def file(
    samples: Array,
    photometric: int,
    *,
    bits: int | None = None,
    order: str = "<",
    compression: int = _NONE,
    predictor: int = 1,
    planar: bool = False,
    tile: int = 0,
    rows: int = 8,
    tags: list[tuple[int, int, Any]] | None = None,
) -> bytes:
    """A TIFF file of samples (H, W) or (H, W, C), as they are stored."""
    samples = np.atleast_3d(samples)
    height, width, channels = samples.shape
    bits = bits or 8 * samples.dtype.itemsize
    parts = [samples[..., c : c + 1] for c in range(channels)] if planar else [samples]
    cut = []
    for part in parts:
        if tile:
            wide = np.zeros((-(-height // tile) * tile, -(-width // tile) * tile, part.shape[2]), part.dtype)
            wide[:height, :width] = part
            cut += [wide[y : y + tile, x : x + tile] for y in range(0, height, tile) for x in range(0, width, tile)]
        else:
            cut += [part[y : y + rows] for y in range(0, height, rows)]
    pack = _PACKERS[compression]
    entries: list[tuple[int, int, Any]] = [
        (256, _LONG, width),
        (257, _LONG, height),
        (258, _SHORT, [bits] * channels),
        (259, _SHORT, compression),
        (262, _SHORT, photometric),
        (277, _SHORT, channels),
        (284, _SHORT, 2 if planar else 1),
        *([(317, _SHORT, predictor)] if predictor != 1 else []),
        *([(322, _LONG, tile), (323, _LONG, tile)] if tile else [(278, _LONG, rows)]),
        *(tags or []),
    ]
    return _written(order, entries, [pack(_packed(piece, bits, order, predictor)) for piece in cut], bool(tile))


_SAMPLES = {"rgb 8": photo(), "rgb 16": deep(), "grey 8": photo()[..., 1], "grey 16": deep()[..., 1]}


def _plain(kind: str, options: dict[str, Any]) -> Shown:
    samples = _SAMPLES[kind]
    top = 255 if samples.dtype == np.uint8 else 65535
    data = file(samples, _RGB if samples.ndim == 3 else _MINISBLACK, **options)
    return Shown(data, eighths(samples, top), within=0.5 if samples.ndim == 3 or top == 255 else 0.51)


for _kind in _SAMPLES:
    for _order, _called in (("<", "little"), (">", "big")):
        CASES[f"tiff {_kind} {_called}-endian"] = partial(_plain, _kind, {"order": _order})
        CASES[f"tiff {_kind} {_called}-endian predicted"] = partial(
            _plain, _kind, {"order": _order, "compression": _LZW, "predictor": 2}
        )
for _name, _compression in (("lzw", _LZW), ("deflate", _DEFLATE), ("packbits", _PACKBITS), ("zstd", _ZSTD)):
    for _kind in ("rgb 8", "grey 8"):
        CASES[f"tiff {_kind} {_name}"] = partial(_plain, _kind, {"compression": _compression})
    CASES[f"tiff rgb 8 {_name} predicted in tiles"] = partial(
        _plain, "rgb 8", {"compression": _compression, "predictor": 2 if _name != "packbits" else 1, "tile": 16}
    )
for _kind in _SAMPLES:
    CASES[f"tiff {_kind} in tiles"] = partial(_plain, _kind, {"tile": 16})
    CASES[f"tiff {_kind} in one strip"] = partial(_plain, _kind, {"rows": 22})
    CASES[f"tiff {_kind} a row a strip"] = partial(_plain, _kind, {"rows": 1})
CASES["tiff rgb 8 in planes"] = partial(_plain, "rgb 8", {"planar": True})
CASES["tiff rgb 8 in planes, lzw"] = partial(_plain, "rgb 8", {"planar": True, "compression": _LZW, "order": ">"})
CASES["tiff rgb 8 in planes and tiles"] = partial(_plain, "rgb 8", {"planar": True, "tile": 16})


def _few_bits(bits: int, white_is_zero: bool) -> Shown:
    samples = (deep(planes=1) >> (16 - bits)).astype(np.uint8)
    top = (1 << bits) - 1
    seen = eighths(top - samples if white_is_zero else samples, top)
    return Shown(file(samples, _MINISWHITE if white_is_zero else _MINISBLACK, bits=bits), seen[..., 0], within=0)


def _palette(bits: int) -> Shown:
    indices = (deep(planes=1) >> (16 - bits)).astype(np.uint8)
    colours = np.random.default_rng(4).integers(0, 256, (1 << bits, 3), dtype=np.uint8)
    table = (colours.T.astype(int) * 257).ravel().tolist()
    data = file(indices, _PALETTE, bits=bits, tags=[(320, _SHORT, table)])
    return Shown(data, colours[indices[..., 0]], within=0)


for _bits in (1, 2, 4, 8):
    CASES[f"tiff grey {_bits} bits"] = partial(_few_bits, _bits, False)
    CASES[f"tiff grey {_bits} bits, white is zero"] = partial(_few_bits, _bits, True)
for _bits in (1, 2, 4, 8):
    CASES[f"tiff palette {_bits} bits"] = partial(_palette, _bits)


def _transparent(associated: bool, depth: int, order: str) -> Shown:
    top = (1 << depth) - 1
    alpha = cover().astype(np.uint16) * (top // 255)
    colours = photo().astype(np.uint16) * (top // 255)
    stored = np.rint(colours * (alpha[..., None] / top)) if associated else colours
    samples = np.dstack([stored, alpha]).astype(np.uint8 if depth == 8 else np.uint16)
    data = file(samples, _RGB, order=order, tags=[(338, _SHORT, 1 if associated else 2)])
    seen = photo().astype(float)
    if associated:
        with np.errstate(all="ignore"):
            seen = np.clip(255 * np.nan_to_num(stored / alpha[..., None]), 0, 255)
    return Shown(data, seen, cover())


def _grey_transparent() -> Shown:
    data = file(np.dstack([photo()[..., 1], cover()]), _MINISBLACK, tags=[(338, _SHORT, 2)])
    return Shown(data, photo()[..., 1], cover(), within=0)


def _grey_premultiplied() -> Shown:
    alpha = np.maximum(cover(), 1)
    stored = np.rint(photo()[..., 1] * (alpha / 255.0)).astype(np.uint8)
    data = file(np.dstack([stored, alpha]), _MINISBLACK, tags=[(338, _SHORT, 1)])
    return Shown(data, np.clip(255.0 * stored / alpha, 0, 255), alpha)


for _depth in (8, 16):
    for _order, _called in (("<", "little"), (">", "big")):
        CASES[f"tiff alpha {_depth} {_called}-endian"] = partial(_transparent, False, _depth, _order)
        CASES[f"tiff premultiplied alpha {_depth} {_called}-endian"] = partial(_transparent, True, _depth, _order)
CASES["tiff grey alpha"] = _grey_transparent
CASES["tiff grey premultiplied alpha"] = _grey_premultiplied


def _printed() -> Shown:
    inks = np.dstack([photo(), photo()[::-1, :, 1] // 2])
    paper = 1 - inks / 255.0
    return Shown(file(inks, _CMYK), 255 * paper[..., :3] * paper[..., 3:], note="CMYK")


def _printed_by_profile() -> Shown:
    inks = np.dstack([photo(), photo()[::-1, :, 1] // 2])
    data = file(inks, _CMYK, tags=[(34675, 7, profiles.lut(b"CMYK", 4, "inks", grid=5))])
    grey = profiles.grey_of_lightness(100 * (1 - (inks / 255.0).mean(axis=2)))
    return Shown(data, np.repeat(grey[..., None], 3, axis=2), within=2, note="'inks'")


def _profile(options: dict[str, Any]) -> Shown:
    data = file(photo(), _RGB, tags=[(34675, 7, profiles.icc(b"RGB ", profiles.P3, 2.2, "wide"))], **options)
    return Shown(data, profiles.in_srgb((photo() / 255.0) ** 2.2, profiles.P3), within=2, note="'wide'")


def _grey_profile() -> Shown:
    grey = photo()[..., 1]
    data = file(grey, _MINISBLACK, tags=[(34675, 7, profiles.icc(b"GRAY", profiles.SRGB, 1.8, "Grey"))])
    return Shown(data, srgb_of_light((grey / 255) ** (round(1.8 * 256) / 256)))


def _numbers(kind: npt.DTypeLike, form: int, top: float) -> Shown:
    share = deep()[..., 1] / 65535.0
    samples: Array = (share * top).astype(kind)
    return Shown(file(samples, _MINISBLACK, tags=[(339, _SHORT, form)]), 255 * samples / top, within=0.51)


def _turned(orientation: int, depth: int) -> Shown:
    samples = photo() if depth == 8 else deep()
    data = file(samples, _RGB, tags=[(274, _SHORT, orientation)])
    note = "upright" if orientation != 1 else None
    return Shown(data, SEEN[orientation](eighths(samples, (1 << depth) - 1)), within=0.5, note=note)


def _turned_by_xmp(orientation: int) -> Shown:
    data = file(photo(), _RGB, tags=[(700, 1, xmp(orientation))])
    return Shown(data, SEEN[orientation](photo()), within=0, note="upright" if orientation != 1 else None)


def _jpeg(subsampling: str) -> Shown:
    data = imagecodecs.jpeg8_encode(photo(24, 32), 95, subsampling=subsampling)
    down, across = {"444": (1, 1), "422": (1, 2), "420": (2, 2)}[subsampling]
    entries: list[tuple[int, int, Any]] = [
        *((256, _LONG, 32), (257, _LONG, 24), (258, _SHORT, [8, 8, 8]), (259, _SHORT, _JPEG)),
        *((262, _SHORT, _YCBCR), (277, _SHORT, 3), (278, _LONG, 24), (284, _SHORT, 1), (530, _SHORT, [across, down])),
    ]
    return Shown(_written("<", entries, [bytes(data)], False), imagecodecs.jpeg8_decode(data), within=2)


CASES["tiff cmyk"] = _printed
CASES["tiff cmyk with profile"] = _printed_by_profile
CASES["tiff profile"] = partial(_profile, {})
CASES["tiff profile, big-endian tiles"] = partial(_profile, {"order": ">", "tile": 16, "compression": _DEFLATE})
CASES["tiff profile for grey"] = _grey_profile
CASES["tiff whole numbers of 32 bits"] = partial(_numbers, np.int32, 2, 65535)
CASES["tiff floating point 0 to 1"] = partial(_numbers, np.float32, 3, 1)
CASES["tiff floating point 0 to 255"] = partial(_numbers, np.float32, 3, 255)
for _subsampling in ("444", "422", "420"):
    CASES[f"tiff jpeg {_subsampling}"] = partial(_jpeg, _subsampling)
for _n in range(1, 9):
    CASES[f"tiff orientation {_n}"] = partial(_turned, _n, 8)
    CASES[f"tiff orientation {_n}, 16 bits"] = partial(_turned, _n, 16)
    CASES[f"tiff xmp {_n}"] = partial(_turned_by_xmp, _n)
