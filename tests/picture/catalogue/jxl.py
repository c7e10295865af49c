"""JPEG XL: depths, transparency, orientation, profiles and named colour spaces, lossless, lossy and from JPEG files.

Encoders write one plain header; here it is replaced by one that says something else of the same coded samples. Lossy
samples are absolute colours, which look the same whatever space the header names.

Source: ISO/IEC 18181-1, annexes D and E.
"""

from __future__ import annotations

import io
import itertools
import struct
from functools import cache, partial
from typing import Any

import imagecodecs
import numpy as np
from PIL import Image

from jndkit.picture import jxl_header

from . import profiles
from .case import SEEN, Array, Cases, Shown, cover, deep, exif, light_of_srgb, photo, srgb_of_light

CASES: Cases = {}

Fields = list[tuple[int, int]]  # (value, width) pairs, least significant bit first
_DEFAULT: Fields = [(1, 1)]
_RGB, _GREY = 0, 1
_SRGB_CURVE, _LINEAR, _PQ, _DCI = 13, 8, 16, 17


def enum(value: int) -> Fields:
    return [(value, 2)] if value < 2 else [(2, 2), (value - 2, 4)]


def curve(number: int) -> Fields:
    return [(0, 1), *enum(number)]


def power(exponent: float) -> Fields:
    return [(1, 1), (round(1e7 / exponent), 24)]


def _xy(*values: float) -> Fields:
    fields: Fields = []
    for value in values:  # all below 0.524288 after doubling, or in the second class
        packed = 2 * round(value * 1e6)
        kind, base, width = ((0, 0, 19), (1, 524288, 19), (2, 1048576, 20))[(packed >= 524288) + (packed >= 1048576)]
        fields += [(kind, 2), (packed - base, width)]
    return fields


def space(white: Fields, primaries: Fields, transfer: Fields, kind: int = _RGB) -> Fields:
    """A named colour space of relative intent."""
    return [(0, 1), (0, 1), *enum(kind), *white, *([] if kind == _GREY else primaries), *transfer, *enum(1)]


_D65, _E = enum(1), enum(10)
_SRGB, _2020, _P3 = enum(1), enum(9), enum(11)
_GREY_SPACE = space(_D65, [], curve(_SRGB_CURVE), _GREY)


def head(
    pixels: Array,
    *,
    bits: int = 8,
    alpha_bits: int | None = None,
    xyb: bool = False,
    colour: Fields | None = None,
    orientation: int = 1,
    premultiplied: bool = False,
    channel: int = 0,
    extension: int = 0,
    profile: bytes | None = None,
) -> bytes:
    """Signature and headers of a picture of these pixels, none of whose sides can be told in a few bits."""
    height, width = pixels.shape[:2]
    planes = 1 if pixels.ndim == 2 else pixels.shape[2]
    grey, alpha = planes < 3, planes in (2, 4)
    fields: Fields = [(0, 1), (0, 2), (height - 1, 9), (0, 3), (0, 2), (width - 1, 9)]
    further = orientation != 1
    depth, alpha_depth = _depth(bits), _depth(alpha_bits or bits)
    fields += [(0, 1), (further, 1)]
    if further:
        fields += [(orientation - 1, 3), (0, 3)]
    fields += [*depth, (bits <= 8 or xyb, 1), (alpha, 2)]
    if alpha:
        further_channel: Fields = [(0, 1), *enum(channel), *alpha_depth, (0, 2), (0, 2)]
        if channel == 0:
            further_channel += [(premultiplied, 1)]
        fields += further_channel if premultiplied or channel or (alpha_bits or bits) != 8 else [(1, 1)]
    fields += [(xyb, 1)]
    if profile is None:
        fields += colour or (_GREY_SPACE if grey else _DEFAULT)
    else:
        fields += [(0, 1), (1, 1), *enum(_GREY if grey else _RGB)]
    if further:
        fields += [(1, 1)]  # the default tone mapping
    if extension:
        fields += [(1, 2), (0, 4), (3, 2), (extension & 4095, 12), (1, 1), (extension >> 12, 8), (0, 1), (0, extension)]
    else:
        fields += [(0, 2)]
    fields += [(1, 1), *(_profile_bits(profile) if profile else [])]
    whole, at = 0, 0
    for value, size in fields:
        whole |= int(value) << at
        at += size
    return b"\xff\x0a" + whole.to_bytes(-(-at // 8), "little")


def _depth(bits: int) -> Fields:
    return [(0, 1), (0, 2)] if bits == 8 else [(0, 1), (3, 2), (bits - 1, 6)]


def _bare(data: bytes) -> bytes:
    """The codestream of a file in one box."""
    at = data.find(b"jxlc")
    return data if data[:2] == b"\xff\x0a" else data[at + 4 : at - 4 + int.from_bytes(data[at - 4 : at])]


@cache
def _encoded(name: str, lossless: bool) -> bytes:
    options: dict[str, Any] = {"lossless": True} if lossless else {"lossless": False, "distance": 0.5}
    return bytes(imagecodecs.jpegxl_encode(_PIXELS[name], usecontainer=False, **options))


_PIXELS = {
    "rgb": photo(),
    "grey": photo()[..., 1],
    "rgba": np.dstack([photo(), cover()]),
    "grey alpha": np.dstack([photo()[..., 1], cover()]),
}


def file(name: str, lossless: bool = True, **header: Any) -> bytes:
    """The picture of that name under another header."""
    data = _encoded(name, lossless)
    plain = head(_PIXELS[name], xyb=not lossless)
    if not data.startswith(plain):  # all defaults, which lossy colours can be
        plain = b"\xff\x0a" + _all_default(_PIXELS[name])
        assert data.startswith(plain)
    return head(_PIXELS[name], xyb=not lossless, **header) + data[len(plain) :]


def _all_default(pixels: Array) -> bytes:
    height, width = pixels.shape[:2]
    fields = [(0, 1), (0, 2), (height - 1, 9), (0, 3), (0, 2), (width - 1, 9), (1, 1), (1, 1)]
    whole, at = 0, 0
    for value, size in fields:
        whole |= value << at
        at += size
    return whole.to_bytes(-(-at // 8), "little")


@cache
def _profile_bits(profile: bytes) -> Fields:
    """A profile as libjxl codes it: cut out of a transcoded JPEG file that holds it."""
    out = io.BytesIO()
    grey = profile[16:20] == b"GRAY"
    Image.fromarray(photo()[..., 1] if grey else photo()).save(out, "JPEG", icc_profile=profile)
    data = bytes(imagecodecs.jpegxl_encode_jpeg(out.getvalue()))
    start, end = jxl_header.header(data, None).icc_at
    whole = int.from_bytes(jxl_header.codestream(data)[2:], "little")
    return [(whole >> start & ((1 << end - start) - 1), end - start)]


def _seen(name: str, lossless: bool) -> tuple[Array, Array | None]:
    """Code values and transparency; of lossy files by 16 bits, since libjxl dithers what it rounds to 8."""
    pixels = _PIXELS[name] if lossless else imagecodecs.jpegxl_decode(file(name, False, bits=16, alpha_bits=8)) / 257.0
    if name in ("rgb", "grey"):
        return pixels, None
    return (pixels[..., 0] if name == "grey alpha" else pixels[..., :3]), cover()


def _plain(name: str, lossless: bool) -> Shown:
    rgb, alpha = _seen(name, lossless)
    return Shown(_encoded(name, lossless), rgb, alpha, within=0 if lossless else 1)


def _turned(name: str, lossless: bool, orientation: int) -> Shown:
    rgb, alpha = _seen(name, lossless)
    turn = SEEN[orientation]
    data = file(name, lossless, orientation=orientation)
    return Shown(data, turn(rgb), None if alpha is None else turn(alpha), within=0 if lossless else 1)


for _name in _PIXELS:
    for _lossless, _called in ((True, "lossless"), (False, "lossy")):
        CASES[f"jxl {_name} {_called}"] = partial(_plain, _name, _lossless)
for _n in range(1, 9):
    CASES[f"jxl orientation {_n}"] = partial(_turned, "rgba", True, _n)
    CASES[f"jxl orientation {_n}, lossy"] = partial(_turned, "rgb", False, _n)


# Transparency of which the colours were multiplied.


def _premultiplied(name: str, colour: Fields | None, exponent: float | None) -> Shown:
    """What is stored of the pictures above is taken for premultiplied, as far as that is possible."""
    pixels, alpha = _seen(name, True)
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
    data = _bare(bytes(imagecodecs.jpegxl_encode(stored, lossless=True)))
    linear = space(_D65, _SRGB, curve(_LINEAR))
    plain = head(stored, bits=16, colour=linear)
    assert data.startswith(plain)
    share = colours / alpha[..., None].astype(float)
    data = head(stored, bits=16, premultiplied=True, colour=linear if exponent else None) + data[len(plain) :]
    return Shown(data, srgb_of_light(share) if exponent else 255 * share, alpha / 257.0)


_LINEAR_SPACE = space(_D65, _SRGB, curve(_LINEAR))
CASES["jxl premultiplied"] = partial(_premultiplied, "rgba", None, None)
CASES["jxl premultiplied grey"] = partial(_premultiplied, "grey alpha", None, None)
CASES["jxl premultiplied linear"] = partial(_premultiplied, "rgba", _LINEAR_SPACE, 1.0)
CASES["jxl premultiplied 16 bits"] = partial(_premultiplied_deep, None)
CASES["jxl premultiplied 16 bits, linear"] = partial(_premultiplied_deep, 1.0)


# More than 8 bits, and floating point.


def _deep(planes: int, named: bool) -> Shown:
    stored = deep(planes=planes)[..., 0] if planes == 1 else deep(planes=planes)
    data = _bare(bytes(imagecodecs.jpegxl_encode(stored, lossless=True)))
    kind = _RGB if planes > 2 else _GREY
    plain = head(stored, bits=16, colour=space(_D65, _SRGB, curve(_LINEAR), kind))
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
    rgb, alpha = _seen(name, False)
    return Shown(file(name, False, **header), np.rint(rgb), alpha, within=within)


def _lossy_wide(
    header: dict[str, Any],
    primaries: tuple[float, ...],
    exponent: float | None,
    name: str = "rgb",
    orientation: int = 1,
) -> Shown:
    """Neighbours among 8 bits of wide primaries lie up to 4 code values of sRGB apart in deep colours."""
    rgb, alpha = _seen(name, False)
    rgb = SEEN[orientation](rgb)
    native = profiles.from_srgb(rgb, primaries, exponent)
    data = file(name, False, orientation=orientation, **header)
    return Shown(data, np.rint(rgb), alpha, native=native, within=4)


_OWN = profiles.ADOBE
_WHITE_D50 = (0.3457, 0.3585)
for _name, (_colour, _primaries, _power, _within) in {
    "p3": (space(_D65, _P3, curve(_SRGB_CURVE)), profiles.P3, None, 2),
    "bt.2020": (space(_D65, _2020, curve(_SRGB_CURVE)), profiles.BT2020, None, 2),
    "linear": (_LINEAR_SPACE, profiles.SRGB, 1.0, 1),
    "gamma 2.2": (space(_D65, _SRGB, power(2.2)), profiles.SRGB, 2.2, 1),
    "gamma 1.8": (space(_D65, _SRGB, power(1.8)), profiles.SRGB, 1.8, 1),
    "gamma of cinema": (space(_D65, _SRGB, curve(_DCI)), profiles.SRGB, 2.6, 1),
    "own primaries": (space(_D65, [*enum(2), *_xy(*_OWN)], curve(_SRGB_CURVE)), _OWN, None, 2),
    "own primaries and gamma": (space(_D65, [*enum(2), *_xy(*_OWN)], power(2.2)), _OWN, 2.2, 2),
}.items():
    CASES[f"jxl lossless in {_name}"] = partial(_named_lossless, _colour, _primaries, _power, _within)
    if _primaries == profiles.SRGB:
        CASES[f"jxl lossy in {_name}"] = partial(_lossy_anyhow, "rgb", {"colour": _colour}, 1)
    else:
        # Beyond 8 bits a power is recoded, so that only the sRGB curve is rounded.
        CASES[f"jxl lossy in {_name}"] = partial(_lossy_wide, {"colour": _colour}, _primaries, None)
CASES["jxl lossy grey, linear"] = partial(_lossy_anyhow, "grey", {"colour": space(_D65, [], curve(_LINEAR), _GREY)}, 1)


def _hdr() -> Shown:
    data = file("rgb", True, colour=space(_D65, _2020, curve(_PQ)))
    return Shown(data, photo(), within=0, note="high dynamic range (PQ)")


def _own_white() -> Shown:
    colour = space([*enum(2), *_xy(*_WHITE_D50)], [*enum(2), *_xy(*_OWN)], curve(_SRGB_CURVE))
    seen = profiles.in_srgb(light_of_srgb(photo()), _OWN, _WHITE_D50)
    return Shown(file("rgb", True, colour=colour), seen, within=2)


CASES["jxl lossless in hdr"] = _hdr
CASES["jxl lossless with its own white"] = _own_white


# Profiles.

_WIDE = profiles.icc(b"RGB ", profiles.P3, 2.2, "wide")
_LARGE = profiles.lut(b"RGB ", 3, "table", grid=9)
_GREY_18 = profiles.icc(b"GRAY", profiles.SRGB, 1.8, "Grey")


def _profile_lossless(name: str) -> Shown:
    pixels, alpha = _seen(name, True)
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
    bare = _encoded("rgb", False)
    ends = np.linspace(0, len(bare), pieces + 1).astype(int) if pieces < 9 else [0, 1, 2, 3, 5, 8, 9, len(bare)]
    data = b"\0\0\0\x0cJXL \r\n\x87\n" + _box(b"ftyp", b"jxl \0\0\0\0jxl ")
    for number, (start, end) in enumerate(itertools.pairwise(ends)):
        last = 1 << 31 if end == len(bare) else 0
        data += _box(b"jxlp", struct.pack(">I", number | last) + bare[start:end])
    return Shown(data, _seen("rgb", False)[0])


CASES["jxl in two boxes"] = partial(_boxed, 2)
CASES["jxl in boxes of a few bytes"] = partial(_boxed, 9)
for _size in (3000, 70_000):
    for _lossless, _called in ((True, "lossless"), (False, "lossy")):
        CASES[f"jxl header of {_size} bits, {_called}"] = partial(
            lambda size, lossless: Shown(file("rgb", lossless, extension=size), _seen("rgb", lossless)[0]),
            _size,
            _lossless,
        )
CASES["jxl large header and profile, lossy"] = partial(
    _lossy_wide, {"profile": _WIDE, "extension": 40_000}, profiles.P3, 2.2
)
