"""Small sets to train on, one of each kind that tasks read, made of the example picture.

Torch on one thread: its threads wait by spinning, which on a busy machine takes minutes for what takes seconds.
"""

from __future__ import annotations

import csv
import importlib.util
import json
import math
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image

from jndkit.codecs import codec as named_codec
from jndkit.datasets import vpjnd
from jndkit.datasets.klt import Klt
from jndkit.picture import load
from jndkit.picturewise.curves import typical_curve
from jndkit.viewing import DISPLAYS

SHIFTS = {"a.png": 0.4, "b.png": -0.3, "c.png": 0.1}
"""By how much the curve of each labelled picture lies above the typical one, ln(JND)."""


@pytest.fixture(autouse=True, scope="session")
def one_thread() -> None:
    if importlib.util.find_spec("torch") is not None:
        import torch

        torch.set_num_threads(1)


@pytest.fixture(scope="session")
def photo() -> npt.NDArray[np.uint8]:
    """The example, uint8 (512, 768, 3)."""
    return np.asarray(Image.open(Path(__file__).parents[2] / "examples" / "lake.png").convert("RGB"))


@pytest.fixture(scope="session")
def photos(tmp_path_factory: pytest.TempPathFactory, photo: npt.NDArray[np.uint8]) -> Path:
    """Two pictures, one in a folder inside."""
    folder = tmp_path_factory.mktemp("photos")
    (folder / "inside").mkdir()
    Image.fromarray(photo[:128, :160]).save(folder / "a.png")
    Image.fromarray(photo[60:196, 200:360]).save(folder / "inside" / "b.png")
    return folder


@pytest.fixture(scope="session")
def cpl_pairs(tmp_path_factory: pytest.TempPathFactory, photo: npt.NDArray[np.uint8]) -> Path:
    """Four pairs of a picture and itself kept to few components."""
    folder = tmp_path_factory.mktemp("cpl")
    for side in ("pristine", "critical"):
        (folder / side).mkdir()
    for index, left in enumerate((100, 240, 380, 520)):
        crop = np.ascontiguousarray(photo[60:188, left : left + 128])
        Image.fromarray(crop).save(folder / "pristine" / f"{index}.png")
        Image.fromarray(Klt(crop).keep(16)).save(folder / "critical" / f"{index}.png")
    return folder


@pytest.fixture(scope="session")
def vvc_pairs(tmp_path_factory: pytest.TempPathFactory, photo: npt.NDArray[np.uint8]) -> Path:
    """Three pairs of a picture and itself blurred."""
    folder = tmp_path_factory.mktemp("vvc")
    for side in ("pristine", "jnd"):
        (folder / side).mkdir()
    for index, left in enumerate((100, 240, 380)):
        crop = np.ascontiguousarray(photo[60:174, left : left + 128])
        Image.fromarray(crop).save(folder / "pristine" / f"{index}.png")
        Image.fromarray(cv2.GaussianBlur(crop, (0, 0), 0.6)).save(folder / "jnd" / f"{index}.png")
    return folder


@pytest.fixture(scope="session")
def vpjnd_set(tmp_path_factory: pytest.TempPathFactory, photo: npt.NDArray[np.uint8]) -> Path:
    """Two crops of a photograph, three JPEG versions each."""
    folder = tmp_path_factory.mktemp("vpjnd")
    for part in ("pristine", "coded", "labels"):
        (folder / part).mkdir()
    rows = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(vpjnd, "COUNTS", {"jpeg:420": 3})
        for index, left in enumerate((100, 300)):
            Image.fromarray(photo[60:220, left : left + 192]).save(folder / "crop.png")
            rows.append(vpjnd._store(load(folder / "crop.png"), folder, str(index), seed=index))
    (folder / "manifest.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return folder


@pytest.fixture(scope="session")
def labels(tmp_path_factory: pytest.TempPathFactory, photo: npt.NDArray[np.uint8]) -> Path:
    """A table of labels beside its three pictures, their curves moved by SHIFTS."""
    folder = tmp_path_factory.mktemp("labels")
    codec = named_codec("jpeg:420")
    typical = dict(zip(codec.knob.grid, typical_curve(codec, DISPLAYS["desktop"]), strict=True))
    with (folder / "labels.csv").open("w", newline="") as file:
        table = csv.writer(file)
        table.writerow(["file", "codec", "value", "jnd_desktop"])
        for index, (name, shift) in enumerate(SHIFTS.items()):
            crop = photo[: 128 + 32 * index, 100 * index : 100 * index + 160]
            Image.fromarray(np.ascontiguousarray(crop)).save(folder / name)
            for quality in (55, 68, 78, 86, 92):
                table.writerow([name, "jpeg:420", quality, math.exp(typical[float(quality)] + shift)])
    return folder / "labels.csv"


@pytest.fixture(scope="session")
def degradation_weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An untrained degradation network of 4 channels."""
    torch = pytest.importorskip("torch")
    from safetensors.torch import save_file

    from jndkit.training.networks import network

    torch.manual_seed(0)
    path = tmp_path_factory.mktemp("degradation") / "degradation.safetensors"
    save_file(network("hvssd-degradation", {"channels": 4}).state_dict(), path)
    return path
