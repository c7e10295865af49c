"""jnd encode from and to stores, shards, tables and lists: the same files and rows as from folder to folder."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from jndkit.batch.places import destination_at, source_at
from jndkit.batch.places.store import Store
from jndkit.batch.places.tables import table_of
from tests.batch.places.conftest import moto, s3
from tests.batch.places.stores import BUCKET, Faults
from tests.cli.conftest import Said

__all__ = ["moto", "s3"]

Draw = Callable[..., Path]
Jnd = Callable[..., Said]
FAST = ("--effort", "fast", "--jobs", "1")
NAMES = ("a.png", "sub/ü b.png")


@pytest.fixture
def pictures(draw: Draw, jnd: Jnd, tmp_path: Path) -> dict[str, bytes]:
    """Name -> file that a plain run over the folder `in` makes of it, without suffix."""
    for seed, name in enumerate(NAMES):
        draw(f"in/{name}", seed=seed)
    assert jnd("encode", "in", "-r", "-o", "plain", *FAST).code == 0
    return files(tmp_path / "plain")


def files(folder: Path) -> dict[str, bytes]:
    """Name without suffix -> contents, of all JPEG files below a folder."""
    return {path.relative_to(folder).with_suffix("").as_posix(): path.read_bytes() for path in folder.rglob("*.jpg")}


def packed(pattern: Path) -> dict[str, bytes]:
    """Name without suffix, and without those of the shards that it came from and went to -> contents."""
    place = source_at(str(pattern))
    found = {entry.name: place.read(entry.name, entry.at) for entry in place.entries()}
    return {name.split("/", 2)[2].rpartition(".")[0]: data for name, data in found.items()}


def told(said: Said) -> list[dict[str, Any]]:
    return [row for row in said.rows if "summary" not in row]


@pytest.mark.parametrize("share", [0.0, pytest.param(0.15, marks=pytest.mark.slow)], ids=["well", "failing"])
def test_a_store(s3: Faults, pictures: dict[str, bytes], jnd: Jnd, tmp_path: Path, share: float) -> None:
    source, to = Store(f"s3://{BUCKET}/in"), Store(f"s3://{BUCKET}/out", first_wait=0.01)
    for name in NAMES:
        source.write(name, (tmp_path / "in" / name).read_bytes())
    s3.share = share
    said = jnd("encode", source.url, "-o", to.url, "--json", *FAST)
    s3.share = 0.0
    assert said.code == 0, said.err
    assert share == 0 or s3.seen
    written = {entry.name.removesuffix(".jpg"): to.read(entry.name) for entry in to.entries()}
    assert written == pictures
    assert {row["input"] for row in told(said)} == {source.address(name) for name in NAMES}
    assert all(row["output"].startswith(to.url) for row in told(said))
    again = jnd("encode", source.url, "-o", to.url, "--json", *FAST)
    assert again.code == 0
    assert told(again) == []
    to.remove("a.jpg")
    assert [row["input"] for row in told(jnd("encode", source.url, "-o", to.url, "--json", *FAST))] == [
        source.address("a.png")
    ]


def test_shards_to_shards(pictures: dict[str, bytes], jnd: Jnd, tmp_path: Path) -> None:
    shard = destination_at(str(tmp_path / "shards"), "tar")
    shard.write_all([(name, (tmp_path / "in" / name).read_bytes()) for name in NAMES])
    command = ("encode", "shards/*.tar", "-o", "out", "--pack", "tar", "--json", *FAST)
    said = jnd(*command)
    assert said.code == 0, said.err
    assert packed(tmp_path / "out" / "*.tar") == pictures
    assert told(jnd(*command)) == []
    for path in (tmp_path / "out").glob("*.tar"):
        path.unlink()
    assert len(told(jnd(*command))) == len(NAMES)


def test_a_table(pictures: dict[str, bytes], jnd: Jnd, tmp_path: Path) -> None:
    pytest.importorskip("pyarrow")
    (tmp_path / "t.parquet").write_bytes(table_of([(name, (tmp_path / "in" / name).read_bytes()) for name in NAMES]))
    said = jnd("encode", "t.parquet", "--column", "bytes", "-o", "out", "--pack", "parquet", "--json", *FAST)
    assert said.code == 0, said.err
    place = source_at(str(tmp_path / "out" / "*.parquet"), column="bytes")
    assert sorted(place.read(entry.name, entry.at) for entry in place.entries()) == sorted(pictures.values())
    assert [row["input"] for row in told(said)] == [f"t.parquet/t/{row:09}" for row in range(2)]


def test_a_list_on_stdin(pictures: dict[str, bytes], jnd: Jnd, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lines = "".join(f"in/{name}\n" for name in NAMES) + "in/none.png\n../out.png\n"
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(lines.encode())))
    said = jnd("encode", "-", "-o", "out", *FAST)
    assert said.code == 1
    assert files(tmp_path / "out" / "in") == pictures
    assert "in/none.png: there is no such file" in said.err
    assert "leads out of it" in said.err


def test_what_makes_no_sense_is_said_before_any_work(draw: Draw, jnd: Jnd) -> None:
    draw("in/a.png")
    for arguments, reason in [
        (("in", "-o", "ftp://host/out"), "no place is called ftp://"),
        (("in", "-o", "https://host/out"), "results go to a folder or a store"),
        (("in", "-o", "out", "--pack", "zip"), "choose tar or parquet"),
        (("in", "-o", "out", "--column", "x"), "--column is of tables"),
        (("https://host/a.png", "-o", "out"), "a list of addresses"),
        (("in", "-o", "out", "--variants", "webp"), "needs --variants and --widths"),
        (("in", "-o", "out", "--variants", "webp", "--widths", "48", "--codec", "jpeg"), "leave out --codec"),
    ]:
        said = jnd("encode", *arguments)
        assert said.code == 2
        assert reason in said.err


SET = ("--variants", "webp,jpeg", "--widths", "48,400")


def test_responsive_sets(draw: Draw, jnd: Jnd, tmp_path: Path) -> None:
    draw("in/a.png")
    draw("in/sub/b.png", seed=2)
    command = ("encode", "in", "-r", "-o", "out", *SET, "--json", *FAST)
    said = jnd(*command)
    assert said.code == 0, said.err
    names = {path.relative_to(tmp_path / "out").as_posix() for path in (tmp_path / "out").rglob("*.*")}
    each = ("-48.webp", "-96.webp", "-48.jpg", "-96.jpg", ".html", ".json")
    assert {f"{stem}{end}" for stem in ("a", "sub/b") for end in each} <= names
    rows = told(said)
    assert {row["output"] for row in rows} == {"out/a.json", "out/sub/b.json"}
    manifest = json.loads((tmp_path / "out/sub/b.json").read_bytes())
    (row,) = (row for row in rows if row["input"] == "in/sub/b.png")
    assert manifest["files"] == row["variants"]
    assert told(jnd(*command)) == []
    # Cut off before the manifest, it is made again over what is there.
    (tmp_path / "out/a.json").unlink()
    before = (tmp_path / "out/a-48.jpg").read_bytes()
    assert [row["input"] for row in told(jnd(*command))] == ["in/a.png"]
    assert (tmp_path / "out/a-48.jpg").read_bytes() == before
    # The manifest stands for all files of its set: without one of them it is no set.
    (tmp_path / "out/a-48.webp").unlink()
    (tmp_path / "out/sub/b.html").unlink()
    assert sorted(row["input"] for row in told(jnd(*command))) == ["in/a.png", "in/sub/b.png"]
    (tmp_path / "out/a-48.webp").write_bytes(before)
    assert [row["input"] for row in told(jnd(*command, "--resume", "verify"))] == ["in/a.png"]
    assert told(jnd(*command, "--resume", "verify")) == []


@pytest.mark.parametrize("name", ["a-48.jpg", pytest.param("a.json", marks=pytest.mark.slow)])
def test_other_peoples_files_are_not_replaced_by_a_set(draw: Draw, jnd: Jnd, tmp_path: Path, name: str) -> None:
    draw("in/a.png")
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / name).write_bytes(b"mine")
    said = jnd("encode", "in", "-o", "out", *SET, *FAST)
    assert said.code == 1
    assert f"out/{name}: the file exists; use --force to replace it" in said.err
    assert (tmp_path / "out" / name).read_bytes() == b"mine"
    assert jnd("encode", "in", "-o", "out", *SET, "--force", *FAST).code == 0


def test_predictions_of_a_place(draw: Draw, jnd: Jnd, tmp_path: Path) -> None:
    draw("in/a.png")
    destination_at(str(tmp_path / "shards"), "tar").write_all(
        [("a.png", (tmp_path / "in/a.png").read_bytes()), ("b.png", b"no picture")]
    )
    said = jnd("predict", "shards/*.tar", "--no-encode", "--json", "--jobs", "1")
    assert said.code == 1
    rows = {row["input"].rpartition("/")[2]: row for row in said.rows}
    assert rows["b.png"]["error"]["type"] == "FormatError"
    assert rows["b.png"]["input"].startswith("shards/*.tar/")
    (alone,) = jnd("predict", "in/a.png", "--no-encode", "--json").rows
    differ = {"input", "seconds"}
    assert {key: value for key, value in rows["a.png"].items() if key not in differ} == {
        key: value for key, value in alone.items() if key not in differ
    }


def test_pairs_of_a_table(draw: Draw, jnd: Jnd, tmp_path: Path) -> None:
    pyarrow = pytest.importorskip("pyarrow")
    from pyarrow import parquet

    draw("a.png")
    draw("b.png", seed=2)
    (tmp_path / "sub").mkdir()
    names = {"reference": ["../a.png", "../b.png"], "test": ["../a.png", "../a.png"]}
    parquet.write_table(pyarrow.table(names), tmp_path / "sub" / "pairs.parquet")
    (tmp_path / "sub" / "pairs.csv").write_text("reference,test\n../a.png,../a.png\n../b.png,../a.png\n")
    one, other = (
        sorted((row["input"], row["output"], row["jnd"]) for row in jnd("compare", "--pairs", path, "--json").rows)
        for path in ("sub/pairs.parquet", "sub/pairs.csv")
    )
    assert one == other
    assert [jnd == 0 for _, _, jnd in one] == [True, False]
