"""What a million and a billion pictures cost, and what sets the limit: a simulation with measured steps.

    python benchmarks/corpora_model.py --measure   measures the steps; a minute; needs jndkit[corpus]
    python benchmarks/corpora_model.py             simulates; minutes; needs simpy (jndkit[dev])
    python benchmarks/corpora_model.py --table     the tables of docs/corpora.md, from rows/corpora_model.jsonl

Measured, on this machine: what the process that leads a run does for each entry that it lists and plans, for each
group of pictures that it hands to Ray, and for each row that it keeps; and seconds of the processor for a picture of
1920 x 1080, the photograph that ships beside itself, in a process with one thread that coded one before. Assumed, and
so named: what a store answers in, what it lets through, and prices.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import random
import tempfile
import time
from collections.abc import Generator, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from cold_start import tiled

ROWS = Path(__file__).parent / "rows" / "corpora_model.jsonl"
LAKE = Path(__file__).parent.parent / "examples" / "lake.png"
SIZE = (1920, 1080)
CODECS = ("jpeg", "webp", "avif")
PROCESSORS = (16, 100, 1000, 4000)
ENTRIES = 200_000
RESULTS = 20_000
TASKS = 2_000
SPREAD = 0.5  # of the logarithm of seconds between pictures: half take less than 0.7 or more than 1.4 of the median
GROUP = 2  # pictures of 2 megapixels that `batch.flow` puts together


@dataclass(frozen=True)
class Assumed:
    """Not measured. Amazon's pages of 2026 for one region of the United States, rounded.

    latency: seconds until a store answers.  reads, writes: requests that one prefix lets through in a second.
    page: names of an answer when it lists.  processor_hour: US dollars of one virtual processor for an hour.
    read_price, write_price: US dollars of a million requests.
    """

    latency: float = 0.05
    reads: float = 5500.0
    writes: float = 3500.0
    page: int = 1000
    processor_hour: float = 0.04
    read_price: float = 0.4
    write_price: float = 5.0


# Of each picture: its size, its bytes, and whether what was written is there; and the writing.
READS, WRITES = 3, 1


@dataclass(frozen=True)
class Steps:
    """Seconds of the leading process. list: of an entry.  give: of a group.  keep: of a row."""

    list: float
    give: float
    keep: float


@dataclass
class Busy:
    """Seconds that something was at work."""

    driver: float = 0.0
    store: float = 0.0


def measured() -> Iterator[dict[str, Any]]:
    """One row a step."""
    from jndkit.batch.catalogue import Catalogue
    from jndkit.batch.places import Entry, Folder
    from jndkit.batch.shards import Shards

    started = time.process_time()
    catalogue = Catalogue()
    catalogue.list(Entry(f"{number // 1000:06}/{number:09}.jpg", 500_000, "etag") for number in range(ENTRIES))
    planned = sum(1 for _ in catalogue.planned())
    catalogue.close()
    yield {"step": "list", "count": planned, "cpu_seconds": round(time.process_time() - started, 3)}
    row = json.loads((Path(__file__).parent / "rows" / "encode.jsonl").read_text(encoding="utf-8").partition("\n")[0])
    with tempfile.TemporaryDirectory() as home:
        started = time.process_time()
        shards = Shards(Folder(home), "rows", parquet=True)
        for number in range(RESULTS):
            shards.add({**row, "input": f"{number:09}.png"})
        shards.flush()
        yield {"step": "keep", "count": RESULTS, "cpu_seconds": round(time.process_time() - started, 3)}
    yield {"step": "give", "count": TASKS, "cpu_seconds": round(_given(), 3)}


def _given() -> float:
    """Seconds of this process's processors for tasks of a Ray cluster that do nothing."""
    import ray

    ray.init(num_cpus=1, include_dashboard=False, log_to_driver=False, logging_level="error")
    nothing = ray.remote(lambda payload: payload)
    ray.get([nothing.remote(b"0" * 4000) for _ in range(50)])
    started = time.process_time()
    waiting: list[Any] = []
    for _ in range(TASKS):
        waiting.append(nothing.remote(b"0" * 4000))
        if len(waiting) > 8:
            ready, waiting = ray.wait(waiting)
            ray.get(ready)
    ray.get(waiting)
    seconds = time.process_time() - started
    ray.shutdown()
    return seconds


def coded() -> Iterator[dict[str, Any]]:
    """A row a codec: seconds of the second and third picture that a process codes."""
    os.environ["JNDKIT_THREADS"] = os.environ["OMP_NUM_THREADS"] = "1"
    import cv2

    import jndkit

    cv2.setNumThreads(1)
    with tempfile.TemporaryDirectory() as home:
        path = Path(home) / "lake.png"
        tiled(LAKE, *SIZE).save(path)
        for codec in CODECS:
            encodes = jndkit.encode(path, codec=codec).row.encodes
            started = time.process_time()
            for _ in range(2):
                jndkit.encode(path, codec=codec)
            seconds = round(time.process_time() - started, 3)
            yield {"step": "code", "codec": codec, "count": 2, "cpu_seconds": seconds, "encodes": encodes}


def seconds_of(codec: str) -> float:
    """Of a processor, for a picture of 1920 x 1080: as measured."""
    for line in ROWS.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        if row.get("step") == "code" and row["codec"] == codec:
            return float(row["cpu_seconds"]) / int(row["count"])
    raise SystemExit(f"{ROWS} has no row of {codec}: measure it")


def steps() -> Steps:
    """Those of the measured rows."""
    rows = [json.loads(line) for line in ROWS.read_text(encoding="utf-8").splitlines()]
    each = {row["step"]: row["cpu_seconds"] / row["count"] for row in rows if "step" in row}
    return Steps(each["list"], each["give"], each["keep"])


class Cluster:
    """A leading process, processors and a store, as a simulation; seed fixed.

    The leading process gives groups out and keeps rows, one after the other; every processor takes a group, reads,
    codes and writes its pictures; the store lets a number of requests through in a second.
    """

    def __init__(self, mean: float, processors: int, known: Steps, assumed: Assumed) -> None:
        """mean: seconds of a picture."""
        import simpy

        self.environment = simpy.Environment()
        self.busy = Busy()
        self._mean, self._known, self._assumed = mean, known, assumed
        self._chance = random.Random(1)
        self._driver = simpy.Resource(self.environment)
        self._workers = simpy.Resource(self.environment, processors)
        self._ahead = simpy.Resource(self.environment, 2 * processors)  # tasks at the cluster, as the engine allows
        self._store = {kind: simpy.Resource(self.environment) for kind in ("read", "write")}
        self._turn = {"read": 1 / assumed.reads, "write": 1 / assumed.writes}

    def run(self, groups: int) -> Generator[Any, Any, None]:
        for _ in range(groups):
            place = self._ahead.request()
            yield place
            yield from self._led(self._known.give)
            self.environment.process(self._group(place))

    def _group(self, place: Any) -> Generator[Any, Any, None]:
        with self._workers.request() as turn:
            yield turn
            for _ in range(GROUP):
                yield from self._asked("read", 2)
                seconds = self._mean * self._chance.lognormvariate(-(SPREAD**2) / 2, SPREAD)
                yield self.environment.timeout(seconds)
                yield from self._asked("write", 1)
                yield from self._asked("read", 1)
        yield from self._led(GROUP * self._known.keep)
        self._ahead.release(place)

    def _asked(self, kind: str, times: int) -> Generator[Any, Any, None]:
        for _ in range(times):
            with self._store[kind].request() as turn:
                yield turn
                self.busy.store += self._turn[kind]
                yield self.environment.timeout(self._turn[kind])
            yield self.environment.timeout(self._assumed.latency)

    def _led(self, seconds: float) -> Generator[Any, Any, None]:
        with self._driver.request() as turn:
            yield turn
            self.busy.driver += seconds
            yield self.environment.timeout(seconds)


def simulated(codec: str, processors: int, known: Steps, assumed: Assumed, groups: int | None = None) -> dict[str, Any]:
    """One row: a run that is under way, over a store, without its listing."""
    groups = groups or max(2_000, 12 * processors)
    mean = seconds_of(codec)
    cluster = Cluster(mean, processors, known, assumed)
    cluster.environment.process(cluster.run(groups))
    cluster.environment.run()
    pictures, took = groups * GROUP, cluster.environment.now
    # The last pictures leave processors idle, which a long run does not notice: what is lost to them is left out.
    full = took - 1.5 * GROUP * mean if took > 6 * GROUP * mean else took
    return {
        "codec": codec,
        "processors": processors,
        "pictures": pictures,
        "seconds": round(took, 1),
        "per_second": round(pictures / full, 1),
        "efficiency": round(min(1.0, pictures / full * mean / processors), 3),
        "driver_busy": round(cluster.busy.driver / took, 3),
        "store_busy": round(cluster.busy.store / took / 2, 3),
    }


def costs(codec: str, pictures: float, known: Steps, assumed: Assumed) -> dict[str, float]:
    """Core-hours and US dollars, and hours that only the leading process takes."""
    hours = pictures * (seconds_of(codec) + known.list + known.give / GROUP + known.keep) / 3600
    requests = pictures * (READS * assumed.read_price + WRITES * assumed.write_price) / 1e6
    requests += pictures / assumed.page * assumed.write_price / 1e6
    listing = pictures * (known.list + assumed.latency / assumed.page) / 3600
    return {
        "core_hours": hours,
        "processors": hours * assumed.processor_hour,
        "requests": requests,
        "listing": listing,
        "keeping": pictures * (known.give / GROUP + known.keep) / 3600,
    }


def table() -> str:
    """The tables of docs/corpora.md."""
    known, assumed = steps(), Assumed()
    lines = [
        "| pictures | codec | core-hours | processors, US$ | requests, US$ | listing, h | giving out and keeping, h |",
        "|---|---|---|---|---|---|---|",
    ]
    for pictures in (1e6, 1e9):
        for codec in CODECS:
            cost = costs(codec, pictures, known, assumed)
            shown = " | ".join(
                _number(cost[key]) for key in ("core_hours", "processors", "requests", "listing", "keeping")
            )
            lines.append(f"| 10^{round(math.log10(pictures))} | {codec} | {shown} |")
    lines += [
        "",
        "| codec | processors | pictures a second | of the time at work | leading process busy | store busy |",
        "|---|---|---|---|---|---|",
    ]
    for row in (json.loads(line) for line in ROWS.read_text(encoding="utf-8").splitlines()):
        if "per_second" in row:
            busy = " | ".join(f"{100 * row[key]:.0f} %" for key in ("efficiency", "driver_busy", "store_busy"))
            lines.append(f"| {row['codec']} | {row['processors']:,} | {_number(row['per_second'])} | {busy} |")
    return "\n".join(lines)


def _number(value: float) -> str:
    """Three digits at most, as no more is known."""
    if value >= 100:
        digits = 10 ** (int(math.log10(value)) - 2)
        return f"{round(value / digits) * digits:,}"
    return f"{value:.1f}" if value >= 1 else f"{value:.2g}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--measure", action="store_true", help="measure the steps again")
    parser.add_argument("--table", action="store_true", help="print the tables, and do nothing")
    arguments = parser.parse_args()
    if arguments.table:
        print(table())
        return
    lines = ROWS.read_text(encoding="utf-8").splitlines() if ROWS.exists() else []
    rows = [json.loads(line) for line in lines]
    known = [*coded(), *measured()] if arguments.measure else [row for row in rows if "step" in row]
    _write(known)
    runs = [simulated(codec, count, steps(), Assumed()) for codec in CODECS for count in PROCESSORS]
    _write([*known, {"assumed": asdict(Assumed()), "spread": SPREAD, "group": GROUP}, *runs])


def _write(rows: list[dict[str, Any]]) -> None:
    ROWS.write_text("".join(f"{json.dumps(row)}\n" for row in rows), encoding="utf-8")


if __name__ == "__main__":
    main()
