"""A picture in several formats and widths, as a page names it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from urllib.parse import quote

TYPES = {
    ".jpg": "image/jpeg",
    ".png": "image/png",
    ".webp": "image/webp",
    ".avif": "image/avif",
    ".jxl": "image/jxl",
    ".heic": "image/heic",
}
"""Suffix -> media type of what browsers show, what the most of them show first."""


@dataclass(frozen=True)
class File:
    """One file of a set. name: without folders.  width, height: pixels.  bytes: its size."""

    name: str
    width: int
    height: int
    bytes: int

    @property
    def suffix(self) -> str:
        return self.name[self.name.rfind(".") :]


def picture_element(files: Sequence[File], sizes: str | None = None, alt: str = "") -> str:
    """The `<picture>` element of a set, for a page in the same folder.

    files: every format at the same widths.  sizes: how wide the page shows it, for the attribute of that name; by
        default as wide as the window, and no wider than the largest file.
    Formats come in the order of preference, which is that of their bytes, as all look the same: a browser takes the
    first that it knows. What the most browsers know is what the others get; formats that are larger than it are not
    named. Source: HTML Standard, section 4.8.4, embedded content: images.
    """
    widest = max(file.width for file in files)
    shown = sizes or f"(max-width: {widest}px) 100vw, {widest}px"
    formats: dict[str, list[File]] = {}
    for file in files:
        formats.setdefault(file.suffix, []).append(file)
    last = min(formats, key=list(TYPES).index)
    total = {suffix: sum(file.bytes for file in group) for suffix, group in formats.items()}
    better = sorted((suffix for suffix in formats if total[suffix] < total[last]), key=lambda suffix: total[suffix])
    lines = ["<picture>"]
    lines += [
        f'  <source type="{TYPES[suffix]}" srcset="{_srcset(formats[suffix])}" sizes="{escape(shown)}">'
        for suffix in better
    ]
    full = max(formats[last], key=lambda file: file.width)
    lines.append(
        f'  <img src="{_url(full.name)}" srcset="{_srcset(formats[last])}" sizes="{escape(shown)}" '
        f'width="{full.width}" height="{full.height}" alt="{escape(alt)}">'
    )
    return "\n".join([*lines, "</picture>\n"])


def _srcset(files: Sequence[File]) -> str:
    ordered = sorted(files, key=lambda file: file.width)
    return ", ".join(f"{_url(file.name)} {file.width}w" for file in ordered)


def _url(name: str) -> str:
    """A relative address: spaces and commas part what stands in srcset, and a colon would begin a scheme."""
    return escape(quote(name, safe=""))
