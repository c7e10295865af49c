"""The answers of a study in the layouts of published ones, for programs that read those.

konjnd: where each viewer left the slider, as `subjective_ratings.csv`, with the pictures.
mcl-jci: the same as lists, one line a picture and one cell a viewer, `JND_first.csv`.
aic3: every triplet and its answer, `response_data.csv`.

Pictures get the names that the layout has; `pictures.csv` says which is which. A study that a layout has no place for
is refused. What was screened out is not in them.

Source: Lin et al. 2022 (KonJND-1k); Jin et al. 2016 (MCL-JCI); JPEG AIC-3, jpeg-aic/dataset-BTC-PTC-24.
"""

from __future__ import annotations

import csv
import io
import json
import shutil
import statistics
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from jndkit.errors import OutputError, UsageError
from jndkit.picture import write_atomic
from jndkit.study.answers import Answered, Session
from jndkit.study.plan import ORIGINAL, Method, Plan, Stimulus

Sitting = tuple[Session, list[Answered]]
"""A viewer and what was answered."""

_KON_CODECS = {"jpeg": ("JPEG", ".jpg", 100), "bpg": ("BPG", ".png", 51)}  # name, suffix, levels
_RESPONSES = ("left", "right")
_AIC3 = (
    *("assignment", "worker", "method", "task", "question_id", "img_num"),
    *(f"{what}_{place}" for what in ("codec", "dlevel", "img") for place in ("left", "pivot", "right")),
    *("is_same", "is_cross", "is_bias", "is_trap"),
    *("question_order", "response", "submission_time", "response_time", "reload_count", "resolution"),
)


class Layout(NamedTuple):
    """method: of the studies that it has a place for.  write: into an empty folder."""

    method: Method
    write: Callable[[Plan, Sequence[Sitting], Path], None]


def export(plan: Plan, sittings: Sequence[Sitting], layout: str, folder: str | Path) -> None:
    """Write a study's answers into a folder that is not there yet.

    sittings: of the viewers whose answers count.  layout: a name of LAYOUTS.
    Raises UsageError for an unknown layout, and for a study that it has no place for; OutputError where the folder is
    there, or cannot be written.
    """
    if layout not in LAYOUTS:
        raise UsageError(f"unknown layout {layout!r}; choose {', '.join(LAYOUTS)}")
    wanted = LAYOUTS[layout].method
    if plan.method != wanted:
        raise UsageError(f"{layout} is a layout of {wanted} studies, and this one is {plan.method}")
    home = Path(folder)
    try:
        home.mkdir(parents=True)
    except OSError as error:
        raise OutputError(home, f"it cannot be made: {error.strerror}") from None
    try:
        LAYOUTS[layout].write(plan, sittings, home)
    except BaseException:
        shutil.rmtree(home, ignore_errors=True)  # nothing is left half-written
        raise


def _konjnd(plan: Plan, sittings: Sequence[Sitting], home: Path) -> None:
    names, rows = _numbered(plan, "SRC{:04d}"), []
    for stimulus in plan.stimuli:
        kind, suffix, levels = _kon_codec(stimulus)
        settings = _settings(stimulus, sittings)
        ratings = [_kon_level(stimulus, setting, levels) for setting in settings if setting is not _ABSENT]
        name = names[stimulus.picture]
        _copy(plan, stimulus.original.file, home / "source_image" / f"{name}.png")
        for level in stimulus.levels:
            number = _kon_level(stimulus, level.knob, levels)
            source = level.coded if suffix == ".jpg" else level.shown.file
            _copy(plan, source, home / kind.lower() / f"{name}_{kind}_{number:03d}{suffix}")
        if ratings:
            spread = statistics.stdev(ratings) if len(ratings) > 1 else 0.0
            mean = f"{statistics.fmean(ratings):.4f}"
            rows.append([f"{name}.png", kind, len(ratings), mean, f"{spread:.4f}", json.dumps(ratings)])
    header = ["image_id", "Compression type", "No. of ratings", "mean", "std", "ratings"]
    _table(home / "subjective_ratings.csv", [header, *rows])
    _table(home / "pictures.csv", [["source", "picture"], *([name, picture] for picture, name in names.items())])


def _mcl_jci(plan: Plan, sittings: Sequence[Sitting], home: Path) -> None:
    names = _numbered(plan, "SRC{:02d}")
    own = {stimulus.picture: stimulus for stimulus in plan.stimuli if _is_jpeg(stimulus)}
    if len(own) < len(plan.stimuli):
        raise UsageError("MCL-JCI's layout has one JPEG version a picture; this study has others")
    rows = []
    for picture, name in names.items():
        stimulus = own[picture]
        _copy(plan, stimulus.original.file, home / f"ImageJND_{name}.png")
        for level in stimulus.levels:
            _copy(plan, level.coded, home / f"ImageJND_{name}_{round(level.knob):03d}.jpg")
        rows.append([_quality(setting) for setting in _settings(stimulus, sittings)])
    _table(home / "JND_first.csv", rows)
    _table(home / "pictures.csv", [["source", "picture"], *([name, picture] for picture, name in names.items())])


def _aic3(plan: Plan, sittings: Sequence[Sitting], home: Path) -> None:
    pictures = {picture: number for number, picture in enumerate(dict.fromkeys(s.picture for s in plan.stimuli), 1)}
    codecs = {codec: number for number, codec in enumerate(dict.fromkeys(s.codec for s in plan.stimuli), 1)}
    rows: list[Sequence[object]] = [_AIC3]
    for session, answered in sittings:
        told = (_triplet(plan, session, done, pictures, codecs) for done in answered if done.trial.kind != "training")
        rows += filter(None, told)
    _table(home / "response_data.csv", rows)
    of_stimuli = [[pictures[s.picture], s.picture, codecs[s.codec], s.codec, len(s.levels)] for s in plan.stimuli]
    _table(home / "pictures.csv", [["img_num", "picture", "codec", "spec", "levels"], *of_stimuli])
    for file, _ in plan.files():
        if file.endswith(".png"):
            _copy(plan, file, home / file)


def _triplet(
    plan: Plan, session: Session, done: Answered, pictures: dict[str, int], codecs: dict[str, int]
) -> list[object] | None:
    """One row of `response_data.csv`; the pivot is the original, level 0."""
    trial, answer = done.trial, done.answer
    if answer is None:  # on screen when its viewer left
        return None
    stimulus = plan.stimulus(trial.stimulus)
    left, right = trial.levels
    files = [stimulus.shown(level, boosted=trial.boosted).file for level in (left, ORIGINAL, right)]
    worst = len(stimulus.levels)
    response = "not sure" if answer.response is None else _RESPONSES[answer.response]
    display = session.display or {}
    size = f"{display['width']}x{display['height']}" if {"width", "height"} <= display.keys() else ""
    return [
        *(session.number + 1, session.number + 1, "BTC" if trial.boosted else "PTC", 1, trial.id + 1),
        pictures[stimulus.picture],
        *[codecs[stimulus.codec]] * 3,
        *(left, ORIGINAL, right),
        *files,
        *(1, 0, int(left == right), int({left, right} == {ORIGINAL, worst} and trial.kind == "attention")),
        *(trial.id + 1, response, session.consented, f"{answer.seconds:.3f}", 0, size),
    ]


LAYOUTS = {
    "konjnd": Layout("flicker", _konjnd),
    "mcl-jci": Layout("flicker", _mcl_jci),
    "aic3": Layout("triplet", _aic3),
}


class _Absent:
    """In the place of a setting: this viewer was not asked."""


_ABSENT = _Absent()
Setting = float | None | _Absent
"""The knob at which a viewer first saw flicker; None who saw none at any."""


def _settings(stimulus: Stimulus, sittings: Iterable[Sitting]) -> list[Setting]:
    """One setting a viewer: the middle one of those that were made from different starts."""
    return [_setting(stimulus, answered) for _, answered in sittings]


def _setting(stimulus: Stimulus, answered: Iterable[Answered]) -> Setting:
    levels = sorted(_levels(stimulus, answered))
    if not levels:
        return _ABSENT
    level = statistics.median_low(levels)
    return None if level > len(stimulus.levels) else stimulus.level(max(level, 1)).knob


def _levels(stimulus: Stimulus, answered: Iterable[Answered]) -> Iterator[int]:
    """Indices of levels; one more than there are where none flickered."""
    for trial, answer in ((done.trial, done.answer) for done in answered):
        if trial.kind == "real" and trial.stimulus == stimulus.name and answer is not None:
            yield len(stimulus.levels) + 1 if answer.response is None else trial.levels[answer.response]


def _kon_codec(stimulus: Stimulus) -> tuple[str, str, int]:
    codec = stimulus.codec.split(":")[0]
    if codec not in _KON_CODECS:
        raise UsageError(f"KonJND-1k's layout has JPEG and BPG; this study has {codec}, too")
    return _KON_CODECS[codec]


def _kon_level(stimulus: Stimulus, setting: Setting, levels: int) -> int:
    """A level of distortion, 1 the least; one more than there are where none was visible."""
    if setting is None or isinstance(setting, _Absent):
        return levels + 1
    return levels + 1 - round(setting) if _is_jpeg(stimulus) else round(setting)


def _quality(setting: Setting) -> str:
    if isinstance(setting, _Absent):
        return "nan"
    return "0" if setting is None else str(round(setting))  # 0, as published, of who saw none


def _is_jpeg(stimulus: Stimulus) -> bool:
    return stimulus.codec.split(":")[0] == "jpeg" and stimulus.knob == "quality"


def _numbered(plan: Plan, form: str) -> dict[str, str]:
    pictures = dict.fromkeys(stimulus.picture for stimulus in plan.stimuli)
    return {picture: form.format(number) for number, picture in enumerate(pictures, 1)}


def _copy(plan: Plan, file: str, path: Path) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(plan.folder / file, path)
    except OSError as error:
        raise OutputError(path, f"it cannot be written: {error.strerror}") from None


def _table(path: Path, rows: Iterable[Sequence[object]]) -> None:
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows(rows)
    write_atomic(path, out.getvalue().encode())
