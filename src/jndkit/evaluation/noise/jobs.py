"""The noise test of one picture: at equal noise, at equal visibility, and as the map is."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from jndkit.errors import TargetError
from jndkit.evaluation.jobs import Input, PictureJob, remaining
from jndkit.evaluation.noise.baselines import BASELINES
from jndkit.evaluation.noise.rows import NoiseRow, Noisy
from jndkit.evaluation.noise.settings import Settings
from jndkit.injection import Noise, Seen, at_jnd, at_psnr
from jndkit.observers import Watched, observer as named_observer
from jndkit.picture import Picture
from jndkit.picturewise.watching import watch_under
from jndkit.pixelwise import jnd_map
from jndkit.protocols import protocol as named_protocol


@dataclass(frozen=True)
class Job(PictureJob[NoiseRow, str, Settings]):
    """One picture, which is watched once. left: models."""

    def prepare(self, picture: Picture) -> Callable[[NoiseRow, str], None]:
        protocol, viewing = self.settings.fit()
        watched = watch_under(named_observer(self.settings.observer), picture, viewing, protocol)
        return lambda row, model: _measure(row, picture, watched)


def jobs_left(pictures: Sequence[tuple[Path, str]], settings: Settings, known: Iterable[NoiseRow]) -> list[Job]:
    """What is left to do. pictures: (file, name in the rows).  known: rows of an earlier run of the same settings."""
    return remaining(Job, [Input(*picture, settings.parts) for picture in pictures], settings, known)


def _measure(row: NoiseRow, picture: Picture, watched: Watched) -> None:
    """Fill the row."""
    if row.model in BASELINES:
        jnd = BASELINES[row.model](picture.height, picture.width, row.seed)
    else:
        jnd = jnd_map(picture, row.model, variant=row.variant, border=row.border)
    row.map_mean = round(float(jnd.mean(dtype="float64")), 6)
    noise = Noise(picture, jnd, row.seed)
    dose = noise.at(1.0)
    row.unscaled = _reading(Seen(dose, watched(dose.picture)))
    dose = at_psnr(noise, row.target["psnr"])
    row.equal_noise = _reading(Seen(dose, watched(dose.picture)))
    row.equal_visibility = _reading(_at_jnd(noise, watched, row))


def _at_jnd(noise: Noise, watched: Watched, row: NoiseRow) -> Seen:
    """Noise within 0.2 % of the wanted visibility, or 1 % where the worst places decide: a reading leaps with them."""
    try:
        return at_jnd(noise, watched, row.target["jnd"], tolerance=0.002)
    except TargetError:
        # Without a search for the worst place the reading is smooth, and a miss is a miss.
        if named_protocol(row.protocol)[0].look is None:
            raise
        return at_jnd(noise, watched, row.target["jnd"])


def _reading(seen: Seen) -> Noisy:
    psnr = round(seen.dose.psnr, 6) if math.isfinite(seen.dose.psnr) else None
    return {"beta": round(seen.dose.beta, 6), "psnr": psnr, "jnd": round(seen.reading.jnd, 6)}
