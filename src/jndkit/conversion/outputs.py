"""Where every result goes, decided before any work is done."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from jndkit.batch import InputFile
from jndkit.batch.inputs import identity
from jndkit.codecs import by_suffix, codec
from jndkit.conversion.earlier import codec_asked, done_before, is_ours, read_mark, refuse_others
from jndkit.conversion.originals import check_against, settings_for
from jndkit.errors import JndError, OutputError, UsageError
from jndkit.evidence import Row, failed
from jndkit.opening import picture_suffixes
from jndkit.picture.metadata.mark import Mark
from jndkit.settings import Settings

OURS = "jnd"
"""Goes between stem and suffix where the plain name is taken: photo.jnd.jpg."""


@dataclass(frozen=True)
class Task:
    """One picture to do. ready: the row, where it is known without any work.

    own: its settings, where they are not those of the whole run.
    """

    path: Path
    ready: Row | None = None
    own: Settings | None = None


@dataclass
class Plan:
    """Tasks and the names of their outputs.

    within: input -> its folder below the one that was searched, which its output goes to as well.
    folder: where outputs go, or None for beside each input.  exact: the only output's name, or None.
    inputs: identities of all files the run reads, none of which is ever written to.
    clashes: input -> a sentence that says why its output has its whole name, photo.png.jpg.
    """

    tasks: list[Task]
    within: dict[Path, Path]
    inputs: frozenset[str]
    folder: Path | None = None
    exact: Path | None = None
    force: bool = False
    clashes: dict[Path, str] = field(default_factory=dict)

    def target(self, path: Path, suffix: str) -> Path:
        """The output of one input once its suffix is known.

        photo.jpg; photo.jnd.jpg where that name is an input or, beside it, another program's file.
        Raises OutputError where the name that is left exists and is not to be replaced.
        """
        chosen = self.name(path, suffix)
        if identity(chosen) in self.inputs:
            raise OutputError(chosen, "it is an input of this run and is not written to")
        if os.path.exists(chosen) and not self.force:
            raise OutputError(chosen, "the file exists; use --force to replace it")
        return chosen

    def name(self, path: Path, suffix: str) -> Path:
        """The name of that output, whatever is there."""
        if self.exact is not None:
            return self.exact
        plain, ours = self.names(path, suffix)
        foreign = self.folder is None and os.path.exists(plain) and not is_ours(plain)
        return ours if identity(plain) in self.inputs or foreign else plain

    def names(self, path: Path, suffix: str) -> tuple[Path, Path]:
        """The two names an output may have."""
        return self._named(path, path.name if path in self.clashes else path.stem, suffix)

    def earlier(self, path: Path, suffixes: Iterable[str]) -> dict[Path, Mark]:
        """What runs left that knew this input, with or without others whose names clash with it."""
        if self.exact is not None:
            return {}
        stems = (path.stem, path.name)
        names = (name for suffix in suffixes for stem in stems for name in self._named(path, stem, suffix))
        marks = {name: read_mark(name) for name in names if identity(name) != identity(path)}
        return {name: mark for name, mark in marks.items() if mark is not None}

    def _named(self, path: Path, stem: str, suffix: str) -> tuple[Path, Path]:
        home = path.parent if self.folder is None else self.folder / self.within.get(path, Path())
        return home / f"{stem}{suffix}", home / f"{stem}.{OURS}{suffix}"


def destination(inputs: Sequence[InputFile], output: str | None) -> tuple[Path | None, Path | None]:
    """(the only output's name, the folder for outputs); None and None where they go beside their inputs.

    output: a file for a single input; or a folder: an existing one, a name that ends with a separator, or any name
        where there are several inputs or a folder was searched.
    Raises UsageError where that folder is a file or has a picture's name, or the name is empty.
    """
    if output is None:
        return None, None
    if not output:
        raise UsageError("an empty name is no output")
    path = Path(output)
    ends = output.endswith(tuple(separator for separator in (os.sep, os.altsep) if separator))
    if not (ends or os.path.isdir(path) or len(inputs) > 1 or any(picture.searched for picture in inputs)):
        return path, None
    if os.path.exists(path) and not os.path.isdir(path):
        raise UsageError(f"{output}: several inputs need a folder to go to, and this is a file")
    if not ends and not os.path.isdir(path) and path.suffix.lower() in picture_suffixes():
        raise UsageError(f"{output}: several inputs need a folder to go to, and this is a file's name; write {output}/")
    return None, path


def codec_for(exact: Path | None, asked: str | None) -> str:
    """The codec's spec: what was asked for, else what the output's suffix says, else "jpeg".

    Raises UsageError where the two contradict each other, or the suffix is that of a format we do not write.
    """
    suffix = exact.suffix.lower() if exact else ""
    try:
        named = by_suffix(suffix)
    except UsageError:
        if suffix in picture_suffixes() or suffix == ".gif":
            raise
        return asked or "jpeg"
    if asked is not None and asked.partition(":")[0] != named:
        raise UsageError(f"{exact}: the name says {named}, but the codec asked for is {asked}")
    return asked or named


def suffixes_of(settings: Settings) -> tuple[str, ...]:
    """The suffixes of the files these settings may write; one, unless the codec is chosen picture by picture."""
    # Of a picture outside the scale's domain, `auto` may make a PNG.
    lossless = ("png",) if settings.codec == "auto" else ()
    return tuple(codec(spec).suffix for spec in (*settings.codec_specs, *lossless))


def plan(
    inputs: Sequence[InputFile],
    settings: Settings,
    *,
    exact: Path | None = None,
    folder: Path | None = None,
) -> Plan:
    """The tasks of a run and where their results go; `exact` and `folder` as from `destination`.

    A result of an earlier run is left as it is, and where it is found in a folder it is no input itself. It is taken
    for done where its mark names this very input and these settings; else the input's task has failed.
    With `settings.force` what is done is made again, and existing files are replaced.
    Raises UsageError where two inputs of one name would go to one folder, or the output is the input, and what
    `check_against` raises.
    """
    check_against(inputs, settings)
    suffixes = suffixes_of(settings)
    # Its inputs are known only below: some of them may be results of earlier runs.
    outputs = Plan([], {picture.path: picture.within for picture in inputs}, frozenset(), folder, exact, settings.force)
    results = {picture.path: outputs.earlier(picture.path, suffixes) for picture in inputs if not picture.error}
    left = {identity(name) for names in results.values() for name in names}
    kept = [picture for picture in inputs if not (picture.searched and identity(picture.path) in left)]
    outputs.inputs = frozenset(identity(picture.path) for picture in kept)
    if exact is not None and identity(exact) in outputs.inputs:
        raise UsageError(f"{exact}: the output would be the input itself")
    readable = [picture.path for picture in kept if not picture.error]
    ours = set() if settings.force else {path for path in readable if is_ours(path)}
    _tell_apart(outputs, [path for path in readable if path not in ours], suffixes[0])
    for picture in kept:
        earlier = results.get(picture.path, {})
        task = _ready(outputs, picture, earlier, settings, suffixes, ours=picture.path in ours)
        if task.ready is not None and picture.path in outputs.clashes:
            task.ready.notes.insert(0, outputs.clashes[picture.path])
        outputs.tasks.append(task)
    return outputs


def tasks_without_files(inputs: Sequence[InputFile], settings: Settings) -> list[Task]:
    """The tasks of a run that writes no file. Raises what `check_against` raises."""
    check_against(inputs, settings)
    tasks = []
    for picture in inputs:
        try:
            tasks.append(Task(picture.path, picture.refusal, settings_for(picture, settings)))
        except JndError as error:
            tasks.append(Task(picture.path, failed(str(picture.path), error)))
    return tasks


def _tell_apart(outputs: Plan, paths: Sequence[Path], suffix: str) -> None:
    """Have inputs that would be written to one file keep their whole names. Raises UsageError where these are one."""
    while True:  # a whole name may be that of another input's output, which then needs its whole name too
        wanted = dict[str, list[Path]]()
        for path in paths:
            # Of a codec still to be chosen the stem is what must be unique, and any suffix shows it.
            wanted.setdefault(identity(outputs.name(path, suffix)), []).append(path)
        clashing = [group for group in wanted.values() if len(group) > 1]
        fresh = [(path, group) for group in clashing for path in group if path not in outputs.clashes]
        if not fresh or outputs.exact is not None:
            break
        notes = {path: _clash(path, group, outputs.name(path, suffix)) for path, group in fresh}
        outputs.clashes.update(notes)
    if clashing:
        one, other = clashing[0][:2]
        outputs.clashes.clear()  # so that the sentence has the short name, which is what was asked for
        target = outputs.name(one, suffix)
        raise UsageError(f"{one} and {other} would both be written to {target}; encode them in two runs")


def _clash(path: Path, group: Sequence[Path], target: Path) -> str:
    other = next(name for name in group if name != path)
    return f"{other} would be written to {target.name} too, so its whole name stays in its output's"


def _ready(
    outputs: Plan,
    picture: InputFile,
    results: dict[Path, Mark],
    settings: Settings,
    suffixes: Sequence[str],
    *,
    ours: bool,
) -> Task:
    """The task, with its row where that is known without any work. ours: the input is one of our files."""
    path = picture.path
    if picture.error is not None:
        return Task(path, picture.refusal)
    try:
        settings = settings_for(picture, settings)
        if not settings.force:
            row = done_before(path, results, settings)
            if row is None and ours:
                note = "written by jndkit before; --force encodes it again"
                row = Row(input=str(path), status="skipped", notes=[note])
            if row is not None:
                return Task(path, row)
            refuse_others(path, _in_the_way(outputs, path, results, settings, suffixes), settings)
        if outputs.exact is not None or len(suffixes) == 1:
            outputs.target(path, suffixes[0])
    except JndError as error:
        return Task(path, failed(str(path), error))
    return Task(path, own=settings)


def _in_the_way(
    outputs: Plan, path: Path, results: dict[Path, Mark], settings: Settings, suffixes: Sequence[str]
) -> dict[Path, Mark]:
    """Results that this run would replace: of a codec still to be chosen, those of runs that chose it."""
    names = {name for suffix in suffixes for name in outputs.names(path, suffix)}
    chosen = len(suffixes) == 1
    here = {name: mark for name, mark in results.items() if name in names}
    return {name: mark for name, mark in here.items() if chosen or codec_asked(mark) == settings.codec}
