"""Predict each codec's curve of ln(JND) from the picture alone.

Labels are readings of coded pictures at any knobs and displays. The network tells the curve at fixed knobs; between
them it is interpolated as `picturewise.knob` does.
"""

from __future__ import annotations

import csv
import hashlib
import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from torch import Generator, Tensor, nn

from jndkit.codecs import codec as named_codec
from jndkit.datasets.vpjnd import pictures
from jndkit.errors import InputError
from jndkit.picture import load, make_folder, replacing
from jndkit.picturewise.curves import typical_curve
from jndkit.picturewise.knob import KNOTS, features, place
from jndkit.picturewise.responses import WatchedSample, responses, sample
from jndkit.training.recipe import Recipe
from jndkit.training.tasks import check_data
from jndkit.viewing import Viewing, viewing as named_viewing

_READ = (0.06, 6.0)  # JND: beyond, a curve is too flat or too coarse to teach a knob
_NEAR = (0.2, 2.0)  # JND: what scores are taken over, 50 to 90 per cent of viewers with room on either side
_COVERED = 0.9
_DEVIATIONS = 1.645  # of a normal distribution, either side of 90 %
_LAPLACE = _DEVIATIONS / math.log(10.0)  # scale of a Laplace distribution whose 90 % interval is that of a unit normal


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
    """Readings as arrays: (R,) each but `weights`, (R, knots): how much of each knot makes the knob.

    features: (P, F), one line for each picture at a display, to which `picture` points.
    residual: ln(JND) less that of the typical curve.
    """

    features: npt.NDArray[np.float32]
    picture: npt.NDArray[np.int64]
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
        known = ("train", "valid", "pictures", "cache", "noise")
        sets = "sets of `jnd datasets build vpjnd`, or tables of `jnd label`"
        check_data(recipe, known, sets, several=("train", "valid"))
        root, folder = Path(recipe.data.get("pictures", ".")), Path(recipe.data.get("cache", "runs/knob-features"))
        self._batch, self._noise = recipe.batch, float(recipe.data.get("noise", 0.03))
        self._train, self._valid = (_opened(recipe.data[side], root, folder) for side in ("train", "valid"))

    def batch(self, generator: Generator) -> tuple[Tensor, ...]:
        """(features (N, F), codec (N,), weights of the knots (N, K), residual (N,)), of readings drawn at random."""
        rows = torch.randint(len(self._train.picture), (self._batch,), generator=generator).numpy()
        clean, codec, weights, residual = _tensors(self._train, rows)
        return clean + self._noise * torch.randn(clean.shape, generator=generator), codec, weights, residual

    def loss(self, model: nn.Module, batch: tuple[Tensor, ...]) -> Tensor:
        """Negative log likelihood of a Laplace distribution: its median is what the mean absolute error asks for."""
        error, log_sigma = _errors(model, batch)
        log_scale = log_sigma + math.log(_LAPLACE)
        return (torch.abs(error) * torch.exp(-log_scale) + log_scale).mean()

    def validate(self, model: nn.Module) -> dict[str, float]:
        """By how much the typical curve's mean |error| of ln(JND) is lessened, in per cent, between 0.2 and 2 JND.

        covered_before: the share of these readings inside the 90 % intervals as the network tells them, before
        `calibrated` widens or narrows them.
        """
        error, sigma = self._validated(model)
        plain, near = np.abs(self._valid.residual), self._near
        scores = {
            "gain_over_typical_percent": 100.0 * (1.0 - float(error[near].mean() / plain[near].mean())),
            "error": float(error[near].mean()),
            "typical": float(plain[near].mean()),
            "covered_before": float((error[near] < _DEVIATIONS * sigma[near]).mean()),
        }
        for index, name in enumerate(KNOTS):
            of_codec = near & (self._valid.codec == index)
            if of_codec.any():
                scores[f"error_{name}"] = float(error[of_codec].mean())
                scores[f"typical_{name}"] = float(plain[of_codec].mean())
        return scores

    def calibrated(self, model: nn.Module) -> dict[str, Tensor]:
        """The state dict with the factor on all deviations by which 90 % intervals hold 90 % of the readings above."""
        error, sigma = self._validated(model)
        factor = np.log(np.quantile(error[self._near] / (_DEVIATIONS * sigma[self._near]), _COVERED))
        state: dict[str, Tensor] = model.state_dict()
        return {**state, "calibration": state["calibration"] + float(factor)}

    @property
    def _near(self) -> npt.NDArray[np.bool_]:
        near: npt.NDArray[np.bool_] = (self._valid.jnd > _NEAR[0]) & (self._valid.jnd < _NEAR[1])
        return near

    def _validated(self, model: nn.Module) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
        """|error| of ln(JND) of every validation reading, and its standard deviation as the network tells it."""
        device = next(model.parameters()).device
        every = np.arange(len(self._valid.picture))
        with torch.no_grad():
            error, log_sigma = _errors(model, tuple(part.to(device) for part in _tensors(self._valid, every)))
        return np.abs(error.float().cpu().numpy()), np.exp(log_sigma.float().cpu().numpy())


def _errors(model: nn.Module, batch: tuple[Tensor, ...]) -> tuple[Tensor, Tensor]:
    """(predicted less read, ln of the standard deviation), (N,) each."""
    given, codec, weights, residual = batch
    out = model(given).float()
    of_codec = out[torch.arange(len(codec), device=out.device), codec]
    # The deviation is interpolated and not its logarithm, as when it is used.
    return (of_codec[..., 0] * weights).sum(1) - residual, torch.log((of_codec[..., 1].exp() * weights).sum(1))


def _tensors(table: _Table, rows: npt.NDArray[np.int64]) -> tuple[Tensor, ...]:
    arrays = table.features[table.picture[rows]], table.codec[rows], table.weights[rows], table.residual[rows]
    return tuple(torch.from_numpy(array) for array in arrays)


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
        raise InputError(path, f"it is not a table of labels ({error!r})") from None


def _opened(sources: str | list[str], root: Path, cache_folder: Path) -> _Table:
    """The readings of sets and tables, with the features of their pictures. Raises InputError where there are none."""
    table = _table(_readings(sources, root), cache_folder)
    if table is None:
        raise InputError(
            sources if isinstance(sources, str) else sources[0], "none of its readings can be learned from"
        )
    return table


def _table(readings: Iterable[LabelledReading], cache_folder: Path) -> _Table | None:
    places: dict[tuple[Path, Viewing], int] = {}
    every: list[npt.NDArray[np.float32]] = []
    rows = []
    for reading in readings:
        codec = named_codec(reading.codec)
        index = place(codec)
        if index is None or not _READ[0] <= reading.jnd <= _READ[1]:
            continue
        key = reading.picture, reading.viewing
        if key not in places:
            windows = _features(*key, cache_folder)
            if len(windows) != 1:  # of several windows nobody says which one was read
                continue
            places[key] = len(every)
            every.append(windows[0])
        order = np.argsort(codec.knob.grid)  # interpolation wants rising knobs; some grids fall
        grid, curve = (np.array(axis)[order] for axis in (codec.knob.grid, _typical(reading.codec, reading.viewing)))
        typical = np.interp(reading.value, grid, curve)
        knots = np.array(list(KNOTS.values())[index])
        weights = [np.interp(reading.value, knots, unit) for unit in np.eye(len(knots))]
        rows.append((places[key], index, weights, math.log(reading.jnd) - typical, reading.jnd))
    if not rows:
        return None
    pictures, codecs, weights_, residuals, jnds = zip(*rows, strict=True)
    return _Table(
        np.array(every, np.float32),
        np.array(pictures, np.int64),
        np.array(codecs, np.int64),
        np.array(weights_, np.float32),
        np.array(residuals, np.float32),
        np.array(jnds, np.float32),
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
    windows = features(responses(WatchedSample(sample(load(path).rgb), viewing)).energy, viewing)
    make_folder(str(folder))
    with replacing(kept, force=True) as temporary, open(temporary, "wb") as file:
        np.save(file, windows)
    return windows
