"""The main job on real pictures: bytes, encodes, seconds, memory and what was reached, beside fixed settings.

    python benchmarks/encode.py DATA            DATA/kodak and DATA/valid; writes rows/encode.jsonl
    python benchmarks/encode.py DATA --codecs jpeg  only that; of the others the rows stay
    python benchmarks/encode.py DATA --resaved  DATA/valid saved as JPEG 75, 85, 95 before; writes rows/resaved.jsonl
    python benchmarks/encode.py DATA --resaved --panel  every sixth of these by both observers; resaved_panel.jsonl
    python benchmarks/encode.py DATA --protocols  DATA/kodak under two protocols; rows/protocol_bytes.jsonl
    python benchmarks/encode.py --table         the tables of the README, from the rows

Every picture runs in a fresh process, so that seconds are those of a first picture and memory is its own peak; the
libraries are there before it starts. With --codecs what is known of the fixed settings stays, too.
"""

from __future__ import annotations

import argparse
import itertools
import json
import math
import multiprocessing
import resource
import statistics
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

ROWS = Path(__file__).parent / "rows"
CODECS = ("jpeg", "webp", "avif", "heic")
FIXED = {"jpeg": {"q90": 90, "q95": 95, "default": 75}, "webp": {"q90": 90, "q95": 95, "default": 80}}
FIXED["avif"] = {"q90": 90, "q95": 95, "default": 75}
FIXED["heic"] = {"q90": 90, "q95": 95, "default": 50}
RESAVED = (75, 85, 95)
BY_PANEL = 6  # every so many pictures
PROTOCOLS = ("aic", "side-by-side")

Rows = Sequence[dict[str, Any]]
Fixed = dict[str, dict[str, float]]


def one_picture(job: tuple[str, str, str, Fixed | None]) -> dict[str, Any]:
    """One row: the encode's own Row, processor seconds, and bytes and JND of the codec's fixed settings in 4:2:0.

    job: folder, picture, codec, and what is known of the fixed settings.
    """
    data, name, codec, fixed = job
    from jndkit.errors import JndError
    from jndkit.evidence import failed
    from jndkit.pipeline import encode

    before = time.process_time()
    try:
        row = json.loads(encode(Path(data) / name, codec=codec, min_saving=0).row.to_json())
        row["processor_seconds"] = round(time.process_time() - before, 4)
    except JndError as error:
        row = json.loads(failed(name, error, codec=codec).to_json())
    row["peak_mb"] = round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
    row["input"] = name
    row["asked"] = codec
    row["fixed"] = fixed or _fixed(Path(data) / name, codec)
    return dict(row)


def _fixed(path: Path, name: str) -> Fixed:
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


def one_resaved(job: tuple[str, str, int, str]) -> dict[str, Any]:
    """Encode a picture that was a JPEG already, then encode our own result again. job: ends with the observer."""
    data, name, quality, observer = job
    from PIL import Image

    from jndkit.comparison import compare
    from jndkit.pipeline import encode

    with tempfile.TemporaryDirectory() as folder:
        again = Path(folder) / "again.jpg"
        Image.open(Path(data) / name).convert("RGB").save(again, "JPEG", quality=quality)
        first = encode(again, observer=observer)
        row = json.loads(first.row.to_json())
        if first.data is not None:
            ours = Path(folder) / "ours.jpg"
            ours.write_bytes(first.data)
            row["ssimulacra2_jnd"] = round(compare(again, ours, observer="ssimulacra2").jnd, 4)
            row["second_time"] = encode(ours, observer=observer).row.status
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


def run(worker: Any, jobs: list[Any], target: Path, processes: int, kept: Rows = ()) -> None:
    """Run the jobs, a fresh process each. kept: earlier rows that stay."""
    target.parent.mkdir(exist_ok=True)
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["jndkit.pipeline", "jndkit.comparison", "jndkit.observers.cvvdp"])
    with (
        target.open("w") as out,
        ProcessPoolExecutor(processes, mp_context=context, max_tasks_per_child=1) as pool,
    ):
        for row in itertools.chain(kept, pool.map(worker, jobs)):
            out.write(json.dumps(row) + "\n")
            out.flush()


def read(file: Path) -> Rows:
    """The rows of a file; none where there is none."""
    return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []


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

    seconds = statistics.mean(row["processor_seconds" if "processor_seconds" in row else "seconds"] for row in done)
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
    """Markdown: what is left of JPEG files, and how often their own coefficients were used for it."""
    print("| saved before at | n | written | in place | bytes after / before, where written | JND mean (max) "
          "| SSIMULACRA2 reads | encodes | second time |")  # fmt: skip
    print("|---|---|---|---|---|---|---|---|---|")
    by_quality = defaultdict(list)
    for row in rows:
        by_quality[row["resaved"]].append(row)
    for quality, some in sorted(by_quality.items()):
        written = [row for row in some if row["status"] == "written"]
        shares = [row["bytes"] / row["input_bytes"] for row in written]
        mean = f"{statistics.mean(shares):.2f} (at most {max(shares):.2f})" if shares else "-"
        again = dict(Counter(row["second_time"] for row in written))
        place = sum(row["codec"] == "jpeg:requantised" for row in written)
        read = [row["jnd"] for row in written]
        jnd = f"{statistics.mean(read):.3f} ({max(read):.3f})" if read else "-"
        second = statistics.mean(row["ssimulacra2_jnd"] for row in written) if written else math.nan
        encodes = statistics.mean(row["encodes"] for row in some)
        print(f"| {quality} | {len(some)} | {len(written)} | {place} | {mean} | {jnd} | {second:.2f} | {encodes:.2f} "
              f"| {again} |")  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, nargs="?")
    parser.add_argument("--codecs", nargs="*", choices=CODECS, default=CODECS)
    parser.add_argument("--resaved", action="store_true")
    parser.add_argument("--panel", action="store_true")
    parser.add_argument("--protocols", action="store_true")
    parser.add_argument("--table", action="store_true")
    parser.add_argument("--jobs", type=int, default=1)
    asked = parser.parse_args()
    if asked.data is not None and asked.resaved:
        names = sorted(str(path.relative_to(asked.data)) for path in (asked.data / "valid").rglob("*.png"))
        target, some, observer = ROWS / "resaved.jsonl", names, "cvvdp"
        if asked.panel:
            target, some, observer = ROWS / "resaved_panel.jsonl", names[::BY_PANEL], "panel"
        run(one_resaved, [(str(asked.data), n, q, observer) for n in some for q in RESAVED], target, asked.jobs)
    elif asked.data is not None:
        names = [
            str(p.relative_to(asked.data)) for s in ("kodak", "valid") for p in sorted((asked.data / s).rglob("*.png"))
        ]
        target = ROWS / ("protocol_bytes.jsonl" if asked.protocols else "encode.jsonl")
        earlier = read(target)
        kept = [row for row in earlier if row["asked"] not in asked.codecs]
        if asked.protocols:
            shown = [name for name in names if name.startswith("kodak")]
            held = [(str(asked.data), n, c, p) for n in shown for c in asked.codecs for p in PROTOCOLS]
            run(one_protocol, held, target, asked.jobs, kept)
            return
        # Where only some codecs are asked for, it is our own part that has changed.
        fixed = {(row["input"], row["asked"]): row["fixed"] for row in earlier if kept}
        jobs = [(str(asked.data), n, c, fixed.get((n, c))) for n in names for c in asked.codecs]
        run(one_picture, jobs, target, asked.jobs, kept)
    if asked.table:
        tables = (encode_table, "encode"), (protocol_table, "protocol_bytes")
        for table, name in (*tables, (resaved_table, "resaved"), (resaved_table, "resaved_panel")):
            table(read(ROWS / f"{name}.jsonl"))
            print()


if __name__ == "__main__":
    main()
