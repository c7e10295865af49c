"""Many pictures into files: where results go, and that what cannot be done or written is a row."""

from __future__ import annotations

import multiprocessing
import os
import signal
from pathlib import Path
from typing import cast

import numpy as np
import pytest

from jndkit import conversion
from jndkit.batch import InputFile, gather
from jndkit.conversion.earlier import is_ours
from jndkit.errors import UsageError
from jndkit.evidence import Row
from jndkit.picture import Picture, save_png
from jndkit.pipeline import encode
from jndkit.settings import Settings


def picture(seed: int, width: int = 96, height: int = 80) -> Picture:
    """Waves of many lengths, smooth enough to be coded."""
    random = np.random.default_rng(seed)
    y, x = np.mgrid[:height, :width]
    waves = sum(
        np.sin(2 * np.pi * (random.normal() * x + random.normal() * y) / period) * np.sqrt(period)
        for period in (64, 45, 32, 23, 16, 11, 8, 6)
    )
    luma = np.clip(waves / np.std(waves) * 40 + 128, 0, 255).astype(np.uint8)
    return Picture(np.repeat(luma[..., None], 3, axis=2), grey=True)


def touch(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(b"")


@pytest.mark.parametrize(
    "spec", ["jpeg", "webp", "webp:lossless", "avif", "png", "heic", "jxl", "jxl:lossless", "vvc", "bpg"]
)
def test_every_codecs_mark_is_seen(tmp_path: Path, spec: str) -> None:
    from jndkit.codecs import available, codec

    if available()[spec.partition(":")[0]]:
        pytest.skip("the codec is not installed")
    made = codec(spec)
    path = tmp_path / f"a{made.suffix}"
    path.write_bytes(made.encode(picture(1), made.knob.grid[-1]))
    assert is_ours(path)


def test_other_files_are_not_ours(tmp_path: Path) -> None:
    save_png(picture(1).rgb, tmp_path / "a.png")
    (tmp_path / "b.txt").write_text("jndkit 0.1 is a program")
    assert not is_ours(tmp_path / "a.png")
    assert not is_ours(tmp_path / "b.txt")
    assert not is_ours(tmp_path / "none")
    assert not is_ours(tmp_path)


def test_destinations(tmp_path: Path) -> None:
    one, two = InputFile(Path("a.png")), InputFile(Path("b.png"))
    assert conversion.destination([one], None) == (None, None)
    assert conversion.destination([one], "x.jpg") == (Path("x.jpg"), None)
    assert conversion.destination([one], f"x{os.sep}") == (None, Path("x"))
    assert conversion.destination([one], str(tmp_path)) == (None, tmp_path)
    assert conversion.destination([one, two], "x") == (None, Path("x"))
    assert conversion.destination([InputFile(Path("in/a.png"), searched=True)], "x") == (None, Path("x"))


def test_the_codec_of_a_name() -> None:
    assert conversion.codec_for(None, None) == "jpeg"
    assert conversion.codec_for(Path("x.AVIF"), None) == "avif"
    assert conversion.codec_for(Path("x.v2"), None) == "jpeg"
    assert conversion.codec_for(Path("x.jpeg"), "jpeg:444") == "jpeg:444"
    for exact, asked in ((Path("x.jpg"), "webp"), (Path("x.jpg"), "auto"), (Path("x.bmp"), None)):
        with pytest.raises(UsageError):
            conversion.codec_for(exact, asked)


def test_collisions_are_found_before_any_work(tmp_path: Path) -> None:
    touch(tmp_path, "a.png", "a.tif", "sub/a.png")
    found = gather([tmp_path], recursive=True)
    for codec in ("webp", "auto"):
        plan = conversion.plan(found, Settings(codec=codec))
        targets = [plan.target(task.path, ".webp") for task in plan.tasks]
        assert targets == [tmp_path / name for name in ("a.png.webp", "a.tif.webp", "sub/a.webp")]
    settings = Settings(codec="webp")
    both = [InputFile(each.path) for each in found if each.path.suffix == ".png"]
    with pytest.raises(UsageError, match=r"a\.png and .*sub/a\.png would both be written to .*out/a\.webp"):
        conversion.plan(both, settings, folder=tmp_path / "out")
    plan = conversion.plan([each for each in found if each.path.suffix == ".png"], settings, folder=tmp_path / "out")
    targets = [plan.target(task.path, ".webp") for task in plan.tasks]
    assert targets == [tmp_path / "out" / "a.webp", tmp_path / "out" / "sub" / "a.webp"]


def test_a_bug_costs_one_row(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("JND_DEBUG", raising=False)
    path = str(tmp_path / "a.png")
    save_png(picture(1), path)
    # Not what the type says: the kind of mistake that no error of ours predicts.
    outcome = conversion.attempt(path, cast(Settings, "no settings"))
    assert outcome.row.status == "failed"
    assert outcome.row.error is not None
    assert outcome.row.error["type"] == "AttributeError"
    assert "this is a bug" in outcome.row.error["message"]


def test_a_file_that_cannot_be_stored_is_a_failed_row(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    plan = conversion.plan([InputFile(Path("a.png"))], Settings(), exact=tmp_path / "file" / "a.jpg")
    made = encode(picture(1), codec="jpeg")
    row = made.row
    conversion.store(plan, Path("a.png"), conversion.Outcome(row, made.data, made.suffix))
    assert row.status == "failed"
    assert row.error is not None
    assert row.error["type"] == "OutputError"
    assert row.output is None
    assert row.jnd is not None


@pytest.mark.skipif(os.name == "nt", reason="signals are POSIX")
def test_a_killed_process_loses_its_own_picture_only(tmp_path: Path) -> None:
    for index in range(6):
        save_png(picture(index, *((96, 80) if index == 0 else (640, 480))), tmp_path / f"{index}.png", mark=False)
    tasks = [conversion.Task(tmp_path / f"{index}.png") for index in range(6)]
    plan = conversion.plan([InputFile(task.path) for task in tasks], Settings(), folder=tmp_path / "out")
    done: list[Row] = []
    rows = conversion.run_all(
        tasks,
        Settings(),
        jobs=2,
        store=lambda path, outcome: conversion.store(plan, path, outcome),
        done=done.append,
    )
    first = next(rows)
    for process in multiprocessing.active_children():  # one is at work for sure, the other may be between two pictures
        if process.name == "jnd":
            os.kill(process.pid or 0, signal.SIGKILL)
    everything = [first, *rows]
    assert [row.input for row in everything] == [str(task.path) for task in tasks]
    assert sorted(row.input for row in done) == [row.input for row in everything]
    dead = [row for row in everything if row.error is not None]
    assert 1 <= len(dead) <= 2
    assert all("killed by signal 9" in (row.error or {})["message"] for row in dead)
    written = {path.stem for path in (tmp_path / "out").iterdir()}
    assert written == {str(index) for index in range(6)} - {Path(row.input).stem for row in dead}


def test_closing_stops_the_processes(tmp_path: Path) -> None:
    for index in range(4):
        save_png(picture(index, 640, 480), tmp_path / f"{index}.png", mark=False)
    tasks = [conversion.Task(tmp_path / f"{index}.png") for index in range(4)]
    rows = conversion.run_all(tasks, Settings(), jobs=2, write=False)
    next(rows)
    assert multiprocessing.active_children()
    rows.close()
    assert not [process for process in multiprocessing.active_children() if process.name == "jnd"]


@pytest.mark.skipif(os.name == "nt", reason="pipes are files of POSIX")
def test_pipes_are_not_opened(tmp_path: Path) -> None:
    """Opening one would wait for its other end."""
    os.mkfifo(tmp_path / "pipe.png")
    assert not is_ours(tmp_path / "pipe.png")


def test_names_without_letters() -> None:
    with pytest.raises(UsageError, match="empty"):
        conversion.destination([], "")


def test_two_inputs_do_not_make_a_folder_with_a_pictures_name(tmp_path: Path) -> None:
    two = [InputFile(tmp_path / "a.png"), InputFile(tmp_path / "b.png")]
    with pytest.raises(UsageError, match=r"both\.jpg: several inputs need a folder .* write .*both\.jpg/"):
        conversion.destination(two, str(tmp_path / "both.jpg"))
    assert conversion.destination(two, str(tmp_path / "both.jpg") + "/") == (None, tmp_path / "both.jpg")
    assert conversion.destination(two, str(tmp_path / "v1.2")) == (None, tmp_path / "v1.2")
