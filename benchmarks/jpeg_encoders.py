"""Encoders of JPEG at equal visibility: libjpeg-turbo as `jpeg:plain` asks it, jpegli, MozJPEG, guetzli and our own.

    python benchmarks/jpeg_encoders.py DATA                     DATA/valid; adds to rows/jpeg_encoders.jsonl
    python benchmarks/jpeg_encoders.py DATA --set kodak         to report
    python benchmarks/jpeg_encoders.py DATA --specs guetzli     three pictures of DATA/valid, which take minutes each
    python benchmarks/jpeg_encoders.py DATA --people            what people's ranking says; rows/jpeg_people.jsonl
    python benchmarks/jpeg_encoders.py DATA --searches          encodes that a search takes; rows/jpeg_searches.jsonl
    python benchmarks/jpeg_encoders.py --table                  the tables of docs/encoders.md, from the rows

Needs `pip install 'jndkit[jpeg]'`, guetzli the wheel `pyguetzli`. Every picture x encoder x chroma x ten settings is
read by both observers; an hour of one processor for a set. Resumes.

Compared is what the best chroma of an encoder takes for each picture. By cvvdp alone: at the reading for 75 % of
viewers. By SSIMULACRA2 alone: at what it reads of that file of `jpeg:plain`. By both (`panel`): where cvvdp reads that,
and SSIMULACRA2 does not object. Our own encoder, whose steps are found for each picture, has the rows of jpeg_tuned.py.
"""

from __future__ import annotations

import argparse
import csv
import json
import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np

from equal_visibility import Row, best, bytes_at, interval, known, measure, objection_level, panel_bytes, reading_at

ROWS = Path(__file__).parent / "rows" / "jpeg_encoders.jsonl"
TUNED = Path(__file__).parent / "rows" / "jpeg_tuned.jsonl"
SEARCHES = Path(__file__).parent / "rows" / "jpeg_searches.jsonl"
PEOPLE = Path(__file__).parent / "rows" / "jpeg_people.jsonl"
VIEWERS = 75.0
SETTINGS = (50, 62, 72, 79, 84, 88, 91, 93, 95, 97)
SEARCHED = 3  # every third of the smaller pictures
SEARCHED_SPECS = ("jpeg", "jpeg:jpegli", "jpeg:moz", "webp:sharp")
GUETZLI_SETTINGS = (84, 90, 95)  # its program refuses less
GUETZLI_PICTURES = ("valid/cid22val/1044329.png", "valid/gb82/flowers.png", "valid/gb82/nyc.png")
PLAIN = ("jpeg:420", "jpeg:444")
ENCODERS = {
    "jpegli": ("jpeg:jpegli,420", "jpeg:jpegli,444"),
    "MozJPEG": ("jpeg:moz,420", "jpeg:moz,444"),
    "guetzli": ("guetzli",),
    "tuned": ("jpeg:tuned,420", "jpeg:tuned,444"),
}
TOGETHER = {
    "the smallest of plain, jpegli and MozJPEG": ("plain", "jpegli", "MozJPEG"),
    "the smallest of tuned, jpegli and MozJPEG": ("tuned", "jpegli", "MozJPEG"),
}
RANKED = {"j": "jpegli", "m": "MozJPEG"}

Picture = dict[str, Row]
Size = Callable[[Row], float]


class Judged(NamedTuple):
    """Bytes over those of `jpeg:plain`, one number a picture."""

    panel: list[float]
    cvvdp: list[float]
    ssimulacra2: list[float]


def sizes(picture: Picture, target: float, objection: float) -> tuple[Size, Size, Size]:
    """How each judge sizes a row of one picture: panel, cvvdp, SSIMULACRA2."""

    def of_cvvdp(row: Row) -> float:
        return bytes_at(row, "cvvdp", target)

    plain, spec = best([picture[spec] for spec in PLAIN], of_cvvdp)
    level = reading_at(spec, "ssimulacra2", plain)
    return (
        lambda row: panel_bytes(row, target, objection),
        of_cvvdp,
        lambda row: bytes_at(row, "ssimulacra2", level),
    )


def compared(pictures: dict[str, Picture], specs: tuple[str, ...], target: float) -> Judged:
    """An encoder against `jpeg:plain`, on the pictures that it has rows of and whose target both reach."""
    judged = Judged([], [], [])
    objection = objection_level(target)
    for picture in pictures.values():
        if not all(spec in picture for spec in (*PLAIN, *specs)):
            continue
        for ratios, size in zip(judged, sizes(picture, target, objection), strict=True):
            ours, theirs = (best([picture[spec] for spec in some], size)[0] for some in (specs, PLAIN))
            if math.isfinite(ours) and math.isfinite(theirs):
                ratios.append(ours / theirs)
    return judged


def seconds(pictures: dict[str, Picture], specs: tuple[str, ...]) -> float:
    """Processor seconds of one encode a megapixel, the median over pictures, chroma and settings."""
    rows = [picture[spec] for picture in pictures.values() for spec in specs if spec in picture]
    taken = [second / (row["width"] * row["height"] / 1e6) for row in rows for second in row["seconds"]]
    return float(np.median(taken)) if taken else math.nan


def tuned(rows: list[Row]) -> list[Row]:
    """Those of our own encoder among the rows of jpeg_tuned.py, by the specs of this script, without seconds."""
    ours = [row for row in rows if row["codec"] == "tuned"]
    return [row | {"codec": f"jpeg:tuned,{row['chroma']}", "seconds": []} for row in ours]


def table(rows: list[Row], which: str) -> Iterator[str]:
    """Markdown: one line for each encoder. rows: also those of `tuned`."""
    from jndkit.protocols import AIC
    from jndkit.visibility import jnd_for

    target = jnd_for(VIEWERS, AIC)
    pictures: dict[str, Picture] = defaultdict(dict)
    for row in rows:
        if row["picture"].startswith(which):
            pictures[row["picture"]][row["codec"]] = row
    yield (
        f"| {which}: encoder | pictures | bytes against plain, % by panel | fewest, most | by cvvdp | by SSIMULACRA2 "
        "| smaller on | seconds a megapixel |"
    )
    yield "|---|---|---|---|---|---|---|---|"
    # What others have no rows of is left to the page of our own.
    pictures = {name: coded for name, coded in pictures.items() if all(spec in coded for spec in PLAIN)}
    yield f"| plain | {len(pictures)} | 0 | | 0 | 0 | | {seconds(pictures, PLAIN):.3f} |"
    every = {"plain": PLAIN, **ENCODERS}
    together = {name: tuple(spec for part in parts for spec in every[part]) for name, parts in TOGETHER.items()}
    for name, specs in {**ENCODERS, **together}.items():
        judged = compared(pictures, specs, target)
        if not judged.panel:
            continue
        ratios = np.array(judged.panel)
        means = [_percent(by) for by in judged]
        taken = "" if "tuned" in name else f"{seconds(pictures, specs):.3f}"
        yield (
            f"| {name} | {len(ratios)} | {means[0]} | {_change(ratios.min())}, {_change(ratios.max())} "
            f"| {means[1]} | {means[2]} | {(ratios < 1).sum()} | {taken} |"
        )


def _percent(ratios: list[float]) -> str:
    """The geometric mean as a change in per cent, with its 95 % interval over pictures."""
    mean, low, high = (_change(math.exp(value)) for value in interval([math.log(ratio) for ratio in ratios]))
    return f"{mean} [{low}, {high}]"


def _change(ratio: float) -> str:
    return f"{100 * (ratio - 1):+.1f}"


def ranked(file: Path) -> list[Row]:
    """Bits of every setting of jpegli and MozJPEG over those that libjpeg-turbo takes for the same rank by people.

    file: `labels/jpeg_encoders_elo.csv`.  Between libjpeg-turbo's settings ln(bits) is a straight line over Elo.
    """
    with file.open(encoding="utf-8", newline="") as lines:
        settings = [(row["method"], float(row["elo"]), float(row["bpp"])) for row in csv.DictReader(lines)]
    turbo = sorted((elo, bits) for method, elo, bits in settings if method.startswith("t"))
    elos, logarithms = [elo for elo, _ in turbo], [math.log(bits) for _, bits in turbo]
    rows = []
    for method, elo, bits in settings:
        if method[0] in RANKED and elos[0] <= elo <= elos[-1]:
            against = math.exp(float(np.interp(elo, elos, logarithms)))
            rows.append({"encoder": RANKED[method[0]], "setting": method[1:], "ratio": round(bits / against, 4)})
    return rows


def people_table(rows: list[Row]) -> Iterator[str]:
    """Markdown: one line for each encoder."""
    yield "| encoder | settings ranked | bits against libjpeg-turbo at equal rank, %: mean | fewest, most |"
    yield "|---|---|---|---|"
    for name in RANKED.values():
        ratios = np.array([row["ratio"] for row in rows if row["encoder"] == name])
        mean = _change(float(np.exp(np.log(ratios).mean())))
        yield f"| {name} | {len(ratios)} | {mean} | {_change(ratios.min())}, {_change(ratios.max())} |"


def searched(path: Path, specs: Iterable[str]) -> Iterator[Row]:
    """What `jnd encode` does with one picture, a row for each spec."""
    import jndkit

    for spec in specs:
        row = jndkit.encode(path, codec=spec, min_saving=0, force=True).row
        found = {"codec": row.codec, "bytes": row.bytes, "jnd": row.jnd and round(row.jnd, 4), "stop": row.stop}
        yield {"picture": f"{path.parent.name}/{path.name}", "asked": spec, **found, "encodes": row.encodes}


def searches_table(rows: list[Row]) -> Iterator[str]:
    """Markdown: one line for each spec."""
    yield "| asked for | pictures | encodes, mean (most) | JND read, mean (most) |"
    yield "|---|---|---|---|"
    for spec in dict.fromkeys(row["asked"] for row in rows):
        some = [row for row in rows if row["asked"] == spec]
        encodes, jnd = ([row[key] for row in some] for key in ("encodes", "jnd"))
        made = f"{np.mean(encodes):.2f} ({max(encodes)})"
        yield f"| `{spec}` | {len(some)} | {made} | {np.mean(jnd):.3f} ({max(jnd):.3f}) |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, nargs="?")
    parser.add_argument("--set", default="valid")
    parser.add_argument("--specs", nargs="*", default=[*PLAIN, *ENCODERS["jpegli"], *ENCODERS["MozJPEG"]])
    parser.add_argument("--people", action="store_true")
    parser.add_argument("--searches", action="store_true")
    parser.add_argument("--table", action="store_true")
    parser.add_argument("--jobs", type=int, default=1)
    asked = parser.parse_args()
    if asked.data is not None and asked.people:
        rows = ranked(asked.data / "labels" / "jpeg_encoders_elo.csv")
        PEOPLE.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    elif asked.data is not None and asked.searches:
        paths = sorted(path for path in (asked.data / "valid").rglob("*.png") if path.parent.name != "clic25_final")
        done = {(row["picture"], row["asked"]) for row in known(SEARCHES)}
        for path in paths[::SEARCHED]:
            left = [spec for spec in SEARCHED_SPECS if (f"{path.parent.name}/{path.name}", spec) not in done]
            with SEARCHES.open("a", encoding="utf-8") as out:
                out.write("".join(json.dumps(row) + "\n" for row in searched(path, left)))
    elif asked.data is not None and asked.specs == ["guetzli"]:
        measure(asked.data, GUETZLI_PICTURES, {"guetzli": GUETZLI_SETTINGS}, ROWS, processes=asked.jobs)
    elif asked.data is not None:
        names = sorted(str(path.relative_to(asked.data)) for path in (asked.data / asked.set).rglob("*.png"))
        measure(asked.data, names, dict.fromkeys(asked.specs, SETTINGS), ROWS, processes=asked.jobs)
    if asked.table:
        for which in ("valid", "kodak"):
            print("\n".join(table(known(ROWS) + tuned(known(TUNED)), which)), end="\n\n")
        print("\n".join(people_table(known(PEOPLE))), end="\n\n")
        print("\n".join(searches_table(known(SEARCHES))))


if __name__ == "__main__":
    main()
