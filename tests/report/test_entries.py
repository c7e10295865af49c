"""Rows are believed in nothing: whatever a file holds becomes an entry, or an error that names the file."""

from __future__ import annotations

import json
import math
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from jndkit.errors import InputError
from jndkit.evidence import Row
from jndkit.report.entries import LONGEST, entry, read_entries
from tests.report.made_rows import failed, row, write

HOME = Path()
FIELDS = sorted(asdict(Row(input="")))
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=6,
)


def test_a_row_of_ours_is_understood() -> None:
    made = entry(row(notes=["a note"]), HOME)
    assert (made.input, made.output, made.status) == ("a.png", "a.png.jpg", "written")
    assert (made.codec, made.knob, made.value) == ("jpeg:420", "quality", 86.0)
    assert (made.bytes, made.input_bytes, made.jnd, made.viewers) == (20_000, 100_000, 0.45, 76.0)
    assert made.interval == (56.0, 98.0)
    assert made.where == (0, 0, 96, 80)
    assert made.target is not None
    assert made.target.viewers == 75.0
    assert made.probes[80.0].jnd == 0.6
    assert made.versions == ("jndkit 0.1.0", "pillow 13.0.0")
    assert made.notes == ("a note",)
    assert made.also == ()


def test_probes_of_another_codec_are_none_of_its_own() -> None:
    probes = [{"codec": "jpeg:444", "value": 90, "bytes": 9, "jnd": 0.1}]
    assert entry(row(probes=probes), HOME).probes == {}


def test_what_a_second_observer_says_is_counted_and_shown() -> None:
    second = {"observer": "ssimulacra2 2.1", "jnd": 0.7, "agrees": False}
    made = entry(row() | {"second": second}, HOME)
    assert made.objects is True
    assert made.also == (("second", "observer ssimulacra2 2.1, jnd 0.7, agrees no"),)
    assert entry(row(), HOME).objects is None


def test_what_the_result_is_compared_with() -> None:
    assert entry(row() | {"input_sha256": "a"}, HOME).original == ("a.png", "a")
    against = {"name": "raw.png", "sha256": "b", "jnd": 0.1}
    assert entry(row() | {"against": against}, HOME).original == ("raw.png", "b")


def test_an_empty_row_is_an_entry() -> None:
    made = entry(asdict(Row(input="a.png")), HOME)
    assert made.also == ()
    assert made.jnd is None


def test_what_this_version_does_not_know_is_kept_in_words() -> None:
    second = {"observer": "ssimulacra2", "jnd": 0.5, "agrees": True}
    made = entry(row() | {"a_later_field": second, "empty": None}, HOME)
    assert made.also == (("a_later_field", "observer ssimulacra2, jnd 0.5, agrees yes"),)


def test_long_texts_are_cut() -> None:
    made = entry(row("x" * 10_000, notes=["y" * 10_000] * 100), HOME)
    assert len(made.input) == LONGEST
    assert len(made.notes) == 20


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.dictionaries(st.sampled_from(FIELDS), JSON, max_size=8))
def test_any_values_become_an_entry_of_finite_numbers(values: dict[str, Any]) -> None:
    made = entry(values | {"input": "a", "status": "b"}, HOME)
    numbers = [made.value, made.bytes, made.jnd, made.viewers, made.ppd, *(made.interval or ()), *(made.where or ())]
    assert all(number is None or math.isfinite(number) for number in numbers)
    json.dumps([*made.notes, *made.also, made.error], allow_nan=False)


def test_rows_of_several_files_one_of_them_half_written(tmp_path: Path) -> None:
    first = write(tmp_path / "a.jsonl", [row("a.png"), failed("b.png", "b.png: no picture")])
    second = write(tmp_path / "b.jsonl", [row("c.png"), row("d.png")], end='\n{"input": "e.png", "sta')
    found = list(read_entries([first, second]))
    assert [made.input for made in found] == ["a.png", "b.png", "c.png", "d.png"]
    assert found[0].home == tmp_path


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("no json\n{}\n", "line 1 is no row"),
        ('{"a": 1}\n', "no input and status"),
        ('{"input": 1, "status": "written"}\n', "no input and status"),
        ("[" * 100_000 + "\n", "line 1 is no row"),
    ],
)
def test_other_files_are_refused_by_name(tmp_path: Path, text: str, says: str) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_text(text)
    with pytest.raises(InputError, match=says) as raised:
        list(read_entries([path]))
    assert str(path) in str(raised.value)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="there is no such file"):
        list(read_entries([tmp_path / "no.jsonl"]))
    with pytest.raises(InputError, match="it cannot be read"):
        list(read_entries([tmp_path]))
