"""jnd compare"""

from __future__ import annotations

import json as json_text
from typing import TYPE_CHECKING, Annotated, Any

import typer

from jndkit.cli import corpus, options, printing
from jndkit.cli.engines import check_engine, engine_for
from jndkit.errors import UsageError

if TYPE_CHECKING:
    from jndkit.comparison import Comparison
    from jndkit.evidence import Row


def compare(
    reference: Annotated[
        str | None, typer.Argument(metavar="REFERENCE", help="The picture as it was.", show_default=False)
    ] = None,
    test: Annotated[
        str | None, typer.Argument(metavar="TEST", help="A version of it, of the same size.", show_default=False)
    ] = None,
    pairs: Annotated[
        str | None,
        typer.Option(
            metavar="FILE", help="Many pairs: a table, .csv or .parquet, with the columns reference and test."
        ),
    ] = None,
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
    html: Annotated[
        str | None,
        typer.Option(
            "--html", metavar="FILE", help="Write a page to look at the two: split, flip, side by side, difference."
        ),
    ] = None,
    force: options.Force = False,
    max_pixels: options.MaxPixels = options.MAX_PIXELS,
    damaged: options.Damaged = "refuse",
    jobs: options.Jobs = None,
    engine: options.EngineOnly = None,
    address: options.Address = None,
    output: options.Results = None,
    resume: options.Resume = None,
    max_failures: options.MaxFailures = None,
    max_seconds: options.MaxSeconds = None,
    json: options.Json = False,
) -> int:
    """Say how visible a difference is, to how many, and where.

    With --pairs, of each pair of a table, how visible it is; with -o DIR too a run of any size is kept track of there,
    and goes on after it was cut off.
    """
    from jndkit.picture import check_damaged

    asked = {
        "viewers": viewers,
        "protocol": protocol,
        "viewing": viewing,
        "observer": observer,
        "max_pixels": max_pixels,
        "damaged": check_damaged(damaged),
    }
    check_engine(engine, address)
    if pairs is not None:
        if (reference, test, map_to, html) != (None, None, None, None):
            raise UsageError("--pairs names the pictures: leave out REFERENCE, TEST, --map and --html")
        how = corpus.How(engine, address, jobs, resume, max_failures, max_seconds)
        return _many(pairs, asked, how, output, json=json)
    if output is not None:
        raise UsageError("-o is of --pairs: --map and --html write of two pictures")
    if reference is None or test is None:
        raise UsageError("two pictures are compared: name REFERENCE and TEST, or a table of --pairs")
    return _one(reference, test, asked, map_to, html, force=force, json=json)


def _many(table: str, asked: dict[str, Any], how: corpus.How, output: str | None, *, json: bool) -> int:
    """Each pair of a table, in the order of completion."""
    from jndkit.batch.places import destination_at, pairs_at
    from jndkit.cli.reporting import Report
    from jndkit.conversion import comparisons

    pairs, pixels = pairs_at(table), asked["max_pixels"]
    if output is not None:
        to = destination_at(output)
        run = comparisons.corpus(pairs, to, asked, **how.kept(to))
        return corpus.follow(run, how, json=json, lines=_line, pixels=pixels)
    how.check_unkept()
    report = Report(0, json=json, lines=_line)
    with engine_for(how.engine, how.address, how.jobs, max_pixels=pixels, seconds=how.max_seconds) as chosen:
        return report.follow(comparisons.comparisons(pairs, asked, chosen))


def _line(row: Row) -> list[str]:
    return [f"{row.output} against {row.input}: {printing.seen(row)}"]


def _one(
    reference: str, test: str, asked: dict[str, Any], map_to: str | None, html: str | None, *, force: bool, json: bool
) -> int:
    from jndkit.comparison import compared
    from jndkit.report import check_page, pair_page, write_page

    if html is not None:
        check_page(html, force=force, of=(reference, test))
    viewers = asked["viewers"]
    comparison = compared(reference, test, **asked)
    for note in printing.notes(comparison.row):
        printing.complain(note)
    if map_to is not None:
        comparison.write_map(map_to, force=force)
    if html is not None:
        write_page(html, pair_page(comparison), force=force)
    if json:
        print(json_text.dumps(json_text.loads(comparison.row.to_json()) | {"identical": comparison.identical}))
    else:
        printing.say(f"{test} against {reference} ({comparison.row.width} x {comparison.row.height})")
        for line in _verdict(comparison, viewers):
            print(line)
        if map_to is not None:
            printing.say(f"map: {map_to}")
        if html is not None:
            printing.say(f"page: {html}")
    return 0


def _verdict(comparison: Comparison, viewers: float) -> list[str]:
    row = comparison.row
    lines = [f"  {printing.seen(row)}", *(f"  {line}" for line in printing.witnesses(row))]
    lines.append(f"  identical to {viewers:g} % of viewers: {'yes' if comparison.identical else 'no'}")
    if row.where is not None and row.jnd:
        x, y, width, height = row.where
        lines.append(f"  worst place: {width} x {height} pixels at x {x}, y {y}")
    lines.append(f"  {row.observer}, protocol {row.protocol}, {row.viewing} ({row.ppd:.1f} pixels per degree)")
    return lines
