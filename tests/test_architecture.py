"""The rooms import in one direction, are called what they are, and load nothing they do not use."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from collections.abc import Sequence
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

import jndkit

ROOT = Path(__file__).parents[1]
PACKAGE = Path(jndkit.__file__).parent
MODULES = sorted(PACKAGE.rglob("*.py"))
SCRIPTS = sorted(path for folder in ("benchmarks", "tools") for path in (ROOT / folder).glob("*.py"))

# Each room may import those before it. `__init__` and `__main__` of the package stand outside.
ORDER = [
    *(
        "version",
        "errors",
        "toml_writer",
        "cards",
        "limits",
        "interrupts",
        "threads",
        "picture",
        "viewing",
        "protocols",
    ),
    *("visibility", "inference", "weights", "pixelwise", "observers", "codecs", "opening", "picturewise"),
    *("settings", "evidence", "wording", "provenance", "batch", "pipeline"),
    *(
        "comparison",
        "injection",
        "registry",
        "doctor",
        "study",
        "evaluation",
        "conversion",
        "labelling",
        "report",
        "server",
        "study.sittings",
        "cli",
    ),
]
FEEDERS = {"datasets", "training"}
NO_ROOM = {"utils", "util", "common", "core", "base", "helpers", "helper", "managers", "manager", "misc"}
HEAVY = {"cv2", "numpy", "PIL", "torch", "onnxruntime", "ray", "rich"}


def room(path: Path) -> str:
    return _room(path.relative_to(PACKAGE).with_suffix("").parts)


def _room(parts: Sequence[str]) -> str:
    """A room lies in the package, but for those that have a place of their own in the line."""
    within = ".".join(parts[:2])
    return within if within in ORDER else parts[0]


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
    return {_room(name.split(".")[1:]) for name in found if name.startswith("jndkit.")}


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


def graph(folder: Path) -> dict[str, set[str]]:
    """Module -> the modules of the same package that it imports, inside functions too, but not for types alone.

    Importing a module runs the packages around it first, but for those that the importing module lies in itself.
    """
    modules = {_dotted(path, folder): path for path in folder.rglob("*.py")}
    needed = {}
    for name, path in modules.items():
        named = {module for module in _run(ast.parse(path.read_text(encoding="utf-8")), modules) if module in modules}
        around = {package for module in named for package in _around(module) if package in modules}
        needed[name] = (named | (around - _around(name))) - {name}
    return needed


def _dotted(path: Path, folder: Path) -> str:
    parts = path.relative_to(folder.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def _around(module: str) -> set[str]:
    """The packages that a module lies in, but for the outermost, which imports nothing by itself."""
    parts = module.split(".")
    return {".".join(parts[:end]) for end in range(2, len(parts))}


def _run(tree: ast.AST, modules: dict[str, Path]) -> set[str]:
    names: set[str] = set()
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING":
            continue
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            inner = {f"{node.module}.{alias.name}" for alias in node.names}
            # `from room import module` needs the module; the room's own file is then counted as a package around it.
            names |= inner & modules.keys() or {str(node.module)}
            names |= {str(node.module)} if inner - modules.keys() else set()
        else:
            names |= _run(node, modules)
    return names


def circle(needed: dict[str, set[str]]) -> list[str]:
    """Modules that need each other in a round, the first again at the end; none where there is no such round."""
    try:
        TopologicalSorter(needed).prepare()
    except CycleError as error:
        return list(error.args[1])
    return []


def test_no_modules_import_each_other_in_a_circle() -> None:
    assert not circle(graph(PACKAGE))


@pytest.mark.parametrize(
    ("files", "in_circle"),
    [
        ({"a.py": "from p import b", "b.py": ""}, False),
        ({"a.py": "from p import b", "b.py": "def late():\n    from p.a import x"}, True),
        ({"a.py": "from p.b import x", "b.py": "if TYPE_CHECKING:\n    from p.a import y"}, False),
        # Importing p.q.m runs p/q/__init__.py, which imports what imports it.
        (
            {
                "a.py": "from p.q.m import x",
                "q/__init__.py": "from p.q.n import y",
                "q/n.py": "import p.a",
                "q/m.py": "",
            },
            True,
        ),
        ({"q/__init__.py": "from p.q.n import y", "q/n.py": "from p.q.m import x", "q/m.py": ""}, False),
    ],
)
def test_a_circle_would_be_noticed(tmp_path: Path, files: dict[str, str], in_circle: bool) -> None:
    for name, text in files.items():
        path = tmp_path / "p" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    assert bool(circle(graph(tmp_path / "p"))) == in_circle


def test_no_room_without_a_subject() -> None:
    parts = {part.removesuffix(".py") for path in MODULES for part in path.relative_to(PACKAGE).parts}
    assert not parts & NO_ROOM


def test_modules_are_short() -> None:
    """Also those of the scripts; drawn pictures are many small painters that belong together."""
    lines = {path: path.read_text(encoding="utf-8").count("\n") for path in [*MODULES, *SCRIPTS]}
    assert not {path for path, count in lines.items() if count > 350 and path.name != "made_pictures.py"}
    assert lines[PACKAGE / "pipeline.py"] <= 180, "the file to read first"


def test_functions_are_short() -> None:
    """Of what they do; the options of a command, which are its parameters, may be many."""
    for path in [*MODULES, *SCRIPTS]:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                assert (node.end_lineno or 0) - node.body[0].lineno < 60, f"{path}: {node.name}"


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
    resource = pytest.importorskip("resource", reason="Windows does not count a child's processor time")

    def seconds() -> float:
        """Of processor time, so that a busy machine does not fail the test."""
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run([sys.executable, "-m", "jndkit", "--help"], stdout=subprocess.DEVNULL, check=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        return float(after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime)

    assert min(seconds() for _ in range(5)) < 0.2
