"""The HTTP service under load, beside the batch command on the same pictures; its memory; and killed workers.

    python benchmarks/serve.py > benchmarks/rows/serve.jsonl           # a quarter of an hour, on a machine of its own
    python benchmarks/serve.py --part load                             # the throughput alone, five minutes
    python benchmarks/serve.py --table

Fifty clients on the loopback address send the three pictures of examples/, at half their size, again and again, and
come back later where the queue is full. The batch command encodes copies of the same files with as many processes. The
two take turns at as many pictures, now the one first and now the other, so that whatever else the machine does slows
both. Pictures a second are those from the end of the first ones to the end of the last, of both alike: neither the
start of the command nor the filling of the queue is among them. The figure is the median of the turns' ratios, with an
interval for it that assumes nothing of how they are distributed. Processor seconds per picture are those of the server
and its workers, or of the command, its start among them. Memory is what the server and its workers hold, over requests
for maps, predictions and encodes of a small picture. Linux only.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import math
import os
import random
import resource
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from itertools import count
from pathlib import Path
from typing import Any

from PIL import Image

from jndkit.batch import processes
from jndkit.version import VERSION

PICTURES = [Path(__file__).parents[1] / "examples" / name for name in ("chamomile.webp", "lake.png", "waves.webp")]
CLIENTS = 50
ENCODE = "/v1/encode?codec=jpeg&force=true"
_MAP = "/v1/map?model=wu2017"
LIGHT = (_MAP, _MAP, _MAP, "/v1/predict?codec=webp&encode=false", "/v1/encode?codec=webp&force=true")
ROWS = Path(__file__).with_name("rows") / "serve.jsonl"
_TICKS = os.sysconf("SC_CLK_TCK")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--jobs", type=int, default=2, help="processes at work, of the server and of the command")
    parser.add_argument("--pictures", type=int, default=60, help="of a turn")
    parser.add_argument("--turns", type=int, default=8, help="of the server, and as many of the command")
    parser.add_argument("--part", choices=("load", "memory", "killed"), help="nothing but this")
    parser.add_argument(
        "--table", action="store_true", help="print the table of the committed rows, and measure nothing"
    )
    parser.add_argument("--requests", type=int, default=2000, help="over which memory is followed")
    parser.add_argument("--kills", type=int, default=50)
    given = parser.parse_args()
    if given.table:
        print(table(json.loads(line) for line in ROWS.read_text().splitlines()))
        return
    with serving(given.jobs) as (address, server):
        for data in pictures() * given.jobs:  # the workers are started
            ask(address, ENCODE, data)
        for turn in range(1, given.turns + 1) if given.part in (None, "load") else ():
            for part in ("load", "batch") if turn % 2 else ("batch", "load"):
                if part == "load":
                    load = under_load(address, server, given.jobs, given.pictures)
                    say("load", turn=turn, jobs=given.jobs, clients=CLIENTS, **load)
                else:
                    say("batch", turn=turn, jobs=given.jobs, **batch(given.jobs, given.pictures))
        if given.part in (None, "memory"):
            say("memory", **memory(address, server, given.requests))
        if given.part in (None, "killed"):
            say("killed", **killed(address, server, given.kills))


def say(part: str, **values: Any) -> None:
    rounded = {name: round(value, 4) if isinstance(value, float) else value for name, value in values.items()}
    row = {"part": part, "version": VERSION, **rounded, "busy": [round(load, 1) for load in os.getloadavg()]}
    print(json.dumps(row), flush=True)


@contextlib.contextmanager
def serving(jobs: int) -> Iterator[tuple[str, int]]:
    """Address and process of a server."""
    command = [sys.executable, "-m", "jndkit", "serve", "--port", "0", "--no-open", "-j", str(jobs), "--queue", "16"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        try:
            yield server.stdout.readline().split(" ")[0].rstrip("/"), server.pid
        finally:
            server.terminate()


def ask(address: str, path: str, data: bytes) -> int:
    """The status of one request; 0 where there is no answer."""
    try:
        with urllib.request.urlopen(urllib.request.Request(address + path, data), timeout=300) as answer:
            answer.read()
            return int(answer.status)
    except urllib.error.HTTPError as error:
        error.read()
        if error.code == 429:
            time.sleep(float(error.headers["Retry-After"]) * random.uniform(0.5, 1.0))
        return error.code
    except OSError:
        return 0


def side_by_side(clients: int, ask_once: Callable[[int], int], more: Callable[[], bool]) -> dict[str, int]:
    """How often each status was answered to so many clients, each asking again as long as there is more to do."""
    counted: Counter[str] = Counter()
    lock = threading.Lock()

    def client(number: int) -> None:
        while more():
            status = ask_once(number)
            number += 1
            with lock:
                counted[str(status)] += 1

    threads = [threading.Thread(target=client, args=(number,)) for number in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return dict(counted)


def table(rows: Iterable[dict[str, Any]]) -> str:
    """Throughput and processor time of server and command, turn by turn."""
    parts: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        parts.setdefault(row["part"], []).append(row)
    lines = ["| turn | server, pictures a second | command | ratio | processor seconds a picture, server | command |"]
    lines.append("|---|---|---|---|---|---|")
    pairs = list(zip(parts["load"], parts["batch"], strict=True))
    for load, batched in pairs:
        ratio = load["per_second"] / batched["per_second"]
        lines.append(
            f"| {load['turn']} | {load['per_second']:.2f} | {batched['per_second']:.2f} | {ratio:.2f} "
            f"| {load['processor_per_picture']:.2f} | {batched['processor_per_picture']:.2f} |"
        )
    ratios = [load["per_second"] / batched["per_second"] for load, batched in pairs]
    low, high, sure = interval(ratios)
    lines.append(f"| median | | | {statistics.median(ratios):.2f} ({low:.2f} to {high:.2f}, {sure:.0%} certain) | | |")
    return "\n".join(lines)


def interval(values: list[float]) -> tuple[float, float, float]:
    """Two of the values, as near as may be, between which the median lies nine times in ten, and how often it does.

    Of too few values the least and the greatest. Nothing is assumed of how they are distributed.
    """
    ordered, count = sorted(values), len(values)
    found = ordered[0], ordered[-1], 1 - 2 * 0.5**count
    for cut in range(1, (count + 1) // 2):
        outside = 2 * sum(math.comb(count, below) for below in range(cut + 1)) / 2**count
        if outside > 0.1:
            break
        found = ordered[cut], ordered[-1 - cut], 1 - outside
    return found


def under_load(address: str, server: int, jobs: int, count: int) -> dict[str, Any]:
    """The server's first so many answers; clients ask until the last of these is there."""
    files = pictures()
    before, ends = processor_seconds(server), []

    def ask_once(number: int) -> int:
        status = ask(address, ENCODE, files[number % len(files)])
        if status == 200:
            ends.append(time.monotonic())
        return status

    answers = side_by_side(CLIENTS, ask_once, lambda: len(ends) < count)
    used = processor_seconds(server) - before
    return {
        "answers": answers,
        "pictures": count,
        "per_second": pace(ends[:count], jobs),
        "processor_per_picture": used / len(ends),
    }


def batch(jobs: int, count: int) -> dict[str, Any]:
    """The command on so many pictures, each of which ends when its file is written."""
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryDirectory() as out:
        files = pictures()
        for number in range(count):
            (Path(folder) / f"{number}.png").write_bytes(files[number % len(files)])
        command = [sys.executable, "-m", "jndkit", "encode", folder, "--force", "-j", str(jobs), "-o", f"{out}/"]
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run(command, check=True, capture_output=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        ends = [path.stat().st_mtime for path in Path(out).rglob("*.jpg")]
    used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return {"pictures": count, "per_second": pace(ends, jobs), "processor_per_picture": used / count}


def pace(ends: list[float], jobs: int) -> float:
    """Pictures a second, from the end of the first ones that were worked on to the end of the last."""
    ordered = sorted(ends)
    return (len(ordered) - jobs) / (ordered[-1] - ordered[jobs - 1])


def memory(address: str, server: int, requests: int) -> dict[str, Any]:
    """What the server and its workers hold after each tenth of the requests: [requests, all, workers], in kB."""
    data, held, asked = pictures(8)[1], [], count(1)

    def ask_once(_: int) -> int:
        number = next(asked)
        status = ask(address, LIGHT[number % len(LIGHT)], data)
        if number % max(1, requests // 10) == 0:
            workers = sum(processes.resident(pid) for pid in processes.below(server))
            held.append([number, processes.resident(server) // 1000, workers // 1000])
        return status

    left = iter(range(requests))
    answers = side_by_side(2, ask_once, lambda: next(left, None) is not None)
    return {"answers": answers, "kilobytes": sorted(held)}


@cache
def pictures(times: int = 2) -> list[bytes]:
    """The examples as PNG files, so many times smaller."""
    return [png(Image.open(path).convert("RGB").reduce(times)) for path in PICTURES]


def png(picture: Image.Image) -> bytes:
    file = io.BytesIO()
    picture.save(file, "PNG")
    return file.getvalue()


def killed(address: str, server: int, kills: int) -> dict[str, Any]:
    """Workers killed at random moments of their work: how each request was answered."""
    files = pictures()
    left = [kills]

    def kill() -> None:
        while left[0] > 0:
            time.sleep(random.uniform(0.2, 1.0))
            workers = [pid for pid in processes.below(server) if "spawn_main" in command_of(pid)]
            if workers:
                with contextlib.suppress(OSError):
                    os.kill(random.choice(workers), signal.SIGKILL)
                    left[0] -= 1

    killer = threading.Thread(target=kill)
    killer.start()
    answers = side_by_side(4, lambda number: ask(address, ENCODE, files[number % 3]), lambda: left[0] > 0)
    killer.join()
    return {"kills": kills, "answers": answers, "alive": ask(address, LIGHT[0], files[1]) == 200}


def command_of(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_text()
    except OSError:
        return ""


def processor_seconds(pid: int) -> float:
    """Of a process with its threads, those below it, and those of them that ended and were waited for."""
    total = 0
    for each in (pid, *processes.below(pid)):
        with contextlib.suppress(OSError):
            fields = Path(f"/proc/{each}/stat").read_text().rpartition(")")[2].split()
            total += sum(map(int, fields[11:15]))
    return total / _TICKS


if __name__ == "__main__":
    main()
