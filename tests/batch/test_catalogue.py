"""What a source holds, on disk: names of outputs, what is known, and nothing in memory that grows."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import closing

import pytest
from hypothesis import given, strategies as st

from jndkit.batch.catalogue import Catalogue, Known
from jndkit.batch.places import Entry


def known(key: str = "k", output: str | None = "a.jpg", since: float = 1.0) -> Known:
    return Known(key, 5, "1", output, "hash", True, "written", 3, 5, None, since)


def targets(*names: str) -> dict[str, str]:
    with closing(Catalogue()) as catalogue:
        catalogue.list(Entry(name) for name in names)
        return {planned.entry.name: planned.target for planned in catalogue.planned()}


def test_outputs_have_the_stem_unless_others_would() -> None:
    assert targets("a.png", "b/a.png", "c.tar.png", "d") == {
        "a.png": "a",
        "b/a.png": "b/a",
        "c.tar.png": "c.tar",
        "d": "d",
    }
    assert targets("a.png", "a.jpg", "b.png") == {"a.png": "a.png", "a.jpg": "a.jpg", "b.png": "b"}
    # The whole name of a.jpg is what a.jpg.png would be called.
    assert set(targets("a.png", "a.jpg", "a.jpg.png").values()) == {"a.png", "a.jpg", "a.jpg.png"}


@given(st.lists(st.from_regex(r"[ab](\.[ab]){0,3}", fullmatch=True), unique=True))
def test_no_two_outputs_have_one_name(names: list[str]) -> None:
    found = targets(*names)
    assert set(found) == set(names)
    assert len(set(found.values())) == len(names)


def test_a_name_that_comes_again_is_the_same_file_or_an_error() -> None:
    with closing(Catalogue()) as catalogue:
        entries = [Entry("a", 5, "1"), Entry("a", 5, "1"), Entry("a", 5, "2"), Entry("a", 6, "1")]
        assert catalogue.list(entries) == 3
        first, *others = (planned.entry for planned in catalogue.planned())
    assert first == Entry("a", 5, "1")
    assert [other.name for other in others] == ["a (2)", "a (3)"]
    assert all("a: the source has this name more than once" in str(other.error) for other in others)


def test_of_two_rows_of_a_picture_the_later_counts_in_whatever_order_they_come() -> None:
    for order in (1, -1):
        with closing(Catalogue()) as catalogue:
            catalogue.list([Entry("a.png", 5, "1")])
            rows = [("a.png", known("old"), 1.0), ("a.png", known("new", since=2.0), 2.0)]
            catalogue.know(rows[::order])
            catalogue.find(["a.jpg"])
            (planned,) = catalogue.planned()
            assert planned.known is not None
            assert planned.known.key == "new"
            assert planned.whole
            assert not catalogue.seen("a.png", 1.0)
            assert catalogue.seen("a.png", 2.0)
            assert not catalogue.seen("a.png", 2.0)
            assert not catalogue.seen("elsewhere", 2.0)


def test_a_row_stands_where_its_file_is_there() -> None:
    with closing(Catalogue()) as catalogue:
        catalogue.list([Entry("a.png"), Entry("b.png"), Entry("c.png")])
        catalogue.know([("a.png", known(), 1.0), ("b.png", known(output=None), 1.0)])
        assert [(planned.known is not None, planned.whole) for planned in catalogue.planned()] == [
            (True, False),
            (True, True),
            (False, True),
        ]


def test_a_row_stands_where_all_files_of_its_set_are_there() -> None:
    beside = (("a-1.avif", "hash"), ("a-2.avif", "hash"))
    with closing(Catalogue()) as catalogue:
        catalogue.list([Entry("a.png"), Entry("b.png")])
        # What an earlier row of it had is no longer asked for.
        catalogue.know([("a.png", known()._replace(beside=(("gone.avif", "hash"),)), 1.0)])
        catalogue.know([("a.png", known(since=2.0)._replace(beside=beside), 2.0), ("b.png", known(output=None), 1.0)])
        catalogue.find(["a.jpg", "a-1.avif"])
        assert [planned.whole for planned in catalogue.planned()] == [False, True]
        catalogue.find(["a-2.avif"])
        first, second = catalogue.planned()
        assert first.whole
        assert first.known is not None
        assert first.known.beside == beside
        assert second.known is not None
        assert second.known.beside == ()


def test_texts_come_back_in_the_order_of_the_source() -> None:
    with closing(Catalogue()) as catalogue:
        catalogue.list([Entry("b"), Entry("a"), Entry("c")])
        for _ in range(2):
            catalogue.keep([("c", "third"), ("b", "first"), ("elsewhere", "none")])
            assert list(catalogue.kept()) == ["first", "third"]


def test_of_a_packed_destination_the_shard_is_what_is_there() -> None:
    with closing(Catalogue(packed=True)) as catalogue:
        catalogue.list([Entry("a.png"), Entry("b.png")])
        catalogue.know([("a.png", known(output="one.tar/a.jpg"), 1.0), ("b.png", known(output="two.tar/b.jpg"), 1.0)])
        catalogue.find(["one.tar"])
        assert [planned.whole for planned in catalogue.planned()] == [True, False]


def test_names_need_not_be_text() -> None:
    names = ["\udcff.png", "图/ç.png", "a'b\";--.png"]
    assert targets(*names) == {name: name.removesuffix(".png") for name in names}


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
def test_memory_does_not_grow_with_the_entries() -> None:
    def entries(count: int) -> Iterator[Entry]:
        return (Entry(f"{number % 100}/{number:07}.png", number, str(number)) for number in range(count))

    def resident() -> int:
        with open("/proc/self/statm") as file:
            return int(file.read().split()[1]) * 4096

    with closing(Catalogue()) as catalogue:
        catalogue.list(entries(1_000))
    before = resident()
    with closing(Catalogue()) as catalogue:
        assert catalogue.list(entries(60_000)) == 60_000
        assert sum(1 for _ in catalogue.planned()) == 60_000
        assert resident() - before < 80_000_000
