"""An object store as a place: listing, reading and writing through all that goes wrong on the way."""

from __future__ import annotations

import os
import pickle
from pathlib import Path

import pytest

from jndkit.batch.places import Entry, destination_at, source_at
from jndkit.batch.places.patience import TRIES
from jndkit.batch.places.store import Store
from jndkit.errors import InputError, LimitError, MissingError, OutputError, UsageError
from tests.batch.places.stores import BUCKET, Faults

URL = f"s3://{BUCKET}/photos"
FAULTS = ("500", "503", "slow", "cut", "short")


def place(url: str = URL) -> Store:
    return Store(url, first_wait=0.01)


def test_what_is_written_is_there_and_is_listed(s3: Faults) -> None:
    store = place()
    for name in ("b.png", "a/ü ?#%20.jpg", "a/c.PNG", "notes.txt", ".jnd/d.png"):
        store.write(name, name.encode())
    assert [entry.name for entry in store.entries()] == ["a/c.PNG", "a/ü ?#%20.jpg", "b.png"]
    assert [entry.name for entry in Store(URL, recursive=False).entries()] == ["b.png"]
    assert list(store.names(".jnd")) == [".jnd/d.png"]
    assert list(store.names("nowhere")) == []
    assert store.read("a/ü ?#%20.jpg") == "a/ü ?#%20.jpg".encode()
    assert store.address("b.png") == f"{URL}/b.png"
    assert store.exists("b.png")
    store.remove("b.png")
    store.remove("b.png")
    assert not store.exists("b.png")
    assert not store.exists("a")
    assert pickle.loads(pickle.dumps(store)) == store


def test_more_names_than_one_answer_holds(s3: Faults, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("jndkit.batch.places.store._PAGE", 7)
    store = place()
    names = [f"{number // 10}/{number:03}.png" for number in range(30)]
    for name in names:
        store.write(name, b"x")
    assert [entry.name for entry in store.entries()] == names


def test_an_entry_changes_with_what_is_there(s3: Faults) -> None:
    store = place()
    store.write("a.png", b"one")
    (before,) = store.entries()
    store.write("a.png", b"two")
    (after,) = store.entries()
    assert before.size == after.size == 3
    assert before.version != after.version


@pytest.mark.parametrize("fault", [*FAULTS, "lost"])
def test_a_write_arrives_whatever_goes_wrong(s3: Faults, fault: str) -> None:
    store = place()
    store.write("a.png", b"0" * 1000)
    s3.plan = [fault] * 3
    store.write("a.png", b"1" * 1000)
    s3.plan = []
    assert store.read("a.png") == b"1" * 1000
    assert s3.seen or fault in ("cut", "short")


@pytest.mark.parametrize("fault", FAULTS)
def test_a_read_is_whole_whatever_goes_wrong(s3: Faults, fault: str) -> None:
    store = place()
    store.write("a.png", bytes(range(256)) * 10)
    s3.plan = ["", fault, fault]  # the size, and then the bytes
    assert store.read("a.png") == bytes(range(256)) * 10
    assert s3.seen
    s3.plan = [fault]
    assert store.part("a.png", 256, 10) == bytes(range(10))


@pytest.mark.parametrize("fault", ["500", "503", "slow"])
def test_a_listing_is_whole_whatever_goes_wrong(s3: Faults, fault: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("jndkit.batch.places.store._PAGE", 3)
    store = place()
    names = [f"{number}.png" for number in range(8)]
    for name in names:
        store.write(name, b"x")
    s3.plan = ["", fault, fault]
    assert [entry.name for entry in store.entries()] == names
    assert s3.seen


def test_a_store_that_never_answers_is_given_up(s3: Faults) -> None:
    store = place()
    s3.plan = ["500"] * 50
    with pytest.raises(OutputError, match=r"photos/a\.png: the store failed again and again: .*try again"):
        store.write("a.png", b"x")
    assert s3.seen.count("500") == TRIES
    s3.plan = ["lost"] * 50
    with pytest.raises(OutputError, match="the store took it, and does not have it"):
        store.write("a.png", b"x")


def test_what_is_not_there_is_said_once(s3: Faults) -> None:
    with pytest.raises(InputError, match=r"s3://pictures/photos/a\.png: there is no such file"):
        place().read("a.png")
    for store in (place("s3://nowhere"), place("s3://nowhere/at/all")):
        with pytest.raises(InputError, match="there is no such bucket"):
            list(store.entries())
    with pytest.raises(OutputError, match=r"s3://nowhere/a\.png: there is no such bucket"):
        place("s3://nowhere").write("a.png", b"x")


def test_without_credentials_the_cure_is_said(s3: Faults, monkeypatch: pytest.MonkeyPatch) -> None:
    import s3fs

    from jndkit.batch.places import store

    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    nowhere = os.devnull
    for name in ("AWS_SHARED_CREDENTIALS_FILE", "AWS_CONFIG_FILE"):
        monkeypatch.setenv(name, nowhere)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    s3fs.S3FileSystem.clear_instance_cache()
    store._file_system.cache_clear()
    with pytest.raises(InputError, match=r"s3://pictures/photos: there are no credentials for it: aws configure"):
        list(place().entries())


def test_too_large_is_said_before_it_is_read(s3: Faults, monkeypatch: pytest.MonkeyPatch) -> None:
    store = place()
    store.write("a.png", b"x" * 100)
    monkeypatch.setattr("jndkit.limits.MAX_BYTES", 99)
    with pytest.raises(LimitError, match=r"a\.png: "):
        store.read("a.png")


def test_names_that_no_file_can_have_are_entries_with_an_error(s3: Faults) -> None:
    store = place()
    for name in ("a//b.png", "a\\b.png"):
        store._fs.pipe_file(store._path(name), b"x")
    entries = list(store.entries())
    assert len(entries) == 2
    assert all(entry.error and entry.error.startswith(URL) for entry in entries)


def test_other_stores_are_walked_folder_by_folder() -> None:
    pytest.importorskip("fsspec")
    store = Store("memory://there/photos")
    for name in ("b.png", "a/c.jpg", "a/b/d.png", "notes.txt"):
        store.write(name, name.encode())
    assert [entry.name for entry in store.entries()] == ["b.png", "a/c.jpg", "a/b/d.png"]
    assert list(store.names("a")) == ["a/c.jpg", "a/b/d.png"]
    with pytest.raises(InputError, match="there is no such bucket or folder"):
        list(Store("memory://elsewhere").entries())
    # As a destination a folder need not be there yet.
    assert list(Store("memory://there/new").names("")) == []
    for name in list(store.names("")):
        store.remove(name)


def test_a_file_larger_than_memory_goes_from_disk_to_the_store(tmp_path: Path) -> None:
    pytest.importorskip("fsspec")
    (tmp_path / "lines").write_bytes(b"a\nb\n")
    store = Store("memory://put")
    for name in ("one", "one", "sub/two"):
        store.put(name, tmp_path / "lines")
        assert store.read(name) == b"a\nb\n"
    for name in list(store.names("")):
        store.remove(name)


@pytest.mark.parametrize(("address", "package"), [("gs://bucket", "gcsfs"), ("az://bucket", "adlfs")])
@pytest.mark.parametrize("lacks", ["the package alone", "fsspec too"])
def test_a_missing_package_is_named(monkeypatch: pytest.MonkeyPatch, address: str, package: str, lacks: str) -> None:
    import sys

    from jndkit.batch.places import store

    store._file_system.cache_clear()
    monkeypatch.setitem(sys.modules, package, None)
    if lacks == "fsspec too":
        monkeypatch.setitem(sys.modules, "fsspec", None)
    else:
        pytest.importorskip("fsspec")
    with pytest.raises(MissingError, match=rf"{package}, .* pip install 'jndkit\[corpus\]' {package}"):
        list(Store(address).entries())
    with pytest.raises(MissingError, match=package):
        Store(address).write("a", b"b")


def test_schemes_that_are_none() -> None:
    for address in ("ftp://host/a", "s4://bucket"):
        with pytest.raises(UsageError, match="choose s3, gs, az, https or a folder"):
            source_at(address)
    with pytest.raises(UsageError, match="it names no bucket"):
        destination_at("s3://")
    with pytest.raises(UsageError, match="results go to a folder or a store"):
        destination_at("https://host/a")
    assert Entry("a.png").error is None
