"""jnd predict, compare, label and datasets build with a ledger: any source, gone on with, and the tables at the end."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from jndkit.batch.places import destination_at
from jndkit.batch.places.store import Store
from jndkit.datasets import cpl
from tests.batch.places.conftest import moto, s3
from tests.batch.places.stores import BUCKET, Faults
from tests.cli.conftest import Said

__all__ = ["moto", "s3"]

Draw = Callable[..., Path]
Jnd = Callable[..., Said]
ONE = ("--engine", "local", "--jobs", "1")


@pytest.fixture
def shard(draw: Draw, tmp_path: Path) -> str:
    """A tar file of two pictures, a damaged one, and another name for it."""
    names = [draw("in/a.png"), draw("in/sub/b.png", seed=2)]
    files = [(path.relative_to(tmp_path / "in").as_posix(), path.read_bytes()) for path in names]
    (name,) = destination_at(str(tmp_path / "shards"), "tar").write_all([*files, ("bad.png", b"no picture")])[:1]
    return f"shards/{name.partition('/')[0]}"


def told(said: Said) -> list[dict[str, Any]]:
    return [row for row in said.rows if "summary" not in row]


def test_predictions_are_kept(shard: str, jnd: Jnd, tmp_path: Path) -> None:
    command = ("predict", shard, "-o", "out", "--no-encode", "--json", *ONE)
    said = jnd(*command)
    assert said.code == 1
    assert sorted((row["input"].rpartition("/")[2], row["status"]) for row in told(said)) == [
        ("a.png", "predicted"),
        ("b.png", "predicted"),
        ("bad.png", "failed"),
    ]
    assert said.rows[-1]["summary"]["state"] == "done"
    assert told(jnd(*command)) == []
    assert told(jnd(*command, "--resume", "verify")) == []
    assert len(told(jnd(*command, "--viewers", "90"))) == 3
    assert {path.name for path in (tmp_path / "out").iterdir()} == {".jnd", "status.json"}
    assert jnd("predict", shard, "--resume", "no", "--no-encode").code == 2
    # Of a folder with an engine, kept nowhere.
    said = jnd("predict", "in", "--no-encode", "--json", *ONE)
    assert [(row["input"], row["status"]) for row in said.rows] == [("in/a.png", "predicted")]
    assert len(jnd("predict", "in", "-r", "--no-encode", "--json", *ONE).rows) == 2
    (tmp_path / "none").mkdir()
    said = jnd("predict", "none", "--no-encode", *ONE)
    assert (said.code, "there are no pictures in this place" in said.err) == (1, True)


def test_comparisons_are_kept(s3: Faults, draw: Draw, jnd: Jnd, tmp_path: Path) -> None:
    store = Store(f"s3://{BUCKET}/pairs", first_wait=0.01)
    for seed, name in enumerate(("a.png", "b.png")):
        store.write(name, draw(f"in/{name}", seed=seed).read_bytes())
    lines = ["reference,test,more", "a.png,b.png,x", "a.png,a.png,x", "a.png,b.png,again", "a.png,none.png,x"]
    store.write("pairs.csv", "\n".join(lines).encode())
    command = ("compare", "--pairs", f"{store.url}/pairs.csv", "--json")
    kept = (*command, "-o", f"s3://{BUCKET}/out", *ONE)
    said = jnd(*kept)
    assert said.code == 1
    found = {(row["input"], row["output"]): row for row in told(said)}
    assert len(found) == len(told(said)) == 3
    assert found[f"{store.url}/a.png", f"{store.url}/a.png"]["jnd"] == 0.0
    assert found[f"{store.url}/a.png", f"{store.url}/b.png"]["jnd"] > 1.0
    failure = found[f"{store.url}/a.png", f"{store.url}/none.png"]["error"]
    assert failure is not None
    assert "there is no such file" in failure["message"]
    # What failed by its absence is tried again, and a row that was put in is done alone.
    store.write("pairs.csv", "\n".join(["reference,test", "b.png,b.png", *lines[1:]]).encode())
    assert sorted(row["output"].rpartition("/")[2] for row in told(jnd(*kept))) == ["b.png", "none.png"]
    assert len(told(jnd(*command, "--jobs", "1"))) == 5
    assert jnd(*command, "--max-failures", "1").code == 2


def test_labels_are_kept(shard: str, jnd: Jnd, tmp_path: Path) -> None:
    asked = ("--codec", "jpeg:420", "--knobs", "30,60", "--jobs", "1")
    command = ("label", shard, "-o", "out", "--keep", "coded", *asked)
    said = jnd(*command)
    assert said.code == 1
    assert "bad.png" in said.err
    table = tmp_path / "out" / "labels.csv"
    rows = list(csv.DictReader(table.read_text(encoding="utf-8").splitlines()))
    stem = Path(shard).stem
    names = (f"{stem}/a.png", f"{stem}/sub/b.png")
    assert [(row["file"], row["value"]) for row in rows] == [(name, value) for name in names for value in ("30", "60")]
    # The same labels as those of the folder.
    assert jnd("label", "in", "-r", "-o", "plain.csv", *asked).code == 0
    plain = list(csv.DictReader((tmp_path / "plain.csv").read_text(encoding="utf-8").splitlines()))
    assert [{**row, "file": row["file"].partition("/")[2]} for row in rows] == plain
    whole = table.read_bytes()
    coded = tmp_path / "out" / "coded" / stem / "a.png" / "jpeg-420-q30.jpg"
    before = coded.read_bytes()
    coded.unlink()
    table.unlink()
    assert "(2 known before)" in jnd(*command).err
    assert (coded.read_bytes(), table.read_bytes()) == (before, whole)
    assert jnd("label", shard, "-o", "labels.csv", *asked).code == 2
    assert jnd("label", "in", "-o", "s3://bucket/labels.csv", *asked).code == 2
    assert not (tmp_path / "s3:").exists()
    assert jnd("label", "in", "-o", "out2", "--keep", "/coded", *asked).code == 2
    (tmp_path / "plain").mkdir()
    (tmp_path / "plain" / "labels.csv").write_bytes(b"mine")
    assert jnd("label", "in", "-o", "plain", *asked).code == 2


def test_a_set_is_made_of_any_place(shard: str, jnd: Jnd, tmp_path: Path) -> None:
    command = ("datasets", "build", "cpl", shard, "-o", "set", "--json", "--jobs", "1")
    said = jnd(*command)
    assert said.code == 1
    made = json.loads((tmp_path / "set" / "manifest.jsonl").read_text().splitlines()[0])
    assert made["source"].endswith("/a.png")
    assert len(cpl.pairs(tmp_path / "set")) == 2
    (tmp_path / "set" / "critical" / made["pair"]).unlink()
    assert [row["input"].rpartition("/")[2] for row in told(jnd(*command))] == ["a.png"]
    assert len(cpl.pairs(tmp_path / "set")) == 2
    # A set that was begun by its manifest alone goes on by it.
    assert jnd("datasets", "build", "cpl", "in", "-o", "plain", "--jobs", "1").code == 0
    before = (tmp_path / "plain" / "manifest.jsonl").read_bytes()
    assert "0 pairs, 0 skipped, 0 failed" in jnd("datasets", "build", "cpl", "in", "-o", "plain", *ONE).out
    assert (tmp_path / "plain" / "manifest.jsonl").read_bytes() == before
