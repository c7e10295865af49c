"""Many pictures: pictures a second on each engine beside a plain loop and one process a picture.

    python benchmarks/corpora.py throughput --seconds 560 >> benchmarks/rows/corpora.jsonl
    python benchmarks/corpora.py table

Memory, whose rows lie beside these: corpora_memory.py.

throughput: crops of 640 x 480 pixels of examples/lake.png, encoded as `jnd encode` does. `loop` is the pipeline in one
process, which does nothing else; `xargs` is one process a picture. All ways do the same pictures in a round, in another
order in each, and other pictures in the next, as many rounds as the seconds hold; so what else the machine does meets
all of them. `against_loop` is pictures a second over those of the loop in the same round, the start of Ray and of
Python included: the geometric mean of the rounds with its 95 % interval (Student's t, over the logarithms). `at_work`
is the share of the workers' time that went into the pictures themselves, between the first result and the last, with
its interval over the rounds. Processor seconds are those of all processes. On a busy machine nothing but these and
`at_work` tells anything.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jndkit.batch import Engine, LocalEngine, processes
from jndkit.batch.places import Folder
from jndkit.conversion.corpus import encoded
from jndkit.opening import load
from jndkit.picture import save_png
from jndkit.pipeline import run
from jndkit.settings import Settings
from jndkit.version import VERSION

LAKE = Path(__file__).parents[1] / "examples" / "lake.png"
ROWS = Path(__file__).with_name("rows") / "corpora.jsonl"
WIDTH, HEIGHT = 640, 480
CODEC = "jpeg:420"
_TICKS = os.sysconf("SC_CLK_TCK")
T_95 = {1: 12.706, 2: 4.303, 3: 3.182, 4: 2.776, 5: 2.571, 6: 2.447, 7: 2.365, 8: 2.306, 9: 2.262, 10: 2.228}
"""Student's t at 97.5 %, by degrees of freedom."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("part", choices=("throughput", "table"))
    parser.add_argument("--pictures", type=int, default=12, help="in a round")
    parser.add_argument("--seconds", type=float, default=560.0, help="no round begins that would end after them")
    parser.add_argument(
        "--ways", nargs="+", default=["loop", "local 1", "local 2", "ray 1", "ray 2", "xargs 1", "xargs 2"]
    )
    given = parser.parse_args()
    if given.part == "table":
        print(table(json.loads(line) for line in ROWS.read_text(encoding="utf-8").splitlines()))
    else:
        throughput(given.pictures, given.ways, given.seconds)


def say(part: str, **values: Any) -> None:
    rounded = {name: round(value, 4) if isinstance(value, float) else value for name, value in values.items()}
    print(json.dumps({"part": part, "version": VERSION, **rounded}), flush=True)


def table(rows: Iterable[dict[str, Any]]) -> str:
    """Markdown tables of rows: pictures a second, and memory."""
    known = list(rows)
    lines = ["| way | workers | pictures a second | to the loop | of the time at work | processor seconds a picture |"]
    lines.append("|---|---|---|---|---|---|")
    for row in known:
        if row["part"] == "throughput":
            low, high = row["against_loop_interval"]
            ratio = "1" if row["way"] == "loop" else f"{row['against_loop']:.2f} ({low:.2f} to {high:.2f})"
            rate = f"{row['per_second']:.2f} | {ratio} | {100 * row['at_work']:.0f} %"
            lines.append(f"| {row['way']} | {row['workers']} | {rate} | {row['cpu_per_picture']:.2f} |")
    stages = ("listed", "run", "reported", "resumed")
    peaks = {(row["entries"], row["stage"]): row["peak_mb"] for row in known if row["part"] == "memory"}
    lines += ["", f"| entries | {', MB | '.join(stages)}, MB |", "|---|" + "---|" * len(stages)]
    for count in sorted({count for count, _ in peaks}):
        lines.append(f"| {count:,} | {' | '.join(f'{peaks[count, stage]:.0f}' for stage in stages)} |")
    return "\n".join(lines)


@dataclass(frozen=True)
class Round:
    """What a way took for the pictures of a round. load: of the machine when it ended."""

    seconds: float
    cpu_seconds: float
    at_work: float
    load: float


def throughput(count: int, ways: Sequence[str], most: float) -> None:
    rounds: dict[str, list[Round]] = {way: [] for way in ways}
    began, longest = time.perf_counter(), 0.0
    while not longest or time.perf_counter() - began + longest < most:
        number = len(rounds[ways[0]])
        turn = time.perf_counter()
        with tempfile.TemporaryDirectory() as home:
            source = Path(home) / "source"
            make_pictures(source, count, number * count)
            for way in [*ways[number % len(ways) :], *ways[: number % len(ways)]]:
                rounds[way].append(one(source, Path(home) / way, way))
        longest = max(longest, time.perf_counter() - turn)
    for way in ways:
        say_way(way, count, rounds[way], rounds.get("loop"))


def one(source: Path, to: Path, way: str) -> Round:
    name, _, workers = way.partition(" ")
    before, started = spent(), time.perf_counter()
    at_work = WAYS[name](source, to, int(workers or 1))
    return Round(time.perf_counter() - started, spent() - before, at_work, os.getloadavg()[0])


def say_way(way: str, count: int, rounds: Sequence[Round], loop: Sequence[Round] | None) -> None:
    name, _, workers = way.partition(" ")
    pictures = count * len(rounds)
    at_work, at_work_interval = interval([each.at_work for each in rounds])
    told: dict[str, Any] = {}
    if loop is not None:
        ratios = [math.log(plain.seconds / each.seconds) for plain, each in zip(loop, rounds, strict=True)]
        middle, ends = interval(ratios)
        told["against_loop"] = math.exp(middle)
        told["against_loop_interval"] = None if ends is None else [round(math.exp(end), 4) for end in ends]
    say(
        "throughput",
        way=name,
        workers=int(workers or 1),
        pictures=pictures,
        rounds=len(rounds),
        megapixels=WIDTH * HEIGHT / 1e6,
        codec=CODEC,
        seconds=sum(each.seconds for each in rounds),
        per_second=pictures / sum(each.seconds for each in rounds),
        cpu_per_picture=sum(each.cpu_seconds for each in rounds) / pictures,
        at_work=at_work,
        at_work_interval=None if at_work_interval is None else [round(end, 4) for end in at_work_interval],
        **told,
        processors=len(os.sched_getaffinity(0)),
        load=max(each.load for each in rounds),
    )


def interval(values: Sequence[float]) -> tuple[float, tuple[float, float] | None]:
    """The mean of some values, and the 95 % interval of it by Student's t; None for one value."""
    mean = statistics.fmean(values)
    if len(values) < 2:
        return mean, None
    half = T_95[min(len(values) - 1, max(T_95))] * statistics.stdev(values) / math.sqrt(len(values))
    return mean, (mean - half, mean + half)


def make_pictures(folder: Path, count: int, first: int) -> None:
    """Crops of the lake, of which there are 128. first: the number of the first."""
    folder.mkdir()
    lake = load(LAKE).rgb
    for number in range(first, first + count):
        y, x = 5 * number % (lake.shape[0] - HEIGHT), 11 * number % (lake.shape[1] - WIDTH)
        save_png(lake[y : y + HEIGHT, x : x + WIDTH], folder / f"{number:04}.png")


def spent() -> float:
    """Processor seconds of this process and all that it started, those that live included."""
    own, ended = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(use.ru_utime + use.ru_stime for use in (own, ended)) + _finished + living()


_finished = 0.0  # of Ray's processes, which nobody waits for


def living() -> float:
    total = 0
    for pid in processes.below(os.getpid()):
        try:
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        total += sum(map(int, fields[11:15]))
    return total / _TICKS


def loop(source: Path, to: Path, workers: int) -> float:
    to.mkdir()
    began = time.perf_counter()
    at_work = 0.0
    for path in sorted(source.iterdir()):
        done = run(str(path), Settings(codec=CODEC))
        at_work += done.row.seconds or 0.0
        (to / path.name).write_bytes(done.data or b"")
    return at_work / (time.perf_counter() - began)


def local(source: Path, to: Path, workers: int) -> float:
    return over(source, to, workers, LocalEngine(workers, apart=True))


def ray(source: Path, to: Path, workers: int) -> float:
    global _finished
    from jndkit.batch.cluster import RayEngine

    engine = RayEngine("local", processes=workers)
    try:
        return over(source, to, workers, engine)
    finally:
        _finished += living()
        engine.close()
        time.sleep(1.0)


def over(source: Path, to: Path, workers: int, engine: Engine) -> float:
    """The share of the workers' time that was spent on the pictures, from the first result to the last."""
    with encoded(Folder(str(source)), Folder(str(to)), Settings(codec=CODEC)) as corpus:
        corpus.begin()
        with closing(corpus.run(engine)) as rows:
            found = [(time.perf_counter(), row.seconds or 0.0) for row in rows]
    # The workers start one after the other: what counts is the time in which all are there.
    found = found[workers - 1 :]
    return sum(seconds for _, seconds in found[1:]) / (workers * (found[-1][0] - found[0][0]))


def xargs(source: Path, to: Path, workers: int) -> float:
    to.mkdir()
    names = b"\0".join(os.fsencode(path) for path in sorted(source.iterdir()))
    command = [sys.executable, "-m", "jndkit", "encode", "--codec", CODEC, "--json", "-o", f"{to}/"]
    began = time.perf_counter()
    done = subprocess.run(
        ["xargs", "-0", "-n", "1", "-P", str(workers), *command],
        input=names,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        check=True,
    )
    seconds = time.perf_counter() - began
    return sum(json.loads(line)["seconds"] or 0.0 for line in done.stdout.splitlines()) / (workers * seconds)


WAYS: dict[str, Callable[[Path, Path, int], float]] = {"loop": loop, "local": local, "ray": ray, "xargs": xargs}


if __name__ == "__main__":
    main()
