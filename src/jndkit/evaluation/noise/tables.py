"""Tables of the noise test, from rows alone."""

from __future__ import annotations

from collections.abc import Sequence

from jndkit.errors import UsageError
from jndkit.evaluation.intervals import mean
from jndkit.evaluation.noise.published import ADVANTAGES, REACHED
from jndkit.evaluation.noise.rows import NoiseRow
from jndkit.evaluation.noise.summary import AGAINST, Summary, paired, readings, summaries
from jndkit.evaluation.tables import head, line, ranged, signed
from jndkit.protocols import protocol as named_protocol


def markdown(rows: Sequence[NoiseRow]) -> str:
    """All tables with what they mean, in Markdown.

    Raises UsageError, see `summary.check`, and for rows without a result.
    """
    ranked = summaries(rows)
    if not ranked:
        raise UsageError("there is no row with a result")
    first = rows[0]
    psnr, jnd = first.target["psnr"], first.target["jnd"]
    titles = ("model", "pictures", f"JND at {psnr:g} dB", "minus flat", f"PSNR at {jnd:g} JND, dB", "minus flat, dB")
    lines = [
        f"Read by {first.observer}{_looking(first.protocol)}, {first.viewing} ({first.ppd:.1f} pixels per degree), "
        f"{len({row.input for row in rows})} pictures, seed {first.seed}. Brackets: 95 % interval over pictures. "
        "Lower is better in every column but the last two.",
        "",
        *head((*titles, "PSNR at strength 1, dB", "JND at strength 1")),
        *(_line(summary) for summary in ranked),
        "",
        *_advantages(rows, psnr),
        "",
        *_reached(rows),
    ]
    return "\n".join(lines)


def _looking(protocol: str) -> str:
    return "" if named_protocol(protocol)[0].look is None else f" as the people of {protocol} look"


def _line(summary: Summary) -> str:
    name = f"*{summary.model}* (baseline)" if summary.baseline else summary.model
    count = f"{summary.noise.n}" + (f" ({summary.failed} failed)" if summary.failed else "")
    bare = [f"{mean.value:.2f}" for mean in summary.unscaled] if summary.unscaled else ["", ""]
    gains = ("", "") if summary.model == AGAINST else (signed(summary.noise_gain), signed(summary.visible_gain))
    return line((name, count, ranged(summary.noise), gains[0], ranged(summary.visible), gains[1], *bare))


def _advantages(rows: Sequence[NoiseRow], psnr: float) -> list[str]:
    """What people preferred at equal noise, beside what the observer reads."""
    noise = readings(rows, "equal_noise", "jnd")
    titles = ("published, of people", "at", "mean score, -3 to 3", f"ours, of the observer at {psnr:g} dB: JND less")
    lines = head(titles)
    for study in ADVANTAGES:
        gain = paired(noise.get(study.other or "", {}), noise.get(study.model, {}))
        compared = f"{study.model} over {study.named}"
        people = f"{study.paper}: {study.viewers} viewers, {study.pictures} pictures"
        ours = signed(gain) if study.other else "not here"
        lines.append(line((f"{compared} ({people})", f"{study.psnr:g} dB", f"{study.score:+.2f}", ours)))
    return lines


def _reached(rows: Sequence[NoiseRow]) -> list[str]:
    """The noise of maps as they are, as papers and as we measure it."""
    bare, at_one = readings(rows, "unscaled", "psnr"), readings(rows, "unscaled", "jnd")
    lines = head(
        (
            "published: noise at strength 1, seen as about equal by people",
            "mean PSNR, dB",
            "ours at strength 1, dB",
            "the observer reads, JND",
        )
    )
    for study in REACHED:
        psnr, jnd = (list(kind.get(study.model or "", {}).values()) for kind in (bare, at_one))
        ours = (f"{mean(psnr).value:.2f}", f"{mean(jnd).value:.2f}") if psnr else ("not here", "")
        people = f"{study.paper}: {study.viewers} viewers, {study.pictures} pictures"
        lines.append(line((f"{study.named} ({people})", f"{study.psnr:.2f}", *ours)))
    return lines
