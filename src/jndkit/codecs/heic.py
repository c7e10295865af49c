"""HEIC: HEVC intra by x265, through libheif. x265 is GPL and HEVC is patent-encumbered, so this is an extra."""

from __future__ import annotations

import importlib.metadata
from io import BytesIO
from typing import Any

from jndkit.codecs.card import Card, needs
from jndkit.codecs.contract import Knob, checked
from jndkit.codecs.encoding import check_size, failing, read_back, samples, tiff_block
from jndkit.codecs.spec import Grammar, Option
from jndkit.picture import Picture
from jndkit.picture.metadata.xmp import mark_xmp

_MODES = {1: "L", 2: "LA", 3: "RGB", 4: "RGBA"}  # channels to Pillow's names
# libheif gives x265 the rate factor (100 - quality) // 2; above 93 the quantiser is at its end.
_QUALITIES = (0.0, *(float(quality) for quality in range(1, 94, 2)))


class Heic:
    """HEIC. Grey pictures are written as one channel; alpha is coded at the quality of the colour."""

    grammar = Grammar("heic", (Option("chroma", ("420", "444"), "420"),), "q")

    def __init__(self, chroma: str = "420") -> None:
        self.name = "heic"
        self.suffix = ".heic"
        self.spec = self.grammar.spec(chroma=chroma)
        self.chroma = chroma
        self.knob = Knob("quality", 0, 100, 1, True, values=_QUALITIES)
        self.carries = frozenset({"alpha", "icc", "exif", "xmp", "grey"})
        self.options: tuple[str, ...] = tuple(f"heic:{other}" for other in ("420", "444") if other != chroma)
        self.lossless: str | None = None
        self.block_limit: int | None = None

    def encode(self, picture: Picture, value: float) -> bytes:
        # pillow_heif is imported where it is used, here and below: the card can be read without it.
        import pillow_heif

        quality = int(checked(self.name, self.knob, value))
        check_size(self.name, picture, 32768)
        with failing(self.name, "encoder"):
            pixels = samples(picture, self.carries)
            mode = _MODES[1 if pixels.ndim == 2 else pixels.shape[2]]
            image = pillow_heif.from_bytes(mode, (picture.width, picture.height), pixels.tobytes())
            settings: dict[str, Any] = {"xmp": mark_xmp(picture.xmp, picture.mark)}
            if exif := tiff_block(picture.exif):
                settings["exif"] = b"Exif\0\0" + exif
            if picture.icc is not None:
                settings["icc_profile"] = picture.icc
            # With no pool at all x265 codes other bytes; with one of any size, the same.
            parameters = {"x265:pools": "2", "chroma": self.chroma}
            file = BytesIO()
            image.save(file, quality=quality, enc_params=parameters, **settings)
            return file.getvalue()

    def decode(self, data: bytes) -> Picture:
        return read_back(self.name, data)


def versions() -> dict[str, str]:
    """Of pillow-heif, of libheif inside it, and of x265 where libheif names it."""
    import pillow_heif

    libraries = {"pillow-heif": importlib.metadata.version("pillow-heif"), "libheif": pillow_heif.libheif_version()}
    described = str(pillow_heif.libheif_info()["encoders"].get("x265", ""))  # "x265 HEVC encoder (4.1)"
    if "(" in described:
        libraries["x265"] = described.partition("(")[2].rstrip(")")
    return libraries


CARD = Card(
    name="heic",
    codec=Heic,
    summary="HEIC by libheif and x265 (GPL; HEVC is patent-encumbered)",
    licence="LGPL-3.0 (libheif), GPL-2.0 (x265)",
    suffix=".heic",
    also=(".heif", ".hif"),
    install="pip install 'jndkit[codecs]'",
    present=needs("pillow_heif"),
    versions=versions,
    pace=1.2,
    auto=True,
    sweep=(21, 27, 33, 39, 45, 51, 61),
)
