"""A study on disk whose pictures can be looked at: smooth noise, coded as JPEG and WebP, read by `cvvdp`."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
from numpy.random import Generator

from jndkit.codecs import codec
from jndkit.observers import observer
from jndkit.picture import Picture, save_png
from jndkit.study.answers import Answers
from jndkit.study.plan import Level, Method, Plan, Shown, Stimulus, read_plan, write_plan
from jndkit.study.simulation import sit, truth, viewers
from jndkit.viewing import viewing
from tests.study.made_plan import plan as made

KNOBS = {"jpeg:420": (92, 80, 65, 50, 35, 20, 10), "webp:m4": (92, 80, 65, 50, 35, 20, 5)}
SIDE = 96


def shown_plan(
    folder: Path, method: Method, pictures: int = 4, codecs: tuple[str, ...] = ("jpeg:420", "webp:m4")
) -> Plan:
    """Write a study of a few small pictures."""
    stimuli = [_stimulus(folder, seed, spec) for seed in range(pictures) for spec in codecs]
    plan = made(method, pictures=len(stimuli), trials=6)
    write_plan(replace(plan, stimuli=tuple(stimuli)), folder)
    return read_plan(folder)


def ask(plan: Plan, count: int, chance: Generator, **population: float) -> None:
    """Let simulated viewers sit, and keep what they answer."""
    who = truth(plan, chance, **population)
    answers = Answers(plan.folder, plan)
    for viewer in viewers(who, count, chance):
        session = answers.begin()
        for trial, answer in sit(plan, session.number, viewer):
            answers.give(session, trial)
            answers.answer(session, answer)
        answers.finish(session)
    answers.close()


def _stimulus(folder: Path, seed: int, spec: str) -> Stimulus:
    random = np.random.default_rng(seed)
    level = cv2.GaussianBlur(random.normal(0, 60, (SIDE, SIDE, 3)).astype(np.float32), (0, 0), 1.0 + seed) * 3 + 120
    original = Picture(rgb=np.clip(level, 0, 255).astype(np.uint8))
    coder, home = codec(spec), f"pictures/p{seed}"
    watched = observer("cvvdp").watch(original, viewing("desktop"))
    levels = list[Level]()
    for knob in KNOBS[spec]:
        data = coder.encode(original, knob)
        decoded = coder.decode(data)
        jnd = watched(decoded).jnd
        if levels and jnd <= levels[-1].jnd:
            continue
        name = f"{home}/{spec.split(':')[0]}/{len(levels) + 1:02d}"
        shown = _kept(folder, f"{name}.png", decoded)
        coded = folder / f"{name}{coder.suffix}"
        coded.write_bytes(data)
        levels.append(
            Level(len(levels) + 1, float(knob), f"{name}{coder.suffix}", _sha(coded), len(data), jnd, shown, shown)
        )
    shown = _kept(folder, f"{home}/original.png", original)
    name = f"p{seed}-{spec.replace(':', '-')}"
    return Stimulus(name, f"p{seed}.png", spec, "quality", SIDE, SIDE, shown, tuple(levels), shown)


def _kept(folder: Path, file: str, picture: Picture) -> Shown:
    path = folder / file
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        save_png(picture.rgb, path)
    return Shown(file, _sha(path))


def _sha(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
