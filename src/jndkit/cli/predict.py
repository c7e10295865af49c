"""jnd predict"""

from __future__ import annotations

from typing import TYPE_CHECKING

from jndkit.cli import options, printing

if TYPE_CHECKING:
    from jndkit.evidence import Row


def predict(
    pictures: options.Inputs,
    codec: options.Codec = None,
    viewers: options.Viewers = 75.0,
    protocol: options.Protocol = "aic",
    viewing: options.Viewing = None,
    observer: options.Observer = "cvvdp",
    effort: options.Effort = "normal",
    shave: options.Shave = None,
    recursive: options.Recursive = False,
    jobs: options.Jobs = None,
    max_pixels: options.MaxPixels = options.MAX_PIXELS,
    json: options.Json = False,
) -> int:
    """Say which setting encode would choose, and why, without a file."""
    from jndkit import corpus
    from jndkit.cli.reporting import Report
    from jndkit.pipeline import Settings

    settings = Settings(
        codec=options.known_codec(codec) or "jpeg",
        viewers=viewers,
        protocol=protocol,
        viewing=viewing,
        observer=observer,
        effort=effort,
        shave=shave,
        max_pixels=max_pixels,
    )
    tasks = [corpus.Task(each.path, each.refusal) for each in corpus.gather(pictures, recursive=recursive)]
    report = Report(len(tasks), json=json, lines=_described)
    return report.follow(corpus.run_all(tasks, settings, jobs=jobs, write=False, done=report.advance))


def _described(row: Row) -> list[str]:
    """The decision, and the table of everything that was tried."""
    wanted = f", wanted {row.target['viewers']:g} %" if row.target else ""
    lines = [f"{row.input}: {printing.setting(row)}, {printing.saving(row)}"]
    lines.append(f"  {printing.seen(row)}{wanted}")
    lines.append(f"  {row.observer}, protocol {row.protocol}, {row.viewing} ({row.ppd:.1f} pixels per degree)")
    if row.probes:
        width = max(len(probe["codec"]) for probe in row.probes)
        knob = row.knob["name"] if row.knob else "setting"
        lines.append(f"  {'tried':<{width}}  {knob:>8}  {'size':>8}     JND")
        for probe in row.probes:
            tried = f"  {probe['codec']:<{width}}  {probe['value']:>8g}  {printing.size(probe['bytes']):>8}"
            lines.append(f"{tried}  {probe['jnd']:>6.2f}")
    return lines
