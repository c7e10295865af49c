"""Every way jndkit can fail, and the exit code each one has on the command line.

JndError
├── UsageError       2   the request itself makes no sense
├── MissingError     3   a tool, an extra or a weight file is not installed; says the command that installs it
├── TargetError      4   no knob of the codec meets the target; nothing is written
├── InputError       1   a file cannot be used as a picture
│   ├── FormatError  1   not a format we read, or not what its name says
│   ├── LimitError   1   more pixels, bytes or frames than allowed
│   └── DamagedError 1   truncated or corrupt
├── CodecError       1   an encoder or decoder failed on a good picture
│   └── SizeError    1   the codec's files cannot hold so large a picture
└── OutputError      1   a result cannot be written
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path


class JndError(Exception):
    """Base of all errors. `exit_code` is what the command line returns for it."""

    exit_code = 1


class UsageError(JndError):
    exit_code = 2


class MissingError(JndError):
    """Something optional is not installed. `install` is the command that installs it."""

    exit_code = 3

    def __init__(self, what: str, install: str) -> None:
        self.what = what
        self.install = install
        super().__init__(f"{what} is not installed; install it with: {install}")


class TargetError(JndError):
    """The target cannot be met. The message names the best knob that was tried and what it read."""

    exit_code = 4


class _FileError(JndError):
    """An error about one file: `path` (None for bytes in memory) and `reason`, one sentence together."""

    def __init__(self, path: str | Path | None, reason: str) -> None:
        self.path = None if path is None else str(path)
        self.reason = reason
        super().__init__(f"{self.path or 'picture in memory'}: {reason}")

    def __reduce__(self) -> tuple[type, tuple[str | None, str]]:
        # Pickled by its text alone, as other exceptions are, it could not be built again.
        return type(self), (self.path, self.reason)


class InputError(_FileError):
    pass


class FormatError(InputError):
    pass


class LimitError(InputError):
    pass


class DamagedError(InputError):
    pass


class CodecError(JndError):
    pass


class SizeError(CodecError):
    pass


class OutputError(_FileError):
    pass


def unknown_choice(
    what: str, name: object, choices: Iterable[str], *, beside: str = "", meant: str | None = None
) -> UsageError:
    """The error for a name that is none of `choices`: what there is to choose, and what was probably meant.

    what: the thing chosen, such as "model".  beside: what may be given in place of a choice, such as "a .toml file".
    meant: the choice that was probably meant, where the caller knows better than the spelling tells.
    """
    offered = list(choices)
    if meant is None:
        import difflib  # here, since only those who mistype pay for loading it

        close = difflib.get_close_matches(str(name).lower(), offered, 1)
        meant = close[0] if close else None
    hint = f"; did you mean {meant}?" if meant else ""
    return UsageError(f"unknown {what} {name!r}: choose {', '.join(offered)}{f' or {beside}' if beside else ''}{hint}")


def check_choice(what: str, name: object, choices: Iterable[str]) -> None:
    """Raises the UsageError of `unknown_choice` unless `name` is one of `choices`."""
    offered = list(choices)
    if name not in offered:
        raise unknown_choice(what, name, offered)
