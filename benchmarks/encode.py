"""The main job on real pictures: bytes, encodes, seconds, memory and what was reached, beside fixed settings.

    python benchmarks/encode.py DATA            DATA/kodak and DATA/valid; writes rows/encode.jsonl
    python benchmarks/encode.py DATA --resaved  DATA/valid saved as JPEG 75, 85, 95 before; writes rows/resaved.jsonl
    python benchmarks/encode.py DATA --protocols  DATA/kodak under two protocols; rows/protocol_bytes.jsonl
    python benchmarks/encode.py --table         the tables of the README, from the rows

Every picture runs in a fresh process, so that seconds are those of a first picture and memory is its own peak.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import resource
import statistics
import tempfile
import time
from collections import Counter, defaultdict
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

ROWS = Path(__file__).parent / "rows"
CODECS = ("jpeg", "webp", "avif", "heic")
FIXED = {"jpeg": {"q90": 90, "q95": 95, "default": 75}, "webp": {"q90": 90, "q95": 95, "default": 80}}
FIXED["avif"] = {"q90": 90, "q95": 95, "default": 75}
FIXED["heic"] = {"q90": 90, "q95": 95, "default": 50}
RESAVED = (75, 85, 95)
PROTOCOLS = ("aic", "side-by-side")

Rows = list[dict[str, Any]]


def one_picture(job: tuple[str, str, str]) -> dict[str, Any]:
    """One row: the encode's own Row, and bytes and JND of the codec's fixed settings in 4:2:0."""
    data, name, codec = job
    from jndkit.errors import JndError
    from jndkit.evidence import failed
    from jndkit.pipeline import encode

    try:
        row = json.loads(encode(Path(data) / name, codec=codec, min_saving=0).row.to_json())
    except JndError as error:
        row = json.loads(failed(name, error, codec=codec).to_json())
    row["peak_mb"] = round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
    row["input"] = name
    row["asked"] = codec
    row["fixed"] = _fixed(Path(data) / name, codec)
    return dict(row)


def _fixed(path: Path, name: str) -> dict[str, dict[str, float]]:
    from jndkit.codecs import codec
    from jndkit.observers.cvvdp import Cvvdp
    from jndkit.picture import load
    from jndkit.viewing import DISPLAYS

    picture, configured = load(path), codec(name)
    watched = Cvvdp().watch(picture, DISPLAYS["desktop"])
    out = {}
    for label, value in FIXED[name].items():
        data = configured.encode(picture, min(configured.knob.grid, key=lambda step: abs(step - value)))
        out[label] = {"bytes": len(data), "jnd": round(watched(configured.decode(data)).jnd, 5)}
    return out


def one_resaved(job: tuple[str, str, int]) -> dict[str, Any]:
    """Encode a picture that was a JPEG already, then encode our own result again."""
    data, name, quality = job
    from PIL import Image

    from jndkit.pipeline import encode

    with tempfile.TemporaryDirectory() as folder:
        again = Path(folder) / "again.jpg"
        Image.open(Path(data) / name).convert("RGB").save(again, "JPEG", quality=quality)
        first = encode(again)
        row = json.loads(first.row.to_json())
        if first.data is not None:
            ours = Path(folder) / "ours.jpg"
            ours.write_bytes(first.data)
            row["second_time"] = encode(ours).row.status
    return {**row, "input": name, "resaved": quality}


def one_protocol(job: tuple[str, str, str, str]) -> dict[str, Any]:
    """What one protocol takes: the encode's own Row, and processor seconds of the second of two encodes."""
    data, name, codec, protocol = job
    from jndkit.errors import JndError
    from jndkit.evidence import failed
    from jndkit.pipeline import encode

    try:
        encode(Path(data) / name, codec=codec, protocol=protocol, min_saving=0)
        before = time.process_time()
        row = json.loads(encode(Path(data) / name, codec=codec, protocol=protocol, min_saving=0).row.to_json())
        row["processor_seconds"] = round(time.process_time() - before, 4)
    except JndError as error:
        row = json.loads(failed(name, error, codec=codec).to_json())
    return {**row, "input": name, "asked": codec, "protocol": protocol}


def run(worker: Any, jobs: list[Any], target: Path, processes: int) -> None:
    """Run the jobs that have no row yet, a fresh process each."""
    target.parent.mkdir(exist_ok=True)
    context = multiprocessing.get_context("spawn")
    with (
        target.open("w") as out,
        ProcessPoolExecutor(processes, mp_context=context, max_tasks_per_child=1) as pool,
    ):
        for row in pool.map(worker, jobs):
            out.write(json.dumps(row) + "\n")
            out.flush()


def encode_table(rows: Rows) -> None:
    """Markdown: one line per set and codec."""
    print("| pictures | codec | n | JND mean (max) | bytes / q90 | / q95 | / default | q90 visible | q95 visible "
          "| default visible | encodes | s | peak MB | ends |")  # fmt: skip
    print("|---|---|---|---|---|---|---|---|---|---|---|---|---|---|")
    for where in ("kodak", "valid"):
        for name in CODECS:
            some = [row for row in rows if row["input"].startswith(where) and row["asked"] == name]
            done = [row for row in some if row["error"] is None]
            if done:
                print(_line(where, name, some, done))


def _line(where: str, name: str, some: Rows, done: Rows) -> str:
    def ratio(label: str) -> str:
        return f"{statistics.mean(row['bytes'] / row['fixed'][label]['bytes'] for row in done):.2f}"

    def visible(label: str) -> str:
        seen = sum(row["fixed"][label]["jnd"] > row["target"]["jnd"] for row in done)
        return f"{100 * seen / len(done):.0f} %"

    seconds = statistics.mean(row["seconds"] for row in done)
    lossy = [row["jnd"] for row in done if row["stop"] != "lossless"]
    ends = ", ".join(
        f"{count} {stop}" for stop, count in Counter(row["stop"] or "failed" for row in some).most_common()
    )
    return (
        f"| {where} | {name} | {len(done)} | {statistics.mean(lossy):.3f} ({max(lossy):.3f}) | {ratio('q90')} "
        f"| {ratio('q95')} | {ratio('default')} | {visible('q90')} | {visible('q95')} | {visible('default')} "
        f"| {statistics.mean(row['encodes'] for row in done):.2f} | {seconds:.2f} "
        f"| {max(row['peak_mb'] for row in done)} | {ends} |"
    )


def protocol_table(rows: Rows) -> None:
    """Markdown: what side-by-side takes of aic's, over the pictures that both reach."""
    print("| codec | n | bytes | JND reads | encodes | processor seconds |\n|---|---|---|---|---|---|")
    strict, other = PROTOCOLS
    by_key = {(row["input"], row["asked"], row["protocol"]): row for row in rows if row["error"] is None}
    for name in CODECS:
        pairs = [
            (row, by_key[picture, codec, other])
            for (picture, codec, protocol), row in by_key.items()
            if (codec, protocol) == (name, strict) and (picture, codec, other) in by_key
        ]
        if pairs:
            ratio = statistics.mean(b["bytes"] / a["bytes"] for a, b in pairs)
            read, tried, took = (
                " -> ".join(f"{statistics.mean(row[key] for row in side):.2f}" for side in zip(*pairs, strict=True))
                for key in ("reading", "encodes", "processor_seconds")
            )
            print(f"| {name} | {len(pairs)} | {ratio:.2f} | {read} | {tried} | {took} |")


def resaved_table(rows: Rows) -> None:
    print("| saved before at | n | written | kept | bytes after / before, where written | second time |")
    print("|---|---|---|---|---|---|")
    by_quality = defaultdict(list)
    for row in rows:
        by_quality[row["resaved"]].append(row)
    for quality, some in sorted(by_quality.items()):
        written = [row for row in some if row["status"] == "written"]
        shares = [row["bytes"] / row["input_bytes"] for row in written]
        mean = f"{statistics.mean(shares):.2f} (at most {max(shares):.2f})" if shares else "-"
        again = dict(Counter(row["second_time"] for row in written))
        print(f"| {quality} | {len(some)} | {len(written)} | {len(some) - len(written)} | {mean} | {again} |")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, nargs="?")
    parser.add_argument("--resaved", action="store_true")
    parser.add_argument("--protocols", action="store_true")
    parser.add_argument("--table", action="store_true")
    parser.add_argument("--jobs", type=int, default=1)
    asked = parser.parse_args()
    if asked.data is not None and asked.resaved:
        names = sorted(str(path.relative_to(asked.data)) for path in (asked.data / "valid").rglob("*.png"))
        run(one_resaved, [(str(asked.data), n, q) for n in names for q in RESAVED], ROWS / "resaved.jsonl", asked.jobs)
    elif asked.data is not None:
        names = [
            str(p.relative_to(asked.data)) for s in ("kodak", "valid") for p in sorted((asked.data / s).rglob("*.png"))
        ]
        if asked.protocols:
            shown = [name for name in names if name.startswith("kodak")]
            jobs = [(str(asked.data), n, c, p) for n in shown for c in CODECS for p in PROTOCOLS]
            run(one_protocol, jobs, ROWS / "protocol_bytes.jsonl", asked.jobs)
            return
        run(one_picture, [(str(asked.data), n, c) for n in names for c in CODECS], ROWS / "encode.jsonl", asked.jobs)
    if asked.table:
        tables = (encode_table, "encode"), (protocol_table, "protocol_bytes"), (resaved_table, "resaved")
        for table, name in tables:
            table([json.loads(line) for line in (ROWS / f"{name}.jsonl").read_text().splitlines()])
            print()


if __name__ == "__main__":
    main()
