"""How near the published classifier and the binary block search come to the right knob, at 75 % of viewers.

    python benchmarks/vpjnd_search.py DATA --codec jpeg     DATA/kodak and DATA/valid; adds to rows/vpjnd_search.jsonl
    python benchmarks/vpjnd_search.py DATA --codec bpg      where the truth is known: every third picture of DATA/valid
    python benchmarks/vpjnd_search.py --table               the table, from the rows

    --every 1  --rows FILE

The truth is the observer's, in the rows of `jnd evaluate picturewise`, and the guess beside it is the constant of its
tables. A picture takes 5 to 10 seconds of one core, as BPG a minute. Resumes; rows of other weights are replaced.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from jndkit.batch import ledger
from jndkit.codecs import codec as named_codec
from jndkit.evaluation.intervals import mean
from jndkit.evaluation.picturewise.estimates import fitted_baselines, nearest
from jndkit.evaluation.picturewise.ground_truth import GroundTruth, observed_ground_truth
from jndkit.evaluation.picturewise.rows import GROUND_TRUTH, KnobRow
from jndkit.observers.vpjnd_paper import VpjndPaper
from jndkit.picture import load
from jndkit.picturewise.blocks import block_search
from jndkit.picturewise.decision import suited
from jndkit.protocols import protocol
from jndkit.version import VERSION
from jndkit.viewing import DISPLAYS

ROWS = Path(__file__).parent / "rows" / "vpjnd_search.jsonl"
SHARE = "75"


@cache
def truths(spec: str) -> dict[str, KnobRow]:
    """Picture -> what the observer read of it at the desktop."""
    of = "picturewise_bpg" if spec.startswith("bpg") else "picturewise"
    rows = (KnobRow.from_json(row) for row in ledger.read(ROWS.with_name(f"{of}.jsonl")))
    wanted = (spec, "desktop", GROUND_TRUTH)
    return {row.input: row for row in rows if (row.codec, row.viewing, row.method) == wanted}


def answered(path: Path, name: str, spec: str) -> dict[str, Any]:
    """The knob that the search ends at, None where the classifier sees the best setting too."""
    coder = named_codec(spec)
    grid, picture = coder.knob.grid, suited(load(path), coder)
    observer = VpjndPaper()
    watched = observer.watch(picture, DISPLAYS["desktop"])
    boundary = block_search(lambda step: watched.answer(coder.decode(coder.encode(picture, grid[step]))) > 0, len(grid))
    first = boundary.first_invisible
    value = None if first is None else grid[first]
    told = {"value": value, "encodes": boundary.asked}
    return {"input": name, "codec": spec, "network": observer.version, **told, "jndkit": VERSION}


def run(asked: argparse.Namespace) -> None:
    version = VpjndPaper().version
    known = [row for row in read(asked.rows) if row["network"] == version]
    asked.rows.write_text("".join(json.dumps(row) + "\n" for row in known), encoding="utf-8")
    spec = named_codec(asked.codec).spec
    done = {row["input"] for row in known if row["codec"] == spec}
    for name in sorted(truths(spec))[:: asked.every]:
        if name not in done:
            row = answered(found(asked.data, name), name, spec)
            with asked.rows.open("a", encoding="utf-8") as file:
                file.write(json.dumps(row) + "\n")
            print(json.dumps(row), flush=True)


def found(data: Path, name: str) -> Path:
    """The file of a picture, which some rows name from DATA on and others from DATA/valid on."""
    return next(path for path in (data / name, data / "valid" / name) if path.exists())


def errors(rows: list[dict[str, Any]]) -> Iterator[tuple[str, list[float], list[float]]]:
    """Of every codec the errors of the knob, picture by picture, and those of one setting for all."""
    fit = protocol("aic")[0]
    for spec in dict.fromkeys(row["codec"] for row in rows):
        found, constant = [], []
        for row in rows:
            if row["codec"] == spec:
                observed = truths(spec)[row["input"]]
                truth: GroundTruth = observed_ground_truth(observed, named_codec(spec).knob.grid, fit)
                right = truth.value(truth.boundary[SHARE])
                fitted = fitted_baselines(observed, SHARE) or {}
                found.append(abs(truth.value(truth.step(row["value"])) - right))
                constant.append(abs(truth.value(nearest(truth, fitted["constant"])) - right))
        yield spec, found, constant


def table(rows: list[dict[str, Any]]) -> str:
    """Markdown: one line a codec. Intervals are 95 %, over pictures."""
    lines = ["| codec | pictures | knob error | one setting for all | encodes |", "|---|---|---|---|---|"]
    for spec, found, constant in errors(rows):
        encodes = np.mean([row["encodes"] for row in rows if row["codec"] == spec])
        shown = [f"{each.value:.2f} ± {each.half:.2f}" for each in (mean(found), mean(constant))]
        lines.append(f"| {spec} | {len(found)} | {shown[0]} | {shown[1]} | {encodes:.1f} |")
    return "\n".join(lines)


def read(path: Path) -> list[dict[str, Any]]:
    return list(ledger.read(path)) if path.exists() else []


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, nargs="?")
    parser.add_argument("--codec", default="jpeg")
    parser.add_argument("--every", type=int, default=1)
    parser.add_argument("--rows", type=Path, default=ROWS)
    parser.add_argument("--table", action="store_true")
    asked = parser.parse_args()
    if asked.data is not None:
        run(asked)
    print(table(read(asked.rows)))


if __name__ == "__main__":
    main()
