"""Where every result goes, decided before any work is done."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from jndkit.codecs import by_suffix, codec
from jndkit.corpus.inputs import SUFFIXES, Found, identity
from jndkit.errors import JndError, OutputError, UsageError
from jndkit.evidence import Row, failed
from jndkit.pipeline import Settings

OURS = "jnd"
"""Goes between stem and suffix where the plain name is taken: photo.jnd.jpg."""

# The marks that the codecs write: in XMP, in a JPEG comment, in a PNG text, or a container of our own.
_MARK = re.compile(rb"urn:jndkit:mark:|\xff\xfe..jndkit \d|Software\0+jndkit \d|\A\x89J(?:VVC|LIC)\r\n\x1a", re.DOTALL)
_LOOKED_AT = 1 << 18  # bytes at either end of a file, where metadata lies


@dataclass(frozen=True)
class Task:
    """One picture to do. ready: the row, where it is known without any work."""

    path: Path
    ready: Row | None = None


@dataclass
class Plan:
    """Tasks and the names of their outputs.

    folder: where outputs go, or None for beside each input.  exact: the only output's name, or None.
    inputs: identities of all files the run reads, none of which is ever written to.
    """

    tasks: list[Task]
    within: dict[Path, Path]
    inputs: frozenset[str]
    folder: Path | None = None
    exact: Path | None = None
    force: bool = False

    def target(self, path: Path, suffix: str) -> Path:
        """The output of one input once its suffix is known.

        photo.jpg; photo.jnd.jpg where that name is an input or, beside it, another program's file.
        Raises OutputError where the name that is left exists and is not to be replaced.
        """
        if self.exact is not None:
            chosen = self.exact
        else:
            plain, ours = self._names(path, suffix)
            taken = identity(plain) in self.inputs or (
                self.folder is None and os.path.exists(plain) and not is_ours(plain)
            )
            chosen = ours if taken else plain
        if identity(chosen) in self.inputs:
            raise OutputError(chosen, "it is an input of this run and is not written to")
        if os.path.exists(chosen) and not self.force:
            raise OutputError(chosen, "the file exists; use --force to replace it")
        return chosen

    def stem(self, path: Path) -> Path:
        """The output of one input without its suffix."""
        return self._names(path, "")[0]

    def _names(self, path: Path, suffix: str) -> tuple[Path, Path]:
        home = path.parent if self.folder is None else self.folder / self.within.get(path, Path())
        return home / f"{path.stem}{suffix}", home / f"{path.stem}.{OURS}{suffix}"

    def finished(self, path: Path, suffixes: Iterable[str]) -> Path | None:
        """A result of an earlier run that this input would be coded to again, or None."""
        if self.exact is not None:
            return None
        names = (name for suffix in suffixes for name in self._names(path, suffix))
        return next((name for name in names if identity(name) != identity(path) and is_ours(name)), None)


def destination(found: Sequence[Found], output: str | None) -> tuple[Path | None, Path | None]:
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
    if not (ends or os.path.isdir(path) or len(found) > 1 or any(each.searched for each in found)):
        return path, None
    if os.path.exists(path) and not os.path.isdir(path):
        raise UsageError(f"{output}: several inputs need a folder to go to, and this is a file")
    if not ends and not os.path.isdir(path) and path.suffix.lower() in SUFFIXES:
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
        if suffix in SUFFIXES or suffix == ".gif":
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
    found: Sequence[Found],
    suffixes: Sequence[str],
    *,
    exact: Path | None = None,
    folder: Path | None = None,
    force: bool = False,
) -> Plan:
    """The tasks of a run and where their results go; `exact` and `folder` as from `destination`.

    suffixes: as from `suffixes_of`.  force: code again what is done, replace existing files.
    A result of an earlier run is left as it is, and where it is found in a folder it is no input itself.
    Raises UsageError where two inputs would go to one output, or the output is the input.
    """
    made = Plan([], {each.path: each.within for each in found}, frozenset(), folder, exact, force)
    results = {each.path: made.finished(each.path, suffixes) for each in found if not each.error}
    earlier = {identity(result) for result in results.values() if result is not None}
    kept = [each for each in found if not (each.searched and identity(each.path) in earlier)]
    made.inputs = frozenset(identity(each.path) for each in kept)
    if exact is not None and identity(exact) in made.inputs:
        raise UsageError(f"{exact}: the output would be the input itself")
    wanted: dict[str, Path] = {}
    for each in kept:
        made.tasks.append(_ready(each, results.get(each.path), force) or _checked(made, each.path, suffixes, wanted))
    return made


def is_ours(path: Path) -> bool:
    """Whether the file says that jndkit wrote it, as far as its first and last 256 KiB tell."""
    if not os.path.isfile(path):  # opening a pipe would wait for its other end
        return False
    try:
        with path.open("rb") as file:
            start = file.read(_LOOKED_AT)
            size = file.seek(0, os.SEEK_END)
            file.seek(max(len(start), size - _LOOKED_AT))
            end = file.read(_LOOKED_AT)
    except OSError:
        return False
    return bool(_MARK.search(start) or _MARK.search(end))


def _ready(each: Found, result: Path | None, force: bool) -> Task | None:
    """The task that needs no work, or None."""
    if each.error is not None:
        return Task(each.path, each.refusal)
    if force or not (result is not None or is_ours(each.path)):
        return None
    what = "written by jndkit before" if result is None else f"{result} was written by jndkit before"
    row = Row(input=str(each.path), status="skipped", notes=[f"{what}; --force encodes it again"])
    row.output = None if result is None else str(result)
    return Task(each.path, row)


def _checked(made: Plan, path: Path, suffixes: Sequence[str], wanted: dict[str, Path]) -> Task:
    """The task, failed already where its output cannot be written. Raises UsageError for a name that is used twice."""
    try:
        # Of a codec still to be chosen the stem is what must be unique.
        target = made.target(path, suffixes[0]) if made.exact or len(suffixes) == 1 else made.stem(path)
    except JndError as error:
        return Task(path, failed(str(path), error))
    other = wanted.setdefault(identity(target), path)
    if other != path:
        raise UsageError(f"{other} and {path} would both be written to {target}; encode them in two runs")
    return Task(path)
