"""jnd report"""

from __future__ import annotations

from typing import Annotated

import typer

from jndkit.cli import options, printing
from jndkit.wording import size


def report(
    rows: Annotated[
        list[str], typer.Argument(metavar="ROWS.jsonl", help="Rows that encode, predict or compare printed by --json.")
    ],
    output: Annotated[
        str, typer.Option("--output", "-o", metavar="FILE.html", help="The page. An earlier page is replaced.")
    ],
    pictures: Annotated[
        bool,
        typer.Option(
            "--pictures/--no-pictures",
            help="Whether the pictures that rows name are opened, for small ones and for the worst places.",
        ),
    ] = True,
    force: Annotated[bool, typer.Option("--force", "-f", help="Replace a file that is no page of ours too.")] = False,
    jobs: options.Jobs = None,
) -> int:
    """Make a page of many rows.

    It shows what was saved, what would show, the worst places, and what failed. It is one HTML file that needs no other
    and no network.
    """
    from jndkit.batch import jobs_wanted
    from jndkit.report import check_page, report as page_of, write_page

    jobs_wanted(jobs)
    check_page(output, force=force, of=rows)
    progress = printing.Progress()
    try:
        page = page_of(rows, output, pictures=pictures, jobs=jobs, begin=progress.counted)
    finally:
        progress.clear()
    write_page(output, page, force=force)
    printing.say(f"{output}: {size(len(page))}")
    return 0
