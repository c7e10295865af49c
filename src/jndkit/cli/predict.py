"""jnd predict"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Annotated, Any

import typer

from jndkit.cli import corpus, options, printing
from jndkit.cli.engines import check_engine, engine_for
from jndkit.errors import UsageError
from jndkit.wording import size

if TYPE_CHECKING:
    from jndkit.evidence import Row
    from jndkit.settings import Settings

NoEncode = Annotated[
    bool, typer.Option("--no-encode", help="Answer from the picture alone, without encoding or reading anything.")
]
_SHARES = (25, 50, 60, 75, 80, 90, 95)  # per cent of viewers: the lines of the satisfied-user table


def predict(
    pictures: options.Inputs,
    codec: options.NamedCodec = "jpeg",
    viewers: options.Viewers = 75.0,
    protocol: options.Protocol = "aic",
    viewing: options.Viewing = None,
    observer: options.Observer = "cvvdp",
    effort: options.Effort = "normal",
    prefilter: options.Prefilter = None,
    shave: options.Shave = None,
    against: options.Against = None,
    keep_metadata: options.KeepMetadata = "all",
    no_encode: NoEncode = False,
    recursive: options.Recursive = False,
    jobs: options.Jobs = None,
    max_pixels: options.MaxPixels = options.MAX_PIXELS,
    damaged: options.Damaged = "refuse",
    sdr: options.Sdr = False,
    width: options.Width = None,
    engine: options.EngineOnly = None,
    address: options.Address = None,
    output: options.Results = None,
    resume: options.Resume = None,
    max_failures: options.MaxFailures = None,
    max_seconds: options.MaxSeconds = None,
    column: options.Column = None,
    json: options.Json = False,
) -> int:
    """Say which setting encode would choose, and why, without a file.

    With -o DIR a run of any size, over one folder or s3://, gs:// or az://, *.tar, *.parquet, a list (.txt), or - for a
    list on stdin, is kept track of there, and goes on after it was cut off.
    """
    from jndkit import conversion
    from jndkit.batch import gather
    from jndkit.cli.reporting import Report
    from jndkit.conversion.corpus import predicted
    from jndkit.picture import check_damaged
    from jndkit.settings import Settings

    options.known_codec(codec)
    check_engine(engine, address)
    settings = Settings(
        codec=codec,
        viewers=viewers,
        protocol=protocol,
        viewing=viewing,
        observer=observer,
        effort=effort,
        prefilter=options.prefilter_named(prefilter, shave),
        against=against,
        keep_metadata=keep_metadata,
        max_pixels=max_pixels,
        damaged=check_damaged(damaged),
        sdr=sdr,
        width=width,
        encode=not no_encode,
    )
    how = corpus.How(engine, address, jobs, resume, max_failures, max_seconds)
    if output is not None:
        source, to = corpus.places(pictures, output, recursive=recursive, column=column, pack=None)
        run = predicted(source, to, settings, **how.kept(to))
        return corpus.follow(run, how, json=json, lines=_described, pixels=max_pixels)
    how.check_unkept()
    of_a_folder = engine is not None and len(pictures) == 1 and os.path.isdir(pictures[0])
    if of_a_folder or corpus.wanted(pictures, None):
        recursive = recursive or not of_a_folder  # of a store all that lies below is meant
        return _corpus(pictures, settings, how, column, recursive=recursive, json=json)
    tasks = conversion.tasks_without_files(gather(pictures, recursive=recursive), settings)
    printing.announce(conversion.longest_wait(tasks, settings))
    report = Report(len(tasks), json=json, lines=_described)
    if engine is None:
        return report.follow(conversion.run_all(tasks, settings, jobs=jobs, write=False, done=report.advance))
    with engine_for(engine, address, jobs, max_pixels=max_pixels, seconds=max_seconds) as chosen:
        rows = conversion.run_all(tasks, settings, write=False, done=report.advance, engine=chosen)
        return report.follow(rows)


def _corpus(
    pictures: list[str], settings: Settings, how: corpus.How, column: str | None, *, recursive: bool, json: bool
) -> int:
    """Pictures of a folder, a store, shards, a table or a list, in the order of completion."""
    from jndkit.batch.places import source_at
    from jndkit.cli.reporting import Report
    from jndkit.conversion.predictions import predictions

    if len(pictures) != 1:
        raise UsageError(f"{pictures[0]}: only one such place is read at a time")
    source = source_at(pictures[0], recursive=recursive, column=column)
    report = Report(0, json=json, lines=_described)
    with how.engine_for(settings.max_pixels) as chosen:
        return report.follow(predictions(source, settings, chosen))


def _described(row: Row) -> list[str]:
    """The decision, what was predicted, the viewers along the knob, and the table of everything that was tried."""
    wanted = f", wanted {row.target['viewers']:g} %" if row.target else ""
    lines = [f"{row.input}: {', '.join(filter(None, (printing.setting(row), printing.saving(row))))}"]
    lines.append(f"  {printing.seen(row)}{wanted}")
    who = row.observer or "nothing encoded, nothing read"
    lines.append(f"  {who}, protocol {row.protocol}, {row.viewing} ({row.ppd:.1f} pixels per degree)")
    lines += [f"  {line}" for line in printing.witnesses(row)]
    if row.prediction and row.knob:
        lines.append(f"  {_predicted(row.prediction, row.knob['name'])}")
    return [*lines, *_satisfied(row), *_tried(row)]


def _predicted(prediction: dict[str, Any], knob: str) -> str:
    """predicted quality 84 (77 to 91), source typical"""
    ends = [prediction["low"], prediction["high"]]
    low, high = ("past the end" if end is None else f"{end:g}" for end in ends)
    value = "past the end" if prediction["value"] is None else f"{prediction['value']:g}"
    return f"predicted {knob} {value} ({low} to {high}), source {prediction['source']}"


def _satisfied(row: Row) -> list[str]:
    """The cheapest settings that please some round shares of viewers."""
    if not row.sur or not row.knob:
        return []
    cheapest = (next((point for point in row.sur if point[1] >= least), None) for least in _SHARES)
    chosen = {point[0]: point for point in cheapest if point is not None}  # one setting may please several shares
    lines = [f"  {row.knob['name']:>8}  see no difference"]
    for value, viewers, low, high in chosen.values():
        lines.append(f"  {value:>8g}  {viewers:>4.0f} % ({low:.0f} to {high:.0f} %)")
    return lines


def _tried(row: Row) -> list[str]:
    if not row.probes:
        return []
    width = max(len(probe["codec"]) for probe in row.probes)
    knob = row.knob["name"] if row.knob else "setting"
    lines = [f"  {'tried':<{width}}  {knob:>8}  {'size':>8}     JND"]
    for probe in row.probes:
        tried = f"  {probe['codec']:<{width}}  {probe['value']:>8g}  {size(probe['bytes']):>8}"
        lines.append(f"{tried}  {probe['jnd']:>6.2f}")
    return lines
