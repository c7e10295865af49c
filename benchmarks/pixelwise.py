"""Speed and memory of the pixelwise models, one JSON object per line on stdout.

    python benchmarks/pixelwise.py                          every model at 1920 x 1080 and 0.25 .. 24 megapixels
    python benchmarks/pixelwise.py --megapixels 24 --picture photo.png

cpu_ms: median processor time, milliseconds, one thread, of `repeats` maps.  mp_per_s: megapixels per processor second.
peak_mb: memory the first map needed beyond the luma plane, its result included, megabytes.
"""

from __future__ import annotations

import argparse
import itertools
import json
import multiprocessing
import resource
import statistics
import sys
import tempfile
import time
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from jndkit.pixelwise import MODELS, jnd_map
from jndkit.pixelwise.terms.luma import luma

MEGAPIXELS = (0.25, 1.0, 4.0, 12.0, 24.0)
REPEATS = 5
ENOUGH = 10.0  # seconds: slow maps are not repeated beyond


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", nargs="+", choices=list(MODELS), default=list(MODELS))
    parser.add_argument("--variant", choices=("code", "paper", "fast"), default="code")
    parser.add_argument("--megapixels", nargs="+", type=float, help="sizes at 3:2 instead of the usual ones")
    parser.add_argument("--picture", type=Path, help="a photograph to scale, instead of a synthetic scene")
    options = parser.parse_args()
    sizes = [(1920, 1080)] if options.megapixels is None else []
    for megapixels in options.megapixels or MEGAPIXELS:
        width = round((megapixels * 1e6 * 1.5) ** 0.5)
        sizes.append((width, round(megapixels * 1e6 / width)))
    # Fresh processes, since a peak never sinks and children inherit it: one makes the plane, one nothing but the map.
    context = multiprocessing.get_context("spawn")
    with tempfile.TemporaryDirectory() as folder:
        for model, (width, height) in itertools.product(options.model, sizes):
            file = Path(folder) / "plane.npy"
            with context.Pool(1, maxtasksperchild=1) as pool:
                pool.apply(prepare, (file, width, height, options.picture))
                row = pool.apply(measure, (model, options.variant, file))
            row["scene"] = "synthetic" if options.picture is None else options.picture.name
            print(json.dumps(row), flush=True)


def prepare(file: Path, width: int, height: int, picture: Path | None) -> None:
    """Saves a luma plane of one size."""
    np.save(file, scene(width, height) if picture is None else photograph(picture, width, height))


def measure(model: str, variant: str, file: Path) -> dict[str, object]:
    """One row: processor time and peak memory of one model on one luma plane."""
    cv2.setNumThreads(1)
    plane = np.load(file)
    height, width = plane.shape
    jnd_map(np.ascontiguousarray(plane[:64, :64]), model, variant=variant)
    before = peak_bytes()
    seconds = []
    for repeat in range(REPEATS):
        start = time.process_time()
        jnd_map(plane, model, variant=variant)
        seconds.append(time.process_time() - start)
        if repeat == 0:
            peak = peak_bytes() - before
        if sum(seconds) > ENOUGH:
            break
    median = statistics.median(seconds)
    return {
        "model": model,
        "variant": variant,
        "width": width,
        "height": height,
        "megapixels": round(width * height / 1e6, 3),
        "cpu_ms": round(median * 1e3, 1),
        "repeats": len(seconds),
        "mp_per_s": round(width * height / 1e6 / median, 1),
        "peak_mb": round(peak / 1e6, 1),
    }


def scene(width: int, height: int) -> npt.NDArray[np.uint8]:
    """Noise whose power falls with frequency as a photograph's does, cut by the outlines of discs; uint8 (H, W)."""
    random = np.random.default_rng(1)
    level = np.full((height, width), 110, np.float32)
    for octave in range(9):
        coarse = random.normal(0, 26 * 0.72 ** (8 - octave), ((height >> octave) + 2, (width >> octave) + 2))
        level += cv2.resize(coarse.astype(np.float32), (width, height), interpolation=cv2.INTER_CUBIC)
    discs = np.zeros((height, width), np.float32)
    for _ in range(60):
        x, y, radius = int(random.integers(width)), int(random.integers(height)), int(random.integers(4, height // 5))
        cv2.circle(discs, (x, y), radius, float(random.uniform(-60, 60)), -1, cv2.LINE_AA)
    level += discs
    return np.clip(level, 0, 255).astype(np.uint8)


def photograph(path: Path, width: int, height: int) -> npt.NDArray[np.uint8]:
    """The luma of a photograph, scaled to a size, uint8 (H, W)."""
    bgr = cv2.imread(str(path), cv2.IMREAD_COLOR)
    if bgr is None:
        sys.exit(f"{path}: not a picture OpenCV can read")
    scaled = cv2.resize(bgr, (width, height), interpolation=cv2.INTER_CUBIC)
    return luma(np.ascontiguousarray(scaled[..., ::-1]))


def peak_bytes() -> int:
    """The most memory this process ever held, bytes."""
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most if sys.platform == "darwin" else most * 1024


if __name__ == "__main__":
    main()
