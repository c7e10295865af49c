"""Seconds and memory of one `jnd encode`, the whole process from a cold start, at three sizes.

    python benchmarks/cold_start.py DATA        writes rows/cold_start.jsonl
    python benchmarks/cold_start.py --peers     writes rows/cold_jpeg.jsonl: PNG to JPEG, up to 60 megapixels, of the
                                                photograph that ships, beside Pillow at quality 90

The larger pictures are mirrored tilings of a photograph of DATA/valid, saved as JPEG quality 97 as a camera would.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
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
LAKE = Path(__file__).parents[1] / "examples" / "lake.png"
PEER_ROWS = ROWS.with_name("cold_jpeg.jsonl")
PEER_SIZES = (*SIZES, (10000, 6000))
PEER = "import sys; from PIL import Image; Image.open(sys.argv[1]).save(sys.argv[2], quality=90)"


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
    output = folder / f"out{'.jpg' if codec.startswith('jpeg') else '.' + codec}"
    asked = ["encode", str(picture), "-o", str(output), "--codec", codec, "--json", "--force"]
    *used, said = process(code, *asked)
    return used[0], used[1], used[2], json.loads(said)


def process(code: str, *arguments: str) -> tuple[float, float, float, str]:
    """(wall seconds, CPU seconds, peak MB, stdout) of Python code run by itself."""
    # As installed: with its bytecode there.
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    started = time.perf_counter()
    with subprocess.Popen(
        [sys.executable, "-c", code, *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env=environment,
    ) as running:
        assert running.stdout is not None
        said = running.stdout.read()
        _, status, used = os.wait4(running.pid, 0)  # of this process alone, not of the largest so far
        running.returncode = os.waitstatus_to_exitcode(status)
    seconds = time.perf_counter() - started
    if running.returncode:
        raise RuntimeError(f"{arguments}: {said}")
    return seconds, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024, said


def beside_peers(source: Path, most: int) -> None:
    """The best of several runs, since other work of the machine only adds to them; its load is in the rows."""
    rows = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for width, height in PEER_SIZES:
            picture, output = folder / f"{width}x{height}.png", str(folder / "peer.jpg")
            # In a process of its own: the peak of a process starts from what its parent had when it was started.
            drawing = multiprocessing.get_context("spawn").Process(target=drawn, args=(source, width, height, picture))
            drawing.start()
            drawing.join()
            repeats = most if width * height < 20_000_000 else 1
            for coder in ("pillow q90", "jpeg:plain", "jpeg"):
                runs = []
                for _ in range(repeats):
                    if coder == "pillow q90":
                        runs.append((*process(PEER, str(picture), output)[:3], {"bytes": Path(output).stat().st_size}))
                    else:
                        runs.append(once(picture, coder, folder))
                row = runs[0][3]
                rows.append(
                    {
                        "width": width,
                        "height": height,
                        "coder": coder,
                        "seconds": round(min(run[0] for run in runs), 3),
                        "cpu_seconds": round(min(run[1] for run in runs), 3),
                        "peak_mb": round(max(run[2] for run in runs)),
                        "encodes": row.get("encodes", 1),
                        "bytes": row["bytes"],
                        "repeats": repeats,
                        "processors": os.cpu_count(),
                        "load": round(os.getloadavg()[0], 1),
                    }
                )
                print(json.dumps(rows[-1]), flush=True)
                PEER_ROWS.write_text("".join(json.dumps(row) + "\n" for row in rows))


def drawn(source: Path, width: int, height: int, picture: Path) -> None:
    tiled(source, width, height).save(picture, compress_level=1)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, nargs="?")
    parser.add_argument("--codecs", nargs="*", default=["jpeg", "webp", "avif"])
    parser.add_argument("--peers", action="store_true", help="JPEG alone, beside Pillow at quality 90")
    parser.add_argument("--repeats", type=int, default=REPEATS, help="of all but the largest, beside peers")
    asked = parser.parse_args()
    if asked.peers:
        beside_peers(LAKE, asked.repeats)
        return
    if asked.data is None:
        parser.error("DATA is missing")
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
