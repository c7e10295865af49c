"""BMP and PNM: every header, depth and packing that is read, written here byte by byte."""

from __future__ import annotations

import struct
from functools import partial

import numpy as np

from .case import Array, Cases, Shown, cover, deep, eighths, photo

CASES: Cases = {}

_BI_RGB, _BI_RLE8, _BI_RLE4, _BI_BITFIELDS = 0, 1, 2, 3


def _bmp(
    rows: bytes,
    bits: int,
    compression: int,
    height: int,
    *,
    palette: Array | None = None,
    masks: bytes = b"",
    head: int = 40,
) -> bytes:
    """A file of 30 columns. rows: as stored.  height: below zero where the first row is the top one."""
    table = b"" if palette is None else np.pad(palette[:, ::-1], ((0, 0), (0, 1))).astype(np.uint8).tobytes()
    used = 0 if palette is None else len(palette)
    header = struct.pack("<IiiHHIIiiII", head, 30, height, 1, bits, compression, len(rows), 2835, 2835, used, 0)
    if head > 40:
        header = (header + masks).ljust(head, b"\0")
        masks = b""
    start = 14 + len(header) + len(masks) + len(table)
    return b"BM" + struct.pack("<IHHI", start + len(rows), 0, 0, start) + header + masks + table + rows


def _padded(samples: Array) -> bytes:
    """Bytes of rows, the last row first, each filled up to four bytes."""
    flat = samples.reshape(len(samples), -1).view(np.uint8)[::-1]
    return np.pad(flat, ((0, 0), (0, -flat.shape[1] % 4))).tobytes()


def _bits(indices: Array, bits: int) -> Array:
    unpacked = (indices[..., None] >> np.arange(bits - 1, -1, -1)) & 1
    return np.packbits(unpacked.reshape(len(indices), -1).astype(np.uint8), axis=1)


def _bmp_palette(bits: int) -> Shown:
    indices = (deep(planes=1)[..., 0] >> (16 - bits)).astype(np.uint8)
    colours = np.random.default_rng(8).integers(0, 256, (1 << bits, 3), dtype=np.uint8)
    rows = _padded(_bits(indices, bits) if bits < 8 else indices)
    return Shown(_bmp(rows, bits, _BI_RGB, 22, palette=colours), colours[indices], within=0)


def _bmp_24(down: bool, head: int) -> Shown:
    stored = photo()[..., ::-1].copy()
    rows = _padded(stored[::-1] if down else stored)
    return Shown(_bmp(rows, 24, _BI_RGB, -22 if down else 22, head=head), photo(), within=0)


def _bmp_core() -> Shown:
    rows = _padded(photo()[..., ::-1].copy())
    header = struct.pack("<IHHHH", 12, 30, 22, 1, 24)
    return Shown(b"BM" + struct.pack("<IHHI", 26 + len(rows), 0, 0, 26) + header + rows, photo(), within=0)


def _bmp_16(green: int) -> Shown:
    widths = np.array([5, green, 5])
    levels = (photo().astype(int) >> (8 - widths)) if green == 6 else photo().astype(int) >> 3
    packed = levels[..., 0] << (5 + green) | levels[..., 1] << 5 | levels[..., 2]
    rows = _padded(packed.astype("<u2"))
    masks = struct.pack("<III", 0xF800 if green == 6 else 0x7C00, 0x07E0 if green == 6 else 0x03E0, 0x001F)
    data = _bmp(rows, 16, _BI_BITFIELDS, 22, masks=masks)
    return Shown(data, levels * (255.0 / ((1 << widths) - 1)))


def _bmp_32(transparent: bool) -> Shown:
    stored = np.dstack([photo()[..., ::-1], cover()]).astype(np.uint8)
    masks = struct.pack("<IIII", 0xFF0000, 0xFF00, 0xFF, 0xFF000000 if transparent else 0)
    data = _bmp(_padded(stored), 32, _BI_BITFIELDS, 22, masks=masks, head=108)
    return Shown(data, photo(), cover() if transparent else None, within=0)


def _runs(bits: int) -> Shown:
    """Runs, then an absolute stretch in each row, with an escape at its end."""
    y, x = np.mgrid[0:22, 0:30]
    indices = np.where(x < 20, (y + 3) % 16, (5 * x + y) % 16).astype(np.uint8)
    colours = np.random.default_rng(8).integers(0, 256, (16, 3), dtype=np.uint8)
    rows = b""
    for row in indices[::-1]:
        own, rest = int(row[0]), row[20:]
        if bits == 8:
            rows += bytes([20, own, 0, len(rest)]) + rest.tobytes() + b"\0\0"
        else:
            packed = (rest[0::2] << 4 | rest[1::2]).tobytes()
            rows += bytes([20, own << 4 | own, 0, len(rest)]) + packed + bytes(len(packed) % 2) + b"\0\0"
    data = _bmp(rows + b"\0\1", bits, _BI_RLE8 if bits == 8 else _BI_RLE4, 22, palette=colours)
    return Shown(data, colours[indices], within=0)


for _depth in (1, 4, 8):
    CASES[f"bmp palette {_depth} bits"] = partial(_bmp_palette, _depth)
for _head in (40, 52, 56, 64, 108, 124):
    CASES[f"bmp 24 bits, header of {_head}"] = partial(_bmp_24, False, _head)
CASES["bmp 24 bits, first row on top"] = partial(_bmp_24, True, 40)
CASES["bmp header of os/2"] = _bmp_core
CASES["bmp 16 bits, 555"] = partial(_bmp_16, 5)
CASES["bmp 16 bits, 565"] = partial(_bmp_16, 6)
CASES["bmp 32 bits"] = partial(_bmp_32, False)
CASES["bmp 32 bits, transparent"] = partial(_bmp_32, True)
CASES["bmp runs of 8 bits"] = partial(_runs, 8)
CASES["bmp runs of 4 bits"] = partial(_runs, 4)


def _pnm(kind: int, top: int) -> Shown:
    planes = 3 if kind in (3, 6) else 1
    samples = deep(planes=planes).astype(np.uint32) % (top + 1)
    head = b"P%d\n# a comment\n30 22\n" % kind + (b"" if kind in (1, 4) else b"%d\n" % top)
    if kind < 4:
        body = b"\n".join(b" ".join(b"%d" % v for v in row.ravel()) for row in samples)
    elif kind == 4:
        body = _bits(samples[..., 0], 1).tobytes()
    else:
        body = samples.astype(np.uint8 if top < 256 else ">u2").tobytes()
    seen = eighths(top - samples if kind in (1, 4) else samples, top)
    return Shown(head + body, seen if planes == 3 else seen[..., 0], within=0.51)


for _kind in range(1, 7):
    for _top in (1,) if _kind in (1, 4) else (1, 7, 255, 256, 1023, 4095, 65535):
        CASES[f"pnm p{_kind} to {_top}"] = partial(_pnm, _kind, _top)
