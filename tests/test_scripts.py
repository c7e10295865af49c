"""The scripts of benchmarks/ and tools/: each is listed with its command, can be started, and no row is an orphan."""

from __future__ import annotations

import importlib
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FOLDERS = ("benchmarks", "tools")
SCRIPTS = sorted(path for folder in FOLDERS for path in (ROOT / folder).glob("*.py"))
# Not run by a person: shared by scripts and tests, or loaded by MkDocs.
SHARED = {
    "distortions",
    "equal_visibility",
    "labelled",
    "made_pictures",
    "made_study",
    "sitters",
    "site_docstrings",
    "site_pages",
}
# What some scripts need beside the package; `resource` is missing on Windows.
EXTRAS = {"griffe", "matplotlib", "mkdocs", "onnx", "resource", "safetensors", "torch"}
READMES = {folder: (ROOT / folder / "README.md").read_text(encoding="utf-8") for folder in FOLDERS}


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def test_every_script_has_a_name_of_its_own() -> None:
    """Scripts find each other by name alone."""
    names = [path.stem for path in SCRIPTS]
    assert sorted(set(names)) == sorted(names)
    assert not set(names) & sys.stdlib_module_names


@pytest.mark.parametrize("path", SCRIPTS, ids=name_of)
def test_it_is_listed_with_its_command(path: Path) -> None:
    readme, head = READMES[path.parent.name], path.read_text(encoding="utf-8").split('"""')[1]
    if path.stem in SHARED:
        assert f"`{path.name}`" in readme
        return
    assert f"`python {name_of(path)}" in readme
    assert f"python {name_of(path)}" in head


def test_no_script_is_listed_that_is_not_there() -> None:
    for folder, readme in READMES.items():
        listed = re.findall(rf"python ({folder}/\w+\.py)", readme)
        assert listed
        assert all((ROOT / name).exists() for name in listed)


def test_every_file_of_rows_is_listed_where_it_is_made() -> None:
    listed = set(re.findall(r"`(\w+\.jsonl)`", "".join(READMES.values())))
    assert listed == {path.name for path in (ROOT / "benchmarks" / "rows").glob("*.jsonl")}


def load(path: Path) -> None:
    """Import a script; the test is skipped where an extra that it needs, at once or by what it imports, is missing."""
    try:
        importlib.import_module(path.stem)
    except ModuleNotFoundError as error:
        if error.name not in EXTRAS:
            raise
        pytest.skip(f"needs {error.name}")


@pytest.mark.parametrize("path", SCRIPTS, ids=name_of)
def test_it_can_be_imported(path: Path) -> None:
    load(path)


@pytest.mark.slow
@pytest.mark.parametrize("path", [path for path in SCRIPTS if path.stem not in SHARED], ids=name_of)
def test_it_says_how_to_be_called(path: Path) -> None:
    load(path)
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "src"), "COLUMNS": "200"}
    asked = [sys.executable, str(path), "--help"]
    done = subprocess.run(asked, capture_output=True, text=True, env=environment, check=False)
    assert done.returncode == 0, done.stderr
    assert f"python {name_of(path)}" in done.stdout
