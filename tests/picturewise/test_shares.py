from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt

from jndkit.codecs.jpeg.spectra import spectra
from jndkit.codecs.jpeg.tables import GROUPS, tables
from jndkit.codecs.jpeg.tuned import PRICE, encode
from jndkit.picture import Picture, load
from jndkit.picturewise.responses import WatchedSample, sample
from jndkit.picturewise.shares import Quantised, _seen, excess
from jndkit.viewing import DISPLAYS

DESKTOP = DISPLAYS["desktop"]
LAKE = Path(__file__).parents[2] / "examples" / "lake.png"
LUMA = np.array([number == 0 for number, _ in GROUPS])


def photo(width: int, height: int) -> npt.NDArray[np.uint8]:
    return np.ascontiguousarray(load(LAKE).rgb[40 : 40 + height, 60 : 60 + width])


def test_shares_of_what_is_seen_and_taken_are_told_for_every_group() -> None:
    away = excess(Picture(photo(256, 192)), "420", DESKTOP, 85.0)
    assert away.shape == (len(GROUPS),)
    assert np.isfinite(away).all()
    assert away.max() > 0 > away.min() - 1


def test_what_halving_chroma_shows_is_no_steps_doing() -> None:
    rgb = photo(256, 192).astype(np.float64)
    rgb[..., 0] += 50.0 * (np.indices(rgb.shape[:2]).sum(axis=0) % 2)  # red that halving takes away
    watched = WatchedSample(sample(np.clip(rgb, 0, 255).astype(np.uint8)), DESKTOP)
    luma, *_ = tables(60, "420")
    fine = np.ones((8, 8), np.uint16)
    version = Quantised(spectra(watched.sample.rgb, halved=True), (luma, fine, fine))
    assert _seen(watched, version)[LUMA].sum() > 0.9


def test_size_is_near_that_of_a_file() -> None:
    picture = Picture(photo(256, 192))
    version = Quantised(spectra(picture.rgb, halved=True), tables(80, "420"), PRICE)
    assert 0.85 < version.size() / (8 * (len(encode(picture, 80, "420")) - 500)) < 1.15


def test_components_shown_alone_leave_the_others_exact() -> None:
    picture = photo(64, 64)
    version = Quantised(spectra(picture, halved=False), tables(10, "444"))
    grey = np.array([0.299, 0.587, 0.114])
    assert np.abs((version.shown(1).astype(float) - picture) @ grey).max() < 2.0
    assert np.abs((version.shown(0).astype(float) - picture) @ grey).max() > 5.0
