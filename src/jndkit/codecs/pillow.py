"""WebP (libwebp), AVIF (libavif, libaom) and PNG, as Pillow's wheels bring them.

Pillow passes on neither libwebp's near-lossless mode, for which there is no option, nor its sharp YUV conversion.
"""

from __future__ import annotations

import importlib.metadata
import struct
import zlib
from collections.abc import Callable
from io import BytesIO
from typing import Any

from PIL import Image, features

from jndkit.codecs.card import Card
from jndkit.codecs.contract import Knob, checked
from jndkit.codecs.encoding import check_size, failing, one_channel, read_back, samples, tiff_block
from jndkit.codecs.spec import Grammar, Option
from jndkit.codecs.webp_sharp import INSTALL, present as sharp_present, sharp_webp, versions as sharp_versions
from jndkit.errors import MissingError
from jndkit.picture import Picture, png_bytes
from jndkit.picture.metadata.xmp import mark_xmp
from jndkit.picture.silence import quiet_pillow

LOSSLESS_KNOB = Knob("lossless", 0, 0, 1, True, values=(0,))

# The lowest quality of each of libavif's 64 quantisers; the qualities between repeat the bytes of the one below.
_AVIF_QUALITIES = tuple(
    float(quality)
    for quality in (
        *(0, 3, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30, 32, 34, 35, 37, 39, 40, 42, 44, 45, 47, 49, 50, 52),
        *(54, 55, 56, 58, 59, 60, 62, 63, 64, 66, 67, 68, 70, 71, 72, 74, 75, 76, 78, 79, 80, 82, 83, 84, 86, 87, 88),
        *(90, 91, 92, 94, 95, 96, 98, 99, 100),
    )
)


class Webp:
    """WebP: lossy is 4:2:0, with `sharp` by a conversion that keeps the edges of colour; lossless keeps all planes.

    Alpha is always lossless.
    """

    grammar = Grammar(
        "webp",
        (Option("method", tuple(f"m{n}" for n in range(7)), "m4"), Option("mode", ("lossless", "sharp"), "")),
        "q",
    )

    def __init__(self, method: str = "m4", mode: str = "") -> None:
        self.name = "webp"
        self.suffix = ".webp"
        self.spec = self.grammar.spec(method=method, mode=mode)
        self.method = int(method[1:])
        self.mode = mode
        if mode == "sharp" and not sharp_present():
            raise MissingError("webp:sharp", INSTALL)
        self.chroma = {"lossless": "444", "sharp": "sharp"}.get(mode, "420")
        self.knob = LOSSLESS_KNOB if mode == "lossless" else Knob("quality", 0, 100, 1, True)
        self.carries = frozenset({"alpha", "icc", "exif", "xmp"})  # not "grey": VP8 always has chroma
        modes = ("", "sharp") if sharp_present() else ("",)
        # Best effort may be slower than what was asked, and not faster.
        tried = [self.grammar.spec(method=m, mode=other) for other in modes for m in dict.fromkeys((method, "m6"))]
        self.options = tuple(spec for spec in tried if spec != self.spec) if mode != "lossless" else ()
        self.lossless: str | None = f"webp:{method},lossless"
        self.block_limit: int | None = None

    def encode(self, picture: Picture, value: float) -> bytes:
        checked(self.name, self.knob, value)
        check_size(self.name, picture, 16383)  # VP8 has 14 bits for a side
        metadata = _metadata(picture)
        with failing(self.name, "encoder"):
            if self.mode == "sharp":
                blocks = {"icc": picture.icc or b"", "exif": metadata["exif"] or b"", "xmp": metadata["xmp"] or b""}
                return sharp_webp(samples(picture, self.carries), int(value), self.method, **blocks)
            lossless = self.mode == "lossless"
            settings: dict[str, Any] = {
                "lossless": lossless,
                # In lossless mode this is libwebp's effort, of which the last quarter costs ten times the rest.
                "quality": 75 if lossless else value,
                "method": self.method,
                "alpha_quality": 100,  # 100 is lossless
                "exact": False,  # colour below full transparency, which nobody sees, may go
                **metadata,
            }
            return _saved(picture, self.carries, "WEBP", settings)

    def decode(self, data: bytes) -> Picture:
        return read_back(self.name, data)


class Avif:
    """AVIF by libaom. Grey pictures are written as 4:0:0."""

    grammar = Grammar(
        "avif",
        (
            Option("speed", tuple(f"s{n}" for n in range(11)), "s6"),
            Option("chroma", ("420", "444"), "420"),
            Option("tune", ("iq", "psnr", "ssim", "ssimulacra2"), ""),
        ),
        "q",
    )

    def __init__(self, speed: str = "s6", chroma: str = "420", tune: str = "") -> None:
        self.name = "avif"
        self.suffix = ".avif"
        self.spec = self.grammar.spec(speed=speed, chroma=chroma, tune=tune)
        self.speed = int(speed[1:])
        self.chroma = chroma
        self.tune = tune
        self.knob = Knob("quality", 0, 100, 1, True, values=_AVIF_QUALITIES)
        self.carries = frozenset({"alpha", "icc", "exif", "xmp", "grey"})
        # Best effort may be slower than what was asked, and not faster.
        speeds = {s for s in (speed, "s4") if int(s[1:]) <= self.speed}
        tried = {self.grammar.spec(speed=s, chroma=c, tune=tune) for s in speeds for c in ("420", "444")}
        self.options: tuple[str, ...] = tuple(sorted(tried - {self.spec}))
        self.lossless: str | None = None
        self.block_limit: int | None = None

    def encode(self, picture: Picture, value: float) -> bytes:
        quality = int(checked(self.name, self.knob, value))
        # The format allows 65,536, but libavif reads no more than this.
        check_size(self.name, picture, 32768)
        settings: dict[str, Any] = {
            "quality": quality,
            "speed": self.speed,
            "subsampling": "4:0:0" if one_channel(picture, self.carries) else f"4:{self.chroma[1]}:{self.chroma[2]}",
            # One thread codes other bytes than many; two code what any larger number codes.
            "max_threads": 2,
            "autotiling": False,  # tiles are coded apart, which costs bytes
            # Of the colour alone: alpha has none. libavif's own choice is "iq", where its libaom has that.
            "advanced": {"color:tune": self.tune} if self.tune else {},
            **_metadata(picture),
        }
        with failing(self.name, "encoder"):
            return _saved(picture, self.carries, "AVIF", settings)

    def decode(self, data: bytes) -> Picture:
        return read_back(self.name, data)


class Png:
    """PNG: one setting, no loss."""

    grammar = Grammar("png", (), "")

    def __init__(self) -> None:
        self.name = "png"
        self.suffix = ".png"
        self.spec = self.grammar.spec()
        self.chroma = "444"
        self.knob = LOSSLESS_KNOB
        self.carries = frozenset({"alpha", "icc", "exif", "xmp", "grey"})
        self.options: tuple[str, ...] = ()
        self.lossless: str | None = "png"
        self.block_limit: int | None = None

    def encode(self, picture: Picture, value: float) -> bytes:
        checked(self.name, self.knob, value)
        with failing(self.name, "encoder"):
            return png_bytes(picture, effort="best")

    def decode(self, data: bytes) -> Picture:
        return read_back(self.name, data)


def _metadata(picture: Picture) -> dict[str, bytes | None]:
    """Profile, EXIF and XMP, with the mark in it, as Pillow takes them for formats that hold them whole."""
    exif, xmp = tiff_block(picture.exif) or b"", mark_xmp(picture.xmp, picture.mark)
    return {"icc_profile": picture.icc, "exif": exif, "xmp": xmp}


def _saved(picture: Picture, carries: frozenset[str], name: str, settings: dict[str, Any]) -> bytes:
    file = BytesIO()
    with quiet_pillow():  # it warns of what it finds odd in EXIF blocks
        Image.fromarray(samples(picture, carries)).save(file, name, **settings)
    return file.getvalue()


def png_sealed(data: bytes) -> bytes:
    """A PNG file with the checksum of every chunk made true."""
    parts, start = [data[:8]], 8
    while start < len(data):
        (length,) = struct.unpack_from(">I", data, start)
        end = start + 8 + length
        # The checksum of a chunk covers its kind and content, not its length.
        parts += [data[start:end], struct.pack(">I", zlib.crc32(data[start + 4 : end]))]
        start = end + 4
    return b"".join(parts)


def _versions(**libraries: str) -> dict[str, str]:
    return {"pillow": importlib.metadata.version("pillow"), **libraries}


def _webp_versions() -> dict[str, str]:
    return _versions(libwebp=features.version("webp") or "unknown")


def _avif_versions() -> dict[str, str]:
    from PIL.AvifImagePlugin import get_codec_version

    # libavif takes the first of these that it was built with.
    coders = {"libaom": "aom", "rav1e": "rav1e", "svt": "svt"}
    versions = ((library, get_codec_version(coder)) for library, coder in coders.items())
    coder = next(((library, version) for library, version in versions if version), None)
    return _versions(libavif=features.version("avif") or "unknown", **dict([coder] if coder else []))


def _built_with(feature: str) -> Callable[[], bool]:
    """Pillow can be built without some formats; its own wheels have them all."""
    return lambda: bool(features.check(feature))


_UPGRADE = "pip install --upgrade pillow"

WEBP = Card(
    name="webp",
    codec=Webp,
    summary="WebP by libwebp, lossy or lossless",
    licence="BSD-3-Clause (libwebp)",
    suffix=".webp",
    install=_UPGRADE,
    present=_built_with("webp"),
    versions=_webp_versions,
    spec_versions=lambda spec: sharp_versions() if "sharp" in spec else _webp_versions(),
    auto=True,
    sweep=(10, 30, 55, 75, 86, 93, 97),
)
AVIF = Card(
    name="avif",
    codec=Avif,
    summary="AVIF by libavif and libaom",
    licence="BSD-2-Clause (libavif, libaom)",
    suffix=".avif",
    install=_UPGRADE,
    present=_built_with("avif"),
    versions=_avif_versions,
    pace=0.84,
    auto=True,
    sweep=(24, 34, 44, 54, 64, 76, 88),
)
PNG = Card(
    name="png",
    codec=Png,
    summary="PNG, lossless",
    licence="zlib",
    suffix=".png",
    install=_UPGRADE,
    versions=lambda: _versions(zlib=features.version("zlib") or "unknown"),
    seal=png_sealed,
)
