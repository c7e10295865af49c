"""Foresee each codec's curve of ln(JND) from the picture alone.

Labels are readings of coded pictures at any knobs and displays. The network tells the curve at fixed knobs; between
them it is interpolated as `picturewise.knob` does.
"""

from __future__ import annotations

import csv
import hashlib
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Generator, Tensor, nn

from jndkit.codecs import codec as named_codec
from jndkit.datasets.vpjnd import pictures
from jndkit.errors import InputError, UsageError
from jndkit.picture import load, replacing
from jndkit.picturewise.curves import typical_curve
from jndkit.picturewise.knob import KNOTS, features, place
from jndkit.picturewise.responses import WatchedSample, responses, sample
from jndkit.training.recipe import Recipe
from jndkit.viewing import Viewing, viewing as named_viewing

_READ = (0.06, 6.0)  # JND: beyond, a curve is too flat or too coarse to teach a knob
_NEAR = (0.2, 2.0)  # JND: what scores are taken over, 50 to 90 per cent of viewers with room on either side
_LAPLACE = 1.645 / math.log(10.0)  # scale of a Laplace distribution whose 90 % interval is that of a unit normal


@dataclass(frozen=True)
class LabelledReading:
    """JND of one picture coded by one codec at one knob, at one display."""

    picture: Path
    viewing: Viewing
    codec: str
    value: float
    jnd: float


@dataclass(frozen=True)
class _Table:
    """Readings as arrays: (R,) each but `weights`, (R, knots): how much of each knot makes the knob."""

    told: npt.NDArray[np.float32]
    at: npt.NDArray[np.int64]
    codec: npt.NDArray[np.int64]
    weights: npt.NDArray[np.float32]
    residual: npt.NDArray[np.float32]
    jnd: npt.NDArray[np.float32]


class KnobTask:
    """data.train, data.valid: sets that `jnd datasets build vpjnd` made, or tables of `jnd label`; lists of them too.

    data.pictures: the folder that the file names of tables begin at.  data.cache: where features are kept, a folder.
    data.noise: standard deviation of noise added to features while training.
    """

    score_name = "gain_over_typical_percent"

    def __init__(self, recipe: Recipe) -> None:
        known = {"train", "valid", "pictures", "cache", "noise"}
        unknown = sorted(set(recipe.data) - known)
        if unknown:
            raise UsageError(f"data.{unknown[0]}: unknown; known are {', '.join(sorted(known))}")
        for side in ("train", "valid"):
            if side not in recipe.data:
                raise UsageError(f"data.{side}: name a set of `jnd datasets build vpjnd`, or a table of `jnd label`")
        root, folder = Path(recipe.data.get("pictures", ".")), Path(recipe.data.get("cache", "runs/knob-features"))
        self._batch, self._noise = recipe.batch, float(recipe.data.get("noise", 0.03))
        self._train, self._valid = (
            _table(list(_readings(recipe.data[side], root)), folder) for side in ("train", "valid")
        )

    def batch(self, generator: Generator) -> tuple[Tensor, ...]:
        """(features (N, F), codec (N,), weights of the knots (N, K), residual (N,)), of readings drawn at random."""
        rows = torch.randint(len(self._train.at), (self._batch,), generator=generator).numpy()
        told, codec, weights, residual = _tensors(self._train, rows)
        return told + self._noise * torch.randn(told.shape, generator=generator), codec, weights, residual

    def loss(self, model: nn.Module, batch: tuple[Tensor, ...]) -> Tensor:
        """Negative log likelihood of a Laplace distribution: its median is what the mean absolute error asks for."""
        error, log_sigma = _errors(model, batch)
        log_scale = log_sigma + math.log(_LAPLACE)
        return (torch.abs(error) * torch.exp(-log_scale) + log_scale).mean()

    def validate(self, model: nn.Module) -> dict[str, float]:
        """By how much the typical curve's mean |error| of ln(JND) is lessened, in per cent, between 0.2 and 2 JND.

        It also sets the network's calibration: 90 % intervals hold 90 % of these readings.
        """
        device = next(model.parameters()).device
        tensors = tuple(each.to(device) for each in _tensors(self._valid, np.arange(len(self._valid.at))))
        signed, log_sigma = (each.float().cpu().numpy() for each in _errors(model, tensors))
        error, plain = np.abs(signed), np.abs(self._valid.residual)
        near = (self._valid.jnd > _NEAR[0]) & (self._valid.jnd < _NEAR[1])
        factor = np.log(np.quantile(error[near] / (1.645 * np.exp(log_sigma[near])), 0.9))
        with torch.no_grad():
            model.calibration += float(factor)
        scores = {
            "gain_over_typical_percent": 100.0 * (1.0 - float(error[near].mean() / plain[near].mean())),
            "error": float(error[near].mean()),
            "typical": float(plain[near].mean()),
            "covered_before": float((error[near] < 1.645 * np.exp(log_sigma[near])).mean()),
        }
        for index, name in enumerate(KNOTS):
            some = near & (self._valid.codec == index)
            if some.any():
                scores[f"error_{name}"], scores[f"typical_{name}"] = (
                    float(error[some].mean()),
                    float(plain[some].mean()),
                )
        return scores


def _errors(model: nn.Module, batch: tuple[Tensor, ...]) -> tuple[Tensor, Tensor]:
    """(told minus read, ln of the standard deviation), (N,) each."""
    told, codec, weights, residual = batch
    out = model(told).float()
    mine = out[torch.arange(len(codec), device=out.device), codec]
    # The deviation is interpolated and not its logarithm, as when it is used.
    return (mine[..., 0] * weights).sum(1) - residual, torch.log((mine[..., 1].exp() * weights).sum(1))


def _tensors(table: _Table, rows: npt.NDArray[np.int64]) -> tuple[Tensor, ...]:
    arrays = table.told[table.at[rows]], table.codec[rows], table.weights[rows], table.residual[rows]
    return tuple(torch.from_numpy(each) for each in arrays)


def _readings(sources: str | list[str], root: Path) -> Iterator[LabelledReading]:
    for source in sources if isinstance(sources, list) else [sources]:
        if Path(source).suffix == ".csv":
            yield from _of_table(Path(source), root)
            continue
        for labelled in pictures(source):
            for version in labelled.versions:
                for viewing, jnd in zip(labelled.viewings, version.jnd, strict=True):
                    yield LabelledReading(labelled.pristine, viewing, version.codec, version.knob, jnd)


def _of_table(path: Path, root: Path) -> Iterator[LabelledReading]:
    """Readings of a table: columns file, codec, value, and jnd_DISPLAY for every display."""
    try:
        with path.open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                for column in row:
                    if column.startswith("jnd_"):
                        viewing = named_viewing(column.removeprefix("jnd_"))
                        yield LabelledReading(
                            root / row["file"], viewing, row["codec"], float(row["value"]), float(row[column])
                        )
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(path, f"it is no table of labels ({error!r})") from None


def _table(readings: Sequence[LabelledReading], cache_folder: Path) -> _Table:
    seen: dict[tuple[Path, Viewing], int] = {}
    told: list[Any] = []
    rows = []
    for each in readings:
        index = place(named_codec(each.codec))
        if index is None or not _READ[0] <= each.jnd <= _READ[1]:
            continue
        key = each.picture, each.viewing
        if key not in seen:
            found = _features(*key, cache_folder)
            if len(found) != 1:  # of several windows nobody says which one was read
                continue
            seen[key] = len(told)
            told.append(found[0])
        curve = _typical(each.codec, each.viewing)
        grid = named_codec(each.codec).knob.grid
        order = np.argsort(grid)
        typical = np.interp(each.value, np.array(grid)[order], np.array(curve)[order])
        knots = np.array(list(KNOTS.values())[index])
        weights = [np.interp(each.value, knots, unit) for unit in np.eye(len(knots))]
        rows.append((seen[key], index, weights, math.log(each.jnd) - typical, each.jnd))
    if not rows:
        raise InputError(cache_folder, "no reading can be learned from")
    at, codec, weights_, residual, jnd = zip(*rows, strict=True)
    return _Table(
        np.array(told, np.float32),
        np.array(at, np.int64),
        np.array(codec, np.int64),
        np.array(weights_, np.float32),
        np.array(residual, np.float32),
        np.array(jnd, np.float32),
    )


@cache
def _typical(codec: str, viewing: Viewing) -> tuple[float, ...]:
    return tuple(typical_curve(named_codec(codec), viewing))


def _features(path: Path, viewing: Viewing, folder: Path) -> npt.NDArray[np.float32]:
    """A picture's features at a display, kept in a file: they take longer than all of the training."""
    try:
        name = hashlib.sha256(path.read_bytes() + repr(viewing).encode()).hexdigest()
    except OSError as error:
        raise InputError(path, f"it cannot be read: {error.strerror}") from None
    kept = folder / f"{name}.npy"
    if kept.exists():
        stored: npt.NDArray[np.float32] = np.load(kept, allow_pickle=False)
        return stored
    found = features(responses(WatchedSample(sample(load(path).rgb), viewing)).energy, viewing)
    folder.mkdir(parents=True, exist_ok=True)
    with replacing(kept, force=True) as temporary, open(temporary, "wb") as file:
        np.save(file, found)
    return found
