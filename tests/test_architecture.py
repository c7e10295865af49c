"""The rooms import in one direction, are called what they are, and load nothing they do not use."""

from __future__ import annotations

import ast
import json
import resource
import subprocess
import sys
from pathlib import Path

import pytest

import jndkit

PACKAGE = Path(jndkit.__file__).parent
MODULES = sorted(PACKAGE.rglob("*.py"))

# Each room may import those before it. `__init__` and `__main__` of the package stand outside.
ORDER = [
    *("version", "errors", "limits", "interrupts", "threads", "picture", "viewing", "protocols", "visibility"),
    *("inference", "weights", "pixelwise", "observers", "codecs", "opening", "picturewise"),
    *("settings", "evidence", "provenance", "batch", "pipeline"),
    *("comparison", "injection", "registry", "evaluation", "conversion", "labelling", "cli", "server"),
]
FEEDERS = {"datasets", "training"}
NO_ROOM = {"utils", "util", "common", "core", "base", "helpers", "helper", "managers", "manager", "misc"}
HEAVY = {"cv2", "numpy", "PIL", "torch", "onnxruntime", "ray", "rich"}


def room(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imported(path: Path) -> set[str]:
    """Rooms that a module imports anywhere, inside functions too."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: imports are written out in full"
            inside = node.module == "jndkit"
            found |= {f"jndkit.{alias.name}" for alias in node.names} if inside else {str(node.module)}
    return {name.split(".")[1] for name in found if name.startswith("jndkit.")}


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_follow_the_line(path: Path) -> None:
    own = room(path)
    if own in {"__init__", "__main__"}:
        return
    assert own in ORDER or own in FEEDERS, f"the room {own} has no place in the line"
    for other in imported(path) - {own}:
        if other == "training":
            assert own == "cli"
        elif own in FEEDERS:
            assert other in FEEDERS or ORDER.index(other) < ORDER.index("pipeline")
        elif other == "datasets":
            assert ORDER.index(own) >= ORDER.index("evaluation")
        else:
            assert ORDER.index(other) < ORDER.index(own), f"{own} may not import {other}"


def test_the_rule_would_notice() -> None:
    assert {"opening", "picturewise", "evidence"} <= imported(PACKAGE / "pipeline.py")
    assert "settings" in imported(PACKAGE / "cli" / "encode.py")  # inside a function


def test_no_room_without_a_subject() -> None:
    parts = {part.removesuffix(".py") for path in MODULES for part in path.relative_to(PACKAGE).parts}
    assert not parts & NO_ROOM


def loaded(code: str) -> set[str]:
    """Top-level modules that a fresh interpreter has loaded after `code`."""
    script = f"{code}\nimport json, sys\nprint('\\n' + json.dumps(sorted(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    return {name.split(".")[0] for name in json.loads(done.stdout.splitlines()[-1])}


@pytest.mark.parametrize(
    "code",
    [
        "import jndkit",
        "from jndkit.cli import main; assert main(['--version']) == 0",
        "from jndkit.cli import main; assert main(['--help']) == 0",
        "from jndkit.cli import main; assert main(['encode', '--help']) == 0",
    ],
)
def test_starting_loads_nothing_heavy(code: str) -> None:
    names = loaded(code)
    assert "jndkit" in names
    assert not names & HEAVY


def test_models_are_listed_without_loading_them() -> None:
    names = loaded("from jndkit.cli import main; assert main(['models']) == 0")
    assert not names & {"torch", "onnxruntime", "ray", "imagecodecs", "pillow_heif"}


def test_help_starts_in_a_fifth_of_a_second() -> None:
    def seconds() -> float:
        """Of processor time, so that a busy machine does not fail the test."""
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run([sys.executable, "-m", "jndkit", "--help"], stdout=subprocess.DEVNULL, check=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        return after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime

    assert min(seconds() for _ in range(5)) < 0.2
