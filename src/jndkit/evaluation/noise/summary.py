"""What each model comes to over pictures, from rows alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from jndkit.evaluation.intervals import Mean, mean
from jndkit.evaluation.noise.baselines import BASELINES
from jndkit.evaluation.noise.rows import NoiseRow
from jndkit.evaluation.tables import check_alike, check_once

AGAINST = "flat"
"""The baseline that every model is compared with, picture by picture."""

Readings = dict[str, dict[str, float]]
"""Model -> picture -> what was read."""


@dataclass(frozen=True)
class Summary:
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


def check(rows: Sequence[NoiseRow]) -> None:
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
    for model in sorted({row.model for row in rows}):
        kinds[f"the variant of {model}"] = {row.variant for row in rows if row.model == model}
    check_alike(kinds)
    check_once(f"{row.input} with {row.model}" for row in rows)


def summaries(rows: Sequence[NoiseRow]) -> list[Summary]:
    """Every model, the one with the lowest PSNR at equal visibility first. Raises UsageError, see `check`."""
    check(rows)
    noise, visible = readings(rows, "equal_noise", "jnd"), readings(rows, "equal_visibility", "psnr")
    bare = {kind: readings(rows, "unscaled", kind) for kind in ("psnr", "jnd")}
    ranked = []
    for model in noise:
        shown = model not in BASELINES and bool(bare["psnr"].get(model))
        ranked.append(
            Summary(
                model,
                mean(list(noise[model].values())),
                mean(list(visible[model].values())),
                paired(noise[model], noise.get(AGAINST, {})),
                paired(visible[model], visible.get(AGAINST, {})),
                (mean(list(bare["psnr"][model].values())), mean(list(bare["jnd"][model].values()))) if shown else None,
                sum(row.model == model and row.error is not None for row in rows),
            )
        )
    return sorted(ranked, key=lambda summary: summary.visible.value)


def readings(rows: Sequence[NoiseRow], part: str, kind: str) -> Readings:
    """What was read of every model and picture, without failed rows.

    part: "unscaled", "equal_noise" or "equal_visibility".  kind: "psnr" or "jnd".
    """
    by_model: Readings = {}
    for row in rows:
        value = (getattr(row, part) or {}).get(kind)
        if row.error is None and value is not None:
            by_model.setdefault(row.model, {})[row.input] = value
    return by_model


def paired(values: Mapping[str, float], others: Mapping[str, float]) -> Mean | None:
    """The mean of value minus other over the pictures that have both."""
    differences = [value - others[name] for name, value in values.items() if name in others]
    return mean(differences) if differences else None
