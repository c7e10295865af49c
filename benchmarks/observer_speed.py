"""CPU time and memory of our ColorVideoVDP beside the published package's, measured in one run.

    python benchmarks/observer_speed.py --data DATA --package-python PYTHON

Run with the interpreter jndkit is installed in; PYTHON is the one of an environment with `cvvdp` (extra `parity`).
Each measurement has a process of its own, limited to 2 threads. CPU time is that of all the process's threads.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from distortions import Pixels, distort

ROWS = Path(__file__).parent / "rows" / "observer_speed.jsonl"
PICTURE = "valid/clic25_final/c9510efb03d1852c.png"
THREADS = 2
RUNS = 5

Row = dict[str, Any]


def picture(data: Path, width: int, height: int) -> Pixels:
    """The picture at a size: cut where it is large enough, tiled where not. uint8 (height, width, 3)."""
    with Image.open(data / PICTURE) as image:
        rgb = np.array(image.convert("RGB"))
    tiles = (-(-height // rgb.shape[0]), -(-width // rgb.shape[1]), 1)
    return np.ascontiguousarray(np.tile(rgb, tiles)[:height, :width])


def timed(call: Callable[[], object]) -> tuple[float, float]:
    """CPU seconds of all threads, and wall seconds, of one call."""
    wall, cpu = time.perf_counter(), time.process_time()
    call()
    return time.process_time() - cpu, time.perf_counter() - wall


def best(call: Callable[[], object], runs: int = RUNS) -> Row:
    """The best of some calls after one to warm up."""
    call()
    cpu, wall = zip(*(timed(call) for _ in range(runs)), strict=True)
    return {"cpu_s": min(cpu), "wall_s": min(wall), "cpu_s_runs": [round(value, 4) for value in cpu]}


def measure_package(reference: Pixels, test: Pixels) -> Row:
    """One reading by the package, which has nothing to keep of a reference."""
    from cvvdp_parity import package

    pycvvdp = package()
    import torch

    torch.set_num_threads(THREADS)
    metric = pycvvdp.cvvdp(display_name="standard_fhd", device=torch.device("cpu"), quiet=True)
    with torch.no_grad():
        row = best(lambda: metric.predict(test, reference, dim_order="HWC"))
        q_jod = float(metric.predict(test, reference, dim_order="HWC")[0])
    return row | {"q_jod": q_jod, "versions": {"cvvdp": version("cvvdp"), "torch": version("torch")}}


def measure_ours(reference: Pixels, test: Pixels) -> Row:
    """A probe as `encode` makes it, with windows and the local reading; the whole-picture JOD alone; the watching."""
    import cv2

    from jndkit.observers.cvvdp import Cvvdp
    from jndkit.picture import Picture
    from jndkit.viewing import DISPLAYS

    cv2.setNumThreads(THREADS)
    observer, before, after = Cvvdp(), Picture(rgb=reference), Picture(rgb=test)
    watching = best(lambda: observer.watch(before, DISPLAYS["desktop"]), runs=3)
    watched = observer.watch(before, DISPLAYS["desktop"])
    return best(lambda: watched(after)) | {
        "q_jod": watched.q_jod(test),
        "q_jod_only": best(lambda: watched.q_jod(test)),
        "watched": watching,
        "versions": {"jndkit": version("jndkit"), "numpy": np.__version__, "opencv": cv2.__version__},
    }


def measure_memory(reference: Pixels, test: Pixels) -> Row:
    """Peak memory of this process, MiB, before and after one watching and two probes."""
    import cv2

    from jndkit.observers.cvvdp import Cvvdp
    from jndkit.picture import Picture
    from jndkit.viewing import DISPLAYS

    cv2.setNumThreads(THREADS)
    before = peak_mib()
    after = Picture(rgb=test)
    watches: list[Any] = []
    watch_cpu, watch_wall = timed(lambda: watches.append(Cvvdp().watch(Picture(rgb=reference), DISPLAYS["desktop"])))
    watched = peak_mib()
    probe_cpu, probe_wall = zip(*(timed(lambda: watches[0](after)) for _ in range(2)), strict=True)
    return {
        "peak_mib": peak_mib(),
        "peak_mib_watched": watched,
        "peak_mib_before": before,
        "watched": {"cpu_s": watch_cpu, "wall_s": watch_wall},
        "cpu_s": min(probe_cpu),
        "wall_s": min(probe_wall),
        "versions": {"jndkit": version("jndkit"), "numpy": np.__version__, "opencv": cv2.__version__},
    }


def peak_mib() -> float:
    # Linux counts KiB, macOS bytes.
    unit = 1 if sys.platform == "darwin" else 1024
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 2**20, 1)


MEASURES = {
    "package": (measure_package, 1920, 1080),
    "ours": (measure_ours, 1920, 1080),
    "memory": (measure_memory, 4000, 3000),
}


def child(python: str, measure: str, data: Path) -> Row:
    """One measurement in a process of its own."""
    limits = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "JNDKIT_THREADS")
    environment = os.environ | dict.fromkeys(limits, str(THREADS))
    command = [python, __file__, "--data", str(data), "--measure", measure]
    answer = subprocess.run(command, env=environment, stdout=subprocess.PIPE, check=True, text=True)
    row: Row = json.loads(answer.stdout.splitlines()[-1])
    return row


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    folder = os.environ.get("JNDKIT_SHARED")
    parser.add_argument("--data", type=Path, default=Path(folder) / "data" if folder else None, required=not folder)
    parser.add_argument("--package-python", help="interpreter of an environment with cvvdp")
    parser.add_argument("--out", type=Path, default=ROWS, help="rows are added to this file")
    parser.add_argument("--measure", choices=MEASURES, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.measure:
        measure, width, height = MEASURES[arguments.measure]
        reference = picture(arguments.data, width, height)
        row = {"measure": arguments.measure, "width": width, "height": height, "threads": THREADS}
        print(json.dumps(row | measure(reference, distort(reference, {"kind": "jpeg", "quality": 75}))))
        return
    if not arguments.package_python:
        parser.error("--package-python is needed")
    rows = {}
    with arguments.out.open("a") as file:
        when = datetime.now(UTC).isoformat(timespec="seconds")
        for name in MEASURES:
            python = arguments.package_python if name == "package" else sys.executable
            rows[name] = child(python, name, arguments.data) | {"run": when, "processor": processor()}
            file.write(json.dumps(rows[name]) + "\n")
    tell(rows)


def processor() -> str:
    """The processor's own name where the system tells it."""
    info = Path("/proc/cpuinfo")
    for line in info.read_text().splitlines() if info.exists() else []:
        if line.startswith("model name"):
            return line.split(":", 1)[1].strip()
    return platform.processor() or platform.machine()


def tell(rows: dict[str, Row]) -> None:
    package, ours, memory = (rows[name] for name in MEASURES)
    alone = ours["q_jod_only"]["cpu_s"]
    print(f"1920 x 1080, {THREADS} threads, CPU seconds a probe (best of {RUNS}):")
    print(f"  package {package['cpu_s']:.3f}   reads {package['q_jod']:.5f} JOD")
    print(f"  ours    {ours['cpu_s']:.3f}   reads {ours['q_jod']:.5f} JOD; the whole-picture JOD alone {alone:.3f}")
    print(f"  ratio   {package['cpu_s'] / ours['cpu_s']:.1f}; JOD alone {package['cpu_s'] / alone:.1f}")
    print(f"  watching the reference once {ours['watched']['cpu_s']:.3f}")
    print(
        f"12 megapixels: peak {memory['peak_mib']:.0f} MiB, {memory['peak_mib_before']:.0f} before the first watching"
    )
    print(f"  watched {memory['watched']['wall_s']:.1f} s, probe {memory['wall_s']:.1f} s (CPU {memory['cpu_s']:.1f})")


if __name__ == "__main__":
    main()
