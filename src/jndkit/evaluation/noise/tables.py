"""Tables of the noise test, from rows alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from jndkit.errors import UsageError
from jndkit.evaluation.intervals import Mean, mean
from jndkit.evaluation.noise.baselines import BASELINES
from jndkit.evaluation.noise.published import ADVANTAGES, REACHED
from jndkit.evaluation.noise.rows import NoiseRow
from jndkit.protocols import protocol as named_protocol

AGAINST = "flat"
"""The baseline that every model is compared with, picture by picture."""

Readings = dict[str, dict[str, float]]


@dataclass(frozen=True)
class Standing:
    """One model over the pictures. noise: JND at equal noise.  visible: PSNR (dB) at equal visibility.

    noise_gain, visible_gain: the same minus those of the flat map on the same picture; None without such pictures.
    unscaled: (PSNR, JND) of the map as it is.  failed: pictures without a result.
    """

    model: str
    noise: Mean
    visible: Mean
    noise_gain: Mean | None
    visible_gain: Mean | None
    unscaled: tuple[Mean, Mean] | None
    failed: int

    @property
    def baseline(self) -> bool:
        return self.model in BASELINES


def checked(rows: Sequence[NoiseRow]) -> None:
    """Raises UsageError where the rows differ in what may not be averaged, or say one thing twice."""
    kinds = {
        "observer": {row.observer for row in rows},
        "protocol": {row.protocol for row in rows},
        "viewing": {f"{row.viewing} ({row.ppd:g} pixels per degree)" for row in rows},
        "noise target": {f"{row.target['psnr']:g} dB" for row in rows},
        "visibility target": {f"{row.target['jnd']:g} JND" for row in rows},
        "seed": {str(row.seed) for row in rows},
        "border": {row.border for row in rows},
    }
    for what, found in kinds.items():
        if len(found) > 1:
            raise UsageError(f"these rows cannot stand in one table: they differ in {what}: {', '.join(sorted(found))}")
    for model, variants in _grouped(rows, lambda row: row.model, lambda row: row.variant).items():
        if len(set(variants)) > 1:
            raise UsageError(f"these rows cannot stand in one table: {model} is there as {' and '.join(set(variants))}")
    (pair, count), *_ = Counter((row.input, row.model) for row in rows).most_common(1) or [(("", ""), 0)]
    if count > 1:
        raise UsageError(f"these rows cannot stand in one table: {pair[0]} with {pair[1]} is there {count} times")


def _looking(protocol: str) -> str:
    return "" if named_protocol(protocol)[0].look is None else f" as the people of {protocol} look"


def standings(rows: Sequence[NoiseRow]) -> list[Standing]:
    """Every model, the one with the lowest PSNR at equal visibility first. Raises UsageError, see `checked`."""
    checked(rows)
    noise, visible = readings(rows, "equal_noise", "jnd"), readings(rows, "equal_visibility", "psnr")
    bare = {kind: readings(rows, "unscaled", kind) for kind in ("psnr", "jnd")}
    found = []
    for model in noise:
        shown = model not in BASELINES and bool(bare["psnr"].get(model))
        found.append(
            Standing(
                model,
                mean(list(noise[model].values())),
                mean(list(visible[model].values())),
                _paired(noise[model], noise.get(AGAINST, {})),
                _paired(visible[model], visible.get(AGAINST, {})),
                (mean(list(bare["psnr"][model].values())), mean(list(bare["jnd"][model].values()))) if shown else None,
                sum(row.model == model and row.error is not None for row in rows),
            )
        )
    return sorted(found, key=lambda each: each.visible.value)


def readings(rows: Sequence[NoiseRow], part: str, kind: str) -> Readings:
    """Model -> picture -> reading, without failed rows."""
    found: Readings = {}
    for row in rows:
        value = (getattr(row, part) or {}).get(kind)
        if row.error is None and value is not None:
            found.setdefault(row.model, {})[row.input] = value
    return found


def markdown(rows: Sequence[NoiseRow]) -> str:
    """Both tables with what they mean, in Markdown. Raises UsageError, see `checked`, and for rows without a result."""
    ranked = standings(rows)
    if not ranked:
        raise UsageError("there is no row with a result")
    first = rows[0]
    psnr, jnd = first.target["psnr"], first.target["jnd"]
    lines = [
        f"Read by {first.observer}{_looking(first.protocol)}, {first.viewing} ({first.ppd:.1f} pixels per degree), "
        f"{len({row.input for row in rows})} pictures, seed {first.seed}. Brackets: 95 % interval over pictures. "
        "Lower is better in every column but the last two.",
        "",
        f"| model | pictures | JND at {psnr:g} dB | minus flat | PSNR at {jnd:g} JND, dB | minus flat, dB "
        "| PSNR at strength 1, dB | JND at strength 1 |",
        "|---|---|---|---|---|---|---|---|",
        *(_line(each) for each in ranked),
        "",
        *_published(rows, psnr),
    ]
    return "\n".join(lines)


def _line(each: Standing) -> str:
    name = f"*{each.model}* (baseline)" if each.baseline else each.model
    count = f"{each.noise.n}" + (f" ({each.failed} failed)" if each.failed else "")
    bare = (f"{each.unscaled[0].value:.2f}", f"{each.unscaled[1].value:.2f}") if each.unscaled else ("", "")
    gains = ("", "") if each.model == AGAINST else (_signed(each.noise_gain), _signed(each.visible_gain))
    cells = (name, count, _ranged(each.noise), gains[0], _ranged(each.visible), gains[1], *bare)
    return f"| {' | '.join(cells)} |"


def _published(rows: Sequence[NoiseRow], psnr: float) -> list[str]:
    """The figures of people beside ours."""
    noise, bare = readings(rows, "equal_noise", "jnd"), readings(rows, "unscaled", "psnr")
    at_one = readings(rows, "unscaled", "jnd")
    lines = [
        f"| published, of people | at | mean score, -3 to 3 | ours, of the observer at {psnr:g} dB: JND less |",
        "|---|---|---|---|",
    ]
    for each in ADVANTAGES:
        gain = _paired(noise.get(each.other or "", {}), noise.get(each.model, {}))
        lines.append(
            f"| {each.model} over {each.named} ({each.paper}: {each.viewers} viewers, {each.pictures} pictures) "
            f"| {each.psnr:g} dB | {each.score:+.2f} | {_signed(gain) if each.other else 'not here'} |"
        )
    lines += [
        "",
        "| published: noise at strength 1, seen as about equal by people | mean PSNR, dB "
        "| ours at strength 1, dB | the observer reads, JND |",
        "|---|---|---|---|",
    ]
    for one in REACHED:
        values, seen = bare.get(one.model or "", {}), at_one.get(one.model or "", {})
        ours = (f"{mean(list(values.values())).value:.2f}", f"{mean(list(seen.values())).value:.2f}") if values else ()
        lines.append(
            f"| {one.named} ({one.paper}: {one.viewers} viewers, {one.pictures} pictures) | {one.psnr:.2f} "
            f"| {' | '.join(ours or ('not here', ''))} |"
        )
    return lines


def _paired(values: dict[str, float], others: dict[str, float]) -> Mean | None:
    """The mean of value minus other over the pictures that have both."""
    both = [value - others[name] for name, value in values.items() if name in others]
    return mean(both) if both else None


def _ranged(found: Mean) -> str:
    return f"{found.value:.2f} [{found.value - found.half:.2f}, {found.value + found.half:.2f}]"


def _signed(found: Mean | None) -> str:
    if found is None:
        return ""
    return f"{found.value:+.2f} [{found.value - found.half:+.2f}, {found.value + found.half:+.2f}]"


def _grouped(
    rows: Sequence[NoiseRow], key: Callable[[NoiseRow], str], value: Callable[[NoiseRow], str]
) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for row in rows:
        found.setdefault(key(row), []).append(value(row))
    return found
