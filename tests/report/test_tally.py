"""One pass counts everything, rows of different requests apart, in memory that has an end."""

from __future__ import annotations

import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import pytest

from jndkit.report import tally as counting
from jndkit.report.entries import Entry, entry
from jndkit.report.tally import JND_STEPS, SAMPLE, WORST, Asked, tallied
from tests.report.made_rows import failed, row

HOME = Path()


def entries(*rows: dict[str, object]) -> list[Entry]:
    return [entry(item, HOME) for item in rows]


def test_bytes_are_of_what_was_done() -> None:
    done = row("a.png"), row("b.png", status="skipped"), row("c.png", status="kept", notes=["the smallest"])
    others = row("d.png", status="predicted"), failed("e.png", "e.png: no"), row("f.png", status="compared")
    tally = tallied(entries(*done, *others))
    assert tally.before == 300_000
    assert tally.after == 20_000 + 20_000 + 100_000  # what was kept counts as it is
    assert tally.statuses == {"written": 1, "skipped": 1, "kept": 1, "predicted": 1, "failed": 1, "compared": 1}


def test_requests_are_counted_apart() -> None:
    tally = tallied(entries(row(), row(jnd=0.5), row(viewing="4k"), row(observer="ssimulacra2 1", jnd=9.0)))
    desktop = tally.groups[Asked("cvvdp 0.5.7", "aic", "desktop", 75.0)]
    assert (desktop.count, desktop.read, desktop.beyond) == (2, 2, 1)
    assert desktop.levels[9] == 1
    assert desktop.levels[10] == 1
    other = tally.groups[Asked("ssimulacra2 1", "aic", "desktop", 75.0)]
    assert other.levels[JND_STEPS] == 1  # whatever reads more than the last step
    assert len(tally.groups) == 3


def test_settings_and_bytes_by_codec() -> None:
    tally = tallied(entries(row(), row(knob={"name": "quality", "value": 90}), row(codec="webp:420", bytes=10_000)))
    (group,) = tally.groups.values()
    assert group.codecs["jpeg:420"].settings == {86.0: 1, 90.0: 1}
    assert (group.codecs["webp:420"].before, group.codecs["webp:420"].after) == (100_000, 10_000)


def test_reasons_are_compared_without_names_and_figures() -> None:
    rows = [failed(f"{n}.png", f"{n}.png: {n}00 pixels are too many", "LimitError") for n in range(5)]
    rows += [failed("x.png", "x.png: truncated", "DamagedError")]
    rows += [row(f"{n}.png", status="kept", notes=[f"would save {n} %, less than 5 %"]) for n in range(4)]
    tally = tallied(entries(*rows))
    assert sorted(reason.count for reason in tally.failures.values()) == [1, 5]
    (kept,) = tally.kept.values()
    assert kept.count == 4
    assert kept.example == "would save 0 %, less than 5 %"


def test_the_worst_are_the_worst_of_all() -> None:
    rows = [row(f"{n}.png", jnd=(n * 37 % 100) / 100) for n in range(100)]
    rows += [row("no-file.png", jnd=9.0, output=None), failed("failed.png", "no")]
    tally = tallied(entries(*rows))
    assert [made.jnd for made in tally.worst] == [0.99, 0.98, 0.97, 0.96, 0.95, 0.94, 0.93, 0.92, 0.91, 0.90]
    assert len(tally.worst) == WORST


def test_more_rows_than_are_listed_are_drawn_by_lot_and_always_alike(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(counting, "SAMPLE", 50)
    rows = [row(f"{n}.png") for n in range(1000)]
    first, again = (tallied(entries(*rows)).sample for _ in range(2))
    assert first == again
    numbers = [int(made.input.removesuffix(".png")) for made in first]
    assert len(numbers) == 50
    assert numbers == sorted(numbers)
    assert 350 < sum(numbers) / 50 < 650  # from everywhere


@pytest.mark.slow
def test_memory_ends_where_rows_do_not() -> None:
    """Of hostile rows, too: every reason, setting, request and version another one."""

    def many(count: int) -> Iterator[Entry]:
        for number in range(count):
            name = chr(0x4E00 + number % 20_000) * 5
            other = {"observer": name, "versions": {name: name}} if number % 3 == 0 else {}
            made = row(name, knob={"name": "quality", "value": number / 7}, status=name, **other)
            yield entry(made if number % 2 else failed(name, f"{name}: {name[::2]}x", name), HOME)

    def peak(count: int) -> int:
        tracemalloc.start()
        tally = tallied(many(count))
        assert tally.rows == count
        assert len(tally.sample) == SAMPLE
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return most

    assert peak(40_000) < 1.15 * peak(15_000)
