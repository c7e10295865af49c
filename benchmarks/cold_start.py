"""Seconds and memory of one `jnd encode`, the whole process from a cold start, at three sizes.

    python benchmarks/cold_start.py DATA     writes rows/cold_start.jsonl

The larger pictures are mirrored tilings of a photograph of DATA/valid, saved as JPEG quality 97 as a camera would.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

ROWS = Path(__file__).parent / "rows" / "cold_start.jsonl"
SIZES = ((768, 512), (1920, 1080), (4000, 3000))
LIMITS = {"jpeg": (1.0, 1.8, 15.0), "avif": (None, 6.0, None)}
REPEATS = 3


def tiled(source: Path, width: int, height: int) -> Image.Image:
    """A photograph mirrored until it covers the size."""
    rgb = np.asarray(Image.open(source).convert("RGB"))
    wide = np.concatenate([rgb, rgb[:, ::-1]], axis=1)
    while wide.shape[1] < width:
        wide = np.concatenate([wide, wide], axis=1)
    tall = np.concatenate([wide, wide[::-1]], axis=0)
    while tall.shape[0] < height:
        tall = np.concatenate([tall, tall], axis=0)
    return Image.fromarray(np.ascontiguousarray(tall[:height, :width]))


def once(picture: Path, codec: str, folder: Path) -> tuple[float, float, float, dict[str, Any]]:
    """(wall seconds, CPU seconds, peak MB, row) of one fresh process."""
    code = "import sys; from jndkit.cli import main; sys.exit(main())"
    output = folder / f"out{'.jpg' if codec == 'jpeg' else '.' + codec}"
    asked = ["encode", str(picture), "-o", str(output), "--codec", codec, "--json", "--force"]
    started = time.perf_counter()
    with subprocess.Popen(
        [sys.executable, "-c", code, *asked], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        assert process.stdout is not None
        said = process.stdout.read()
        _, status, used = os.wait4(process.pid, 0)  # of this process alone, not of the largest so far
        process.returncode = os.waitstatus_to_exitcode(status)
    seconds = time.perf_counter() - started
    if process.returncode:
        raise RuntimeError(f"{picture}: {said}")
    return seconds, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024, json.loads(said)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--codecs", nargs="*", default=["jpeg", "webp", "avif"])
    asked = parser.parse_args()
    source = sorted((asked.data / "valid" / "clic25_final").glob("*.png"))[0]
    rows = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for width, height in SIZES:
            picture = folder / f"{width}x{height}.jpg"
            tiled(source, width, height).save(picture, quality=97)
            for codec in asked.codecs:
                runs = sorted(once(picture, codec, folder)[:3] for _ in range(REPEATS))
                row = once(picture, codec, folder)[3]
                wall, cpu, peak = runs[len(runs) // 2]
                limits = dict(zip(SIZES, LIMITS.get(codec, ()), strict=False))
                rows.append(
                    {
                        "width": width,
                        "height": height,
                        "codec": codec,
                        "seconds": round(wall, 3),
                        "cpu_seconds": round(cpu, 3),
                        "peak_mb": round(peak),
                        "encodes": row["encodes"],
                        "limit_s": limits.get((width, height)),
                        "repeats": REPEATS,
                        "processors": os.cpu_count(),
                    }
                )
                print(json.dumps(rows[-1]), flush=True)
    ROWS.write_text("".join(json.dumps(row) + "\n" for row in rows))


if __name__ == "__main__":
    main()
