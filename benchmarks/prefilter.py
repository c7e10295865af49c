"""Bytes that smoothing within a JND map saves at equal visibility, the original always being what is compared with.

    python benchmarks/prefilter.py DATA                         DATA/kodak; adds to rows/prefilter.jsonl
    python benchmarks/prefilter.py DATA --set valid --every 3   every third of DATA/valid, to choose constants by
    python benchmarks/prefilter.py --table                      the tables of docs/prefilter.md, from the rows

    --models wu2017,yang2005  --codecs jpeg,webp  --forms own,wu2017      what to run; rows of the rest are kept

Two figures for each picture: the files that `jnd encode` would write, and, since knobs are discrete, the bytes at the
target itself: ln(bytes) is interpolated over JND between the two neighbouring steps on either side of it.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

ROWS = Path(__file__).parent / "rows" / "prefilter.jsonl"
CODECS = ("jpeg", "webp", "avif")
MODELS = ("wu2017", "yang2005", "chou1995")
VIEWERS = 75.0

Row = dict[str, Any]


def one_picture(path: Path, codecs: list[str], models: list[str], forms: list[str]) -> list[Row]:
    """Rows of one picture: every codec without prefiltering, then with every model and form."""
    import cv2

    from jndkit.codecs import codec as named_codec
    from jndkit.observers.cvvdp import Cvvdp
    from jndkit.picture import load
    from jndkit.picturewise.decision import BUDGET
    from jndkit.picturewise.prediction import predictor
    from jndkit.picturewise.prefilter import Prefiltered, form_for, prefilter_within
    from jndkit.picturewise.probing import Prober
    from jndkit.protocols import protocol
    from jndkit.viewing import DISPLAYS
    from jndkit.visibility import jnd_for

    cv2.setNumThreads(1)
    target = jnd_for(VIEWERS, protocol("aic")[0])
    picture, viewing = load(path), DISPLAYS["desktop"]
    watched = Cvvdp().watch(picture, viewing)
    prober = Prober(picture, watched, predictor(picture, viewing), target, BUDGET["normal"])
    prober.reduced_chroma()
    rows: list[Row] = []
    smoothed: dict[tuple[str, str], Prefiltered | None] = {}
    for name in codecs:
        codec = named_codec(name)
        rows.append({"codec": name, "model": None, "form": None} | _measured(prober, codec))
        for model in models:
            for form in dict.fromkeys(form_for(name) if each == "own" else each for each in forms):
                if (model, form) not in smoothed:
                    smoothed[model, form] = prefilter_within(picture, model, prober.watched, target, form=form)
                prefiltered = smoothed[model, form]
                row: Row = {
                    "codec": name,
                    "model": model,
                    "form": form,
                    "strength": prefiltered and prefiltered.strength,
                }
                row["prefiltered_jnd"] = prefiltered and round(prefiltered.jnd, 5)
                rows.append(
                    row | _measured(replace(prober, picture=prefiltered.picture) if prefiltered else prober, codec)
                )
    return rows


def _measured(prober: Any, codec: Any) -> Row:
    """The file that is chosen, and the bytes at exactly the target (None for lossless files)."""
    from jndkit.codecs import codec as named_codec
    from jndkit.picturewise.decision import decide

    prober = replace(prober, probes=[])
    started = time.process_time()
    found = decide(prober, codec, chroma_free=True)
    row: Row = {"spec": None, "stop": found.stop, "encodes": len(prober.probes), "at_target": None}
    if found.choice is None:
        return row
    spec = found.choice.codec.spec
    row |= {"spec": spec, "value": found.choice.value, "bytes": len(found.choice.data)}
    row["jnd"] = round(found.choice.reading.jnd, 5)
    if found.stop != "lossless":
        chosen = named_codec(spec)
        seen = {chosen.knob.grid.index(p.value): (p.bytes, p.jnd) for p in prober.probes if p.spec == spec}
        row["at_target"] = _at_target(prober, chosen, seen)
    row["cpu_s"] = round(time.process_time() - started, 2)
    return row


def _at_target(prober: Any, codec: Any, seen: dict[int, tuple[int, float]]) -> float | None:
    """Bytes at the target, between the cheapest step that passes and the next worse one; reads what is missing."""
    step = min(index for index, (_, jnd) in seen.items() if jnd <= prober.target)
    while step > 0:
        if step - 1 not in seen:
            data, reading, _ = prober.probe(codec, codec.knob.grid[step - 1])
            seen[step - 1] = len(data), reading.jnd
        if seen[step - 1][1] > prober.target:
            (worse, far), (better, near) = seen[step - 1], seen[step]
            part = (prober.target - near) / (far - near)
            return round(math.exp((1 - part) * math.log(better) + part * math.log(worse)), 1)
        step -= 1
    return None


def table(rows: list[Row], which: str) -> None:
    """Markdown: one line for each codec, form and model."""
    plain = {(row["input"], row["codec"]): row for row in rows if row["model"] is None and row["set"] == which}
    print(f"| {which}: codec | form | model | n | strength | prefiltered alone, JND | bytes at the target, % "
          "| smaller on | bytes of the files, % |")  # fmt: skip
    print("|---|---|---|---|---|---|---|---|---|")
    groups = dict.fromkeys((r["codec"], r["form"], r["model"]) for r in rows if r["model"] and r["set"] == which)
    for codec, form, model in groups:
        some = [r for r in rows if (r["codec"], r["form"], r["model"], r["set"]) == (codec, form, model, which)]
        pairs = [(row, plain[row["input"], codec]) for row in some]
        pairs = [(a, b) for a, b in pairs if a["at_target"] and b["at_target"]]
        if not pairs:
            continue
        change = np.array([100 * (a["at_target"] / b["at_target"] - 1) for a, b in pairs])
        files = np.array([100 * (a["bytes"] / b["bytes"] - 1) for a, b in pairs])
        strength = np.mean([a["strength"] or 0 for a, _ in pairs])
        alone = np.mean([a["prefiltered_jnd"] or 0 for a, _ in pairs])
        print(f"| {codec} | {form} | {model} | {len(pairs)} | {strength:.2f} | {alone:.3f} | {_interval(change)} "
              f"| {(change < 0).sum()} | {_interval(files)} |")  # fmt: skip


def _interval(values: Any) -> str:
    """Mean and its 95 % interval over pictures, by bootstrap."""
    drawn = np.random.default_rng(1).choice(values, (10_000, len(values))).mean(axis=1)
    low, high = np.percentile(drawn, [2.5, 97.5])
    return f"{values.mean():+.1f} ({low:+.1f} to {high:+.1f})"


def _key(row: Row) -> tuple[Any, ...]:
    return row["set"], row["input"], row["codec"], row["form"], row["model"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, nargs="?")
    parser.add_argument("--set", default="kodak")
    parser.add_argument("--every", type=int, default=1)
    parser.add_argument("--codecs", default=",".join(CODECS))
    parser.add_argument("--models", default=",".join(MODELS))
    parser.add_argument("--forms", default="own")
    parser.add_argument("--rows", type=Path, default=ROWS)
    parser.add_argument("--table", action="store_true")
    asked = parser.parse_args()
    lists = [value.split(",") for value in (asked.codecs, asked.models, asked.forms)]
    known = {}
    if asked.rows.exists():
        known = {_key(row): row for row in map(json.loads, asked.rows.read_text().splitlines())}
    if asked.data is not None:
        for path in sorted((asked.data / asked.set).rglob("*.png"))[:: asked.every]:
            place = {"set": asked.set, "input": str(path.relative_to(asked.data))}
            rows = [place | row for row in one_picture(path, *lists)]
            known |= {_key(row): row for row in rows}
            asked.rows.write_text("".join(json.dumps(row) + "\n" for row in known.values()))
            print(place["input"], file=sys.stderr)
    if asked.table:
        for which in dict.fromkeys(row["set"] for row in known.values()):
            table(list(known.values()), which)
            print()


if __name__ == "__main__":
    main()
