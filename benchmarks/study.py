"""How well a viewing study finds what its viewers see: simulated viewers, no browser, no pictures, no people.

    python benchmarks/study.py                                              writes rows/study.jsonl
    python benchmarks/study.py --part recovery --method 2afc --first 12     goes on with one part at a study
    python benchmarks/study.py --table recovery                             prints a table of docs/study.md

Needs no data. All of it takes about a quarter of an hour of one processor.
"""

from __future__ import annotations

import argparse
import json
import math
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from statistics import fmean
from typing import Any

import numpy as np
from numpy.random import Generator

from jndkit.batch import ledger
from jndkit.study.fit import Fit, fit
from jndkit.study.methods import METHODS
from jndkit.study.plan import Method, Plan
from jndkit.study.pretended import pretended
from jndkit.study.psychometric import Floats, phi
from jndkit.study.quest import Quest
from jndkit.study.simulation import Truth, Viewer, sit, truth, viewers

ROWS = Path(__file__).parent / "rows" / "study.jsonl"
VIEWERS, PICTURES = 25, 20
MINUTES: dict[Method, float] = {"2afc": 40.0, "flicker": 20.0, "triplet": 72.0}
STUDIES, DRAWS = 200, 200
D50 = 1.1
COUNTS = (5, 10, 15, 25, 50)
_ALSO = 25  # of COUNTS, which the recovery is of
Row = dict[str, Any]


def simulated(method: Method, seed: int, count: int = VIEWERS) -> tuple[Plan, Truth, list[Viewer], Generator]:
    chance = np.random.default_rng((seed, len(method)))
    plan = pretended(method, pictures=PICTURES, minutes=MINUTES[method], seed=seed)
    population = truth(plan, chance, d50=D50)
    return plan, population, viewers(population, count, chance), chance


def fitted(plan: Plan, people: Sequence[Viewer]) -> Fit:
    return fit(plan, [(number, sit(plan, number, viewer)) for number, viewer in enumerate(people)], draws=DRAWS)


def recovery(method: Method, seed: int, count: int = VIEWERS) -> Row:
    """One study: how far it is off, and which of its intervals hold what they should."""
    plan, population, people, _ = simulated(method, seed, count)
    started = time.process_time()
    found = fitted(plan, people)
    row: Row = {"method": method, "seed": seed, "viewers": count, "pictures": PICTURES, "draws": DRAWS}
    row |= {"trials": plan.schedule.trials, "minutes": MINUTES[method], "kept": found.kept}
    row |= judged(plan, population, people, found)
    row["seconds"] = round(time.process_time() - started, 2)
    return row


def judged(plan: Plan, population: Truth, people: Sequence[Viewer], found: Fit) -> Row:
    """How far a fit is off what is known of its viewers, and which of its intervals hold it."""
    middles = np.array([population.middles[stimulus.name] for stimulus in plan.stimuli])
    told = np.log([stimulus.d50.value for stimulus in found.stimuli])
    overall = found.codecs[-1]
    row: Row = {"d50": overall.d50.value}
    row["d50_error"] = overall.d50.value / D50 - 1.0
    row["d50_covered"] = overall.d50.low < D50 < overall.d50.high
    row["d50_half_percent"] = 50.0 * (overall.d50.high / overall.d50.low - 1.0)
    row["picture_half_percent"] = fmean(50.0 * (each.d50.high / each.d50.low - 1.0) for each in found.stimuli)
    # Of those who took part; how sensitive they are is in the thresholds alone.
    own = np.mean([[person.threshold(stimulus.name) for stimulus in plan.stimuli] for person in people], axis=0)
    there = middles if plan.method == "triplet" else own
    row["d50_error_here"] = math.exp(float(told.mean() - there.mean())) - 1.0
    if plan.method == "triplet":
        pairs = [
            (level, population.distance(each.stimulus, level.index)) for each in found.stimuli for level in each.levels
        ]
        row["jnd_error"] = fmean(abs(level.jnd.value - jnd) for level, jnd in pairs)
        row["covered"] = fmean(level.jnd.low < jnd < level.jnd.high for level, jnd in pairs)
        # The trivial answer: what our observer reads.
        row["jnd_error_of_readings"] = fmean(abs(level.reading - jnd) for level, jnd in pairs)
    else:
        row["picture_error"] = _deviation(told - middles)
        row["picture_error_of_these_viewers"] = _deviation(told - own)
        row["picture_error_of_mean"] = _deviation(told.mean() - own)
        row["covered"] = fmean(
            math.log(s.d50.low) < m < math.log(s.d50.high) for s, m in zip(found.stimuli, middles, strict=True)
        )
        if overall.spread is not None:
            row["spread"], row["spread_true"] = overall.spread.value, population.spread
            row["spread_covered"] = overall.spread.low < population.spread < overall.spread.high
    return row


def _deviation(values: Floats) -> float:
    return float(np.sqrt(np.mean(np.square(values))))


def screening(method: Method, seed: int) -> Row:
    """25 honest viewers, and nine who are not: clicks at random, one answer throughout, copied answers."""
    plan, population, people, chance = simulated(method, seed)
    others = viewers(population, 9, chance)
    sittings = [(number, sit(plan, number, viewer)) for number, viewer in enumerate(people)]
    for number, viewer in enumerate(others):
        viewer.conduct = ("random", "same", "copied")[number % 3]
        if viewer.conduct == "copied":
            viewer.pattern = [answer.response for _, answer in sittings[number][1]]
        sittings.append((VIEWERS + number, sit(plan, VIEWERS + number, viewer)))
    found = fit(plan, sittings, draws=100)
    row: Row = {"method": method, "seed": seed, "honest": VIEWERS, "honest_lost": 0}
    for screened in found.viewers[:VIEWERS]:
        row["honest_lost"] += not screened.kept
    for viewer, screened in zip(others, found.viewers[VIEWERS:], strict=True):
        row[viewer.conduct] = row.get(viewer.conduct, 0) + 1
        row[f"{viewer.conduct}_caught"] = row.get(f"{viewer.conduct}_caught", 0) + (not screened.kept)
    return row


def efficiency(seed: int = 0, count: int = 4000) -> Iterator[Row]:
    """Root mean square error of one viewer's threshold by trials: staircases beside as many trials at every level."""
    chance = np.random.default_rng(seed)
    x = np.log(METHODS["2afc"].jnd)
    threshold = math.log(D50) + 0.35 * chance.standard_normal(count)
    for name in ("adaptive", "constant"):
        quest = Quest(x, guess=0.5, count=count)
        order = chance.permuted(np.tile(np.arange(len(x)), (count, 1)), axis=1)
        for trial in range(1, 97):
            levels = quest.choose() if name == "adaptive" else order[:, (trial - 1) % len(x)]
            share = 0.5 + 0.48 * phi((x[levels] - threshold) / 0.25)
            quest.learn(levels, chance.random(count) < share)
            if trial % 6 == 0:
                error = _deviation(quest.threshold()[0] - threshold)
                yield {"way": name, "trials": trial, "error": error}


def repeated(part: Callable[[Method, int], Row], name: str, methods: Sequence[Method], studies: range) -> Iterator[Row]:
    for method in methods:
        for seed in studies:
            yield {"part": name, **part(method, seed)}


def by_viewers(methods: Sequence[Method]) -> Iterator[Row]:
    for method in methods:
        for count in (count for count in COUNTS if count != _ALSO):
            for seed in range(1000, 1008):
                yield {"part": "viewers", **recovery(method, seed, count)}


def table(rows: list[Row], name: str) -> Iterator[str]:
    chosen = defaultdict(list)
    for row in rows:
        # Studies of 25 viewers are those of the recovery.
        if row["part"] == name or (name == "viewers" and row["part"] == "recovery"):
            chosen[row.get("method") or row["way"], row.get("viewers") if name == "viewers" else None].append(row)
    yield from {"recovery": _recovered, "screening": _screened, "viewers": _bought, "efficiency": _needed}[name](chosen)


def _mean(rows: list[Row], key: str) -> float:
    return fmean(row[key] for row in rows)


def _rms(rows: list[Row], key: str) -> float:
    return math.sqrt(fmean(row[key] ** 2 for row in rows))


def _recovered(chosen: dict[Any, list[Row]]) -> Iterator[str]:
    yield (
        "| method | studies | trials of a picture | d50 of all pictures, error | of one picture, error "
        "| its viewers' own | 90 % intervals hold: d50 | a picture's | spread |"
    )
    yield "|---|---|---|---|---|---|---|---|---|"
    for (method, _), rows in chosen.items():
        cells = [method, str(len(rows)), str(rows[0]["trials"]), f"{100 * _rms(rows, 'd50_error'):.1f} %"]
        if method == "triplet":
            cells += [f"{_mean(rows, 'jnd_error'):.3f} JND (readings {_mean(rows, 'jnd_error_of_readings'):.3f})", ""]
        else:
            cells += [f"{100 * _rms(rows, key):.1f} %" for key in ("picture_error", "picture_error_of_these_viewers")]
            cells[-1] += f" (one d50 for all {100 * _rms(rows, 'picture_error_of_mean'):.0f} %)"
        cells += [
            f"{100 * _mean(rows, key):.0f} %" if key in rows[0] else ""
            for key in ("d50_covered", "covered", "spread_covered")
        ]
        yield f"| {' | '.join(cells)} |"


def _screened(chosen: dict[Any, list[Row]]) -> Iterator[str]:
    yield "| method | honest viewers lost | random clicks caught | one answer caught | copies caught |"
    yield "|---|---|---|---|---|"
    for (method, _), rows in chosen.items():
        lost, honest = (sum(row[key] for row in rows) for key in ("honest_lost", "honest"))
        caught = [
            f"{sum(row[f'{conduct}_caught'] for row in rows)} of {sum(row[conduct] for row in rows)}"
            for conduct in ("random", "same", "copied")
        ]
        yield f"| {method} | {lost} of {honest} | {' | '.join(caught)} |"


def _bought(chosen: dict[Any, list[Row]]) -> Iterator[str]:
    yield "| viewers | " + " | ".join(f"{method}: all pictures | one picture" for method in METHODS) + " |"
    yield "|---" * (1 + 2 * len(METHODS)) + "|"
    for count in COUNTS:
        cells = [str(count)]
        for method in METHODS:
            rows = chosen[method, count]
            keys = ("d50_half_percent", "picture_half_percent")
            cells += [f"± {_mean(rows, key):.0f} % ({len(rows)})" if rows else "" for key in keys]
        if any(cells[1:]):
            yield f"| {' | '.join(cells)} |"


def _needed(chosen: dict[Any, list[Row]]) -> Iterator[str]:
    adaptive, constant = (
        {row["trials"]: row["error"] for row in chosen[way, None]} for way in ("adaptive", "constant")
    )
    yield "| adaptive trials | error of ln(threshold) | constant trials for that | share |"
    yield "|---|---|---|---|"
    for trials in (12, 18, 24, 36, 48):
        needed = float(np.interp(-adaptive[trials], [-error for error in constant.values()], list(constant)))
        if needed < max(constant):
            yield f"| {trials} | {adaptive[trials]:.3f} | {needed:.0f} | {100 * trials / needed:.0f} % |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--part", choices=["recovery", "screening", "viewers", "efficiency"])
    parser.add_argument("--method", choices=list(METHODS))
    parser.add_argument("--studies", type=int, default=STUDIES)
    parser.add_argument("--first", type=int, default=0, help="where to go on")
    parser.add_argument("--table", choices=["recovery", "screening", "viewers", "efficiency"])
    parser.add_argument("--rows", type=Path, default=ROWS)
    options = parser.parse_args()
    if options.table:
        print("\n".join(table(ledger.read(options.rows), options.table)))
        return
    methods: list[Method] = [options.method] if options.method else list(METHODS)
    parts: dict[str, Callable[[], Iterator[Row]]] = {
        "efficiency": lambda: ({"part": "efficiency", **row} for row in efficiency()),
        "screening": lambda: repeated(screening, "screening", methods, range(max(options.studies // 10, 1))),
        "recovery": lambda: repeated(recovery, "recovery", methods, range(options.first, options.studies)),
        "viewers": lambda: by_viewers(methods),
    }
    for name in [options.part] if options.part else parts:
        for row in parts[name]():
            ledger.append(options.rows, json.dumps(row))


if __name__ == "__main__":
    main()
