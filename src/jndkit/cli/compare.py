"""jnd compare"""

from __future__ import annotations

import json as json_text
from typing import TYPE_CHECKING, Annotated

import typer

from jndkit.cli import options, printing

if TYPE_CHECKING:
    from jndkit.comparison import Comparison


def compare(
    reference: Annotated[str, typer.Argument(metavar="REFERENCE", help="The picture as it was.")],
    test: Annotated[str, typer.Argument(metavar="TEST", help="A version of it, of the same size.")],
    viewers: Annotated[
        float, typer.Option(metavar="PERCENT", help="The verdict is about this share of viewers.")
    ] = 75.0,
    protocol: options.Protocol = "aic",
    viewing: options.Viewing = None,
    observer: options.Observer = "cvvdp",
    map_to: Annotated[
        str | None,
        typer.Option("--map", metavar="FILE", help="Write where the difference shows: .png, .npy or .tiff."),
    ] = None,
    force: options.Force = False,
    max_pixels: options.MaxPixels = options.MAX_PIXELS,
    damaged: options.Damaged = "refuse",
    json: options.Json = False,
) -> int:
    """Say how visible a difference is, to how many, and where."""
    from jndkit.comparison import compared
    from jndkit.picture import check_damaged

    comparison = compared(
        reference,
        test,
        viewers=viewers,
        protocol=protocol,
        viewing=viewing,
        observer=observer,
        max_pixels=max_pixels,
        damaged=check_damaged(damaged),
    )
    for note in printing.notes(comparison.row):
        printing.complain(note)
    if map_to is not None:
        comparison.write_map(map_to, force=force)
    if json:
        print(json_text.dumps(json_text.loads(comparison.row.to_json()) | {"identical": comparison.identical}))
    else:
        printing.say(f"{test} against {reference} ({comparison.row.width} x {comparison.row.height})")
        for line in _verdict(comparison, viewers):
            print(line)
        if map_to is not None:
            printing.say(f"map: {map_to}")
    return 0


def _verdict(comparison: Comparison, viewers: float) -> list[str]:
    row = comparison.row
    lines = [f"  {printing.seen(row)}"]
    lines.append(f"  identical to {viewers:g} % of viewers: {'yes' if comparison.identical else 'no'}")
    if row.where is not None and row.jnd:
        x, y, width, height = row.where
        lines.append(f"  worst place: {width} x {height} pixels at x {x}, y {y}")
    lines.append(f"  {row.observer}, protocol {row.protocol}, {row.viewing} ({row.ppd:.1f} pixels per degree)")
    return lines
