"""jnd evaluate codecs"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Annotated

from jndkit.cli import options, printing
from jndkit.cli.evaluate.run import ForcePlot, Output, exit_code, named_pictures, need_input, run

if TYPE_CHECKING:
    from jndkit.evaluation.codecs.settings import Settings


def codecs(
    pictures: options.Folders = None,
    codec: Annotated[list[str] | None, options.codecs("all that are installed")] = None,
    viewing: options.Display = "desktop",
    observer: options.Observer = "cvvdp",
    rows: options.Rows = None,
    plot: options.Plot = None,
    recursive: options.Recursive = False,
    jobs: options.Jobs = None,
    force: ForcePlot = False,
    max_pixels: options.MaxPixels = options.MAX_PIXELS,
    json: options.Json = False,
) -> int:
    """Compare codecs by the bytes they need for the same share of viewers, and for equal scores.

    Each picture is coded at a few settings of each codec, and searched as jnd encode does for 75 and 50 % of viewers.
    Prints tables in Markdown, or with --json the rows. Without a folder, of the rows in the file of --rows alone.
    Times can be relied on only with --jobs 1.
    """
    from jndkit.evaluation.codecs.jobs import jobs_left
    from jndkit.evaluation.codecs.plots import write_plot
    from jndkit.evaluation.codecs.rows import CodecRow
    from jndkit.evaluation.codecs.summary import check
    from jndkit.evaluation.codecs.tables import markdown
    from jndkit.evaluation.run import plan

    need_input(pictures, rows)
    output = Output(rows, json, plot, force)
    results = output.known(CodecRow)
    if pictures:
        settings, paths = _settings(codec, viewing, observer, max_pixels, jobs), named_pictures(pictures, recursive)
        results = run(plan(settings, results, partial(jobs_left, paths, settings), check), settings.processes, output)
    else:
        output.show(results)
    output.report(results, markdown, partial(write_plot, force=force))
    return exit_code(results)


def _settings(codec: list[str] | None, viewing: str, observer: str, max_pixels: int, jobs: int | None) -> Settings:
    """Codecs that are asked for must be there; of all, those that are not are left out, and named."""
    from jndkit.batch import jobs_wanted
    from jndkit.codecs import available
    from jndkit.evaluation.codecs.rows import order
    from jndkit.evaluation.codecs.settings import Settings, present

    chosen = tuple(dict.fromkeys(codec)) if codec else present()
    settings = Settings(chosen, viewing, max_pixels, jobs_wanted(jobs), observer)
    if not codec:
        for name, install in available().items():
            if name in order() and install:
                printing.complain(f"the codec {name} is left out: install it with: {install}")
    return settings
