"""Tar shards: streamed in, written whole, and no name in them leads anywhere."""

from __future__ import annotations

import io
import tarfile
from pathlib import Path

import pytest
from hypothesis import given, settings, strategies as st

from jndkit.batch.places import Place, destination_at, source_at
from jndkit.batch.places.packed import Packed
from jndkit.batch.places.store import Store
from jndkit.errors import InputError, OutputError, UsageError
from tests.batch.places.stores import BUCKET, Faults

Members = list[tuple[str, bytes]]


def shard(path: Path, files: Members, *others: tarfile.TarInfo, kind: int = tarfile.PAX_FORMAT) -> Path:
    with tarfile.open(path, "w", format=kind) as tar:
        for name, data in files:
            member = tarfile.TarInfo(name)
            member.size = len(data)
            tar.addfile(member, io.BytesIO(data))
        for other in others:
            tar.addfile(other)
    return path


def contents(place: Place) -> dict[str, bytes]:
    return {entry.name: place.read(entry.name, entry.at) for entry in place.entries() if not entry.error}


def errors(place: Place) -> list[str]:
    return [entry.error for entry in place.entries() if entry.error]


@pytest.mark.parametrize("kind", [tarfile.PAX_FORMAT, tarfile.GNU_FORMAT])
def test_pictures_are_named_by_shard_and_name(tmp_path: Path, kind: int) -> None:
    long = "deep/" * 40 + "é.webp"
    shard(
        tmp_path / "00.tar", [("a.jpg", b"one"), ("a.json", b"{}"), ("./b/c.PNG", b"two"), (".d.png", b"")], kind=kind
    )
    shard(tmp_path / "01.tar", [("a.jpg", b"three"), (long, b"four")], kind=kind)
    wanted = {"00/a.jpg": b"one", "00/b/c.PNG": b"two", "01/a.jpg": b"three", f"01/{long}": b"four"}
    for pattern in ("*.tar", "{00..01}.tar"):
        place = source_at(str(tmp_path / pattern))
        assert contents(place) == wanted
    assert source_at(str(tmp_path / "00.tar")).address("00/a.jpg") == f"{tmp_path}/00.tar/00/a.jpg"


def linked(name: str, to: str, kind: bytes) -> tarfile.TarInfo:
    member = tarfile.TarInfo(name)
    member.type, member.linkname = kind, to
    return member


def test_hostile_names_are_refused_and_the_others_go_on(tmp_path: Path) -> None:
    files = [(name, b"x") for name in ("../up.png", "/etc/root.png", "a/../../b.png", "c:/d.png", "e\\f.png", "g.png")]
    others = [
        linked("link.png", "/etc/passwd", tarfile.SYMTYPE),
        linked("hard.png", "g.png", tarfile.LNKTYPE),
        linked("device.png", "", tarfile.CHRTYPE),
        linked("pipe.png", "", tarfile.FIFOTYPE),
    ]
    place = source_at(str(shard(tmp_path / "a.tar", files, *others)))
    assert contents(place) == {"a/g.png": b"x"}
    refused = errors(place)
    assert len(refused) == 9
    assert all(sentence.startswith(f"{tmp_path}/a.tar: ") for sentence in refused)
    assert sum("a link or a device" in sentence for sentence in refused) == 4


def test_the_second_of_two_files_of_one_name_is_refused(tmp_path: Path) -> None:
    files = [("a.png", b"one"), ("A.PNG", b"two"), ("e\u0301.png", b"three"), ("\u00e9.png", b"four")]
    place = source_at(str(shard(tmp_path / "s.tar", files)))
    assert list(contents(place).values()) == [b"one", b"three"]
    assert [sentence.partition(": ")[2] for sentence in errors(place)] == [
        "there are two files called A.PNG: the second is left out",
        "there are two files called é.png: the second is left out",
    ]


def test_names_that_are_no_text(tmp_path: Path) -> None:
    path = tmp_path / "s.tar"
    with tarfile.open(path, "w", format=tarfile.GNU_FORMAT, encoding="latin-1") as tar:
        tar.addfile(tarfile.TarInfo("\xe9.png"))
    (sentence,) = errors(source_at(str(path)))
    assert sentence == f"{path}: the name '\\udce9.png' is no text in UTF-8"


def test_a_shard_that_is_cut_off_gives_what_it_has_and_says_so(tmp_path: Path) -> None:
    path = shard(tmp_path / "s.tar", [(f"{number}.png", bytes(2000)) for number in range(4)])
    path.write_bytes(path.read_bytes()[:8000])
    place = source_at(str(path))
    names = [entry.name for entry in place.entries() if not entry.error]
    assert names[:3] == ["s/0.png", "s/1.png", "s/2.png"]
    assert errors(place) == [f"{path}: the shard is cut off"]


@pytest.mark.parametrize("data", [b"", b"no tar" * 300, b"\x1f\x8b\x08" + bytes(600)], ids=["empty", "other", "gzip"])
def test_what_is_no_shard(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "s.tar").write_bytes(data)
    shard(tmp_path / "t.tar", [("a.png", b"x")])
    place = source_at(str(tmp_path / "*.tar"))
    assert len(errors(place)) == 1
    assert contents(place) == {"t/a.png": b"x"}


def test_a_pattern_without_files(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="there is no such file"):
        list(source_at(str(tmp_path / "*.tar")).entries())
    assert len(errors(source_at(str(tmp_path / "{0..2}.tar")))) == 3
    with pytest.raises(InputError, match="counts from 3 to 1"):
        list(source_at(str(tmp_path / "{3..1}.tar")).entries())


def test_shards_of_a_store(s3: Faults, tmp_path: Path) -> None:
    store = Store(f"s3://{BUCKET}/shards", first_wait=0.01)
    for number in range(2):
        path = shard(tmp_path / f"{number:03}.tar", [(f"{number}.png", bytes([number]) * 5000), ("../x.png", b"")])
        store.write(path.name, path.read_bytes())
    for pattern in ("*.tar", "{000..001}.tar"):
        place = source_at(f"s3://{BUCKET}/shards/{pattern}")
        assert contents(place) == {"000/0.png": bytes(5000), "001/1.png": b"\1" * 5000}
        assert len(errors(place)) == 2


@pytest.mark.parametrize("kind", ["tar", "parquet"])
def test_results_are_packed_and_found_again(tmp_path: Path, kind: str) -> None:
    if kind == "parquet":
        pytest.importorskip("pyarrow")
    place = destination_at(str(tmp_path / "out"), kind)
    assert place.packed
    files = [("a/b.avif", b"one"), ("c.avif", b"two")]
    names = place.write_all(files)
    assert names == place.write_all(files)
    assert len(list((tmp_path / "out").iterdir())) == 1
    assert all(place.exists(name) for name in names)
    assert not place.exists("0123456789abcdef.tar/a/b.avif")
    assert [name.partition("/")[2] for name in names] == [name for name, _ in files]
    again = source_at(str(tmp_path / "out" / f"*.{kind}"), column="bytes" if kind == "parquet" else None)
    assert list(contents(again).values()) == [b"one", b"two"]
    with pytest.raises(OutputError, match="one picture of a shard"):
        place.remove(names[0])
    place.write(".jnd/rows", b"rows")
    assert place.read(".jnd/rows") == b"rows"
    assert place.write_all([]) == []


def test_webdataset_reads_what_is_written(tmp_path: Path) -> None:
    pytest.importorskip("webdataset")
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import webdataset

        place = destination_at(str(tmp_path), "tar")
        (name, *_) = place.write_all([("a/b.jpg", b"one"), ("c.jpg", b"two")])
        read = list(webdataset.WebDataset(str(tmp_path / name.partition("/")[0]), shardshuffle=False))
    assert [(sample["__key__"], sample["jpg"]) for sample in read] == [("a/b", b"one"), ("c", b"two")]


def test_other_kinds_of_shards(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="--pack zip: choose tar or parquet"):
        destination_at(str(tmp_path), "zip")


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(st.text("ab/é.", min_size=1, max_size=8), st.binary(max_size=50)), max_size=6))
def test_whatever_is_in_a_shard_is_read_or_refused(tmp_path_factory: pytest.TempPathFactory, files: Members) -> None:
    path = shard(tmp_path_factory.mktemp("any") / "s.tar", [(f"{name}.png", data) for name, data in files])
    place = source_at(str(path))
    listed = list(place.entries())
    named = [entry for entry in listed if not entry.error]
    assert len({entry.name for entry in named}) == len(named)
    for entry in named:
        assert entry.at is not None
        assert place.read(entry.name, entry.at) in [data for _, data in files]
    assert isinstance(destination_at(str(path.parent), "tar"), Packed)
