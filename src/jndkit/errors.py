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
└── OutputError      1   a result cannot be written
"""

from __future__ import annotations

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


class OutputError(_FileError):
    pass
