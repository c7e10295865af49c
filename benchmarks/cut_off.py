"""Runs over many pictures, cut off at random: drivers, workers and nodes killed, and what is left compared.

    python benchmarks/cut_off.py --engine ray --pictures 300 --kills 40 --drivers 20 >> benchmarks/rows/cut_off.jsonl
    python benchmarks/cut_off.py --engine local --pictures 300 --kills 80 --drivers 20 >> benchmarks/rows/cut_off.jsonl

The pictures are crops of 64 x 64 pixels of examples/lake.png and two files that are none. Ray is a cluster of three
node processes on this machine. Whoever is to be killed is drawn by lot, at a time drawn by lot, by SIGKILL; the command
is given again until it ends by itself. A row says what was killed and whether the outputs, by their hashes, and the
rows of the ledger, but for their seconds, are those of one run that nobody touched. Linux only; half an hour.
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import cv2

from jndkit.batch import processes
from jndkit.batch.places import Folder
from jndkit.batch.shards import Shards
from jndkit.opening import load
from jndkit.version import VERSION

LAKE = Path(__file__).parents[1] / "examples" / "lake.png"
SIDE = 64
NODES = 3


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--engine", choices=("local", "ray"), default="local")
    parser.add_argument("--pictures", type=int, default=300)
    parser.add_argument("--kills", type=int, default=40, help="of workers, and of nodes where there are some")
    parser.add_argument("--drivers", type=int, default=20, help="kills of the command itself")
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        row = cut_off(Path(folder), given.engine, given.pictures, given.kills, given.drivers, given.seed)
    print(json.dumps({"part": "cut off", "version": VERSION, **row}), flush=True)


def cut_off(home: Path, engine: str, pictures: int, kills: int, drivers: int, seed: int) -> dict[str, Any]:
    """Kill so often, and say what was killed and what came of it."""
    source, clean, to = home / "source", home / "clean", home / "to"
    make_pictures(source, pictures)
    run(source, clean, ["--engine", "local", "--jobs", "1"]).wait()
    lots = random.Random(seed)
    started = time.monotonic()
    if engine == "ray":
        with cluster() as (address, kill_node):
            killed = harass(source, to, ["--engine", "ray", "--address", address], kills, drivers, lots, kill_node)
    else:
        killed = harass(source, to, ["--engine", "local", "--jobs", "2"], kills, drivers, lots, None)
    wanted, found = state(clean), state(to)
    return {
        "engine": engine,
        "pictures": pictures + 2,
        "killed": dict(killed),
        "seconds": round(time.monotonic() - started, 1),
        "outputs": len(found[0]),
        "rows": len(found[1]),
        "outputs_equal": wanted[0] == found[0],
        "rows_equal": wanted[1] == found[1],
        "rows_that_differ": sum(wanted[1].get(name) != row for name, row in found[1].items()),
    }


def make_pictures(folder: Path, count: int) -> None:
    """Crops of the lake, in two folders, and two files that cannot be read as pictures."""
    lake = load(LAKE).rgb[..., ::-1]
    for number in range(count):
        y, x = 7 * number % (lake.shape[0] - SIDE), 23 * number % (lake.shape[1] - SIDE)
        path = folder / f"{'a' if number % 2 else 'b'}" / f"{number:04}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        cv2.imwrite(str(path), lake[y : y + SIDE, x : x + SIDE])
    (folder / "b" / "none.jpg").write_bytes(b"no picture")
    (folder / "b" / "cut.png").write_bytes(LAKE.read_bytes()[:5000])


def run(source: Path, to: Path, how: list[str]) -> subprocess.Popen[bytes]:
    """The command, without its words."""
    command = [sys.executable, "-m", "jndkit", "encode", str(source), "-o", str(to), "--recursive", "--effort", "fast"]
    quiet = subprocess.DEVNULL
    return subprocess.Popen([*command, "--codec", "jpeg:420", *how], stdout=quiet, stderr=quiet, start_new_session=True)


def harass(
    source: Path,
    to: Path,
    how: list[str],
    kills: int,
    drivers: int,
    lots: random.Random,
    kill_node: Callable[[random.Random], bool] | None,
) -> Counter[str]:
    """Kill workers, nodes and drivers, in an order drawn by lot, and let the last run end."""
    plan = ["worker"] * kills + ["driver"] * drivers
    lots.shuffle(plan)
    killed = Counter[str]()
    driver = run(source, to, how)
    while plan:
        if driver.poll() is not None:  # done before all were killed: what is left is for another corpus
            break
        wait_for_work(driver, to)
        time.sleep(lots.uniform(0.0, 1.5))
        victim = plan.pop()
        if victim == "driver":
            driver.kill()  # nothing where it has ended meanwhile
            driver.wait()
            driver = run(source, to, how)
        elif kill_node is not None and lots.random() < 0.25:
            victim = "node" if kill_node(lots) else "none"
        elif not kill_one(workers(driver.pid, kill_node is not None), lots):
            victim = "none"
        killed[victim] += 1
    driver.wait()
    return killed


def wait_for_work(driver: subprocess.Popen[bytes], to: Path) -> None:
    """Until another row or output is there, or the run has ended."""
    before = written(to)
    deadline = time.monotonic() + 120
    while driver.poll() is None and written(to) == before and time.monotonic() < deadline:
        time.sleep(0.05)


def written(to: Path) -> int:
    return sum(1 for folder in (to / "a", to / "b") if folder.is_dir() for _ in os.scandir(folder))


def workers(driver: int, on_ray: bool) -> list[int]:
    """Processes that do the work: those below the driver; or Ray's workers, not its agents, and those below them."""
    if not on_ray:
        return processes.below(driver)
    tasks = [pid for pid in processes.below(os.getpid()) if title(pid).startswith(("ray::jnd", "ray::IDLE"))]
    return [each for pid in tasks for each in (pid, *processes.below(pid))]


def title(pid: int) -> str:
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    return ""


def kill_one(pids: list[int], lots: random.Random) -> bool:
    if not pids:
        return False
    with contextlib.suppress(OSError):
        os.kill(lots.choice(pids), signal.SIGKILL)
        return True
    return False


@contextlib.contextmanager
def cluster() -> Iterator[tuple[str, Callable[[random.Random], bool]]]:
    """A Ray cluster of some nodes on this machine: its address, and what kills one of them and starts another."""
    from ray.cluster_utils import Cluster

    size = {"num_cpus": 1, "object_store_memory": 100_000_000, "include_dashboard": False}
    nodes = Cluster(initialize_head=True, head_node_args={**size, "num_cpus": 0})
    added = [nodes.add_node(**size) for _ in range(NODES - 1)]

    def kill(lots: random.Random) -> bool:
        nodes.remove_node(added.pop(lots.randrange(len(added))), allow_graceful=False)
        added.append(nodes.add_node(**size))
        return True

    try:
        yield nodes.address, kill
    finally:
        nodes.shutdown()


def state(to: Path) -> tuple[dict[str, str], dict[str, dict[str, Any]]]:
    """The outputs by their names, hashed; and the rows by the names of their pictures, without seconds and places."""
    outputs = {}
    for path in sorted(path for folder in ("a", "b") for path in (to / folder).rglob("*")):
        outputs[str(path.relative_to(to))] = hashlib.sha256(path.read_bytes()).hexdigest()
    rows = dict[str, tuple[tuple[float, float], dict[str, Any]]]()
    for record in Shards(Folder(str(to)), ".jnd/rows").each():
        if "input" not in record:
            continue
        told = record.pop("ledger")
        record.pop("seconds")
        record["output"] = told["output"]
        times = (told.pop("since"), told.pop("made"))
        if told["name"] not in rows or rows[told["name"]][0] < times:
            rows[told["name"]] = (times, {**record, "ledger": told})
    return outputs, {name: row for name, (_, row) in rows.items()}


if __name__ == "__main__":
    main()
