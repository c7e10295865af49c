"""What a release uploads: it builds, holds what it needs and nothing else, and works where nothing else is."""

from __future__ import annotations

import email
import importlib.util
import os
import shutil
import subprocess
import sys
import tarfile
import venv
import zipfile
from pathlib import Path

import numpy as np
import pytest

from jndkit.version import VERSION

ROOT = Path(__file__).parents[1]
WHEEL_MB = 40

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def dist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A source archive of the committed and new files, and the wheel that is built from it."""
    pytest.importorskip("build", reason="needs jndkit[release]")
    if importlib.util.find_spec("setuptools") is None:
        pytest.skip("needs jndkit[release]: setuptools too, so that building fetches nothing")
    home = tmp_path_factory.mktemp("release")
    source = home / "source"
    ignored = shutil.ignore_patterns(".git", ".venv", "build", "dist", "runs", "*.egg-info", "__pycache__", ".*_cache")
    shutil.copytree(ROOT, source, ignore=ignored)
    command = [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(home / "dist"), str(source)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=home)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return home / "dist"


@pytest.fixture(scope="module")
def wheel(dist: Path) -> Path:
    (path,) = dist.glob("*.whl")
    return path


def test_both_pass_the_check_of_the_index(dist: Path) -> None:
    pytest.importorskip("twine", reason="needs jndkit[release]")
    files = sorted(str(path) for path in dist.iterdir())
    assert len(files) == 2
    command = [sys.executable, "-m", "twine", "check", "--strict", *files]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_wheel_holds_the_package_and_its_data(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
        (metadata,) = (name for name in names if name.endswith(".dist-info/METADATA"))
        head = email.message_from_bytes(archive.read(metadata))
    source = ROOT / "src"
    suffixes = {".py", ".css", ".csv", ".js", ".json", ".npz", ".toml", ".onnx"}
    needed = {path.relative_to(source).as_posix() for path in source.rglob("*") if path.suffix in suffixes}
    assert needed <= names
    assert "jndkit/py.typed" in names
    assert {name.split("/")[0] for name in names} == {"jndkit", f"jndkit-{VERSION}.dist-info"}
    assert head["Version"] == VERSION
    assert head.get_all("License-File") == ["LICENSE", "NOTICE"]
    assert wheel.stat().st_size < WHEEL_MB * 1_000_000


def test_the_source_archive_holds_what_its_tests_need(dist: Path) -> None:
    (path,) = dist.glob("*.tar.gz")
    with tarfile.open(path) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    for file in (
        *("LICENSE", "NOTICE", "README.md", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md", "CITATION.cff"),
        *("Makefile", "constraints.txt", "mkdocs.yml", "tools/site_pages.py", "docs/before-after.png"),
        *("examples/lake.png", "tests/conftest.py", "tests/pixelwise/published/wu2017.npz"),
        *("benchmarks/encode.py", "benchmarks/rows/encode.jsonl"),
    ):
        assert file in names, file
    assert not [name for name in names if name.endswith((".pyc", ".safetensors")) or "__pycache__" in name]


def test_the_wheel_alone_does_the_demo(wheel: Path, tmp_path: Path) -> None:
    """In an environment of its own, from another folder; the libraries are those of this environment."""
    home = tmp_path / "environment"
    venv.create(home, with_pip=False, symlinks=os.name != "nt")
    programs = home / ("Scripts" if os.name == "nt" else "bin")
    (site,) = [path for path in home.rglob("site-packages") if path.is_dir()]
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(site)
    libraries = Path(np.__file__).parents[1]
    (site / "libraries.pth").write_text(f"{libraries}\n")
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    shutil.copy(ROOT / "examples" / "lake.png", elsewhere)
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}

    def python(*arguments: str) -> str:
        command = [str(programs / "python"), *arguments]
        done = subprocess.run(command, cwd=elsewhere, env=environment, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return done.stdout

    where = python("-c", "import jndkit; print(jndkit.__file__)").strip()
    assert Path(where).is_relative_to(site), "the wheel is what runs"
    said = python("-m", "jndkit", "encode", "lake.png", "-o", "build/lake.jpg", "--force")
    assert "% see no difference" in said
    assert "JND" in python("-m", "jndkit", "compare", "lake.png", "build/lake.jpg")
    assert "resjnd-s" in python("-m", "jndkit", "models")
    python("-m", "jndkit", "map", "lake.png", "-o", "map.png")
    assert (elsewhere / "map.png").stat().st_size > 10_000
