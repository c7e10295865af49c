"""jnd evaluate noise"""

from __future__ import annotations

from functools import partial
from typing import Annotated

import typer

from jndkit.cli import options
from jndkit.cli.evaluate.run import ForcePlot, Output, exit_code, named_pictures, need_input, run


def noise(
    pictures: options.Folders = None,
    model: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME", help="One of the models or baselines; may be repeated.", show_default="all of them"
        ),
    ] = None,
    psnr: Annotated[float, typer.Option(metavar="DB", help="The equal strength: PSNR of the noise.")] = 26.65,
    jnd: Annotated[float, typer.Option(metavar="JND", help="The equal visibility.")] = 1.0,
    seed: options.Seed = 0,
    border: options.Border = "reflect",
    viewing: options.Display = "desktop",
    observer: options.Observer = "cvvdp",
    protocol: options.Protocol = "aic",
    rows: options.Rows = None,
    plot: options.Plot = None,
    recursive: options.Recursive = False,
    jobs: options.Jobs = None,
    force: ForcePlot = False,
    max_pixels: options.MaxPixels = options.MAX_PIXELS,
    json: options.Json = False,
) -> int:
    """Compare JND maps by the noise they hide: how visible it is at equal strength, how strong at equal visibility.

    Prints a table in Markdown, or with --json the rows. Without a folder, of the rows in the file of --rows alone.
    """
    from jndkit.batch import jobs_wanted
    from jndkit.evaluation.noise.jobs import jobs_left
    from jndkit.evaluation.noise.plots import write_plot
    from jndkit.evaluation.noise.rows import NoiseRow
    from jndkit.evaluation.noise.settings import Settings
    from jndkit.evaluation.noise.summary import check
    from jndkit.evaluation.noise.tables import markdown
    from jndkit.evaluation.run import plan

    need_input(pictures, rows)
    output = Output(rows, json, plot, force)
    chosen = {"models": tuple(dict.fromkeys(model))} if model else {}
    settings = Settings(
        psnr=psnr,
        jnd=jnd,
        seed=seed,
        border=border,
        viewing=viewing,
        observer=observer,
        protocol=protocol,
        max_pixels=max_pixels,
        **chosen,
    )
    results = output.known(NoiseRow)
    if pictures:
        paths, processes = named_pictures(pictures, recursive), jobs_wanted(jobs)
        results = run(plan(settings, results, partial(jobs_left, paths, settings), check), processes, output)
    else:
        output.show(results)
    output.report(results, markdown, partial(write_plot, force=force))
    return exit_code(results)
