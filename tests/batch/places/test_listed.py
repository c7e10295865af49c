"""Lists of pictures."""

from __future__ import annotations

import io
import os
import pickle
import sys
from pathlib import Path

import pytest

from jndkit.batch.places import Place, source_at
from jndkit.errors import InputError, UsageError


def listing(tmp_path: Path, text: str | bytes) -> Place:
    path = tmp_path / "list.txt"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return source_at(str(path))


def test_relative_paths_are_below_the_working_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "ü.png").write_bytes(b"picture")
    place = listing(tmp_path, "\ufeff# some\n\n./a/ü.png\r\na//b.png\n../c.png\n/d.png\nhttps://host/e.png\n")
    found, second, above, absolute, address = place.entries()
    assert (found.name, second.name) == ("a/ü.png", "a/b.png")
    assert place.local(found.name) == tmp_path / "a" / "ü.png"
    assert place.read(found.name) == b"picture"
    assert above.error is not None
    assert "line 5" in above.error
    assert "leads out" in above.error
    for refused in (absolute, address):
        assert refused.error == f"{refused.name}: the first line of its list is a relative path"
    monkeypatch.chdir("/")  # as a worker's may be
    assert pickle.loads(pickle.dumps(place)).read(found.name) == b"picture"


def test_absolute_paths_keep_their_folders(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(b"picture")
    place = listing(tmp_path, f"{tmp_path}/a.png\nb.png\n")
    found, refused = place.entries()
    assert found.name == str(tmp_path / "a.png").lstrip("/")
    assert place.address(found.name) == str(tmp_path / "a.png")
    assert place.read(found.name) == b"picture"
    assert refused.error == "b.png: the first line of its list is an absolute path"


def test_addresses_are_named_by_server_and_path(tmp_path: Path) -> None:
    place = listing(tmp_path, "https://host/a/b.png?w=1#part\nhttps://host\nhttp://host/c.png\n")
    found, server, other = place.entries()
    assert found.name == "host/a/b.png?w=1"
    assert place.address(found.name) == "https://host/a/b.png?w=1"
    assert server.error == "https://host: it names a server and no picture"
    assert other.error == "http://host/c.png: the first line of its list begins with https://"


def test_objects_of_a_store(tmp_path: Path) -> None:
    pytest.importorskip("fsspec")
    import fsspec

    fsspec.filesystem("memory").pipe_file("/listed/a.png", b"picture")
    place = listing(tmp_path, "memory://listed/a.png\n")
    assert [place.read(entry.name) for entry in place.entries()] == [b"picture"]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (b"", "the list is empty"),
        (b"# nothing\n\n", "the list is empty"),
        (b"\xff\xfe\n", "line 1 is no text in UTF-8"),
        (b"x" * 9000, "line 1 is no name: it has more than 8192 characters"),
        (b"ftp://host/a.png\n", "no place is called ftp://"),
    ],
)
def test_lists_that_are_none(tmp_path: Path, text: bytes, reason: str) -> None:
    with pytest.raises(InputError, match=reason):
        listing(tmp_path, text)


def test_a_list_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"none\.txt: there is no such file"):
        source_at(str(tmp_path / "none.txt"))


def test_stdin_is_read_as_often_as_is_needed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"a.png\nb.png\n")))
    place = source_at("-")
    for _ in range(2):
        assert [entry.name for entry in place.entries()] == ["a.png", "b.png"]
    assert place.address("a.png") == os.path.join(tmp_path, "a.png")


def test_a_terminal_is_no_list(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True, raising=False)
    with pytest.raises(UsageError, match="that is the terminal"):
        source_at("-")
