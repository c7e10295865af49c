"""JPEG XL: depths, transparency, orientation, profiles and named colour spaces, lossless, lossy and from JPEG files.

Lossy samples are absolute colours, which look the same whatever space the header names.
"""

from __future__ import annotations

import io
import itertools
import struct
from functools import partial
from typing import Any

import imagecodecs
import numpy as np
from PIL import Image

from . import profiles
from .case import SEEN, Cases, Shown, deep, exif, light_of_srgb, photo, srgb_of_light
from .jxl_files import (
    BT2020,
    D65,
    DCI,
    GREY,
    LINEAR,
    P3,
    PIXELS,
    PQ,
    RGB,
    SRGB,
    SRGB_CURVE,
    Fields,
    bare,
    curve,
    encoded,
    enum,
    file,
    head,
    power,
    samples_of,
    space,
    xy,
)

CASES: Cases = {}


def _plain(name: str, lossless: bool) -> Shown:
    rgb, alpha = samples_of(name, lossless)
    return Shown(encoded(name, lossless), rgb, alpha, within=0 if lossless else 1)


def _turned(name: str, lossless: bool, orientation: int) -> Shown:
    rgb, alpha = samples_of(name, lossless)
    turn = SEEN[orientation]
    data = file(name, lossless, orientation=orientation)
    return Shown(data, turn(rgb), None if alpha is None else turn(alpha), within=0 if lossless else 1)


for _name in PIXELS:
    for _lossless, _called in ((True, "lossless"), (False, "lossy")):
        CASES[f"jxl {_name} {_called}"] = partial(_plain, _name, _lossless)
for _n in range(1, 9):
    CASES[f"jxl orientation {_n}"] = partial(_turned, "rgba", True, _n)
    CASES[f"jxl orientation {_n}, lossy"] = partial(_turned, "rgb", False, _n)


# Transparency of which the colours were multiplied.


def _premultiplied(name: str, colour: Fields | None, exponent: float | None) -> Shown:
    """What is stored of the pictures above is taken for premultiplied, as far as that is possible."""
    pixels, alpha = samples_of(name, True)
    assert alpha is not None
    with np.errstate(all="ignore"):
        cover_of = alpha if pixels.ndim == 2 else alpha[..., None]
        share = np.clip(np.nan_to_num(pixels / cover_of.astype(float)), 0, 1)
    seen = 255 * share if exponent is None else srgb_of_light(np.rint(255 * share) / 255 if exponent == 1 else share)
    return Shown(file(name, True, premultiplied=True, colour=colour), seen, alpha)


def _premultiplied_deep(exponent: float | None) -> Shown:
    """16 bits; the encoder names linear light, the header may name sRGB."""
    alpha = np.maximum(deep(planes=1)[..., 0], 1)
    colours = np.minimum(deep(), alpha[..., None])
    stored = np.dstack([colours, alpha])
    data = bare(bytes(imagecodecs.jpegxl_encode(stored, lossless=True)))
    linear = space(D65, SRGB, curve(LINEAR))
    plain = head(stored, bits=16, colour=linear)
    assert data.startswith(plain)
    share = colours / alpha[..., None].astype(float)
    data = head(stored, bits=16, premultiplied=True, colour=linear if exponent else None) + data[len(plain) :]
    return Shown(data, srgb_of_light(share) if exponent else 255 * share, alpha / 257.0)


_LINEAR_SPACE = space(D65, SRGB, curve(LINEAR))
CASES["jxl premultiplied"] = partial(_premultiplied, "rgba", None, None)
CASES["jxl premultiplied grey"] = partial(_premultiplied, "grey alpha", None, None)
CASES["jxl premultiplied linear"] = partial(_premultiplied, "rgba", _LINEAR_SPACE, 1.0)
CASES["jxl premultiplied 16 bits"] = partial(_premultiplied_deep, None)
CASES["jxl premultiplied 16 bits, linear"] = partial(_premultiplied_deep, 1.0)


# More than 8 bits, and floating point.


def _deep(planes: int, named: bool) -> Shown:
    stored = deep(planes=planes)[..., 0] if planes == 1 else deep(planes=planes)
    data = bare(bytes(imagecodecs.jpegxl_encode(stored, lossless=True)))
    kind = RGB if planes > 2 else GREY
    plain = head(stored, bits=16, colour=space(D65, SRGB, curve(LINEAR), kind))
    assert data.startswith(plain)
    share = (stored if stored.ndim == 2 else stored[..., 0] if planes == 2 else stored[..., :3]) / 65535.0
    alpha = stored[..., -1] / 257.0 if planes in (2, 4) else None
    if named:
        return Shown(head(stored, bits=16) + data[len(plain) :], 255 * share, alpha, note="16 bits")
    return Shown(data, srgb_of_light(share), alpha, note="linear light")


def _floating(planes: int) -> Shown:
    stored = (deep(planes=planes)[..., 0] if planes == 1 else deep(planes=planes)) / np.float32(65535)
    return Shown(bytes(imagecodecs.jpegxl_encode(stored, lossless=True)), srgb_of_light(stored))


for _planes, _called in ((1, "grey"), (2, "grey alpha"), (3, "rgb"), (4, "rgba")):
    CASES[f"jxl {_called} of 16 bits, linear"] = partial(_deep, _planes, False)
    CASES[f"jxl {_called} of 16 bits"] = partial(_deep, _planes, True)
CASES["jxl rgb of floating point"] = partial(_floating, 3)
CASES["jxl grey of floating point"] = partial(_floating, 1)


# Colour spaces by name.


def _named_lossless(colour: Fields, primaries: tuple[float, ...], exponent: float | None, within: float) -> Shown:
    light = light_of_srgb(photo()) if exponent is None else (photo() / 255.0) ** exponent
    return Shown(file("rgb", True, colour=colour), profiles.in_srgb(light, primaries), within=within)


def _lossy_anyhow(name: str, header: dict[str, Any], within: float) -> Shown:
    rgb, alpha = samples_of(name, False)
    return Shown(file(name, False, **header), np.rint(rgb), alpha, within=within)


def _lossy_wide(
    header: dict[str, Any],
    primaries: tuple[float, ...],
    exponent: float | None,
    name: str = "rgb",
    orientation: int = 1,
) -> Shown:
    """Neighbours among 8 bits of wide primaries lie up to 4 code values of sRGB apart in deep colours."""
    rgb, alpha = samples_of(name, False)
    rgb = SEEN[orientation](rgb)
    native = profiles.from_srgb(rgb, primaries, exponent)
    data = file(name, False, orientation=orientation, **header)
    return Shown(data, np.rint(rgb), alpha, native=native, within=4)


_OWN = profiles.ADOBE
_WHITE_D50 = (0.3457, 0.3585)
for _name, (_colour, _primaries, _power, _within) in {
    "p3": (space(D65, P3, curve(SRGB_CURVE)), profiles.P3, None, 2),
    "bt.2020": (space(D65, BT2020, curve(SRGB_CURVE)), profiles.BT2020, None, 2),
    "linear": (_LINEAR_SPACE, profiles.SRGB, 1.0, 1),
    "gamma 2.2": (space(D65, SRGB, power(2.2)), profiles.SRGB, 2.2, 1),
    "gamma 1.8": (space(D65, SRGB, power(1.8)), profiles.SRGB, 1.8, 1),
    "gamma of cinema": (space(D65, SRGB, curve(DCI)), profiles.SRGB, 2.6, 1),
    "own primaries": (space(D65, [*enum(2), *xy(*_OWN)], curve(SRGB_CURVE)), _OWN, None, 2),
    "own primaries and gamma": (space(D65, [*enum(2), *xy(*_OWN)], power(2.2)), _OWN, 2.2, 2),
}.items():
    CASES[f"jxl lossless in {_name}"] = partial(_named_lossless, _colour, _primaries, _power, _within)
    if _primaries == profiles.SRGB:
        CASES[f"jxl lossy in {_name}"] = partial(_lossy_anyhow, "rgb", {"colour": _colour}, 1)
    else:
        # Beyond 8 bits a power is recoded, so that only the sRGB curve is rounded.
        CASES[f"jxl lossy in {_name}"] = partial(_lossy_wide, {"colour": _colour}, _primaries, None)
CASES["jxl lossy grey, linear"] = partial(_lossy_anyhow, "grey", {"colour": space(D65, [], curve(LINEAR), GREY)}, 1)


def _hdr() -> Shown:
    data = file("rgb", True, colour=space(D65, BT2020, curve(PQ)))
    return Shown(data, photo(), within=0, note="high dynamic range (PQ)")


def _own_white() -> Shown:
    colour = space([*enum(2), *xy(*_WHITE_D50)], [*enum(2), *xy(*_OWN)], curve(SRGB_CURVE))
    seen = profiles.in_srgb(light_of_srgb(photo()), _OWN, _WHITE_D50)
    return Shown(file("rgb", True, colour=colour), seen, within=2)


CASES["jxl lossless in hdr"] = _hdr
CASES["jxl lossless with its own white"] = _own_white


# Profiles.

_WIDE = profiles.icc(b"RGB ", profiles.P3, 2.2, "wide")
_LARGE = profiles.lut(b"RGB ", 3, "table", grid=9)
_GREY_18 = profiles.icc(b"GRAY", profiles.SRGB, 1.8, "Grey")


def _profile_lossless(name: str) -> Shown:
    pixels, alpha = samples_of(name, True)
    data = file(name, True, profile=_WIDE)
    return Shown(data, profiles.in_srgb((pixels / 255.0) ** 2.2, profiles.P3), alpha, within=2, note="'wide'")


def _profile_by_table() -> Shown:
    grey = profiles.grey_of_lightness(100 * (photo() / 255).mean(axis=2))
    data = file("rgb", True, profile=_LARGE)
    return Shown(data, np.repeat(grey[..., None], 3, axis=2), within=2)


def _profile_grey() -> Shown:
    data = file("grey", True, profile=_GREY_18)
    return Shown(data, srgb_of_light((photo()[..., 1] / 255.0) ** (round(1.8 * 256) / 256)), note="'Grey'")


def _transcoded(profile: bytes | None, **options: Any) -> Shown:
    """From a JPEG file: libjxl computes it with more precision than libjpeg, and upsamples otherwise."""
    out = io.BytesIO()
    Image.fromarray(photo()).save(out, "JPEG", quality=95, subsampling=0, icc_profile=profile, **options)
    data = bytes(imagecodecs.jpegxl_encode_jpeg(out.getvalue()))
    stored = imagecodecs.jpegxl_decode(data)
    assert np.abs(stored - imagecodecs.jpeg8_decode(out.getvalue()).astype(int)).max() <= 6
    rgb = stored if profile is None else profiles.in_srgb((stored / 255.0) ** 2.2, profiles.P3)
    return Shown(data, rgb, within=0 if profile is None else 2, note=None if profile is None else "'wide'")


_BRG = (*profiles.SRGB[4:], *profiles.SRGB[:4])
_BRG_PROFILE = profiles.icc(b"RGB ", _BRG, 2.2, "brg")


def _channels_in_other_order(lossless: bool) -> Shown:
    """The first channel is blue, says the profile."""
    if lossless:
        seen = profiles.in_srgb((photo() / 255.0) ** 2.2, _BRG)
        return Shown(file("rgb", True, profile=_BRG_PROFILE), seen, within=2, note="'brg'")
    return _lossy_wide({"profile": _BRG_PROFILE}, _BRG, 2.2)


def _transcoded_and_turned(orientation: int) -> Shown:
    """A JPEG file with channels in another order and an orientation, which libjxl makes that of the codestream."""
    out = io.BytesIO()
    block = b"Exif\0\0" + exif(orientation)
    Image.fromarray(photo()).save(out, "JPEG", quality=95, subsampling=0, icc_profile=_BRG_PROFILE, exif=block)
    data = bytes(imagecodecs.jpegxl_encode_jpeg(out.getvalue()))
    stored = imagecodecs.jpegxl_decode(data, keeporientation=True)
    seen = profiles.in_srgb((SEEN[orientation](stored) / 255.0) ** 2.2, _BRG)
    return Shown(data, seen, within=2, note="'brg'")


def _transcoded_by_table() -> Shown:
    out = io.BytesIO()
    Image.fromarray(photo()).save(out, "JPEG", quality=95, subsampling=0, icc_profile=_LARGE)
    data = bytes(imagecodecs.jpegxl_encode_jpeg(out.getvalue()))
    grey = profiles.grey_of_lightness(100 * (imagecodecs.jpegxl_decode(data) / 255).mean(axis=2))
    return Shown(data, np.repeat(grey[..., None], 3, axis=2), within=2)


CASES["jxl profile, lossless"] = partial(_profile_lossless, "rgb")
CASES["jxl profile, lossless, transparent"] = partial(_profile_lossless, "rgba")
CASES["jxl profile by table, lossless"] = _profile_by_table
CASES["jxl profile for grey, lossless"] = _profile_grey
CASES["jxl profile, lossy"] = partial(_lossy_wide, {"profile": _WIDE}, profiles.P3, 2.2)
CASES["jxl profile, lossy, transparent"] = partial(_lossy_wide, {"profile": _WIDE}, profiles.P3, 2.2, "rgba")
CASES["jxl profile, lossy, turned"] = partial(_lossy_wide, {"profile": _WIDE}, profiles.P3, 2.2, "rgb", 6)
CASES["jxl profile for reading only, lossy"] = partial(_lossy_anyhow, "rgb", {"profile": _LARGE}, 2)
CASES["jxl profile for grey, lossy"] = partial(_lossy_anyhow, "grey", {"profile": _GREY_18}, 1)
CASES["jxl profile of channels in another order, lossless"] = partial(_channels_in_other_order, True)
CASES["jxl profile of channels in another order, lossy"] = partial(_channels_in_other_order, False)
for _n in (1, 3, 6, 8):
    CASES[f"jxl from jpeg, channels in another order, turned {_n}"] = partial(_transcoded_and_turned, _n)
CASES["jxl from jpeg"] = partial(_transcoded, None)
CASES["jxl from jpeg, progressive"] = partial(_transcoded, None, progressive=True)
CASES["jxl from jpeg, profile"] = partial(_transcoded, _WIDE)
CASES["jxl from jpeg, profile by table"] = _transcoded_by_table


# Channels that are no transparency.


def _other_channel(kind: int) -> Shown:
    return Shown(file("rgba", True, channel=kind), photo(), within=0)


for _name, _kind in (("depth", 1), ("selection mask", 3), ("optional", 16)):
    CASES[f"jxl channel of {_name}"] = partial(_other_channel, _kind)


# Containers and large headers.


def _box(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body) + 8) + kind + body


def _boxed(pieces: int) -> Shown:
    bare = encoded("rgb", False)
    ends = np.linspace(0, len(bare), pieces + 1).astype(int) if pieces < 9 else [0, 1, 2, 3, 5, 8, 9, len(bare)]
    data = b"\0\0\0\x0cJXL \r\n\x87\n" + _box(b"ftyp", b"jxl \0\0\0\0jxl ")
    for number, (start, end) in enumerate(itertools.pairwise(ends)):
        last = 1 << 31 if end == len(bare) else 0
        data += _box(b"jxlp", struct.pack(">I", number | last) + bare[start:end])
    return Shown(data, samples_of("rgb", False)[0])


CASES["jxl in two boxes"] = partial(_boxed, 2)
CASES["jxl in boxes of a few bytes"] = partial(_boxed, 9)
for _size in (3000, 70_000):
    for _lossless, _called in ((True, "lossless"), (False, "lossy")):
        CASES[f"jxl header of {_size} bits, {_called}"] = partial(
            lambda size, lossless: Shown(file("rgb", lossless, extension=size), samples_of("rgb", lossless)[0]),
            _size,
            _lossless,
        )
CASES["jxl large header and profile, lossy"] = partial(
    _lossy_wide, {"profile": _WIDE, "extension": 40_000}, profiles.P3, 2.2
)
