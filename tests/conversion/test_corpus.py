"""Many pictures with a ledger: what is done is known from the destination alone."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Generator, Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from jndkit.batch import LocalEngine, corpus as corpus_room, gather
from jndkit.batch.corpus import Corpus
from jndkit.batch.engine import Job, Row as JobRow, rows_of
from jndkit.batch.places import Folder
from jndkit.conversion import converting, destination, plan, run_all, store
from jndkit.conversion.corpus import encoded
from jndkit.errors import InputError, OutputError, UsageError
from jndkit.evidence import Row
from jndkit.opening import load
from jndkit.picture import digest, save_png
from jndkit.pipeline import Encoded
from jndkit.settings import Settings

FAST = Settings(codec="jpeg:420", effort="fast")
FORCED = Settings(codec="jpeg:420", effort="fast", force=True)
LAKE = load(Path(__file__).parents[2] / "examples" / "lake.png").rgb[:96, :96]


class Here:
    """An engine that does all in this process, and counts."""

    def __init__(self) -> None:
        self.jobs = 0

    def run(self, jobs: Iterable[Job[JobRow]]) -> Generator[JobRow, None, None]:
        for job in jobs:
            self.jobs += 1
            yield from rows_of(job)


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    folder = tmp_path / "photos"
    noise = np.random.default_rng(0)
    for name in ("a.png", "b/b.png", "b/c.png"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        save_png(noise.integers(0, 255, (16, 16, 3), np.uint8), folder / name)
    (folder / "b" / "bad.jpg").write_bytes(b"no picture")
    return folder


@pytest.fixture
def stub(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """In place of an encode: the file's own bytes turned round. The names that were asked for."""
    asked: list[str] = []

    def turned(path: str, settings: Settings) -> Encoded:
        asked.append(os.path.basename(path))
        data = Path(path).read_bytes()
        if not data.startswith(b"\x89PNG"):
            raise InputError(path, "it is no picture")
        row = Row(input=path, codec="jpeg", bytes=len(data), input_bytes=len(data), input_sha256=digest(Path(path)))
        row.output_sha256 = hashlib.sha256(data[::-1]).hexdigest()
        return Encoded(data[::-1], row, ".jpg")

    monkeypatch.setattr(converting, "run", turned)
    return asked


def ran(photos: Path, to: Path, settings: Settings = FAST, **how: Any) -> tuple[list[Row], Corpus, list[str]]:
    """The rows that were made, the run, and what was said before."""
    with encoded(Folder(str(photos)), Folder(str(to)), settings, **how) as corpus:
        said = corpus.begin()
        made = list(corpus.run(Here()))
        rows = {row["ledger"]["name"]: row for row in corpus.rows()}
        assert len(rows) == corpus.counts.total or corpus.counts.state != "done"
        return made, corpus, said


def test_a_run_is_done_once(photos: Path, tmp_path: Path, stub: list[str]) -> None:
    made, corpus, said = ran(photos, tmp_path / "to")
    assert not said
    assert [(row.input, row.status, row.output) for row in made] == [
        (f"{photos}/a.png", "written", f"{tmp_path}/to/a.jpg"),
        (f"{photos}/b/b.png", "written", f"{tmp_path}/to/b/b.jpg"),
        (f"{photos}/b/bad.jpg", "failed", None),
        (f"{photos}/b/c.png", "written", f"{tmp_path}/to/b/c.jpg"),
    ]
    assert made[2].error == {"type": "InputError", "message": f"{photos}/b/bad.jpg: it is no picture"}
    status = json.loads((tmp_path / "to" / "status.json").read_text())
    assert (status["state"], status["total"], status["done"], status["known"]) == ("done", 4, 4, 0)
    assert status["failures"] == {"InputError": 1}
    again, corpus, _ = ran(photos, tmp_path / "to")
    assert not again
    assert len(stub) == 4
    assert (corpus.counts.known, corpus.counts.fresh, corpus.counts.failures) == (4, 0, {"InputError": 1})


def test_a_row_without_its_file_is_done_again(photos: Path, tmp_path: Path, stub: list[str]) -> None:
    ran(photos, tmp_path / "to")
    (tmp_path / "to" / "b" / "c.jpg").unlink()
    made, _, _ = ran(photos, tmp_path / "to")
    assert [row.input for row in made] == [f"{photos}/b/c.png"]
    assert (tmp_path / "to" / "b" / "c.jpg").exists()


def test_a_file_without_its_row_is_done_again_and_comes_to_the_same(
    photos: Path, tmp_path: Path, stub: list[str]
) -> None:
    whole, _, _ = ran(photos, tmp_path / "to", FORCED)
    for path in (tmp_path / "to" / ".jnd" / "rows").rglob("*-*.jsonl"):
        path.unlink()
    assert ran(photos, tmp_path / "to", FORCED)[0] == whole


def test_another_date_is_no_other_picture(photos: Path, tmp_path: Path, stub: list[str]) -> None:
    ran(photos, tmp_path / "to")
    os.utime(photos / "a.png", ns=(1, 1))
    made, corpus, _ = ran(photos, tmp_path / "to")
    assert not made
    assert (corpus.counts.known, len(stub)) == (4, 4)
    ran(photos, tmp_path / "to")
    save_png(np.zeros((16, 16, 3), np.uint8), photos / "a.png", force=True)
    made, _, _ = ran(photos, tmp_path / "to")
    assert [row.input for row in made] == [f"{photos}/a.png"]


def test_verify_reads_everything_and_no_does_everything(photos: Path, tmp_path: Path, stub: list[str]) -> None:
    ran(photos, tmp_path / "to")
    assert not ran(photos, tmp_path / "to", resume="verify")[0]
    (tmp_path / "to" / "a.jpg").write_bytes(b"damaged")
    assert not ran(photos, tmp_path / "to")[0]
    made, _, _ = ran(photos, tmp_path / "to", resume="verify")
    assert [row.input for row in made] == [f"{photos}/a.png"]
    made, _, _ = ran(photos, tmp_path / "to", FORCED, resume="no")
    assert len(made) == 4
    with pytest.raises(UsageError, match="resume"):
        ran(photos, tmp_path / "to", resume="maybe")


def test_changed_settings_are_new_work_and_say_so(photos: Path, tmp_path: Path, stub: list[str]) -> None:
    ran(photos, tmp_path / "to")
    made, _, said = ran(photos, tmp_path / "to", Settings(codec="jpeg:420", effort="fast", viewers=90, force=True))
    assert len(made) == 4
    assert said == [
        f"{tmp_path}/to/ has 4 rows of another request (force False before, True now; viewers 75.0 before, 90 now): "
        "this is new work, their files are replaced"
    ]
    # Their files were replaced, so that the first request starts anew as well.
    assert len(ran(photos, tmp_path / "to", FORCED)[0]) == 4


def test_files_of_others_stay(photos: Path, tmp_path: Path, stub: list[str]) -> None:
    (tmp_path / "to").mkdir()
    (tmp_path / "to" / "a.jpg").write_bytes(b"somebody's")
    made, _, _ = ran(photos, tmp_path / "to")
    assert made[0].error == {
        "type": "OutputError",
        "message": f"{tmp_path}/to/a.jpg: the file exists; use --force to replace it",
    }
    assert (tmp_path / "to" / "a.jpg").read_bytes() == b"somebody's"
    (tmp_path / "to" / "a.jpg").unlink()  # what was in the way may be gone, so that it is tried again
    with encoded(Folder(str(photos)), Folder(str(tmp_path / "to")), FAST) as corpus:
        corpus.begin()
        assert [row.status for row in corpus.run(Here())] == ["written"]
        rows = {row["ledger"]["name"]: row for row in corpus.rows()}
    assert rows["a.png"]["status"] == "written"  # not the row that failed, which is of the same contents
    os.utime(photos / "a.png", ns=(1, 1))
    _, corpus, _ = ran(photos, tmp_path / "to")  # which finds that row still, though the file has another date
    assert corpus.counts.statuses == {"written": 3, "failed": 1}


def test_a_run_stops_after_so_many_failures(photos: Path, tmp_path: Path, stub: list[str]) -> None:
    made, corpus, _ = ran(photos, tmp_path / "to", max_failures=0)
    assert [row.status for row in made] == ["written", "written", "failed"]
    assert (corpus.counts.state, corpus.counts.why) == ("stopped", "more than 0 pictures failed (--max-failures)")
    assert len(ran(photos, tmp_path / "to", max_failures=0)[0]) == 1


def test_what_is_closed_early_goes_on(photos: Path, tmp_path: Path, stub: list[str]) -> None:
    with encoded(Folder(str(photos)), Folder(str(tmp_path / "to")), FAST) as corpus:
        corpus.begin()
        rows = corpus.run(Here())
        next(rows)
        next(rows)
        rows.close()
    assert json.loads((tmp_path / "to" / "status.json").read_text())["state"] == "interrupted"
    assert len(ran(photos, tmp_path / "to")[0]) == 2


def test_a_full_disk_ends_the_run_and_loses_nothing(
    photos: Path, tmp_path: Path, stub: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    write = Folder.write

    def full(self: Folder, name: str, data: bytes) -> None:
        if name != "a.jpg" and not name.endswith("json"):
            raise OutputError(self.address(name), "it cannot be written: No space left on device")
        write(self, name, data)

    with monkeypatch.context() as patched:
        patched.setattr(Folder, "write", full)
        with encoded(Folder(str(photos)), Folder(str(tmp_path / "to")), FAST) as corpus:
            corpus.begin()
            with pytest.raises(OutputError, match="No space left"):
                list(corpus.run(Here()))
    assert not list((tmp_path / "to").rglob("*.tmp"))
    made, _, _ = ran(photos, tmp_path / "to", FORCED)
    assert [row.status for row in made] == ["written", "written", "failed", "written"]


LOST = """
import os, sys
from pathlib import Path
from jndkit.batch import LocalEngine
from jndkit.batch.places import Folder
from jndkit.conversion.corpus import encoded
from jndkit.errors import OutputError
from jndkit.settings import Settings

def ran(to, lose=False):
    with encoded(Folder("photos"), Folder(to), Settings(codec="jpeg:420", effort="fast")) as corpus:
        corpus.begin()
        for row in corpus.run(LocalEngine(1)):
            print(to, row.input, row.status, (row.error or {}).get("message", ""))
            if lose:
                os.chmod(to, 0o500)
        return corpus.counts

ran("clean")  # and all that has to be imported is, for whoever has no rights to it
if hasattr(os, "geteuid") and os.geteuid() == 0:  # who may write everywhere
    for name in (".", "to"):
        os.chown(name, 65534, 65534)
    os.setgroups([])
    os.setgid(65534)
    os.setuid(65534)
try:
    ran("to", lose=True)
except OutputError as error:
    print("ended:", error)
os.chmod("to", 0o700)
print("again", dict(ran("to").statuses))
"""


@pytest.mark.skipif(os.name == "nt", reason="permissions are POSIX")
def test_permission_that_is_lost_fails_what_cannot_be_written_and_the_rest_goes_on_later() -> None:
    """Of a user who really has none: root may write everywhere."""
    with tempfile.TemporaryDirectory() as home:  # which others may enter
        os.chmod(home, 0o755)
        os.makedirs(f"{home}/photos/b")
        os.makedirs(f"{home}/to")
        for picture in ("a.png", "b.png", "b/c.png"):
            save_png(LAKE[:64, : 64 + len(picture)], Path(home, "photos", picture))
        run = subprocess.run([sys.executable, "-c", LOST], cwd=home, capture_output=True, text=True, timeout=300)
        assert run.returncode == 0, run.stderr
        assert "to photos/a.png written" in run.stdout
        assert "it cannot be written: Permission denied" in run.stdout
        assert "again {'written': 3}" in run.stdout
        names = [path.relative_to(f"{home}/clean") for path in Path(home, "clean").rglob("*.jpg")]
        assert len(names) == 3
        for name in names:
            assert (Path(home, "to") / name).read_bytes() == (Path(home, "clean") / name).read_bytes()
        assert not list(Path(home).rglob("*.tmp"))


def test_what_a_killed_worker_left_half_written_goes(
    photos: Path, tmp_path: Path, stub: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(corpus_room, "_WRITING", 0.01)
    (tmp_path / "to" / "b").mkdir(parents=True)
    (tmp_path / "to" / "b" / ".jndkit-0123456789abcdef.tmp").write_bytes(b"half a fi")
    (tmp_path / "to" / "b" / ".own.tmp").write_bytes(b"somebody's")
    ran(photos, tmp_path / "to")
    assert {path.name for path in (tmp_path / "to" / "b").iterdir()} == {".own.tmp", "b.jpg", "c.jpg"}


def test_a_run_over_a_folder_is_taken_over(tmp_path: Path) -> None:
    photos = tmp_path / "photos"
    photos.mkdir()
    save_png(LAKE, photos / "lake.png")
    inputs = gather([photos])
    _, folder = destination(inputs, f"{tmp_path}/to/")
    done = plan(inputs, FAST, folder=folder)
    assert [row.status for row in run_all(done.tasks, FAST, store=lambda path, out: store(done, path, out))] == [
        "written"
    ]
    made, corpus, _ = ran(photos, tmp_path / "to")
    assert not made
    assert corpus.counts.statuses == {"skipped": 1}
    # And the other way round: the marks tell a folder's run what is done.
    shutil.rmtree(tmp_path / "to")
    ran(photos, tmp_path / "to")
    (task,) = plan(inputs, FAST, folder=folder).tasks
    assert task.ready is not None
    assert task.ready.status == "skipped"


def test_every_file_carries_a_mark_by_which_it_may_be_replaced(tmp_path: Path) -> None:
    photos = tmp_path / "photos"
    photos.mkdir()
    save_png(LAKE, photos / "lake.png")
    bare = Settings(codec="jpeg:420", effort="fast", keep_metadata="none")
    ran(photos, tmp_path / "to", bare)
    shutil.rmtree(tmp_path / "to" / ".jnd" / "rows")
    before = (tmp_path / "to" / "lake.jpg").read_bytes()
    (row,), _, _ = ran(photos, tmp_path / "to", bare)
    assert row.status == "written"
    assert (tmp_path / "to" / "lake.jpg").read_bytes() == before


def test_an_empty_place_and_a_strange_ledger_are_said(photos: Path, tmp_path: Path) -> None:
    (tmp_path / "none").mkdir()
    with pytest.raises(InputError, match="there are no pictures in this place"):
        ran(tmp_path / "none", tmp_path / "to")
    (tmp_path / "to" / ".jnd").mkdir(parents=True)
    (tmp_path / "to" / ".jnd" / "begun.json").write_text('{"format": 2}')
    with pytest.raises(InputError, match="the ledger has the format 2"):
        ran(photos, tmp_path / "to")


def test_pictures_that_change_or_go_while_the_run_works(photos: Path, tmp_path: Path, stub: list[str]) -> None:
    with encoded(Folder(str(photos)), Folder(str(tmp_path / "to")), FAST) as corpus:
        corpus.begin()
        (photos / "a.png").unlink()
        save_png(np.full((16, 16, 3), 9, np.uint8), photos / "b" / "b.png", force=True)
        made = list(corpus.run(Here()))
    assert [row.status for row in made] == ["failed", "written", "failed", "written"]
    assert (made[0].error or {})["message"] == f"{photos}/a.png: there is no such file"
    assert made[1].input_sha256 == digest(photos / "b" / "b.png")
    # The date is another than the one listed, the contents are those of the row.
    assert not ran(photos, tmp_path / "to")[0]


def test_the_local_engine_does_the_same(photos: Path, tmp_path: Path) -> None:
    rows = {}
    for name, engine in (("here", Here()), ("local", LocalEngine(2, apart=True))):
        with encoded(Folder(str(photos)), Folder(str(tmp_path / name)), FAST) as corpus:
            corpus.begin()
            made = {row.input: row for row in corpus.run(engine)}
        for row in made.values():
            row.seconds = None
            row.output = row.output and os.path.basename(row.output)
        rows[name] = made
    assert rows["here"] == rows["local"]


@pytest.mark.slow
def test_fifty_thousand_files_in_one_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Most are kept as they are: what takes the time of written files is the disk."""

    def kept(path: str, settings: Settings) -> Encoded:
        row = Row(input=path, input_sha256=digest(Path(path)), input_bytes=80)
        written = path.endswith("00.png")
        row.status = "written" if written else "kept"
        return Encoded(b"file" if written else None, row, ".jpg")

    monkeypatch.setattr(converting, "run", kept)
    photos = tmp_path / "photos"
    photos.mkdir()
    save_png(np.zeros((8, 8, 3), np.uint8), photos / "0.png")
    for number in range(1, 50_000):
        os.link(photos / "0.png", photos / f"{number}.png")
    _, corpus, _ = ran(photos, tmp_path / "to")
    assert corpus.counts.statuses == {"kept": 49_501, "written": 499}
    (tmp_path / "to" / "100.jpg").unlink()
    assert [os.path.basename(row.input) for row in ran(photos, tmp_path / "to")[0]] == ["100.png"]


def test_what_was_measured_says_what_is_claimed() -> None:
    path = Path(__file__).parents[2] / "benchmarks" / "rows" / "corpora.jsonl"
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    ways = {(row["way"], row["workers"]): row["at_work"] for row in rows if row["part"] == "throughput"}
    assert min(ways[way, workers] for way in ("local", "ray") for workers in (1, 2)) > 0.95
    assert max(ways["xargs", workers] for workers in (1, 2)) < 0.65
    held = [row for row in rows if row["part"] == "memory"]
    assert max(row["peak_mb"] for row in held) < 600
    assert max(row["entries"] for row in held) == 1_000_000
