"""Many pictures: the most memory that the process which leads a run holds.

    python benchmarks/corpora_memory.py --entries 1 10000 1000000 >> benchmarks/rows/corpora.jsonl

Over so many entries that exist only in name, with a result for each that takes no time: listing, plan, ledger and
report are those of a real run, and so is the table that labels and sets end in (`tabled`), and what is printed where
nothing is kept (`unkept`). Linux only.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from corpora import CODEC, HEIGHT, WIDTH, say
from jndkit.batch.corpus import Corpus
from jndkit.batch.engine import Job, Row as JobRow, rows_of
from jndkit.batch.flow import flow
from jndkit.batch.pieces import Made, Piece, made_of, piece_of
from jndkit.batch.places import Entry, Folder
from jndkit.cli.reporting import Report
from jndkit.conversion.asking import encoding
from jndkit.evidence import Row
from jndkit.report import report_of_ledger
from jndkit.settings import Settings
from jndkit.version import VERSION


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--entries", type=int, nargs="+", default=[1, 10_000, 1_000_000])
    counts = parser.parse_args().entries
    if len(counts) == 1:
        held(counts[0])
    else:
        for count in counts:  # each in a process of its own, whose peak is its own
            subprocess.run([sys.executable, __file__, "--entries", str(count)], check=True)


@dataclass(frozen=True)
class InName(Folder):
    """A folder of pictures that exist only in name, a thousand in each folder inside it."""

    count: int = 0

    def entries(self) -> Iterator[Entry]:
        for number in range(self.count):
            yield Entry(f"{number // 1000:04}/photograph-{number:07}.png", 400_000 + number, str(number))

    def local(self, name: str) -> Path | None:
        return None


@dataclass(frozen=True)
class Stub:
    """In place of an encode: the row of one, of about the length that rows have."""

    request: str

    def results(self, items: Sequence[Piece]) -> Iterator[Made]:
        for item in items:
            probes = [
                {"codec": CODEC, "value": float(80 + n), "bytes": 60_000 + n, "jnd": 0.5 - n / 100} for n in range(4)
            ]
            row = Row(
                item.address, f"to/{item.target}.jpg", codec=CODEC, bytes=60_000, input_bytes=400_000, probes=probes
            )
            row.knob, row.width, row.height, row.jnd = {"name": "quality", "value": 83.0}, WIDTH, HEIGHT, 0.46
            row.viewers, row.interval, row.target = 75.5, [56.0, 96.0], {"viewers": 75.0, "jnd": 0.472}
            row.observer, row.protocol, row.viewing, row.ppd = "cvvdp 1", "aic", "desktop", 37.84
            row.versions, row.seconds = {"jndkit": VERSION, "pillow": "13.0.0"}, 0.5
            row.output = None  # so that the report looks for no file
            yield made_of(item.entry, row, item.entry.version, self.request, None, final=True)

    def lost(self, item: Piece, error: Exception) -> Made:
        raise error


class Here:
    """An engine that does all in this process."""

    def run(self, jobs: Iterable[Job[JobRow]]) -> Generator[JobRow, None, None]:
        for job in jobs:
            yield from rows_of(job)


def held(count: int) -> None:
    """A row as each stage is done, since the last takes minutes to come to."""

    def told(stage: str, **more: Any) -> None:
        say("memory", entries=count, stage=stage, peak_mb=peak(), cpu_seconds=time.process_time(), **more)

    told("before")
    with tempfile.TemporaryDirectory() as home:
        source, to = InName("photos", count=count), Folder(f"{home}/to")
        asked = encoding(Settings(codec=CODEC))
        with Corpus(source, to, asked, Stub(asked.name)) as corpus:
            corpus.begin()
            told("listed")
            for _ in corpus.run(Here()):
                pass
            told("run", ledger_bytes=sum(path.stat().st_size for path in Path(home, "to", ".jnd").rglob("*.jsonl")))
            told("reported", page_bytes=len(report_of_ledger(corpus.rows(), "photos", f"{home}/to/report.html")))
        with Corpus(source, to, asked, Stub(asked.name)) as corpus:
            corpus.begin()
            again = sum(1 for _ in corpus.run(Here()))
            told("resumed", again=again, known=corpus.counts.known)
            corpus.write("table", (json.dumps(row["probes"]) for row in corpus.in_order()))
            told("tabled", table_bytes=Path(home, "to", "table").stat().st_size)
        report = Report(0, json=True, lines=lambda _: [])
        with open(os.devnull, "w") as nowhere, redirect_stdout(nowhere):
            report.follow(unkept(source, asked.name))
        told("unkept")


def unkept(source: InName, request: str) -> Generator[Row, None, None]:
    """As of a prediction without a ledger."""
    pieces = (piece_of(source, entry, 10**8) for entry in source.entries())
    for made in flow(pieces, Stub(request), Here()):
        if made.row is not None:
            yield made.row


def peak() -> float:
    """Megabytes that this process held at most so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000


if __name__ == "__main__":
    main()
