"""jnd decode"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from jndkit.cli import options, printing
from jndkit.errors import UsageError


def decode(
    file: Annotated[
        str, typer.Argument(metavar="FILE", help="Any picture that can be read, .jvvc and .jlic included.")
    ],
    output: Annotated[
        str | None,
        typer.Option(
            "--output", "-o", metavar="FILE.png|-", help="The PNG to write.", show_default="FILE with the suffix .png"
        ),
    ] = None,
    force: options.Force = False,
    max_pixels: options.MaxPixels = options.MAX_PIXELS,
    damaged: options.Damaged = "refuse",
) -> int:
    """Turn any picture into a PNG.

    The PNG is upright, in the picture's own colours, and keeps its metadata.
    """
    from jndkit.opening import load
    from jndkit.picture import check_damaged, png_bytes, write_atomic

    if output not in (None, "-") and Path(output or "").suffix.lower() != ".png":
        raise UsageError(f"{output}: a picture is decoded to a .png")
    if output == "-" and sys.stdout.isatty():
        raise UsageError("-o - would write a picture to the terminal: send it to a file or a program")
    picture = load(file, max_pixels=max_pixels, damaged=check_damaged(damaged))
    for note in picture.notes:
        printing.complain(f"{file}: {note}")
    data = png_bytes(picture, mark=False)
    if output == "-":
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
        return 0
    target = Path(file).with_suffix(".png") if output is None else Path(output)
    if os.path.exists(target) and target.samefile(file):  # also by a link, or another spelling
        raise UsageError(f"{target}: the output would be the input itself")
    write_atomic(target, data, force=force)
    printing.say(f"{file} -> {target}: {picture.width} x {picture.height}, {printing.size(len(data))}")
    return 0
