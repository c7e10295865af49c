"""The ResJND networks: how near they come to the critical picture, how alike their maps are, how fast they are.

    python benchmarks/resjnd.py PAIRS --scores     PAIRS/{train,valid,kodak}: as `jnd datasets build cpl` makes them
    python benchmarks/resjnd.py PAIRS --noise      how visible noise in the shape of the maps is, on PAIRS/valid
    python benchmarks/resjnd.py PAIRS --speed      seconds of each runtime, on a picture of noise and waves
    python benchmarks/resjnd.py PAIRS --table      the tables, from rows that exist

Beside each score: the pristine picture as it is (identity), and the Gaussian blur whose sigma does best on train/.
Scores and likeness of maps are taken on the middle SIDE x SIDE pixels of each picture, with the real surroundings in
reading: the full network makes seven million multiply-adds a pixel. Writes rows/resjnd.jsonl.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import time
from functools import partial
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from jndkit.datasets.cpl import pairs
from jndkit.evaluation.intervals import mean
from jndkit.evaluation.noise.settings import PSNR
from jndkit.inference import available, session
from jndkit.injection import Noise, at_jnd, at_psnr
from jndkit.observers import observer
from jndkit.picture import Picture, Pixels, load
from jndkit.picture.difference import psnr
from jndkit.pixelwise import jnd_map
from jndkit.viewing import DISPLAYS
from jndkit.weights import find

ROWS = Path(__file__).parent / "rows" / "resjnd.jsonl"
SIDE = 128
_EQUAL = 108.1308  # dB that a row says of two equal pictures, since JSON has no infinity
SURROUNDINGS = 32
SIGMAS = [round(0.30 + 0.05 * step, 2) for step in range(11)]


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("pairs", type=Path)
    for name in ("scores", "noise", "speed", "table"):
        asked.add_argument(f"--{name}", action="store_true")
    asked.add_argument("--model", action="append", help="these networks only; rows of others stay")
    asked.add_argument("--split", choices=("valid", "kodak"), action="append", help="of --scores: this one only")
    asked.add_argument("--pictures", type=int, default=8, help="of --noise: how many, from first to last")
    options = asked.parse_args()
    models = options.model or ["resjnd-s", "resjnd"]
    if options.scores:
        _keep("scores", models, scores(options.pairs, models, options.split or ["valid", "kodak"]))
    if options.noise:
        _keep("noise", models, noise(options.pairs / "valid", models, options.pictures))
    if options.speed:
        _keep("speed", models, speed(models))
    table()


def scores(home: Path, models: list[str], splits: list[str]) -> list[dict[str, Any]]:
    """One row a picture of valid and kodak: PSNR to the critical picture, dB, and how alike the two maps are."""
    sigma = _best_sigma(home / "train")
    rows = []
    for split in splits:
        for pristine_path, critical_path in pairs(home / split):
            pristine, critical = (_middle(load(path).rgb) for path in (pristine_path, critical_path))
            inner = _inner(pristine)
            row = {"kind": "scores", "split": split, "picture": pristine_path.stem, "sigma": sigma}
            row["identity"] = _psnr(pristine[inner], critical[inner])
            row["blur"] = _psnr(_blur(pristine, sigma)[inner], critical[inner])
            maps = []
            for model in models:
                change = _change(model, pristine)[inner]
                predicted = np.clip(np.floor(pristine[inner] + change + 0.5), 0, 255).astype(np.uint8)
                row[model] = _psnr(predicted, critical[inner])
                maps.append(np.sqrt((change**2).mean(axis=2)).ravel())
            if len(maps) == 2:
                row["alike"] = round(float(np.corrcoef(*maps)[0, 1]), 4)
            rows.append(row)
            print(json.dumps(row), flush=True)
    return rows


def noise(folder: Path, models: list[str], count: int) -> list[dict[str, Any]]:
    """One row a picture and network: JND of noise in the shape of its map at 26.65 dB, and its PSNR at 1 JND, dB."""
    rows = []
    found = pairs(folder)
    for pristine_path, _ in found[:: max(1, len(found) // count)][:count]:
        pristine = _middle(load(pristine_path).rgb)
        inner = _inner(pristine)
        picture = Picture(np.ascontiguousarray(pristine[inner]))
        watched = observer("cvvdp").watch(picture, DISPLAYS["desktop"])
        shapes = {model: np.sqrt(np.mean(_change(model, pristine)[inner] ** 2, axis=2)) for model in models}
        for model, shape in {**shapes, "flat": np.ones(picture.rgb.shape[:2], np.float32)}.items():
            given = Noise(picture, shape)
            row: dict[str, Any] = {"kind": "noise", "picture": pristine_path.stem, "model": model}
            row["jnd"] = round(watched(at_psnr(given, PSNR).picture).jnd, 5)
            row["psnr"] = round(at_jnd(given, watched, 1.0, tolerance=0.002).dose.psnr, 5)
            rows.append(row)
    return rows


def _change(model: str, rgb: Pixels) -> npt.NDArray[np.float32]:
    """What a network would add to a picture, code values, its own zeros beyond the border."""
    given = rgb.transpose(2, 0, 1)[None].astype(np.float32) / np.float32(255.0)
    (found,) = session(find(model).path)(np.ascontiguousarray(given))
    change: npt.NDArray[np.float32] = found[0].transpose(1, 2, 0) * np.float32(255.0)
    return change


def speed(models: list[str]) -> list[dict[str, Any]]:
    """Seconds of a whole map, median of five; of the full network on 512 x 512, and PyTorch float32 beside it."""
    rows = []
    for model in models:
        height, width = (1080, 1920) if model == "resjnd-s" else (512, 512)
        picture = _scene(height, width)
        maps = {}
        for runtime in available():
            for precision in ("f32", "bf16") if runtime == "openvino" else ("f32",):
                os.environ["JNDKIT_RUNTIME"] = runtime
                maps[runtime, precision] = jnd_map(picture, model, precision=precision)  # also loads it
                rows.append(
                    {
                        "kind": "speed",
                        "model": model,
                        "size": f"{width}x{height}",
                        "runtime": runtime,
                        "precision": precision,
                        **timed(partial(jnd_map, picture, model, precision=precision)),
                    }
                )
                difference = np.abs(maps[runtime, precision] - maps["onnxruntime", "f32"]).max()
                rows[-1]["difference"] = round(float(difference), 5)
                print(json.dumps(rows[-1]), flush=True)
        del os.environ["JNDKIT_RUNTIME"]
        rows.append({"kind": "speed", "model": model, "size": f"{width}x{height}", **_torch(model, picture)})
        print(json.dumps(rows[-1]), flush=True)
    return rows


def _torch(model: str, picture: Pixels) -> dict[str, Any]:
    """The same network, from its ONNX file, in PyTorch float32."""
    try:
        import onnx
        import torch
        from onnx import numpy_helper

        from jndkit.training.networks import network
    except ImportError:
        return {"runtime": "torch", "precision": "f32", "seconds": None}
    found = find(model)
    graph = onnx.load(found.path).graph
    state = {each.name: torch.from_numpy(numpy_helper.to_array(each).copy()) for each in graph.initializer}
    built = network(found.card.architecture, json.loads(found.card.trained["settings"])["model"])
    built.load_state_dict({name: state[name] for name in built.state_dict()})
    given = torch.from_numpy(picture.astype(np.float32) / 255.0).permute(2, 0, 1)[None].contiguous()
    torch.set_num_threads(len(os.sched_getaffinity(0)))
    with torch.inference_mode():
        built(given)
        return {"runtime": "torch", "precision": "f32", **timed(partial(built, given))}


def timed(call: Any) -> dict[str, float]:
    seconds, busy = [], []
    for _ in range(5):
        start, spent = time.perf_counter(), time.process_time()
        call()
        seconds.append(time.perf_counter() - start)
        busy.append(time.process_time() - spent)
    return {"seconds": round(float(np.median(seconds)), 3), "cpu_seconds": round(float(np.median(busy)), 3)}


def table() -> None:
    rows = [json.loads(line) for line in ROWS.read_text(encoding="utf-8").splitlines()] if ROWS.exists() else []
    for split in ("valid", "kodak"):
        some = [row for row in rows if row["kind"] == "scores" and row["split"] == split]
        for model in ("blur", "resjnd-s", "resjnd"):
            gains = [row[model] - row["identity"] for row in some if model in row]
            if gains:
                spread = 1.96 * float(np.std(gains, ddof=1)) / math.sqrt(len(gains))
                print(f"{split:6s} {model:9s} {np.mean(gains):+.2f} +- {spread:.2f} dB over identity", end="")
                print(f" ({np.mean([row['identity'] for row in some]):.2f} dB, {len(gains)} pictures)")
        found = [row["alike"] for row in some if "alike" in row]
        if found:
            print(f"{split:6s} maps alike: correlation {np.mean(found):.3f}, least {min(found):.3f}")
    some = [row for row in rows if row["kind"] == "noise"]
    flat = {row["picture"]: row for row in some if row["model"] == "flat"}
    for model in dict.fromkeys(row["model"] for row in some):
        own = [row for row in some if row["model"] == model]
        less = (mean([row[key] - flat[row["picture"]][key] for row in own]) for key in ("jnd", "psnr"))
        told = ", ".join(f"{each.value:+.2f} +- {each.half:.2f}" for each in less)
        print(f"noise  {model}: JND at 26.65 dB and PSNR at 1 JND, less flat: {told} ({len(own)} pictures)")
    for row in rows:
        if row["kind"] == "speed":
            print({key: value for key, value in row.items() if key != "kind"})


def _keep(kind: str, models: list[str], fresh: list[dict[str, Any]]) -> None:
    """Put rows in the place of older ones; scores of networks not asked for stay in theirs."""
    old = [json.loads(line) for line in ROWS.read_text(encoding="utf-8").splitlines()] if ROWS.exists() else []
    if kind == "scores":
        before = {(row["split"], row["picture"]): row for row in old if row["kind"] == kind}
        made = [(row["split"], row["picture"]) for row in fresh]
        for key in made:  # likeness of two networks, one of which may be another now
            before.get(key, {}).pop("alike", None)
        fresh = [{**before.pop(key, {}), **row} for key, row in zip(made, fresh, strict=True)]
        kept = [*(row for row in old if row["kind"] != kind), *before.values()]
    else:
        measured = {row.get("model") for row in fresh}
        kept = [row for row in old if row["kind"] != kind or ("model" in row and row["model"] not in measured)]
    ROWS.write_text("".join(json.dumps(row) + "\n" for row in kept + fresh), encoding="utf-8")


def _middle(rgb: Pixels) -> Pixels:
    """The middle of a picture with its surroundings, as far as there are any."""
    reach = SIDE // 2 + SURROUNDINGS
    top, left = (max(0, (side // 2 - reach) // 4 * 4) for side in rgb.shape[:2])
    return np.ascontiguousarray(rgb[top : top + 2 * reach, left : left + 2 * reach])


def _inner(crop: Pixels) -> tuple[slice, slice]:
    height, width = crop.shape[:2]
    top, left = ((side - SIDE) // 2 for side in (height, width))
    return slice(top, top + SIDE), slice(left, left + SIDE)


def _best_sigma(folder: Path) -> float:
    """Of Gaussian blurs the one with the largest mean PSNR on train/."""
    totals = dict.fromkeys(SIGMAS, 0.0)
    for pristine_path, critical_path in pairs(folder):
        pristine, critical = (load(path).rgb for path in (pristine_path, critical_path))
        for sigma in SIGMAS:
            totals[sigma] += _psnr(_blur(pristine, sigma), critical)
    return max(totals, key=lambda sigma: totals[sigma])


def _blur(rgb: Pixels, sigma: float) -> Pixels:
    return np.asarray(cv2.GaussianBlur(rgb, (7, 7), sigma))


def _psnr(a: Pixels, b: Pixels) -> float:
    return round(min(psnr(a, b), _EQUAL), 4)


def _scene(height: int, width: int) -> Pixels:
    rows, columns = np.mgrid[:height, :width]
    waves = 128 + 60 * np.sin(rows / 9.0) * np.cos(columns / 13.0)
    noise = np.random.default_rng(0).normal(0, 12, (height, width, 3))
    return np.asarray(np.clip(waves[..., None] + noise, 0, 255), np.uint8)


if __name__ == "__main__":
    main()
