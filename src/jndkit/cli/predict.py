"""jnd predict"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from jndkit.cli import options, printing

if TYPE_CHECKING:
    from jndkit.evidence import Row

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
    keep_metadata: options.KeepMetadata = "all",
    no_encode: NoEncode = False,
    recursive: options.Recursive = False,
    jobs: options.Jobs = None,
    max_pixels: options.MaxPixels = options.MAX_PIXELS,
    damaged: options.Damaged = "refuse",
    json: options.Json = False,
) -> int:
    """Say which setting encode would choose, and why, without a file."""
    from jndkit import conversion
    from jndkit.batch import gather
    from jndkit.cli.reporting import Report
    from jndkit.picture import check_damaged
    from jndkit.settings import Settings

    options.known_codec(codec)
    settings = Settings(
        codec=codec,
        viewers=viewers,
        protocol=protocol,
        viewing=viewing,
        observer=observer,
        effort=effort,
        prefilter=options.prefilter_named(prefilter, shave),
        keep_metadata=keep_metadata,
        max_pixels=max_pixels,
        damaged=check_damaged(damaged),
        encode=not no_encode,
    )
    tasks = [conversion.Task(picture.path, picture.refusal) for picture in gather(pictures, recursive=recursive)]
    printing.announce(conversion.longest_wait(tasks, settings))
    report = Report(len(tasks), json=json, lines=_described)
    return report.follow(conversion.run_all(tasks, settings, jobs=jobs, write=False, done=report.advance))


def _described(row: Row) -> list[str]:
    """The decision, what was predicted, the viewers along the knob, and the table of everything that was tried."""
    wanted = f", wanted {row.target['viewers']:g} %" if row.target else ""
    lines = [f"{row.input}: {', '.join(filter(None, (printing.setting(row), printing.saving(row))))}"]
    lines.append(f"  {printing.seen(row)}{wanted}")
    who = row.observer or "nothing encoded, nothing read"
    lines.append(f"  {who}, protocol {row.protocol}, {row.viewing} ({row.ppd:.1f} pixels per degree)")
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
        tried = f"  {probe['codec']:<{width}}  {probe['value']:>8g}  {printing.size(probe['bytes']):>8}"
        lines.append(f"{tried}  {probe['jnd']:>6.2f}")
    return lines
