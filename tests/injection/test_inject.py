"""`jndkit.inject`: one call from a picture to its noisy version and the row."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

import jndkit
from jndkit.injection import Noise
from jndkit.picture import Picture
from jndkit.picture.difference import psnr


def test_the_same_seed_gives_the_same_picture(picture: Picture) -> None:
    a, b, other = (jndkit.inject(picture, psnr=30.0, seed=seed) for seed in (4, 4, 5))
    assert np.array_equal(a.picture.rgb, b.picture.rgb)
    assert not np.array_equal(a.picture.rgb, other.picture.rgb)
    assert a.row.beta == b.row.beta
    assert a.row.ties == 0.0
    assert np.array_equal(a.picture.rgb, jndkit.inject(picture, strength=a.row.beta, seed=4).picture.rgb)


def test_strength_is_the_map_times_it(picture: Picture) -> None:
    for beta in (1.0, 0.6):
        done = jndkit.inject(picture, "yang2005", strength=beta, seed=2)
        by_hand = Noise(picture, jndkit.jnd_map(picture, "yang2005"), 2).at(beta)
        assert np.array_equal(done.picture.rgb, by_hand.picture.rgb)
    assert np.array_equal(
        jndkit.inject(picture).picture.rgb, jndkit.inject(picture, "resjnd-s", strength=1.0).picture.rgb
    )


def test_the_row_is_true_of_the_picture(picture: Picture) -> None:
    done = jndkit.inject(picture, "chou1995", psnr=33.0, viewing="phone", border="zero", variant="paper")
    row = json.loads(done.row.to_json())
    assert row["psnr"] == pytest.approx(psnr(picture.rgb, done.picture.rgb), abs=1e-6)
    assert abs(row["psnr"] - 33.0) <= 0.01
    assert row["jnd"] == pytest.approx(jndkit.compare(picture, done.picture, viewing="phone").jnd, abs=1e-6)
    assert (row["model"], row["variant"], row["border"], row["seed"]) == ("chou1995", "paper", "zero", 0)
    assert row["target"] == {"psnr": 33.0}
    assert row["viewing"] == "phone"
    assert row["observer"].startswith("cvvdp ")
    assert set(row["versions"]) == {"jndkit", "numpy", "opencv"}


def test_visibility(picture: Picture) -> None:
    done = jndkit.inject(picture, jnd=0.7)
    assert done.row.jnd is not None
    assert 0.693 <= done.row.jnd <= 0.7
    assert done.row.target == {"jnd": 0.7}


def test_grey_noise_is_in_the_luma(picture: Picture) -> None:
    grey = replace(picture, rgb=np.repeat(picture.rgb[..., :1], 3, axis=2), grey=True)
    done = jndkit.inject(grey, psnr=28.0)
    assert done.picture.grey
    luma, noisy = grey.rgb[..., 0].astype(int), done.picture.rgb[..., 0].astype(int)
    assert done.row.psnr == pytest.approx(10 * math.log10(255**2 / np.mean((luma - noisy) ** 2)))


def test_nothing_changes_at_strength_0(picture: Picture) -> None:
    done = jndkit.inject(picture, strength=0.0)
    assert np.array_equal(done.picture.rgb, picture.rgb)
    assert (done.row.psnr, done.row.jnd) == (None, 0.0)


def test_transparent_pictures_stay_transparent(picture: Picture) -> None:
    alpha = np.full((96, 128), 255, np.uint8)
    alpha[:, 64:] = 0
    done = jndkit.inject(replace(picture, alpha=alpha), jnd=1.0)
    assert done.picture.alpha is not None
    assert np.array_equal(done.picture.alpha, alpha)
    assert 0.99 <= (done.row.jnd or 0.0) <= 1.0


def test_requests_that_make_no_sense(picture: Picture) -> None:
    with pytest.raises(jndkit.UsageError, match="--psnr and --jnd exclude each other"):
        jndkit.inject(picture, psnr=30.0, jnd=1.0)
    wrong: list[dict[str, Any]]
    wrong = [{"psnr": 0.0}, {"psnr": math.nan}, {"jnd": -1.0}, {"strength": -0.5}, {"strength": math.inf}]
    for asked in wrong:
        with pytest.raises(jndkit.UsageError, match="finite number"):
            jndkit.inject(picture, **asked)
    wrong = [{"model": "nobody1900"}, {"variant": "x"}, {"border": "x"}, {"viewing": "x"}, {"observer": "x"}]
    for asked in wrong:
        with pytest.raises(jndkit.UsageError, match="unknown"):
            jndkit.inject(picture, **asked)
    with pytest.raises(jndkit.UsageError, match="seed"):
        jndkit.inject(picture, seed=-3)


def test_targets_out_of_reach_name_the_picture(picture: Picture) -> None:
    with pytest.raises(jndkit.TargetError, match="picture in memory, resjnd-s: no strength"):
        jndkit.inject(picture, psnr=1.0)
    with pytest.raises(jndkit.InputError, match="8 x 8"):
        jndkit.inject(Picture(np.zeros((7, 20, 3), np.uint8)))
