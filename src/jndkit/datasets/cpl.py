"""Pairs of a picture and its critical perceptually lossless (CPL) version: as far from it as viewers do not see.

Layout, as the published CPL-Set has it: `pristine/NAME.png` and `critical/NAME.png`, below `train`, `valid` and `test`
where there are splits. `build` makes such pairs from any pictures; `pairs` reads a folder of them.

Source: Jiang et al., "Rethinking and Conceptualizing Just Noticeable Difference Estimation by Residual Learning",
IEEE TCSVT 2024 (the set); Jiang et al., IEEE TIP 31, 2022 (the path of versions).
Differs: an observer, not a group of viewers, says where the critical version lies.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from jndkit.batch import Engine
from jndkit.datasets.klt import COMPONENTS, Klt
from jndkit.datasets.pairs import SPLITS, Announce, Making, Pair, build_rows, making_pairs, read_pairs
from jndkit.observers import observer as named_observer
from jndkit.picture import Picture, Pixels
from jndkit.picturewise.watching import watch_under
from jndkit.pixelwise.resjnd import critical_picture
from jndkit.protocols import protocol as named_protocol
from jndkit.visibility import jnd_for
from jndkit.weights import find

__all__ = ["SPLITS", "Critical", "build", "critical", "pairs"]

_NEAR = 0.95  # a reading from this share of the target up is critical
_STEPS = 12  # halvings of the count of components, at most


@dataclass(frozen=True)
class Critical:
    """The critical version. components: kept of 192.  jnd: what it reads.  probes: readings it took."""

    rgb: Pixels
    components: float
    jnd: float
    probes: int


def critical(
    picture: Picture,
    *,
    viewers: float = 75.0,
    protocol: str = "aic",
    viewing: str | float | None = None,
    observer: str = "cvvdp",
) -> Critical:
    """The picture kept to as few components of its own transform as the wanted share of viewers do not miss.

    Raises UsageError for unknown names and for shares the protocol does not answer.
    """
    fit, display = named_protocol(protocol, viewing)
    target = jnd_for(viewers, fit)
    watched = watch_under(named_observer(observer), picture, display, fit)
    klt = Klt(picture.rgb)
    low, high = 0.0, float(COMPONENTS)
    best = Critical(klt.keep(high), high, 0.0, 0)
    for probe in range(1, _STEPS + 1):
        # Geometric steps: what the first components hold is worth far more than what the last do.
        middle = float(np.sqrt(max(low, 1.0) * high))
        rgb = klt.keep(middle)
        reading = watched(Picture(rgb=rgb)).jnd
        if reading <= target:
            best, high = Critical(rgb, middle, reading, probe), middle
            if reading >= _NEAR * target:
                break
        else:
            low = middle
    return best


def build(
    source: str | Path,
    target: str | Path,
    *,
    jobs: int | None = None,
    announce: Announce = None,
    engine: Engine | None = None,
    **options: Any,
) -> Generator[dict[str, Any], None, None]:
    """Make a pair of every picture below a folder; yields the manifest's rows as they are made, and resumes.

    source: a folder of pictures.  target: the folder for `pristine`, `critical` and `manifest.jsonl`.
    jobs: processes at work at once; the processors by default.  engine: who works in place of them.
    announce: told once how many pictures are left to do, as many as rows will follow, before the first is worked on.
    options: viewers, protocol, viewing, observer of `critical`; or model and side of `predicted`.
    A picture that fails, or that is no photograph, is a row with `error` or `skipped`, and the run goes on.
    Raises UsageError for the request, InputError for a folder without pictures.
    """
    return build_rows(source, target, making(**options), jobs=jobs, announce=announce, engine=engine)


def making(**options: Any) -> Making:
    """How such a set is made. options: as of `build`."""
    return making_pairs("critical", _predicted if options.get("model") else _searched, options)


def predicted(picture: Picture, model: str, side: int = 0) -> tuple[Pixels, Pixels]:
    """The picture and its critical version as a network predicts it, to teach a smaller network.

    model: a name of ResJND weights.  side: keep the middle of the picture only, that many pixels a side; 0 keeps all.
    Raises UsageError for an unknown model, MissingError without weights.
    """
    height, width = picture.rgb.shape[:2]
    if not side or side >= min(height, width):
        return picture.rgb, critical_picture(picture, weights=model)
    top, left = (height - side) // 2, (width - side) // 2
    reach = find(model).card.context
    above, before = max(0, top - reach) % 4, max(0, left - reach) % 4  # networks may work on 4 x 4 pixels at a time
    first, start = max(0, top - reach) - above, max(0, left - reach) - before
    seen = np.ascontiguousarray(picture.rgb[first : top + side + reach, start : left + side + reach])
    inner = (slice(top - first, top - first + side), slice(left - start, left - start + side))
    version = critical_picture(seen, border="zero", weights=model)
    return np.ascontiguousarray(seen[inner]), np.ascontiguousarray(version[inner])


def _predicted(picture: Picture, model: str, side: int = 0, **_: Any) -> Pair:
    pristine, critical = predicted(picture, model, side)
    return Pair(pristine, critical, None, 0)


def _searched(picture: Picture, **options: Any) -> Pair:
    version = critical(picture, **options)
    details = {"components": round(version.components, 3)}
    return Pair(picture.rgb, version.rgb, version.jnd, version.probes, details)


def pairs(folder: str | Path, split: str | None = None) -> list[tuple[Path, Path]]:
    """(pristine, critical) files of a CPL folder, by name.

    split: "train", "valid" or "test" where the folder has them.
    Raises UsageError for an unknown split, InputError where a folder is missing or a picture has no partner.
    """
    return read_pairs(folder, "critical", split)
