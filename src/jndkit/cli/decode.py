"""jnd decode"""

from __future__ import annotations

import hashlib
import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from jndkit.cli import options, printing
from jndkit.errors import DamagedError, UsageError
from jndkit.wording import size


def decode(
    file: Annotated[
        str, typer.Argument(metavar="FILE", help="Any picture that can be read, .bpg, .jvvc and .jlic included.")
    ],
    output: Annotated[
        str | None,
        typer.Option(
            "--output",
            "-o",
            metavar="FILE.png|FILE.jpg|-",
            help="The PNG to write; a .jpg is the JPEG file that a JPEG XL file carries.",
            show_default="FILE with the suffix .png",
        ),
    ] = None,
    force: options.Force = False,
    max_pixels: options.MaxPixels = options.MAX_PIXELS,
    damaged: options.Damaged = "refuse",
) -> int:
    """Turn any picture into a PNG.

    The PNG is upright, in the picture's own colours, and keeps its metadata. A JPEG file that was carried in JPEG XL
    comes back bit for bit where the output is a .jpg.
    """
    from jndkit.opening import load
    from jndkit.picture import check_damaged, png_bytes, write_atomic

    suffix = ".png" if output in (None, "-") else Path(output or "").suffix.lower()
    if output is not None and suffix in (".jpg", ".jpeg"):
        return _give_back(file, output, force=force, max_pixels=max_pixels)
    if suffix != ".png":
        raise UsageError(f"{output}: a picture is decoded to a .png")
    if output == "-" and sys.stdout.isatty():
        raise UsageError("-o - would write a picture to the terminal: send it to a file or a program")
    picture = load(file, max_pixels=max_pixels, damaged=check_damaged(damaged))
    for note in picture.notes:
        printing.complain(f"{file}: {note}")
    if picture.gain_map is not None:
        printing.complain(f"{file}: the PNG shows as SDR, since it cannot hold the gain map")
    data = png_bytes(picture, mark=False)
    if output == "-":
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
        return 0
    target = Path(file).with_suffix(".png") if output is None else Path(output)
    if os.path.exists(target) and target.samefile(file):  # also by a link, or another spelling
        raise UsageError(f"{target}: the output would be the input itself")
    write_atomic(target, data, force=force)
    printing.say(f"{file} -> {target}: {picture.width} x {picture.height}, {size(len(data))}")
    return 0


def _give_back(file: str, output: str, *, force: bool, max_pixels: int) -> int:
    """Write the JPEG file that a JPEG XL file carries."""
    from jndkit.conversion.earlier import read_mark
    from jndkit.picture import load_carried_jpeg, write_atomic
    from jndkit.picture.metadata.mark import source_of

    data = load_carried_jpeg(file, max_pixels=max_pixels)
    mark = read_mark(Path(file))
    # The files of other programs do not say what they were made of.
    carried = mark is not None and mark.outcome is not None and mark.outcome.codec == "jxl:jpeg"
    if mark is not None and carried and mark.source != source_of(hashlib.sha256(data).hexdigest()):
        raise DamagedError(file, "what it gives back is not the JPEG file it was made of")
    write_atomic(output, data, force=force)
    printing.say(f"{file} -> {output}: the JPEG file it carries, {size(len(data))}")
    return 0
