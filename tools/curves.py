"""Where every search starts: typical curves of ln(JND) over the knob, and how much graver the worst place reads.

    python tools/curves.py DATA          reads DATA/train; writes rows/curves.jsonl and picturewise/curves.json
    python tools/curves.py DATA --fit    only the tables, from rows that exist

Every eighth training photograph x codec x chroma sampling x eight knobs, read at two displays. Resumes.
"""

from __future__ import annotations

import argparse
import io
import json
import math
from collections import defaultdict
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np

ROWS = Path(__file__).parents[1] / "benchmarks" / "rows" / "curves.jsonl"
TABLE = Path(__file__).parents[1] / "src" / "jndkit" / "picturewise" / "curves.json"
EVERY = 8
TARGET = 0.4721  # JND at 75 % of viewers
FLOOR = 0.01  # JND: what reads less is not told apart
KNOBS: dict[str, Sequence[float]] = {
    "jpeg": [20, 40, 55, 68, 78, 86, 92, 97],
    "webp": [20, 40, 60, 74, 84, 91, 95, 98],
    "avif": [25, 40, 52, 62, 71, 79, 86, 93],
    "heic": [20, 32, 42, 51, 60, 70, 80, 92],
    "jxl": [6.0, 4.0, 2.8, 2.0, 1.4, 1.0, 0.6, 0.3],
    "vvc": [45, 40, 35, 31, 27, 23, 19, 14],
    "bpg": [42, 38, 34, 30, 26, 22, 18, 13],
    "jndlic": [12, 18, 23, 28, 33, 38, 44, 52],
}
LOWER_IS_BETTER = ("jxl", "vvc", "bpg")
SPECS = (
    "jpeg:420",
    "jpeg:444",
    "webp",
    "avif:420",
    "avif:444",
    "heic:420",
    "heic:444",
    "jxl",
    "jndlic",
    "bpg:420",
    "bpg:444",
    "jpeg:jpegli,420",
    "jpeg:jpegli,444",
    "jpeg:moz,420",
    "jpeg:moz,444",
    "webp:sharp",
)
LIKE = {
    "bpg:420": "webp",
    "bpg:444": "webp",
    "jpeg:jpegli,420": "jpeg:420",
    "jpeg:jpegli,444": "jpeg:444",
    "jpeg:moz,420": "jpeg:420",
    "jpeg:moz,444": "jpeg:444",
    "webp:sharp": "webp",
}
"""Codec -> the one by whose answers the network `knob` tells it: the one with the least of `_unlike`. HEIC has the same
coder and is yet less like BPG: its quantiser adapts to the place and the picture.
"""
LATER = ("jndlic", *LIKE)  # all searches that were measured knew the reach of the others
FULL_CHROMA = ("jxl", "jndlic", "webp:sharp")
DISPLAYS = ("desktop", "4k")

Means = dict[tuple[str, str, float], float]


def read_picture(job: tuple[str, str, tuple[str, ...]]) -> list[dict[str, Any]]:
    """All rows of one picture."""
    from jndkit.codecs import codec
    from jndkit.codecs.chroma import reduce_chroma
    from jndkit.observers.cvvdp import Cvvdp
    from jndkit.picture import load
    from jndkit.viewing import DISPLAYS as viewings

    data, name, specs = job
    picture = load(Path(data) / name)
    watches = {display: Cvvdp().watch(picture, viewings[display]) for display in DISPLAYS}
    reduced = reduce_chroma(picture.rgb, picture.grey)
    chroma = {display: watched.worst(reduced)[0][0] for display, watched in watches.items()}
    rows = []
    for spec in specs:
        configured = codec(spec)
        for knob in KNOBS[configured.name]:
            coded = configured.encode(picture, knob)
            decoded = configured.decode(coded)
            for display, watched in watches.items():
                (window, _), (local, _) = watched.worst(decoded.rgb)
                rows.append(
                    {
                        "file": name,
                        "codec": spec,
                        "knob": knob,
                        "bytes": len(coded),
                        "viewing": display,
                        "jnd_window": round(window, 5),
                        "jnd_local": round(local, 5),
                        "jnd_chroma": round(chroma[display], 5),
                    }
                )
    return rows


def table(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Mean ln(JND) over pictures at every knob; in 4:2:0 over the pictures whose chroma bears it.

    sigma: root mean square distance of all pictures from that mean. Never less than at a worse knob: the readings near
    the floor only seem to agree.
    """
    from jndkit.viewing import DISPLAYS as viewings

    found: dict[str, dict[str, dict[float, list[float]]]] = defaultdict(lambda: defaultdict(lambda: defaultdict(list)))
    for row in rows:
        if "444" not in row["codec"] and row["codec"] not in FULL_CHROMA and row["jnd_chroma"] > 0.5 * TARGET:
            continue
        found[row["codec"]][row["viewing"]][row["knob"]].append(_level(row))
    means = {
        (spec, display, knob): float(np.mean(levels))
        for spec, displays in found.items()
        for display, knobs in displays.items()
        for knob, levels in knobs.items()
    }
    away = _distances(rows, means)
    out: dict[str, Any] = {"source": "tools/curves.py", "reach": reach(away, means)}
    for spec, displays in found.items():
        knobs = sorted(displays[DISPLAYS[0]])
        out[spec] = {"knob": knobs, "ln_jnd": {}, "sigma": {}}
        for display in DISPLAYS:
            ppd = f"{viewings[display].ppd:.4f}"
            out[spec]["ln_jnd"][ppd] = [round(means[spec, display, knob], 4) for knob in knobs]
            out[spec]["sigma"][ppd] = _sigma(away, spec, display, knobs)
        if spec in LIKE:
            out[spec]["like"], out[spec]["unlike"] = LIKE[spec], _unlike(away, means, spec, LIKE[spec])
    return out


def _unlike(away: dict[tuple[str, str, str], dict[float, float]], means: Means, spec: str, other: str) -> float:
    """Root mean square difference, in ln(JND), of how far pictures lie from the means of two codecs, at equal means."""
    gaps = []
    for (codec, display, name), found in away.items():
        theirs = away.get((other, display, name))
        if codec != spec or theirs is None:
            continue
        levels, distances = zip(*sorted((means[other, display, knob], theirs[knob]) for knob in theirs), strict=True)
        for knob, distance in found.items():
            level = means[spec, display, knob]
            # At the floor a distance is not the picture's.
            if level + distance > math.log(2 * FLOOR) and levels[0] <= level <= levels[-1]:
                gaps.append(distance - float(np.interp(level, levels, distances)))
    return round(float(np.sqrt(np.mean(np.square(gaps)))), 4)


def _level(row: dict[str, Any]) -> float:
    return math.log(max(row["jnd_window"], FLOOR))


def _distances(rows: list[dict[str, Any]], means: Means) -> dict[tuple[str, str, str], dict[float, float]]:
    """(codec, display, picture) -> knob -> how far the picture lies above the mean, in ln(JND)."""
    away: dict[tuple[str, str, str], dict[float, float]] = defaultdict(dict)
    for row in rows:
        codec, display, knob = row["codec"], row["viewing"], row["knob"]
        away[codec, display, row["file"]][knob] = _level(row) - means[codec, display, knob]
    return away


def _sigma(
    away: dict[tuple[str, str, str], dict[float, float]], spec: str, display: str, knobs: list[float]
) -> list[float]:
    some = [found for (codec, seen, _), found in away.items() if (codec, seen) == (spec, display)]
    sigma = np.array([np.sqrt(np.mean([found[knob] ** 2 for found in some])) for knob in knobs])
    better_last = -1 if spec.partition(":")[0] in LOWER_IS_BETTER else 1
    return [round(float(value), 4) for value in np.maximum.accumulate(sigma[::better_last])[::better_last]]


def reach(away: dict[tuple[str, str, str], dict[float, float]], means: Means) -> float:
    """The length L for which distances at two knobs of a picture correlate as exp(-d / L), d apart in mean ln(JND)."""
    pairs = []
    for (spec, display, _), found in away.items():
        if spec in LATER:
            continue
        # At the floor a distance is not the picture's.
        clear = [k for k in found if found[k] + means[spec, display, k] > math.log(2 * FLOOR)]
        for one, other in combinations(clear, 2):
            apart = abs(means[spec, display, one] - means[spec, display, other])
            pairs.append((apart, found[one], found[other]))
    apart, ones, others = np.array(pairs).T
    bins = [(apart >= low) & (apart < low + 0.25) for low in np.arange(0.0, 3.0, 0.25)]
    found_at = np.array([apart[some].mean() for some in bins])
    found_to_be = np.array([np.corrcoef(ones[some], others[some])[0, 1] for some in bins])
    lengths = np.arange(0.1, 20.0, 0.1)
    errors = [float(np.mean((np.exp(-found_at / length) - found_to_be) ** 2)) for length in lengths]
    return round(float(lengths[int(np.argmin(errors))]), 1)


def local_ratios(rows: list[dict[str, Any]]) -> list[float]:
    """Worst place over worst window, at the knob where the window reads the target, per picture, codec and display."""
    curves: dict[tuple[str, str, str], list[tuple[float, float]]] = defaultdict(list)
    for row in rows:
        key = (row["file"], row["codec"], row["viewing"])
        curves[key].append((math.log(max(row["jnd_window"], 1e-3)), math.log(max(row["jnd_local"], 1e-3))))
    ratios = []
    for points in curves.values():
        points.sort()
        window, local = np.array(points).T
        if window[0] <= math.log(TARGET) <= window[-1]:
            ratios.append(float(np.exp(np.interp(math.log(TARGET), window, local)) / TARGET))
    return ratios


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--fit", action="store_true")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--specs", nargs="*", default=list(SPECS))
    asked = parser.parse_args()
    rows = [json.loads(line) for line in ROWS.read_text().splitlines()] if ROWS.exists() else []
    if not asked.fit:
        done = {(row["file"], row["codec"]) for row in rows}
        names = sorted(str(path.relative_to(asked.data)) for path in (asked.data / "train").rglob("*.webp"))[::EVERY]
        left = {name: tuple(spec for spec in asked.specs if (name, spec) not in done) for name in names}
        jobs = [(str(asked.data), name, specs) for name, specs in left.items() if specs]
        ROWS.parent.mkdir(exist_ok=True)
        with ROWS.open("a") as out, ProcessPoolExecutor(asked.jobs) as pool:
            for made in pool.map(read_picture, jobs):
                buffer = io.StringIO()
                for row in made:
                    buffer.write(json.dumps(row) + "\n")
                out.write(buffer.getvalue())
                out.flush()
                rows += made
    TABLE.write_text(json.dumps(table(rows), indent=1) + "\n")
    ratios = local_ratios(rows)
    print(f"{len({row['file'] for row in rows})} pictures, {len(rows)} readings")
    for share in (50, 90, 95, 98, 99, 100):
        print(
            f"worst 3 degrees / worst window at the target, {share:3d} % of encodes: {np.percentile(ratios, share):.3f}"
        )


if __name__ == "__main__":
    main()
