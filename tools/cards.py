"""Weights from a run into the package: the ONNX file, and its card with data, licences and the scores of the rows.

    python tools/cards.py RUN NAME            RUN/ARCHITECTURE.onnx -> src/jndkit/weights/NAME.onnx and NAME.toml
    python tools/cards.py RUN NAME --scores   the card again, after the rows have changed; the ONNX file stays

NAME is `architecture.data.vN`; of a network of several graphs each gets its file and card, NAME-PART. Scores are means
over pictures with their 95 % intervals, from benchmarks/rows.
"""

from __future__ import annotations

import argparse
import json
import math
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from jndkit.evaluation.intervals import Mean
from jndkit.training.export import write_card
from jndkit.weights import CURRENT, PACKAGED, Card, read_card

ROWS = Path(__file__).parents[1] / "benchmarks" / "rows"
CID22 = {"licence": "CC BY-SA 4.0", "source": "Cloudinary CID22, training pictures, 512 x 512"}
CLIC = {"licence": "Unsplash License", "source": "CLIC 2025 validation pictures, crops of 768 x 512"}
WALLPAPERS = {
    "licence": "CC0, CC BY, CC BY-SA, Unsplash, Pexels and Pixabay licences, picture by picture",
    "source": "wallpapers of Budgie, elementary, Solus and Pop!_OS, 768 x 512",
}
Scores = dict[str, Any]
DECODE_KMAC = 28.2  # the sum of the cards of the graphs that decode


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("run", type=Path)
    asked.add_argument("name")
    asked.add_argument("--scores", action="store_true")
    options = asked.parse_args()
    about = ABOUT[options.name]
    for part, summary in about.get("parts", {"": about.get("summary")}).items():
        suffix = part and f"-{part}"
        target = PACKAGED / f"{options.name}{suffix}.toml"
        if options.scores:
            card = read_card(target)
        else:
            card = read_card(options.run / f"{about['architecture']}{suffix}.toml")
            shutil.copyfile(options.run / f"{about['architecture']}{suffix}.onnx", target.with_suffix(".onnx"))
        write_card(target, described(card, f"{options.name}{suffix}", {**about, "summary": summary}))
        print(target.read_text(encoding="utf-8"))


def described(card: Card, name: str, about: dict[str, Any]) -> Card:
    """A card with all that its ONNX file cannot tell."""
    hardware = "one core of an AMD EPYC with bfloat16 units, busy with other work too"
    sources = zip(about["pictures"], (CID22, CLIC, WALLPAPERS), strict=True)
    return replace(
        card,
        name=name,
        licence="Apache-2.0",
        context=about.get("context", card.context),
        summary=about["summary"],
        needs=CURRENT.get(about.get("needs", ""), ""),
        data=tuple({"pictures": count, **source} for count, source in sources),
        trained={**card.trained, **about.get("trained", {}), "hardware": hardware},
        scores=about["scores"](),
        remaining_gain=about["remaining_gain"],
    )


def resjnd(model: str) -> Callable[[], Scores]:
    """dB by which the predicted critical picture is nearer to the real one than the pristine picture is."""

    def scores() -> Scores:
        rows = _rows("resjnd")
        found: Scores = {"command": "python benchmarks/resjnd.py runs/cpl --scores", "unit": "dB over identity"}
        for split in ("valid", "kodak"):
            some = [row for row in rows if row["kind"] == "scores" and row["split"] == split and model in row]
            for name in (model, "blur"):
                found[f"{split}_{'gain' if name == model else name}"] = _mean(
                    [row[name] - row["identity"] for row in some]
                )
            found[f"{split}_over_blur"] = _mean([row[model] - row["blur"] for row in some])
        return found

    return scores


def shen2020() -> Scores:
    """Error of the structure in code values, and per cent of it taken away: of the picture's own, and of the blur's."""
    found: Scores = {
        "command": "python benchmarks/networks.py --scores runs/vvc",
        "unit": "mean absolute error of the structure, code values; gains in per cent of the picture's own",
    }
    for split in ("valid", "kodak"):
        some = [row for row in _rows("networks") if row["kind"] == "scores" and row["split"] == split]
        for name in ("shen2020", "blur", "identity"):
            found[f"{split}_{name}"] = _mean([row[name] for row in some])
        for name in ("shen2020", "blur"):
            gains = [100.0 * (1.0 - row[name] / row["identity"]) for row in some]
            found[f"{split}_{name}_gain"] = _mean(gains)
    return found


def hvssd() -> Scores:
    """How visible noise in the shape of the map is, beside that of two other maps."""
    found: Scores = {
        "command": "jnd evaluate noise DATA/valid -r --model flat --model chou1995 --model shen2020 --model hvssd",
        "unit": "JND at 26.65 dB, as cvvdp reads it on the desktop display; less is better",
    }
    for split, name in (("valid", "noise_valid"), ("kodak", "noise")):
        read: dict[str, dict[str, float]] = {}
        for row in _rows(name):
            read.setdefault(row["model"], {})[row["input"]] = row["equal_noise"]["jnd"]
        own = read["hvssd"]
        found[f"{split}_hvssd"] = _mean(list(own.values()))
        for other in ("flat", "chou1995"):
            found[f"{split}_{other}"] = _mean(list(read[other].values()))
            found[f"{split}_below_{other}"] = _mean([read[other][name] - own[name] for name in own])
    return found


def degradation() -> Scores:
    """The last validation of the run."""
    events = [event for event in _rows("training/hvssd-degradation") if event["event"] == "validate"]
    return {
        "command": "jnd train hvssd-degradation",
        "unit": "dB; of 16 pictures of valid; psnr_straight is of the network as it is used",
        **{key: round(events[-1][key], 3) for key in ("psnr_straight", "psnr", "psnr_reduced", "bits_a_pixel")},
    }


def knob() -> Scores:
    """The last validation of the run."""
    events = [event for event in _rows("training/knob") if event["event"] == "validate"]
    told = {key: value for key, value in events[-1].items() if key.startswith(("gain", "error", "typical"))}
    return {
        "command": "jnd train knob",
        "unit": "mean absolute error of ln(JND) between 0.2 and 2 JND on valid, and of the typical curve",
        **{key.replace(":", "-"): round(value, 3) for key, value in told.items()},
    }


def jndlic() -> Scores:
    """Bytes against JPEG's at equal viewers and at equal readings, per cent; JPEG and AVIF are the baselines."""
    from jndkit.evaluation.codecs.rows import CodecRow
    from jndkit.evaluation.codecs.summary import rates, sizes

    found: Scores = {
        "command": "jnd evaluate codecs DATA/kodak DATA/valid -r",
        "unit": "bytes against JPEG, per cent, with the ends of the 95 % interval; fewer: pictures with fewer bytes",
        "decode_kmac_per_pixel": DECODE_KMAC,
    }
    rows = [CodecRow.from_json(row) for row in _rows("codecs")]
    for split in ("valid", "kodak"):
        some = [row for row in rows if row.input.startswith(f"{split}/")]
        for spec in ("jndlic", "avif"):
            for share in ("75", "50"):
                (each,) = (line for line in sizes(some, share) if line.codec == spec)
                assert each.ratio is not None
                found[f"{split}_{spec}_at_{share}"] = _per_cent(each.ratio)
                if spec == "jndlic":
                    found |= {f"{split}_fewer_than_{rival}_at_{share}": list(n) for rival, n in each.fewer.items()}
            for measure, rate in rates(some, spec).items():
                assert rate.mean is not None
                found[f"{split}_{spec}_at_equal_{measure}"] = _per_cent(rate.mean)
    return found


def jndlic_parts() -> dict[str, str]:
    """Summaries of the graphs."""
    expected = {"means-0": "means of luma", "means-1": "means of chroma"}
    expected |= {f"context-{index}": f"{n} frequencies" for index, n in enumerate((15, 27, 63, 84), 1)}
    return {
        "analysis": "JND-LIC, the learned codec: from a picture and its JND map to latents; of the encoder alone",
        "tables": "JND-LIC: frequency tables of its symbols",
        "side": "JND-LIC: what hyper-latents to expect from those around them; whole numbers",
        "hyper": "JND-LIC: from hyper-latents to features and the field of steps; whole numbers",
        **{part: f"JND-LIC: what symbols to expect, {what}; whole numbers" for part, what in expected.items()},
        "synthesis": "JND-LIC: from symbols to the picture",
    }


def _per_cent(found: Mean) -> list[float]:
    ends = (found.value, found.value - found.half, found.value + found.half)
    return [round(100.0 * math.expm1(value), 1) for value in ends]


def _rows(name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (ROWS / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()]


def _mean(values: list[float]) -> list[float]:
    """Mean, and the half width of its 95 % interval over pictures."""
    return [round(float(np.mean(values)), 3), round(1.96 * float(np.std(values, ddof=1)) / math.sqrt(len(values)), 3)]


# Pictures of CID22, CLIC and the wallpapers: those that pairs are made of, without screenshots and the like, and all.
PAIRED, ALL = (186, 50, 118), (208, 52, 129)

ABOUT: dict[str, dict[str, Any]] = {
    "shen2020.vvc.v1": {
        "architecture": "shen2020",
        "pictures": PAIRED,
        "summary": "changes the structure of a patch as far as nobody notices; half the published width",
        "scores": shen2020,
        "trained": {"recipe": "shen2020-s", "log": "benchmarks/rows/training/shen2020-s.jsonl"},
        "remaining_gain": "some: the last 750 of 4,500 steps brought 0.15 of 12.6 per cent. Twice the width, the 22 "
        "hours of "
        "the published run and labels of people were not tried",
    },
    "hvssd-degradation.pictures.v1": {
        "architecture": "hvssd-degradation",
        "pictures": ALL,
        "summary": "a small codec whose errors and gradients say where a picture is busy; half the published width",
        "scores": degradation,
        "trained": {"log": "benchmarks/rows/training/hvssd-degradation.jsonl"},
        "remaining_gain": "some: the last 1,000 of 3,000 steps brought 0.7 dB",
    },
    "hvssd.pictures.v1": {
        "architecture": "hvssd",
        "pictures": ALL,
        "summary": "from a picture and where a small codec errs on it to how far each colour of each pixel may move",
        "needs": "hvssd-degradation",
        "scores": hvssd,
        "trained": {"log": "benchmarks/rows/training/hvssd.jsonl"},
        "remaining_gain": "little by these losses: over 400 steps they fell on, the reading was best after the first "
        "200",
    },
    "jndlic.pictures.v3": {
        "architecture": "jndlic",
        "pictures": ALL,
        "parts": jndlic_parts(),
        "scores": jndlic,
        "trained": {
            "recipe": "jndlic-two-judges",
            "from": "those of version 2, 16,300 steps; jndlic-contexts, 1,000; 4,000 of all, in the log; averaged",
            "steps": 21300,
            "hours": 6.5,
            "log": "checkpoints/jndlic-version-4/log.jsonl",
        },
        "remaining_gain": "little by more of the same: trained on at 2e-4 with all parts, the saving was 35.8, 36.0, "
        "36.2, 36.6, 36.8, 36.8, 36.8 and 36.8 per cent after every 500 steps, and 37.2 averaged with the weights it "
        "began from.",
    },
    "knob.visibility.v1": {
        "architecture": "knob",
        "pictures": ALL,
        "summary": "from how a picture answers quantisation to each codec's curve of JND, before any encode",
        "scores": knob,
        "trained": {"log": "benchmarks/rows/training/knob.jsonl"},
        "remaining_gain": "some, from more pictures: twice the width and longer training brought nothing",
    },
    "resjnd-s.cpl.v2": {
        "architecture": "resjnd-s",
        "pictures": PAIRED,
        "summary": "predicts the critical perceptually lossless picture; small",
        "scores": resjnd("resjnd-s"),
        "trained": {"steps": 15500, "hours": 0.55, "log": "benchmarks/rows/training/resjnd-s.jsonl"},
        "remaining_gain": "little: of 8,000 steps of distillation the last 2,000 brought 0.03 of 3.6 dB, as the rate "
        "fell to nothing; predictions for more pictures were not tried",
    },
    "resjnd.cpl.v2": {
        "architecture": "resjnd",
        "pictures": PAIRED,
        "summary": "predicts the critical perceptually lossless picture; 128 channels, 25 recursions, as published",
        # Weights can reach 52 pixels; what these take from beyond 28 changes maps by less than 0.0001 code values.
        "context": 28,
        "scores": resjnd("resjnd"),
        "trained": {
            "recipe": "resjnd-short",
            "steps": 6800,
            "hours": 3.1,
            "log": "benchmarks/rows/training/resjnd.jsonl",
        },
        "remaining_gain": "little at this rate: of 4,600 steps that ended it, all at 25 recursions, the last 1,600 "
        "brought 0.04 of 4.1 dB, as the rate fell to nothing. Larger crops, more pairs and the 200 epochs of the "
        "published run were not tried",
    },
}


if __name__ == "__main__":
    main()
