"""The guesses that know nothing of a picture: one knob, one PSNR, one SSIM for all, fitted on training pictures.

    python tools/picturewise_baselines.py DATA          every 16th of DATA/train; writes rows/picturewise_train.jsonl
                                                        and evaluation/picturewise/baselines.json
    python tools/picturewise_baselines.py DATA --fit    only the table, from rows that exist
    python tools/picturewise_baselines.py DATA --protocol side-by-side --codec jpeg    for people who look otherwise
    python tools/picturewise_baselines.py --targets     what was aimed at, beside what rows/picturewise.jsonl say

The rows are those of `jnd evaluate picturewise --method cvvdp` with the even spread of levels alone. Resumes.
"""

from __future__ import annotations

import argparse
import json
import math
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from jndkit.batch import ledger as store
from jndkit.codecs import codec
from jndkit.evaluation.picturewise.estimates import BASELINES
from jndkit.evaluation.picturewise.ground_truth import GroundTruth, first_after, measure, observed_ground_truth
from jndkit.evaluation.picturewise.levels import CodedLevels
from jndkit.evaluation.picturewise.methods import WatchedPicture, observe
from jndkit.evaluation.picturewise.rows import GROUND_TRUTH, KnobRow
from jndkit.evaluation.picturewise.scores import Score, cases
from jndkit.evaluation.picturewise.settings import CODECS, Settings
from jndkit.evaluation.picturewise.summary import summaries
from jndkit.opening import load
from jndkit.picturewise.prediction import deviate

ROWS = {
    protocol: Path(__file__).parents[1] / "benchmarks" / "rows" / f"picturewise{suffix}_train.jsonl"
    for protocol, suffix in (("aic", ""), ("side-by-side", "_side_by_side"))
}
SCORED = {protocol: file.with_name(file.name.replace("_train", "")) for protocol, file in ROWS.items()}
TABLE = Path(__file__).parents[1] / "src" / "jndkit" / "evaluation" / "picturewise" / "baselines.json"
EVERY = 16
VIEWINGS = {"aic": ("desktop", "4k"), "side-by-side": ("desktop",)}


def asked(protocol: str, codecs: tuple[str, ...] = CODECS) -> Settings:
    return Settings(codecs=codecs, viewings=VIEWINGS[protocol], methods=(GROUND_TRUTH,), protocol=protocol)


def read(data: Path, settings: Settings) -> None:
    """Add the rows that are not there."""
    file = ROWS[settings.protocol]
    done = {(row["input"], row["codec"], row["viewing"]) for row in store.read(file)}
    for path in sorted((data / "train").rglob("*.webp"))[::EVERY]:
        name = str(path.relative_to(data))
        left = [part for part in settings.parts if (name, *part[:2]) not in done]
        for row in _rows(path, name, left, settings):
            store.append(file, row.to_json())


def _rows(path: Path, name: str, left: list[tuple[str, str | None, str]], settings: Settings) -> Iterator[KnobRow]:
    picture = load(path)
    looks = {viewing: WatchedPicture(picture, *settings.fit(viewing)) for _, viewing, _ in left}
    codings = {spec: CodedLevels(picture, spec) for spec, _, _ in left}
    for spec, viewing, method in left:
        row = settings.row(name, (spec, viewing, method))
        row.width, row.height = picture.width, picture.height
        row.input_sha256 = picture.source.sha256 if picture.source else None
        observe(row, codings[spec], looks[viewing], ())
        yield row


def table(rows: list[KnobRow]) -> dict[str, Any]:
    """Spec -> display -> share of viewers -> the guesses that leave the least mean knob error over the pictures.

    rows: of one protocol.
    """
    cases: dict[tuple[str, str], list[KnobRow]] = defaultdict(list)
    for row in rows:
        if row.error is None:
            cases[row.codec, row.viewing].append(row)
    out: dict[str, Any] = {}
    for (spec, display), some in cases.items():
        grid = codec(spec).knob.grid
        fit = asked(some[0].protocol).fit(display)[0]
        truths = [observed_ground_truth(row, grid, fit) for row in some]
        found = out.setdefault(spec, {})[display] = {}
        for share in some[0].targets:
            true = [truth.value(truth.boundary[share]) for truth in truths]
            found[share] = {"pictures": len(some), "constant": float(np.median(true))}
            for name, digits in (("psnr", 2), ("ssim", 4)):
                curves = [measure(row, name, grid) for row in some]
                found[share][name] = round(threshold(curves, truths, true), digits)
    return out


def threshold(curves: list[Any], truths: list[GroundTruth], true: list[float]) -> float:
    """The value from which on nothing is said to be seen, with the least mean error of the knob that it leads to."""
    tried = np.quantile(np.concatenate(curves), np.linspace(0.0, 1.0, 2001))
    errors = [
        np.mean(
            [
                abs(truth.value(first_after(curve < limit)) - value)
                for curve, truth, value in zip(curves, truths, true, strict=True)
            ]
        )
        for limit in tried
    ]
    return float(tried[int(np.argmin(errors))])


# Method, codec, share of viewers -> the most that its mean knob error on the desktop display should be.
ERRORS = {
    ("vpjnd", "75"): 1.5,
    ("vpjnd", "50"): 2.5,
    ("knob", "75"): 2.5,
    ("knob", "50"): 4.5,
}
SHARE_OF_CONSTANT = 0.6
LABELS = {"right": ("levels told right", 97.0), "near": ("within 15 of the boundary", 85.0)}
HELD = (85.0, 95.0)
JPEG = "jpeg:420"
PICTURES = 73


def targets(rows: list[KnobRow]) -> list[str]:
    """A table of what was aimed at on the desktop display, what came out, and whether that is enough."""
    found = {(spec, share): scores for (spec, display, share), scores in cases(rows) if display == "desktop"}
    others = [spec for spec in dict.fromkeys(spec for spec, _ in found) if spec != JPEG]
    lines = ["| aimed at | wanted | found | | beside it |", "|---|---|---|---|---|"]
    for (method, share), most in ERRORS.items():
        scores = found.get((JPEG, share), [])
        here = _means(scores, method)
        aim = f"{method}, JPEG{_sample(scores, method)}: knob error, {share} % of viewers"
        beside = ", ".join(f"{name} {here[name]['error']:.2f}" for name in BASELINES if name in here)
        lines.append(_line(aim, f"at most {most:g}", here.get(method, {}).get("error"), 0.0, most, beside))
    for spec in others:
        for share in ("75", "50"):
            lines += [_of_constant(found[spec, share], spec, share, method) for method in ("vpjnd", "knob")]
    for share in ("75", "50"):
        scores = found.get((JPEG, share), [])
        here = _means(scores, "vpjnd")
        for name, (what, least) in LABELS.items():
            beside = ", ".join(f"{each} {100.0 * here[each][name]:.1f}" for each in BASELINES if each in here)
            aim = f"vpjnd, JPEG{_sample(scores, 'vpjnd')}: {what}, %, {share} % of viewers"
            right = _per_cent(here, "vpjnd", name)
            lines.append(_line(aim, f"at least {least:g}", right, least, 100.0, beside))
        for method in ("vpjnd", "knob"):
            held = _per_cent(_means(scores, method), method, "held")
            aim = f"{method}, JPEG{_sample(scores, method)}: 90 % interval holds the truth, %, {share} % of viewers"
            lines.append(_line(aim, f"{HELD[0]:g} to {HELD[1]:g}", held, *HELD, readings_held(rows, method)))
    for spec in (JPEG, *others):
        for share in ("75", "90"):
            scores = found.get((spec, share), [])
            seen = _per_cent(_means(scores, "search"), "search", "seen")
            aim = f"search, {spec}{_sample(scores, 'search')}: answer visible, %, {share} % of viewers"
            lines.append(_line(aim, "0", seen, 0.0, 0.0))
    return lines


SEEN = {"knob": 1.5, "vpjnd": 1.0}
"""Method -> the most that its mean knob error should be where people look from place to place."""


def errors(rows: list[KnobRow]) -> list[str]:
    """The same for a protocol whose people look from place to place: every codec and share at the desktop display."""
    lines = ["| aimed at | wanted | found | | beside it |", "|---|---|---|---|---|"]
    for (spec, display, share), scores in cases(rows):
        for method, most in SEEN.items():
            here = _means(scores, method)
            if display == "desktop" and method in here:
                aim = f"{method}, {spec}{_sample(scores, method)}: knob error, {share} % of viewers"
                beside = ", ".join(f"{name} {here[name]['error']:.2f}" for name in BASELINES if name in here)
                held = _per_cent(here, method, "held")
                beside += f"; interval holds {held:.0f} %" if held is not None else ""
                lines.append(_line(aim, f"at most {most:g}", here[method]["error"], 0.0, most, beside))
    return lines


def readings_held(rows: list[KnobRow], method: str) -> str:
    """How many of the observer's readings lie in a method's intervals at the same level, between 0.1 and 4 JND.

    JPEG at the desktop display. In words; none where the two have no level in common.
    """
    here = {(row.input, row.method): row.levels for row in rows if (row.codec, row.viewing) == (JPEG, "desktop")}
    held = []
    for (name, who), levels in here.items():
        if who == method and (name, GROUND_TRUTH) in here:
            read = dict(zip(here[name, GROUND_TRUTH]["value"], here[name, GROUND_TRUTH]["jnd"], strict=True))
            for value, jnd, sigma in zip(*(levels[key] for key in ("value", "jnd", "sigma")), strict=True):
                if 0.1 <= read.get(value, 0.0) <= 4.0:
                    held.append(abs(math.log(jnd / read[value])) <= deviate(0.9) * sigma)
    return f"of {len(held)} single readings {100.0 * np.mean(held):.1f}" if held else ""


def _means(scores: Sequence[Score], method: str) -> dict[str, dict[str, float]]:
    """Method -> score -> mean, of every method over the pictures that one of them answered."""
    answered = {each.picture for each in scores if each.method == method}
    some = summaries([each for each in scores if each.picture in answered])
    return {each.method: {name: mean.value for name, mean in each.means.items()} for each in some}


def _per_cent(means: Mapping[str, Mapping[str, float]], method: str, name: str) -> float | None:
    share = means.get(method, {}).get(name)
    return None if share is None else 100.0 * share


def _of_constant(scores: Sequence[Score], spec: str, share: str, method: str) -> str:
    """A line on the error of a method as a share of the constant guess's on the same pictures."""
    here = _means(scores, method)
    aim = f"{method}, {spec}{_sample(scores, method)}: knob error as a share of constant's, {share} % of viewers"
    wanted = f"at most {SHARE_OF_CONSTANT:g}"
    if method not in here or "constant" not in here:
        return _line(aim, wanted, None, 0.0, SHARE_OF_CONSTANT)
    error, constant = (here[name]["error"] for name in (method, "constant"))
    beside = f"{method} {error:.2f}, constant {constant:.2f}"
    return _line(aim, wanted, error / constant, 0.0, SHARE_OF_CONSTANT, beside)


def _sample(scores: Sequence[Score], method: str) -> str:
    """On how many of the pictures, where it is not on all that were asked for."""
    answered = len({each.picture for each in scores if each.method == method})
    return f", {answered} of {PICTURES} pictures" if 0 < answered < PICTURES else ""


def _line(aim: str, wanted: str, found: float | None, least: float, most: float, beside: str = "") -> str:
    if found is None:
        return f"| {aim} | {wanted} | not here | | |"
    told = "reached" if least <= found <= most else "**missed**"
    return f"| {aim} | {wanted} | {found:.2f} | {told} | {beside} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, nargs="?")
    parser.add_argument("--fit", action="store_true")
    parser.add_argument("--targets", action="store_true")
    parser.add_argument("--protocol", choices=ROWS, default="aic")
    parser.add_argument("--codec", nargs="*", default=list(CODECS))
    given = parser.parse_args()
    if given.targets:
        rows = [KnobRow.from_json(row) for row in store.read(SCORED[given.protocol])]
        print("\n".join(targets(rows) if given.protocol == "aic" else errors(rows)))
        return
    if given.data is None and not given.fit:
        parser.error("say where the training pictures are")
    if not given.fit:
        read(given.data, asked(given.protocol, tuple(given.codec)))
    out: dict[str, Any] = {"source": "tools/picturewise_baselines.py", "protocols": {}}
    for protocol, file in ROWS.items():
        out["protocols"][protocol] = table([KnobRow.from_json(row) for row in store.read(file)])
    TABLE.write_text(json.dumps(out, indent=1) + "\n")


if __name__ == "__main__":
    main()
