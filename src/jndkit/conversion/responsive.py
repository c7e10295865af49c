"""Responsive sets: a picture in several formats and widths, each judged at the size that it is shown at."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from jndkit.codecs import CODECS, card, codec
from jndkit.conversion.markup import TYPES, File, picture_element
from jndkit.errors import CodecError, TargetError, UsageError
from jndkit.evidence import Row
from jndkit.opening import opened
from jndkit.picture import Picture, check_width, resampled
from jndkit.pipeline import Encoded, run
from jndkit.settings import Settings
from jndkit.version import VERSION

MANIFEST = ".json"
MADE_BY = "urn:jndkit:mark:1"
"""What tells a manifest and a page of ours from other people's files."""

_TOLD = ("codec", "knob", "width", "height", "bytes", "jnd", "viewers", "interval", "encodes")


@dataclass(frozen=True)
class Variants:
    """codecs: specs, each of another format.  widths: pixels across, of which no picture is made larger.

    sizes: how wide pages show the pictures, as the attribute of that name says it; None for as wide as the window.
    Raises UsageError for formats that no browser shows, for two specs of one format, and for `auto`; MissingError.
    """

    codecs: tuple[str, ...]
    widths: tuple[int, ...]
    sizes: str | None = None

    def __post_init__(self) -> None:
        if not self.codecs or not self.widths:
            raise UsageError("a responsive set needs --variants and --widths")
        for width in self.widths:
            check_width(width)
        suffixes = dict[str, str]()
        for spec in self.codecs:
            if spec == "auto":
                raise UsageError("--variants names its codecs: auto makes one file of a picture")
            made = codec(spec)
            if made.suffix not in TYPES:
                raise UsageError(f"--variants {spec}: no browser shows {made.suffix} files")
            if made.spec == card(made.name).jpeg_mode:
                raise UsageError(f"--variants {spec}: it carries a JPEG file as it is, which has one width")
            if made.suffix in suffixes:
                raise UsageError(f"--variants: {suffixes[made.suffix]} and {spec} both write {made.suffix} files")
            suffixes[made.suffix] = spec

    def widths_of(self, own: int) -> list[int]:
        """The widths of a picture, smallest first; in place of all that are larger than its own stands that."""
        return sorted({min(width, own) for width in self.widths})

    def __str__(self) -> str:
        """As the command line has it."""
        widths = ",".join(f"{width}" for width in self.widths)
        return f"{','.join(self.codecs)} {widths}" + (f" {self.sizes}" if self.sizes else "")


def parsed(codecs: str | None, widths: str | None, sizes: str | None = None) -> Variants | None:
    """The variants that options name: "avif:s6,444,jpeg" and "480,960"; None for neither.

    Raises UsageError as `Variants`, and for what is no number.
    """
    if codecs is None and widths is None:
        if sizes is not None:
            raise UsageError("--sizes is for pages: it needs --variants and --widths")
        return None
    try:
        numbers = tuple(int(width) for width in (widths or "").split(",") if width)
    except ValueError:
        raise UsageError(f"--widths {widths}: whole numbers with commas between them are expected") from None
    return Variants(tuple(_specs(codecs or "")), numbers, sizes)


def _specs(text: str) -> list[str]:
    """A comma parts codecs, and a codec's options too: what names no codec goes with the one before it."""
    specs: list[str] = []
    for part in filter(None, text.split(",")):
        if specs and ":" in specs[-1] and ":" not in part and part != "auto" and part not in CODECS:
            specs[-1] += f",{part}"
        else:
            specs.append(part)
    return specs


@dataclass(frozen=True)
class ResponsiveSet:
    """row: of the smallest file of the largest width, with all in `variants`.  files: name and bytes of each.

    manifest: JSON that says it all; it is written last. None, as files are then empty, where the row says why.
    """

    row: Row
    files: tuple[tuple[str, bytes], ...] = ()
    manifest: bytes | None = None


def responsive_set(
    source: str | Path | Picture, target: str, settings: Settings, variants: Variants, *, name: str | None = None
) -> ResponsiveSet:
    """All files of a picture, none of which is written here.

    target: its name below the destination, without suffix: photos/lake makes photos/lake-480.avif, and
        photos/lake.html, whose `<picture>` names them.  name: of the picture, where that of its file is none.
    A codec that cannot meet the target at one of the widths is left out, with a note.
    Raises what `pipeline.encode` raises, and TargetError where all codecs are left out.
    """
    picture = opened(source, max_pixels=settings.max_pixels, damaged=settings.damaged)
    if picture.marked and not settings.force:
        return ResponsiveSet(run(picture, settings).row)
    made, left_out = list[tuple[int, Encoded]](), list[str]()
    for spec in variants.codecs:
        try:
            made += list(_of_codec(picture, replace(settings, codec=spec), variants))
        except (TargetError, CodecError) as error:
            if isinstance(error, TargetError) and len(left_out) + 1 == len(variants.codecs):
                raise
            left_out.append(f"{spec} is left out: {error}")
    if not made:
        raise CodecError(left_out[-1])
    return _gathered(picture, target, made, left_out, variants, name or Path(picture.name).name)


def _of_codec(picture: Picture, settings: Settings, variants: Variants) -> Iterator[tuple[int, Encoded]]:
    """Every width in one format, with that width."""
    for width in variants.widths_of(picture.width):
        narrower = width if width < picture.width else None
        # All are wanted, whether or not they are smaller than the input.
        own = replace(settings, width=narrower, force=True)
        yield width, run(resampled(picture, narrower), own)


def _gathered(
    picture: Picture,
    target: str,
    made: list[tuple[int, Encoded]],
    left_out: list[str],
    variants: Variants,
    own_name: str,
) -> ResponsiveSet:
    stem = target.rpartition("/")[2]
    rows, files, named = list[dict[str, Any]](), list[tuple[str, bytes]](), list[File]()
    for width, encoded in made:
        row, data = encoded.row, encoded.data
        if data is None or row.width is None or row.height is None:
            raise RuntimeError("a variant without a file")
        name = f"{stem}-{width}{encoded.suffix}"
        files.append((f"{target}-{width}{encoded.suffix}", data))
        named.append(File(name, row.width, row.height, len(data)))
        told = {key: getattr(row, key) for key in _TOLD}
        rows.append({"file": name, "type": TYPES[encoded.suffix], **told, "sha256": row.output_sha256})
    whole = _foremost(made)
    whole.variants = rows
    whole.notes += left_out
    whole.encodes = sum(encoded.row.encodes for _, encoded in made)
    whole.seconds = sum(encoded.row.seconds or 0.0 for _, encoded in made)
    html = picture_element(named, variants.sizes)
    files.append((f"{target}.html", f"{html}<!-- {MADE_BY} -->\n".encode()))
    manifest = _manifest(picture, own_name, whole, html)
    whole.output_sha256 = hashlib.sha256(manifest).hexdigest()
    return ResponsiveSet(whole, tuple(files), manifest)


def _foremost(made: list[tuple[int, Encoded]]) -> Row:
    """The row of the smallest file of the largest width."""
    widest = max(width for width, _ in made)
    return min((encoded.row for width, encoded in made if width == widest), key=lambda row: row.bytes or 0)


def _manifest(picture: Picture, name: str, row: Row, html: str) -> bytes:
    told = {
        "made_by": MADE_BY,
        "version": VERSION,
        "picture": {
            "name": name,
            "sha256": row.input_sha256,
            "width": picture.width,
            "height": picture.height,
        },
        "target": row.target,
        "observer": row.observer,
        "protocol": row.protocol,
        "viewing": row.viewing,
        "ppd": row.ppd,
        "files": json.loads(row.to_json())["variants"],
        "html": html,
    }
    return json.dumps(told, indent=1, ensure_ascii=False).encode() + b"\n"
