"""Every command on many pictures, killed and run again: it ends as if nobody had killed it, and does nothing twice."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

Run = Callable[..., Any]
Draw = Callable[..., Path]

pytestmark = pytest.mark.skipif(os.name == "nt", reason="signals to groups of processes are POSIX")


@dataclass(frozen=True)
class Command:
    """A command whose results go to a folder, `out`.

    arguments: without those of the folder.  results: names of the files in the folder that hold one result each, or of
    the one that holds a result a line, after so many `heads`.
    """

    arguments: tuple[str, ...]
    output: tuple[str, ...]
    results: str
    heads: int = 0

    def line(self, out: str, *more: str) -> list[str]:
        return [*self.arguments, *(part.format(out=out) for part in self.output), *more]

    def done(self, out: Path) -> int:
        """How many results there are, half-written ones left out."""
        files = sorted(out.glob(self.results))
        if self.results.startswith("*"):
            return len(files)
        return max(0, sum(file.read_bytes().count(b"\n") for file in files) - self.heads)


COMMANDS = {
    "encode": Command(("encode", "in"), ("-o", "{out}/"), "*.jpg"),
    "label": Command(
        ("label", "in", "--codec", "jpeg", "--knobs", "40,90"),
        ("-o", "{out}/l.csv", "--keep", "{out}/kept"),
        "l.csv",
        heads=1,
    ),
    "datasets build": Command(("datasets", "build", "cpl", "in"), ("-o", "{out}"), "manifest.jsonl"),
    "evaluate noise": Command(
        ("evaluate", "noise", "in", "--model", "flat", "--model", "chou1995"), ("--rows", "{out}/r.jsonl"), "r.jsonl"
    ),
}


def everything(folder: Path) -> dict[str, Any]:
    """What a run has made: name of each file -> its bytes, or its rows but for the seconds they took."""
    made: dict[str, Any] = {}
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.suffix == ".jsonl":
            made[name] = [json.loads(line) for line in path.read_text().splitlines()]
            for row in made[name]:
                row.pop("seconds", None)
        elif path.is_file() and not path.name.endswith(".tmp"):  # what a kill leaves is removed after an hour
            made[name] = path.read_bytes()
    return made


def killed(command: Command, folder: Path, out: str, moment: float) -> int:
    """Start a command in processes of its own and kill them all; how many results are there.

    moment: the count of new results at which they are killed, or the seconds after the start where it is no whole one.
    """
    before = command.done(folder / out)
    with subprocess.Popen(
        [sys.executable, "-m", "jndkit", *command.line(out, "--jobs", "2")],
        cwd=folder,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    ) as run:
        if moment % 1:
            time.sleep(moment)
        else:
            deadline = time.monotonic() + 60
            while run.poll() is None and command.done(folder / out) < before + moment and time.monotonic() < deadline:
                time.sleep(0.002)
        with suppress(ProcessLookupError):  # it may have come to its end by itself; what was there is asserted on
            os.killpg(run.pid, signal.SIGKILL)
    return command.done(folder / out)


def killed_and_run_again(jnd: Run, draw: Draw, folder: Path, name: str, moments: list[float], *, pictures: int) -> None:
    for index in range(pictures):
        draw(f"in/{index}.png", seed=index, width=80, height=72)
    command = COMMANDS[name]
    for out in ("whole", "cut"):
        (folder / out).mkdir()
    assert jnd(*command.line("whole", "--jobs", "1")).code == 0
    whole = everything(folder / "whole")
    total = command.done(folder / "whole")
    assert total >= pictures
    counts = [killed(command, folder, "cut", moment) for moment in moments]
    assert 0 < counts[-1] < total, "killed too early or too late to show anything"
    assert counts == sorted(counts), "a result was lost"
    assert jnd(*command.line("cut", "--jobs", "1")).code == 0
    assert everything(folder / "cut") == whole
    assert jnd(*command.line("cut", "--jobs", "1")).code == 0
    assert everything(folder / "cut") == whole


@pytest.mark.parametrize("name", COMMANDS)
def test_a_killed_run_goes_on(jnd: Run, draw: Draw, tmp_path: Path, name: str) -> None:
    killed_and_run_again(jnd, draw, tmp_path, name, [1], pictures=6)


@pytest.mark.slow
@pytest.mark.parametrize("name", COMMANDS)
def test_a_run_killed_again_and_again_goes_on(jnd: Run, draw: Draw, tmp_path: Path, name: str) -> None:
    # Each kill leaves what was done, and at most a result of the other process: ten of sixteen at the end.
    killed_and_run_again(jnd, draw, tmp_path, name, [0.25, 0.6, 1, 1, 2, 1], pictures=16)


@pytest.mark.parametrize("name", ["datasets build", "evaluate noise"])
def test_a_file_of_rows_cut_off_anywhere(jnd: Run, draw: Draw, tmp_path: Path, name: str) -> None:
    """As a kill in the middle of a write leaves it, in names that are not ASCII too."""
    for index in range(2):
        draw(f"in/\u00e4{index}.png", seed=index)
    command = COMMANDS[name]
    (tmp_path / "out").mkdir()
    assert jnd(*command.line("out", "--jobs", "1")).code == 0
    whole = everything(tmp_path / "out")
    (file,) = (tmp_path / "out").glob("*.jsonl")
    data = file.read_bytes()
    umlaut = data.find("\u00e4".encode())
    end = data.index(b"\n")
    for at in {1, end - 1, len(data) - 2, *([umlaut + 1] if umlaut > 0 else [])}:
        file.write_bytes(data[:at])
        assert jnd(*command.line("out", "--jobs", "1")).code == 0
        assert everything(tmp_path / "out") == whole
