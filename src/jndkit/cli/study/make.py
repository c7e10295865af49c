"""jnd study make"""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from jndkit.cli import options, printing

if TYPE_CHECKING:
    from jndkit.study.making import Making


def make(
    folder: Annotated[str, typer.Argument(metavar="FOLDER", help="A folder of pictures.")],
    output: Annotated[str, typer.Option("--output", "-o", metavar="DIR", help="The study's folder.")],
    method: Annotated[
        str,
        typer.Option(
            metavar="2afc|flicker|triplet",
            help="2afc: which of two differs; flicker: a slider to where it just flickers; triplet: which of two is "
            "further from the original.",
        ),
    ] = "2afc",
    codec: Annotated[list[str] | None, options.codecs("jpeg")] = None,
    pictures: Annotated[int, typer.Option(metavar="N", help="How many pictures, drawn at random.")] = 20,
    minutes: Annotated[float, typer.Option(metavar="M", help="How long a sitting may take.")] = 30.0,
    viewing: Annotated[str, typer.Option(metavar="NAME|PPD", help="The display that viewers should have.")] = "desktop",
    name: Annotated[
        str | None, typer.Option("--name", metavar="NAME", help="What the study is called.", show_default="DIR")
    ] = None,
    contact: Annotated[str, typer.Option(metavar="TEXT", help="Whom viewers may ask.", show_default=False)] = "",
    seed: Annotated[int, typer.Option(metavar="N", help="Of all that is drawn at random.")] = 0,
    recursive: options.Recursive = False,
    jobs: options.Jobs = None,
    max_pixels: options.MaxPixels = options.MAX_PIXELS,
) -> int:
    """Make a viewing study of a folder of pictures.

    They are coded around the predicted threshold, and a plan is written that is not changed any more. The middle of
    each picture is shown. Edit the texts, the display and the screening rules in DIR/plan.toml before the first viewer;
    afterwards the answers are tied to it.
    """
    from jndkit.errors import check_choice
    from jndkit.study.making import make as begin
    from jndkit.study.methods import METHODS

    check_choice("method", method, METHODS)
    making = begin(
        folder,
        output,
        method=next(known for known in METHODS if known == method),
        codecs=tuple(codec or ("jpeg",)),
        pictures=pictures,
        minutes=minutes,
        viewing=viewing,
        name=name,
        contact=contact,
        seed=seed,
        recursive=recursive,
        max_pixels=max_pixels,
    )
    made = _follow(making, jobs)
    schedule = making.plan(making.stimuli).schedule
    printing.say(
        f"{output}: {len(making.stimuli)} stimuli of {made} pictures; a viewer sees {schedule.stimuli} of them, "
        f"{schedule.trials} times each, in about {schedule.minutes:.0f} minutes"
    )
    printing.say(f"Next: read {Path(output) / 'plan.toml'}, then `jnd study serve {output}`")
    if made < pictures:
        printing.complain(f"{pictures} pictures were asked for, and {made} could be used")
    return 0


def _follow(making: Making, jobs: int | None) -> int:
    """Make the study; how many pictures it has."""
    progress = printing.Progress(min(making.wanted, len(making.todo)))
    done = 0
    with closing(making.make(jobs)) as pictures:
        try:
            progress.draw()
            for picture in pictures:
                progress.clear()
                if picture.error is not None:
                    printing.complain(picture.error)
                else:
                    done += 1
                    progress.advance()
        finally:
            progress.clear()
    return done
