"""What CONTRIBUTING.md shows of adding a model, a codec, an observer and a network is done to a copy, and used."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
GUIDE = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
LAKE = ROOT / "examples" / "lake.png"
PLUGIN = ROOT / "examples" / "plugin"
EXAMPLES = {path.stem: path for path in (PLUGIN / "src" / "jndkit_example").glob("*.py") if path.stem != "__init__"}
# Path -> text of the files of the network, which it shows in full.
NETWORK = dict(re.findall(r"^`(src/jndkit/training/[\w/.-]+)`\n\n```\w+\n(.*?)```", GUIDE, flags=re.S | re.M))
# The lines it adds to tables: (line, room, name of the file).
LINES = re.findall(r'^( +"[\w-]+": "jndkit\.(\w+)\.(\w+):CARD",\n)', GUIDE, flags=re.M)


@pytest.fixture(scope="module")
def copied(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the package with everything that the guide adds."""
    home = tmp_path_factory.mktemp("copy")
    package = home / "src" / "jndkit"
    shutil.copytree(ROOT / "src", home / "src", ignore=shutil.ignore_patterns("__pycache__", "*.egg-info"))
    for path, text in NETWORK.items():
        (home / path).parent.mkdir(parents=True, exist_ok=True)
        (home / path).write_text(text, encoding="utf-8")
    for line, room, name in LINES:
        shutil.copy(EXAMPLES[name], package / room)
        table = package / room / "__init__.py"
        text = table.read_text(encoding="utf-8")
        first = re.search(rf'^ +"[\w-]+": "jndkit\.{room}\.', text, flags=re.M)
        assert first is not None, f"{table} has no table of names"
        table.write_text(text[: first.start()] + line + text[first.start() :], encoding="utf-8")
    return home


def run(copied: Path, *arguments: str) -> str:
    """What `python ARGUMENTS` prints with the copy in place of the package; it must succeed."""
    environment = {**os.environ, "PYTHONPATH": str(copied / "src"), "JNDKIT_HOME": str(copied / "home")}
    done = subprocess.run(
        [sys.executable, *arguments], cwd=copied, env=environment, capture_output=True, text=True, timeout=500
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return done.stdout


def jnd(copied: Path, *arguments: str) -> str:
    return run(copied, "-m", "jndkit", *arguments)


def test_it_shows_one_of_each_kind() -> None:
    assert [room for _, room, _ in LINES] == ["pixelwise", "codecs", "observers"]
    assert {name for _, _, name in LINES} == set(EXAMPLES)
    assert all(f"`src/jndkit/{room}/{name}.py`" in GUIDE for _, room, name in LINES)
    assert sorted(Path(path).name for path in NETWORK) == [
        "__init__.py",
        "debug-denoiser.toml",
        "network.py",
        "task.py",
    ]


def test_what_it_shows_is_what_the_files_say() -> None:
    """Every block of code is a part of the example's file, to the letter."""
    sources = [path.read_text(encoding="utf-8") for path in (*EXAMPLES.values(), PLUGIN / "pyproject.toml")]
    sources += [*NETWORK.values(), *(line for line, _, _ in LINES)]
    shown = re.findall(r"```(?:python|toml)\n(.*?)```", GUIDE, flags=re.S)
    assert len(shown) == 6 + len(LINES) + len(NETWORK)
    for block in shown:
        assert any(block in source for source in sources), block


def test_the_copy_is_what_runs(copied: Path) -> None:
    assert run(copied, "-c", "import jndkit; print(jndkit.__file__)").startswith(str(copied))


def test_the_network_is_in_the_style_of_the_house(copied: Path) -> None:
    pytest.importorskip("ruff", reason="needs jndkit[dev]")
    files = [str(copied / path) for path in NETWORK if path.endswith(".py")]
    config = f"--config={ROOT / 'pyproject.toml'}"
    run(copied, "-m", "ruff", "check", "--no-cache", config, *files)
    run(copied, "-m", "ruff", "format", "--no-cache", "--check", config, *files)


def test_all_are_listed(copied: Path) -> None:
    listed = jnd(copied, "models")
    for name in EXAMPLES:
        assert re.search(rf"^\s*{name}\b", listed, flags=re.M), name


@pytest.mark.slow
def test_the_model_is_used_and_asked_what_every_model_is_asked(copied: Path) -> None:
    jnd(copied, "map", str(LAKE), "--model", "contrast", "-o", "contrast.npy")
    assert (copied / "contrast.npy").stat().st_size > 768 * 512 * 4
    questions = str(ROOT / "tests" / "pixelwise" / "test_pixelwise.py")
    said = run(copied, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-k", "contrast", "-m", "not slow", questions)
    assert int(re.findall(r"(\d+) passed", said)[0]) >= 5


@pytest.mark.slow
def test_the_codec_and_the_observer_are_used(copied: Path) -> None:
    from PIL import Image

    Image.open(LAKE).crop((250, 150, 490, 310)).save(copied / "lake.ppm")
    assert "deflate" in jnd(copied, "encode", "lake.ppm", "-o", "lake.dfl", "--observer", "psnr")
    jnd(copied, "decode", "lake.dfl", "-o", "again.png")
    assert "JND" in jnd(copied, "compare", "lake.ppm", "again.png")


@pytest.mark.train
@pytest.mark.slow
def test_the_network_is_trained_and_exported(copied: Path) -> None:
    pictures = str(ROOT / "examples")
    arguments = ("--set", f"data.train={pictures}", "--set", f"data.valid={pictures}", "--run", "run")
    jnd(copied, "train", "debug-denoiser", *arguments)
    assert list((copied / "run").glob("*.onnx"))
