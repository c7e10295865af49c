"""Which file is the better original of each input, where visibility is judged against such."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from jndkit.batch import InputFile
from jndkit.batch.inputs import identity
from jndkit.errors import InputError, UsageError
from jndkit.opening import picture_suffixes
from jndkit.picture import Picture
from jndkit.settings import Settings


def check_against(inputs: Sequence[InputFile], settings: Settings) -> None:
    """Raises UsageError where several inputs would be judged against one file, InputError where there is nothing."""
    if settings.against is None or isinstance(settings.against, Picture):
        return
    if not os.path.exists(settings.against):
        raise InputError(settings.against, "there is no such file or folder to judge against")
    if not os.path.isdir(settings.against) and (len(inputs) > 1 or any(picture.searched for picture in inputs)):
        raise UsageError(f"--against {settings.against}: several pictures need a folder of originals")


def settings_for(picture: InputFile, settings: Settings) -> Settings:
    """The settings of one input, whose `against` is then a file: of a folder, the original of the same name.

    That lies where the input lies below the folder that was searched; suffixes may differ.
    Raises InputError where no file there has that name, and where several have.
    """
    if settings.against is None or isinstance(settings.against, Picture) or not os.path.isdir(settings.against):
        return settings
    folder = Path(settings.against) / picture.within
    return replace(settings, against=str(_original(picture.path, folder)))


def _original(path: Path, folder: Path) -> Path:
    try:
        names = sorted(os.listdir(folder))
    except OSError:
        names = []
    files = [folder / name for name in names if Path(name).stem == path.stem]
    found = [file for file in files if file.suffix.lower() in picture_suffixes() and identity(file) != identity(path)]
    exact = [file for file in found if file.name == path.name]
    if len(exact or found) == 1:
        return (exact or found)[0]
    if not found:
        raise InputError(path, f"{folder} has no picture of this name to judge it against")
    raise InputError(path, f"{found[0]} and {found[1].name} could both be what it is to be judged against")
