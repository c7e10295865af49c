"""Pages that stand alone in one file, opened from disk: no other file, no network, and nothing from a row is markup."""

from __future__ import annotations

import base64
import hashlib
import html
import json
import os
import re
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

from jndkit.errors import OutputError
from jndkit.picture import write_atomic
from jndkit.report.images import Image64
from jndkit.version import VERSION

MARK = "<!-- made by jndkit -->"
"""What pages of ours begin with, after their doctype."""
LOOK = ("controls.js", "painting.js", "look.js")
"""The scripts of the look, each after those that it imports."""
ASSETS = Path(__file__).with_name("assets")
_DOCTYPE = "<!doctype html>"
_IMPORT = re.compile(r'^import \{[^}]*\} from "\./[\w-]+\.js";\n', flags=re.M)


def escaped(text: object) -> str:
    """Text for an element or an attribute in quotes."""
    # Names of files are bytes: what is no UTF-8 in them is a lone surrogate, which no page can hold.
    return html.escape(str(text).encode("utf-8", "replace").decode("utf-8"))


def named(text: object) -> str:
    """The name of a file, which turns none of its neighbours round where it is written from right to left."""
    return f"<bdi>{escaped(text)}</bdi>"


def data_block(name: str, value: Any) -> str:
    """A value as JSON in an element that is never run; `embeddedJson` of the page's script reads it."""
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    # Nothing of it can then end the element.
    text = text.encode("utf-8", "replace").decode("utf-8").replace("<", "\\u003c")
    return f'<script type="application/json" id="{name}">{text}</script>\n'


def picture_block(name: str, image: Image64) -> str:
    """A picture in such an element, for `embeddedPicture`."""
    return f'<script type="text/plain" id="{name}" data-type="{image.type}">{image.text}</script>\n'


def page(title: str, body: Iterable[str], *, scripts: tuple[str, ...], styles: tuple[str, ...]) -> bytes:
    """The file. body: its elements.  scripts: files of assets/, each after those that it imports; one module."""
    script, style = bundled(scripts), "".join(asset(name) for name in styles)
    policy = (
        f"default-src 'none'; script-src '{_hash(script)}'; style-src '{_hash(style)}'; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )
    head = (
        f'{_DOCTYPE}\n{MARK}\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f'<meta name="generator" content="jndkit {VERSION}">\n'
        f"<title>{escaped(title)}</title>\n<style>{style}</style>\n</head>\n<body>\n"
    )
    tail = f'<script type="module">{script}</script>\n</body>\n</html>\n'
    return b"".join(part.encode() for part in (head, *body, tail))


def write_page(path: str | Path, data: bytes, *, force: bool = False) -> None:
    """Write a page, in the place of an earlier one too; any other file is kept unless `force`. Raises OutputError."""
    write_atomic(path, data, force=force or is_page(path))


def check_page(path: str | Path, *, force: bool = False, of: Iterable[str] = ()) -> None:
    """Raises OutputError where a page could not be written, before there is any work done for it.

    of: files that it is made of, which it never replaces.
    """
    place = Path(path)
    if any(os.path.exists(file) and place.exists() and os.path.samefile(file, place) for file in of):
        raise OutputError(path, "the page is made of this file, and does not replace it")
    if place.is_dir():
        raise OutputError(path, "it is a folder")
    if not place.parent.is_dir():
        raise OutputError(path, "the folder it would go to does not exist")
    if place.exists() and not (force or is_page(path)):
        raise OutputError(path, "the file exists; use --force to replace it")


def is_page(path: str | Path) -> bool:
    """Whether a file is a page of ours."""
    start = f"{_DOCTYPE}\n{MARK}\n".encode()
    try:
        with open(path, "rb") as file:
            return file.read(len(start)) == start
    except (OSError, ValueError):
        return False


@cache
def asset(name: str) -> str:
    """The text of a file of assets/."""
    return (ASSETS / name).read_text(encoding="utf-8")


def bundled(names: Iterable[str]) -> str:
    """Modules one after the other, as one: their imports of each other are left out."""
    return "".join(_IMPORT.sub("", asset(name)) for name in names)


def _hash(text: str) -> str:
    """As a content security policy names an element by what stands in it."""
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"
