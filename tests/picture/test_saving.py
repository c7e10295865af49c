"""Files appear whole or not at all, and never over others unasked."""

from __future__ import annotations

import errno
import os
import stat
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from jndkit.errors import OutputError, UsageError
from jndkit.picture import Picture, Pixels, from_bytes, load, png_bytes, renaming, replacing, save_png, write_atomic
from tests.picture.fixture_types import Encode

posix = pytest.mark.skipif(os.name != "posix", reason="needs POSIX")


def _names(folder: Path) -> list[str]:
    return sorted(p.name for p in folder.iterdir())


def test_write_and_replace(tmp_path: Path) -> None:
    path = tmp_path / "a.bin"
    write_atomic(path, b"one")
    with pytest.raises(OutputError, match="use --force"):
        write_atomic(path, b"two")
    assert path.read_bytes() == b"one"
    write_atomic(path, b"two", force=True)
    assert path.read_bytes() == b"two"
    assert _names(tmp_path) == ["a.bin"]


@posix
@pytest.mark.parametrize("umask", [0o022, 0o077])
def test_permissions_are_those_of_a_normal_file(tmp_path: Path, umask: int) -> None:
    before = os.umask(umask)
    try:
        write_atomic(tmp_path / "a", b"x")
        write_atomic(tmp_path / "b", b"x", force=True)
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "a").stat().st_mode) == 0o666 & ~umask
    assert stat.S_IMODE((tmp_path / "b").stat().st_mode) == 0o666 & ~umask


@posix
def test_force_keeps_permissions_and_follows_links(tmp_path: Path) -> None:
    (tmp_path / "real").write_bytes(b"x")
    (tmp_path / "real").chmod(0o600)
    (tmp_path / "link").symlink_to("real")
    write_atomic(tmp_path / "link", b"new", force=True)
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "real").read_bytes() == b"new"
    assert stat.S_IMODE((tmp_path / "real").stat().st_mode) == 0o600
    (tmp_path / "dangling").symlink_to("nowhere")
    with pytest.raises(OutputError, match="exists"):
        write_atomic(tmp_path / "dangling", b"x")


def test_places_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    for force in (False, True):
        with pytest.raises(OutputError, match="folder"):
            write_atomic(tmp_path / "folder", b"x", force=force)
        with pytest.raises(OutputError, match="does not exist"):
            write_atomic(tmp_path / "none" / "a", b"x", force=force)
        with pytest.raises(OutputError, match="cannot be written"):
            write_atomic(tmp_path / ("x" * 300), b"x", force=force)
    with pytest.raises(OutputError, match="cannot be written"):
        write_atomic("nul\0byte", b"x")
    assert _names(tmp_path) == ["folder"]


@posix
def test_a_device_is_never_replaced(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(OutputError, match="not a regular file"):
        write_atomic(tmp_path / "pipe", b"x", force=True)
    assert stat.S_ISFIFO((tmp_path / "pipe").stat().st_mode)
    with pytest.raises(OutputError, match="not a regular file"):
        write_atomic("/dev/full", b"x", force=True)
    assert stat.S_ISCHR(os.stat("/dev/full").st_mode)


@posix
@pytest.mark.parametrize("force", [False, True])
def test_full_disk_leaves_nothing_and_keeps_the_old(tmp_path: Path, force: bool) -> None:
    """The kernel refuses the write half way, as on a full disk."""
    path = tmp_path / "a.bin"
    if force:
        path.write_bytes(b"old")
    code = (
        "import resource, sys\n"
        "from jndkit.errors import OutputError\n"
        "from jndkit.picture import write_atomic\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))\n"
        f"try:\n    write_atomic({str(path)!r}, bytes(100_000), force={force})\n"
        "except OutputError as error:\n    print(error)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "cannot be written" in done.stdout
    assert _names(tmp_path) == (["a.bin"] if force else [])
    assert not force or path.read_bytes() == b"old"


def test_who_writes_by_name_replaces_a_file_whole_or_not_at_all(tmp_path: Path) -> None:
    path = tmp_path / "a.bin"
    with replacing(path) as temporary:
        Path(temporary).write_bytes(b"old")
        assert not path.exists()
    path.chmod(0o640)
    with pytest.raises(ZeroDivisionError), replacing(path, force=True) as temporary:
        print(Path(temporary).write_bytes(b"half") // 0)
    assert (_names(tmp_path), path.read_bytes()) == (["a.bin"], b"old")
    with replacing(path, force=True) as temporary:
        Path(temporary).write_bytes(b"new")
        assert os.name == "nt" or stat.S_IMODE(os.stat(temporary).st_mode) == 0o600
    assert (_names(tmp_path), path.read_bytes()) == (["a.bin"], b"new")
    assert os.name == "nt" or stat.S_IMODE(path.stat().st_mode) == 0o640


def test_what_fails_while_it_is_written_names_the_file(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match=r"b\.bin: it cannot be written: No space"), replacing(tmp_path / "b.bin"):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    assert _names(tmp_path) == []


@pytest.mark.parametrize("force", [False, True])
def test_interrupt_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, force: bool) -> None:
    def interrupted(_: int) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", interrupted)
    with pytest.raises(KeyboardInterrupt):
        write_atomic(tmp_path / "a", b"x" * 1000, force=force)
    assert _names(tmp_path) == []


def without_links(monkeypatch: pytest.MonkeyPatch, *, rename: bool) -> None:
    """As on a memory card. rename: with the system's rename that never replaces, where it has one."""

    def unsupported(*_: object) -> None:
        raise PermissionError(1, "no hard links here")

    monkeypatch.setattr(os, "link", unsupported)
    if not rename:
        monkeypatch.setattr(renaming, "_renamed_by_linux", lambda *_: False)


@pytest.mark.parametrize("means", ["link", "rename", "reservation"])
def test_two_writers_one_winner(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, means: str) -> None:
    if means != "link":
        without_links(monkeypatch, rename=means == "rename")
    path = tmp_path / "a"
    gate = threading.Barrier(8)
    outcomes: list[int | None] = []

    def write(number: int) -> None:
        gate.wait()
        try:
            write_atomic(path, bytes([number]) * 50_000)
            outcomes.append(number)
        except OutputError:
            outcomes.append(None)

    threads = [threading.Thread(target=write, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    winners = [n for n in outcomes if n is not None]
    assert len(winners) == 1
    assert path.read_bytes() == bytes([winners[0]]) * 50_000
    assert _names(tmp_path) == ["a"]


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has the rename")
def test_without_links_no_empty_file_takes_the_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A run that is killed would leave it, and the next one would take it for a result."""
    (tmp_path / "x").touch()
    if not renaming._renamed_by_linux(str(tmp_path / "x"), str(tmp_path / "y")):
        pytest.skip("nor has every file system")
    without_links(monkeypatch, rename=True)
    monkeypatch.delattr(renaming, "_reserve_and_rename")
    write_atomic(tmp_path / "a", b"whole")
    with pytest.raises(OutputError, match="exists"):
        write_atomic(tmp_path / "a", b"other")
    with pytest.raises(FileExistsError):
        renaming.rename_to_new(str(tmp_path / "y"), str(tmp_path / "a"))
    assert (tmp_path / "a").read_bytes() == b"whole"
    assert _names(tmp_path) == ["a", "y"]


def test_reservation_is_taken_back_when_the_rename_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: object) -> None:
        raise OSError(5, "Input/output error")

    without_links(monkeypatch, rename=False)
    monkeypatch.setattr(os, "replace", fails)
    with pytest.raises(OutputError, match="Input/output"):
        write_atomic(tmp_path / "a", b"x")
    assert _names(tmp_path) == []


@pytest.mark.parametrize("planes", [None, 2, 3, 4])
def test_arrays_come_back(tmp_path: Path, planes: int | None) -> None:
    shape = (9, 7) if planes is None else (9, 7, planes)
    array = np.random.default_rng(1).integers(0, 256, shape, dtype=np.uint8)
    path = tmp_path / "a.png"
    save_png(array, path)
    picture = load(path)
    colours = array if planes is None else array[..., 0] if planes == 2 else array[..., :3]
    assert np.array_equal(picture.rgb[..., 0] if picture.grey else picture.rgb, colours)
    if planes in (2, 4):
        assert picture.alpha is not None
        assert np.array_equal(picture.alpha, array[..., -1])
    assert not picture.marked
    with pytest.raises(OutputError):
        save_png(array, path)


@pytest.mark.parametrize(
    "array",
    [np.zeros((4, 4), np.float32), np.zeros((4, 4, 5), np.uint8), np.zeros(4, np.uint8), np.zeros((0, 4), np.uint8)],
)
def test_arrays_that_are_no_picture(tmp_path: Path, array: npt.NDArray[Any]) -> None:
    with pytest.raises(UsageError):
        save_png(array, tmp_path / "a.png")
    assert _names(tmp_path) == []


def test_grey_pictures_hold_one_channel(photo: Pixels, encode: Encode) -> None:
    picture = from_bytes(encode(photo[..., 0], "PNG"))
    data = png_bytes(picture)
    assert data[25] == 0
    assert np.array_equal(from_bytes(data).rgb, picture.rgb)
    with_alpha = Picture(picture.rgb, alpha=photo[..., 1].copy(), grey=True)
    data = png_bytes(with_alpha)
    assert data[25] == 4
    alpha = from_bytes(data).alpha
    assert alpha is not None
    assert np.array_equal(alpha, photo[..., 1])


def test_mark_can_be_chosen(photo: Pixels) -> None:
    assert from_bytes(png_bytes(Picture(photo))).marked
    assert not from_bytes(png_bytes(Picture(photo), mark=False)).marked
    assert from_bytes(png_bytes(photo, mark=True)).marked


def test_what_killed_runs_left_is_removed(tmp_path: Path) -> None:
    names = [f".jndkit-{index:016x}.tmp" for index in range(3)] + [".jndkit-note.tmp", "jndkit-0000000000000000.tmp"]
    for name in names:
        (tmp_path / name).write_bytes(b"half a file")
    (tmp_path / f".jndkit-{9:016x}.tmp").mkdir()
    old = time.time() - 2 * 3600
    for name in (*names[1:], f".jndkit-{9:016x}.tmp"):
        os.utime(tmp_path / name, (old, old))
    write_atomic(tmp_path / "a.txt", b"whole")
    left = sorted(path.name for path in tmp_path.iterdir())
    assert left == sorted(["a.txt", names[0], *names[3:], f".jndkit-{9:016x}.tmp"])
