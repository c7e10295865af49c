"""Pairs of a picture and its critical perceptually lossless (CPL) version: as far from it as viewers do not see.

Layout, as the published CPL-Set has it: `pristine/NAME.png` and `critical/NAME.png`, below `train`, `valid` and `test`
where there are splits. `build` makes such pairs from any pictures; `pairs` reads a folder of them.

Source: Jiang et al., "Rethinking and Conceptualizing Just Noticeable Difference Estimation by Residual Learning",
IEEE TCSVT 2024 (the set); Jiang et al., IEEE TIP 31, 2022 (the path of versions).
Differs: an observer, not a group of viewers, says where the critical version lies.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np

from jndkit.datasets.klt import COMPONENTS, Klt
from jndkit.errors import InputError, JndError, UsageError
from jndkit.observers import observer as named_observer
from jndkit.picture import Picture, Pixels, load, png_bytes, write_atomic
from jndkit.picture.formats import ENDINGS
from jndkit.picturewise.domain import domain
from jndkit.visibility import jnd_for, protocol as named_protocol

MANIFEST = "manifest.jsonl"
SPLITS = ("train", "valid", "test")
_NEAR = 0.95  # a reading from this share of the target up is critical
_STEPS = 12  # halvings of the count of components, at most


@dataclass(frozen=True)
class Critical:
    """The critical version. components: kept of 192.  jnd: what it reads.  probes: readings it took."""

    rgb: Pixels
    components: float
    jnd: float
    probes: int


def critical(
    picture: Picture,
    *,
    viewers: float = 75.0,
    protocol: str = "aic",
    viewing: str | float | None = None,
    observer: str = "cvvdp",
) -> Critical:
    """The picture kept to as few components of its own transform as the wanted share of viewers do not miss.

    Raises UsageError for unknown names and for shares the protocol does not answer.
    """
    fit, display = named_protocol(protocol, viewing)
    target = jnd_for(viewers, fit)
    watch = named_observer(observer).watch(picture, display)
    klt = Klt(picture.rgb)
    low, high = 0.0, float(COMPONENTS)
    best = Critical(klt.keep(high), high, 0.0, 0)
    for probe in range(1, _STEPS + 1):
        # Geometric steps: what the first components hold is worth far more than what the last do.
        middle = float(np.sqrt(max(low, 1.0) * high))
        rgb = klt.keep(middle)
        reading = watch(Picture(rgb=rgb)).jnd
        if reading <= target:
            best, high = Critical(rgb, middle, reading, probe), middle
            if reading >= _NEAR * target:
                break
        else:
            low = middle
    return best


def build(source: str | Path, target: str | Path, *, jobs: int = 1, **options: Any) -> Iterator[dict[str, Any]]:
    """Make a pair of every picture below a folder; yields the manifest's rows as they are made, and resumes.

    source: a folder of pictures.  target: the folder for `pristine`, `critical` and `manifest.jsonl`.
    options: viewers, protocol, viewing, observer of `critical`.
    A picture that fails, or that is no photograph, is a row with `error` or `skipped`, and the run goes on.
    Raises UsageError for the request, InputError for a folder without pictures.
    """
    home, out = Path(source), Path(target)
    suffixes = {suffix for group in ENDINGS.values() for suffix in group}
    names = sorted(path.relative_to(home) for path in home.rglob("*") if path.suffix.lower() in suffixes)
    if not names:
        raise InputError(home, "it holds no picture")
    jnd_for(options.get("viewers", 75.0), named_protocol(options.get("protocol", "aic"), options.get("viewing"))[0])
    named_observer(options.get("observer", "cvvdp"))
    manifest = out / MANIFEST
    rows = read_manifest(manifest) if manifest.exists() else []
    done = {row["source"] for row in rows}
    for side in ("pristine", "critical"):
        (out / side).mkdir(parents=True, exist_ok=True)
    if manifest.exists():  # a line that was cut off must not run into the next
        write_atomic(manifest, "".join(json.dumps(row) + "\n" for row in rows).encode(), force=True)
    waiting = [name for name in names if name.as_posix() not in done]
    with (
        manifest.open("a", encoding="utf-8") as lines,
        ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as pool,
    ):
        tasks = [pool.submit(_pair, home, out, name, options) for name in waiting]
        try:
            for task in as_completed(tasks):
                row = task.result()
                lines.write(json.dumps(row) + "\n")
                lines.flush()
                yield row
        finally:
            for task in tasks:
                task.cancel()


def _pair(home: Path, out: Path, name: Path, options: dict[str, Any]) -> dict[str, Any]:
    """Make one pair, or say why not."""
    row: dict[str, Any] = {"source": name.as_posix(), **options}
    try:
        picture = load(home / name)
        kind = domain(picture)
        if not kind.inside or picture.alpha is not None:
            reason = f"{kind.kind}: {', '.join(kind.reasons)}" if not kind.inside else "it is transparent"
            return {**row, "skipped": f"no photograph on an opaque ground ({reason})"}
        found = critical(picture, **options)
        stem = "_".join(name.with_suffix("").parts) + ".png"
        write_atomic(out / "pristine" / stem, png_bytes(picture.rgb), force=True)
        write_atomic(out / "critical" / stem, png_bytes(found.rgb), force=True)
    except JndError as error:
        return {**row, "error": str(error)}
    difference = picture.rgb.astype(np.float64) - found.rgb
    psnr = 10.0 * np.log10(255.0**2 / max(float(np.mean(difference**2)), 1e-12))
    return {
        **row,
        "pair": stem,
        "components": round(found.components, 3),
        "jnd": round(found.jnd, 5),
        "psnr": round(psnr, 3),
        "probes": found.probes,
        "sha256": picture.source.sha256 if picture.source else None,
    }


def read_manifest(path: Path) -> list[dict[str, Any]]:
    """Rows of a manifest; a last line that was cut off is left out."""
    rows = []
    for line in path.read_text(encoding="utf-8").splitlines():
        try:
            rows.append(json.loads(line))
        except json.JSONDecodeError:
            continue
    return rows


def pairs(folder: str | Path, split: str | None = None) -> list[tuple[Path, Path]]:
    """(pristine, critical) files of a CPL folder, by name.

    split: "train", "valid" or "test" where the folder has them.
    Raises UsageError for an unknown split, InputError where a folder is missing or a picture has no partner.
    """
    if split is not None and split not in SPLITS:
        raise UsageError(f"unknown split {split!r}: choose {', '.join(SPLITS)}")
    home = Path(folder) / split if split else Path(folder)
    found = {}
    for side in ("pristine", "critical"):
        if not (home / side).is_dir():
            raise InputError(home, f"it has no folder {side!r}")
        found[side] = {path.stem: path for path in (home / side).iterdir() if path.is_file()}
    alone = sorted(found["pristine"].keys() ^ found["critical"].keys())
    if alone:
        raise InputError(home, f"{len(alone)} pictures have no partner, such as {alone[0]}")
    if not found["pristine"]:
        raise InputError(home, "it holds no pair")
    return [(found["pristine"][stem], found["critical"][stem]) for stem in sorted(found["pristine"])]
