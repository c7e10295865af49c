"""Every command and every line of Python in the README and the pages for beginners runs, and says what they show."""

from __future__ import annotations

import importlib.metadata
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import before_after

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
# Pages whose commands a reader types as they stand.
PAGES = ("README.md", *(f"docs/{name}.md" for name in ("quick-start", "protocols", "maps", "learned-codec")))
BIN = Path(sys.executable).parent
# What decides the bytes of a JPEG file and what is read of it.
DECIDING = ("numpy", "onnxruntime", "opencv-python-headless", "pillow", "simplejpeg")

with_make = pytest.mark.skipif(
    os.name == "nt" or shutil.which("make") is None, reason="needs make, and environments with bin/"
)


def page(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def blocks(language: str, text: str = README) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", text, flags=re.S)


def commands(text: str = README) -> list[str]:
    """The shell commands in order, without their remarks."""
    lines = [line for block in blocks("sh", text) for line in block.splitlines()]
    return [line.split("#")[0].strip() for line in lines if line.strip()]


def pinned() -> dict[str, str]:
    """The versions that constraints.txt names, by package."""
    return dict(re.findall(r"^([\w.-]+)==([^;\s]+)", (ROOT / "constraints.txt").read_text(), flags=re.M))


def cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip().strip("|").split("|")]


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
    shown = [command for name in PAGES for command in commands(page(name)) if command.startswith("jnd ")]
    assert len([command for command in commands() if command.startswith("jnd ")]) >= 6
    assert len(shown) >= 20
    for command in dict.fromkeys(shown):  # what two pages show runs once
        done = run(shlex.split(command), desk)
        assert done.returncode == 0, f"{command}: {done.stderr}"
        assert "Traceback" not in done.stderr
    assert (desk / "seen.png").stat().st_size > 10_000
    assert (desk / "jnd.png").stat().st_size > 10_000


def test_the_line_it_shows_is_the_line_it_prints(desk: Path) -> None:
    shown = blocks("console")[0].strip()
    printed = run(["jnd", "encode", "examples/lake.png", "-o", "shown/lake.jpg"], desk).stdout.strip()
    as_pinned = all(importlib.metadata.version(name) == pinned()[name] for name in DECIDING)
    # The time differs from machine to machine; bytes and readings may with other libraries than the pinned ones.
    varying = r"[\d.]+(?= s$)" if as_pinned else r"[\d.]+"
    assert re.sub(varying, "N", shown.split(": ", 1)[1]) == re.sub(varying, "N", printed.split(": ", 1)[1])


def test_the_text_repeats_the_figures_of_the_line() -> None:
    line = blocks("console")[0]
    for figure in re.findall(r"([\d.]+) JND|([\d.]+) % see|\((\d+ to \d+ %)\)", line):
        (value,) = filter(None, figure)
        assert value in README.split(line)[1]


def test_the_picture_is_that_of_the_script(tmp_path: Path) -> None:
    """The photograph before, and after with the pinned libraries; captions depend on fonts."""
    import numpy as np
    from PIL import Image

    before_after.main([str(tmp_path / "drawn.png")])
    shown, drawn = (
        np.asarray(Image.open(path).convert("RGB"))[: before_after.HEIGHT * before_after.TIMES].astype(int)
        for path in (ROOT / "docs" / "before-after.png", tmp_path / "drawn.png")
    )
    assert shown.shape == drawn.shape
    assert np.abs(shown - drawn).max() <= 2
    assert (ROOT / "docs" / "before-after.png").stat().st_size < 300_000


def test_the_tables_of_what_it_saves_are_those_of_the_rows(capsys: pytest.CaptureFixture[str]) -> None:
    """The lines of README, docs/savings.md and docs/protocols.md, made of the committed rows."""
    pytest.importorskip("resource", reason="the script reads memory as Unix tells it")
    import json

    import encode

    def printed(name: str) -> list[list[str]]:
        rows = [json.loads(line) for line in (encode.ROWS / f"{name}.jsonl").read_text().splitlines()]
        {"encode": encode.encode_table, "protocol_bytes": encode.protocol_table}[name](rows)
        return [cells(line) for line in capsys.readouterr().out.splitlines()[2:]]

    names = {"jpeg": "JPEG", "webp": "WebP", "avif": "AVIF", "heic": "HEIC"}
    lines = {name: [cells(line) for line in page(name).splitlines() if line.startswith("| ")] for name in PAGES}
    saved = [line for line in lines["README.md"] if line[0] in {"kodak", "valid"}]
    assert saved == [[row[0], names[row[1]], *row[3:11]] for row in printed("encode")]
    savings = [cells(line) for line in page("docs/savings.md").splitlines() if re.match(r"\| (kodak|valid)", line)]
    assert savings == [[row[0], names[row[1]], *row[10:13]] for row in printed("encode")]
    protocols = [line for line in lines["docs/protocols.md"] if line[0] in names.values()]
    assert protocols == [[names[row[0]], *row[2:]] for row in printed("protocol_bytes")]


def test_the_sentences_of_what_it_takes_are_those_of_the_rows() -> None:
    """Those of docs/savings.md on pictures saved before, seconds and memory."""
    import json
    from statistics import mean

    def rows(name: str) -> list[dict[str, Any]]:
        path = ROOT / "benchmarks" / "rows" / f"{name}.jsonl"
        return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]

    told = " ".join(page("docs/savings.md").split())
    saved = [[row for row in rows("resaved") if row["resaved"] == quality] for quality in (75, 85, 95)]
    assert all(row["status"] == "written" for some in saved for row in some)  # of those kept nothing is said
    assert "Photographs saved as JPEG before (qualities 75, 85, 95)" in told
    shares = [mean(row["bytes"] / row["input_bytes"] for row in some if row["status"] == "written") for some in saved]
    assert "shrink to {:.2f}, {:.2f} and {:.2f} of their bytes".format(*shares) in told

    starts = {(row["coder"], row["width"]): row for row in rows("cold_jpeg")}
    widths = (768, 1920, 4000, 10000)
    jpeg, plain, pillow = ([starts[coder, width] for width in widths] for coder in ("jpeg", "jpeg:plain", "pillow q90"))
    spent = [row["seconds"] for row in jpeg]
    assert "{:.1f} s at 768 x 512, {:.1f} s at 1920 x 1080".format(*spent) in told
    small, most = (row["peak_mb"] / 1000 for row in jpeg[2:])
    assert f"{spent[2]:.1f} s and {small:.1f} GB at 12 megapixels, {spent[3]:.0f} s and {most:.1f} GB at 60" in told
    assert "{:.1f}, {:.1f}, {:.1f} and {:.0f} s and at most 1 GB".format(*(row["seconds"] for row in plain)) in told
    assert max(row["peak_mb"] for row in plain) < 1000
    assert "{:.2f}, {:.1f}, {:.1f} and {:.0f} s (`python".format(*(row["seconds"] for row in pillow)) in told
    avif = [row["seconds"] for row in rows("cold_start") if row["codec"] == "avif"]
    assert "AVIF takes {:.1f}, {:.1f} and {:.0f} s".format(*avif) in told
    large = {row["case"]: row["peak_mb"] / 1000 for row in rows("large")}
    assert f"take {large['photo-jpeg']:.1f} GB, an even ground of that size {large['even-jpeg']:.1f} GB" in told


def test_the_readme_is_short() -> None:
    assert len(README.split()) < 1000


@with_make
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


@with_make
def test_make_test_is_what_the_readme_says() -> None:
    planned = run(["make", "--dry-run", "test", f"VENV={BIN.parent}"], ROOT).stdout
    assert [tool for tool in ("ruff", "mypy", "pytest") if tool not in planned] == []


@pytest.mark.parametrize("name", ["README.md", "docs/reference/python.md"])
def test_the_python_example_runs(name: str, desk: Path) -> None:
    done = run([sys.executable, "-c", blocks("python", page(name))[0]], desk)
    assert done.returncode == 0, done.stderr


def test_the_extras_they_name_exist() -> None:
    offered = set(importlib.metadata.metadata("jndkit").get_all("Provides-Extra") or ())
    named = {extra for name in PAGES for extra in re.findall(r"jndkit\[(\w+)\]", page(name))}
    assert len(named) >= 4
    assert named <= offered


@pytest.mark.parametrize("name", ["README.md", "CONTRIBUTING.md", "SECURITY.md"])
def test_every_file_it_names_exists(name: str) -> None:
    text = page(name)
    links = re.findall(r"\]\(([^)#]+)", text)
    # What is to be added is not there; tests/test_contributing.py adds it.
    text = re.sub(r"## Adding something.*(?=## Figures)", "", text, flags=re.S)
    named = links + re.findall(r"`((?:benchmarks|tests|src|tools)/[\w/.-]+)`", text)
    assert named
    assert [path for path in named if not (ROOT / path).exists()] == []
