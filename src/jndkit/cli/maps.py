"""jnd map"""

from __future__ import annotations

from typing import Annotated

import typer

from jndkit.cli import options, printing


def map_(
    picture: Annotated[str, typer.Argument(metavar="PICTURE", help="The picture.")],
    output: Annotated[
        str,
        typer.Option(
            "--output",
            "-o",
            metavar="FILE",
            help=".npy or .tiff for the numbers as float32, .png for a picture of them with its scale.",
        ),
    ],
    model: Annotated[str, typer.Option(metavar="NAME", help="Which model; see jnd models.")] = "wu2017",
    variant: Annotated[str, typer.Option(metavar="NAME", help="code or paper, where the two differ.")] = "code",
    border: Annotated[
        str, typer.Option(metavar="NAME", help="reflect, or zero as the published codes do.")
    ] = "reflect",
    side_by_side: Annotated[bool, typer.Option("--side-by-side", help="Put the picture beside its map.")] = False,
    force: options.Force = False,
    max_pixels: options.MaxPixels = options.MAX_PIXELS,
) -> int:
    """Write the just noticeable difference of every pixel.

    It is in 8-bit code values of luma.
    """
    from jndkit.opening import load
    from jndkit.pixelwise import jnd_map
    from jndkit.pixelwise.render import write_map

    loaded = load(picture, max_pixels=max_pixels)
    for note in loaded.notes:
        printing.complain(f"{picture}: {note}")
    found = jnd_map(loaded, model, variant=variant, border=border)
    write_map(found, output, beside=loaded if side_by_side else None, force=force)
    printing.say(
        f"{picture} -> {output}: {model} ({variant}), mean {found.mean():.2f}, largest {found.max():.2f} code values"
    )
    return 0
