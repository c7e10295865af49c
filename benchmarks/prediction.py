"""Seconds of what looks at a picture: the network `knob` before an encode, a probe by `vpjnd` or `cvvdp` after it.

    python benchmarks/prediction.py DATA     writes rows/prediction.jsonl

1920 x 1080 pixels of the picture that benchmarks/observer_speed.py takes, two threads; each runtime in a process of
its own. The knob's seconds are of all its work on a picture; a probe reads one decoded version of a watched picture,
and watching (patches, JND map) stands beside it.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import cv2

from jndkit.codecs import codec
from jndkit.inference import available
from jndkit.observers import observer
from jndkit.picture import Picture
from jndkit.picturewise.prediction import predictor
from jndkit.viewing import DISPLAYS
from observer_speed import best, peak_mib, picture

ROWS = Path(__file__).parent / "rows" / "prediction.jsonl"
THREADS = 2
SIZE = (1920, 1080)
LIMIT = 0.3  # seconds


def measure(data: Path) -> dict[str, Any]:
    """Seconds of the three in this process."""
    cv2.setNumThreads(THREADS)
    reference = Picture(rgb=picture(data, *SIZE))
    jpeg, display = codec("jpeg"), DISPLAYS["desktop"]
    coded = jpeg.decode(jpeg.encode(reference, 80.0))
    row: dict[str, Any] = {"knob": best(lambda: predictor(reference, display)(jpeg).knob(0.472))}
    for name in ("cvvdp", "vpjnd"):
        watched = observer(name).watch(reference, display)
        row[f"{name}_watch"] = best(partial(observer(name).watch, reference, display), runs=3)
        row[name] = best(partial(watched, coded))
    row["encode_decode"] = best(lambda: jpeg.decode(jpeg.encode(reference, 80.0)))
    return row | {"peak_mb": round(peak_mib())}


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("data", type=Path)
    asked.add_argument("--one", help=argparse.SUPPRESS)
    options = asked.parse_args()
    if options.one:
        print(json.dumps(measure(options.data)))
        return
    rows = []
    for runtime in available():
        done = subprocess.run(
            [sys.executable, __file__, str(options.data), "--one", runtime],
            env={**os.environ, "JNDKIT_RUNTIME": runtime},
            capture_output=True,
            text=True,
            check=True,
        )
        told = {"runtime": runtime, "size": list(SIZE), "threads": THREADS, "limit_s": LIMIT}
        rows.append({**told, **json.loads(done.stdout), "run": datetime.now(UTC).isoformat(timespec="seconds")})
        shown = {name: round(each["wall_s"], 3) for name, each in rows[-1].items() if isinstance(each, dict)}
        print(json.dumps({"runtime": runtime, **shown, "peak_mb": rows[-1]["peak_mb"]}))
    ROWS.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")


if __name__ == "__main__":
    main()
