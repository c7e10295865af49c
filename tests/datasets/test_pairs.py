"""Sets of pairs: no two pictures share files, and nothing that happens to one is the end of the others."""

from __future__ import annotations

import json
import multiprocessing
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from jndkit.batch import ledger
from jndkit.cli import main
from jndkit.datasets.cpl import build, pairs
from jndkit.datasets.pairs import MANIFEST, stems_of
from jndkit.errors import InputError, OutputError
from jndkit.picture import load

EXAMPLE = Path(__file__).parents[2] / "examples" / "lake.png"

posix = pytest.mark.skipif(os.name != "posix", reason="needs POSIX")


def crop(path: Path, left: int, side: int = 128) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.open(EXAMPLE).crop((left, 60, left + side, 60 + side)).save(path, quality=97)


def test_names_that_would_be_one(tmp_path: Path) -> None:
    """Every picture has its own pair, and a run that goes on knows them all."""
    home, out = tmp_path / "in", tmp_path / "out"
    names = ["a.png", "a.jpg", "sub/b.png", "sub_b.png", "A.webp", "c.png"]
    for index, name in enumerate(names):
        crop(home / name, 60 * index)
    rows = {row["source"]: row["pair"] for row in build(home, out)}
    assert set(rows) == set(names)
    assert len({pair.casefold() for pair in rows.values()}) == len(names)
    assert rows["c.png"] == "c.png"
    assert len(pairs(out)) == len(names)
    for name, pair in rows.items():
        assert np.array_equal(load(out / "pristine" / pair).rgb, load(home / name).rgb)
    assert list(build(home, out)) == []


def test_names_stay_when_others_come(tmp_path: Path) -> None:
    alone = stems_of([Path("a.png")], [])
    assert alone == {Path("a.png"): "a"}
    both = [Path("a.jpg"), Path("a.png")]
    row = {"source": "a.png", "pair": "a.png"}
    later = stems_of(both, [row])
    assert later[Path("a.png")] == "a"
    assert later[Path("a.jpg")].startswith("a-")
    assert stems_of(both, [row, {"source": "a.jpg", "pair": f"{later[Path('a.jpg')]}.png"}]) == later
    assert stems_of([Path("a.jpg")], [row])[Path("a.jpg")] == later[Path("a.jpg")]  # a.png is gone, its pair is not


def test_a_set_whose_pairs_were_overwritten(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    home, out = tmp_path / "in", tmp_path / "out"
    crop(home / "a.png", 0)
    (row,) = build(home, out)
    with (out / MANIFEST).open("a") as lines:
        lines.write(json.dumps({**row, "source": "a.jpg"}) + "\n")
    with pytest.raises(InputError, match=r"a\.png and a\.jpg were written to one pair, a\.png"):
        pairs(out)
    with pytest.raises(InputError, match="written to one pair"):
        list(build(home, out))
    assert main(["datasets", "check", "cpl", str(out)]) == 1
    assert "were written to one pair" in capsys.readouterr().err


def test_pairs_that_are_gone(tmp_path: Path) -> None:
    home, out = tmp_path / "in", tmp_path / "out"
    for index, name in enumerate(("a.png", "b.png")):
        crop(home / name, 100 * index)
    assert len(list(build(home, out))) == 2
    for side in ("pristine", "critical"):
        (out / side / "a.png").unlink()
    with pytest.raises(InputError, match=r"1 pairs of its manifest are not there, such as a\.png"):
        pairs(out)


def test_a_picture_that_was_replaced(tmp_path: Path) -> None:
    home, out = tmp_path / "in", tmp_path / "out"
    for index, name in enumerate(("a.png", "b.png")):
        crop(home / name, 100 * index)
    Image.new("RGB", (80, 80), "white").save(home / "blank.png")
    before = {row["source"]: row["sha256"] for row in build(home, out)}
    crop(home / "a.png", 300)
    Image.new("RGB", (80, 80), "black").save(home / "blank.png")
    (home / "b.png").unlink()
    again = {row["source"]: row["sha256"] for row in build(home, out)}
    assert set(again) == {"a.png", "blank.png"}
    assert again["a.png"] != before["a.png"]
    assert np.array_equal(load(out / "pristine" / "a.png").rgb, load(home / "a.png").rgb)
    rows = {row["source"]: row["sha256"] for row in ledger.read(out / MANIFEST)}
    assert rows == before | again


def test_a_picture_that_was_replaced_by_no_photograph(tmp_path: Path) -> None:
    """Its pair would be one of a picture that nobody has."""
    home, out = tmp_path / "in", tmp_path / "out"
    for index, name in enumerate(("a.png", "b.png")):
        crop(home / name, 100 * index)
    assert len(list(build(home, out, jobs=1))) == 2
    Image.new("RGB", (80, 80), "white").save(home / "a.png")
    (row,) = build(home, out, jobs=1)
    assert "skipped" in row
    assert [pristine.name for pristine, _ in pairs(out)] == ["b.png"]


@posix
def test_a_killed_process_loses_its_own_picture_only(tmp_path: Path) -> None:
    """The first picture is small, so that whoever has the second is in the middle of it."""
    home, out = tmp_path / "in", tmp_path / "out"
    for index in range(5):
        crop(home / f"{index}.png", 60 * index, 400 if index else 128)
    made = build(home, out, jobs=2)
    rows = [next(made)]
    victims = [process for process in multiprocessing.active_children() if process.name == "jnd"]
    assert len(victims) == 2
    for victim in victims:  # one is at work for sure, the other may be between two pictures
        os.kill(victim.pid or 0, signal.SIGKILL)
    rows += made
    assert sorted(row["source"] for row in rows) == [f"{index}.png" for index in range(5)]
    lost = [row for row in rows if "error" in row]
    assert 1 <= len(lost) <= 2
    assert all("killed by signal 9" in row["error"] for row in lost)
    assert {row["source"] for row in build(home, out)} == {row["source"] for row in lost}
    assert len(pairs(out)) == 5


@posix
def test_processes_end_with_their_parent(tmp_path: Path) -> None:
    """Even in the middle of a picture."""
    home = tmp_path / "in"
    for index in range(8):
        crop(home / f"{index}.png", 60 * index, 256)
    command = [sys.executable, "-m", "jndkit", "datasets", "build", "cpl", str(home), "-o", str(tmp_path / "out")]
    with subprocess.Popen([*command, "-j", "2", "--json"], stdout=subprocess.PIPE, start_new_session=True) as run:
        assert run.stdout is not None
        run.stdout.readline()
        os.kill(run.pid, signal.SIGKILL)
    for _ in range(100):
        try:
            os.killpg(run.pid, 0)
        except ProcessLookupError:
            return
        time.sleep(0.05)
    os.killpg(run.pid, signal.SIGKILL)
    pytest.fail("processes outlived their parent by five seconds")


def test_a_folder_that_cannot_be_made(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    crop(tmp_path / "in" / "a.png", 0)
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(OutputError, match="the folder cannot be made"):
        list(build(tmp_path / "in", tmp_path / "file" / "out"))
    assert main(["datasets", "build", "cpl", str(tmp_path / "in"), "-o", str(tmp_path / "file" / "out")]) == 1
    said = capsys.readouterr().err
    assert "bug" not in said
    assert "the folder cannot be made" in said


def test_a_manifest_that_cannot_be_written(tmp_path: Path) -> None:
    crop(tmp_path / "in" / "a.png", 0)
    (tmp_path / "out" / MANIFEST).mkdir(parents=True)
    with pytest.raises(InputError, match="it cannot be read"):
        list(build(tmp_path / "in", tmp_path / "out"))


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="root writes everywhere")
def test_a_folder_that_is_read_only(tmp_path: Path) -> None:
    crop(tmp_path / "in" / "a.png", 0)
    (tmp_path / "out").mkdir()
    (tmp_path / "out").chmod(0o500)
    try:
        with pytest.raises(OutputError, match="Permission denied"):
            list(build(tmp_path / "in", tmp_path / "out"))
    finally:
        (tmp_path / "out").chmod(0o700)


def test_a_set_inside_its_source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was made is no picture to make more of."""
    crop(tmp_path / "a.png", 0)
    monkeypatch.chdir(tmp_path)
    for out, expected in (("out", ["a.png"]), (tmp_path / "out", []), ("./out/", [])):
        assert [row["source"] for row in build(".", out)] == expected
