"""A page's own files: a fixed list, made when the server starts. An address names one of them or none."""

from __future__ import annotations

from pathlib import Path

from jndkit.report.page import ASSETS

PAGE = Path(__file__).with_name("page")
INDEX = "index.html"
_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".jpg": "image/jpeg",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".webmanifest": "application/manifest+json",
    ".webp": "image/webp",
}
"""By suffix, of files that come with the package. What clients send is never sent back as HTML or SVG."""


def page_files(*homes: Path) -> dict[str, tuple[Path, str]]:
    """Name below /page/ -> the file and its media type. What reports share with pages is among them.

    homes: folders, or single files.
    """
    found = {}
    for home in (ASSETS, *homes):
        for path in [home] if home.is_file() else sorted(home.rglob("*")):
            kind = _TYPES.get(path.suffix)
            if kind is not None and path.is_file() and not path.is_symlink():
                name = path.name if path == home else path.relative_to(home).as_posix()
                found[name] = path, kind
    return found
