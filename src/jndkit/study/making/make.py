"""Which pictures a study is of, and how long a sitting is; the plan in the end."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Generator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from jndkit.batch import InputFile, gather, run
from jndkit.codecs import codec as named_codec, versions as codec_versions
from jndkit.errors import InputError, OutputError, UsageError, check_choice
from jndkit.observers import observer as named_observer
from jndkit.picture import MAX_PIXELS, make_folder
from jndkit.study.layout import largest, window_for
from jndkit.study.making.stimuli import Coding, Made
from jndkit.study.methods import METHODS
from jndkit.study.plan import (
    ARRANGEMENTS,
    FILE,
    Display,
    Method,
    Plan,
    Schedule,
    Screening,
    Stimulus,
    Texts,
    read_plan,
    write_plan,
)
from jndkit.version import VERSION
from jndkit.viewing import Viewing, viewing as named_viewing

TEXTS = Texts(
    information=(
        "This study asks how much a picture may be compressed before people see it. You will look at pairs of "
        "pictures and say what you see; there is nothing to know beforehand, and no answer is bad.\n"
        "No names, addresses or cookies are kept. Your answers, their times and what the display check finds are "
        "stored under a random code; whoever runs the study may publish them. You can stop at any time, and ask for "
        "your answers to be deleted by that code."
    ),
    consent="I am at least 18 years old, I have read this, and I take part of my own free will.",
)
"""What viewers read where nothing else is given; a study's own ethics review may ask for other words."""
_FLICKERS = "\nPictures flicker. Please do not take part if flickering light makes you unwell."

# Largest crop, pixels.
_CROPS: dict[Method, tuple[int, int]] = {"2afc": (512, 384), "flicker": (640, 480), "triplet": (320, 320)}
_LEAST_TRIALS: dict[Method, int] = {"2afc": 8, "flicker": 2, "triplet": 12}
_MOST_TRIALS: dict[Method, int] = {"2afc": 40, "flicker": 4, "triplet": 60}
_OVERHEAD = 3.0  # minutes of a sitting that are no trials: reading, checking the display, breaks


@dataclass
class Making:
    """A study being made. out: its folder.  refused: a sentence for each picture that was left out."""

    out: Path
    todo: list[InputFile]
    wanted: int
    plan: Callable[[Sequence[Stimulus]], Plan]
    coding: Callable[[InputFile], Coding]
    stimuli: list[Stimulus] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)

    def make(self, jobs: int | None = None) -> Generator[Made, None, None]:
        """Code picture by picture until there are enough, then write the plan.

        Raises InputError where too few pictures can be used, OutputError where the plan cannot be written.
        """
        left, pictures = list(self.todo), 0
        while left and pictures < self.wanted:
            batch, left = left[: self.wanted - pictures], left[self.wanted - pictures :]
            with closing(run([self.coding(file) for file in batch], jobs)) as made:
                for each in made:
                    pictures += each.error is None
                    self.stimuli += each.stimuli
                    self.refused += [each.error] if each.error else []
                    yield each
        if pictures < min(self.wanted, 1):
            raise InputError(self.out, "none of the pictures can be used")
        self.stimuli.sort(key=lambda stimulus: stimulus.name)
        write_plan(self.plan(self.stimuli), self.out)
        read_plan(self.out)


def make(
    folder: str | Path,
    out: str | Path,
    *,
    method: Method = "2afc",
    codecs: Sequence[str] = ("jpeg",),
    pictures: int = 20,
    minutes: float = 30.0,
    viewing: str | float = "desktop",
    name: str | None = None,
    contact: str = "",
    texts: Texts = TEXTS,
    seed: int = 0,
    recursive: bool = False,
    observer: str = "cvvdp",
    max_pixels: int = MAX_PIXELS,
) -> Making:
    """A study of pictures drawn from a folder, to be made by `Making.make`.

    method: of `methods.METHODS`.  codecs: specs.  pictures: how many.  minutes: that a sitting may take.
    viewing: the display that viewers should have; levels are read at it.  seed: of all chance.
    Raises UsageError for the request, MissingError for a codec that is not installed, InputError for a folder without
    pictures, OutputError where there is a study already.
    """
    check_choice("method", method, METHODS)
    if pictures < 1:
        raise UsageError(f"--pictures {pictures}: a study needs one picture at least")
    display, home = named_viewing(viewing), Path(out)
    specs = tuple(dict.fromkeys(named_codec(spec).spec for spec in codecs))
    if not specs:
        raise UsageError("a study needs one codec at least")
    if (home / FILE).exists():
        raise OutputError(home / FILE, "there is a study already; choose another folder")
    found = [file for file in gather([folder], recursive=recursive, without=home) if file.error is None]
    order = np.random.default_rng(seed).permutation(len(found)).tolist()
    planned = schedule(method, minutes, min(pictures, len(found)) * len(specs))
    make_folder(str(home))
    stems = _stems(found)
    crop = _CROPS[method]

    def coding(file: InputFile) -> Coding:
        shown = (file.within / file.path.name).as_posix()
        return Coding(
            str(file.path),
            shown,
            stems[str(file.path)],
            str(home),
            specs,
            METHODS[method].jnd,
            crop,
            display,
            observer,
            method == "triplet",
            max_pixels,
        )

    def plan(stimuli: Sequence[Stimulus]) -> Plan:
        libraries = {"jndkit": VERSION}
        for spec in specs:
            libraries |= codec_versions(spec)
        judge = named_observer(observer)
        return Plan(
            name or home.name,
            method,
            datetime.now(UTC).isoformat(timespec="seconds"),
            seed,
            f"{judge.name} {judge.version}",
            planned if len(stimuli) >= planned.stimuli else schedule(method, minutes, len(stimuli)),
            _display(method, display, stimuli),
            Screening(),
            _told(texts, contact, METHODS[method].flicker),
            libraries,
            tuple(stimuli),
        )

    return Making(home, [found[place] for place in order], pictures, plan, coding)


def schedule(method: Method, minutes: float, stimuli: int) -> Schedule:
    """How a sitting of so many minutes is spent on so many stimuli.

    Where there are more than one viewer can be asked about often enough, each sees a part of them; where there are too
    few to fill the time, the sitting is shorter.
    Raises UsageError for a time that is too short to ask anything.
    """
    training, attention = 6, 12
    trials = int((minutes - _OVERHEAD) * 60.0 / METHODS[method].seconds) - training
    real = trials * (attention - 1) // attention
    least = _LEAST_TRIALS[method]
    if real < least:
        needed = _OVERHEAD + (training + least * attention / (attention - 1) + 1) * METHODS[method].seconds / 60.0
        raise UsageError(f"--minutes {minutes:g}: a sitting of the method {method} takes {needed:.0f} at least")
    seen = min(stimuli, real // least)
    each = min(real // seen, _MOST_TRIALS[method])
    asked = training + seen * each + seen * each // (attention - 1)
    taken = float(math.ceil(_OVERHEAD + asked * METHODS[method].seconds / 60.0))
    return Schedule(min(minutes, taken), seen, each, training, attention)


def _display(method: Method, viewing: Viewing, stimuli: Sequence[Stimulus]) -> Display:
    flicker = METHODS[method].flicker
    width, height = window_for(ARRANGEMENTS[method][0], *largest(stimuli))
    # Two frames at least for each picture that alternates.
    return Display(viewing.name, viewing.ppd, 1.25, width, height, max(2.0 * flicker, 50.0), flicker)


def _told(texts: Texts, contact: str, flicker: float) -> Texts:
    return Texts(texts.information + (_FLICKERS if flicker else ""), texts.consent, contact or texts.contact)


def _stems(files: Sequence[InputFile]) -> dict[str, str]:
    """A short name for every picture that any file system and any address takes, no two alike."""
    stems: dict[str, str] = {}
    taken: set[str] = set()
    for file in files:
        plain = re.sub(r"[^A-Za-z0-9_-]+", "-", file.path.stem)[:40].strip("-") or "picture"
        stem, number = plain, 1
        while stem.casefold() in taken:
            number += 1
            stem = f"{plain}-{number}"
        taken.add(stem.casefold())
        stems[str(file.path)] = stem
    return stems
