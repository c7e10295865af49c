"""Plans without pictures, and viewers who know their thresholds."""

from __future__ import annotations

import hashlib
from pathlib import Path

from jndkit.study.methods import METHODS
from jndkit.study.plan import (
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


def shown(file: str) -> Shown:
    return Shown(file, hashlib.sha256(file.encode()).hexdigest())


def stimulus(name: str, method: Method = "2afc", picture: str | None = None, codec: str = "jpeg:420") -> Stimulus:
    levels = tuple(
        Level(
            index,
            float(100 - 3 * index),
            f"pictures/{name}/{index:02d}.jpg",
            shown(f"pictures/{name}/{index:02d}.jpg").sha256,
            1000 * (40 - index),
            jnd,
            shown(f"pictures/{name}/{index:02d}.png"),
            shown(f"pictures/{name}/{index:02d}-boosted.png") if method == "triplet" else None,
        )
        for index, jnd in enumerate(METHODS[method].jnd, 1)
    )
    boosted = shown(f"pictures/{name}/original-boosted.png") if method == "triplet" else None
    original = shown(f"pictures/{name}/original.png")
    return Stimulus(name, picture or f"{name}.png", codec, "quality", 640, 480, original, levels, boosted)


def plan(method: Method = "2afc", pictures: int = 4, trials: int = 6, seen: int | None = None) -> Plan:
    return Plan(
        name="made",
        method=method,
        created="2026-01-01T00:00:00+00:00",
        seed=7,
        observer="cvvdp 1",
        schedule=Schedule(minutes=10.0, stimuli=seen or pictures, trials=trials, training=4, rest=20),
        display=Display("desktop", 37.84, 1.25, 1300, 700, flicker=METHODS[method].flicker),
        screening=Screening(),
        texts=Texts('What it is "about".\nAnd more.', "I agree."),
        versions={"jndkit": "1", "libjpeg-turbo": "3"},
        stimuli=tuple(stimulus(f"p{number:02d}-jpeg-420", method, f"p{number:02d}.png") for number in range(pictures)),
    )


def written(folder: Path, made: Plan) -> Plan:
    """A study on disk whose files hold their own names."""
    for file, _ in made.files():
        path = folder / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(file.encode())
    write_plan(made, folder)
    return read_plan(folder)
