"""Colour profiles written byte by byte, and what their colours are in sRGB by arithmetic.

Source: ICC.1:2001-04.
"""

from __future__ import annotations

import struct
from typing import Any

import numpy as np

from .case import Array, light_of_srgb, srgb_of_light

P3 = (0.680, 0.320, 0.265, 0.690, 0.150, 0.060)
ADOBE = (0.640, 0.330, 0.210, 0.710, 0.150, 0.060)
SRGB = (0.640, 0.330, 0.300, 0.600, 0.150, 0.060)
BT2020 = (0.708, 0.292, 0.170, 0.797, 0.131, 0.046)
D65 = (0.3127, 0.3290)
D50_XYZ = (0.9642, 1, 0.8249)
BRADFORD = np.array([[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]])


def matrix_to_d50(primaries: tuple[float, ...], white: tuple[float, float] = D65) -> Array:
    """3 x 3: linear RGB to XYZ, adapted from that white to D50."""

    def xyz(x: float, y: float) -> Array:
        return np.array([x / y, 1, (1 - x - y) / y])

    columns = np.column_stack([xyz(*primaries[i : i + 2]) for i in (0, 2, 4)])
    scale = np.diag((BRADFORD @ np.array(D50_XYZ)) / (BRADFORD @ xyz(*white)))
    to_xyz = columns @ np.diag(np.linalg.solve(columns, xyz(*white)))
    return np.asarray(np.linalg.inv(BRADFORD) @ scale @ BRADFORD @ to_xyz)


def in_srgb(light: Array, primaries: tuple[float, ...], white: tuple[float, float] = D65) -> Array:
    """float (H, W, 3): sRGB code values of linear light 0 .. 1 in these primaries, clipped."""
    to_srgb = np.linalg.inv(matrix_to_d50(SRGB)) @ matrix_to_d50(primaries, white)
    return srgb_of_light(light @ to_srgb.T)


def from_srgb(codes: Array, primaries: tuple[float, ...], exponent: float | None) -> Array:
    """float (H, W, 3): code values, by the sRGB curve or a power, of sRGB code values in wider primaries."""
    light = light_of_srgb(codes) @ (np.linalg.inv(matrix_to_d50(primaries)) @ matrix_to_d50(SRGB)).T
    return srgb_of_light(light) if exponent is None else 255 * np.clip(light, 0, 1) ** (1 / exponent)


def _xyz(values: Any) -> bytes:
    return b"XYZ \0\0\0\0" + struct.pack(">3i", *[round(v * 65536) for v in values])


def _profile(kind: bytes, space: bytes, connection: bytes, name: str, tags: list[tuple[bytes, bytes]]) -> bytes:
    text = name.encode() + b"\0"
    tags = [
        (b"desc", b"desc\0\0\0\0" + struct.pack(">I", len(text)) + text + bytes(78)),
        (b"cprt", b"text\0\0\0\0none\0"),
        (b"wtpt", _xyz(D50_XYZ)),
        *tags,
    ]
    table, body, start = b"", b"", 132 + 12 * len(tags)
    for tag, value in tags:
        value += bytes(-len(value) % 4)
        table += struct.pack(">4sII", tag, start + len(body), len(value))
        body += value
    head = struct.pack(">I4sI4s4s4s", start + len(body), b"", 0x02100000, kind, space, connection)
    head += struct.pack(">6H4s", 2020, 1, 1, 0, 0, 0, b"acsp")
    head = head.ljust(68, b"\0") + struct.pack(">3i", *[round(v * 65536) for v in D50_XYZ])
    return head.ljust(128, b"\0") + struct.pack(">I", len(tags)) + table + body


def icc(space: bytes, primaries: tuple[float, ...], gamma: float, name: str) -> bytes:
    """A minimal version 2 display profile: matrix and one gamma, or for grey the gamma alone."""
    curve = b"curv\0\0\0\0" + struct.pack(">IH", 1, round(gamma * 256)) + b"\0\0"
    if space == b"GRAY":
        return _profile(b"mntr", space, b"XYZ ", name, [(b"kTRC", curve)])
    matrix = matrix_to_d50(primaries)
    colours = [(tag, _xyz(matrix[:, i])) for i, tag in enumerate((b"rXYZ", b"gXYZ", b"bXYZ"))]
    return _profile(b"mntr", space, b"XYZ ", name, colours + [(tag, curve) for tag in (b"rTRC", b"gTRC", b"bTRC")])


def lut(space: bytes, channels: int, name: str, grid: int = 9) -> bytes:
    """An input profile by table (lut16): lightness falls evenly with the mean of the channels, colours turn grey."""
    levels = np.stack(np.meshgrid(*[np.linspace(0, 1, grid)] * channels, indexing="ij"), -1).reshape(-1, channels)
    light = levels.mean(axis=1) if space == b"RGB " else 1 - levels.mean(axis=1)
    lab = np.column_stack([light * 65280, np.full(len(light), 32768), np.full(len(light), 32768)])
    ramp = np.linspace(0, 65535, 256).round().astype(">u2").tobytes()
    table = b"mft2\0\0\0\0" + bytes([channels, 3, grid, 0])
    table += struct.pack(">9i", 65536, 0, 0, 0, 65536, 0, 0, 0, 65536) + struct.pack(">HH", 256, 256)
    table += ramp * channels + lab.round().astype(">u2").tobytes() + ramp * 3
    kind = b"scnr" if space == b"RGB " else b"prtr"
    return _profile(kind, space, b"Lab ", name, [(b"A2B0", table), (b"A2B1", table)])


def grey_of_lightness(lightness: Array) -> Array:
    """float: sRGB code values of greys of CIE lightness 0 .. 100."""
    y = np.where(lightness > 8, ((lightness + 16) / 116) ** 3, lightness / 903.3)
    return srgb_of_light(y)
