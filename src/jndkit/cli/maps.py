"""jnd map"""

from __future__ import annotations

from typing import Annotated

import typer

from jndkit.cli import options, printing
from jndkit.errors import UsageError


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
    model: options.Model = "resjnd-s",
    variant: options.Variant = None,
    border: options.Border = "reflect",
    fixation: Annotated[
        str | None, typer.Option(metavar="X,Y", help="Where the eye rests, in pixels; for foveated models.")
    ] = None,
    distance: Annotated[
        float | None, typer.Option(metavar="PIXELS", help="How far the eye is, in pixels; for foveated models.")
    ] = None,
    side_by_side: Annotated[bool, typer.Option("--side-by-side", help="Put the picture beside its map.")] = False,
    force: options.Force = False,
    max_pixels: options.MaxPixels = options.MAX_PIXELS,
    damaged: options.Damaged = "refuse",
) -> int:
    """Write the just noticeable difference of every pixel.

    Its values are 8-bit code values of luma.
    """
    from jndkit.opening import load
    from jndkit.picture import check_damaged
    from jndkit.pixelwise import chosen_variant, jnd_map
    from jndkit.pixelwise.render import check_name, write_map

    check_name(output)
    loaded = load(picture, max_pixels=max_pixels, damaged=check_damaged(damaged))
    for note in loaded.notes:
        printing.complain(f"{picture}: {note}")
    # Models that are not foveated do not take these, not even as None.
    eye = {"fixation": _point(fixation), "distance": distance}
    given = {name: value for name, value in eye.items() if value is not None}
    jnd = jnd_map(loaded, model, variant=variant, border=border, **given)
    write_map(jnd, output, beside=loaded if side_by_side else None, force=force)
    form = f"{model} ({chosen_variant(model, variant)})"
    printing.say(f"{picture} -> {output}: {form}, mean {jnd.mean():.2f}, largest {jnd.max():.2f} code values")
    return 0


def _point(text: str | None) -> tuple[float, float] | None:
    if text is None:
        return None
    try:
        x, y = (float(part) for part in text.split(","))
    except ValueError:
        raise UsageError(f"--fixation {text}: write two numbers, X,Y") from None
    return x, y
