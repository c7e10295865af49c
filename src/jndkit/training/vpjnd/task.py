"""Predict how visible the coding of a picture is: from patches of it, in JND units, as the observer reads it.

Labels are dense: the visible energies of every block of 32 x 32 pixels, from which the JND of a patch or of any set of
patches follows as it does for a whole picture.

Source: Y. Zhang et al., "VP-JND", IEEE TCSVT 2025: patches of reference, coded picture and JND map.
Differs: the patches are of one place; JND, not yes and no; the visual-importance loss is not public, so errors of JND
are taken of blocks, patches and sets of patches, the energies of each weighted by their share in what is seen.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeVar

import numpy as np
import numpy.typing as npt
import torch
from torch import Generator, Tensor, nn
from torch.nn import functional as F

from jndkit.codecs import codec as named_codec
from jndkit.datasets.vpjnd import BLOCK, Labelled, Version, pictures
from jndkit.errors import InputError, UsageError
from jndkit.observers.cvvdp.constants import constants
from jndkit.observers.vpjnd import MAP_UNIT, SCALES, SIDE, display, starts, worst
from jndkit.picture import Pixels, load
from jndkit.picturewise.curves import typical_curve
from jndkit.pixelwise.chou1995 import chou1995
from jndkit.training.recipe import Recipe
from jndkit.training.sampling import FORMS, below, to_tensor, turned
from jndkit.training.tasks import check_data
from jndkit.training.vpjnd.visible_energy import ln_jnd
from jndkit.viewing import Viewing

Floats = npt.NDArray[np.float32]
Plane = npt.NDArray[Any]
Places = tuple[list[int], list[int], tuple[int, ...]]
"""Tops and lefts of patches, and the size of the picture they are of; see `observers.vpjnd.starts`."""
Item = TypeVar("Item")
Tensors = tuple[Tensor, Tensor, Tensor]

BLOCKS = SIDE // BLOCK
_FLOOR = 1e-6  # of energies
_FAINT = 0.1  # JND: errors of readings below count less and less
_DEVIATIONS = 1.6449  # of a normal distribution, either side of 90 %


class Drawn(NamedTuple):
    """One place. reference, coded: uint8 (128, 128, 3).  jnd: code values, (128, 128).  viewing: see `display`.
    energy: float32 (12, 4, 4), visible energies of its blocks.
    """

    reference: Pixels
    coded: Pixels
    jnd: Plane
    viewing: Floats
    energy: Floats


class VpjndTask:
    """data.train, data.valid: folders that `jnd datasets build vpjnd` made.

    data.patches: of each pair in a batch of `batch` pairs; 8 by default.
    data.valid_pictures, data.valid_versions: how many to score on, spread evenly; all by default.
    """

    score_name = "gain_over_constant_percent"
    more_data: tuple[str, ...] = ()

    def __init__(self, recipe: Recipe) -> None:
        known = ("train", "valid", "patches", "valid_pictures", "valid_versions", *self.more_data)
        check_data(recipe, known, "folders of labels, as `jnd datasets build vpjnd` makes them")
        if recipe.crop != SIDE:
            raise UsageError(f"crop: the network looks at patches of {SIDE} pixels")
        self.pairs, self.patches = recipe.batch, int(recipe.data.get("patches", 8))
        self.train = [self.scene(labelled) for labelled in pictures(recipe.data["train"])]
        self.train = [scene for scene in self.train if min(scene.rgb.shape[:2]) >= SIDE]
        if not self.train:
            raise InputError(recipe.data["train"], f"no picture is as large as a patch of {SIDE} pixels")
        valid = pictures(recipe.data["valid"])
        self.valid = _some(valid, recipe.data.get("valid_pictures"))
        self._versions = recipe.data.get("valid_versions")

    def batch(self, generator: Generator) -> tuple[Tensor, ...]:
        """Reference and coded patches, float32 (N, 3, 128, 128) in 0..1; JND maps (N, 1, 128, 128); displays (N, 2);
        energies of blocks, (N, 12, 4, 4). N: pair by pair, the patches of one together.
        """
        return tensors([patch for _ in range(self.pairs) for patch in self.draw(generator)[1]])

    def scene(self, labelled: Labelled) -> Scene:
        """A picture of the set, with the JND map that the network is shown."""
        return Scene(labelled)

    def choose(self, generator: Generator) -> tuple[Scene, int]:
        """A training picture, and which of its versions."""
        scene = self.train[below(len(self.train), generator)]
        return scene, below(len(scene.versions), generator)

    def draw(self, generator: Generator, displays: int = 2) -> tuple[Version, list[Drawn]]:
        """A coded version of a training picture, and patches of it as one of the first `displays` displays shows it."""
        scene, version = self.choose(generator)
        shown = below(displays, generator)
        form = below(FORMS, generator)
        coded, energy = decoded(scene.versions[version]), scene.energy(version, shown)
        viewing = np.array(display(scene.viewings[shown]), np.float32)
        patches = []
        for _ in range(self.patches):
            row, column = (below(side - BLOCKS + 1, generator) for side in energy.shape[1:])
            parts = [_cut(plane, row, column, BLOCK) for plane in (scene.rgb, coded, scene.jnd)]
            blocks = _cut(energy.transpose(1, 2, 0), row, column, 1)
            reference, test, jnd, label = (turned(part, form) for part in (*parts, blocks))
            patches.append(Drawn(reference, test, jnd, viewing, np.ascontiguousarray(label.transpose(2, 0, 1))))
        return scene.versions[version], patches

    def loss(self, model: nn.Module, batch: tuple[Tensor, ...]) -> Tensor:
        *given, energy = batch
        quality, weight, spread, blocks = model(*given)
        patch = energy.mean((2, 3))
        seen = ln_jnd(torch.log(patch + _FLOOR))
        loss = _share_error(2.0 * quality, patch) + 0.5 * _share_error(torch.log(blocks + _FLOOR), energy)
        loss = loss + _worth(seen, (ln_jnd(2.0 * quality) - seen).abs())
        sets = (self.pairs, self.patches)
        share = torch.softmax(weight.reshape(*sets), 1)[:, :, None]
        predicted = ln_jnd(torch.log((share * torch.exp(2.0 * quality).reshape(*sets, -1)).sum(1)))
        wanted = ln_jnd(torch.log(patch.reshape(*sets, -1).mean(1) + _FLOOR))
        error, spread = (predicted - wanted).abs(), spread.reshape(*sets).mean(1)
        # The spread learns from the error, not the other way round.
        likelihood = error.detach() * math.sqrt(2.0) * torch.exp(-spread) + spread
        return loss + 2.0 * _worth(wanted, error) + 0.1 * _worth(wanted, likelihood)

    def validate(self, model: nn.Module) -> dict[str, float]:
        """Mean absolute errors of ln(JND) of whole pictures: by codec at the desktop, and at other displays.

        First the part of the error of the constant guess (the typical curve) that the network takes away there.
        """
        return scores(self.readings(model))

    def readings(self, model: nn.Module) -> list[VersionReading]:
        """What the network says of every validation version at every display, beside what the observer read."""
        readings = []
        device = next(model.parameters()).device
        for labelled in self.valid:
            for version, places, given in self.looks(labelled, device):
                codec = named_codec(version.codec)
                for index, viewing in enumerate(labelled.viewings):
                    jnd, spread = _predicted(model, given, places, viewing)
                    constant = typical_curve(codec, viewing)[codec.knob.grid.index(version.knob)]
                    readings.append(
                        VersionReading(
                            labelled.pristine.name,
                            version.codec,
                            viewing.name,
                            math.log(max(version.jnd[index], 1e-3)),
                            math.log(max(jnd, 1e-3)),
                            constant,
                            spread,
                        )
                    )
        return readings

    def looks(self, labelled: Labelled, device: torch.device) -> Iterator[tuple[Version, Places, Tensors]]:
        """The versions of a validation picture that are scored, with the patches an observer would look at."""
        scene = self.scene(labelled)
        tops, lefts = starts(*scene.rgb.shape[:2])

        def patches(plane: Plane) -> Plane:
            return np.stack([plane[top : top + SIDE, left : left + SIDE] for top in tops for left in lefts])

        places = tops, lefts, scene.rgb.shape[:2]
        reference, jnd = to_tensor(patches(scene.rgb)).to(device), map_tensor(patches(scene.jnd)).to(device)
        for version in _some(list(scene.versions), self._versions):
            yield version, places, (reference, to_tensor(patches(decoded(version))).to(device), jnd)


@dataclass(frozen=True)
class VersionReading:
    """ln(JND) of one version: what the observer read, what the network and the typical curve say, ln of its error."""

    picture: str
    codec: str
    viewing: str
    read: float
    predicted: float
    constant: float
    spread: float


def _predicted(model: nn.Module, given: Tensors, places: Places, viewing: Viewing) -> tuple[float, float]:
    """JND of a picture as the network reads its patches at a display, and ln of the reading's standard deviation."""
    displays = torch.tensor([display(viewing)], device=given[0].device).expand(len(given[0]), 2)
    quality, weight, spread = (output.float() for output in model(*given, displays)[:3])
    energy, share = torch.exp(2.0 * quality).cpu().double().numpy(), torch.softmax(weight[:, 0], 0).cpu().numpy()
    tops, lefts, size = places
    (jnd, _), _ = worst(energy, share, tops, lefts, size, viewing.ppd)
    return jnd, float(spread.mean())


class Scene:
    """A picture of the set in memory, with its JND map: what `jnd_map` makes of its pixels."""

    def __init__(self, labelled: Labelled, jnd_map: Callable[[Pixels], Floats] = chou1995) -> None:
        self.versions, self.viewings = labelled.versions, labelled.viewings
        self.rgb = load(labelled.pristine).rgb
        self.jnd = jnd_map(self.rgb).astype(np.float16)  # half the memory: all pictures of a set are held
        self._labelled = labelled
        self._energies: dict[int, Floats] = {}

    def energy(self, version: int, shown: int) -> Floats:
        """float32 (12, rows, columns): visible energies of the blocks at one of the displays, four scales by three."""
        if shown not in self._energies:
            self._energies = {index: grouped(roots) for index, roots in enumerate(self._labelled.roots())}
        energy: Floats = self._energies[shown][version]
        return energy


def grouped(roots: npt.NDArray[np.float16]) -> Floats:
    """Energies by four scales and three channels: (versions, bands, 3, ...) to (versions, 12, ...).

    The last scale holds all coarser bands, so that the whole pools as the bands do.
    """
    energy = roots.astype(np.float32) ** 2
    energy[:, -1] *= np.square(constants().baseband_weight).reshape(3, *[1] * (energy.ndim - 3))
    coarse = np.sqrt(np.square(energy[:, SCALES - 1 :]).sum(axis=1, keepdims=True))
    every = np.concatenate([energy[:, : SCALES - 1], coarse], axis=1)
    groups: Floats = np.ascontiguousarray(every.reshape(len(every), SCALES * 3, *every.shape[3:]))
    return groups


def decoded(version: Version) -> Pixels:
    """Raises InputError where the file is missing, CodecError where it is damaged."""
    try:
        data = version.file.read_bytes()
    except OSError as error:
        raise InputError(version.file, f"it cannot be read: {error.strerror}") from None
    return named_codec(version.codec).decode(data).rgb


def scores(readings: list[VersionReading]) -> dict[str, float]:
    """Figures of a validation; `gain_over_constant_percent` first."""
    desktop = [reading for reading in readings if reading.viewing == "desktop"]
    errors = {"ln_error": _mean(desktop), "ln_error_constant": _mean(desktop, constant=True)}
    for codec in sorted({reading.codec for reading in desktop}):
        of_codec = [reading for reading in desktop if reading.codec == codec]
        errors[f"ln_error_{codec.partition(':')[0]}"] = _mean(of_codec)
    others = [reading for reading in readings if reading.viewing != "desktop"]
    errors |= {"ln_error_others": _mean(others), "ln_error_others_constant": _mean(others, constant=True)}
    inside = [abs(reading.predicted - reading.read) <= _DEVIATIONS * math.exp(reading.spread) for reading in readings]
    gain = 100.0 * (1.0 - errors["ln_error"] / errors["ln_error_constant"])
    return {"gain_over_constant_percent": gain, **errors, "inside_interval": float(np.mean(inside))}


def _mean(readings: list[VersionReading], constant: bool = False) -> float:
    """Mean absolute error of ln(JND), faint readings counting less."""
    if not readings:
        return math.nan
    read = np.array([reading.read for reading in readings])
    predicted = np.array([reading.constant if constant else reading.predicted for reading in readings])
    worth = np.exp(read) / (np.exp(read) + _FAINT)
    return float(np.sum(worth * np.abs(predicted - read)) / np.sum(worth))


def _share_error(predicted: Tensor, energy: Tensor) -> Tensor:
    """Mean error of ln of the roots of energies (N, 12, ...), each by its share in what is seen there."""
    wanted = torch.log(energy + _FLOOR)
    share = energy / (energy.square().sum(1, keepdim=True).sqrt() + _FLOOR) + 0.03
    return (share * F.smooth_l1_loss(0.5 * predicted, 0.5 * wanted, reduction="none", beta=0.05)).sum(1).mean()


def _worth(wanted: Tensor, error: Tensor) -> Tensor:
    jnd = torch.exp(wanted)
    return (jnd / (jnd + _FAINT) * error).mean()


def _some(every: list[Item], most: int | None) -> list[Item]:
    if most is None or len(every) <= int(most):
        return every
    return [every[index * len(every) // int(most)] for index in range(int(most))]


def tensors(drawn: list[Drawn]) -> tuple[Tensor, ...]:
    """What `VpjndTask.batch` returns."""
    reference, coded, jnd, viewing, energy = (np.stack(part) for part in zip(*drawn, strict=True))
    return *map(to_tensor, (reference, coded)), map_tensor(jnd), *map(torch.from_numpy, (viewing, energy))


def map_tensor(jnd: Plane) -> Tensor:
    """Code values (N, H, W) to float32 (N, 1, H, W) as the network takes them."""
    return torch.from_numpy(jnd.astype(np.float32))[:, None] / MAP_UNIT


def _cut(plane: Plane, row: int, column: int, grain: int) -> Plane:
    """Four blocks by four, of `grain` samples a side, from a block on."""
    side = BLOCKS * grain
    return plane[row * grain : row * grain + side, column * grain : column * grain + side]
