"""Seconds, CPU seconds and memory of JND-LIC: a first and a second picture in fresh processes, in each runtime.

    python benchmarks/jndlic_speed.py DATA [--knob 28] [--runtimes onnxruntime]     writes rows/jndlic_speed.jsonl

The pictures are mirrored tilings of a photograph of DATA/valid. A process encodes or decodes one picture twice, on
THREADS threads: the first time includes all that is loaded, the second is what each further picture costs. The last
line says how many multiply-adds a pixel takes.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from cold_start import tiled
from observer_speed import peak_mib, processor, timed

ROWS = Path(__file__).parent / "rows" / "jndlic_speed.jsonl"
SIZES = ((768, 512), (1920, 1080), (6000, 4000))
RUNTIMES = ("onnxruntime", "openvino")
LIMITS = {(768, 512): 1.5, (1920, 1080): 6.0}  # seconds, with the base install
MEMORY = 2048.0  # MiB, for 24 megapixels
THREADS = 2
REPEATS = 3

Row = dict[str, Any]


def measure(verb: str, picture: Path, file: Path, knob: int) -> Row:
    """One picture twice, in this process. picture: .npy, uint8 (H, W, 3).  file: written by `encode`."""
    import cv2

    cv2.setNumThreads(THREADS)
    rgb = np.load(picture)

    def encode() -> None:
        from jndkit.codecs.jndlic import JndLic
        from jndkit.picture import Picture

        file.write_bytes(JndLic().encode(Picture(rgb), knob))

    def decode() -> None:
        from jndkit.codecs.jndlic import read

        read(file.read_bytes())

    runs = [timed(encode if verb == "encode" else decode) for _ in range(2)]
    return {
        **{f"{when}_cpu_s": round(cpu, 3) for when, (cpu, _) in zip(("first", "next"), runs, strict=True)},
        **{f"{when}_s": round(wall, 3) for when, (_, wall) in zip(("first", "next"), runs, strict=True)},
        "peak_mib": peak_mib(),
        "bytes": file.stat().st_size,
    }


def child(runtime: str, *arguments: str | Path) -> Row:
    """One measurement in a process of its own; of some, that with the shortest first picture."""
    limits = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), str(THREADS))
    command = [sys.executable, __file__, "--measure", *map(str, arguments)]
    environment = os.environ | limits | {"JNDKIT_RUNTIME": runtime}
    repeats = 1 if "6000x4000" in str(arguments[1]) else REPEATS
    answers = [subprocess.run(command, env=environment, stdout=subprocess.PIPE, check=True) for _ in range(repeats)]
    row: Row = min((json.loads(answer.stdout) for answer in answers), key=lambda each: each["first_s"])
    return row


def multiply_adds() -> Row:
    """Thousands of multiply-adds a pixel, from the cards; that of a context counts all its passes."""
    from jndkit import weights
    from jndkit.codecs.jndlic import model

    name = model.current()

    def cost(*parts: str) -> float:
        return sum(weights.find(f"{name}-{part}").card.macs_per_pixel for part in parts) / 1000

    entropy = cost("hyper", *model.layout_of(name).names)
    analysis, synthesis = cost("analysis"), cost("synthesis")
    both = {"encode": round(analysis + entropy, 3), "decode": round(synthesis + entropy, 3)}
    return {"weights": name, "analysis": analysis, "entropy": round(entropy, 3), "synthesis": synthesis} | both


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, nargs="?")
    parser.add_argument("--knob", type=int, default=28)
    parser.add_argument("--runtimes", nargs="*", default=RUNTIMES, choices=RUNTIMES)
    parser.add_argument("--sizes", nargs="*", default=[f"{width}x{height}" for width, height in SIZES])
    parser.add_argument("--out", type=Path, default=ROWS)
    parser.add_argument("--measure", nargs=4, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.measure:
        verb, picture, file, knob = asked.measure
        print(json.dumps(measure(verb, Path(picture), Path(file), int(knob))))
        return
    if asked.data is None:
        parser.error("DATA is needed")
    source = sorted((asked.data / "valid" / "clic25_final").glob("*.png"))[0]
    about = {"knob": asked.knob, "threads": THREADS, "processor": processor(), "python": platform.python_version()}
    rows = []
    with tempfile.TemporaryDirectory() as name:
        for size in asked.sizes:
            width, height = map(int, size.split("x"))
            picture, file = Path(name) / f"{size}.npy", Path(name) / f"{size}.jlic"
            np.save(picture, np.asarray(tiled(source, width, height)))
            for runtime in asked.runtimes:
                for verb in ("encode", "decode"):
                    found = child(runtime, verb, picture, file, str(asked.knob))
                    limits = {"limit_s": LIMITS.get((width, height)), "limit_mib": MEMORY}
                    rows.append({"width": width, "height": height, "runtime": runtime, "verb": verb} | found | limits)
                    rows[-1] |= about
                    print(json.dumps(rows[-1]), flush=True)
    rows.append({"kilo_multiply_adds": multiply_adds()})
    print(json.dumps(rows[-1]))
    asked.out.write_text("".join(json.dumps(row) + "\n" for row in rows))


if __name__ == "__main__":
    main()
