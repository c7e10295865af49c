"""Small studies with drawn pictures, which browsers can show and nobody needs to look at."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import numpy as np

from jndkit.picture import png_bytes
from jndkit.study.methods import METHODS
from jndkit.study.plan import (
    ZOOM,
    Arrangement,
    Display,
    Level,
    Method,
    Plan,
    Schedule,
    Screening,
    Shown,
    Stimulus,
    Texts,
    read_plan,
    write_plan,
)
from jndkit.version import VERSION

_TEXTS = Texts("Pictures that were drawn by a program.\n\nNobody needs to look at them.", "I take part of my own will.")

Pixels = np.ndarray[Any, Any]


def drawn(number: int, level: int, size: tuple[int, int]) -> Pixels:
    """A picture, changed the more the higher the level: uint8 (H, W, 3), size being width and height."""
    width, height = size
    random = np.random.default_rng(number)
    rows, columns = np.mgrid[0:height, 0:width]
    base = 120 + 60 * np.sin(rows / (13.0 + number)) + 50 * np.cos(columns / 19.0)
    pixels = np.stack([base, 0.9 * base, 0.8 * base], axis=-1) + random.normal(0, 5, (height, width, 3))
    changed = np.random.default_rng((number, level)).normal(0, 2.5 * level, (height // 8 + 1, width // 8 + 1, 3))
    pixels += np.kron(changed, np.ones((8, 8, 1)))[:height, :width]
    return np.clip(pixels, 0, 255).astype(np.uint8)


def small_study(
    folder: Path,
    method: Method = "2afc",
    *,
    pictures: int = 2,
    trials: int = 3,
    training: int = 2,
    rest: int = 60,
    size: tuple[int, int] = (120, 96),
    arrangement: Arrangement | None = None,
    screening: Screening | None = None,
    **display: Any,
) -> Plan:
    """A whole study on the disk. display: fields of `plan.Display` that are others."""
    stimuli = tuple(_written(folder, number, method, size) for number in range(pictures))
    named = {"viewing": "desktop", "ppd": 37.84, "tolerance": 1.5, "width": 0, "height": 0, "arrangement": arrangement}
    plan = Plan(
        name="A small study",
        method=method,
        created="2026-01-01T00:00:00+00:00",
        seed=7,
        observer="none",
        schedule=Schedule(5.0, pictures, trials, training=training, rest=rest),
        display=Display(**{"flicker": METHODS[method].flicker, **named, **display}),
        screening=screening or Screening(),
        texts=_TEXTS,
        versions={"jndkit": VERSION},
        stimuli=stimuli,
    )
    write_plan(plan, folder)
    return read_plan(folder)


def _written(folder: Path, number: int, method: Method, size: tuple[int, int]) -> Stimulus:
    name = f"p{number:02d}-jpeg"
    home = folder / "pictures" / name
    home.mkdir(parents=True)

    def shown(file: str, pixels: Pixels) -> Shown:
        data = png_bytes(pixels, effort="quick")
        (home / file).write_bytes(data)
        return Shown(f"pictures/{name}/{file}", hashlib.sha256(data).hexdigest())

    def boosted(level: int, file: str) -> Shown | None:
        return (
            shown(file, np.kron(drawn(number, 2 * level, size), np.ones((ZOOM, ZOOM, 1), np.uint8)))
            if method == "triplet"
            else None
        )

    levels = []
    for index, jnd in enumerate(METHODS[method].jnd, 1):
        coded = shown(f"{index:02d}.bin", drawn(number, index, size)[:8])
        pixels = shown(f"{index:02d}.png", drawn(number, index, size))
        extra = boosted(index, f"{index:02d}-boosted.png")
        levels.append(Level(index, float(100 - index), coded.file, coded.sha256, 1000, jnd, pixels, extra))
    return Stimulus(
        name,
        f"p{number:02d}.png",
        "jpeg:420",
        "quality",
        width=size[0],
        height=size[1],
        original=shown("original.png", drawn(number, 0, size)),
        levels=tuple(levels),
        boosted=boosted(0, "original-boosted.png"),
    )
