"""The page on many pictures: its commands do what it says, and its figures are those of the rows."""

from __future__ import annotations

import importlib.util
import json
import re
import shlex
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import corpora
import corpora_model
from jndkit.batch.places import destination_at
from jndkit.batch.places.store import Store
from tests.batch.places.conftest import moto, s3
from tests.batch.places.stores import BUCKET, Faults
from tests.cli.conftest import Said, draw, jnd

__all__ = ["draw", "jnd", "moto", "s3"]

PAGE = (Path(__file__).parents[1] / "docs" / "corpora.md").read_text(encoding="utf-8")
LINES = [line for block in re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL) for line in block.splitlines()]
COMMANDS = [line for line in LINES if "jnd encode" in line]
NAMES = ("a.png", "sub/b.png")


def section(heading: str) -> list[str]:
    """The commands below a heading."""
    text = PAGE.split(f"## {heading}\n")[1].split("\n## ")[0]
    return [line for line in COMMANDS if line in text]


@pytest.fixture
def run(
    draw: Callable[..., Path], jnd: Callable[..., Said], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[[str], Said]:
    """Runs a command of the page among the pictures that it names."""
    for seed, name in enumerate(NAMES):
        draw(f"photos/{name}", seed=seed)
    pictures = [(name, (tmp_path / "photos" / name).read_bytes()) for name in NAMES]
    (tmp_path / "photos.txt").write_text("".join(f"photos/{name}\n" for name in NAMES), encoding="utf-8")
    destination_at(str(tmp_path / "shards"), "tar").write_all(pictures)

    def command(line: str) -> Said:
        if line.startswith("find"):
            # What `find` prints.
            with (tmp_path / "photos.txt").open(encoding="utf-8") as listed:
                monkeypatch.setattr(sys, "stdin", listed)
                return jnd(*shlex.split(line.partition("| jnd ")[2]))
        return jnd(*shlex.split(line)[1:])

    return command


def files(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(folder.rglob("*.jpg"))}


def test_a_laptop(run: Callable[[str], Said], tmp_path: Path) -> None:
    (line,) = section("On a laptop")
    assert run(f"{line} --effort fast").code == 0
    first = files(tmp_path / "out")
    assert list(first) == ["a.jpg", "sub/b.jpg"]
    assert json.loads((tmp_path / "out/status.json").read_bytes())["state"] == "done"
    assert (tmp_path / "out/report.html").exists()
    assert (tmp_path / "out/.jnd").is_dir()
    again = run(f"{line} --effort fast")
    assert (again.code, again.out) == (0, "")


@pytest.mark.slow
def test_a_folder_that_was_begun_without_a_ledger_is_taken_over(run: Callable[[str], Said], tmp_path: Path) -> None:
    (plain,) = re.findall(r"`(jnd encode photos -r -o out)`", PAGE)
    assert run(plain).code == 0
    (line,) = section("On a laptop")
    taken_over = run(line)
    assert (taken_over.code, taken_over.out) == (0, "")


@pytest.mark.slow
def test_one_big_machine(run: Callable[[str], Said], tmp_path: Path) -> None:
    lines = section("One big machine")
    assert len(lines) == 4
    for line in lines[:3]:
        said = run(f"{line} --effort fast")
        assert said.code == 0, said.err
    assert list(files(tmp_path / "out")) == ["photos/a.jpg", "photos/sub/b.jpg"]
    assert list((tmp_path / "packed").glob("*.tar"))


@pytest.mark.slow
def test_a_table(run: Callable[[str], Said], tmp_path: Path) -> None:
    pyarrow = pytest.importorskip("pyarrow")
    from pyarrow import parquet

    pictures = [(tmp_path / "photos" / name).read_bytes() for name in NAMES]
    parquet.write_table(pyarrow.table({"image": pictures}), tmp_path / "photos.parquet")
    assert run(f"{section('One big machine')[3]} --effort fast").code == 0
    assert list((tmp_path / "packed").glob("*.parquet"))


@pytest.mark.slow
def test_ray_goes_on_where_a_laptop_was(run: Callable[[str], Said], tmp_path: Path) -> None:
    if importlib.util.find_spec("ray") is None:
        pytest.skip("needs jndkit[corpus]: ray")
    (laptop,) = section("On a laptop")
    lines = section("A Ray cluster")
    assert run(f"{laptop} --effort fast").code == 0
    kept = files(tmp_path / "out")
    (tmp_path / "out/a.jpg").unlink()
    said = run(f"{lines[0]} --effort fast --address local --json")  # whatever clusters this machine belongs to
    assert said.code == 0, said.err
    assert [row["input"] for row in said.rows if "input" in row] == ["photos/a.png"]
    assert files(tmp_path / "out") == kept
    assert lines[1] == f"{lines[0]} --address auto"


@pytest.mark.slow
def test_a_store(run: Callable[[str], Said], s3: Faults, tmp_path: Path) -> None:
    lines = section("S3 and other stores")
    assert lines[1] == f"{lines[0]} --engine ray"
    store = Store(f"s3://{BUCKET}", first_wait=0.01)
    for name in NAMES:
        store.write(f"photos/{name}", (tmp_path / "photos" / name).read_bytes())
    for path in (tmp_path / "shards").iterdir():
        store.write(f"shards/{path.name}", path.read_bytes())
    for line in (lines[0], lines[2]):
        said = run(f"{line} --effort fast --jobs 1")
        assert said.code == 0, said.err
    names = list(store.names(""))
    assert {"out/a.jpg", "out/sub/b.jpg", "out/status.json", "out/report.html"} <= set(names)
    assert any(re.fullmatch(r"packed/[0-9a-f]{16}\.tar", name) for name in names)


@pytest.mark.slow
def test_other_commands(run: Callable[[str], Said], tmp_path: Path) -> None:
    (tmp_path / "pairs.csv").write_text("reference,test\nphotos/a.png,photos/a.png\n", encoding="utf-8")
    lines = [line for line in LINES if line in PAGE.split("## Other commands\n")[1].split("\n## ")[0]]
    assert [line.split()[1] for line in lines] == ["predict", "compare", "label", "datasets"]
    for line in lines:
        said = run(f"{line} --jobs 1")
        assert said.code == 0, said.err
        assert f"({1 if 'pairs' in line else 2} known before)" in run(f"{line} --jobs 1").err
    assert (tmp_path / "labels" / "labels.csv").read_text(encoding="utf-8").count("\n") == 5
    assert len((tmp_path / "set" / "manifest.jsonl").read_text(encoding="utf-8").splitlines()) == 2
    assert all((tmp_path / name / ".jnd").is_dir() for name in ("decisions", "readings", "labels", "set"))


@pytest.mark.slow
def test_a_page(run: Callable[[str], Said], tmp_path: Path) -> None:
    (line,) = section("For a page")
    assert run(f"{line} --effort fast").code == 0
    html = (tmp_path / "web/sub/b.html").read_text(encoding="utf-8")
    (shown,) = re.findall(r"```html\n(.*?)```", PAGE, re.DOTALL)
    assert html.startswith("<picture>")
    assert set(re.findall(r"<\w+|[\w-]+=(?=\")", shown)) == set(re.findall(r"<\w+|[\w-]+=(?=\")", html))
    assert (tmp_path / "web/a.json").exists()


def test_its_figures_are_those_of_the_rows() -> None:
    measured = corpora.table(json.loads(line) for line in corpora.ROWS.read_text(encoding="utf-8").splitlines())
    for table in (corpora_model.table() + "\n\n" + measured).split("\n\n"):
        assert table in PAGE


def test_the_model_is_what_arithmetic_says_where_nothing_waits() -> None:
    pytest.importorskip("simpy")
    free = corpora_model.Assumed(latency=0.0, reads=1e9, writes=1e9)
    row = corpora_model.simulated("jpeg", 4, corpora_model.Steps(0.0, 0.0, 0.0), free, groups=400)
    assert row["efficiency"] == pytest.approx(1.0, abs=0.03)
    slow = corpora_model.simulated("jpeg", 4, corpora_model.Steps(0.0, 4.0, 0.0), free, groups=100)
    assert slow["per_second"] == pytest.approx(0.5, abs=0.1)  # two pictures every four seconds
