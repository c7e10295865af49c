"""Every command and every line of Python in the README runs, and says what the README shows."""

from __future__ import annotations

import importlib.metadata
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()
BIN = Path(sys.executable).parent


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", README, flags=re.S)


def commands() -> list[str]:
    """The shell commands in order, without their remarks."""
    return [line.split("#")[0].strip() for block in blocks("sh") for line in block.splitlines() if line.strip()]


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty folder with the example pictures, as after a clone."""
    folder = tmp_path_factory.mktemp("desk")
    shutil.copytree(ROOT / "examples", folder / "examples")
    return folder


def run(command: list[str], folder: Path) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}"}
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=300)


def test_every_jnd_command_runs(desk: Path) -> None:
    ours = [command for command in commands() if command.startswith("jnd ")]
    assert len(ours) >= 9
    for command in ours:
        done = run(shlex.split(command), desk)
        assert done.returncode == 0, f"{command}: {done.stderr}"
        assert "Traceback" not in done.stderr
    assert (desk / "seen.png").stat().st_size > 10_000
    assert (desk / "jnd.png").stat().st_size > 10_000


def test_the_line_it_shows_is_the_line_it_prints(desk: Path) -> None:
    shown = blocks("text")[0].strip()
    printed = run(["jnd", "encode", "examples/lake.png", "-o", "shown/lake.jpg"], desk).stdout.strip()
    # The time differs from machine to machine, bytes and readings may with another build of libjpeg.
    assert re.sub(r"[\d.]+", "N", shown.split(": ", 1)[1]) == re.sub(r"[\d.]+", "N", printed.split(": ", 1)[1])


def test_make_demo_does_the_main_job(tmp_path: Path) -> None:
    """In a copy, with this environment in place of a new one: the installation itself is what runs these tests."""
    for name in ("Makefile", "pyproject.toml", "constraints.txt", "examples"):
        source = ROOT / name
        (shutil.copytree if source.is_dir() else shutil.copy)(source, tmp_path / name)
    venv = tmp_path / "venv"
    (venv / "bin").mkdir(parents=True)
    for program in ("python", "jnd"):
        (venv / "bin" / program).symlink_to(BIN / program)
    (venv / ".base").touch()
    done = run(["make", "demo", f"VENV={venv}"], tmp_path)
    assert done.returncode == 0, done.stderr
    assert "see no difference" in done.stdout
    assert (tmp_path / "build" / "demo" / "lake.jpg").stat().st_size < 120_000


def test_make_test_is_what_the_readme_says() -> None:
    planned = run(["make", "--dry-run", "test", f"VENV={BIN.parent}"], ROOT).stdout
    assert [tool for tool in ("ruff", "mypy", "pytest") if tool not in planned] == []


def test_the_python_example_runs(desk: Path) -> None:
    done = run([sys.executable, "-c", blocks("python")[0]], desk)
    assert done.returncode == 0, done.stderr


def test_the_extras_it_names_exist() -> None:
    offered = set(importlib.metadata.metadata("jndkit").get_all("Provides-Extra") or ())
    assert set(re.findall(r"jndkit\[(\w+)\]", README)) <= offered


def test_every_file_it_names_exists() -> None:
    named = re.findall(r"\]\(([^)#]+)\)", README) + re.findall(r"`(benchmarks/[\w/.]+)`", README)
    assert [name for name in named if not (ROOT / name).exists()] == []
