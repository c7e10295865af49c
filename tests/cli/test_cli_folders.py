"""jnd encode on many files: trees, collisions, failures, processes, Ctrl-C."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import jndkit

Run = Callable[..., Any]
Draw = Callable[..., Path]


def test_a_folder_without_its_folders(jnd: Run, draw: Draw) -> None:
    for name in ("in/b.png", "in/a.png", "in/sub/c.png", "in/.hidden.png", "in/.jndkit-0.tmp"):
        if name.endswith(".png"):
            draw(name)
    Path("in/notes.txt").write_text("no picture")
    said = jnd("encode", "in", "--json")
    assert said.code == 0
    assert [row["input"] for row in said.rows] == ["in/a.png", "in/b.png"]
    assert "2 pictures: 2 written" in said.err


def test_the_tree_is_kept(jnd: Run, draw: Draw) -> None:
    for name in ("in/a.png", "in/sub/b.png", "in/sub/deep er/c.png"):
        draw(name)
    said = jnd("encode", "in", "-o", "out", "--recursive", "--codec", "webp", "--jobs", "1")
    assert said.code == 0
    made = sorted(str(path.relative_to("out")) for path in Path("out").rglob("*.*"))
    assert made == ["a.webp", "sub/b.webp", "sub/deep er/c.webp"]
    assert sorted(path.suffix for path in Path("in").rglob("*.*")) == [".png"] * 3


def test_a_second_run_does_nothing(jnd: Run, draw: Draw) -> None:
    draw("in/a.png")
    draw("in/b.jpg", quality=100)
    assert jnd("encode", "in", "--jobs", "1").code == 0
    first = {path: path.stat().st_mtime_ns for path in Path("in").iterdir()}
    assert sorted(path.name for path in first) == ["a.jpg", "a.png", "b.jnd.jpg", "b.jpg"]
    again = jnd("encode", "in", "--json")
    assert again.code == 0
    assert [(row["input"], row["status"]) for row in again.rows] == [("in/a.png", "skipped"), ("in/b.jpg", "skipped")]
    assert {path: path.stat().st_mtime_ns for path in Path("in").iterdir()} == first
    assert jnd("encode", "in", "--force", "--jobs", "1").code == 0
    assert set(Path("in").iterdir()) == set(first)


def test_an_output_folder_inside_the_input(jnd: Run, draw: Draw) -> None:
    draw("a.png")
    for _ in range(2):
        said = jnd("encode", ".", "-o", "out", "-r", "--json")
        assert said.code == 0
        assert [row["input"] for row in said.rows] == ["a.png"]


def test_one_broken_picture_among_good_ones(jnd: Run, draw: Draw) -> None:
    for name in ("in/a.png", "in/c.png"):
        draw(name)
    Path("in/b.png").write_bytes(Path("in/a.png").read_bytes()[:200])
    for jobs in ("1", "2"):
        said = jnd("encode", "in", "--json", "--jobs", jobs, "--force")
        assert said.code == 1
        assert [row["status"] for row in said.rows] == ["written", "failed", "written"]
        assert said.rows[1]["error"]["message"].startswith("in/b.png: ")
        assert "jnd: in/b.png: " in said.err
    assert not Path("in/b.jpg").exists()


def test_two_inputs_with_one_output(jnd: Run, draw: Draw) -> None:
    draw("x/a.png")
    draw("y/a.png", seed=2)
    said = jnd("encode", "x/a.png", "y/a.png", "-o", "out")
    assert said.code == 2
    assert "x/a.png and y/a.png would both be written to out/a.jpg" in said.err
    assert not Path("out").exists()
    assert jnd("encode", "x/a.png", "y/a.png", "-o", "out", "--codec", "auto").code == 2
    assert jnd("encode", "x/a.png", "y/a.png").code == 0


def test_one_input_named_twice(jnd: Run, draw: Draw) -> None:
    draw("a.png")
    said = jnd("encode", "a.png", "./a.png", "--json")
    assert said.code == 0
    assert len(said.rows) == 1


def test_several_inputs_need_a_folder(jnd: Run, draw: Draw) -> None:
    draw("a.png")
    draw("b.png")
    Path("file").write_text("kept")
    assert jnd("encode", "a.png", "b.png", "-o", "file").code == 2
    assert Path("file").read_text() == "kept"


def test_an_input_of_the_run_is_never_written_to(jnd: Run, draw: Draw) -> None:
    draw("a.png")
    other = draw("b/a.jpg", quality=100)
    before = other.read_bytes()
    said = jnd("encode", "a.png", "b/a.jpg", "-o", "b", "--force")
    assert said.code == 0
    assert sorted(path.name for path in Path("b").iterdir()) == ["a.jpg", "a.jpg.jpg", "a.png.jpg"]
    assert other.read_bytes() == before


def test_empty_folders(jnd: Run, draw: Draw) -> None:
    draw("in/sub/a.png")
    said = jnd("encode", "in")
    assert said.code == 1
    assert said.err == "jnd: in: there are no pictures in this folder; --recursive looks into the folders inside it\n"
    Path("empty").mkdir()
    assert jnd("encode", "empty", "--recursive").code == 1


def test_links_in_a_circle(jnd: Run, draw: Draw) -> None:
    draw("in/a.png")
    Path("in/again").symlink_to(Path("in").resolve(), target_is_directory=True)
    Path("in/dead.png").symlink_to("nowhere.png")
    said = jnd("encode", "in", "-r", "--json")
    assert said.code == 0
    assert [row["input"] for row in said.rows] == ["in/a.png"]


def test_rows_come_in_the_order_of_the_inputs(jnd: Run, draw: Draw) -> None:
    names = [draw("a.png", width=400, height=300).name] + [draw(f"{name}.png", seed=3).name for name in "bcde"]
    said = jnd("encode", *names, "--jobs", "2", "--json")
    assert said.code == 0
    assert [row["input"] for row in said.rows] == names


def test_processes_change_no_byte(jnd: Run, draw: Draw) -> None:
    for index in range(3):
        draw(f"in/{index}.png", seed=index)
    assert jnd("encode", "in", "-o", "one", "--jobs", "1").code == 0
    assert jnd("encode", "in", "-o", "two", "--jobs", "2").code == 0
    for index in range(3):
        assert Path(f"one/{index}.jpg").read_bytes() == Path(f"two/{index}.jpg").read_bytes()


def _start(folder: Path, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "jndkit", *arguments],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def _gone(group: int) -> bool:
    """Whether the last process of a group has ended, within a few seconds."""
    for _ in range(100):
        try:
            os.killpg(group, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.05)
    return False


@pytest.mark.skipif(os.name == "nt", reason="signals to groups of processes are POSIX")
@pytest.mark.parametrize("jobs", ["1", "2"])
def test_ctrl_c(draw: Draw, tmp_path: Path, jobs: str) -> None:
    for index in range(60):
        draw(f"in/{index:02}.png", seed=index, width=200, height=150)
    with _start(tmp_path, "encode", "in", "--jobs", jobs) as run:
        assert run.stdout is not None
        assert run.stdout.readline().startswith("in/00.png -> in/00.jpg")
        os.killpg(run.pid, signal.SIGINT)
        out, err = run.communicate(timeout=30)
    assert run.returncode == 130
    assert "jnd: interrupted" in err
    assert "Traceback" not in err + out
    assert _gone(run.pid)
    made = sorted((tmp_path / "in").glob("*.jpg"))
    assert 1 <= len(made) < 60
    assert all(jndkit.load(path).width == 200 for path in made)
    assert len(list((tmp_path / "in").iterdir())) == 60 + len(made)


@pytest.mark.skipif(os.name == "nt", reason="closed pipes are POSIX")
def test_a_closed_pipe_is_quiet(draw: Draw, tmp_path: Path) -> None:
    for index in range(6):
        draw(f"in/{index}.png", seed=index)
    with _start(tmp_path, "encode", "in", "--jobs", "2") as run:
        assert run.stdout is not None
        assert run.stderr is not None
        run.stdout.readline()
        run.stdout.close()
        # Pictures drawn at random divide the two observers, which is told; the closed pipe is not.
        assert all("the second observer reads" in line for line in run.stderr.read().splitlines())
        assert run.wait(timeout=30) == 141
    assert _gone(run.pid)


def test_the_command_starts_cold(draw: Draw, tmp_path: Path) -> None:
    draw("a.png")
    with _start(tmp_path, "encode", "a.png") as run:
        out, err = run.communicate(timeout=60)
    assert run.returncode == 0
    assert out.startswith("a.png -> a.jpg")
    assert "Traceback" not in err
    with _start(tmp_path, "encode", "none.png") as run:
        out, err = run.communicate(timeout=60)
    assert (run.returncode, out, err) == (1, "", "jnd: none.png: there is no such file\n")
