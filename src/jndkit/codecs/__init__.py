"""Codecs: encode and decode, one binding a file. `codec("avif:s6,444")` configures one by its spec."""

from __future__ import annotations

import importlib
import importlib.metadata
import importlib.util
from dataclasses import dataclass
from typing import TYPE_CHECKING

from jndkit.codecs.contract import Codec, Knob
from jndkit.codecs.spec import checked, full_spec
from jndkit.errors import MissingError, UsageError, check_choice

if TYPE_CHECKING:
    from jndkit.codecs.spec import Grammar

__all__ = [
    "CODECS",
    "Card",
    "Codec",
    "Knob",
    "available",
    "by_suffix",
    "card",
    "codec",
    "full_spec",
    "parse",
    "versions",
]


@dataclass(frozen=True)
class Card:
    """One codec. where: module:class.  extra: what has to be installed with jndkit.  needs: that extra's module.

    suffix: of the files it writes.  also: other suffixes that mean the same format.
    pace: seconds for a megapixel, encoded and decoded, on two processors: the median of benchmarks/rows/codecs.jsonl.
    """

    name: str
    where: str
    extra: str | None
    summary: str
    suffix: str
    needs: str = "PIL"
    also: tuple[str, ...] = ()
    pace: float = 0.1


CODECS = {
    "jpeg": Card(
        "jpeg",
        "jndkit.codecs.pillow:Jpeg",
        None,
        "JPEG by libjpeg-turbo, progressive and optimised",
        ".jpg",
        also=(".jpeg", ".jpe", ".jfif"),
        pace=0.03,
    ),
    "webp": Card("webp", "jndkit.codecs.pillow:Webp", None, "WebP by libwebp, lossy or lossless", ".webp"),
    "avif": Card("avif", "jndkit.codecs.pillow:Avif", None, "AVIF by libavif and libaom", ".avif", pace=0.84),
    "heic": Card(
        "heic",
        "jndkit.codecs.heic:Heic",
        "codecs",
        "HEIC by libheif and x265 (GPL; HEVC is patent-encumbered)",
        ".heic",
        "pillow_heif",
        also=(".heif", ".hif"),
        pace=1.2,
    ),
    "jxl": Card(
        "jxl",
        "jndkit.codecs.jxl:Jxl",
        "codecs",
        "JPEG XL by libjxl, lossy or lossless",
        ".jxl",
        "imagecodecs",
        pace=0.49,
    ),
    "vvc": Card(
        "vvc",
        "jndkit.codecs.vvc:Vvc",
        "vvc",
        "VVC intra by vvenc in ffmpeg (a GPL build, run as a program)",
        ".jvvc",
        "imageio_ffmpeg",
        pace=6.4,
    ),
    "jndlic": Card(
        "jndlic",
        "jndkit.codecs.jndlic:JndLic",
        None,
        "JND-LIC, a learned codec guided by a JND map, in files of our own",
        ".jlic",
        "constriction",
        pace=2.7,
    ),
    "png": Card("png", "jndkit.codecs.pillow:Png", None, "PNG, lossless", ".png"),
}


def card(name: str) -> Card:
    """The card of a codec. Raises UsageError for a name that is not in the table."""
    check_choice("codec", name, CODECS)
    return CODECS[name]


def parse(spec: str) -> tuple[Codec, float | None]:
    """The codec a spec describes, and the setting it names, if any: `jpeg:420,q75` -> (JPEG 4:2:0, 75.0).

    Raises UsageError for unknown names, options and settings; MissingError where the codec is not installed.
    """
    name, colon, rest = spec.partition(":")
    found = card(name)
    if install := _install(found):
        raise MissingError(f"the codec {name}", install)
    module, _, attribute = found.where.partition(":")
    made = getattr(importlib.import_module(module), attribute)
    grammar: Grammar = made.grammar
    words, written = grammar.read(rest.split(",") if colon else [])
    built: Codec = made(**words)
    if written is None:
        return built, None
    if len(built.knob.grid) == 1:
        raise UsageError(f"{built.spec} has one setting only, and {spec!r} names another")
    return built, checked(name, built.knob, float(written))


def codec(spec: str) -> Codec:
    """The codec a spec describes: `jpeg`, `jpeg:444`, `webp:m6`, `avif:s6,444`, `jxl:lossless`.

    Raises UsageError for unknown names and options, and for a spec that names a setting; MissingError where the codec
    is not installed.
    """
    built, value = parse(spec)
    if value is not None:
        raise UsageError(f"{spec!r} names a setting, and only a codec is wanted here: write {built.spec}")
    return built


def available() -> dict[str, str]:
    """Codec name -> "" where it can be used, else the command that installs it."""
    return {name: _install(found) for name, found in CODECS.items()}


def by_suffix(suffix: str) -> str:
    """The codec that writes files of a suffix such as ".jpg". Raises UsageError where none does."""
    wanted = suffix.lower()
    for name, found in CODECS.items():
        if wanted == found.suffix or wanted in found.also:
            return name
    known = ", ".join(found.suffix for found in CODECS.values())
    raise UsageError(f"no codec writes {suffix or 'files without a suffix'}: choose {known}")


def versions(name: str) -> dict[str, str]:
    """Library -> version of all that decides a codec's bytes. Raises UsageError and MissingError as `codec` does."""
    if install := _install(card(name)):
        raise MissingError(f"the codec {name}", install)
    from jndkit.codecs.doctor import libraries

    return libraries(name)


def _install(found: Card) -> str:
    if found.extra is not None:
        return "" if importlib.util.find_spec(found.needs) else f"pip install 'jndkit[{found.extra}]'"
    if found.name == "jndlic":
        return _install_weights(found.needs)
    if found.name in ("webp", "avif"):
        from PIL import features

        return "" if features.check(found.name) else "pip install --upgrade 'pillow>=13'"
    return ""


def _install_weights(module: str) -> str:
    from jndkit import weights

    if importlib.util.find_spec(module) is None:
        return "pip install 'constriction>=0.5'"
    name = weights.CURRENT.get("jndlic", "jndlic")
    there = any((folder / f"{name}-tables.toml").is_file() for folder in weights.folders())
    return "" if there else "pip install --force-reinstall jndkit"
