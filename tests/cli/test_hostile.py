"""Hostile input, through the command itself: our error or a right result, and nothing else, for every file.

Every file of `hostile_files.py` goes through `jnd encode` alone, in this process, and some once more in a run of two
processes over a folder of them. What names, folders and disks can do to us comes after.
"""

from __future__ import annotations

import errno
import faulthandler
import importlib.util
import io
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import typer.main

import jndkit
from jndkit import conversion, errors, pipeline
from jndkit.cli import main
from jndkit.cli.printing import shown
from jndkit.picture import decoding, from_bytes, loading, sandbox
from jndkit.picture.formats import pnm, tiff as tiff_reader
from tests.cli import hostile_files as files

CASES = files.everything()

PATIENCE = 10.0  # seconds for one file
OURS = {name for name in dir(errors) if name.endswith("Error")}
EXIT_CODES = {"UsageError": 2, "MissingError": 3, "TargetError": 4}
posix = pytest.mark.skipif(os.name == "nt", reason="pipes, devices and permissions of POSIX")


# --- running the command ---------------------------------------------------------------------------------------------


@dataclass
class Said:
    """What one run of the command said."""

    code: int
    out: str
    err: str
    seconds: float

    @property
    def rows(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.out.splitlines()]

    @property
    def clean(self) -> bool:
        """Nothing but our own sentences on stderr, none of which calls itself a bug."""
        ours = all(line.startswith("jnd: ") or " pictures: " in line for line in self.err.splitlines())
        return ours and "Traceback" not in self.out + self.err and "this is a bug" not in self.out + self.err


@contextmanager
def _captured() -> Iterator[Callable[[], tuple[str, str]]]:
    """stdout and stderr of this process, what libraries in C print included."""
    streams, kept = (sys.stdout, sys.stderr), (os.dup(1), os.dup(2))
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        os.dup2(out.fileno(), 1)
        os.dup2(err.fileno(), 2)
        sys.stdout = io.TextIOWrapper(os.fdopen(os.dup(1), "wb"), "utf-8")
        sys.stderr = io.TextIOWrapper(os.fdopen(os.dup(2), "wb"), "utf-8")

        def said() -> tuple[str, str]:
            sys.stdout.flush()
            sys.stderr.flush()
            for file in (out, err):
                file.seek(0)
            return out.read().decode("utf-8", "replace"), err.read().decode("utf-8", "replace")

        try:
            yield said
        finally:
            sys.stdout.close()
            sys.stderr.close()
            sys.stdout, sys.stderr = streams
            for number, handle in enumerate(kept, 1):
                os.dup2(handle, number)
                os.close(handle)


@contextmanager
def _alarm(seconds: float) -> Iterator[None]:
    if not hasattr(signal, "setitimer"):
        yield
        return

    def ring(*_: object) -> None:
        raise TimeoutError(f"it took longer than {seconds:g} seconds")

    before = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


@pytest.fixture(scope="module")
def command(request: pytest.FixtureRequest) -> Iterator[Callable[..., Said]]:
    """command("encode", "a.png") runs in this process.

    What hangs in Python is ended by an alarm; what hangs in a library ends the test run, which says where.
    """
    with request.config.pluginmanager.getplugin("capturemanager").global_and_fixture_disabled():
        terminal = os.dup(2)

    def run(*arguments: str | Path) -> Said:
        with _captured() as said:
            faulthandler.dump_traceback_later(9 * PATIENCE, exit=True, file=terminal)
            started = time.monotonic()
            try:
                with _alarm(3 * PATIENCE):
                    code = main([str(argument) for argument in arguments])
            finally:
                faulthandler.cancel_dump_traceback_later()
            seconds = time.monotonic() - started
            return Said(code, *said(), seconds)

    with pytest.MonkeyPatch.context() as patch:
        # Typer puts the command together anew for every call, which takes as long as all the rest.
        patch.setattr(typer.main, "get_command", cache(typer.main.get_command))
        yield run
    os.close(terminal)


def _start(folder: Path, *arguments: str | Path, first: str = "", **options: Any) -> subprocess.Popen[str]:
    """The command as a process. first: Python to be run in it before."""
    run = f"import sys\n{first}\nfrom jndkit.cli import main\nsys.exit(main(sys.argv[1:]))"
    pipes = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **options}
    command = [sys.executable, "-c", run, *map(str, arguments)]
    return subprocess.Popen(
        command, cwd=folder, text=True, encoding="utf-8", errors="replace", start_new_session=True, **pipes
    )


def _finished(run: subprocess.Popen[str], timeout: float) -> Said:
    """What the process said. One that hangs is killed, with all it started, and fails the test."""
    started = time.monotonic()
    with run:
        try:
            out, err = run.communicate(timeout=timeout)
        except subprocess.TimeoutExpired:
            with suppress(ProcessLookupError, AttributeError):
                os.killpg(run.pid, signal.SIGKILL)
            run.kill()
            pytest.fail(f"it hung: {run.args!r}")
    return Said(run.returncode, out or "", err or "", time.monotonic() - started)


def process(folder: Path, *arguments: str | Path, timeout: float = 3 * PATIENCE, **options: Any) -> Said:
    return _finished(_start(folder, *arguments, **options), timeout)


def _held(folder: Path) -> dict[str, bytes]:
    """Every file in a folder and the folders inside it."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


# --- where a file stops ----------------------------------------------------------------------------------------------

STAGES = ("name", "first bytes", "header", "decoder", "picture")


class Stage:
    """How far the loading of an input gets, by looking on at the calls it makes.

    name: nothing of it is interpreted.  first bytes: it is in no format we read.  header: limits, checksums and what
    else is checked before a decoder.  decoder: inside the library that unpacks the pixels.  picture: decoded.
    """

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        import cv2
        from PIL import ImageFile, TiffImagePlugin

        self.reached = "name"
        self._loading = False
        self._patch = patch
        self._watch(pipeline, "opened", self._load)
        self._watch(loading, "sniff", self._sniff)
        for reader in (decoding, tiff_reader):
            self._watch(reader, "open_image", self._open)
        self._watch(ImageFile.ImageFile, "load", self._decode)
        self._watch(TiffImagePlugin.TiffImageFile, "load", self._decode)
        self._watch(cv2, "imdecode", self._decode)
        self._watch(pnm, "decode", self._decode)
        self._watch(sandbox, "decode_in_child", self._decode)

    def _watch(self, owner: Any, name: str, seen: Callable[..., Any]) -> None:
        original = getattr(owner, name)
        self._patch.setattr(owner, name, lambda *args, **kwargs: seen(original, *args, **kwargs))

    def _to(self, stage: str) -> None:
        if self._loading:  # files that we write ourselves are decoded too
            self.reached = stage

    def _load(self, original: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        self._loading = True
        try:
            picture = original(*args, **kwargs)
        except jndkit.LimitError:
            self.reached = min(self.reached, "header", key=STAGES.index)
            raise
        else:
            self._to("picture")
            return picture
        finally:
            self._loading = False

    def _sniff(self, original: Callable[..., Any], *args: Any) -> Any:
        self._to("first bytes")
        kind = original(*args)
        self._to("header")
        return kind

    def _open(self, original: Callable[..., Any], data: bytes, kind: str, *rest: Any) -> Any:
        if kind in ("WEBP", "AVIF"):  # their libraries parse the file before there is an image
            self._to("decoder")
        return original(data, kind, *rest)

    def _decode(self, original: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        self._to("decoder")
        return original(*args, **kwargs)


# --- every file, alone and among the others --------------------------------------------------------------------------


@dataclass
class Result:
    """What became of one file. folder: holds it in `in`, and what was written in `out`."""

    case: Any
    said: Said
    stage: str
    folder: Path

    @property
    def row(self) -> dict[str, Any]:
        (row,) = self.said.rows
        return row

    @property
    def outcome(self) -> str:
        return _outcome(self.row)


def _outcome(row: dict[str, Any]) -> str:
    """The row's status, or the name of its error."""
    return str(row["error"]["type"] if row["error"] else row["status"])


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory, command: Callable[..., Said]) -> dict[str, Result]:
    """What became of every file when it was the only one."""
    top, before = tmp_path_factory.mktemp("alone"), Path.cwd()
    found = {}
    for number, case in enumerate(CASES):
        folder = top / str(number)
        (folder / "in").mkdir(parents=True)
        (folder / "in" / case.name).write_bytes(case.data)
        os.chdir(folder)
        try:
            with pytest.MonkeyPatch.context() as patch:
                stage = Stage(patch)
                said = command("encode", f"in/{case.name}", "-o", "out/", "--json", "--codec", case.codec)
        finally:
            os.chdir(before)
        found[case.name] = Result(case, said, stage.reached, folder)
    return found


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_one_file(results: dict[str, Result], case: Any) -> None:
    result = results[case.name]
    said, row = result.said, result.row
    assert said.clean, said.err
    assert said.seconds < PATIENCE
    assert row["input"] == f"in/{case.name}"
    assert _held(result.folder / "in") == {case.name: case.data}
    if row["error"] is None:
        assert said.code == 0
        assert case.expects in {"picture", "odd", "any", "skipped"}
        assert row["status"] == "skipped" if case.expects == "skipped" else row["status"] in {"written", "kept"}
        _check_picture(result)
        return
    message = row["error"]["message"]
    assert case.expects in {"any", "error"} or result.outcome in case.expects.split("|"), message
    assert result.outcome in OURS
    assert said.code == EXIT_CODES.get(result.outcome, 1)
    assert case.says in message
    assert message.startswith(f"in/{case.name}: ")
    assert f"jnd: {shown(message)}\n" in said.err
    assert not (result.folder / "out").exists()


def _check_picture(result: Result) -> None:
    """The file that was written holds the picture that was read; where nothing was, there is none."""
    row, case = result.row, result.case
    if row["status"] != "written":
        assert row["output"] is None
        assert not (result.folder / "out").exists()
        return
    (written,) = (result.folder / "out").iterdir()
    assert str(written) == str(result.folder / row["output"])
    assert 20 < written.stat().st_size == row["bytes"] < len(case.data)
    made, read = jndkit.load(written), jndkit.load(result.folder / "in" / case.name)
    assert made.marked
    assert (made.width, made.height) == (row["width"], row["height"]) == (read.width, read.height)
    assert _difference(made, read) < 12
    if case.expects == "picture":
        assert (made.width, made.height) == (files.WIDTH, files.HEIGHT)
        assert np.abs(made.rgb.astype(int) - files.photograph()).mean() < 12


def _difference(made: jndkit.Picture, read: jndkit.Picture) -> float:
    """Mean, in code values, over white where only one of them has transparency."""
    from jndkit.picture import flatten

    return float(np.abs(flatten(made, 255).astype(int) - flatten(read, 255)).mean())


def test_most_files_reach_the_decoder(results: dict[str, Result], capsys: pytest.CaptureFixture[str]) -> None:
    counts = Counter((result.outcome, result.stage) for result in results.values())
    groups = Counter(
        (result.case.group, "picture" if not result.row["error"] else "error") for result in results.values()
    )
    with capsys.disabled():
        print(f"\n\n{len(results)} hostile files, by outcome and by how far they got:\n")
        print(f"  {'':14}" + "".join(f"{stage:>13}" for stage in STAGES))
        for outcome in sorted({outcome for outcome, _ in counts}):
            print(f"  {outcome:14}" + "".join(f"{counts[outcome, stage] or '':>13}" for stage in STAGES))
        print(f"\n  {'':14}{'picture':>13}{'error':>13}")
        for group in dict.fromkeys(case.group for case in CASES):
            print(f"  {group:14}{groups[group, 'picture']:>13}{groups[group, 'error']:>13}")
        slowest = max(results.values(), key=lambda result: result.said.seconds)
        print(f"\n  slowest: {shown(slowest.case.name)}, {slowest.said.seconds:.2f} s")
    assert len(results) >= 200
    inside = sum(count for (_, stage), count in counts.items() if stage in ("decoder", "picture"))
    assert inside >= len(results) / 2
    assert sum(count for (outcome, stage), count in counts.items() if stage == "decoder" and outcome in OURS) >= 50


@pytest.mark.parametrize("step", [4, pytest.param(1, marks=pytest.mark.slow)])
def test_all_in_one_folder(results: dict[str, Result], tmp_path: Path, step: int) -> None:
    """The same outcomes from two processes as from one, byte for byte, and no file in the way of another."""
    (tmp_path / "in").mkdir()
    chosen = CASES[::step]
    for case in chosen:
        (tmp_path / "in" / case.name).write_bytes(case.data)
    said = process(tmp_path, "encode", "in", "-o", "out", "--json", "--jobs", "2", timeout=120)
    assert said.code == 1
    assert said.clean, said.err
    assert f"{len(chosen)} pictures: " in said.err
    assert _held(tmp_path / "in") == {case.name: case.data for case in chosen}
    rows = {Path(row["input"]).name: row for row in said.rows}
    assert sorted(rows) == sorted(case.name for case in chosen)
    written = {str(Path(row["output"]).relative_to("out")) for row in rows.values() if row["status"] == "written"}
    made = _held(tmp_path / "out")
    assert set(made) == written
    for case in chosen:
        result = results[case.name]
        if case.codec == "jpeg":
            assert _outcome(rows[case.name]) == result.outcome, case.name
            if result.row["output"]:
                alone = (result.folder / result.row["output"]).read_bytes()
                assert made[Path(result.row["output"]).name] == alone


DAMAGED = {case.name: case.data for case in CASES if case.group == "damaged scans"}


@pytest.mark.parametrize("name", DAMAGED)
def test_damaged_pictures_that_are_wanted(command: Callable[..., Said], tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(DAMAGED[name])
    with _within(tmp_path):
        said = command("encode", name, "-o", "out/", "--json", "--damaged", "keep")
    assert said.code == 0
    assert said.clean
    (row,) = said.rows
    assert row["status"] in {"written", "kept"}
    (note,) = (note for note in row["notes"] if "although" in note)
    assert note.startswith("taken as it was decoded, although ")
    assert f"jnd: {name}: {note}\n" in said.err


def test_every_verb_refuses_damage_or_takes_it(command: Callable[..., Said], tmp_path: Path) -> None:
    name = "a.jpg"
    (tmp_path / name).write_bytes(DAMAGED["4 KiB of zeros in a scan.jpg"])
    verbs = {
        "decode": ["-o", "b.png"],
        "predict": ["--no-encode"],
        "compare": [name],
        "map": ["-o", "c.npy", "--model", "chou1995"],
        "inject": ["-o", "d.png", "--model", "chou1995"],
        "label": ["-o", "e.csv", "--codec", "jpeg", "--knobs", "50", "--jobs", "1"],
    }
    with _within(tmp_path):
        for verb, rest in verbs.items():
            refused = command(verb, name, *rest)
            assert (refused.code, refused.clean) == (1, True), verb
            assert "a JPEG scan is damaged" in refused.err
            assert command(verb, name, *rest, "--damaged", "keep", "--help").code == 0
            taken = command(verb, name, *rest, "--damaged", "keep")
            assert (taken.code, taken.clean) == (0, True), taken.err
            assert "although a JPEG scan is damaged" in taken.err, verb
            assert command(verb, name, *rest, "--damaged", "perhaps").code == 2, verb


@pytest.mark.parametrize("verb", ["decode", "predict", "compare", "map"])
def test_other_verbs(results: dict[str, Result], command: Callable[..., Said], tmp_path: Path, verb: str) -> None:
    """A part of the files, with the same errors."""
    sound = tmp_path / "sound.png"
    sound.write_bytes(files.png())
    before = Path.cwd()
    chosen = [case for case in CASES if case.group != "odd" and "moving canvas" not in case.name]
    for number, case in enumerate(chosen[("decode", "predict", "compare", "map").index(verb) :: 24]):
        folder = results[case.name].folder
        rest: dict[str, list[str | Path]] = {
            "compare": [sound],
            "map": ["-o", tmp_path / f"{number}.npy"],
            "decode": ["-o", tmp_path / f"{number}.png"],
        }
        os.chdir(folder)
        try:
            said = command(verb, f"in/{case.name}", *rest.get(verb, []))
        finally:
            os.chdir(before)
        assert said.clean, said.err
        assert said.seconds < PATIENCE
        assert (folder / "in" / case.name).read_bytes() == case.data
        row = results[case.name].row
        if row["error"] and row["error"]["type"] in {"FormatError", "LimitError", "DamagedError", "InputError"}:
            assert said.code == 1
            assert f"jnd: {shown(row['error']['message'])}\n" in said.err
            assert said.out == ""
            assert not (tmp_path / f"{number}.npy").exists()
            assert not (tmp_path / f"{number}.png").exists()
        else:  # compare has its own to say of pictures of another size
            assert said.code in ({0, 2} if verb == "compare" else {0})


# --- names -----------------------------------------------------------------------------------------------------------


@posix
@pytest.mark.parametrize("jobs", ["1", "2"])
def test_what_is_no_file(tmp_path: Path, jobs: str) -> None:
    """Pipes, sockets, devices, folders, links to nowhere and in circles: refused at once, each by its name."""
    (tmp_path / "sound.png").write_bytes(files.png())
    (tmp_path / "folder.png").mkdir()
    os.mkfifo(tmp_path / "pipe.png")
    (tmp_path / "dangling.png").symlink_to("nowhere.png")
    (tmp_path / "circle.png").symlink_to("circle.png")
    (tmp_path / "round.png").symlink_to("about.png")
    (tmp_path / "about.png").symlink_to("round.png")
    (tmp_path / "to a pipe.png").symlink_to("pipe.png")
    reasons = {
        "pipe.png": "not a regular file",
        "socket.png": "not a regular file",
        "/dev/zero": "not a regular file",
        "/dev/null": "not a regular file",
        "dangling.png": "no such file",
        "circle.png": "cannot be read",
        "round.png": "cannot be read",
        "missing.png": "no such file",
        "sound.png/inside.png": "cannot be read",
        "n" * 300 + ".png": "cannot be read",
        "n/" * 2500 + "n.png": "cannot be read",
        "sound.png": "",
    }
    with socket.socket(socket.AF_UNIX) as listening, _within(tmp_path):
        listening.bind("socket.png")  # by a short name: addresses have at most some hundred bytes
        said = process(tmp_path, "encode", *reasons, "-o", "out/", "--json", "--jobs", jobs)
    assert said.code == 1
    assert said.clean, said.err
    found = {row["input"]: row["error"] for row in said.rows}
    assert list(found) == list(reasons)
    for name, reason in reasons.items():
        if reason:
            assert found[name]["message"].startswith(f"{name}: ")
            assert reason in found[name]["message"]
    assert os.listdir(tmp_path / "out") == ["sound.jpg"]


@contextmanager
def _within(folder: Path) -> Iterator[None]:
    before = Path.cwd()
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(before)


@posix
@pytest.mark.parametrize("verb", ["encode", "predict", "decode", "map", "compare"])
def test_a_pipe_never_waits(command: Callable[..., Said], tmp_path: Path, verb: str) -> None:
    rest = {"map": ["-o", "map.npy"], "compare": ["pipe.png"]}.get(verb, [])
    with _within(tmp_path):
        os.mkfifo("pipe.png")
        said = command(verb, "pipe.png", *rest)
    assert (said.code, said.out, said.err) == (1, "", "jnd: pipe.png: it is not a regular file\n")


@posix
def test_a_pipe_where_the_output_would_be(command: Callable[..., Said], tmp_path: Path) -> None:
    with _within(tmp_path):
        Path("a.png").write_bytes(files.png())
        os.mkfifo("a.jpg")
        said = command("encode", "a.png")
        assert said.code == 0
        assert "-> a.jnd.jpg" in said.out
        for force in ((), ("--force",)):
            said = command("encode", "a.png", "-o", "a.jpg", *force)
            assert said.code == 1
            assert said.clean
    assert sorted(os.listdir(tmp_path)) == ["a.jnd.jpg", "a.jpg", "a.png"]


@pytest.mark.parametrize("name", ["", ".", "/", "n" * 300, "n/" * 2500 + "n.png", "\udcff.png", "-"])
def test_impossible_names(
    command: Callable[..., Said], tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO()))  # `-` is a list on stdin
    with _within(tmp_path):
        for verb in ("encode", "predict", "decode"):
            said = command(verb, "--", name)
            assert said.clean, said.err
            assert (said.code in (1, 2), said.out) == (True, "")
            assert said.err.count("\n") == 1
        assert os.listdir() == []


@posix
def test_names_that_are_no_text_or_almost_too_long(command: Callable[..., Said], tmp_path: Path) -> None:
    names = ["\udcff\udcfe.png", "n" * 251 + ".png", "n" * 247 + ".jpg"]
    with _within(tmp_path):
        for name in names:
            try:
                Path(name).write_bytes(files.written(files.photograph(), "JPEG", quality=100))
            except OSError as error:
                pytest.skip(f"this disk has no such names: {error}")
        for codec in ("jpeg", "webp"):
            said = command("encode", *names, "--json", "--jobs", "1", "--codec", codec)
            assert said.clean, said.err
            assert [row["input"] for row in said.rows] == names
            for row in said.rows:
                assert row["status"] == "written" or row["error"]["type"] == "OutputError"
                assert row["output"] is None or jndkit.load(row["output"]).width == files.WIDTH
        assert not [name for name in os.listdir() if name.startswith(".")]


def test_a_sparse_file_of_10_gb(command: Callable[..., Said], tmp_path: Path) -> None:
    with _within(tmp_path):
        with open("huge.png", "wb") as file:
            file.write(files.SIGNATURE)
            try:
                file.truncate(10_000_000_000)
            except OSError:
                pytest.skip("this disk has no sparse files")
        said = command("encode", "huge.png")
        assert said.seconds < PATIENCE
        assert (said.code, said.out) == (1, "")
        assert said.err == "jnd: huge.png: 10000 MB are more than the limit of 200 MB\n"


@posix
def test_permissions(command: Callable[..., Said], tmp_path: Path) -> None:
    """A file that may not be read, and folders that may not be read or written."""
    with tempfile.TemporaryDirectory() as top, _within(Path(top)):
        os.chmod(top, 0o777)
        for name in ("secret.png", "open.png", "closed/a.png", "read only/a.png"):
            Path(name).parent.mkdir(exist_ok=True)
            Path(name).write_bytes(files.png())
        command("encode", "open.png", "-o", "out.jpg")  # all modules are loaded while we still may
        os.chmod("secret.png", 0)
        os.chmod("closed", 0)
        os.chmod("read only", 0o555)
        with _as_nobody():
            if os.access("secret.png", os.R_OK, effective_ids=True):
                pytest.skip("this user may read everything")
            for arguments, says in (
                (("secret.png", "-o", "a.jpg"), "secret.png: it cannot be read: Permission denied"),
                (("closed",), "closed: the folder cannot be read: Permission denied"),
                (("closed/a.png", "-o", "a.jpg"), "closed/a.png: it cannot be read: Permission denied"),
                (("read only/a.png",), "read only/a.jpg: it cannot be written: Permission denied"),
                (("open.png", "-o", "read only/sub/"), "read only/sub: the folder cannot be made: Permission denied"),
                (("open.png", "-o", "closed/a.jpg"), "closed/a.jpg: it cannot be written: Permission denied"),
            ):
                said = command("encode", *arguments)
                assert (said.code, said.out, said.err) == (1, "", f"jnd: {says}\n")
        os.chmod("closed", 0o755)
        os.chmod("secret.png", 0o644)
        assert sorted(_held(Path(top))) == ["closed/a.png", "open.png", "out.jpg", "read only/a.png", "secret.png"]


@contextmanager
def _as_nobody() -> Iterator[None]:
    """Root gives up its rights for a while."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


@pytest.mark.skipif(importlib.util.find_spec("imageio_ffmpeg") is None, reason="needs ffmpeg with VVC")
def test_streams_of_our_own(command: Callable[..., Said], tmp_path: Path) -> None:
    with _within(tmp_path):
        Path("a.png").write_bytes(files.png())
        if command("encode", "a.png", "-o", "a.jvvc").code == 3:
            pytest.skip("this ffmpeg has no VVC")
        data = Path("a.jvvc").read_bytes()
        assert command("decode", "a.jvvc", "-o", "sound.png").code == 0
        for number, broken in enumerate(
            (data[:-1], data[: len(data) // 2], data[:8], data[:40], data + b"\0", data[:300] + b"\0\xff" + data[302:])
        ):
            Path("b.jvvc").write_bytes(broken)
            said = command("decode", "b.jvvc", "-o", f"{number}.png")
            assert said.clean
            assert (said.code, said.out) == (1, "")
            assert said.err.startswith("jnd: b.jvvc: ")
        assert sorted(os.listdir()) == ["a.jvvc", "a.png", "b.jvvc", "sound.png"]


@pytest.mark.skipif(importlib.util.find_spec("imageio_ffmpeg") is None, reason="needs ffmpeg with x265")
def test_bpg_files_that_are_damaged(command: Callable[..., Said], tmp_path: Path) -> None:
    with _within(tmp_path):
        Path("a.png").write_bytes(files.png())
        assert command("encode", "a.png", "-o", "a.bpg").code == 0
        data = Path("a.bpg").read_bytes()
        huge = data[:6] + b"\x8f\xff\xff\xff\x7f" * 2 + data[8:]
        endless = data[:6] + b"\xff" * 500
        for number, broken in enumerate(
            (data[:-1], data[: len(data) // 2], data[:4], data[:9], huge, endless, data[:-40] + b"\0\xff" + data[-38:])
        ):
            Path("b.bpg").write_bytes(broken)
            said = command("decode", "b.bpg", "-o", f"{number}.png")
            assert said.clean
            assert (said.code, said.out) == (1, "")
            assert said.err.startswith("jnd: b.bpg: ")
        assert sorted(os.listdir()) == ["a.bpg", "a.png", "b.bpg"]


# --- outputs ---------------------------------------------------------------------------------------------------------


def test_the_input_survives_every_output(command: Callable[..., Said], tmp_path: Path) -> None:
    """Named again, by another name, by links, with --force: never written to."""
    data = files.written(files.photograph(), "JPEG", quality=100)
    with _within(tmp_path):
        Path("a.jpg").write_bytes(data)
        Path("sub").mkdir()
        Path("link.jpg").symlink_to("a.jpg")
        os.link("a.jpg", "hard.jpg")
        for output in ("a.jpg", "./a.jpg", "sub/../a.jpg", "link.jpg", str(tmp_path / "a.jpg")):
            for force in ((), ("--force",)):
                said = command("encode", "a.jpg", "-o", output, *force)
                assert said.code == 2
                assert "the output would be the input itself" in said.err
        said = command("encode", "a.jpg", "-o", "hard.jpg")
        assert said.code == 1
        assert command("encode", "a.jpg", "-o", "hard.jpg", "--force").code == 0  # the name is given to the new file
        assert Path("a.jpg").read_bytes() == data
        assert jndkit.load("hard.jpg").marked
        assert sorted(os.listdir()) == ["a.jpg", "hard.jpg", "link.jpg", "sub"]


def test_targets_in_the_way(command: Callable[..., Said], tmp_path: Path) -> None:
    with _within(tmp_path):
        for name in ("a.png", "b/a.png"):
            Path(name).parent.mkdir(exist_ok=True)
            Path(name).write_bytes(files.png())
        Path("taken.jpg").write_text("another's")
        Path("folder.jpg").mkdir()
        Path("full/a.jpg").mkdir(parents=True)
        for arguments, code, says in (
            (("a.png", "-o", "taken.jpg"), 1, "taken.jpg: the file exists"),
            (("a.png", "-o", "taken.jpg/a.jpg"), 1, "taken.jpg"),
            (("a.png", "-o", "full"), 1, "full/a.jpg: "),
            (("a.png", "-o", "full", "--force"), 1, "full/a.jpg: it is a folder"),
            (("a.png", "b/a.png", "-o", "out"), 2, "would both be written to out/a.jpg"),
            (("a.png", "b/a.png", "-o", "taken.jpg"), 2, "taken.jpg: several inputs need a folder"),
            (("a.png", "-o", ""), 2, "empty name"),
            (("a.png", "-o", "out.gif"), 2, "gif"),
        ):
            said = command("encode", *arguments)
            assert said.clean, said.err
            assert (said.code, said.out) == (code, "")
            assert says in said.err
        assert Path("taken.jpg").read_text() == "another's"
        assert sorted(_held(tmp_path)) == ["a.png", "b/a.png", "taken.jpg"]
        assert command("encode", "a.png", "-o", "folder.jpg").code == 0  # a folder is where it goes
        assert command("encode", "a.png", "-o", "not/yet/there.jpg").code == 0
        assert sorted(_held(tmp_path)) == ["a.png", "b/a.png", "folder.jpg/a.jpg", "not/yet/there.jpg", "taken.jpg"]


@posix
def test_a_disk_that_fills_up(tmp_path: Path) -> None:
    """The files' size is limited to less than the output's: the write fails in the middle."""
    (tmp_path / "a.png").write_bytes(files.png())
    (tmp_path / "old.jpg").write_bytes(b"old")
    limit = "import resource\nresource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))"
    for output, force in (("a.jpg", ()), ("old.jpg", ("--force",)), ("out/", ())):
        said = process(tmp_path, "encode", "a.png", "-o", output, *force, first=limit)
        assert said.code == 1
        name = "out/a.jpg" if output == "out/" else output
        assert said.err == f"jnd: {name}: it cannot be written: {os.strerror(errno.EFBIG)}\n"
    said = process(tmp_path, "decode", "a.png", "-o", "b.png", first=limit)
    assert said.err == f"jnd: b.png: it cannot be written: {os.strerror(errno.EFBIG)}\n"
    assert sorted(_held(tmp_path)) == ["a.png", "old.jpg"]
    assert (tmp_path / "old.jpg").read_bytes() == b"old"


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs the device that is always full")
@pytest.mark.parametrize(
    "arguments", [("--help",), ("models",), ("encode", "a.png", "-o", "-"), ("decode", "a.png", "-o", "-")]
)
def test_stdout_is_full(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    (tmp_path / "a.png").write_bytes(files.png())
    with open("/dev/full", "w") as full:
        said = process(tmp_path, *arguments, stdout=full)
    # Before it, the second observer may have had its word.
    assert (said.code, said.err.splitlines()[-1]) == (1, "jnd: stdout: it cannot be written: the disk is full")
    assert os.listdir(tmp_path) == ["a.png"]


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs the device that is always full")
def test_a_full_device_is_no_target(command: Callable[..., Said]) -> None:
    with tempfile.TemporaryDirectory() as folder, _within(Path(folder)):
        Path("a.png").write_bytes(files.png())
        for force in ((), ("--force",)):
            said = command("encode", "a.png", "-o", "/dev/full", *force)
            assert (said.code, said.out) == (1, "")
            assert said.err.startswith("jnd: /dev/full: ")
        assert os.listdir() == ["a.png"]


@posix
@pytest.mark.parametrize("closed", ["1", "2", "0, 1, 2"])
def test_closed_streams(tmp_path: Path, closed: str) -> None:
    """A file that is opened takes the place of a closed stream, and must not get what is said there."""
    (tmp_path / "a.tif").write_bytes(files.written(files.photograph(), "TIFF", compression="tiff_lzw"))
    first = f"import os\nfor number in ({closed},): os.close(number)"
    whole = f"{first}\nsys.stdout = None if 1 in ({closed},) else sys.stdout"
    whole += f"\nsys.stderr = None if 2 in ({closed},) else sys.stderr"
    said = process(tmp_path, "encode", "a.tif", first=whole)
    assert said.code == 0
    assert said.clean, said.err
    assert jndkit.load(tmp_path / "a.jpg").width == files.WIDTH
    assert sorted(os.listdir(tmp_path)) == ["a.jpg", "a.tif"]


# --- while it works --------------------------------------------------------------------------------------------------


def _many(folder: Path, count: int) -> dict[str, bytes]:
    """A folder of sound pictures, and what is in it."""
    (folder / "in").mkdir()
    data = files.written(files.photograph(240, 160), "PNG")
    for number in range(count):
        (folder / "in" / f"{number:02}.png").write_bytes(data)
    return _held(folder / "in")


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_inputs_vanish_and_change(
    command: Callable[..., Said], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, jobs: str
) -> None:
    """Between the listing and the reading, files are deleted, emptied, and replaced by folders and links."""
    _many(tmp_path, 6)
    original = conversion.plan

    def disturbed(*args: Any, **kwargs: Any) -> Any:
        made = original(*args, **kwargs)
        for number in (1, 2, 3):
            Path(f"in/0{number}.png").unlink()
        Path("in/02.png").mkdir()
        Path("in/03.png").symlink_to("03.png")
        Path("in/04.png").write_bytes(b"")
        return made

    monkeypatch.setattr(conversion, "plan", disturbed)
    with _within(tmp_path):
        said = command("encode", "in", "-o", "out", "--json", "--jobs", jobs)
    assert said.code == 1
    assert said.clean, said.err
    assert [row["input"] for row in said.rows] == [f"in/0{number}.png" for number in range(6)]
    outcomes = ["written", "InputError", "InputError", "InputError", "DamagedError", "written"]
    assert [_outcome(row) for row in said.rows] == outcomes
    assert sorted(os.listdir(tmp_path / "out")) == ["00.jpg", "05.jpg"]


@posix
@pytest.mark.parametrize("jobs", ["1", "2"])
def test_interrupted(tmp_path: Path, jobs: str) -> None:
    before = _many(tmp_path, 60)
    with _start(tmp_path, "encode", "in", "-o", "out", "--json", "--jobs", jobs) as run:
        assert run.stdout is not None
        run.stdout.readline()
        os.killpg(run.pid, signal.SIGINT)
        said = _finished(run, 3 * PATIENCE)
    assert said.code == 130
    assert said.err == "jnd: interrupted\n"
    assert _held(tmp_path / "in") == before
    made = os.listdir(tmp_path / "out")
    assert 1 <= len(made) < 60
    assert all(jndkit.load(tmp_path / "out" / name).width == 240 for name in made)


def test_two_runs_at_once(tmp_path: Path) -> None:
    """They get in each other's way, and yet every file is whole and written once."""
    before = _many(tmp_path, 8)
    runs = [_start(tmp_path, "encode", "in", "-o", "out", "--json", "--jobs", "1") for _ in range(2)]
    said = [_finished(run, 6 * PATIENCE) for run in runs]
    assert all(each.clean for each in said)
    outcomes = [_outcome(row) for each in said for row in each.rows]
    assert set(outcomes) <= {"written", "skipped", "OutputError"}
    assert outcomes.count("written") == 8
    assert _held(tmp_path / "in") == before
    assert sorted(os.listdir(tmp_path / "out")) == [f"{number:02}.jpg" for number in range(8)]
    assert all(jndkit.load(path).width == 240 for path in (tmp_path / "out").iterdir())


# --- in bulk ---------------------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_thousands_of_mutations(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Through load and from_bytes alone, where a second is enough for fifty."""
    sound = {case.name: case.data for case in CASES if case.expects == "picture" and len(case.data) < 200_000}
    random = np.random.default_rng(2026)
    names = sorted(name for name in sound if not name.endswith((".heic", ".jxl")))
    counts: Counter[str] = Counter()
    place = tmp_path / "mutated"
    for turn in range(3000):
        data = _mutated(sound[names[turn % len(names)]], random)
        started = time.monotonic()
        try:
            if turn % 2:
                place.write_bytes(data)
                jndkit.load(place)
            else:
                from_bytes(data, path="mutated")
            outcome, message = "picture", "mutated: "
        except jndkit.JndError as error:
            outcome, message = type(error).__name__, str(error)
        counts[outcome] += 1
        assert "mutated: " in message
        assert "\n" not in message
        assert time.monotonic() - started < PATIENCE, names[turn % len(names)]
    with capsys.disabled():
        print(f"\n\n3000 mutations of {len(names)} files: {dict(sorted(counts.items()))}")
    assert counts["picture"] > 300
    assert counts["DamagedError"] > 300


@pytest.mark.slow
def test_hundreds_of_mutated_profiles() -> None:
    """The picture is whole; whatever its profile says, there is a picture of its size."""
    random = np.random.default_rng(2027)
    profile = files.profile_of_srgb()
    for _ in range(600):
        started = time.monotonic()
        picture = from_bytes(files.png_with_profile(_mutated(profile, random)))
        assert picture.rgb.shape == (files.HEIGHT, files.WIDTH, 3)
        assert time.monotonic() - started < PATIENCE


def _mutated(data: bytes, random: np.random.Generator) -> bytes:
    """Bits flipped, bytes set to extremes, pieces cut out, doubled, zeroed, moved; PNG checksums mostly set right."""
    broken = bytearray(data)
    for _ in range(int(random.integers(1, 6))):
        reach = len(broken) if random.random() < 0.6 else min(len(broken), 400)
        at, length = int(random.integers(0, reach)), int(random.integers(1, 64))
        match int(random.integers(0, 6)):
            case 0 | 1:
                broken[at] ^= 1 << int(random.integers(0, 8))
            case 2:
                size = int(random.choice([1, 2, 4]))
                broken[at : at + size] = random.choice([b"\0", b"\xff", b"\x7f", b"\x80", b"\1"]) * size
            case 3 if len(broken) > 200:
                del broken[at : at + length]
            case 4:
                broken[at:at] = broken[at : at + length]
            case _:
                broken[at : at + length] = bytes(len(broken[at : at + length]))
    whole = bytes(broken)
    return files.summed(whole) if whole[:4] == files.SIGNATURE[:4] and random.random() < 0.8 else whole
