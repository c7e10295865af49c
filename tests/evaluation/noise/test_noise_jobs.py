"""The noise test, picture by picture: rows that can be repeated, and errors that stop nothing."""

from __future__ import annotations

import json
import os
import signal
import time
from dataclasses import replace
from multiprocessing import active_children
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import jndkit
from jndkit.batch import run
from jndkit.errors import UsageError
from jndkit.evaluation.noise.baselines import BASELINES
from jndkit.evaluation.noise.jobs import Job, jobs_left
from jndkit.evaluation.noise.rows import NoiseRow
from jndkit.evaluation.noise.settings import Settings
from jndkit.injection import Noise, at_psnr
from jndkit.pixelwise import MODELS

FEW = Settings(models=("flat", "wu2017", "yang2005"))


def job(path: Path, settings: Settings = FEW) -> Job:
    return Job(str(path), path.name, settings.models, settings)


def values(measured: dict[str, float | None] | None) -> dict[str, float]:
    """Of a row in which nothing failed."""
    assert measured is not None
    return {name: value for name, value in measured.items() if value is not None}


def without_seconds(rows: list[NoiseRow]) -> list[NoiseRow]:
    return [replace(row, seconds=None) for row in rows]


def test_by_default_every_model_is_in_it() -> None:
    assert set(Settings().models) == {"flat", "gaussian", *MODELS}


def test_rows_say_what_inject_does(folder: Path) -> None:
    rows = {row.model: row for row in job(folder / "0.png").rows()}
    assert list(rows) == ["flat", "wu2017", "yang2005"]
    for row in rows.values():
        assert row.error is None
        noise, visibility = values(row.equal_noise), values(row.equal_visibility)
        assert abs(noise["psnr"] - 26.65) <= 0.01
        assert 0.998 <= visibility["jnd"] <= 1.0
        assert visibility["psnr"] > noise["psnr"]
    row = rows["yang2005"]
    assert row.unscaled is not None
    done = jndkit.inject(folder / "0.png", "yang2005").row
    assert row.unscaled["psnr"] == pytest.approx(done.psnr, abs=1e-6)
    assert row.unscaled["jnd"] == pytest.approx(done.jnd, abs=1e-6)
    assert row.input_sha256 == done.input_sha256
    done = jndkit.inject(folder / "0.png", "yang2005", psnr=26.65).row
    assert values(row.equal_noise)["jnd"] == pytest.approx(done.jnd, abs=1e-6)
    assert row.map_mean == pytest.approx(jndkit.jnd_map(jndkit.load(folder / "0.png"), "yang2005").mean(), abs=1e-4)


def test_rows_survive_json(folder: Path) -> None:
    row = next(job(folder / "1.png").rows())
    assert NoiseRow.from_json(json.loads(row.to_json())) == row
    with pytest.raises(UsageError, match="another kind"):
        NoiseRow.from_json({"input": "a.png", "codec": "jpeg"})


def test_a_bad_picture_fails_alone(folder: Path) -> None:
    (folder / "1.png").write_bytes(b"no picture")
    settings = replace(FEW, models=("flat", "chou1995"))
    rows = list(run([job(path, settings) for path in sorted(folder.iterdir())], 1))
    assert [(row.input, row.error is None) for row in rows] == [
        ("0.png", True), ("0.png", True), ("1.png", False), ("1.png", False), ("2.png", True), ("2.png", True)
    ]  # fmt: skip
    assert rows[2].error is not None
    assert rows[2].error["type"] == "FormatError"
    assert "1.png" in rows[2].error["message"]


def test_a_target_out_of_reach_fails_alone(folder: Path) -> None:
    black = np.zeros((72, 96, 3), np.uint8)
    jndkit.picture.save_png(black, folder / "black.png")
    rows = list(job(folder / "black.png", replace(FEW, psnr=1.0)).rows())
    assert [row.error["type"] if row.error else None for row in rows] == ["TargetError"] * 3
    assert rows[1].error is not None
    assert rows[1].error["message"].startswith("black.png, wu2017: no strength")


def test_known_rows_are_not_made_again(folder: Path) -> None:
    pictures = [(path, path.name) for path in sorted(folder.iterdir())]
    assert [todo.left for todo in jobs_left(pictures, FEW, [])] == [FEW.models] * 3
    known = [*job(folder / "0.png").rows(), next(job(folder / "1.png").rows())]
    left = jobs_left(pictures, FEW, known)
    assert [(todo.name, todo.left) for todo in left] == [("1.png", FEW.models[1:]), ("2.png", FEW.models)]
    known[0].fail(MemoryError(), "0.png")
    assert jobs_left(pictures, FEW, known)[0].left == ("flat",)
    (folder / "0.png").write_bytes((folder / "2.png").read_bytes())
    assert jobs_left(pictures, FEW, known)[0].left == FEW.models


def test_side_by_side_is_the_same(folder: Path) -> None:
    tasks = [job(path) for path in sorted(folder.iterdir())]
    alone = without_seconds(list(run(tasks, 1)))
    together = without_seconds(list(run(tasks, 2)))
    assert len(alone) == 9
    assert sorted(together, key=lambda row: (row.input, row.model)) == sorted(
        alone, key=lambda row: (row.input, row.model)
    )


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="needs signals")
def test_a_killed_process_loses_its_own_picture(folder: Path) -> None:
    everything = Settings()
    tasks = [job(folder / "0.png", everything), job(folder / "1.png", everything)]
    rows = run(tasks, 2)
    first = next(rows)
    victim = next(child for child in active_children() if child.name == "jnd")
    os.kill(victim.pid or 0, signal.SIGKILL)
    every = [first, *rows]
    assert {(row.input, row.model) for row in every} == {(t.name, model) for t in tasks for model in t.left}
    assert len(every) == 2 * len(everything.models)
    failed = [row for row in every if row.error is not None]
    assert len({row.input for row in failed}) == 1
    assert failed[0].error is not None
    assert "killed by signal 9" in failed[0].error["message"]


def test_leaving_early_ends_the_processes(folder: Path) -> None:
    rows = run([job(path, Settings()) for path in sorted(folder.iterdir())], 2)
    next(rows)
    rows.close()
    deadline = time.monotonic() + 10.0
    while any(child.name == "jnd" for child in active_children()) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not [child for child in active_children() if child.name == "jnd"]


@pytest.mark.parametrize(
    "wrong",
    [{"models": ("nobody1900",)}, {"psnr": 0.0}, {"jnd": -1.0}, {"seed": -1}, {"border": "x"}, {"viewing": "x"}],
)
def test_settings_are_checked(wrong: dict[str, Any]) -> None:
    with pytest.raises(UsageError):
        Settings(**wrong)


def test_side_by_side_noise_is_read_as_its_people_look(folder: Path) -> None:
    from jndkit.observers.cvvdp import Cvvdp
    from jndkit.protocols import protocol

    asked = replace(FEW, models=("flat",), protocol="side-by-side")
    (row,) = job(folder / "0.png", asked).rows()
    assert row.error is None
    assert row.protocol == "side-by-side"
    visibility = values(row.equal_visibility)
    assert 0.998 <= visibility["jnd"] <= 1.0
    picture = jndkit.load(folder / "0.png")
    fit, display = protocol("side-by-side")
    watched = Cvvdp().watch(picture, display, fit)
    noise = Noise(picture, BASELINES["flat"](picture.height, picture.width, 0), 0)
    assert row.equal_noise is not None
    assert row.equal_noise["jnd"] == pytest.approx(watched(at_psnr(noise, 26.65).picture).jnd, abs=1e-6)


def test_rows_of_before_there_were_protocols_are_of_the_unit(folder: Path) -> None:
    row = next(job(folder / "1.png").rows())
    known = json.loads(row.to_json())
    assert known.pop("protocol") == "aic"
    assert NoiseRow.from_json(known) == row
