"""Other packages' models, codecs and observers: installed into an environment of their own and used from there."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import sysconfig
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import jndkit
from jndkit.picture import Picture, save_png

ROOT = Path(__file__).parents[1]
EXAMPLE = ROOT / "examples" / "plugin"
OURS = ("contrast", "psnr", "deflate")

# Each entry point of a package that is broken in every way there is, and what must be said of it.
BROKEN = {
    "jndkit.models": {
        "gone": ("broken_plugin_gone:CARD", "ModuleNotFoundError: No module named 'broken_plugin_gone'"),
        "raising": ("broken_plugin_raising:CARD", "ZeroDivisionError: division by zero"),
        "leaving": ("broken_plugin_leaving:CARD", "SystemExit: 7"),
        "wu2017": ("broken_plugin:MODEL", "jndkit has a model of this name"),
        "other": ("broken_plugin:MODEL", "its card calls itself 'wu2017'"),
    },
    "jndkit.codecs": {
        "nothing": ("broken_plugin:NOTHING", "is a str, not a jndkit.codecs.card.Card"),
        "auto": ("broken_plugin:NOTHING", "'auto' is no name for a codec"),
        "a,b": ("broken_plugin:NOTHING", "'a,b' is no name for a codec"),
    },
    "jndkit.observers": {"psnr": ("broken_plugin:NOTHING", "the name is taken by jndkit-example")},
}


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A part of the example picture, in a file of its own."""
    path = tmp_path_factory.mktemp("pictures") / "lake.png"
    save_png(Picture(jndkit.load(ROOT / "examples" / "lake.png").rgb[150:310, 250:490]), path)
    return path


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The interpreter of a fresh environment that sees this checkout, what it needs, and the example's package."""
    pytest.importorskip("setuptools")
    folder = tmp_path_factory.mktemp("environment")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder], check=True)
    python = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    site = Path(run(python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))").stdout.strip())
    needed = [Path(jndkit.__file__).parents[1], *map(sysconfig.get_path, ("purelib", "platlib"))]
    (site / "checkout.pth").write_text("".join(f"{path}\n" for path in needed))
    source = tmp_path_factory.mktemp("source") / "plugin"
    _copy(EXAMPLE, source)  # building leaves folders behind
    offline = ("--no-deps", "--no-build-isolation", "--no-index", "--quiet", "--disable-pip-version-check")
    run(python, "-m", "pip", "install", *offline, source)
    _install_broken(site)
    return python


def _copy(folder: Path, target: Path) -> None:
    for file in folder.rglob("*"):
        if file.is_file() and "egg-info" not in str(file):
            (target / file.relative_to(folder)).parent.mkdir(parents=True, exist_ok=True)
            (target / file.relative_to(folder)).write_bytes(file.read_bytes())


def _install_broken(site: Path) -> None:
    """What an installer would leave of a package that nothing works of."""
    (site / "broken_plugin.py").write_text(
        "from jndkit.pixelwise.wu2017 import CARD as MODEL\nNOTHING = 'no card'\n", encoding="utf-8"
    )
    (site / "broken_plugin_raising.py").write_text("1 / 0\n")
    (site / "broken_plugin_leaving.py").write_text("raise SystemExit(7)\n")
    about = site / "zz_broken-0.3.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: zz-broken\nVersion: 0.3\n")
    groups = (
        f"[{group}]\n" + "".join(f"{name} = {where}\n" for name, (where, _) in points.items())
        for group, points in BROKEN.items()
    )
    (about / "entry_points.txt").write_text("\n".join(groups))


def run(python: Path, *arguments: str | Path, code: int = 0) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run([python, *arguments], capture_output=True, text=True, timeout=120, env=environment)
    assert done.returncode == code, done.stderr
    assert "Traceback" not in done.stderr
    return done


def jnd(python: Path, *arguments: str | Path, code: int = 0) -> subprocess.CompletedProcess[str]:
    return run(python, "-m", "jndkit", *arguments, code=code)


def rows(done: subprocess.CompletedProcess[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.mark.slow
def test_it_is_listed(python: Path) -> None:
    said = jnd(python, "models").stdout.splitlines()
    for name in OURS:
        assert [line.endswith("(of jndkit-example 1.0)") for line in said if line.split()[0] == name] == [True]
    listed = {(row["room"], row["name"]): row for row in rows(jnd(python, "models", "--json"))}
    assert listed["codecs", "deflate"]["package"] == "jndkit-example 1.0"
    assert "package" not in listed["codecs", "jpeg"]
    names = [name for _, name in listed]
    assert not set(names) & {"gone", "raising", "leaving", "other", "nothing", "auto", "a,b"}
    assert listed["pixelwise", "wu2017"]["year"] == 2017


@pytest.mark.slow
def test_its_model_draws(python: Path, lake: Path, tmp_path: Path) -> None:
    target = tmp_path / "jnd.npy"
    jnd(python, "map", lake, "--model", "contrast", "-o", target)
    drawn = np.load(target)
    assert drawn.shape == (160, 240)
    assert drawn.min() == 3.0
    assert drawn.max() > 20.0
    jnd(python, "inject", lake, "--model", "contrast", "--psnr", "30", "-o", tmp_path / "noisy.png")
    assert (
        "variant" in jnd(python, "map", lake, "--model", "contrast", "--variant", "paper", "-o", target, code=2).stderr
    )


@pytest.mark.slow
def test_its_codec_encodes_and_decodes(python: Path, lake: Path, tmp_path: Path) -> None:
    """A codec of which no photograph was ever read: the search finds its knob all the same."""
    coded, decoded = tmp_path / "lake.dfl", tmp_path / "back.png"
    (row,) = rows(jnd(python, "encode", lake, "-o", coded, "--force", "--json"))
    assert row["codec"] == "deflate"
    assert row["status"] == "written"
    assert row["jnd"] <= 0.472
    assert row["encodes"] <= 6
    assert row["versions"]["jndkit-example"] == "1.0"
    assert "zlib" in row["versions"]
    assert coded.read_bytes().startswith(b"\x89DFL")
    jnd(python, "decode", coded, "-o", decoded)
    reference, back = (jndkit.load(path).rgb.astype(int) for path in (lake, decoded))
    assert np.abs(reference - back).max() <= row["knob"]["value"] / 2
    (again,) = rows(jnd(python, "encode", lake, "-o", coded, "--force", "--json", "--codec", "deflate"))
    assert again["output_sha256"] == row["output_sha256"]
    folder = (f"{tmp_path}{os.sep}out{os.sep}", "--codec", "deflate", "--force", "--json")
    (first,) = rows(jnd(python, "encode", lake, "-o", *folder))
    (second,) = rows(jnd(python, "encode", lake, "-o", *(word for word in folder if word != "--force")))
    assert (second["encodes"], second["bytes"], second["jnd"]) == (0, first["bytes"], first["jnd"])
    (read,) = rows(jnd(python, "compare", lake, coded, "--json"))
    assert read["jnd"] == pytest.approx(row["jnd"], abs=1e-4)
    (other,) = rows(jnd(python, "encode", coded, "--codec", "webp", "-o", tmp_path / "lake.webp", "--force", "--json"))
    assert other["status"] == "written"


@pytest.mark.slow
def test_files_of_its_codec_are_found_in_folders(python: Path, lake: Path, tmp_path: Path) -> None:
    jnd(python, "encode", lake, "--codec", "deflate", "-o", tmp_path / "a.dfl", "--force")
    (tmp_path / "notes.txt").write_text("no picture")
    (row,) = rows(jnd(python, "predict", tmp_path, "--no-encode", "--json"))
    assert Path(row["input"]).name == "a.dfl"
    assert row["status"] == "predicted"
    (row,) = rows(jnd(python, "encode", tmp_path, "-o", f"{tmp_path}{os.sep}out{os.sep}", "--force", "--json"))
    assert (row["status"], Path(row["output"]).name) == ("written", "a.jpg")


@pytest.mark.slow
def test_its_codec_is_refused_where_nothing_is_known_of_it(python: Path, lake: Path, tmp_path: Path) -> None:
    said = jnd(python, "predict", lake, "--codec", "deflate", "--no-encode", code=2).stderr
    assert "--no-encode does not know deflate" in said
    damaged = tmp_path / "damaged.dfl"
    coded = tmp_path / "a.dfl"
    jnd(python, "encode", lake, "--codec", "deflate", "-o", coded, "--force")
    data = bytearray(coded.read_bytes())
    data[-100] ^= 1
    damaged.write_bytes(data)
    assert "damaged.dfl" in jnd(python, "decode", damaged, "-o", tmp_path / "b.png", code=1).stderr
    assert "deflate" in jnd(python, "encode", lake, "--codec", "deflat", code=2).stderr


@pytest.mark.slow
def test_its_codec_is_evaluated(python: Path, lake: Path) -> None:
    (row,) = rows(jnd(python, "evaluate", "codecs", lake, "--codec", "deflate", "--json", "-j", "1"))
    assert row["error"] is None
    assert row["levels"]["value"] == [32, 24, 16, 12, 8, 6, 4]


@pytest.mark.slow
def test_its_observer_reads(python: Path, lake: Path, tmp_path: Path) -> None:
    coded = tmp_path / "lake.jpg"
    (row,) = rows(jnd(python, "encode", lake, "--observer", "psnr", "-o", coded, "--force", "--json"))
    assert row["observer"] == "psnr 1"
    assert row["versions"]["jndkit-example"] == "1.0"
    (read,) = rows(jnd(python, "compare", lake, coded, "--observer", "psnr", "--map", tmp_path / "map.png", "--json"))
    assert 0 < read["jnd"] <= 0.472
    assert read["jnd"] == pytest.approx(row["jnd"], abs=1e-6)
    assert read["versions"]["jndkit-example"] == "1.0"
    noisy = (tmp_path / "noisy.png", "--model", "wu2017", "--strength", "1")
    (noise,) = rows(jnd(python, "inject", lake, "-o", *noisy, "--observer", "psnr", "--json"))
    assert noise["versions"]["jndkit-example"] == "1.0"


@pytest.mark.slow
def test_a_row_names_the_package_of_the_model_that_prefiltered(python: Path, lake: Path, tmp_path: Path) -> None:
    asked = ("--prefilter", "contrast", "--effort", "fast", "--force", "--json")
    (row,) = rows(jnd(python, "encode", lake, *asked, "-o", tmp_path / "lake.jpg"))
    assert row["versions"]["jndkit-example"] == "1.0"
    plain = ("--effort", "fast", "--force", "--json")
    (row,) = rows(jnd(python, "encode", lake, *plain, "-o", tmp_path / "plain.jpg"))
    assert "jndkit-example" not in row["versions"]


@pytest.mark.slow
def test_what_is_broken_is_named_and_breaks_nothing(python: Path, lake: Path, tmp_path: Path) -> None:
    parts = rows(jnd(python, "doctor", "--json"))
    lines = jnd(python, "doctor").stdout.splitlines()
    assert {"contrast", "psnr", "deflate"} <= {part["name"] for part in parts if part["present"]}
    for points in BROKEN.values():
        for name, (_, reason) in points.items():
            (part,) = (part for part in parts if part["name"] == name and part["trouble"] == "broken")
            assert not part["present"]
            assert reason in part["note"]
            assert "zz-broken 0.3" in part["note"]
            assert any(line.startswith("--") and line.split()[1] == name and reason in line for line in lines)
    said = jnd(python, "map", lake, "--model", "raising", "-o", tmp_path / "a.npy", code=2).stderr
    assert said == "jnd: the model raising of zz-broken 0.3 cannot be used: ZeroDivisionError: division by zero\n"
    assert "cannot be used" in jnd(python, "encode", lake, "--codec", "nothing", code=2).stderr
    assert not (tmp_path / "a.npy").exists()


@pytest.mark.slow
def test_nothing_is_loaded_before_it_is_named(python: Path, lake: Path, tmp_path: Path) -> None:
    script = (
        "import sys; from jndkit.cli import main; code = main(sys.argv[1:]); "
        "print([name for name in sys.modules if 'plugin' in name and name.startswith('broken') or 'example' in name])"
    )
    target = tmp_path / "lake.jpg"
    commands: list[list[str | Path]]
    commands = [["encode", lake, "-o", target], ["compare", lake, target], ["map", lake, "-o", tmp_path / "m.npy"]]
    for arguments in commands:
        assert run(python, "-c", script, *arguments).stdout.splitlines()[-1] == "[]"
    for verb in ((), ("encode",)):
        assert run(python, "-c", script, *verb, "--help").stdout.splitlines()[-1] == "[]"
    named = run(python, "-c", script, "map", lake, "--model", "contrast", "-o", tmp_path / "n.npy")
    assert named.stdout.splitlines()[-1] == "['jndkit_example', 'jndkit_example.contrast']"
