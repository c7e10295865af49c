"""jnd study fit"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from jndkit.cli import printing
from jndkit.errors import UsageError, check_choice

if TYPE_CHECKING:
    from jndkit.study.exports import Sitting
    from jndkit.study.plan import Plan


def fit(
    folder: Annotated[str, typer.Argument(metavar="DIR", help="The study's folder.")],
    recalibrate: Annotated[
        bool,
        typer.Option(
            "--recalibrate",
            help="Refit the observer to the answers, codec by codec and as people look; kept where answers left out "
            "are better told.",
        ),
    ] = False,
    export: Annotated[
        list[str] | None,
        typer.Option(
            metavar="konjnd|mcl-jci|aic3",
            help="Write the answers in the layout of a published study, too, to DIR/LAYOUT; may be repeated.",
        ),
    ] = None,
    draws: Annotated[int, typer.Option(metavar="N", min=100, help="Draws of the bootstrap.")] = 1000,
    seed: Annotated[int, typer.Option(metavar="N", help="Of the bootstrap.")] = 0,
) -> int:
    """Say what the answers of a study come to.

    That is who was screened, what each picture takes, and how sure that is. Writes DIR/fit.jsonl, DIR/labels.csv (for
    `jnd train`) and DIR/protocol.toml (for `jnd encode --protocol`). May be run while people are still answering.
    """
    from jndkit.study.answers import read_answers
    from jndkit.study.fit import fit as fitted
    from jndkit.study.plan import read_plan
    from jndkit.study.recalibration import of_study, told
    from jndkit.study.results import summary, write

    plan = read_plan(folder)
    _check(plan, export or [], recalibrate)
    sessions = read_answers(folder, plan)
    sittings = [
        (session.number, [(row.trial, row.answer) for row in rows if row.answer is not None])
        for session, rows in sessions
    ]
    found = fitted(plan, sittings, draws=draws, seed=seed)
    kept = [viewer.kept for viewer in found.viewers]
    recalibration = (
        of_study(plan, [sitting for (_, sitting), stays in zip(sittings, kept, strict=True) if stays])
        if recalibrate
        else None
    )
    written = write(found, folder, recalibration)
    for line in (*summary(found), *(told(recalibration) if recalibration else ())):
        printing.say(line)
    written += _exported(plan, [session for session, stays in zip(sessions, kept, strict=True) if stays], export or [])
    for path in written:
        printing.say(f"-> {path}")
    return 0


def _check(plan: Plan, layouts: list[str], recalibrate: bool) -> None:
    """Before any work. Raises UsageError for what this study cannot have."""
    from jndkit.study.exports import LAYOUTS

    if recalibrate and plan.method == "triplet":
        raise UsageError("--recalibrate is for studies of thresholds, 2afc and flicker; this one is of triplets")
    for layout in layouts:
        check_choice("layout", layout, LAYOUTS)
        if (plan.folder / layout).exists():
            raise UsageError(f"{plan.folder / layout} is there already: remove it to export anew")


def _exported(plan: Plan, sessions: list[Sitting], layouts: list[str]) -> list[Path]:
    from jndkit.study.exports import export

    for layout in dict.fromkeys(layouts):
        export(plan, sessions, layout, plan.folder / layout)
    return [plan.folder / layout for layout in dict.fromkeys(layouts)]
