"""What the parts of JND-LIC and the terms of its loss are worth, by the observer and by SSIMULACRA2.

    python benchmarks/jndlic_ablation.py VALID NAME=RUN ...    reads runs of `jnd train`, adds to the rows
    python benchmarks/jndlic_ablation.py --table TITLE         the table, from the rows

    --title TITLE   which comparison the rows belong to    --pictures 12    --side 512    --rows FILE

The rows hold each run's recipe. Those of "parts" are `jnd train jndlic-small --set steps=800 --set crop=128 --set
seed=3` with one of model.steps=coded, model.steps=fixed, model.jnd=false, model.feature_transform=false; those of
"terms" went on from one run at step 3,500 with schedule=step and lr=8e-4 to 3,800, data.masking and data.observed set
apart; those of "trained" on from the shipped weights, without what the part held, for steps=400 at lr=5e-4, crop=128;
those of "losses" on from them too, `jnd train jndlic-two-judges --set steps=150 --set crop=128 --set lr=3e-4 --set
schedule=linear --set step_every=75 --set ema=0.97 --set seed=5` with data.observed, data.scored and data.chroma set,
and were read with --side 256; so were those of "version 2", checkpoints/jndlic-small, checkpoints/jndlic-two-judges and
checkpoints/jndlic-means. Those of "from the start, seed N" are `jnd train jndlic-small --set model.version=4 --set
steps=2500 --set crop=128 --set amp=false --set seed=N --set data.observed=0.4 --set data.scored=0.2 --set
data.chroma=0.2`, with one of model.jnd=false, model.feature_transform=false, model.steps=fixed, and of each the other
seed with all parts, which says how far two runs lie apart that differ in nothing.

Each run is read with its newest averaged weights, a folder of checkpoints/ with its only ones, on the middle 512 x 512
pixels of pictures of VALID, at six settings of the knob. Bits are estimated, as while training; no file is written. The
first run is what the others are held against: bits at equal JND and at equal SSIMULACRA2 (Bjontegaard), and JND at the
bits where the first one reads 1 JND; newer rows also at equal PSNR of luma, of chroma, and at equal coarse error of
chroma (`training.losses.chroma`). JPEG's are real files.
"""

from __future__ import annotations

import argparse
import io
import json
import sys
from collections import defaultdict
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from jndkit.evaluation.codecs.bjontegaard import Curve, rate_difference
from jndkit.evaluation.intervals import mean
from jndkit.observers.cvvdp.observer import Cvvdp, WatchedCvvdp
from jndkit.observers.ssimulacra2.measure import Prepared, prepare
from jndkit.picture import Picture, Pixels
from jndkit.version import VERSION
from jndkit.viewing import DISPLAYS

ROWS = Path(__file__).parent / "rows" / "jndlic_ablation.jsonl"
KNOBS = (18, 23, 28, 33, 38, 43)
QUALITIES = (30, 50, 65, 78, 88, 95)
JPEG = "JPEG 4:2:0"

MEASURES = {
    "jnd": "bits at equal JND, to {first}",
    "ssimulacra2": "bits at equal SSIMULACRA2",
    "psnr_luma": "at equal PSNR of luma",
    "psnr_chroma": "of chroma",
    "coarse_chroma": "at equal coarse error of chroma",
}

Row = dict[str, Any]


class Judge:
    """A picture and what reads versions of it."""

    def __init__(self, pixels: Pixels) -> None:
        self.pixels = pixels
        self.watched: WatchedCvvdp = Cvvdp().watch(Picture(pixels), DISPLAYS["desktop"])
        self.prepared: Prepared = prepare(pixels)

    def point(self, setting: int, bits: float, version: Pixels) -> Row:
        return {
            "setting": setting,
            "bits": bits,
            "jnd": self.watched(Picture(version)).jnd,
            "ssimulacra2": self.prepared.read(version),
            **self._colours(version),
        }

    def _colours(self, version: Pixels) -> Row:
        """PSNR of JFIF's luma and of its two planes of chroma, dB, and the coarse error of chroma."""
        import torch

        from jndkit.training.jndlic.transform import to_ycc
        from jndkit.training.losses.chroma import CoarseChroma
        from jndkit.training.sampling import to_tensor

        pictures = [to_tensor(each[None]) for each in (self.pixels, version)]
        squares = ((to_ycc(pictures[1]) - to_ycc(pictures[0])) ** 2).mean(dim=(0, 2, 3)).clamp_min(1e-4)
        luma, chroma = (10.0 * torch.log10(255.0**2 / each) for each in (squares[0], squares[1:].mean()))
        coarse = CoarseChroma(DISPLAYS["desktop"])(*pictures)
        return {"psnr_luma": float(luma), "psnr_chroma": float(chroma), "coarse_chroma": float(coarse)}


def read_run(folder: Path, judges: list[Judge]) -> tuple[list[list[Row]], Row]:
    """The points of every picture, and what the run was."""
    import torch
    from safetensors.torch import load_file

    from jndkit.training.jndlic.task import jnd_maps
    from jndkit.training.networks import network
    from jndkit.training.sampling import to_tensor

    events = [json.loads(line) for line in (folder / "log.jsonl").read_text().splitlines()]
    recipe = [event["recipe"] for event in events if event["event"] == "start"][-1]
    model, step = network(recipe["name"], recipe["model"]), events[-1]["step"]
    if (folder / "last.safetensors").exists():
        step, state = json.loads((folder / "last.json").read_text())["step"], load_file(folder / "last.safetensors")
        kept = {name.removeprefix("model."): each for name, each in state.items() if name.startswith("model.")}
        kept |= {name.removeprefix("average."): each for name, each in state.items() if name.startswith("average.")}
    else:  # one of checkpoints/
        kept = load_file(folder / "best.safetensors")
    model.load_state_dict(kept)
    model.eval()
    found = []
    for judge in judges:
        picture = to_tensor(judge.pixels[None])
        jnd, points = jnd_maps(picture), []
        for knob in KNOBS:
            with torch.no_grad():
                coded = model(picture, jnd, torch.tensor([float(knob)]))
            made = (coded.picture[0].clamp(0.0, 1.0) * 255.0).round().to(torch.uint8).permute(1, 2, 0).numpy()
            bits = float((coded.bits + coded.side_bits).sum()) / judge.pixels[..., 0].size
            points.append(judge.point(knob, bits, np.ascontiguousarray(made)))
        found.append(points)
    about = {key: recipe[key] for key in ("steps", "crop", "batch", "lr", "model", "data")}
    return found, {"step": step, "recipe": about}


def read_jpeg(judges: list[Judge]) -> list[list[Row]]:
    found = []
    for judge in judges:
        points = []
        for quality in QUALITIES:
            file = io.BytesIO()
            Image.fromarray(judge.pixels).save(file, "JPEG", quality=quality, optimize=True, progressive=True)
            version = np.asarray(Image.open(io.BytesIO(file.getvalue())))
            points.append(judge.point(quality, 8.0 * len(file.getvalue()) / version[..., 0].size, version))
        found.append(points)
    return found


def curve(points: list[Row], measure: str) -> Curve:
    """Quality rises with it: a score or dB, or less the logarithm of what is seen."""
    visible = measure in ("jnd", "coarse_chroma")
    quality = [-np.log(max(each[measure], 1e-5)) if visible else each[measure] for each in points]
    return Curve([each["bits"] for each in points], quality)


def jnd_at(points: list[Row], bits: float) -> float:
    """JND at a rate, by its logarithms."""
    rates, readings = (np.log([each[key] for each in points]) for key in ("bits", "jnd"))
    return float(np.exp(np.interp(np.log(bits), rates, readings)))


def bits_at(points: list[Row], jnd: float) -> float:
    rates, readings = (np.log([each[key] for each in points]) for key in ("bits", "jnd"))
    return float(np.exp(np.interp(-np.log(jnd), -readings, rates)))


def table(rows: list[Row]) -> str:
    by_run: dict[str, dict[str, list[Row]]] = defaultdict(dict)
    for row in rows:
        by_run[row["run"]][row["picture"]] = row["points"]
    first, lines = next(iter(by_run)), []
    known = next(iter(by_run[first].values()))[0]
    measures = [name for name in MEASURES if name in known]
    for name, pictures in by_run.items():
        cells = [name]
        for measure in measures:
            pairs = ((curve(each, measure), curve(by_run[first][key], measure)) for key, each in pictures.items())
            rates = [found for found in (rate_difference(*pair) for pair in pairs) if found is not None]
            told = mean([100.0 * np.expm1(found) for found in rates])
            cells.append(f"{told.value:+.1f} ± {told.half:.1f} % ({told.n})")
        at_equal = [jnd_at(each, bits_at(by_run[first][key], 1.0)) for key, each in pictures.items()]
        cells.append(f"{np.mean(at_equal):.3f}")
        lines.append("| " + " | ".join(cells) + " |")
    heads = ["run", *(MEASURES[name].format(first=first) for name in measures), "JND at its bits for 1 JND"]
    return "\n".join(["| " + " | ".join(heads) + " |", "|---" * len(heads) + "|", *lines])


def main() -> int:
    asked = _asked()
    kept = [json.loads(line) for line in asked.rows.read_text().splitlines()] if asked.rows.exists() else []
    if asked.table is None:
        from jndkit.training.sampling import centres

        judges = [Judge(pixels) for pixels in centres(asked.valid, asked.pictures, asked.side, 32)]
        made = {JPEG: (read_jpeg(judges), {"subsampling": "4:2:0"})}
        for pair in asked.runs:
            name, _, folder = pair.partition("=")
            made[name] = read_run(Path(folder), judges)
        kept = [row for row in kept if (row["title"], row["run"]) not in {(asked.title, name) for name in made}]
        for name in [*[*made][1:], JPEG]:
            every, about = made[name]
            for index, points in enumerate(every):
                told = {"title": asked.title, "run": name, "picture": str(index), "points": points}
                kept.append({**told, **about, **({"side": asked.side} if asked.side != 512 else {})})
                kept[-1]["jndkit"] = VERSION
        asked.rows.parent.mkdir(exist_ok=True)
        asked.rows.write_text("".join(json.dumps(row) + "\n" for row in kept))
    print(table([row for row in kept if row["title"] == (asked.table or asked.title)]))
    return 0


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("valid", nargs="?", type=Path)
    parser.add_argument("runs", nargs="*", metavar="NAME=RUN")
    parser.add_argument("--title", default="parts")
    parser.add_argument("--table", metavar="TITLE")
    parser.add_argument("--pictures", type=int, default=12)
    parser.add_argument("--side", type=int, default=512, help="pixels of each picture, a multiple of 32")
    parser.add_argument("--rows", type=Path, default=ROWS)
    asked = parser.parse_args()
    if asked.table is None and (asked.valid is None or not asked.runs):
        parser.error("give the folder of pictures and runs as NAME=RUN, or --table")
    return asked


if __name__ == "__main__":
    sys.exit(main())
