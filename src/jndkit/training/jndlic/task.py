"""Code pictures in few bits at little visible error, at every knob.

The loss: bits a pixel + what the error is worth in bits, in up to four measures. One is the squared error of the
transform's 192 coefficients, each in quantisation steps, less where the JND is high: with JPEG's steps as weights it
starts where JPEG is. The others are powers, over what is usual at the knob, of what judges read: the psychophysical
observer, SSIMULACRA2, and the coarse error of chroma, which those two hardly mind.
Source: Pan et al., "JND-LIC": rates + weight * (mean squared error + perceptual term). Differs: the perceptual terms
are our own, and the weight follows the knob, which is drawn anew for every crop.
"""

from __future__ import annotations

import io

import numpy as np
import numpy.typing as npt
import torch
from PIL import Image
from torch import Generator, Tensor, nn
from torch.nn import functional as F

from jndkit.codecs.jndlic.layout import BENT, KNOB_HIGH, LAYOUTS, MULTIPLE, RD_WEIGHT
from jndkit.errors import UsageError
from jndkit.picture import Pixels
from jndkit.pixelwise.wu2016 import wu2016
from jndkit.training.jndlic.transform import dct_kernels, in_float32, perceptual_table, to_ycc
from jndkit.training.losses.chroma import CoarseChroma
from jndkit.training.losses.differentiable_observer import SMALLEST, DifferentiableObserver
from jndkit.training.losses.psnr import decibels, psnr
from jndkit.training.losses.ssimulacra2 import Ssimulacra2
from jndkit.training.recipe import Recipe
from jndkit.training.sampling import Crops, centres, to_tensor
from jndkit.training.tasks import check_data
from jndkit.viewing import DISPLAYS

_JUDGES = ("observed", "scored", "chroma")
_KNOWN = (*_JUDGES, "knob", "masking", "reduce", "train", "valid", "valid_pictures")
_KNOBS = (16.0, 28.0, 40.0)
_QUALITIES = (8, 15, 30, 50, 70, 82, 90, 95, 98)
_SIDE = 512  # pixels, of a validation picture
_USUAL_JND = 5.0  # code values
_LIMITS = 0.25, 4.0  # of the weight of a place
# What the judges read on crops of train/ at these knobs: JND, 100 less SSIMULACRA2, units of Oklab; and what that is
# worth beside the squared error, which by then is about as much. The observer and the worth were measured on a network
# half trained with the squared error alone, the others on checkpoints/jndlic-small; below 0 they grow as those of
# checkpoints/jndlic-version-2 do with its steps.
_USUAL_KNOBS = (-18.0, -9.0, 0.0, 5.0, 10.0, 16.0, 22.0, 28.0, 34.0, 40.0, 46.0, 52.0)
_USUAL = {
    "observed": (20.6, 14.5, 10.3, 8.26, 6.10, 3.97, 2.39, 1.35, 0.684, 0.326, 0.145, 0.0668),
    "scored": (164.0, 142.0, 108.0, 84.6, 69.0, 53.6, 39.0, 28.2, 20.2, 14.3, 9.93, 7.07),
    "chroma": (0.0496, 0.0265, 0.0143, 0.0107, 0.00844, 0.0062, 0.00361, 0.00206, 0.00119, 0.00072, 0.00042, 0.00027),
}
_POWERS = {"observed": 2.0, "scored": 3.0, "chroma": 2.0}  # of the readings: each then grows about as a squared error
_WORTH = 0.04

Curve = dict[str, npt.NDArray[np.float64]]
"""Of a codec: `bits` a pixel and, at each, measures in dB, all ascending."""


class JndLicTask:
    """data.train, data.valid: folders of pictures.

    data.observed, data.scored, data.chroma: the shares of the observer, of SSIMULACRA2 and of coarse chroma in what an
    error is worth; the rest is the weighted squared error's.
    data.masking: the power of (5 code values / JND)^2 that weighs a place; 0 weighs all alike.
    data.knob: the only knob, for a network of one quality; by default all are drawn.
    data.reduce: the smallest factor a crop is reduced by.  data.valid_pictures: how many to score on.
    """

    score_name = "saving"

    def __init__(self, recipe: Recipe) -> None:
        check_data(recipe, _KNOWN, "folders of pictures")
        if recipe.crop % MULTIPLE:
            raise UsageError(f"crop = {recipe.crop}: a multiple of {MULTIPLE} is needed")
        data = recipe.data
        self._batch = recipe.batch
        self._knobs = (float(data["knob"]),) if "knob" in data else _KNOBS
        self._fixed = "knob" in data
        self._bend = LAYOUTS[recipe.model.get("version", 1)].bend if recipe.model.get("version", 1) in LAYOUTS else 0
        self._masking = float(data.get("masking", 0.5))
        self._shares = {name: float(data[name]) for name in _JUDGES if data.get(name)}
        rest = 1.0 - sum(self._shares.values())
        # Shares that add up to 1 may miss it by rounding.
        if min(rest, *self._shares.values(), 0.0) < -1e-6:
            raise UsageError(f"data.{', data.'.join(_JUDGES)}: shares are wanted, 1 at most together")
        self._judges = {name: judge(name) for name in self._shares}
        if "observed" in self._judges and recipe.crop < SMALLEST:
            raise UsageError(f"crop = {recipe.crop}: the observer needs {SMALLEST} pixels")
        self._shares["weighted"] = rest
        self._train = Crops(data["train"], recipe.crop, float(data.get("reduce", 0.6)))
        self._weights = perceptual_table() ** -2.0
        self._kernels = dct_kernels()
        self._valid = centres(data["valid"], int(data.get("valid_pictures", 8)), _SIDE, MULTIPLE)
        self._jpegs: list[dict[str, Curve]] | None = None

    def batch(self, generator: Generator) -> tuple[Tensor, ...]:
        """(pictures, JND maps, knobs): float32 (N, 3, crop, crop) in 0..1, (N, 1, crop, crop) in code values, (N,)."""
        pictures = self._train.draw(self._batch, generator)
        if self._fixed:
            return pictures, jnd_maps(pictures), torch.full((self._batch,), self._knobs[0])
        return pictures, jnd_maps(pictures), drawn_knobs(self._batch, generator)

    def loss(self, model: nn.Module, batch: tuple[Tensor, ...]) -> Tensor:
        pictures, jnd, knobs = batch
        coded = model(pictures, jnd, knobs)
        knobs = knobs - BENT * (self._bend - knobs).clamp_min(0.0)  # as `layout.level_of`
        pixels = pictures.shape[2] * pictures.shape[3]
        with torch.autocast(pictures.device.type, enabled=False):
            rate = (coded.bits.float() + coded.side_bits.float()) / pixels
            error = self.error(coded.picture.float(), pictures, jnd) * torch.exp2((knobs - 24.0) / 4.0)
            error, shown = self._shares["weighted"] * error, coded.picture.float().clamp(0.0, 1.0)
            for name, read in self._judges.items():
                reading = read.to(pictures.device)(pictures, shown) / usual_reading(name, knobs)
                error = error + self._shares[name] * _WORTH * reading ** _POWERS[name]
            # At high knobs both terms are large, and so would be their slopes.
            return ((rate + RD_WEIGHT * error) / (1.0 + rate.detach())).mean()

    def error(self, test: Tensor, reference: Tensor, jnd: Tensor) -> Tensor:
        """The weighted squared error of the coefficients, in steps of knob 24, a pixel; (N,)."""
        apart = F.conv2d(to_ycc(test) - to_ycc(reference), self._kernels.to(test), stride=8)
        blocks = (apart * apart * self._weights.to(test)[:, None, None]).sum(dim=1)
        if self._masking:
            local = F.avg_pool2d(jnd * jnd, 8)[:, 0] / _USUAL_JND**2
            blocks = blocks * (local.clamp_min(1e-3) ** -self._masking).clamp(*_LIMITS)
        return blocks.mean(dim=(1, 2)) / 64.0

    def validate(self, model: nn.Module) -> dict[str, float]:
        """Bits saved against the better of JPEG 4:2:0 and 4:4:4 in files of equal error, as a share, over all knobs.

        saving: by each measure of the loss, in its share.  saving_psnr: at equal PSNR over R, G and B; saving_observed,
        saving_scored, saving_chroma: by each judge that has a share.  weighted_K, observed_K, psnr_K and so on: at each
        knob.  bits_K, side_K, db_K: bits a pixel, those of the hyper-latent among them, and PSNR.
        """
        rows = [
            self._savings(model, pixels, curves) for pixels, curves in zip(self._valid, self._baselines(), strict=True)
        ]
        means = {name: float(np.mean([row[name] for row in rows])) for name in rows[0]}
        savings = {}
        for measure in ("psnr", *self._shares):
            # Logarithms of ratios are averaged: half the bits in one picture and twice in another are no change.
            for knob in self._knobs:
                means[f"{measure}_{knob:.0f}"] = 1.0 - float(np.exp(means[f"{measure}_{knob:.0f}"]))
            savings[measure] = float(np.mean([means[f"{measure}_{knob:.0f}"] for knob in self._knobs]))
        saving = sum(share * savings[measure] for measure, share in self._shares.items())
        of_judges = {f"saving_{measure}": savings[measure] for measure in ("psnr", *self._judges)}
        return {"saving": saving, **of_judges, **means}

    def _savings(self, model: nn.Module, pixels: Pixels, jpegs: dict[str, Curve]) -> dict[str, float]:
        """At each knob: ln of the bits over those of the better JPEG at each measure; bits, side bits, PSNR."""
        device = next(model.parameters()).device
        picture = to_tensor(pixels[None])
        jnd, size = jnd_maps(picture), pixels[..., 0].size
        row: dict[str, float] = {}
        for knob in self._knobs:
            coded = model(picture.to(device), jnd.to(device), torch.tensor([knob], device=device))
            bits = float((coded.bits + coded.side_bits).sum()) / size
            measures = self._measures(coded.picture.float().cpu(), picture, jnd)
            for measure, value in measures.items():
                least = min(bits_at(curve, measure, value) for curve in jpegs.values())
                row[f"{measure}_{knob:.0f}"] = float(np.log(bits / least))
            row |= {f"bits_{knob:.0f}": bits, f"db_{knob:.0f}": measures["psnr"]}
            row |= {f"side_{knob:.0f}": float(coded.side_bits.sum()) / size}
        return row

    def _measures(self, test: Tensor, picture: Tensor, jnd: Tensor) -> dict[str, float]:
        """dB, higher is better: PSNR, the weighted error's, and each judge's reading beside a reading of 1."""
        whole = (test.clamp(0.0, 1.0) * 255.0).round() / 255.0  # as pictures are decoded: in 8 bits
        with in_float32("cpu"):  # what rounds a network's numbers would drown a judge's small differences
            measures = {"psnr": psnr(picture, whole), "weighted": decibels(float(self.error(whole, picture, jnd)))}
            for name, read in self._judges.items():
                measures[name] = 2.0 * decibels(float(read(picture, whole)))  # a reading is like the root of an error
        return measures

    def _baselines(self) -> list[dict[str, Curve]]:
        if self._jpegs is None:
            self._jpegs = [
                {name: self._curve(pixels, subsampling) for name, subsampling in (("444", 0), ("420", 2))}
                for pixels in self._valid
            ]
        return self._jpegs

    def _curve(self, pixels: Pixels, subsampling: int) -> Curve:
        picture = to_tensor(pixels[None])
        jnd, rows = jnd_maps(picture), []
        for quality in _QUALITIES:
            file = io.BytesIO()
            Image.fromarray(pixels).save(
                file, "JPEG", quality=quality, subsampling=subsampling, optimize=True, progressive=True
            )
            decoded = np.asarray(Image.open(io.BytesIO(file.getvalue())))
            measures = self._measures(to_tensor(decoded[None]), picture, jnd)
            rows.append({"bits": 8.0 * len(file.getvalue()) / pixels[..., 0].size, **measures})
        return {name: np.array([row[name] for row in rows]) for name in rows[0]}


def drawn_knobs(count: int, generator: Generator) -> Tensor:
    """Knobs at random, (count,): the ends of the range too, its middle twice as often."""
    uniform = torch.rand((2, count), generator=generator)
    knobs = torch.where(uniform[0] < 0.5, uniform[1], 0.25 + 0.5 * uniform[1]) * (KNOB_HIGH + 1) - 0.5
    return knobs.round().clamp(0, KNOB_HIGH)


def judge(name: str) -> nn.Module:
    """What reads (reference, test), float32 (N, 3, H, W) in 0..1 each, as (N,): "observed", "scored" or "chroma"."""
    if name == "scored":
        return Ssimulacra2()
    desktop = DISPLAYS["desktop"]
    return DifferentiableObserver(desktop) if name == "observed" else CoarseChroma(desktop)


def usual_reading(name: str, knobs: Tensor) -> Tensor:
    """What the judge reads on a common crop at these knobs, (N,)."""
    logs = np.interp(knobs.cpu().numpy(), _USUAL_KNOBS, np.log(_USUAL[name]))
    return torch.from_numpy(np.exp(logs)).to(knobs)


def bits_at(curve: Curve, measure: str, value: float) -> float:
    """Bits a pixel at which the measure has this value, between the curve's ends; their logarithm is interpolated."""
    # np.interp needs rising values, and a finer file may measure a little worse.
    measured = np.maximum.accumulate(curve[measure])
    return float(np.exp(np.interp(value, measured, np.log(curve["bits"]))))


def jnd_maps(pictures: Tensor) -> Tensor:
    """The JND that guides the codec, wu2016, code values: (N, 3, H, W) in 0..1 to (N, 1, H, W)."""
    pixels = (pictures * 255.0).round().to(torch.uint8).permute(0, 2, 3, 1).numpy()
    return torch.from_numpy(np.stack([wu2016(picture, variant="paper") for picture in pixels]))[:, None]
