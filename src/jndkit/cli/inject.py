"""jnd inject"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from jndkit.cli import options, printing
from jndkit.errors import UsageError

if TYPE_CHECKING:
    from jndkit.injection import InjectionRow


def inject(
    picture: Annotated[str, typer.Argument(metavar="PICTURE", help="The picture.")],
    output: Annotated[str, typer.Option("--output", "-o", metavar="FILE.png", help="The noisy picture to write.")],
    model: options.Model = "resjnd-s",
    psnr: Annotated[
        float | None, typer.Option(metavar="DB", help="As much noise as leaves this PSNR, over R, G and B.")
    ] = None,
    strength: Annotated[
        float | None,
        typer.Option(metavar="FACTOR", help="The map times this factor.", show_default="1 where no other is given"),
    ] = None,
    jnd: Annotated[float | None, typer.Option(metavar="JND", help="As much noise as stays at this visibility.")] = None,
    seed: options.Seed = 0,
    variant: options.Variant = None,
    border: options.Border = "reflect",
    viewing: options.Display = "desktop",
    observer: options.Observer = "cvvdp",
    force: options.Force = False,
    max_pixels: options.MaxPixels = options.MAX_PIXELS,
    damaged: options.Damaged = "refuse",
    json: options.Json = False,
) -> int:
    """Hide noise in a picture, as strong as a JND map allows.

    The sign is random, the size is the map's; R, G and B of a pixel change alike, so that the luma becomes noisy.
    Give one of --psnr, --strength and --jnd.
    """
    from jndkit.injection import inject as injected
    from jndkit.picture import check_damaged, png_bytes, write_atomic

    target = Path(output)
    if target.suffix.lower() != ".png":
        raise UsageError(f"{output}: noise is written to a .png, which keeps it as it is")
    if target.exists() and Path(picture).exists() and target.samefile(picture):
        raise UsageError(f"{output}: the output would be the input itself")
    done = injected(
        picture,
        model,
        psnr=psnr,
        strength=strength,
        jnd=jnd,
        seed=seed,
        variant=variant,
        border=border,
        viewing=viewing,
        observer=observer,
        max_pixels=max_pixels,
        damaged=check_damaged(damaged),
    )
    data = png_bytes(done.picture, mark=False)
    write_atomic(target, data, force=force)
    row = done.row
    row.output, row.bytes, row.output_sha256 = output, len(data), hashlib.sha256(data).hexdigest()
    for note in printing.notes(row):
        printing.complain(note)
    if json:
        print(row.to_json())
    else:
        printing.say(f"{picture} -> {output}: {_described(row)}")
    return 0


def _described(row: InjectionRow) -> str:
    psnr = "no change at all" if row.psnr is None else f"PSNR {row.psnr:.2f} dB"
    return f"{row.model} ({row.variant}) times {row.beta:.4g}, seed {row.seed}: {psnr}, {row.jnd or 0.0:.2f} JND"
