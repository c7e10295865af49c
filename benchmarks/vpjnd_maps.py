"""What the JND map is worth to the published classifier: the same short training with each map, and with none.

    python benchmarks/vpjnd_maps.py SET          trains on SET/train, reads SET/valid; adds to the rows
    python benchmarks/vpjnd_maps.py --table      the table, from the rows

    --steps 60  --base 12  --seeds 1  --rows FILE

SET is what `jnd datasets build vpjnd` made of both folders. Twice: as it ships, where the pictures themselves say too
how far a difference counts, and where the map alone does. A flat map is the same everywhere. A run takes a minute.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from jndkit.version import VERSION

ROWS = Path(__file__).parent / "rows" / "vpjnd_maps.jsonl"
MAPS = ("chou1995", "resjnd-s", "flat")
OWN = {True: "the pictures too", False: "the map alone"}

Row = dict[str, Any]


def trained(asked: argparse.Namespace, jnd_map: str, own: bool, seed: int) -> dict[str, Any]:
    """What a short run scores at its end, and its processor seconds."""
    from jndkit.training.loop import Run
    from jndkit.training.recipe import load_recipe

    settings = (
        f"data.train={asked.set / 'train'}",
        f"data.valid={asked.set / 'valid'}",
        f"data.map={jnd_map}",
        f"model.own={str(own).lower()}",
        f"model.base={asked.base}",
        f"steps={asked.steps}",
        f"validate_every={asked.steps}",
        f"seed={seed}",
        "data.valid_pictures=12",
    )
    recipe = load_recipe("vpjnd-paper", settings)
    started = time.process_time()
    with tempfile.TemporaryDirectory() as folder:
        scores = Run(recipe, Path(folder), device="cpu").train()
    return {**{key: round(value, 4) for key, value in scores.items()}, "cpu_s": round(time.process_time() - started, 1)}


def run(asked: argparse.Namespace, known: list[Row]) -> None:
    """Train what the rows do not have yet."""
    keys = ("map", "own", "seed", "steps", "base")
    done = {tuple(row[key] for key in keys) for row in known}
    for seed in range(asked.seeds):
        for own in OWN:
            for jnd_map in MAPS:
                place = dict(zip(keys, (jnd_map, own, seed, asked.steps, asked.base), strict=True))
                if tuple(place.values()) in done:
                    continue
                row = {**place, **trained(asked, jnd_map, own, seed), "jndkit": VERSION}
                with asked.rows.open("a", encoding="utf-8") as file:
                    file.write(json.dumps(row) + "\n")
                print(json.dumps(row), file=sys.stderr)


def table(rows: list[Row]) -> str:
    """Markdown: one line for each run."""
    lines = [
        "| says how far a difference counts | map | right, % | within 1.5 of the threshold, % | error of ln(JND) "
        "| of a constant answer's loss gone, % |",
        "|---|---|---|---|---|---|",
    ]
    lines += [
        f"| {OWN[row['own']]} | {row['map']} | {row['accuracy_percent']:.1f} | {row['near_accuracy_percent']:.1f} "
        f"| {row['spread']:.3f} | {row['gain_over_constant_percent']:.1f} |"
        for row in rows
    ]
    if rows:
        commoner, near = rows[0]["commoner_percent"], rows[0]["near_commoner_percent"]
        lines.append(f"| the commoner answer | | {commoner:.1f} | {near:.1f} | | |")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("set", type=Path, nargs="?")
    parser.add_argument("--steps", type=int, default=60)
    parser.add_argument("--base", type=int, default=12)
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--rows", type=Path, default=ROWS)
    parser.add_argument("--table", action="store_true")
    asked = parser.parse_args()
    if asked.set is not None:
        run(asked, read(asked.rows))
    print(table(read(asked.rows)))


def read(path: Path) -> list[Row]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()] if path.exists() else []


if __name__ == "__main__":
    main()
