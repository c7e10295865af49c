"""JPEG XL by libjxl, through imagecodecs, in the container format that holds metadata.

imagecodecs writes no colour profile, so pictures are written in sRGB. It returns a bare codestream, around which the
boxes are put here: signature, `ftyp`, `Exif` (four bytes of offset, then a TIFF header), `xml `, `jxlc`. Of a JPEG file
it returns a container whose box `jbrd` tells how the file is made again; see `jxl_jpeg`.
Source: ISO/IEC 18181-2 (file format).
"""

from __future__ import annotations

import importlib.metadata

from jndkit.codecs.card import Card, needs
from jndkit.codecs.contract import Knob, checked
from jndkit.codecs.encoding import check_size, failing, read_back, samples, tiff_block
from jndkit.codecs.jxl_jpeg import jpeg_carried
from jndkit.codecs.pillow import LOSSLESS_KNOB
from jndkit.codecs.spec import Grammar, Option
from jndkit.errors import UsageError
from jndkit.picture import Picture
from jndkit.picture.formats.boxes import box
from jndkit.picture.metadata.xmp import mark_xmp

_JPEG_MODE = "jxl:jpeg"
_SIGNATURE = b"\x00\x00\x00\x0cJXL \r\n\x87\n"  # its line ends show a transfer that took the file for text
# Neighbours 2 to 7 % apart, as an eye would space them; each of them changes bytes.
_DISTANCES = (
    *(round(0.02 * n, 2) for n in range(2, 25)),
    *(round(0.05 * n, 2) for n in range(10, 40)),
    *(round(0.1 * n, 1) for n in range(20, 40)),
    *(round(0.25 * n, 2) for n in range(16, 33)),
    *(float(n) for n in range(9, 26)),
)


class Jxl:
    """JPEG XL: lossy in XYB with full chroma (VarDCT), lossless (modular), or a JPEG file carried bit for bit."""

    grammar = Grammar(
        "jxl",
        (Option("effort", tuple(f"e{n}" for n in range(1, 10)), "e7"), Option("mode", ("lossless", "jpeg"), "")),
        "d",
    )

    def __init__(self, effort: str = "e7", mode: str = "") -> None:
        self.name = "jxl"
        self.suffix = ".jxl"
        self.spec = self.grammar.spec(effort=effort, mode=mode)
        if mode == "jpeg":
            if effort != "e7":
                raise UsageError(f"jxl:jpeg has no effort: leave {effort} out")
            self.spec = _JPEG_MODE
        self.effort = int(effort[1:])
        self.chroma = "444"
        # 25 is libjxl's end.
        self.knob = LOSSLESS_KNOB if mode else Knob("distance", 0.01, 25, 0.01, False, values=_DISTANCES)
        self.carries = frozenset({"alpha", "exif", "xmp", "grey", *(("icc", "gain map") if mode == "jpeg" else ())})
        self.options: tuple[str, ...] = () if mode or effort == "e9" else ("jxl:e9",)
        self.lossless: str | None = _JPEG_MODE if mode == "jpeg" else f"jxl:{effort},lossless"
        self.block_limit: int | None = None

    def encode(self, picture: Picture, value: float) -> bytes:
        # imagecodecs is imported where it is used, here and below: the card can be read without it.
        import imagecodecs

        checked(self.name, self.knob, value)
        # Level 5 of ISO/IEC 18181-1; what is larger would need a `jxll` box that names level 10.
        check_size(self.name, picture, 1 << 18, 1 << 28)
        if self.spec == _JPEG_MODE:
            return jpeg_carried(picture)
        with failing(self.name, "encoder"):
            pixels = samples(picture, self.carries)
            if self.spec == self.lossless:
                stream = imagecodecs.jpegxl_encode(pixels, lossless=True, effort=self.effort, numthreads=2)
            else:
                stream = imagecodecs.jpegxl_encode(pixels, distance=float(value), effort=self.effort, numthreads=2)
            return container(bytes(stream), tiff_block(picture.exif), mark_xmp(picture.xmp, picture.mark))

    def decode(self, data: bytes) -> Picture:
        return read_back(self.name, data)


def container(codestream: bytes, exif: bytes | None, xmp: bytes | None) -> bytes:
    """A JPEG XL file around a bare codestream. exif: from its TIFF header on."""
    boxes = [_SIGNATURE, box(b"ftyp", b"jxl \0\0\0\0jxl ")]
    if exif:
        boxes.append(box(b"Exif", bytes(4) + exif))
    if xmp:
        boxes.append(box(b"xml ", xmp))
    return b"".join([*boxes, box(b"jxlc", codestream)])


def versions() -> dict[str, str]:
    """Of imagecodecs and of libjxl inside it."""
    import imagecodecs

    libjxl = str(imagecodecs.jpegxl_version()).removeprefix("libjxl ")
    return {"imagecodecs": importlib.metadata.version("imagecodecs"), "libjxl": libjxl}


CARD = Card(
    name="jxl",
    codec=Jxl,
    summary="JPEG XL by libjxl, lossy or lossless",
    licence="BSD-3-Clause (libjxl)",
    suffix=".jxl",
    install="pip install 'jndkit[codecs]'",
    present=needs("imagecodecs"),
    versions=versions,
    pace=0.49,
    auto=True,
    jpeg_mode=_JPEG_MODE,
    sweep=(7.5, 5, 3.6, 2.6, 1.8, 1.2, 0.8),
)
